/* What the drivers of ports do in the engine's place (bpf/offload.h). */
#pragma once

#include "state.h"

/* What the programs of ports are told under a configuration. [control, keeper] */
void screen_driver_policy(const struct screen_engine *engine, const struct screen_config *config,
			  struct screen_offload_policy *to);

/* What a port's program does in the running configuration: enum screen_port_offload. Writes to `reason` why
 * not more, or nothing. [control] */
uint8_t screen_driver_does(const struct screen_engine *engine, const struct screen_port *port,
			   char reason[SCREEN_TEXT_SIZE]);
