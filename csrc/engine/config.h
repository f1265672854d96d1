/* A snapshot's bytes, validated, and the policy that workers read. [control] */
#pragma once

#include "state.h"

/* Copies and validates size bytes. NULL on failure. screen_config_free() takes it. */
struct screen_config *screen_config_read(const void *snapshot, size_t size,
					 struct screen_error_info *error);

/* Writes the policy: zone ids, slots and the engine's wires are set. */
int screen_config_policy(const struct screen_engine *engine, struct screen_config *config,
			 struct screen_error_info *error);
void screen_config_free(struct screen_config *config);
