/*
 * What the core needs of its surroundings, for the host and for BPF. Only this file, atomics.h and
 * the walks that the verifier must be able to follow know __bpf__.
 */
#pragma once

#ifdef __bpf__
#include <linux/types.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h> /* the compiler's own: BPF is built with -ffreestanding */
#define screen_inline static inline __attribute__((always_inline))
/* a function of its own, which the verifier looks at once, and whose result can be anything */
#define screen_stage __attribute__((noinline))
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define memcmp __builtin_memcmp
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define screen_inline static inline
#define screen_stage static inline
#endif

/* Keeps the compiler from computing an offset twice: the verifier believes only the copy that was
 * checked. */
#ifdef __bpf__
#define screen_once(x) __asm__ volatile("" : "+r"(x))
#else
#define screen_once(x) ((void)(x))
#endif

/* Whether n bytes at p are the frame's. The verifier wants to see it asked; on the host the caller has seen
 * to it. */
#ifdef __bpf__
#define screen_fits(p, n, end) ((const uint8_t *)(p) + (n) <= (const uint8_t *)(end))
#else
#define screen_fits(p, n, end) ((void)(p), (void)(end), true)
#endif

/* Unaligned loads and stores. Network order goes in and out by name. */
screen_inline uint16_t screen_load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

screen_inline uint32_t screen_load_be32(const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

screen_inline uint64_t screen_load_le64(const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, 8);
	return v;
}

screen_inline uint64_t screen_load_be64(const uint8_t *p)
{
	return __builtin_bswap64(screen_load_le64(p));
}

screen_inline void screen_store_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

screen_inline void screen_store_be32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	__builtin_memcpy(p, &v, 4);
}
