/* What a worker does by the clock: splices that wait, flows that expire. [worker] */
#pragma once

#include "worker.h"

enum { SCREEN_TICK_MS = 10 };

/* Lets early frames of answered splices go on, in order. */
void screen_timers_release(struct screen_worker *w);

/* Repeats SYNs, gives up splices, expires flows, gives back flows whose grace period is over. */
void screen_timers_tick(struct screen_worker *w);
