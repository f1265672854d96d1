#include "splice.h"

#include "checksum.h"
#include "stamp.h"

static struct screen_agreed agreed_of(const struct screen_flow *f)
{
	return (struct screen_agreed){
		.mss = f->mss,
		.client_wscale = f->client_wscale,
		.our_wscale = f->our_wscale,
		.timestamps = f->agreed & SCREEN_AGREED_TIMESTAMPS,
		.sack = f->agreed & SCREEN_AGREED_SACK,
		.ecn = f->agreed & SCREEN_AGREED_ECN,
	};
}

static uint32_t shift_of(uint8_t wscale)
{
	return wscale == SCREEN_WSCALE_NONE ? 0 : wscale;
}

uint16_t screen_splice_window(uint16_t window, uint8_t from, uint8_t to)
{
	uint32_t bytes = (uint32_t)window << shift_of(from);
	uint32_t field = bytes >> shift_of(to);

	if (field == 0 && window)
		return 1;
	return field > 0xffff ? 0xffff : (uint16_t)field;
}

void screen_splice_begin(struct screen_flow *f, const struct screen_packet *p,
			 const struct screen_options *o, const struct screen_agreed *a)
{
	f->client_isn = p->seq - 1;
	f->cookie_isn = p->ack - 1;
	f->client_window = p->window;
	f->mss = a->mss;
	f->client_wscale = a->client_wscale;
	f->our_wscale = a->our_wscale;
	f->agreed = (uint8_t)screen_cookie_agreed(a);
	f->client_tsval = o->tsval;
	f->ts_delta = o->tsecr;
	atomic_store_explicit(&f->side[0].ack, p->ack, memory_order_relaxed);
}

uint8_t screen_splice_offered(const struct screen_flow *f)
{
	uint8_t offered = SCREEN_HAS_MSS;

	if (f->agreed & SCREEN_AGREED_TIMESTAMPS)
		offered |= SCREEN_HAS_TIMESTAMPS;
	if (f->agreed & SCREEN_AGREED_SACK)
		offered |= SCREEN_HAS_SACK_OK;
	if (f->agreed & SCREEN_AGREED_ECN)
		offered |= SCREEN_HAS_ECN;
	if (f->client_wscale != SCREEN_WSCALE_NONE)
		offered |= SCREEN_HAS_WSCALE;
	return offered;
}

/* What the server may send: what the client takes. Unless it is known to have a clock, its segments may
 * have to be stamped: then no more than it takes itself, because its link carries no more, and less what
 * a stamp needs. */
static uint16_t mss_to_server(const struct screen_flow *f, const struct screen_server_profile *server)
{
	if (!(f->agreed & SCREEN_AGREED_TIMESTAMPS) ||
	    (server->known & server->has & SCREEN_SERVER_TIMESTAMPS))
		return f->mss;
	return (f->mss < server->mss ? f->mss : server->mss) - SCREEN_STAMP_SIZE;
}

uint32_t screen_splice_syn(const struct screen_flow *f, uint8_t *to, const uint8_t *data,
			   const struct screen_packet *p,
			   const struct screen_server_profile *server)
{
	struct screen_agreed a = agreed_of(f);
	struct screen_segment s = {
		.seq = f->client_isn,
		.flags = SCREEN_TCP_SYN,
		/* windows on SYNs are never scaled (RFC 7323 section 2.2) */
		.window = screen_splice_window(f->client_window, f->client_wscale,
					       SCREEN_WSCALE_NONE),
	};

	if (a.ecn)
		s.flags |= SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	s.options_length = screen_put_options(s.options, mss_to_server(f, server), &a,
						f->client_wscale, f->client_tsval, 0);
	return screen_reply_onward(to, data, p, &s);
}

/* What a SYN-ACK agrees to. RFC 3168 section 6.1.1: ECE alone agrees. What was not offered cannot be
 * agreed to. */
