/* What floods, who floods, what is to be logged: the ABI's readings beside the status. */
#pragma once

#include "state.h"

/* Takes out of the victims those that are calm again, and tells the log. [keeper] */
void screen_look_calm(struct screen_engine *engine);
