/*
 * The file state_dir/epoch.floor: which epoch was last used with which master key, so that no restart
 * goes back. One line a key: fingerprint, epoch and, when it is retired, the last epoch in which it is
 * accepted.
 */
#pragma once

#include <stdint.h>

#include "../include/synscreen/engine.h"

enum { SCREEN_FLOORS_MAX = 16 }; /* keys that are remembered: those used last */

struct screen_floor {
	char fingerprint[SCREEN_FINGERPRINT_SIZE];
	uint64_t epoch;
	uint64_t until; /* 0: not retired */
};

/* Reads what is noted of a key; zeros when there is nothing. 0 or a negative errno. */
int screen_floor_read(const char *state_dir, const char *fingerprint, struct screen_floor *floor);

/* Notes one or two keys; what is noted of others stays. Whole or not at all, on disk when it returns. 0
 * or a negative errno. */
int screen_floor_write(const char *state_dir, const struct screen_floor *floors, uint32_t count);
