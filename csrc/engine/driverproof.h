/*
 * Whether frames that XDP programs redirect to a port really leave: its own answers, and what the other port
 * of its wire passes on. A driver may drop both in silence.
 */
#pragma once

#include "state.h"

/* Has the programs of a port and of its peer send a few frames and looks at what the driver took; fills both
 * proofs, and what the port can. A wire is staged; of a host port `pass` stays empty. [control, keeper; with the lock held] */
void screen_driver_prove(struct screen_engine *engine, struct screen_port *port,
			 struct screen_proof *answer, struct screen_proof *pass);

/* Why a driver takes no such frames, as far as it is known, and what can be done: after a colon. */
const char *screen_driver_remedy(const struct screen_port *port);
