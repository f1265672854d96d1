/* Proofs that a test breaks, for the gate's own test. No fault is in a library that is shipped. */
#pragma once

#include "state.h"

/* As the bits of screen_test_set_faults(); of TX and on: of the port with the highest interface index. */
enum screen_fault {
	SCREEN_FAULT_MINT = 1,
	SCREEN_FAULT_CHECK = 2,
	SCREEN_FAULT_TX = 4,
	SCREEN_FAULT_ANSWER = 8,
	SCREEN_FAULT_PASS = 16,
};

#ifdef SCREEN_FAULTS
/* What is in the mask is broken from now on, the rest is mended. */
SCREEN_API void screen_test_set_faults(uint32_t mask);

bool screen_fault(enum screen_fault fault);
bool screen_fault_of(const struct screen_engine *engine, const struct screen_port *port,
		     enum screen_fault fault);
#else
static inline bool screen_fault(enum screen_fault fault)
{
	(void)fault;
	return false;
}

static inline bool screen_fault_of(const struct screen_engine *engine, const struct screen_port *port,
				   enum screen_fault fault)
{
	(void)engine;
	(void)port;
	(void)fault;
	return false;
}
#endif
