#include "reply.h"

#include "checksum.h"

/* Options are whole words, and so is all that is written here: what has just been written in one size is
 * slow to read in another. */
static uint8_t *put_word(uint8_t *o, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	screen_store_be32(o, a << 24 | b << 16 | c << 8 | d);
	return o + 4;
}

static uint8_t *put_timestamps(uint8_t *o, bool sack, uint32_t tsval, uint32_t tsecr)
{
	o = put_word(o, sack ? SCREEN_OPTION_SACK_OK : SCREEN_OPTION_NOP,
		     sack ? 2 : SCREEN_OPTION_NOP, SCREEN_OPTION_TIMESTAMPS, 10);
	screen_store_be32(o, tsval);
	screen_store_be32(o + 4, tsecr);
	return o + 8;
}

uint8_t screen_reply_options(uint8_t options[SCREEN_OPTIONS_MAX], uint16_t mss,
			     const struct screen_agreed *a, uint8_t wscale, uint32_t tsval,
			     uint32_t tsecr)
{
	uint8_t *o = options;

	if (mss)
		o = put_word(o, SCREEN_OPTION_MSS, 4, mss >> 8, mss & 0xff);
	if (a->timestamps)
		o = put_timestamps(o, a->sack, tsval, tsecr);
	if (a->timestamps && wscale != SCREEN_WSCALE_NONE)
		o = put_word(o, SCREEN_OPTION_NOP, SCREEN_OPTION_WSCALE, 3, wscale);
	return (uint8_t)(o - options);
}

uint8_t screen_reply_timestamps(uint8_t options[SCREEN_OPTIONS_MAX], uint32_t tsval,
				uint32_t tsecr)
{
	return (uint8_t)(put_timestamps(options, false, tsval, tsecr) - options);
}

/* Writes a big-endian word, and returns its part of a checksum. */
static uint64_t write_word(uint8_t *to, uint32_t word)
{
	screen_store_be32(to, word);
	return __builtin_bswap32(word);
}

/* The TCP header at q->l4 and its checksum; the addresses are in place. */
static uint32_t write_tcp(uint8_t *data, struct screen_packet *q, const struct screen_segment *s)
{
	uint8_t *tcp = data + q->l4;
	uint32_t length = 20u + s->options_length;
	uint64_t sum;

	q->end = (uint16_t)(q->l4 + length);
	q->protocol = SCREEN_PROTO_TCP;
	sum = screen_sum_pseudo(data, q);
	sum += write_word(tcp, (uint32_t)q->sport << 16 | q->dport);
	sum += write_word(tcp + 4, s->seq);
	sum += write_word(tcp + 8, s->ack);
	sum += write_word(tcp + 12, length / 4 << 28 | (uint32_t)s->flags << 16 | s->window);
	for (uint32_t i = 0; i < s->options_length; i += 4)
		sum += write_word(tcp + 20 + i, screen_load_be32(s->options + i));
	screen_store_16(tcp + 16, (uint16_t)~screen_fold(sum));
	screen_store_16(tcp + 18, 0);
	return q->end;
}

/* A plain IP header at q->l3; source and destination are 4 or 16 bytes each, not inside it. */
static void write_ip(uint8_t *data, struct screen_packet *q, const uint8_t *addresses,
		     uint32_t tos_and_label, uint8_t ttl, uint8_t options_length)
{
	uint8_t *ip = data + q->l3;
	uint32_t length = 20u + options_length;
	uint64_t sum;

	if (q->family == 4) {
		q->l4 = (uint16_t)(q->l3 + 20);
		memcpy(ip + 12, addresses, 8);
		sum = screen_sum(addresses, 8, 0);
		sum += write_word(ip, 0x45u << 24 | (tos_and_label >> 20 & 0xff) << 16 | (20 + length));
		sum += write_word(ip + 4, 0x00004000); /* ID 0 (RFC 6864), DF */
		sum += write_word(ip + 8, (uint32_t)ttl << 24 | SCREEN_PROTO_TCP << 16);
		screen_store_16(ip + 10, (uint16_t)~screen_fold(sum));
		return;
	}
	q->l4 = (uint16_t)(q->l3 + 40);
	(void)write_word(ip, 6u << 28 | (tos_and_label & 0x0fffffff));
	(void)write_word(ip + 4, length << 16 | SCREEN_PROTO_TCP << 8 | ttl);
	memcpy(ip + 8, addresses, 32);
}

