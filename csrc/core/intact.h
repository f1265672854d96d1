/*
 * Whether a segment's checksums are right: checksum.h says what they are, this is the short way for a frame
 * of which most is headers. Whole words of 64 bits are added, with the carry around (RFC 1071 section 2 A and
 * B): what is the same modulo 2^16 - 1 has the same checksum.
 */
#pragma once

#include "checksum.h"

static inline uint64_t screen_add_around(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint64_t screen_sum_around(const uint8_t *p, uint32_t length, uint64_t sum)
{
	for (; length >= 8; p += 8, length -= 8)
		sum = screen_add_around(sum, screen_load_le64(p));
	if (length & 4) {
		sum = screen_add_around(sum, screen_load_32(p));
		p += 4;
	}
	if (length & 2) {
		sum = screen_add_around(sum, screen_load_16(p));
		p += 2;
	}
	return length & 1 ? screen_add_around(sum, *p) : sum; /* the odd byte is the first of a pair */
}

/* The sum of the pseudo-header of a TCP segment. Never 0. */
static inline uint64_t screen_pseudo_around(const uint8_t *data, const struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;
	uint64_t sum = __builtin_bswap32((uint32_t)p->end - p->l4) + ((uint64_t)SCREEN_PROTO_TCP << 8);

	if (p->family == 4)
		return screen_add_around(sum, screen_load_le64(ip + 12));
	for (int i = 8; i < 40; i += 8)
		sum = screen_add_around(sum, screen_load_le64(ip + i));
	return sum;
}

/* Whether the segment has the bare pseudo-header's sum for a checksum: screen_checksum_complete() is to be
 * asked. */
static inline bool screen_checksum_is_partial(const uint8_t *data, const struct screen_packet *p,
					      uint64_t pseudo)
{
	return screen_load_16(data + p->l4 + 16) == screen_fold(pseudo);
}

/* screen_checksum_ok() of a TCP segment whose pseudo-header has this sum. */
static inline bool screen_intact(const uint8_t *data, const struct screen_packet *p, uint64_t pseudo)
{
	const uint8_t *ip = data + p->l3;
	uint64_t sum = screen_sum_around(data + p->l4, (uint32_t)p->end - p->l4, pseudo);

	if (screen_fold(sum) != 0xffff)
		return false;
	if (p->family != 4)
		return true;
	if (ip[0] != 0x45)
		return screen_checksum_ipv4_ok(data, p);
	sum = screen_add_around(screen_load_le64(ip), screen_load_le64(ip + 8));
	return screen_fold(screen_add_around(sum, screen_load_32(ip + 16))) == 0xffff;
}
