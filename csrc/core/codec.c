#include "codec.h"

_Static_assert(4 * SCREEN_CODEC_BURST % SCREEN_LANES == 0, "checks fill whole calls");

/* ---- the ways to hash ---------------------------------------------------------------------- */

static void hash_scalar(struct screen_lanes *l, uint32_t words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t in[6];

		for (uint32_t j = 0; j < words; j++)
			in[j] = l->word[j][i];
		l->mac[i] = words == 3 ? screen_siphash_words(l->k0[i], l->k1[i], in, 3) :
					 screen_siphash_words(l->k0[i], l->k1[i], in, 6);
	}
}

static void place_scalar(struct screen_lanes *l, const uint64_t key[2], uint32_t words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t in[6];

		for (uint32_t j = 0; j < words; j++)
			in[j] = l->word[j][i];
		l->mac[i] = words == 3 ? screen_siphash13_words(key[0], key[1], in, 3) :
					 screen_siphash13_words(key[0], key[1], in, 6);
	}
}

static bool always(void)
{
	return true;
}

#if defined(__x86_64__)
#define LANES_NAME hash_avx512
#define LANES_TARGET __attribute__((target("avx512f")))
#define LANES_WIDTH 8
#include "lanes.h"

#define LANES_NAME hash_avx2
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_WIDTH 4
#include "lanes.h"

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define hash_avx512 NULL
#define hash_avx2 NULL
#define hash_avx512_place NULL
#define hash_avx2_place NULL

static bool has_avx512(void)
{
	return false;
}

static bool has_avx2(void)
{
	return false;
}
#endif

const struct screen_codec screen_codecs[SCREEN_CODECS] = {
	{ .name = "avx512", .available = has_avx512, .hash = hash_avx512,
	  .place = hash_avx512_place, .compared = ~0ull },
	{ .name = "avx2", .available = has_avx2, .hash = hash_avx2,
	  .place = hash_avx2_place, .compared = ~0ull },
	{ .name = "scalar", .available = always, .hash = hash_scalar,
	  .place = place_scalar, .compared = ~0ull },
};

const struct screen_codec *screen_codec_best(void)
{
	const struct screen_codec *c = screen_codecs;

	while (!c->available())
		c++;
	return c;
}

/* A vector of two lanes is no faster than none. */
static void hash(const struct screen_codec *codec, struct screen_lanes *l, uint32_t words,
		 uint32_t count)
{
	if (count <= 2)
		hash_scalar(l, words, count);
	else
		codec->hash(l, words, count);
}

/* ---- what is hashed ------------------------------------------------------------------------ */

static inline __attribute__((always_inline))
void put(struct screen_lanes *l, uint32_t lane, const struct screen_cookie_key *key,
		const struct screen_tuple *t, uint32_t client_isn, uint64_t epoch, uint16_t agreed)
{
	uint64_t words[6];
	uint32_t count = screen_cookie_words(t, client_isn, epoch, agreed, words);

	l->k0[lane] = key->k0;
	l->k1[lane] = key->k1;
	for (uint32_t i = 0; i < count; i++)
		l->word[i][lane] = words[i];
}

static uint32_t words_of(uint8_t family)
{
	return family == 4 ? 3 : 6;
}

/* The positions of one family's entries, whose families lie `stride` bytes apart. */
static uint32_t positions(uint8_t family, const uint8_t *first, size_t stride, uint32_t count,
			  uint8_t at[SCREEN_CODEC_BURST])
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++)
		if (first[i * stride] == family)
			at[found++] = (uint8_t)i;
	return found;
}

static inline __attribute__((always_inline))
uint32_t mint_family(const struct screen_codec *codec, struct screen_lanes *l,
			const struct screen_keyset *k, uint32_t zone, uint8_t family,
			struct screen_mint *mints, uint32_t count)
{
	const struct screen_cookie_key *key = screen_keyset_mint_key(k, zone);
	uint8_t at[SCREEN_CODEC_BURST];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct screen_mint *m = &mints[i];

