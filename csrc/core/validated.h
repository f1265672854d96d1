/*
 * Validated clients: who has answered a challenge for (zone, address, destination address and port)
 * passes there without another until its time is over. The source port does not count: a client that
 * was reset comes back from another one.
 *
 * Fixed memory, sets of eight, placed by keyed hashes of the client's prefixes:
 *
 *   IPv4   /24 -> a window of 32 sets;             the client -> two of the 32
 *   IPv6   /48 -> a window of 32 sets; /64 -> 8 of the 32; the client -> two of the 8
 *
 * the second for when the first is full (Azar et al., "Balanced allocations", 1994), so that one prefix,
 * with however many addresses, can hold at most 256 entries (an IPv6 /64: 64). An entry that is live is
 * never given up for another: an insert that finds none free is refused, and counted. Whoever changes a
 * zone's generation forgets all of its entries at once.
 *
 * Inserting claims an entry by a compare-and-swap; look-ups take no lock. Each worker may do both.
 */
#pragma once

#include "atomics.h"

#include "siphash.h"

enum {
	SCREEN_VALIDATED_WAYS = 8,
	SCREEN_VALIDATED_SETS = 8192, /* a power of two */
	SCREEN_VALIDATED_WINDOW = 32, /* sets of one IPv4 /24 or IPv6 /48 */
	SCREEN_VALIDATED_WINDOW_64 = 8, /* of one IPv6 /64 */
	SCREEN_VALIDATED_ZONES = 64,
	SCREEN_VALIDATED_MAX = SCREEN_VALIDATED_SETS * SCREEN_VALIDATED_WAYS,
	SCREEN_VALIDATED_SYNS_MAX = 64,
};

static const uint64_t SCREEN_VALIDATED_MS = (1ull << 40) - 1; /* 34 years of milliseconds */

/* What is validated. Addresses are v4-mapped. */
struct screen_validated_client {
	uint8_t source[16], destination[16];
	uint16_t port; /* the destination's */
	uint16_t zone;
};

/* Where it is, and how it is recognised. */
struct screen_validated_key {
	uint64_t hash; /* not 0 */
	uint32_t set[2];
};

struct screen_validated_entry {
	_Atomic uint64_t hash;
	/* generation << 48 | zone << 40 | ms of CLOCK_MONOTONIC at which it is over; 0: free */
	_Atomic uint64_t life;
};

struct screen_validated_set {
	struct screen_validated_entry entry[SCREEN_VALIDATED_WAYS];
};

struct screen_validated {
	uint64_t key[2]; /* secret, random: nobody can choose places */
	_Atomic uint32_t generation[SCREEN_VALIDATED_ZONES];
	_Atomic uint64_t count[3]; /* by enum screen_validated_result */
	_Atomic uint64_t last_ms; /* no entry lives longer */
	struct screen_validated_set set[SCREEN_VALIDATED_SETS];
	/* who is in each entry, for show. Written by who claimed it; a reader may see halves of two. */
	struct screen_validated_client client[SCREEN_VALIDATED_SETS][SCREEN_VALIDATED_WAYS];
};

/* Hash of the first `bits` of an address in a zone. */
screen_inline uint64_t screen_validated_prefix(const struct screen_validated *t,
					       const uint8_t address[16], uint32_t bits,
					       uint16_t zone)
{
	uint8_t prefix[16] = { 0 };
	uint64_t words[3];

	memcpy(prefix, address, bits / 8);
	words[0] = screen_load_le64(prefix);
	words[1] = screen_load_le64(prefix + 8);
	words[2] = (uint64_t)zone << 16 | bits;
	return screen_siphash13_words(t->key[0], t->key[1], words, 3);
}

/* Whether an address is v4-mapped. */
screen_inline bool screen_validated_is_v4(const uint8_t address[16])
{
	return screen_load_be64(address) == 0 && screen_load_be32(address + 8) == 0xffff;
}

