/*
 * Many cookies at once: the cookies of a burst are minted, and its ACKs checked, with the MACs of all
 * computed side by side, by the widest code that the processor has. The scalar code is the same
 * siphash.h that cookie.h uses; what is minted and checked does not depend on which one ran.
 */
#pragma once

#include "keyset.h"

enum {
	SCREEN_LANES = 64,    /* MACs computed by one call; a multiple of every vector's width */
	SCREEN_CODECS = 3,    /* avx512, avx2, scalar: the best first */
	SCREEN_CODEC_BURST = 64,
};

/* MACs side by side: the keys and inputs of SCREEN_LANES hashes, a row for each word. Secret: the
 * caller keeps it out of core dumps. */
struct screen_lanes {
	_Alignas(64) uint64_t k0[SCREEN_LANES];
	uint64_t k1[SCREEN_LANES];
	uint64_t word[6][SCREEN_LANES];
	uint64_t mac[SCREEN_LANES];
};

/* One way to compute them. */
struct screen_codec {
	const char *name;
	bool (*available)(void);
	/* Hashes `words` words of lanes 0 to count - 1 into mac[]. Other lanes of mac[] are garbage. */
	void (*hash)(struct screen_lanes *lanes, uint32_t words, uint32_t count);
	/* Likewise SipHash-1-3, with one key: for places in tables. */
	void (*place)(struct screen_lanes *lanes, const uint64_t key[2], uint32_t words, uint32_t count);
	/* Which bits of screen_cookie_differs() make a cookie invalid: all. A test that measures
	 * forgery leaves some out, to see in a second what would take it hours. */
	uint64_t compared;
};

extern const struct screen_codec screen_codecs[SCREEN_CODECS];

/* The best that this processor has. [any] */
const struct screen_codec *screen_codec_best(void);

/* One challenge to mint. */
struct screen_mint {
	struct screen_tuple tuple;
	uint32_t client_isn;
	struct screen_agreed agreed; /* mss at least SCREEN_MSS_MIN */
	struct screen_cookie cookie; /* set */
};

/* One ACK to check. */
struct screen_check {
	struct screen_tuple tuple;
	uint32_t seq, ack; /* the segment's */
	uint32_t tsecr;	   /* its echo, when it carries timestamps */
	bool timestamps;
	bool valid;		     /* set */
	uint64_t epoch;		     /* set when valid: of the cookie */
	struct screen_agreed agreed; /* set when valid */
};

/* Mints count cookies of one zone, at most SCREEN_CODEC_BURST. [worker] */
void screen_codec_mint(const struct screen_codec *codec, struct screen_lanes *lanes,
		       const struct screen_keyset *keyset, uint32_t zone,
		       struct screen_mint *mints, uint32_t count);

/* Checks count ACKs of one zone, at most SCREEN_CODEC_BURST, against every epoch and master key that
 * the keyset accepts. No early exit on secret bits. [worker] */
void screen_codec_check(const struct screen_codec *codec, struct screen_lanes *lanes,
			const struct screen_keyset *keyset, uint32_t zone,
			struct screen_check *checks, uint32_t count);
