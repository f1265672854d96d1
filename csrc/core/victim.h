/*
 * Victims: the destinations that flood, by name, which the sketches do not know. A fixed number;
 * one that finds no room floods and is challenged like any other, but is not listed.
 *
 * Workers find and count; the keeper takes out what is calm again. A count that a worker adds to an
 * entry just then given to another destination is lost to the one and wrong for the other: by one.
 */
#pragma once

#include "pace.h"
#include "../include/synscreen/engine.h"

enum {
	SCREEN_VICTIM_WAYS = 4,
	SCREEN_VICTIM_SETS = 256, /* a power of two */
	SCREEN_VICTIMS = SCREEN_VICTIM_WAYS * SCREEN_VICTIM_SETS,
	SCREEN_VICTIM_NONE = 0xffff,

	/* What a flood looks like is said of windows of so many seconds with so many challenges. */
	SCREEN_LOOKS_WINDOW_S = 10,
	SCREEN_LOOKS_MIN = 20,
	SCREEN_LOOKS_SPOOFED_BELOW = 5, /* % of challenges that come back valid */
	SCREEN_LOOKS_CROWD_FROM = 50,	/* % */

	/* A destination stays listed for so long after its last SYN; a zone where SYNs are challenged
	 * that no listed destination's meter tells of floods for as long. Unit: s. */
	SCREEN_FLOOD_LINGER = 2,
};

struct screen_victim {
	_Atomic uint64_t hash; /* of the destination in its zone; 0: free */
	_Atomic uint64_t address[2];
	_Atomic uint32_t zone_port; /* zone << 16 | port */
	_Atomic uint32_t threshold; /* attack-threshold */
	_Atomic uint64_t since_ns, last_ns;
	_Atomic uint32_t attacked; /* its meter floods, not just activation always; its end is untold */
	_Atomic uint32_t peak;
	struct screen_pace rate;	       /* of SYNs, a second */
	struct screen_pace challenges, valids; /* SCREEN_LOOKS_WINDOW_S */
	_Atomic uint64_t invalid, refused;
	_Atomic uint64_t unsent; /* challenges that alarm-without-drop kept from being sent */
	/* What lets the driver answer in the engine's place: what challenges promise, struct
	 * screen_server_profile as a word, whose reserved byte is 1 where a host port is let to; and until when,
	 * generation << 32 | second. */
	_Atomic uint64_t offer, lease;
};

struct screen_victims {
	_Atomic uint32_t busy[SCREEN_VICTIM_SETS];
	struct screen_victim victim[SCREEN_VICTIMS];
};

screen_inline uint32_t screen_victim_find(struct screen_victims *t, uint64_t hash)
{
	uint32_t first = (uint32_t)(hash & (SCREEN_VICTIM_SETS - 1)) * SCREEN_VICTIM_WAYS;

	for (uint32_t i = first; i < first + SCREEN_VICTIM_WAYS; i++)
		if (atomic_load_explicit(&t->victim[i].hash, memory_order_acquire) == hash)
			return i;
	return SCREEN_VICTIM_NONE;
}

screen_inline bool screen_victim_room(struct screen_victims *t, uint32_t first)
{
	for (uint32_t i = first; i < first + SCREEN_VICTIM_WAYS; i++)
		if (atomic_load_explicit(&t->victim[i].hash, memory_order_relaxed) == 0)
			return true;
	return false;
}

/* Makes an entry for a destination; SCREEN_VICTIM_NONE without room, or while another worker makes one
 * nearby. Without room it only looks: this is asked for each SYN. */
screen_inline uint32_t screen_victim_make(struct screen_victims *t, uint64_t hash,
					  const uint8_t address[16], uint32_t zone_port,
					  uint64_t now_ns)
{
	uint32_t set = (uint32_t)(hash & (SCREEN_VICTIM_SETS - 1)), found;
	uint32_t first = set * SCREEN_VICTIM_WAYS;

	if (!screen_victim_room(t, first))
		return screen_victim_find(t, hash);
	if (atomic_exchange_explicit(&t->busy[set], 1, memory_order_acquire))
		return SCREEN_VICTIM_NONE;
	found = screen_victim_find(t, hash);
	for (uint32_t i = first; found == SCREEN_VICTIM_NONE && i < first + SCREEN_VICTIM_WAYS;
	     i++) {
		struct screen_victim *v = &t->victim[i];
		uint64_t words[2];

		if (atomic_load_explicit(&v->hash, memory_order_relaxed))
			continue;
		memset((void *)v, 0, sizeof(*v));
		memcpy(words, address, 16);
		atomic_store_explicit(&v->address[0], words[0], memory_order_relaxed);
		atomic_store_explicit(&v->address[1], words[1], memory_order_relaxed);
		atomic_store_explicit(&v->zone_port, zone_port, memory_order_relaxed);
		atomic_store_explicit(&v->since_ns, now_ns, memory_order_relaxed);
		atomic_store_explicit(&v->last_ns, now_ns, memory_order_relaxed);
		atomic_store_explicit(&v->hash, hash, memory_order_release);
		found = i;
	}
	atomic_store_explicit(&t->busy[set], 0, memory_order_release);
	return found;
}

