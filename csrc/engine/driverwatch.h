/*
 * Proofs of drivers grow old: the far end of a veth loses its NAPI, a driver is reconfigured. The keeper
 * looks at what became of real frames, takes back what no longer holds, and has it proved again.
 */
#pragma once

#include "state.h"

/* Of all published wire ports. [keeper; with the lock held] */
void screen_driver_look(struct screen_engine *engine);

/* Whether the running configuration's proof stands that a port's driver sends answers, and what its
 * peer redirects to it. [with the lock held] */
bool screen_driver_answers(const struct screen_engine *engine, const struct screen_port *port);
bool screen_driver_passes(const struct screen_engine *engine, const struct screen_port *port);
