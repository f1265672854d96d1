/*
 * SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) over whole little-endian
 * 64-bit words. SipHash-2-4, the same 64 bits as libsodium's crypto_shorthash, for cookies; SipHash-1-3
 * for places in tables, which an attacker must not be able to choose, but whose hash nobody is shown.
 */
#pragma once

#include "compat.h"

#define SCREEN_SIPHASH_V0 0x736f6d6570736575ULL
#define SCREEN_SIPHASH_V1 0x646f72616e646f6dULL
#define SCREEN_SIPHASH_V2 0x6c7967656e657261ULL
#define SCREEN_SIPHASH_V3 0x7465646279746573ULL

/* Set in a hash that must not be 0. No table takes a place from this bit. */
#define SCREEN_HASH_MARK (1ULL << 63)

struct screen_siphash {
	uint64_t v0, v1, v2, v3;
};

screen_inline uint64_t screen_rotl64(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

screen_inline void screen_sipround(struct screen_siphash *s)
{
	s->v0 += s->v1;
	s->v1 = screen_rotl64(s->v1, 13) ^ s->v0;
	s->v0 = screen_rotl64(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = screen_rotl64(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = screen_rotl64(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = screen_rotl64(s->v1, 17) ^ s->v2;
	s->v2 = screen_rotl64(s->v2, 32);
}

screen_inline struct screen_siphash screen_siphash_begin(uint64_t k0, uint64_t k1)
{
	return (struct screen_siphash){
		.v0 = k0 ^ SCREEN_SIPHASH_V0,
		.v1 = k1 ^ SCREEN_SIPHASH_V1,
		.v2 = k0 ^ SCREEN_SIPHASH_V2,
		.v3 = k1 ^ SCREEN_SIPHASH_V3,
	};
}

screen_inline void screen_siphash_word(struct screen_siphash *s, uint64_t m)
{
	s->v3 ^= m;
	screen_sipround(s);
	screen_sipround(s);
	s->v0 ^= m;
}

/* Hashes count words under the key {k0, k1}. count is a constant where it is called. */
screen_inline uint64_t screen_siphash_words(uint64_t k0, uint64_t k1, const uint64_t *words,
					    uint32_t count)
{
	struct screen_siphash s = screen_siphash_begin(k0, k1);

	screen_unroll for (uint32_t i = 0; i < count; i++)
		screen_siphash_word(&s, words[i]);
	screen_siphash_word(&s, (uint64_t)(count * 8) << 56);
	s.v2 ^= 0xff;
	screen_unroll for (int i = 0; i < 4; i++)
		screen_sipround(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* SipHash-1-3 of the same. For tables. */
screen_inline uint64_t screen_siphash13_words(uint64_t k0, uint64_t k1, const uint64_t *words,
					      uint32_t count)
{
	struct screen_siphash s = screen_siphash_begin(k0, k1);

	screen_unroll for (uint32_t i = 0; i <= count; i++) {
		uint64_t word = i < count ? words[i] : (uint64_t)(count * 8) << 56;

		s.v3 ^= word;
		screen_sipround(&s);
		s.v0 ^= word;
	}
	s.v2 ^= 0xff;
	screen_unroll for (int i = 0; i < 3; i++)
		screen_sipround(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
