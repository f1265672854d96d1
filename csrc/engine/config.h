/* A snapshot's bytes, validated, and the policy that workers read. [control] */
#pragma once

#include "state.h"

/* Copies and validates size bytes. NULL on failure. screen_config_free() takes it. */
struct screen_config *screen_config_read(const void *snapshot, size_t size,
					 struct screen_error_info *error);

/* Writes the policy: zone ids and slots are set, wires are the ids of the slots' wires. */
int screen_config_policy(struct screen_config *config, const uint16_t wires[SCREEN_PORTS_MAX],
			 struct screen_error_info *error);
void screen_config_free(struct screen_config *config);