/* It goes from calm to flooding: what is counted is counted from now on. */
screen_inline void screen_victim_begin(struct screen_victim *v, uint64_t now_ns)
{
	screen_pace_clear(&v->rate);
	screen_pace_clear(&v->challenges);
	screen_pace_clear(&v->valids);
	atomic_store_explicit(&v->invalid, 0, memory_order_relaxed);
	atomic_store_explicit(&v->refused, 0, memory_order_relaxed);
	atomic_store_explicit(&v->unsent, 0, memory_order_relaxed);
	atomic_store_explicit(&v->peak, 0, memory_order_relaxed);
	atomic_store_explicit(&v->since_ns, now_ns, memory_order_relaxed);
}

screen_inline enum screen_looks screen_victim_looks(struct screen_victim *v, uint32_t now_s)
{
	uint32_t window = now_s / SCREEN_LOOKS_WINDOW_S;
	uint32_t challenged = screen_pace_last(&v->challenges, window);
	uint32_t valid = screen_pace_last(&v->valids, window);

	if (challenged < SCREEN_LOOKS_MIN)
		return SCREEN_LOOKS_UNKNOWN;
	if (100ull * valid < (uint64_t)SCREEN_LOOKS_SPOOFED_BELOW * challenged)
		return SCREEN_LOOKS_SPOOFED;
	if (100ull * valid >= (uint64_t)SCREEN_LOOKS_CROWD_FROM * challenged)
		return SCREEN_LOOKS_CROWD;
	return SCREEN_LOOKS_MIXED;
}

screen_inline uint64_t screen_victim_challenged(struct screen_victim *v)
{
	return screen_pace_total(&v->challenges) +
	       atomic_load_explicit(&v->unsent, memory_order_relaxed);
}

/* Lets the driver answer SYNs to this destination in this second and the next one, as long as no other
 * generation of the policy comes. */
screen_inline void screen_victim_let(struct screen_victim *v, uint64_t offer, uint64_t generation,
				     uint32_t now_s)
{
	uint64_t lease = generation << 32 | (now_s + 1);

	if (atomic_load_explicit(&v->offer, memory_order_relaxed) != offer)
		atomic_store_explicit(&v->offer, offer, memory_order_release);
	if (atomic_load_explicit(&v->lease, memory_order_relaxed) != lease)
		atomic_store_explicit(&v->lease, lease, memory_order_release);
}

/* Takes that back: what is promised is not so any more. */
screen_inline void screen_victim_forbid(struct screen_victims *t, uint64_t hash)
{
	uint32_t at = screen_victim_find(t, hash);

	if (at != SCREEN_VICTIM_NONE)
		atomic_store_explicit(&t->victim[at].lease, 0, memory_order_release);
}

/* Takes back what all destinations were let to. */
screen_inline void screen_victims_forbid(struct screen_victims *t)
{
	for (uint32_t i = 0; i < SCREEN_VICTIMS; i++)
		atomic_store_explicit(&t->victim[i].lease, 0, memory_order_release);
}

/* Whether it is let to. Then *offer is what it promises. The entry may be given to another destination
 * meanwhile: its hash is looked at last. */
screen_inline bool screen_victim_lets(const struct screen_victim *v, uint64_t hash, uint64_t generation,
				      uint32_t now_s, uint64_t *offer)
{
	uint64_t lease = atomic_load_explicit(&v->lease, memory_order_acquire);

	*offer = atomic_load_explicit(&v->offer, memory_order_acquire);
	return lease >> 32 == (uint32_t)generation && (uint32_t)lease >= now_s &&
	       atomic_load_explicit(&v->hash, memory_order_relaxed) == hash;
}

screen_inline void screen_victim_add(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* What stays as it is for many SYNs is not written for each: others would wait for the memory. */
screen_inline void screen_victim_set(_Atomic uint32_t *value, uint32_t to)
{
	if (atomic_load_explicit(value, memory_order_relaxed) != to)
		atomic_store_explicit(value, to, memory_order_relaxed);
}
