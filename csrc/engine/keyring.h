/*
 * The key ring: master key, zone and epoch keys, and the file that remembers the last epoch.
 *
 * The master key is opened and read here, and nowhere else; it lies in locked memory and is wiped.
 */
#pragma once

#include "state.h"

/* Reads state_dir/master.key, or makes it; sets engine->master_key, the cluster time and the floor. */
int screen_keyring_open(struct screen_engine *engine, struct screen_error_info *error);
void screen_keyring_close(struct screen_engine *engine);

/* Derives the 16-byte key of one zone and epoch: docs/cookie.md. Pure. */
void screen_keyring_derive(const uint8_t master[32], const char *zone, uint64_t epoch,
			   struct screen_cookie_key *key);

/* A keyset for the engine's zones at its cluster time; NULL when memory cannot be had. The floor
 * file has been written when it returns: only then may the keyset be published. */
struct screen_keyset *screen_keyring_keyset(struct screen_engine *engine);
void screen_keyset_free(struct screen_keyset *keyset);

/* Whether the epochs have moved on since engine->keyset was made. Moves the cluster time. */
bool screen_keyring_due(struct screen_engine *engine);
