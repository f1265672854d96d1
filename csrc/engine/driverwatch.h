/*
 * Proofs of drivers grow old: the far end of a veth loses its NAPI, a driver is reconfigured. The keeper
 * looks at what became of real frames, takes back what no longer holds, and has it proved again. What
 * ports can is told to their programs.
 */
#pragma once

#include "state.h"

/* Looks after all published wire ports. [keeper; with the lock held] */
void screen_driver_look(struct screen_engine *engine);
