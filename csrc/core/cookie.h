/*
 * Cookie v1: the stateless ISN of a challenge.
 *
 *   ISN    31..24  ((epoch mod 32) << 3 | MSS index) XOR bits 31..24 of the MAC
 *          23..0   MAC mod 2^24
 *   TSval  31..10  bits 63..42 of the MAC          (only when timestamps were agreed)
 *           9..6   our window scale       5  ECN
 *           3..0   the client's           4  SACK
 *
 * MAC = SipHash-2-4 under the epoch's key over source and destination address, both ports, the
 * client's ISN, the epoch mod 2^48 and `agreed`, big-endian and without padding. The client's ISN
 * is covered, so that an old segment cannot open a connection at the wrong sequence number; the
 * epoch is in the key and in the input, so that the same five bits 32 epochs later fail. The top
 * byte is whitened, so that nobody can choose the epoch's bits: 29 bits are compared against each of
 * two epochs.
 *
 * docs/cookie.md has the essay, testdata/vectors the known answers.
 */
#pragma once

#include "packet.h"
#include "siphash.h"

/* A test's library has shorter ones, to see many of them in little time. */
#ifndef SCREEN_EPOCH_SECONDS
#define SCREEN_EPOCH_SECONDS 64
#endif

enum {
	SCREEN_MSS_MIN = 216, /* below it a SYN cannot be challenged */

	SCREEN_AGREED_TIMESTAMPS = 1 << 0,
	SCREEN_AGREED_SACK = 1 << 1,
	SCREEN_AGREED_ECN = 1 << 2,
	SCREEN_AGREED_SAFE_RESET = 1 << 3,
};

/* 16 key bytes as the two little-endian words of SipHash. Secret. */
struct screen_cookie_key {
	uint64_t k0, k1;
};

/* The two keys that can be in use in one zone. Secret. */
struct screen_zone_keys {
	struct screen_cookie_key current;  /* of the check epoch E */
	struct screen_cookie_key previous; /* of E - 1 */
};

/* Who talks to whom, client first. Addresses in wire order, IPv4 in the first four bytes. */
struct screen_tuple {
	uint8_t source[16];
	uint8_t destination[16];
	uint16_t sport, dport;
	uint8_t family; /* 4 or 6 */
};

/* What a challenge agreed to. */
struct screen_agreed {
	uint16_t mss;	       /* the client's, rounded down to the table */
	uint8_t client_wscale; /* SCREEN_WSCALE_NONE when scaling is not agreed */
	uint8_t our_wscale;    /* likewise; both or none */
	bool timestamps, sack, ecn;
};

struct screen_cookie {
	uint32_t isn;
	uint32_t tsval; /* 0 without timestamps */
};

enum screen_cookie_result {
	SCREEN_COOKIE_VALID,
	SCREEN_COOKIE_INVALID,
};

/* The MSS table, index 0-7. A switch, because BPF before 5.x has no read-only data in functions that
 * are called from several programs, and a compiler makes a table of it anyway. */
screen_inline uint16_t screen_cookie_mss(uint8_t family, uint32_t index)
{
	bool v4 = family == 4;

	switch (index & 7) {
	case 0: return SCREEN_MSS_MIN;
	case 1: return v4 ? 536 : 1220;
	case 2: return v4 ? 1200 : 1300;
	case 3: return v4 ? 1340 : 1360;
	case 4: return 1400;
	case 5: return v4 ? 1440 : 1420;
	case 6: return v4 ? 1460 : 1440;
	default: return v4 ? 8960 : 8940;
	}
}

/* The index of the largest entry not above mss, which is at least SCREEN_MSS_MIN. */
screen_inline uint32_t screen_cookie_mss_index(uint8_t family, uint16_t mss)
{
	for (uint32_t i = 7; i > 0; i--)
		if (screen_cookie_mss(family, i) <= mss)
			return i;
	return 0;
}

/* The two bytes `agreed` of the MAC input. */
screen_inline uint16_t screen_cookie_agreed(const struct screen_agreed *a)
{
	if (!a->timestamps)
		return 0;
	return (uint16_t)(SCREEN_AGREED_TIMESTAMPS | (a->sack ? SCREEN_AGREED_SACK : 0) |
			  (a->ecn ? SCREEN_AGREED_ECN : 0) | (a->client_wscale & 15) << 8 |
			  (a->our_wscale & 15) << 12);
}

