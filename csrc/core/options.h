/*
 * TCP options: the walk (RFC 9293 section 3.1, RFC 7323, RFC 2018) and what it found.
 *
 * The walk never reads past the options and takes at most 40 steps. Under BPF it goes over a copy of
 * the options in a buffer of 64 bytes and at fixed positions: a walk over packet pointers at
 * computed ones costs the verifier more than the million instructions that it grants.
 */
#pragma once

#include "compat.h"

enum {
	SCREEN_OPTIONS_MAX = 40, /* bytes: doff is 15 at most */
	SCREEN_OPTIONS_LINUX = 20, /* of its SYNs, and of what answers them */

	SCREEN_OPTION_END = 0,
	SCREEN_OPTION_NOP = 1,
	SCREEN_OPTION_MSS = 2,
	SCREEN_OPTION_WSCALE = 3,
	SCREEN_OPTION_SACK_OK = 4,
	SCREEN_OPTION_SACK = 5,
	SCREEN_OPTION_TIMESTAMPS = 8,
	SCREEN_OPTION_MD5 = 19,
	SCREEN_OPTION_AO = 29,

	SCREEN_MSS_DEFAULT_IPV4 = 536, /* RFC 9293 section 3.7.1 */
	SCREEN_MSS_DEFAULT_IPV6 = 1220,
	SCREEN_WSCALE_MAX = 14,	 /* RFC 7323 section 2.3 */
	SCREEN_WSCALE_NONE = 15, /* scaling is not offered; 0 is an offer */
};

enum screen_option_flag {
	SCREEN_HAS_MSS = 1 << 0,
	SCREEN_HAS_WSCALE = 1 << 1,
	SCREEN_HAS_SACK_OK = 1 << 2,
	SCREEN_HAS_TIMESTAMPS = 1 << 3,
	SCREEN_HAS_SIGNATURE = 1 << 4, /* TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925) */
	SCREEN_HAS_SACK = 1 << 5,
	SCREEN_HAS_ECN = 1 << 6, /* not an option: agreed by the flags of SYN and SYN-ACK */
};

struct screen_options {
	uint32_t tsval, tsecr;
	uint16_t mss;
	uint8_t wscale;	    /* 0-14; SCREEN_WSCALE_NONE when absent */
	uint8_t flags;	    /* enum screen_option_flag */
	uint8_t timestamps; /* offset of the timestamps option from the first option byte */
	uint8_t sack;	    /* offset of the SACK option, likewise */
	uint8_t sack_length;/* its length byte: 2 + 8 a block */
	uint8_t reserved;
};

/* What the options of a SYN or SYN-ACK say of MSS (RFC 9293 section 3.7.1). */
screen_inline uint16_t screen_options_mss(const struct screen_options *o, uint8_t family)
{
	if (o->flags & SCREEN_HAS_MSS)
		return o->mss;
	return family == 4 ? SCREEN_MSS_DEFAULT_IPV4 : SCREEN_MSS_DEFAULT_IPV6;
}

/* One option of a length that is right for its kind; others are skipped. */
screen_inline void screen_options_take(const uint8_t *bytes, uint32_t at, uint32_t kind,
				       uint32_t length, struct screen_options *o)
{
	const uint8_t *body = bytes + at + 2;

	switch (kind) {
	case SCREEN_OPTION_MSS:
		if (length == 4) {
			o->mss = screen_load_be16(body);
			o->flags |= SCREEN_HAS_MSS;
		}
		break;
	case SCREEN_OPTION_WSCALE:
		if (length == 3) {
			/* RFC 7323 section 2.3: more than 14 is used as 14 */
			o->wscale = body[0] > SCREEN_WSCALE_MAX ? SCREEN_WSCALE_MAX : body[0];
			o->flags |= SCREEN_HAS_WSCALE;
		}
		break;
	case SCREEN_OPTION_SACK_OK:
		if (length == 2)
			o->flags |= SCREEN_HAS_SACK_OK;
		break;
	case SCREEN_OPTION_SACK:
		if (length >= 10 && (length - 2) % 8 == 0) {
			o->sack = (uint8_t)at;
			o->sack_length = (uint8_t)length;
			o->flags |= SCREEN_HAS_SACK;
		}
		break;
	case SCREEN_OPTION_TIMESTAMPS:
		if (length == 10) {
			o->tsval = screen_load_be32(body);
			o->tsecr = screen_load_be32(body + 4);
			o->timestamps = (uint8_t)at;
			o->flags |= SCREEN_HAS_TIMESTAMPS;
		}
		break;
	case SCREEN_OPTION_MD5:
	case SCREEN_OPTION_AO:
		o->flags |= SCREEN_HAS_SIGNATURE;
		break;
	default:
		break;
	}
}

/* Where the walk looks after `at`. BPF looks at every position, so that each is a constant to the
 * verifier, and skips those where no option begins; the host goes straight to the next option. */
screen_inline uint32_t screen_options_step(uint32_t at, uint32_t next)
{
#ifdef __bpf__
	(void)next;
	return at + 1;
#else
	(void)at;
	return next;
#endif
}

/* A number below 256 of which the verifier shall know nothing more: it would look at the rest of the walk
 * again for each value. What comes out of memory it does not know. */
screen_inline uint32_t screen_options_forget(struct screen_options *o, uint32_t n)
{
#ifdef __bpf__
	*(volatile uint8_t *)&o->reserved = (uint8_t)n;
	n = *(volatile uint8_t *)&o->reserved;
#else
	(void)o;
#endif
	return n;
}

/*
 * Walks length (at most 40) bytes of options at bytes. A malformed option ends the walk: what
 * stood before it counts, as in Linux's tcp_parse_options().
 */
screen_inline void screen_options_walk(const uint8_t *bytes, uint32_t length,
				       struct screen_options *o)
{
	uint32_t next = 0;

	o->flags = 0;
	o->mss = 0;
	o->wscale = SCREEN_WSCALE_NONE;
	o->tsval = 0;
	o->tsecr = 0;
	if (length > SCREEN_OPTIONS_MAX)
		length = SCREEN_OPTIONS_MAX;
	for (uint32_t at = 0; at < SCREEN_OPTIONS_MAX; at = screen_options_step(at, next)) {
		uint32_t kind, size;

		if (at != next)
			continue;
		length = screen_options_forget(o, length);
		if (at >= length)
			return;
		kind = bytes[at];
		if (kind == SCREEN_OPTION_END)
			return;
		if (kind == SCREEN_OPTION_NOP) {
			next = screen_options_forget(o, at + 1);
			continue;
		}
		if (at + 2 > length)
			return;
		size = bytes[at + 1];
		if (size < 2 || at + size > length)
			return;
		screen_options_take(bytes, at, kind, size, o);
		next = screen_options_forget(o, at + size);
	}
}
