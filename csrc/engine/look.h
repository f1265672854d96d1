/* What floods, who floods, what is to be logged: the ABI's readings beside the status. */
#pragma once

#include "state.h"

/* Takes out of the victims those that are calm again, and tells the log. [keeper] */
void screen_look_calm(struct screen_engine *engine);

/* Tells the log of the hits of screens that came after the last record, and that no later hit will tell
 * of. [keeper] */
void screen_look_hits(struct screen_engine *engine);
