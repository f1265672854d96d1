/* Staging: a snapshot on its way in, or out again. [control; with the lock held] */
#pragma once

#include "state.h"

int screen_stage_prepare(struct screen_engine *engine, const void *snapshot, size_t size,
			 struct screen_error_info *error);
int screen_stage_publish(struct screen_engine *engine, struct screen_error_info *error);
void screen_stage_drop(struct screen_engine *engine);

/* Has every port's shim go by its failure mode: the engine is about to end. */
void screen_stage_pass(struct screen_engine *engine);

/* Takes every wire down: bridges and ports as `leave` says. No worker runs. */
void screen_stage_leave(struct screen_engine *engine, enum screen_leave leave);