/*
 * The MAC's input as little-endian words, 3 for IPv4 and 6 for IPv6; returns how many. The last one
 * alone holds the epoch and what was agreed.
 */
screen_inline uint32_t screen_cookie_words(const struct screen_tuple *t, uint32_t client_isn,
					   uint64_t epoch, uint16_t agreed, uint64_t words[6])
{
	uint64_t ports = (uint64_t)t->sport << 48 | (uint64_t)t->dport << 32 | client_isn;
	uint64_t tail = epoch << 16 | agreed;

	if (t->family == 4) {
		uint32_t source, destination;

		/* four bytes, as they were written: a wider load would wait for all that is there */
		memcpy(&source, t->source, 4);
		memcpy(&destination, t->destination, 4);
		words[0] = source | (uint64_t)destination << 32;
		words[1] = __builtin_bswap64(ports);
		words[2] = __builtin_bswap64(tail);
		return 3;
	}
	words[0] = screen_load_le64(t->source);
	words[1] = screen_load_le64(t->source + 8);
	words[2] = screen_load_le64(t->destination);
	words[3] = screen_load_le64(t->destination + 8);
	words[4] = __builtin_bswap64(ports);
	words[5] = __builtin_bswap64(tail);
	return 6;
}

screen_inline uint64_t screen_cookie_mac(const struct screen_cookie_key *key,
					 const struct screen_tuple *t, uint32_t client_isn,
					 uint64_t epoch, uint16_t agreed)
{
	uint64_t words[6];

	/* a constant count each: the verifier and the unroller want one */
	if (screen_cookie_words(t, client_isn, epoch, agreed, words) == 3)
		return screen_siphash_words(key->k0, key->k1, words, 3);
	return screen_siphash_words(key->k0, key->k1, words, 6);
}

/* The low ten bits of TSval. */
screen_inline uint32_t screen_cookie_tsval_bits(const struct screen_agreed *a)
{
	return (uint32_t)(a->our_wscale & 15) << 6 | (uint32_t)a->ecn << 5 |
	       (uint32_t)a->sack << 4 | (a->client_wscale & 15u);
}

/* The cookie that a MAC makes. a->mss is the client's MSS, at least SCREEN_MSS_MIN. */
screen_inline struct screen_cookie screen_cookie_of(uint64_t mac, uint64_t epoch, uint8_t family,
						    const struct screen_agreed *a)
{
	uint32_t top = (uint32_t)(epoch & 31) << 3 | screen_cookie_mss_index(family, a->mss);
	struct screen_cookie c;

	c.isn = (uint32_t)mac ^ top << 24;
	c.tsval = 0;
	if (a->timestamps)
		c.tsval = (uint32_t)(mac >> 42) << 10 | screen_cookie_tsval_bits(a);
	return c;
}

/* Mints the cookie of a SYN. */
screen_inline struct screen_cookie screen_cookie_mint(const struct screen_cookie_key *key,
						      uint64_t epoch, const struct screen_tuple *t,
						      uint32_t client_isn,
						      const struct screen_agreed *a)
{
	uint64_t mac = screen_cookie_mac(key, t, client_isn, epoch, screen_cookie_agreed(a));

	return screen_cookie_of(mac, epoch, t->family, a);
}

/* What a segment claims was agreed: the low bits of the TSval that it echoes say so. */
screen_inline void screen_cookie_claim(bool timestamps, uint32_t tsecr, struct screen_agreed *a)
{
	a->timestamps = timestamps;
	a->sack = false;
	a->ecn = false;
	a->client_wscale = SCREEN_WSCALE_NONE;
	a->our_wscale = SCREEN_WSCALE_NONE;
	if (!timestamps)
		return;
	a->client_wscale = tsecr & 15;
	a->our_wscale = tsecr >> 6 & 15;
	a->sack = tsecr >> 4 & 1;
	a->ecn = tsecr >> 5 & 1;
}

/* Which bits of a cookie are not those of the epoch: of the ISN in the low half, of the echoed TSval
 * above it. 0: the cookie is valid. No early exit on secret bits. */
screen_inline uint64_t screen_cookie_differs(uint64_t mac, uint64_t epoch, uint32_t isn,
					     uint32_t tsecr, bool timestamps)
{
	uint32_t whitened = (uint32_t)(epoch & 31) << 27;
	uint64_t difference = ((uint32_t)mac ^ isn ^ whitened) & 0xf8ffffff;

	if (timestamps)
		difference |= (mac >> 42 ^ tsecr >> 10) << 32;
	return difference;
}