		if (m->tuple.family != family)
			continue;
		put(l, n, key, &m->tuple, m->client_isn, k->mint_epoch,
		    screen_cookie_agreed(&m->agreed));
		at[n++] = (uint8_t)i;
	}
	hash(codec, l, words_of(family), n);
	for (uint32_t i = 0; i < n; i++) {
		struct screen_mint *m = &mints[at[i]];

		m->cookie = screen_cookie_of(l->mac[i], k->mint_epoch, family, &m->agreed);
	}
	return n;
}

void screen_codec_mint(const struct screen_codec *codec, struct screen_lanes *lanes,
		       const struct screen_keyset *keyset, uint32_t zone,
		       struct screen_mint *mints, uint32_t count)
{
	if (mint_family(codec, lanes, keyset, zone, 4, mints, count) < count)
		(void)mint_family(codec, lanes, keyset, zone, 6, mints, count);
}

/* An epoch that is accepted, and its key. */
struct accepted {
	uint64_t epoch;
	const struct screen_cookie_key *key;
};

static uint32_t accepted_of(const struct screen_keyset *k, uint32_t zone, struct accepted a[4])
{
	a[0] = (struct accepted){ k->check_epoch, &k->zone[zone].current };
	a[1] = (struct accepted){ k->check_epoch - 1, &k->zone[zone].previous };
	if (!k->accepts_other)
		return 2;
	a[2] = (struct accepted){ k->other_epoch, &k->other[zone].current };
	a[3] = (struct accepted){ k->other_epoch - 1, &k->other[zone].previous };
	return 4;
}

/* Holds the MACs of one ACK, one of each accepted epoch, against what it carries. */
static void judge(struct screen_check *c, const struct accepted *a, uint32_t epochs,
		  const uint64_t *macs, uint64_t compared)
{
	uint32_t isn = c->ack - 1;
	uint64_t mac = 0;

	c->valid = false;
	for (uint32_t e = 0; e < epochs; e++) {
		if (screen_cookie_differs(macs[e], a[e].epoch, isn, c->tsecr, c->timestamps) &
		    compared)
			continue;
		c->valid = true;
		c->epoch = a[e].epoch;
		mac = macs[e];
	}
	if (c->valid)
		c->agreed.mss = screen_cookie_read_mss(mac, c->tuple.family, isn);
}

static inline __attribute__((always_inline))
void check_some(const struct screen_codec *codec, struct screen_lanes *l,
		       const struct accepted *a, uint32_t epochs, uint8_t family,
		       struct screen_check *checks, const uint8_t *at, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct screen_check *c = &checks[at[i]];
		uint16_t agreed;

		screen_cookie_claim(c->timestamps, c->tsecr, &c->agreed);
		agreed = screen_cookie_agreed(&c->agreed);
		for (uint32_t e = 0; e < epochs; e++)
			put(l, i * epochs + e, a[e].key, &c->tuple, c->seq - 1, a[e].epoch,
			    agreed);
	}
	hash(codec, l, words_of(family), count * epochs);
	for (uint32_t i = 0; i < count; i++)
		judge(&checks[at[i]], a, epochs, &l->mac[i * epochs], codec->compared);
}

static inline __attribute__((always_inline))
uint32_t check_family(const struct screen_codec *codec, struct screen_lanes *l,
			 const struct screen_keyset *k, uint32_t zone, uint8_t family,
			 struct screen_check *checks, uint32_t count)
{
	struct accepted a[4];
	uint32_t epochs = accepted_of(k, zone, a), most = SCREEN_LANES / epochs;
	uint8_t at[SCREEN_CODEC_BURST];

	count = positions(family, &checks->tuple.family, sizeof(*checks), count, at);
	for (uint32_t i = 0; i < count; i += most)
		check_some(codec, l, a, epochs, family, checks, at + i,
			   count - i < most ? count - i : most);
	return count;
}

void screen_codec_check(const struct screen_codec *codec, struct screen_lanes *lanes,
			const struct screen_keyset *keyset, uint32_t zone,
			struct screen_check *checks, uint32_t count)
{
	if (check_family(codec, lanes, keyset, zone, 4, checks, count) < count)
		(void)check_family(codec, lanes, keyset, zone, 6, checks, count);
}
