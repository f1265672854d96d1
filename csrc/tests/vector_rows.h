/*
 * The rows of testdata/vectors: what goes in, and what must come out.
 */
#pragma once

#include "vectors.h"

static const char VECTORS_COOKIE[] = SCREEN_TESTDATA "/vectors/cookie-v1.tsv";
static const char VECTORS_SAFE_RESET[] = SCREEN_TESTDATA "/vectors/safe-reset-v1.tsv";

enum { VECTORS_COOKIE_ROWS = 22, VECTORS_SAFE_RESET_ROWS = 42 };

/* Both tables begin alike. */
struct vector_row {
	uint8_t master[32];
	const char *zone; /* until the next row is read */
	uint64_t epoch;
	struct screen_tuple tuple;
	uint32_t isn; /* the client's */
};

struct vector_cookie {
	struct vector_row row;
	struct screen_agreed offered; /* mss is the client's */
	uint8_t zone_key[32], epoch_key[16];
	uint16_t agreed_bits;
	uint32_t mss_index;
	struct screen_cookie cookie;
	struct screen_agreed agreed; /* what a check finds: mss is the table's */
};

struct vector_safe_reset {
	struct vector_row row;
	uint32_t value;
};

static inline struct vector_row vector_row(const struct vectors *v)
{
	struct vector_row r = {
		.zone = vectors_get(v, "zone"),
		.epoch = vectors_number(v, "epoch", 10),
		.tuple = vectors_tuple(v),
		.isn = (uint32_t)vectors_number(v, "client_isn", 16),
	};

	vectors_hex(v, "master_key", r.master, 32);
	return r;
}

/* What a keyset holds so many epochs after the row's. */
static inline struct screen_zone_keys vector_keys(const struct vector_row *r, uint64_t later)
{
	return keys_of(r->master, r->zone, r->epoch + later);
}

static inline struct screen_agreed vector_offered(const struct vectors *v, uint8_t family)
{
	struct screen_agreed a = { .client_wscale = SCREEN_WSCALE_NONE,
				   .our_wscale = SCREEN_WSCALE_NONE };
	const char *mss = vectors_get(v, "mss"), *wscale = vectors_get(v, "wscale");

	a.mss = family == 4 ? SCREEN_MSS_DEFAULT_IPV4 : SCREEN_MSS_DEFAULT_IPV6;
	if (strcmp(mss, "-") != 0)
		a.mss = (uint16_t)vectors_number(v, "mss", 10);
	if (strcmp(wscale, "-") == 0)
		return a;
	a.timestamps = true;
	a.sack = vectors_number(v, "sack", 10) != 0;
	a.ecn = vectors_number(v, "ecn", 10) != 0;
	if (strcmp(wscale, "none") == 0)
		return a;
	a.client_wscale = (uint8_t)vectors_number(v, "wscale", 10);
	a.our_wscale = (uint8_t)vectors_number(v, "our_wscale", 10);
	return a;
}

static inline struct vector_cookie vector_cookie(const struct vectors *v)
{
	struct vector_cookie c = { .row = vector_row(v) };
	uint8_t family = c.row.tuple.family;

	c.offered = vector_offered(v, family);
	vectors_hex(v, "zone_key", c.zone_key, 32);
	vectors_hex(v, "epoch_key", c.epoch_key, 16);
	c.agreed_bits = (uint16_t)vectors_number(v, "agreed", 16);
	c.mss_index = (uint32_t)vectors_number(v, "mss_index", 10);
	c.cookie.isn = (uint32_t)vectors_number(v, "cookie_isn", 16);
	if (c.offered.timestamps)
		c.cookie.tsval = (uint32_t)vectors_number(v, "cookie_tsval", 16);
	c.agreed = c.offered;
	c.agreed.mss = screen_cookie_mss(family, c.mss_index);
	return c;
}

static inline struct vector_safe_reset vector_safe_reset(const struct vectors *v)
{
	return (struct vector_safe_reset){ vector_row(v),
					   (uint32_t)vectors_number(v, "value", 16) };
}

static inline void assert_agreed(const struct screen_agreed *got, const struct screen_agreed *want)
{
	assert_int_equal(got->mss, want->mss);
	assert_int_equal(got->client_wscale, want->client_wscale);
	assert_int_equal(got->our_wscale, want->our_wscale);
	assert_int_equal(got->timestamps, want->timestamps);
	assert_int_equal(got->sack, want->sack);
	assert_int_equal(got->ecn, want->ecn);
}
