/*
 * What the engine can do: it never claims, it proves. Known answers are the vectors of
 * testdata/vectors.
 */
#pragma once

#include "state.h"

/* Runs the known answers and the round trip. */
void screen_capability_prove_core(const struct screen_engine *engine,
				  struct screen_capabilities *c);

/* Proves what host ports need, if the configuration has any. */
void screen_capability_prove_host(const struct screen_config *config, struct screen_capabilities *c);

/* Says of each screened zone of a configuration what its flows have shown of the way back. */
void screen_capability_prove_zones(const struct screen_engine *engine,
				   const struct screen_config *config,
				   struct screen_capabilities *c);

/* Has every queue of a port send a probe frame; fills *proof. The port's worker runs. */
void screen_capability_prove_tx(struct screen_engine *engine, struct screen_port *port,
				struct screen_proof *proof);

/* Whether the driver of a port can answer, and send what its peer redirects to it. */
void screen_capability_prove_driver(struct screen_port_proof *proof);

#ifdef SCREEN_FAULTS
/* Breaks proofs, for the gate's test. Bit 0: mint, 1: check, 2: TX of the port with the highest
 * interface index. */
SCREEN_API void screen_test_set_faults(uint32_t mask);
#endif
