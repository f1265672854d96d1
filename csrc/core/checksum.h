/*
 * The Internet checksum (RFC 1071): whole, verified, completed, and updated by difference
 * (RFC 1624 eqn. 3). Sums are kept in memory order: one's-complement addition does not care
 * (RFC 1071 section 2 B), so nothing is swapped.
 */
#pragma once

#include "packet.h"

screen_inline uint16_t screen_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

screen_inline uint32_t screen_load_32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

screen_inline uint16_t screen_load_16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

screen_inline void screen_store_16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, 2);
}

/* Adds length bytes to an unfolded sum. Whole words go as 32-bit halves: no carry can be lost below
 * 2^32 words. For BPF the length is a constant. */
screen_inline uint64_t screen_sum(const uint8_t *p, size_t length, uint64_t sum)
{
	uint64_t other = 0;

	for (; length >= 16; p += 16, length -= 16) {
		uint64_t a, b;

		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		sum += (a & 0xffffffff) + (a >> 32);
		other += (b & 0xffffffff) + (b >> 32);
	}
	sum += other;
	for (; length >= 4; p += 4, length -= 4)
		sum += screen_load_32(p);
	for (; length >= 2; p += 2, length -= 2)
		sum += screen_load_16(p);
	if (length)
		sum += p[0]; /* RFC 1071: the odd byte is the first of a pair */
	return sum;
}

#ifndef __bpf__
/* The pseudo-header of RFC 9293 section 3.1 (IPv4) or RFC 8200 section 8.1 (IPv6), unfolded. */
static inline uint64_t screen_sum_pseudo(const uint8_t *data, const struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;
	uint32_t length = (uint32_t)p->end - p->l4;
	uint64_t sum = __builtin_bswap32(length);

	sum += (uint64_t)p->protocol << 8;
	if (p->family == 4)
		return screen_sum(ip + 12, 8, sum);
	return screen_sum(ip + 8, 32, sum);
}

/* Offset of the checksum in a transport header, 0 for protocols that it is not kept of. */
static inline uint32_t screen_checksum_offset(uint8_t protocol)
{
	return protocol == SCREEN_PROTO_TCP ? 16 : protocol == SCREEN_PROTO_UDP ? 6 : 0;
}

/*
 * A frame of a local stack that left its checksum to the device has the folded pseudo-header sum in
 * the checksum's place. Completes it when that is so; a whole checksum that happens to look alike
 * comes out as it was, since the checksum of given bytes is unique. p->kind TCP or UDP, unfragmented.
 */
static inline bool screen_checksum_complete(uint8_t *data, const struct screen_packet *p)
{
	uint32_t offset = screen_checksum_offset(p->protocol);
	uint8_t *field = data + p->l4 + offset;
	uint16_t whole;

	if (offset == 0 || p->l4 + offset + 2u > p->end)
		return false;
	if (screen_load_16(field) != screen_fold(screen_sum_pseudo(data, p)))
		return false;
	whole = (uint16_t)~screen_fold(screen_sum(data + p->l4, (size_t)p->end - p->l4, 0));
	if (whole == 0 && p->protocol == SCREEN_PROTO_UDP)
		whole = 0xffff; /* RFC 768: 0 means "no checksum" */
	screen_store_16(field, whole);
	return true;
}

static inline bool screen_checksum_ipv4_ok(const uint8_t *data, const struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;

	return p->family != 4 || screen_fold(screen_sum(ip, (ip[0] & 15u) * 4, 0)) == 0xffff;
}

/* Whether IP header and TCP checksum are right. */
static inline bool screen_checksum_ok(const uint8_t *data, const struct screen_packet *p)
{
	uint64_t sum = screen_sum_pseudo(data, p);

	sum = screen_sum(data + p->l4, (size_t)p->end - p->l4, sum);
	return screen_fold(sum) == 0xffff && screen_checksum_ipv4_ok(data, p);
}
#endif

/* What has changed under a checksum so far, unfolded: sum of ~old + new (RFC 1624 eqn. 3). */
struct screen_difference {
	uint64_t sum;
};

screen_inline void screen_difference_add(struct screen_difference *d, uint32_t before,
					 uint32_t after, uint32_t offset)
{
	uint16_t change = screen_fold((uint64_t)(uint32_t)~before + after);

	/* At an odd offset the bytes lie in the other halves of their words (RFC 1071 sec. 2 B). */
	d->sum += offset & 1 ? __builtin_bswap16(change) : change;
}

/* Writes a big-endian 32-bit value at header + offset, at any alignment, and notes the change. */
screen_inline void screen_rewrite32(uint8_t *header, uint32_t offset, uint32_t value,
				    struct screen_difference *d)
{
	uint32_t before = screen_load_32(header + offset);

	screen_store_be32(header + offset, value);
	screen_difference_add(d, before, screen_load_32(header + offset), offset);
}

screen_inline void screen_rewrite16(uint8_t *header, uint32_t offset, uint16_t value,
				    struct screen_difference *d)
{
	uint16_t before = screen_load_16(header + offset);

	screen_store_be16(header + offset, value);
	/* 16 high bits that are the same before and after cancel out */
	screen_difference_add(d, before, screen_load_16(header + offset), offset);
}

/* Brings the checksum at field up to date. */
screen_inline void screen_difference_apply(uint8_t *field, const struct screen_difference *d)
{
	uint64_t sum = (uint16_t)~screen_load_16(field);

	screen_store_16(field, (uint16_t)~screen_fold(sum + d->sum));
}
