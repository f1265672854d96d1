/*
 * The keyset: both epochs and every zone's keys of both, immutable and published as a whole, so
 * that no frame can meet an epoch with another epoch's key. While a master key is replaced it holds
 * the keys of the other one too, which are only checked with. Secret.
 */
#pragma once

#include "cookie.h"
#include "../include/synscreen/snapshot.h"

struct screen_keyset {
	uint64_t check_epoch; /* E: a check tries E and E - 1 */
	uint64_t mint_epoch;  /* E or E - 1 */
	uint32_t zones;	      /* zone indices of the snapshot that it is published with */
	bool accepts_other;
	uint64_t serial;      /* of the key ring: which master keys these derive from */
	uint64_t other_epoch; /* E of the other master key: each has its own cluster time */
	struct screen_zone_keys zone[SCREEN_ZONES_MAX];
	struct screen_zone_keys other[SCREEN_ZONES_MAX];
};

/* The key that belongs to the mint epoch. */
static inline const struct screen_cookie_key *screen_keyset_mint_key(const struct screen_keyset *k,
								     uint32_t zone)
{
	return k->mint_epoch == k->check_epoch ? &k->zone[zone].current : &k->zone[zone].previous;
}