static uint8_t answered(const struct screen_flow *f, const struct screen_packet *p,
			const struct screen_options *o)
{
	const uint8_t ecn = SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	uint8_t has = o->flags;

	if ((p->tcp_flags & ecn) == SCREEN_TCP_ECE)
		has |= SCREEN_HAS_ECN;
	return has & screen_splice_offered(f);
}

void screen_splice_open(struct screen_flow *f, const struct screen_packet *p,
			const struct screen_options *o, uint64_t now_ns)
{
	uint8_t has = answered(f, p, o);

	f->server_isn = p->seq;
	atomic_store_explicit(&f->side[0].next, f->client_isn + 1, memory_order_relaxed);
	atomic_store_explicit(&f->side[1].ack, p->ack, memory_order_relaxed);
	atomic_store_explicit(&f->side[1].next, p->seq + 1, memory_order_relaxed);
	f->server_wscale = has & SCREEN_HAS_WSCALE ? o->wscale : SCREEN_WSCALE_NONE;
	f->server_flags = has;
	/* it was the cookie's TSval */
	f->ts_delta -= has & SCREEN_HAS_TIMESTAMPS ?
			       o->tsval : (uint32_t)(now_ns / 1000000) - SCREEN_STAMP_AHEAD;
	/* from now on: how long a stamped segment may be, which must fit the server's link */
	if ((o->flags & SCREEN_HAS_MSS) && o->mss < f->mss)
		f->mss = o->mss;
}

/* The window scale by which the server reads the client's windows. */
static uint8_t scale_to_server(const struct screen_flow *f)
{
	return f->server_wscale == SCREEN_WSCALE_NONE ? SCREEN_WSCALE_NONE : f->client_wscale;
}

uint32_t screen_splice_ack(const struct screen_flow *f, uint8_t *data,
			   const struct screen_packet *p, const struct screen_options *o)
{
	struct screen_segment s = {
		.seq = f->client_isn + 1,
		.ack = p->seq + 1,
		.flags = SCREEN_TCP_ACK,
		.window = screen_splice_window(f->client_window, f->client_wscale,
					       scale_to_server(f)),
	};

	if (f->server_flags & o->flags & SCREEN_HAS_TIMESTAMPS)
		s.options_length = screen_reply_timestamps(s.options, f->client_tsval, o->tsval);
	return screen_reply_write(data, p, &s);
}

/* Shifts both edges of every SACK block (RFC 2018 section 3), D-SACK included. */
static void shift_sack(uint8_t *tcp, const struct screen_options *o, uint32_t delta,
		       struct screen_difference *d)
{
	uint32_t at = 20u + o->sack + 2;

	for (int i = 0; i < (o->sack_length - 2) / 4; i++, at += 4)
		screen_rewrite32(tcp, at, screen_load_be32(tcp + at) + delta, d);
}

/* Overwrites an option by NOPs. */
static void strip(uint8_t *tcp, uint32_t option, uint32_t length, struct screen_difference *d)
{
	for (uint32_t i = 0; i < length; i++) {
		uint32_t at = 20 + option + i;
		uint8_t before = tcp[at];

		tcp[at] = SCREEN_OPTION_NOP;
		screen_difference_add(d, before, SCREEN_OPTION_NOP, at);
	}
}

/* The server refused ECN: what the client marks as capable would never come back as congested. Not so in
 * a fragment: a host drops those that differ in it from the rest (RFC 3168 section 5.3). */
static void clear_ect(uint8_t *data, const struct screen_packet *p)
{
	uint8_t *ip = data + p->l3;
	struct screen_difference d = { 0 };

	if (p->family == 6) {
		ip[1] &= 0xcf; /* the lower two bits of the traffic class */
	} else if (ip[1] & 3) {
		screen_rewrite16(ip, 0, (uint16_t)(screen_load_be16(ip) & 0xfffc), &d);
		screen_difference_apply(ip + 10, &d);
	}
}

