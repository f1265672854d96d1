/*
 * A challenge: what it agrees to, and how it and other segments without payload are written. For the host
 * and for BPF.
 */
#pragma once

#include "checksum.h"
#include "cookie.h"
#include "policy.h"

enum {
	/* The challenge's window: 20 full segments, not scaled (RFC 7323 section 2.2), so more than a
	 * client's initial window of 10 (RFC 6928) and less than any server's that we know of. */
	SCREEN_CHALLENGE_WINDOW = 29200,
	SCREEN_REPLY_TTL = 64,
};

/* A TCP segment without payload, to be written. */
struct screen_segment {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint8_t options_length; /* a multiple of 4 */
	uint8_t options[SCREEN_OPTIONS_MAX];
};

/* Who a segment is from and to, as its headers say it: addresses of 4 or 16 bytes, source first. */
struct screen_ends {
	uint8_t addresses[32];
	uint16_t sport, dport;
	uint8_t family; /* 4 or 6 */
};

/* What the challenge offers: never an option that the client did not offer, and window scale, SACK
 * and ECN only with timestamps, without which they could not be recovered. */
screen_inline void screen_agree(uint8_t family, uint8_t tcp_flags, const struct screen_options *o,
				const struct screen_server_profile *server, struct screen_agreed *a)
{
	const uint8_t ecn = SCREEN_TCP_ECE | SCREEN_TCP_CWR;

	a->mss = screen_options_mss(o, family);
	a->client_wscale = a->our_wscale = SCREEN_WSCALE_NONE;
	a->timestamps = (o->flags & SCREEN_HAS_TIMESTAMPS) && (server->has & SCREEN_SERVER_TIMESTAMPS);
	a->sack = a->timestamps && (o->flags & SCREEN_HAS_SACK_OK) && (server->has & SCREEN_SERVER_SACK);
	a->ecn = a->timestamps && (tcp_flags & ecn) == ecn && (server->has & SCREEN_SERVER_ECN);
	if (a->timestamps && (o->flags & SCREEN_HAS_WSCALE) && (server->has & SCREEN_SERVER_WSCALE)) {
		a->client_wscale = o->wscale;
		a->our_wscale = server->wscale;
	}
}

/* ---- options ------------------------------------------------------------------------------- */

/* Options are whole words, and so is all that is written here: what has just been written in one size is
 * slow to read in another. */
screen_inline uint8_t *screen_put_word(uint8_t *o, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	screen_store_be32(o, a << 24 | b << 16 | c << 8 | d);
	return o + 4;
}

screen_inline uint8_t *screen_put_timestamps(uint8_t *o, bool sack, uint32_t tsval, uint32_t tsecr)
{
	o = screen_put_word(o, sack ? SCREEN_OPTION_SACK_OK : SCREEN_OPTION_NOP,
			    sack ? 2 : SCREEN_OPTION_NOP, SCREEN_OPTION_TIMESTAMPS, 10);
	screen_store_be32(o, tsval);
	screen_store_be32(o + 4, tsecr);
	return o + 8;
}

/* The options of a SYN or SYN-ACK in Linux's order, padded: MSS when mss is not 0, then what `a` has
 * agreed. wscale is the sender's own. Returns their length. */
screen_inline uint8_t screen_put_options(uint8_t options[SCREEN_OPTIONS_MAX], uint16_t mss,
					 const struct screen_agreed *a, uint8_t wscale, uint32_t tsval,
					 uint32_t tsecr)
{
	uint8_t *o = options;

	if (mss)
		o = screen_put_word(o, SCREEN_OPTION_MSS, 4, mss >> 8, mss & 0xff);
	if (a->timestamps)
		o = screen_put_timestamps(o, a->sack, tsval, tsecr);
	if (a->timestamps && wscale != SCREEN_WSCALE_NONE)
		o = screen_put_word(o, SCREEN_OPTION_NOP, SCREEN_OPTION_WSCALE, 3, wscale);
	return (uint8_t)(o - options);
}

/* ---- headers ------------------------------------------------------------------------------- */

/* Writes a big-endian word, and returns its part of a checksum. */
screen_inline uint64_t screen_write_word(uint8_t *to, uint32_t word)
{
	screen_store_be32(to, word);
	return __builtin_bswap32(word);
}

screen_inline uint32_t screen_addresses_size(uint8_t family)
{
	return family == 4 ? 8 : 32;
}

