#include "reply.h"

#include "checksum.h"

static uint8_t *put_mss(uint8_t *o, uint16_t mss)
{
	o[0] = SCREEN_OPTION_MSS;
	o[1] = 4;
	screen_store_be16(o + 2, mss);
	return o + 4;
}

static uint8_t *put_timestamps(uint8_t *o, uint32_t tsval, uint32_t tsecr)
{
	o[0] = SCREEN_OPTION_TIMESTAMPS;
	o[1] = 10;
	screen_store_be32(o + 2, tsval);
	screen_store_be32(o + 6, tsecr);
	return o + 10;
}

static uint8_t *put_nops(uint8_t *o, int count)
{
	while (count--)
		*o++ = SCREEN_OPTION_NOP;
	return o;
}

uint8_t screen_reply_options(uint8_t options[SCREEN_OPTIONS_MAX], uint16_t mss,
			     const struct screen_agreed *a, uint8_t wscale, uint32_t tsval,
			     uint32_t tsecr)
{
	uint8_t *o = options;

	if (mss)
		o = put_mss(o, mss);
	if (a->timestamps) {
		if (a->sack) {
			o[0] = SCREEN_OPTION_SACK_OK;
			o[1] = 2;
			o += 2;
		} else {
			o = put_nops(o, 2);
		}
		o = put_timestamps(o, tsval, tsecr);
	}
	if (a->timestamps && wscale != SCREEN_WSCALE_NONE) {
		o = put_nops(o, 1);
		o[0] = SCREEN_OPTION_WSCALE;
		o[1] = 3;
		o[2] = wscale;
		o += 3;
	}
	return (uint8_t)(o - options);
}

uint8_t screen_reply_timestamps(uint8_t options[SCREEN_OPTIONS_MAX], uint32_t tsval,
				uint32_t tsecr)
{
	return (uint8_t)(put_timestamps(put_nops(options, 2), tsval, tsecr) - options);
}

/* The TCP header at q->l4 and both checksums; the addresses are in place. */
static uint32_t write_tcp(uint8_t *data, struct screen_packet *q, const struct screen_segment *s)
{
	uint8_t *tcp = data + q->l4;

	q->end = (uint16_t)(q->l4 + 20 + s->options_length);
	q->protocol = SCREEN_PROTO_TCP;
	screen_store_be16(tcp, q->sport);
	screen_store_be16(tcp + 2, q->dport);
	screen_store_be32(tcp + 4, s->seq);
	screen_store_be32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)((20 + s->options_length) / 4 << 4);
	tcp[13] = s->flags;
	screen_store_be16(tcp + 14, s->window);
	screen_store_16(tcp + 18, 0);
	memcpy(tcp + 20, s->options, s->options_length);
	screen_checksum_write_tcp(data, q);
	return q->end;
}

/* A plain IP header at q->l3; source and destination are 4 or 16 bytes each, not inside it. */
static void write_ip(uint8_t *data, struct screen_packet *q, const uint8_t *addresses,
		     uint32_t tos_and_label, uint8_t ttl, uint8_t options_length)
{
	uint8_t *ip = data + q->l3;
	uint16_t length = (uint16_t)(20 + options_length);

	if (q->family == 4) {
		q->l4 = (uint16_t)(q->l3 + 20);
		ip[0] = 0x45;
		ip[1] = (uint8_t)(tos_and_label >> 20);
		screen_store_be16(ip + 2, (uint16_t)(20 + length));
		screen_store_be32(ip + 4, 0x00004000); /* ID 0 (RFC 6864), DF */
		ip[8] = ttl;
		ip[9] = SCREEN_PROTO_TCP;
		memcpy(ip + 12, addresses, 8);
		screen_checksum_write_ipv4(ip);
		return;
	}
	q->l4 = (uint16_t)(q->l3 + 40);
	screen_store_be32(ip, 6u << 28 | (tos_and_label & 0x0fffffff));
	screen_store_be16(ip + 4, length);
	ip[6] = SCREEN_PROTO_TCP;
	ip[7] = ttl;
	memcpy(ip + 8, addresses, 32);
}

uint32_t screen_reply_write(uint8_t *data, const struct screen_packet *p,
			    const struct screen_segment *segment)
{
	uint32_t size = p->family == 4 ? 4 : 16, at = p->family == 4 ? 12 : 8;
	struct screen_packet q = *p;
	uint8_t addresses[32], mac[6];

	memcpy(mac, data, 6);
	memcpy(data, data + 6, 6);
	memcpy(data + 6, mac, 6);
	memcpy(addresses, data + p->l3 + at + size, size);
	memcpy(addresses + size, data + p->l3 + at, size);
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
	uint32_t size = p->family == 4 ? 4 : 16;
	const uint8_t *from = data + about->l3 + (p->family == 4 ? 12 : 8);
	struct screen_packet q = *p;
	uint8_t addresses[32];

	memcpy(addresses, from + size, size);
	memcpy(addresses + size, from, size);
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
