#include "faults.h"

#ifdef SCREEN_FAULTS
static _Atomic uint32_t faults;

void screen_test_set_faults(uint32_t mask)
{
	atomic_store(&faults, mask);
}

bool screen_fault(enum screen_fault fault)
{
	return atomic_load(&faults) & fault;
}

bool screen_fault_of(const struct screen_engine *engine, const struct screen_port *port,
		     enum screen_fault fault)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE &&
		    engine->ports[i].ifindex > port->ifindex)
			return false;
	return screen_fault(fault);
}
#endif
