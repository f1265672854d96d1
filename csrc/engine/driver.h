/* What the drivers of wires' ports do in the engine's place (bpf/wire.h). */
#pragma once

#include "state.h"

/* What the shims of wires are told under a configuration. [control, keeper] */
void screen_driver_policy(const struct screen_engine *engine, const struct screen_config *config,
			  struct screen_wire_policy *to);

/* What a port's shim does in the running configuration: enum screen_port_offload. Writes to `reason` why
 * not more, or nothing. [control] */
uint8_t screen_driver_does(const struct screen_engine *engine, const struct screen_port *port,
			   char reason[SCREEN_TEXT_SIZE]);
