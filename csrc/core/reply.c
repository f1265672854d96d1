#include "reply.h"

#include "checksum.h"

uint8_t screen_reply_timestamps(uint8_t options[SCREEN_OPTIONS_MAX], uint32_t tsval,
				uint32_t tsecr)
{
	return (uint8_t)(screen_put_timestamps(options, false, tsval, tsecr) - options);
}

/* Writes the segment behind whatever is before l3. Returns where it ends. */
static uint32_t write_at(uint8_t *data, uint32_t l3, const struct screen_ends *e, uint32_t tos_and_label,
			 uint8_t ttl, const struct screen_segment *s)
{
	uint32_t l4 = l3 + (e->family == 4 ? 20 : 40);

	(void)screen_write_ip(data + l3, NULL, e, tos_and_label, ttl, 20u + s->options_length);
	(void)screen_write_tcp(data + l4, NULL, e, s);
	return l4 + 20u + s->options_length;
}

static const uint8_t *addresses_of(const uint8_t *data, const struct screen_packet *p)
{
	return data + p->l3 + (p->family == 4 ? 12 : 8);
}

/* The ends of the segment that answers the one with these addresses. */
static void turn(struct screen_ends *e, const uint8_t *addresses, const struct screen_packet *p)
{
	e->family = p->family;
	e->sport = p->dport;
	e->dport = p->sport;
	screen_turn_addresses(e->addresses, addresses, p->family);
}

uint32_t screen_reply_write(uint8_t *data, const struct screen_packet *p,
			    const struct screen_segment *segment)
{
	struct screen_ends e;

	screen_turn_ethernet(data);
	turn(&e, addresses_of(data, p), p);
	return write_at(data, p->l3, &e, 0, SCREEN_REPLY_TTL, segment);
}

uint32_t screen_reply_onward(uint8_t *to, const uint8_t *data, const struct screen_packet *p,
			     const struct screen_segment *segment)
{
	struct screen_ends e = { .family = p->family, .sport = p->sport, .dport = p->dport };
	const uint8_t *ip = data + p->l3;
	bool v4 = p->family == 4;
	uint32_t class = v4 ? (uint32_t)ip[1] << 20 : screen_load_be32(ip) & 0x0fffffff;

	/* A SYN is not ECN-capable itself (RFC 3168 section 6.1.1). */
	class &= ~(3u << 20);
	memcpy(e.addresses, addresses_of(data, p), screen_addresses_size(p->family));
	memcpy(to, data, p->l3);
	return write_at(to, p->l3, &e, class, v4 ? ip[8] : ip[7], segment);
}

uint32_t screen_reply_challenge(uint8_t *data, const struct screen_packet *p,
				const struct screen_options *options,
				const struct screen_agreed *a,
				const struct screen_server_profile *server,
				struct screen_cookie cookie)
{
	struct screen_segment s;

	screen_challenge_segment(&s, p->seq, options, a, server, cookie);
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
	struct screen_packet q = *about;
	struct screen_ends e;

	q.family = p->family;
	turn(&e, data + about->l3 + (p->family == 4 ? 12 : 8), &q);
	return write_at(data, p->l3, &e, 0, SCREEN_REPLY_TTL, &s);
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
