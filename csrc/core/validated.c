#include "validated.h"

#include <string.h>

static const uint64_t MS = (1ull << 40) - 1;	/* 34 years of milliseconds */
static const uint64_t CLAIMED = UINT64_MAX; /* somebody is writing it; of no zone */

static bool is_v4(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

static uint64_t load(const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, 8);
	return v;
}

/* Hash of the first `bits` of an address in a zone. */
static uint64_t prefix_hash(const struct screen_validated *t, const uint8_t address[16],
			    uint32_t bits, uint16_t zone)
{
	uint8_t prefix[16] = { 0 };
	uint64_t words[3];

	memcpy(prefix, address, bits / 8);
	words[0] = load(prefix);
	words[1] = load(prefix + 8);
	words[2] = (uint64_t)zone << 16 | bits;
	return screen_siphash_words(t->key[0], t->key[1], words, 3);
}

struct screen_validated_key screen_validated_key(const struct screen_validated *t,
						 const struct screen_validated_client *c)
{
	const uint64_t words[5] = {
		load(c->source), load(c->source + 8), load(c->destination),
		load(c->destination + 8), (uint64_t)c->zone << 16 | c->port,
	};
	uint64_t hash = screen_siphash_words(t->key[0], t->key[1], words, 5), base;
	struct screen_validated_key key = { .hash = hash | SCREEN_HASH_MARK };
	uint32_t first = 0, some = SCREEN_VALIDATED_WINDOW;

	if (is_v4(c->source)) {
		base = prefix_hash(t, c->source, 120, c->zone);
	} else {
		base = prefix_hash(t, c->source, 48, c->zone);
		first = (uint32_t)prefix_hash(t, c->source, 64, c->zone);
		some = SCREEN_VALIDATED_WINDOW_64;
	}
	for (int i = 0; i < 2; i++) {
		uint32_t within = (first + (uint32_t)(hash >> (16 * i)) % some) %
				  SCREEN_VALIDATED_WINDOW;

		key.set[i] = (uint32_t)(base + within) & (SCREEN_VALIDATED_SETS - 1);
	}
	return key;
}

static uint64_t life_of(const struct screen_validated *t, uint32_t zone, uint64_t until_ms)
{
	uint64_t generation = atomic_load_explicit(&t->generation[zone], memory_order_relaxed);

	return generation << 48 | (uint64_t)zone << 40 | (until_ms & MS);
}

uint64_t screen_validated_left(const struct screen_validated *t, uint64_t life, uint64_t now_ms)
{
	uint32_t zone = life >> 40 & 0xff;

	if (zone >= SCREEN_VALIDATED_ZONES || life != life_of(t, zone, life) ||
	    (life & MS) <= (now_ms & MS))
		return 0;
	return (life & MS) - (now_ms & MS);
}

void screen_validated_forget(struct screen_validated *t, uint32_t zone)
{
	atomic_fetch_add_explicit(&t->generation[zone], 1, memory_order_relaxed);
}

/* Whether an entry is this client's and live. Who writes one stores the hash before the life: the hash is
 * looked at again when the life has been seen, which may be that of the next client. */
static bool is_live(const struct screen_validated *t, const struct screen_validated_entry *e,
		    uint64_t hash, uint64_t now_ms)
{
	return atomic_load_explicit(&e->hash, memory_order_relaxed) == hash &&
	       screen_validated_left(t, atomic_load_explicit(&e->life, memory_order_acquire),
				     now_ms) &&
	       atomic_load_explicit(&e->hash, memory_order_relaxed) == hash;
}

/* The live entry of a client, or NULL. */
static struct screen_validated_entry *entry_of(struct screen_validated *t,
					       struct screen_validated_key key, uint64_t now_ms)
{
	for (uint32_t i = 0; i < 2 * SCREEN_VALIDATED_WAYS; i++) {
		struct screen_validated_entry *e =
			&t->set[key.set[i / SCREEN_VALIDATED_WAYS]].entry[i % SCREEN_VALIDATED_WAYS];

		if (is_live(t, e, key.hash, now_ms))
			return e;
	}
	return NULL;
}

bool screen_validated_find(struct screen_validated *t, struct screen_validated_key key,
			   uint64_t now_ms)
{
	return entry_of(t, key, now_ms);
}

/* Claims an entry that is free or over: nobody finds it until it has its new life. */
static bool claim(const struct screen_validated *t, struct screen_validated_entry *e,
		  uint64_t now_ms)
{
	uint64_t life = atomic_load_explicit(&e->life, memory_order_relaxed);

	if (life == CLAIMED || screen_validated_left(t, life, now_ms))
		return false;
	return atomic_compare_exchange_strong_explicit(&e->life, &life, CLAIMED,
						       memory_order_acquire, memory_order_relaxed);
}

static void outlive(struct screen_validated *t, uint64_t until)
{
	uint64_t last = atomic_load_explicit(&t->last_ms, memory_order_relaxed);

	while (last < until && !atomic_compare_exchange_weak_explicit(&t->last_ms, &last, until,
								      memory_order_relaxed,
								      memory_order_relaxed))
		;
}

static enum screen_validated_result insert(struct screen_validated *t,
					   const struct screen_validated_client *client,
					   uint64_t now_ms, uint64_t life)
{
	struct screen_validated_key key = screen_validated_key(t, client);
	struct screen_validated_entry *e = entry_of(t, key, now_ms);

	if (e) {
		atomic_store_explicit(&e->life, life, memory_order_release);
		return SCREEN_VALIDATED_RENEWED;
	}
	for (uint32_t i = 0; i < 2 * SCREEN_VALIDATED_WAYS; i++) {
		uint32_t set = key.set[i / SCREEN_VALIDATED_WAYS], way = i % SCREEN_VALIDATED_WAYS;

		e = &t->set[set].entry[way];
		if (!claim(t, e, now_ms))
			continue;
		t->client[set][way] = *client;
		atomic_store_explicit(&e->hash, key.hash, memory_order_release);
		atomic_store_explicit(&e->life, life, memory_order_release);
		return SCREEN_VALIDATED_INSERTED;
	}
	return SCREEN_VALIDATED_REFUSED;
}

enum screen_validated_result screen_validated_insert(struct screen_validated *t,
						     const struct screen_validated_client *client,
						     uint64_t now_ms, uint64_t ttl_ms)
{
	uint64_t life = life_of(t, client->zone, now_ms + ttl_ms);
	enum screen_validated_result result = insert(t, client, now_ms, life);

	if (result != SCREEN_VALIDATED_REFUSED)
		outlive(t, now_ms + ttl_ms);
	atomic_fetch_add_explicit(&t->count[result], 1, memory_order_relaxed);
	return result;
}
