#include "validated.h"

#include <string.h>

static const uint64_t CLAIMED = UINT64_MAX; /* somebody is writing it; of no zone */

void screen_validated_forget(struct screen_validated *t, uint32_t zone)
{
	atomic_fetch_add_explicit(&t->generation[zone], 1, memory_order_relaxed);
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
	struct screen_validated_entry *e = screen_validated_entry(t, key, now_ms);

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
	uint64_t life = screen_validated_life(t, client->zone, now_ms + ttl_ms);
	enum screen_validated_result result = insert(t, client, now_ms, life);

	if (result != SCREEN_VALIDATED_REFUSED)
		outlive(t, now_ms + ttl_ms);
	atomic_fetch_add_explicit(&t->count[result], 1, memory_order_relaxed);
	return result;
}