/* The addresses at `from`, source first, the other way round. */
static void turn_addresses(uint8_t to[32], const uint8_t *from, uint8_t family)
{
	if (family == 4) {
		memcpy(to, from + 4, 4);
		memcpy(to + 4, from, 4);
		return;
	}
	memcpy(to, from + 16, 16);
	memcpy(to + 16, from, 16);
}

uint32_t screen_reply_write(uint8_t *data, const struct screen_packet *p,
			    const struct screen_segment *segment)
{
	struct screen_packet q = *p;
	uint8_t addresses[32], mac[6];

	memcpy(mac, data, 6);
	memcpy(data, data + 6, 6);
	memcpy(data + 6, mac, 6);
	turn_addresses(addresses, data + p->l3 + (p->family == 4 ? 12 : 8), p->family);
	q.sport = p->dport;
	q.dport = p->sport;
	write_ip(data, &q, addresses, 0, SCREEN_REPLY_TTL, segment->options_length);
	return write_tcp(data, &q, segment);
}

uint32_t screen_reply_onward(uint8_t *to, const uint8_t *data, const struct screen_packet *p,
			     const struct screen_segment *segment)
{
	const uint8_t *ip = data + p->l3;
	struct screen_packet q = *p;
	bool v4 = p->family == 4;
	uint32_t class = v4 ? (uint32_t)ip[1] << 20 : screen_load_be32(ip) & 0x0fffffff;

	/* A SYN is not ECN-capable itself (RFC 3168 section 6.1.1). */
	class &= ~(3u << 20);
	memcpy(to, data, p->l3);
	write_ip(to, &q, v4 ? ip + 12 : ip + 8, class, v4 ? ip[8] : ip[7],
		 segment->options_length);
	return write_tcp(to, &q, segment);
}

uint32_t screen_reply_challenge(uint8_t *data, const struct screen_packet *p,
				const struct screen_options *options,
				const struct screen_agreed *a,
				const struct screen_server_profile *server,
				struct screen_cookie cookie)
{
	uint16_t mss = server->mss;
	struct screen_segment s = {
		.seq = cookie.isn,
		.ack = p->seq + 1, /* never data that came with the SYN */
		.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK,
		.window = SCREEN_CHALLENGE_WINDOW,
	};

	/* never more than the server will take: it must be able to hold the first flight */
	if (server->window && server->window < s.window)
		s.window = server->window;
	if (a->ecn)
		s.flags |= SCREEN_TCP_ECE; /* RFC 3168 section 6.1.1 */
	if (!(options->flags & SCREEN_HAS_MSS))
		mss = 0;
	s.options_length = screen_reply_options(s.options, mss, a, a->our_wscale, cookie.tsval,
						options->tsval);
	return screen_reply_write(data, p, &s);
}

uint32_t screen_reply_safe_reset(uint8_t *data, const struct screen_packet *p, uint32_t ack)
{
	const struct screen_segment s = {
		.seq = ~ack, /* nobody reads it */
		.ack = ack,
		/* no SYN: connection tracking would take its number for the server's, and throw
		 * half of the servers' own SYN-ACKs away as too old */
		.flags = SCREEN_TCP_ACK,
		.window = SCREEN_CHALLENGE_WINDOW,
	};

	return screen_reply_write(data, p, &s);
}

uint32_t screen_reply_unreachable(uint8_t *data, const struct screen_packet *p,
				  const struct screen_packet *about, uint32_t seq, uint32_t ack)
{
	const struct screen_segment s = {
		.seq = seq,
		.ack = ack,
		.flags = SCREEN_TCP_RST | SCREEN_TCP_ACK,
	};
	struct screen_packet q = *p;
	uint8_t addresses[32];

	turn_addresses(addresses, data + about->l3 + (p->family == 4 ? 12 : 8), p->family);
	q.sport = about->dport;
	q.dport = about->sport;
	write_ip(data, &q, addresses, 0, SCREEN_REPLY_TTL, 0);
	return write_tcp(data, &q, &s);
}

uint32_t screen_reply_reset(uint8_t *data, const struct screen_packet *p, uint32_t seq,
			    uint32_t ack, bool with_ack)
{
	struct screen_segment s = {
		.seq = seq,
		.ack = with_ack ? ack : 0,
		.flags = (uint8_t)(SCREEN_TCP_RST | (with_ack ? SCREEN_TCP_ACK : 0)),
	};

	return screen_reply_write(data, p, &s);
}