screen_inline struct screen_validated_key
screen_validated_key(const struct screen_validated *t, const struct screen_validated_client *c)
{
	const uint64_t words[5] = {
		screen_load_le64(c->source), screen_load_le64(c->source + 8),
		screen_load_le64(c->destination), screen_load_le64(c->destination + 8),
		(uint64_t)c->zone << 16 | c->port,
	};
	uint64_t hash = screen_siphash13_words(t->key[0], t->key[1], words, 5), base;
	struct screen_validated_key key = { .hash = hash | SCREEN_HASH_MARK };
	uint32_t first = 0, some = SCREEN_VALIDATED_WINDOW;

	if (screen_validated_is_v4(c->source)) {
		base = screen_validated_prefix(t, c->source, 120, c->zone);
	} else {
		base = screen_validated_prefix(t, c->source, 48, c->zone);
		first = (uint32_t)screen_validated_prefix(t, c->source, 64, c->zone);
		some = SCREEN_VALIDATED_WINDOW_64;
	}
	for (int i = 0; i < 2; i++) {
		uint32_t within = (first + (uint32_t)(hash >> (16 * i)) % some) %
				  SCREEN_VALIDATED_WINDOW;

		key.set[i] = (uint32_t)(base + within) & (SCREEN_VALIDATED_SETS - 1);
	}
	return key;
}

/* What is kept of a life that ends at until_ms. */
screen_inline uint64_t screen_validated_life(const struct screen_validated *t, uint32_t zone,
					     uint64_t until_ms)
{
	uint64_t generation = atomic_load_explicit(&t->generation[zone % SCREEN_VALIDATED_ZONES],
						   memory_order_relaxed);

	return generation << 48 | (uint64_t)zone << 40 | (until_ms & SCREEN_VALIDATED_MS);
}

/* The ms that an entry has left; 0 when it is free, over or of another generation. */
screen_inline uint64_t screen_validated_left(const struct screen_validated *t, uint64_t life,
					     uint64_t now_ms)
{
	uint32_t zone = life >> 40 & 0xff;

	if (zone >= SCREEN_VALIDATED_ZONES || life != screen_validated_life(t, zone, life) ||
	    (life & SCREEN_VALIDATED_MS) <= (now_ms & SCREEN_VALIDATED_MS))
		return 0;
	return (life & SCREEN_VALIDATED_MS) - (now_ms & SCREEN_VALIDATED_MS);
}

/* Whether an entry is this client's and live. Who writes one stores the hash before the life: the hash is
 * looked at again when the life has been seen, which may be that of the next client. */
screen_inline bool screen_validated_is_live(const struct screen_validated *t,
					    const struct screen_validated_entry *e, uint64_t hash,
					    uint64_t now_ms)
{
	return atomic_load_explicit(&e->hash, memory_order_relaxed) == hash &&
	       screen_validated_left(t, atomic_load_explicit(&e->life, memory_order_acquire),
				     now_ms) &&
	       atomic_load_explicit(&e->hash, memory_order_relaxed) == hash;
}

/* The live entry of a client, or NULL. */
screen_inline struct screen_validated_entry *screen_validated_entry(struct screen_validated *t,
								    struct screen_validated_key key,
								    uint64_t now_ms)
{
	for (uint32_t i = 0; i < 2 * SCREEN_VALIDATED_WAYS; i++) {
		uint32_t set = key.set[i / SCREEN_VALIDATED_WAYS] & (SCREEN_VALIDATED_SETS - 1);
		struct screen_validated_entry *e = &t->set[set].entry[i % SCREEN_VALIDATED_WAYS];

		if (screen_validated_is_live(t, e, key.hash, now_ms))
			return e;
	}
	return NULL;
}

/* Whether the client is validated now. */
screen_inline bool screen_validated_find(struct screen_validated *t, struct screen_validated_key key,
					 uint64_t now_ms)
{
	return screen_validated_entry(t, key, now_ms) != NULL;
}

enum screen_validated_result {
	SCREEN_VALIDATED_INSERTED,
	SCREEN_VALIDATED_RENEWED,
	SCREEN_VALIDATED_REFUSED, /* its prefix has all that it may have, or shares with others that do */
};

/* Validates the client for ttl_ms from now on. */
enum screen_validated_result screen_validated_insert(struct screen_validated *t,
						     const struct screen_validated_client *client,
						     uint64_t now_ms, uint64_t ttl_ms);

/* Forgets all clients of a zone. */
void screen_validated_forget(struct screen_validated *t, uint32_t zone);
