/*
 * Random input that can be had again: the seed is printed, and SCREEN_SEED=n in the environment
 * repeats a run.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct random {
	uint64_t state;
};

/* splitmix64 (Steele, Lea and Flood, 2014) */
static inline uint64_t random_64(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint32_t random_32(struct random *r)
{
	return (uint32_t)(random_64(r) >> 32);
}

/* 0 to limit - 1. */
static inline uint32_t random_below(struct random *r, uint32_t limit)
{
	return (uint32_t)((uint64_t)random_32(r) * limit >> 32);
}

static inline uint8_t random_8(struct random *r)
{
	return (uint8_t)(random_64(r) >> 56);
}

static inline void random_bytes(struct random *r, uint8_t *to, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = random_8(r);
}

/* A number near a boundary more often than chance would have it. */
static inline uint32_t random_edgy(struct random *r)
{
	static const uint32_t edges[] = { 0, 0xffffffff, 0x7fffffff, 0x80000000, 0xffff, 0x10000 };
	uint32_t near = edges[random_below(r, 6)] + random_below(r, 5) - 2;

	return random_below(r, 3) ? random_32(r) : near;
}

static inline struct random random_seeded(void)
{
	const char *given = getenv("SCREEN_SEED");
	struct random r = { given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) };

	printf("SCREEN_SEED=%llu\n", (unsigned long long)r.state);
	return r;
}