/* TSecr of stamps is TS.Recent of RFC 7323 section 4.3: of the segments that hold the number which the
 * server acknowledged last, the newest TSval. Who forges blindly does not know that number. */
static void note_client_clock(struct screen_flow *f, const struct screen_packet *p, uint32_t tsval)
{
	uint32_t before = __atomic_load_n(&f->client_tsval, __ATOMIC_RELAXED);
	uint32_t acked = atomic_load_explicit(&f->side[1].ack, memory_order_relaxed);

	if (acked - p->seq <= screen_packet_payload_length(p) && (int32_t)(tsval - before) > 0)
		__atomic_store_n(&f->client_tsval, tsval, __ATOMIC_RELAXED);
}

static void to_server(const struct screen_flow *f, uint8_t *tcp, const struct screen_packet *p,
		      const struct screen_options *o, struct screen_difference *d)
{
	uint32_t delta = f->server_isn - f->cookie_isn;

	if (p->tcp_flags & SCREEN_TCP_ACK)
		screen_rewrite32(tcp, 8, p->ack + delta, d);
	if (o->flags & SCREEN_HAS_SACK) {
		if (f->server_flags & SCREEN_HAS_SACK_OK)
			shift_sack(tcp, o, delta, d);
		else
			strip(tcp, o->sack, o->sack_length, d);
	}
	if (o->flags & SCREEN_HAS_TIMESTAMPS) {
		if (!(f->server_flags & SCREEN_HAS_TIMESTAMPS))
			strip(tcp, o->timestamps, 10, d);
		/* RFC 7323 section 3.2: TSecr means something only on an ACK; and 0 is what a stack
		 * says that has nothing to echo, and what others pass over */
		else if ((p->tcp_flags & SCREEN_TCP_ACK) && o->tsecr)
			screen_rewrite32(tcp, 20u + o->timestamps + 6, o->tsecr - f->ts_delta, d);
	}
	if (!(p->tcp_flags & SCREEN_TCP_SYN))
		screen_rewrite16(tcp, 14, screen_splice_window(p->window, f->client_wscale,
							       scale_to_server(f)), d);
}

static void to_client(const struct screen_flow *f, uint8_t *tcp, const struct screen_packet *p,
		      const struct screen_options *o, struct screen_difference *d)
{
	screen_rewrite32(tcp, 4, p->seq + (f->cookie_isn - f->server_isn), d);
	if (f->server_flags & o->flags & SCREEN_HAS_TIMESTAMPS)
		screen_rewrite32(tcp, 20u + o->timestamps + 2, o->tsval + f->ts_delta, d);
	if (!(p->tcp_flags & SCREEN_TCP_SYN))
		screen_rewrite16(tcp, 14, screen_splice_window(p->window, f->server_wscale,
							       f->our_wscale), d);
}

void screen_splice_translate(struct screen_flow *f, enum screen_direction direction,
			     uint8_t *data, const struct screen_packet *p,
			     const struct screen_options *o)
{
	struct screen_difference d = { 0 };
	uint8_t *tcp = data + p->l4;

	if (direction == SCREEN_TO_SERVER) {
		to_server(f, tcp, p, o, &d);
		if ((f->agreed & SCREEN_AGREED_ECN) && !(f->server_flags & SCREEN_HAS_ECN) &&
		    !p->first_fragment)
			clear_ect(data, p);
		if ((o->flags & SCREEN_HAS_TIMESTAMPS) && screen_stamps(f))
			note_client_clock(f, p, o->tsval);
	} else {
		to_client(f, tcp, p, o, &d);
	}
	screen_difference_apply(tcp + 16, &d);
}

void screen_splice_refuse(const struct screen_flow *f, uint8_t *data,
			  const struct screen_packet *p)
{
	struct screen_difference d = { 0 };
	uint8_t *tcp = data + p->l4;

	screen_rewrite32(tcp, 4, f->cookie_isn + 1, &d);
	screen_difference_apply(tcp + 16, &d);
}
