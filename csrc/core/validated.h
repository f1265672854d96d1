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

#include <stdatomic.h>

#include "siphash.h"

enum {
	SCREEN_VALIDATED_WAYS = 8,
	SCREEN_VALIDATED_SETS = 8192, /* a power of two */
	SCREEN_VALIDATED_WINDOW = 32, /* sets of one IPv4 /24 or IPv6 /48 */
	SCREEN_VALIDATED_WINDOW_64 = 8, /* of one IPv6 /64 */
	SCREEN_VALIDATED_ZONES = 64,
	SCREEN_VALIDATED_MAX = SCREEN_VALIDATED_SETS * SCREEN_VALIDATED_WAYS,
};

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

struct screen_validated_key screen_validated_key(const struct screen_validated *t,
						 const struct screen_validated_client *client);

/* Whether the client is validated now. */
bool screen_validated_find(struct screen_validated *t, struct screen_validated_key key,
			   uint64_t now_ms);

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

/* The ms that an entry has left; 0 when it is free, over or of another generation. */
uint64_t screen_validated_left(const struct screen_validated *t, uint64_t life, uint64_t now_ms);
