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
#define memcpy screen_copy
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

/* A loop of few turns, whose number is known, becomes none. Compilers for the host see to that. */
#ifdef __bpf__
#define screen_unroll _Pragma("clang loop unroll(full)")
#else
#define screen_unroll
#endif

/* Whether n bytes at p are the frame's. The verifier wants to see it asked; on the host the caller has seen
 * to it. */
#ifdef __bpf__
#define screen_fits(p, n, end) ((const uint8_t *)(p) + (n) <= (const uint8_t *)(end))
#else
#define screen_fits(p, n, end) ((void)(p), (void)(end), true)
#endif

#ifdef __bpf__
typedef uint64_t __attribute__((may_alias)) screen_word64;
typedef uint32_t __attribute__((may_alias)) screen_word32;
typedef uint16_t __attribute__((may_alias)) screen_word16;

/* memcpy of a constant length. The compiler would take apart into bytes what it does not know to be aligned;
 * all machines that this runs on load words from anywhere. On the stack the verifier wants them aligned. */
screen_inline void screen_copy(void *to, const void *from, size_t length)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	for (; length >= 8; length -= 8, t += 8, f += 8)
		*(screen_word64 *)t = *(const screen_word64 *)f;
	if (length & 4) {
		*(screen_word32 *)t = *(const screen_word32 *)f;
		t += 4, f += 4;
	}
	if (length & 2) {
		*(screen_word16 *)t = *(const screen_word16 *)f;
		t += 2, f += 2;
	}
	if (length & 1)
		*t = *f;
}
#endif

/* Unaligned loads and stores. Network order goes in and out by name. */
screen_inline uint16_t screen_load_be16(const uint8_t *p)
{
	uint32_t word;
	uint16_t v;

	memcpy(&v, p, 2);
	word = __builtin_bswap16(v);
	screen_once(word); /* the compiler knows, old verifiers do not, that it has 16 bits */
	return word & 0xffff;
}

screen_inline uint32_t screen_load_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

screen_inline uint64_t screen_load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

screen_inline uint64_t screen_load_be64(const uint8_t *p)
{
	return __builtin_bswap64(screen_load_le64(p));
}

screen_inline void screen_store_be16(uint8_t *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, 2);
}

screen_inline void screen_store_be32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}
