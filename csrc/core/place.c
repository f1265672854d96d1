#include "place.h"

/* A thread sanitizer knows no vectors that are read while others write into their elements. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#include <emmintrin.h>
#define PLACE_VECTORS 1
#else
#define PLACE_VECTORS 0
#endif

static struct screen_bucket *bucket_of(struct screen_flows *t, uint64_t hash)
{
	return &t->buckets[screen_flow_bucket(t->buckets_count, hash)];
}

/* The slots of a bucket with this hash's tag, a bit each. They are read one by one before they are believed:
 * these are no loads that anything is ordered by. */
static uint32_t likely(struct screen_bucket *b, uint64_t hash)
{
	uint32_t found = 0;
#if PLACE_VECTORS
	const __m128i *v = (const __m128i *)(const void *)b, tag = _mm_set1_epi32((int)(hash >> 56));
	__m128i same[4];

	for (int i = 0; i < 4; i++)
		same[i] = _mm_cmpeq_epi32(_mm_srli_epi32(_mm_load_si128(v + i), 24), tag);
	found = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(same[0], same[1]),
							    _mm_packs_epi32(same[2], same[3])));
	return found >> 1; /* the first word is the version */
#else
	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++)
		if (atomic_load_explicit(&b->slot[i], memory_order_relaxed) >> 24 == hash >> 56)
			found |= 1u << i;
	return found;
#endif
}

/* Which of the likely slots has this key. */
static uint32_t find(const struct screen_flows *t, struct screen_bucket *b, const struct screen_place *place,
		     uint32_t slots)
{
	for (; slots; slots &= slots - 1) {
		uint32_t slot = atomic_load_explicit(&b->slot[__builtin_ctz(slots)], memory_order_acquire);
		uint32_t index = slot & SCREEN_FLOW_INDEX;

		if (index != SCREEN_FLOW_NONE && screen_flow_slot(place->hash, index) == slot &&
		    memcmp(&t->flows[index].key, &place->key, sizeof(place->key)) == 0)
			return index;
	}
	return SCREEN_FLOW_NONE;
}

uint32_t screen_place_find(struct screen_flows *t, const struct screen_place *place)
{
	struct screen_bucket *b = bucket_of(t, place->hash);

	/* whoever installs a flow changes it before and after */
	if (atomic_load_explicit(&b->version, memory_order_acquire) == place->version)
		return find(t, b, place, place->likely);
	return find(t, b, place, likely(b, place->hash));
}

/* ---- a burst's ------------------------------------------------------------------------------ */

/* Hashes the places that have so many words. Returns how many there are. */
static inline __attribute__((always_inline)) uint32_t
hash_some(const struct screen_codec *codec, struct screen_lanes *l, const uint64_t key[2],
	  struct screen_place *const places[], uint32_t count, uint32_t wanted)
{
	uint8_t at[SCREEN_CODEC_BURST];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t words[6];

		if (screen_flow_key_words(&places[i]->key, words) != wanted)
			continue;
		for (uint32_t j = 0; j < wanted; j++)
			l->word[j][n] = words[j];
		at[n++] = (uint8_t)i;
	}
	codec->place(l, key, wanted, n);
	for (uint32_t i = 0; i < n; i++)
		places[at[i]]->hash = l->mac[i];
	return n;
}

static void look_ahead(struct screen_flows *t, struct screen_place *place)
{
	struct screen_bucket *b = bucket_of(t, place->hash);

	place->version = atomic_load_explicit(&b->version, memory_order_acquire);
	place->likely = (uint16_t)likely(b, place->hash);
	for (uint32_t slots = place->likely; slots; slots &= slots - 1) {
		uint32_t slot = atomic_load_explicit(&b->slot[__builtin_ctz(slots)], memory_order_relaxed);
		const struct screen_flow *f = &t->flows[slot & SCREEN_FLOW_INDEX];

		__builtin_prefetch(f);
		__builtin_prefetch(f->side, 1);
	}
}

void screen_places(const struct screen_codec *codec, struct screen_lanes *lanes, struct screen_flows *t,
		   struct screen_place *const places[], uint32_t count)
{
	if (count <= 2) { /* a vector of two lanes is no faster than none */
		for (uint32_t i = 0; i < count; i++)
			places[i]->hash = screen_flow_hash(t, &places[i]->key);
	} else if (hash_some(codec, lanes, t->key, places, count, 3) < count) {
		(void)hash_some(codec, lanes, t->key, places, count, 6);
	}
	for (uint32_t i = 0; i < count; i++)
		__builtin_prefetch(bucket_of(t, places[i]->hash));
	for (uint32_t i = 0; i < count; i++)
		look_ahead(t, places[i]);
}
