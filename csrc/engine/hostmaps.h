/*
 * What the programs of ports and the engine share: their maps (bpf/shared_maps.h, host_maps.h).
 *
 * Meters, validated clients and flows are in memory that the programs write to as well. Where the kernel
 * does not give such memory they are the engine's alone, there can be no host ports, and drivers do nothing in
 * the engine's place.
 */
#pragma once

#include <bpf/libbpf.h>

#include "host.h"
#include "state.h"

/* Makes the maps; sets engine->meters and engine->validated, zeroed. 0 or a negative errno: no memory. */
int screen_hostmaps_create(struct screen_engine *engine);
void screen_hostmaps_destroy(struct screen_engine *engine);

/* Whether there can be host ports; else says why. */
int screen_hostmaps_check(const struct screen_engine *engine, struct screen_error_info *error);

/* Has an object, opened and not loaded, use those of the maps that it knows. 0 or a negative errno. */
int screen_hostmaps_share(const struct screen_engine *engine, struct bpf_object *object);

/* Puts a new inner map with this value into an outer map; who has looked the one before up goes on with
 * it. 0 or a negative errno, and then nothing has changed. */
int screen_hostmaps_swap(int outer, const void *value, size_t size);

/* Swaps what is done in each zone: no frame sees half of two. NULL: nothing is. [control] */
int screen_hostmaps_policy(struct screen_engine *engine, const struct screen_config *config);

/* Whether there is a host port. */
bool screen_hostmaps_used(const struct screen_engine *engine);

/* Swaps the keys that answers are checked with, before anybody mints with them; and again, with `mint`, when
 * all workers accept what is minted with them: until then no driver mints. When it cannot be done now,
 * keys_late says so, and the keeper tries again: those before are good for an epoch more. [control, keeper] */
void screen_hostmaps_keys(struct screen_engine *engine, const struct screen_keyset *keyset, bool mint);