/* The MSS that a valid cookie says. */
screen_inline uint16_t screen_cookie_read_mss(uint64_t mac, uint8_t family, uint32_t isn)
{
	return screen_cookie_mss(family, ((uint32_t)(mac >> 24) ^ isn >> 24) & 7);
}

/*
 * Checks the cookie of an ACK against epoch (E) and E - 1. seq and ack are the segment's; tsecr is
 * its echo when it carries timestamps. On SCREEN_COOKIE_VALID *a says what the challenge agreed to.
 */
screen_inline enum screen_cookie_result
screen_cookie_check(const struct screen_zone_keys *keys, uint64_t epoch,
		    const struct screen_tuple *t, uint32_t seq, uint32_t ack, bool timestamps,
		    uint32_t tsecr, struct screen_agreed *a)
{
	uint32_t isn = ack - 1;
	uint64_t mac, mac_before, now, before;
	uint16_t agreed;

	screen_cookie_claim(timestamps, tsecr, a);
	agreed = screen_cookie_agreed(a);
	mac = screen_cookie_mac(&keys->current, t, seq - 1, epoch, agreed);
	mac_before = screen_cookie_mac(&keys->previous, t, seq - 1, epoch - 1, agreed);
	now = screen_cookie_differs(mac, epoch, isn, tsecr, timestamps);
	before = screen_cookie_differs(mac_before, epoch - 1, isn, tsecr, timestamps);
	if (now && before)
		return SCREEN_COOKIE_INVALID;
	if (now)
		mac = mac_before;
	a->mss = screen_cookie_read_mss(mac, t->family, isn);
	return SCREEN_COOKIE_VALID;
}

/*
 * Safe-reset: the value that a challenge carries as a wrong acknowledgement number.
 * value = x << 31 | (epoch mod 2) << 30 | MAC mod 2^30, x so that value - client_isn is negative:
 * an acknowledgement above the ISN is invalid to the connection tracking of Linux clients.
 */
screen_inline uint32_t screen_cookie_safe_reset(const struct screen_cookie_key *key, uint64_t epoch,
						const struct screen_tuple *t, uint32_t client_isn)
{
	uint64_t mac = screen_cookie_mac(key, t, 0, epoch, SCREEN_AGREED_SAFE_RESET);
	uint32_t value = (uint32_t)(epoch & 1) << 30 | ((uint32_t)mac & 0x3fffffff);

	if ((int32_t)(value - client_isn) >= 0)
		value |= 1u << 31;
	return value;
}

/* Checks the sequence number of the RST that answers a safe-reset challenge. */
screen_inline enum screen_cookie_result
screen_cookie_check_safe_reset(const struct screen_zone_keys *keys, uint64_t epoch,
			       const struct screen_tuple *t, uint32_t seq)
{
	uint64_t mac = screen_cookie_mac(&keys->current, t, 0, epoch, SCREEN_AGREED_SAFE_RESET);
	uint64_t before = screen_cookie_mac(&keys->previous, t, 0, epoch - 1,
					    SCREEN_AGREED_SAFE_RESET);
	uint32_t a = ((uint32_t)(epoch & 1) << 30 | ((uint32_t)mac & 0x3fffffff)) ^
		     (seq & 0x7fffffff);
	uint32_t b = ((uint32_t)((epoch - 1) & 1) << 30 | ((uint32_t)before & 0x3fffffff)) ^
		     (seq & 0x7fffffff);

	return a && b ? SCREEN_COOKIE_INVALID : SCREEN_COOKIE_VALID;
}

#ifndef __bpf__
/* The tuple of a packet, whose source is the client. */
static inline void screen_tuple_of(const uint8_t *data, const struct screen_packet *p,
				   struct screen_tuple *t)
{
	const uint8_t *ip = data + p->l3;

	memset(t, 0, sizeof(*t));
	if (p->family == 4) {
		memcpy(t->source, ip + 12, 4);
		memcpy(t->destination, ip + 16, 4);
	} else {
		memcpy(t->source, ip + 8, 16);
		memcpy(t->destination, ip + 24, 16);
	}
	t->sport = p->sport;
	t->dport = p->dport;
	t->family = p->family;
}
#endif