/* A plain IP header at `ip`. length: of what follows. False: it does not fit. */
screen_inline bool screen_write_ip(uint8_t *ip, const uint8_t *end, const struct screen_ends *e,
				   uint32_t tos_and_label, uint8_t ttl, uint32_t length)
{
	uint64_t sum;

	if (e->family == 4) {
		if (!screen_fits(ip, 20, end))
			return false;
		memcpy(ip + 12, e->addresses, 8);
		sum = screen_sum(e->addresses, 8, 0);
		sum += screen_write_word(ip, 0x45u << 24 | (tos_and_label >> 20 & 0xff) << 16 | (20 + length));
		sum += screen_write_word(ip + 4, 0x00004000); /* ID 0 (RFC 6864), DF */
		sum += screen_write_word(ip + 8, (uint32_t)ttl << 24 | SCREEN_PROTO_TCP << 16);
		screen_store_16(ip + 10, (uint16_t)~screen_fold(sum));
		return true;
	}
	if (!screen_fits(ip, 40, end))
		return false;
	(void)screen_write_word(ip, 6u << 28 | (tos_and_label & 0x0fffffff));
	(void)screen_write_word(ip + 4, length << 16 | SCREEN_PROTO_TCP << 8 | ttl);
	memcpy(ip + 8, e->addresses, 32);
	return true;
}

/* Options, a multiple of four bytes, and their part of a checksum. False: they do not fit. */
screen_inline bool screen_write_options(uint8_t *to, const uint8_t *end, const uint8_t *options,
					uint32_t length, uint64_t *sum)
{
	for (uint32_t i = 0; i < SCREEN_OPTIONS_MAX && i < length; i += 4) {
		if (!screen_fits(to, 4 + i, end))
			return false;
		*sum += screen_write_word(to + i, screen_load_be32(options + i));
	}
	return true;
}

/* The TCP header at `tcp` and its checksum. False: it does not fit. */
screen_inline bool screen_write_tcp(uint8_t *tcp, const uint8_t *end, const struct screen_ends *e,
				    const struct screen_segment *s)
{
	uint32_t length = 20u + s->options_length;
	uint64_t sum = __builtin_bswap32(length) + ((uint64_t)SCREEN_PROTO_TCP << 8);

	if (!screen_fits(tcp, 20, end))
		return false;
	sum = e->family == 4 ? screen_sum(e->addresses, 8, sum) : screen_sum(e->addresses, 32, sum);
	sum += screen_write_word(tcp, (uint32_t)e->sport << 16 | e->dport);
	sum += screen_write_word(tcp + 4, s->seq);
	sum += screen_write_word(tcp + 8, s->ack);
	sum += screen_write_word(tcp + 12, length / 4 << 28 | (uint32_t)s->flags << 16 | s->window);
	/* nearly always, and then no loop */
	if (!(s->options_length == SCREEN_OPTIONS_LINUX ?
		      screen_write_options(tcp + 20, end, s->options, SCREEN_OPTIONS_LINUX, &sum) :
		      screen_write_options(tcp + 20, end, s->options, s->options_length, &sum)))
		return false;
	screen_store_16(tcp + 16, (uint16_t)~screen_fold(sum));
	screen_store_16(tcp + 18, 0);
	return true;
}

/* The addresses at `from`, source first, the other way round. */
screen_inline void screen_turn_addresses(uint8_t to[32], const uint8_t *from, uint8_t family)
{
	if (family == 4) {
		memcpy(to, from + 4, 4);
		memcpy(to + 4, from, 4);
		return;
	}
	memcpy(to, from + 16, 16);
	memcpy(to + 16, from, 16);
}

screen_inline void screen_turn_ethernet(uint8_t *data)
{
	uint8_t mac[6];

	memcpy(mac, data, 6);
	memcpy(data, data + 6, 6);
	memcpy(data + 6, mac, 6);
}

/* ---- the challenge -------------------------------------------------------------------------- */

/* The segment that answers a SYN of number `seq` in the server's place. options are the SYN's. */
screen_inline void screen_challenge_segment(struct screen_segment *s, uint32_t seq,
					    const struct screen_options *options,
					    const struct screen_agreed *a,
					    const struct screen_server_profile *server,
					    struct screen_cookie cookie)
{
	s->seq = cookie.isn;
	s->ack = seq + 1; /* never data that came with the SYN */
	s->flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK;
	if (a->ecn)
		s->flags |= SCREEN_TCP_ECE; /* RFC 3168 section 6.1.1 */
	s->window = SCREEN_CHALLENGE_WINDOW;
	/* never more than the server will take: it must be able to hold the first flight */
	if (server->window && server->window < s->window)
		s->window = server->window;
	s->options_length = screen_put_options(s->options,
					       options->flags & SCREEN_HAS_MSS ? server->mss : 0, a,
					       a->our_wscale, cookie.tsval, options->tsval);
}
