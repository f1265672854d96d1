/*
 * Talkers: which source prefixes (IPv4 /24, IPv6 /64) send most of the SYNs to flooding destinations.
 * A table for each worker: a prefix that meets another in its cell wears it down before it takes its
 * place (Boyer and Moore's majority vote), so that what is counted is never above the truth, and a
 * prefix with much is there whatever comes beside it. Halved every half minute.
 */
#pragma once

#include "compat.h"

enum { SCREEN_TALKERS = 1024, SCREEN_TALKERS_HALVED_S = 32 };

static const uint32_t SCREEN_TALKER_IPV4 = 1u << 31;

struct screen_talker {
	uint64_t prefix; /* IPv6: the upper half; IPv4: ::ffff:a.b.c of the v4-mapped one */
	uint32_t zone;	 /* plus 1, and SCREEN_TALKER_IPV4; 0: free */
	uint32_t count;
};

struct screen_talkers {
	uint64_t key; /* odd, secret: nobody can choose cells. All workers have the same */
	uint32_t halved_s;
	struct screen_talker talker[SCREEN_TALKERS];
};

static inline void screen_talkers_halve(struct screen_talkers *t, uint32_t now_s)
{
	if (now_s - t->halved_s < SCREEN_TALKERS_HALVED_S)
		return;
	t->halved_s = now_s;
	for (int i = 0; i < SCREEN_TALKERS; i++)
		__atomic_store_n(&t->talker[i].count, t->talker[i].count / 2, __ATOMIC_RELAXED);
}

/* Counts one SYN of a source: the halves of its v4-mapped address. [the table's worker] */
static inline void screen_talkers_add(struct screen_talkers *t, uint64_t upper, uint64_t lower,
				      uint32_t zone)
{
	bool v4 = upper == 0 && lower >> 32 == 0xffff;
	uint64_t prefix = v4 ? lower >> 8 : upper;
	uint32_t owner = (zone + 1) | (v4 ? SCREEN_TALKER_IPV4 : 0);
	struct screen_talker *c = &t->talker[((prefix ^ owner) * t->key) >> 54];

	if (c->prefix == prefix && c->zone == owner) {
		__atomic_store_n(&c->count, c->count + 1, __ATOMIC_RELAXED);
	} else if (c->count > 0) {
		__atomic_store_n(&c->count, c->count - 1, __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&c->prefix, prefix, __ATOMIC_RELAXED);
		__atomic_store_n(&c->zone, owner, __ATOMIC_RELAXED);
		__atomic_store_n(&c->count, 1, __ATOMIC_RELAXED);
	}
}

static inline void screen_talkers_count(struct screen_talkers *t, const uint8_t source[16],
					uint32_t zone)
{
	screen_talkers_add(t, screen_load_be64(source), screen_load_be64(source + 8), zone);
}
