#include "screen.h"

#include "checksum.h"
#include "splice.h"

/* One decision under way. */
struct step {
	struct screen_context *c;
	struct screen_frame *frame;
	struct screen_decision *d;
	const struct screen_port_policy *port;
	struct screen_flow_key key;
	uint64_t hash;
	uint32_t flow; /* index, SCREEN_FLOW_NONE */
	bool from_low; /* the frame's source is the key's lower endpoint */
};

static void decide(struct step *s, enum screen_verdict verdict, enum screen_reason reason)
{
	s->d->verdict = verdict;
	s->d->reason = reason;
}

static void forward(struct step *s, enum screen_reason reason)
{
	decide(s, SCREEN_FORWARD, reason);
}

static void drop(struct step *s, enum screen_reason reason)
{
	decide(s, SCREEN_DROP, reason);
}

static uint32_t seconds(const struct screen_context *c)
{
	return (uint32_t)(c->now_ns / 1000000000u);
}

static const struct screen_profile_config *profile_of(const struct step *s)
{
	return &s->c->policy->profile[s->port->profile];
}

static bool screened_here(const struct step *s)
{
	return s->port->profile != SCREEN_NONE;
}

static struct screen_zone_meter *zone_meter(const struct step *s)
{
	return &s->c->meters->zone[s->port->zone];
}

static void retire(struct screen_context *c, uint32_t flow)
{
	c->retired[c->retired_count++] = flow;
}

void screen_tuple_of(const uint8_t *data, const struct screen_packet *p, struct screen_tuple *t)
{
	uint32_t size = p->family == 4 ? 4 : 16;
	const uint8_t *addresses = data + p->l3 + (p->family == 4 ? 12 : 8);

	memset(t, 0, sizeof(*t));
	memcpy(t->source, addresses, size);
	memcpy(t->destination, addresses + size, size);
	t->sport = p->sport;
	t->dport = p->dport;
	t->family = p->family;
}

/* ---- meters -------------------------------------------------------------------------------- */

static uint64_t meter_hash(const struct step *s, const uint8_t address[16], uint16_t port)
{
	uint64_t words[3];

	memcpy(words, address, 16);
	words[2] = (uint64_t)s->port->zone << 16 | port;
	return screen_siphash_words(s->c->meters->key[0], s->c->meters->key[1], words, 3);
}

static uint64_t destination_hash(const struct step *s)
{
	uint8_t address[16];

	screen_flow_address(s->frame->data, &s->d->packet, 1, address);
	return meter_hash(s, address, s->d->packet.dport);
}

/* Notes that a zone has a flooding destination now. */
static void note_flood(struct step *s, bool entered)
{
	struct screen_zone_meter *z = zone_meter(s);
	uint64_t last = atomic_load_explicit(&z->flood_last_ns, memory_order_relaxed);
	uint64_t now = s->c->now_ns;

	/* another worker's burst may have begun later: then last is ahead */
	if (last == 0 || now > last + SCREEN_FLOOD_LINGER * 1000000000ull)
		atomic_store_explicit(&z->flood_first_ns, now, memory_order_relaxed);
	if (now > last)
		atomic_store_explicit(&z->flood_last_ns, now, memory_order_relaxed);
	if (entered)
		atomic_fetch_add_explicit(&z->attacks, 1, memory_order_relaxed);
}

/* Counts a SYN towards its destination. Returns whether that floods. */
static bool meter_syn(struct step *s)
{
	const struct screen_profile_config *profile = profile_of(s);
	uint32_t window = seconds(s->c);
	struct screen_meter_reading r =
		screen_sketch_count(&s->c->meters->attack, destination_hash(s), window,
				    profile->attack_threshold);

	screen_zone_meter_count(zone_meter(s), window);
	if (r.count == profile->alarm_threshold)
		atomic_fetch_add_explicit(&zone_meter(s)->alarms, 1, memory_order_relaxed);
	if (s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS)
		r.flooding = true;
	if (r.flooding)
		note_flood(s, r.entered);
	return r.flooding;
}

static bool destination_floods(struct step *s)
{
	return s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS ||
	       screen_sketch_flooding(&s->c->meters->attack, destination_hash(s), seconds(s->c),
				      profile_of(s)->attack_threshold);
}

/* source-threshold and destination-threshold count what is admitted, never what is challenged: a
 * spoofed flood must not shut out the destination that it is aimed at. */
static bool within_thresholds(struct step *s)
{
	const struct screen_profile_config *profile = profile_of(s);
	uint32_t window = seconds(s->c);
	uint8_t address[16];
	uint32_t count;

	screen_flow_address(s->frame->data, &s->d->packet, 0, address);
	count = screen_sketch_count(&s->c->meters->by_source, meter_hash(s, address, 0), window,
				    profile->source_threshold).count;
	if (count > profile->source_threshold) {
		drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
		return false;
	}
	screen_flow_address(s->frame->data, &s->d->packet, 1, address);
	count = screen_sketch_count(&s->c->meters->by_destination, meter_hash(s, address, 0),
				    window, profile->destination_threshold).count;
	if (count > profile->destination_threshold) {
		drop(s, SCREEN_DROP_DESTINATION_THRESHOLD);
		return false;
	}
	return true;
}

/* ---- flows --------------------------------------------------------------------------------- */

static struct screen_flow *flow_at(const struct step *s)
{
	return &s->c->flows->flows[s->flow];
}

/* A new flow for this packet, whose client is its source or its destination. SCREEN_FLOW_NONE when
 * there is no room. Not installed yet. */
static uint32_t flow_new(struct step *s, bool client_is_source)
{
	uint32_t index = screen_flow_take(s->c->flows);
	struct screen_flow *f = &s->c->flows->flows[index];

	if (index == SCREEN_FLOW_NONE)
		return index;
	f->key = s->key;
	f->client_low = s->from_low == client_is_source;
	f->client_slot = client_is_source ? s->frame->slot : s->port->peer;
	f->created_s = seconds(s->c);
	f->half_open_s = 20;
	if (screened_here(s))
		f->half_open_s = (uint8_t)profile_of(s)->timeout_s;
	f->zone = (uint8_t)s->port->zone;
	screen_flow_seen(f, client_is_source ? 0 : 1, f->created_s);
	return index;
}

/* Installs it, in place of s->flow if that is a flow. False, and given back, when it cannot be. */
static bool flow_install(struct step *s, uint32_t index, uint32_t state)
{
	uint32_t other = SCREEN_FLOW_NONE;

	atomic_store_explicit(&s->c->flows->flows[index].state, state, memory_order_relaxed);
	if (screen_flow_install(s->c->flows, index, s->hash, s->flow, &other) !=
	    SCREEN_INSTALL_DONE) {
		screen_flow_give(s->c->flows, index);
		return false;
	}
	if (other != SCREEN_FLOW_NONE)
		retire(s->c, other);
	s->flow = index;
	return true;
}

/* Tracks a connection that is forwarded as it is. */
static void track(struct step *s, bool client_is_source, uint32_t state,
		  enum screen_reason reason)
{
	uint32_t index = flow_new(s, client_is_source);

	if (index == SCREEN_FLOW_NONE || !flow_install(s, index, state))
		reason = SCREEN_FORWARD_UNTRACKED;
	forward(s, reason);
}

/* Claims to be the server, but comes from the client's side, or the other way round. */
static bool wrong_side(const struct step *s)
{
	const struct screen_flow *f = flow_at(s);

	return (s->frame->slot == f->client_slot) != (s->from_low == f->client_low);
}

/* ---- SYNs ---------------------------------------------------------------------------------- */

static bool group_address(const uint8_t *data, const struct screen_packet *p, int which)
{
	const uint8_t *ip = data + p->l3;

	if (p->family == 6)
		return ip[8 + which * 16] == 0xff;
	ip += 12 + which * 4;
	return ip[0] >= 224 || ip[0] == 0;
}

/* What the challenge offers: never an option that the client did not offer, and window scale, SACK
 * and ECN only with timestamps, without which they could not be recovered. */
static void agree(struct screen_decision *d)
{
	const struct screen_options *o = &d->options;
	struct screen_agreed *a = &d->agreed;

	*a = (struct screen_agreed){
		.mss = o->mss,
		.client_wscale = SCREEN_WSCALE_NONE,
		.our_wscale = SCREEN_WSCALE_NONE,
	};
	if (!(o->flags & SCREEN_HAS_MSS))
		a->mss = d->packet.family == 4 ? SCREEN_MSS_DEFAULT_IPV4 : SCREEN_MSS_DEFAULT_IPV6;
	if (!(o->flags & SCREEN_HAS_TIMESTAMPS))
		return;
	a->timestamps = true;
	a->sack = o->flags & SCREEN_HAS_SACK_OK;
	if (o->flags & SCREEN_HAS_WSCALE) {
		a->client_wscale = o->wscale;
		a->our_wscale = SCREEN_SERVER_WSCALE;
	}
}

/* An unknown SYN to a flooding destination. */
static void challenge(struct step *s)
{
	const uint8_t *data = s->frame->data;
	struct screen_decision *d = s->d;

	if ((data[0] & 1) || group_address(data, &d->packet, 0) ||
	    group_address(data, &d->packet, 1))
		return drop(s, SCREEN_DROP_SYN_SOURCE);
	if (s->c->policy->mode != SCREEN_MODE_SYN_COOKIE)
		return drop(s, SCREEN_DROP_SYN_FLOOD);
	if (!s->c->keyset || s->port->zone >= s->c->keyset->zones)
		return drop(s, SCREEN_DROP_NO_KEYSET);
	if (!screen_checksum_ok(data, &d->packet))
		return drop(s, SCREEN_DROP_CHECKSUM);
	if (d->options.flags & SCREEN_HAS_SIGNATURE)
		return drop(s, SCREEN_DROP_SYN_MD5);
	agree(d);
	if (d->agreed.mss < SCREEN_MSS_MIN)
		return drop(s, SCREEN_DROP_SYN_MSS);
	decide(s, SCREEN_CHALLENGE, SCREEN_REPLY_CHALLENGE);
}

static bool white_listed(const struct step *s)
{
	const struct screen_profile_config *profile = profile_of(s);
	uint8_t source[16], destination[16];

	if (profile->prefix_count == 0)
		return false;
	screen_flow_address(s->frame->data, &s->d->packet, 0, source);
	screen_flow_address(s->frame->data, &s->d->packet, 1, destination);
	return screen_policy_white_listed(s->c->policy, profile, source, destination);
}

/* A SYN from the screened side that belongs to no live flow. */
static void unknown_syn(struct step *s)
{
	bool floods = meter_syn(s);
	enum screen_reason reason = SCREEN_FORWARD_SYN_CALM;

	if (floods) {
		if (!white_listed(s))
			return challenge(s);
		reason = SCREEN_FORWARD_SYN_WHITE_LIST;
	}
	if (within_thresholds(s))
		track(s, true, SCREEN_FLOW_HALF_OPEN, reason);
}

static void syn(struct step *s)
{
	uint32_t state;

	if (!screened_here(s)) {
		if (s->flow != SCREEN_FLOW_NONE && !screen_flow_over(flow_at(s)))
			return forward(s, SCREEN_FORWARD_SYN_KNOWN);
		return track(s, true, SCREEN_FLOW_HALF_OPEN, SCREEN_FORWARD_SYN_OUTBOUND);
	}
	if (s->flow == SCREEN_FLOW_NONE || screen_flow_over(flow_at(s)))
		return unknown_syn(s);
	state = screen_flow_state_get(flow_at(s));
	if (wrong_side(s)) {
		/* A half-open entry that no server has answered may itself be the forgery: it must
		 * not shut out the client that it guessed. */
		if (state == SCREEN_FLOW_HALF_OPEN &&
		    atomic_load_explicit(&flow_at(s)->side[1].seen_s, memory_order_relaxed) == 0)
			return unknown_syn(s);
		return drop(s, SCREEN_DROP_NO_FLOW);
	}
	if (state == SCREEN_FLOW_PENDING || state == SCREEN_FLOW_OPENING)
		return drop(s, SCREEN_DROP_SPLICE_PENDING);
	/* Half-open entries were made in calm; a flood of one tuple is one, too, and while their
	 * destination floods a repeated SYN must not get past the screen by having one. */
	if (state == SCREEN_FLOW_HALF_OPEN && meter_syn(s) && !white_listed(s))
		return challenge(s);
	/* Live: the server answers with a challenge ACK (RFC 5961 section 4.2). */
	if (state == SCREEN_FLOW_SPLICED)
		screen_splice_translate(flow_at(s), SCREEN_TO_SERVER, s->frame->data,
					&s->d->packet, &s->d->options);
	forward(s, SCREEN_FORWARD_SYN_KNOWN);
}

/* ---- the returning ACK --------------------------------------------------------------------- */

static bool cookies_under_way(const struct step *s)
{
	uint64_t last = atomic_load_explicit(&zone_meter(s)->flood_last_ns, memory_order_relaxed);

	if (s->c->policy->mode != SCREEN_MODE_SYN_COOKIE || !s->c->keyset)
		return false;
	return last != 0 && s->c->now_ns < last + SCREEN_COOKIE_LIFE * 1000000000ull;
}

/* Whether the segment carries a valid cookie; then s->d->agreed says what was agreed. */
static bool cookie_valid(struct step *s)
{
	struct screen_packet *p = &s->d->packet;
	struct screen_tuple t;

	if (!screened_here(s) || !cookies_under_way(s) || s->port->zone >= s->c->keyset->zones)
		return false;
	if ((p->tcp_flags & (SCREEN_TCP_ACK | SCREEN_TCP_SYN | SCREEN_TCP_RST)) != SCREEN_TCP_ACK)
		return false;
	screen_tuple_of(s->frame->data, p, &t);
	if (screen_cookie_check(&s->c->keyset->zone[s->port->zone], s->c->keyset->check_epoch, &t,
				p->seq, p->ack, s->d->options.flags & SCREEN_HAS_TIMESTAMPS,
				s->d->options.tsecr, &s->d->agreed) != SCREEN_COOKIE_VALID)
		return false;
	return screen_checksum_ok(s->frame->data, p);
}

static bool carries_data(const struct screen_packet *p)
{
	return screen_packet_payload_length(p) > 0 || (p->tcp_flags & SCREEN_TCP_FIN);
}

/* A valid cookie: the connection exists for the client; make it exist for the server. */
static void splice(struct step *s)
{
	struct screen_decision *d = s->d;
	struct screen_flow *f;
	uint32_t index;

	if (!within_thresholds(s))
		return;
	if (s->c->splice_full)
		return drop(s, SCREEN_DROP_SPLICE_LIMIT);
	index = flow_new(s, true);
	if (index == SCREEN_FLOW_NONE)
		return drop(s, SCREEN_DROP_SPLICE_LIMIT);
	f = &s->c->flows->flows[index];
	screen_splice_begin(f, &d->packet, &d->options, &d->agreed);
	atomic_store_explicit(&f->owner, s->c->worker + 1, memory_order_relaxed);
	d->syn_length = screen_splice_syn(f, d->syn, s->frame->data, &d->packet);
	if (!flow_install(s, index, SCREEN_FLOW_PENDING))
		return drop(s, SCREEN_DROP_SPLICE_LIMIT);
	atomic_fetch_add_explicit(&zone_meter(s)->cookies_valid, 1, memory_order_relaxed);
	d->action = SCREEN_ACTION_ASK_SERVER;
	d->flow = index;
	if (carries_data(&d->packet))
		return decide(s, SCREEN_HOLD, SCREEN_HOLD_SPLICE_PENDING);
	/* The ACK has said all it had to; its frame carries the SYN on. */
	memcpy(s->frame->data, d->syn, d->syn_length);
	d->length = d->syn_length;
	forward(s, SCREEN_FORWARD_SPLICE_SYN);
}

static bool learning(struct step *s)
{
	struct screen_context *c = s->c;

	if (c->now_ns >= c->learning_until_ns)
		return false;
	if (c->learning_second != seconds(c)) {
		c->learning_second = seconds(c);
		c->learning_count = 0;
	}
	c->learning_count++;
	return true;
}

/* A segment of no known flow from the screened side. No state is made for it. */
static void unknown_from_client(struct step *s)
{
	if (cookie_valid(s))
		return splice(s);
	if (learning(s)) {
		if (s->c->learning_count > s->c->learning_rate)
			return drop(s, SCREEN_DROP_LEARNING_LIMIT);
		return forward(s, SCREEN_FORWARD_LEARNING);
	}
	if (destination_floods(s))
		return drop(s, SCREEN_DROP_COOKIE_INVALID);
	if (s->c->policy->no_syn_check)
		return forward(s, SCREEN_FORWARD_NO_SYN_CHECK);
	drop(s, SCREEN_DROP_NO_FLOW);
}

/* ---- segments of flows --------------------------------------------------------------------- */

static void note_closing(struct screen_flow *f, int side, uint8_t flags)
{
	uint8_t bits = atomic_load_explicit(&f->closing, memory_order_relaxed), add = 0;

	if (flags & SCREEN_TCP_RST)
		add = SCREEN_CLOSING_RST;
	else if (flags & SCREEN_TCP_FIN)
		add = side == 0 ? SCREEN_CLOSING_FIN_CLIENT : SCREEN_CLOSING_FIN_SERVER;
	if (add & ~bits)
		atomic_fetch_or_explicit(&f->closing, add, memory_order_relaxed);
	/* Whoever goes on talking was not reset: a blind RST does not end a flow. */
	else if (!add && (bits & SCREEN_CLOSING_RST))
		atomic_fetch_and_explicit(&f->closing, (uint8_t)~SCREEN_CLOSING_RST,
					  memory_order_relaxed);
}

/* The client speaks while the server is asked. */
static void pending_from_client(struct step *s)
{
	struct screen_packet *p = &s->d->packet;

	if (p->tcp_flags & SCREEN_TCP_RST) {
		struct screen_difference d = { 0 };
		uint8_t *tcp = s->frame->data + p->l4;

		/* A blind one must not end it (RFC 5961 section 3). */
		if (p->seq - (flow_at(s)->client_isn + 1) > 0xffff)
			return drop(s, SCREEN_DROP_SPLICE_PENDING);
		/* Exact for the server, too, as soon as it has the SYN. What the client acknowledges
		 * means nothing to it yet. */
		screen_rewrite32(tcp, 8, 0, &d);
		screen_rewrite16(tcp, 12, (uint16_t)((tcp[12] << 8) | SCREEN_TCP_RST), &d);
		screen_difference_apply(tcp + 16, &d);
		note_closing(flow_at(s), 0, SCREEN_TCP_RST);
		return forward(s, SCREEN_FORWARD_SPLICED);
	}
	if (!carries_data(p))
		return drop(s, SCREEN_DROP_SPLICE_PENDING);
	s->d->flow = s->flow;
	decide(s, SCREEN_HOLD, SCREEN_HOLD_SPLICE_PENDING);
}

/* The server's SYN-ACK in answer to our SYN. */
static void server_accepts(struct step *s)
{
	struct screen_flow *f = flow_at(s);
	struct screen_decision *d = s->d;

	if (atomic_load_explicit(&f->closing, memory_order_relaxed) & SCREEN_CLOSING_RST) {
		/* the client has gone meanwhile */
		d->length = screen_reply_reset(s->frame->data, &d->packet, d->packet.ack, 0, false);
		screen_flow_state_set(f, SCREEN_FLOW_CLOSED);
		return decide(s, SCREEN_REPLY, SCREEN_REPLY_STALE_HALF);
	}
	if (!screen_flow_state_move(f, SCREEN_FLOW_PENDING, SCREEN_FLOW_OPENING))
		return drop(s, SCREEN_DROP_SPLICE_PENDING);
	screen_splice_open(f, &d->packet, &d->options);
	d->length = screen_splice_ack(f, s->frame->data, &d->packet, &d->options);
	screen_flow_state_set(f, SCREEN_FLOW_SPLICED);
	d->action = SCREEN_ACTION_WAKE_OWNER;
	d->flow = s->flow;
	decide(s, SCREEN_REPLY, SCREEN_REPLY_SERVER_ACK);
}

static void pending_from_server(struct step *s)
{
	struct screen_flow *f = flow_at(s);
	struct screen_packet *p = &s->d->packet;
	uint8_t flags = p->tcp_flags &
			(SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST | SCREEN_TCP_FIN);

	if (flags == (SCREEN_TCP_SYN | SCREEN_TCP_ACK) && p->ack == f->client_isn + 1)
		return server_accepts(s);
	if (flags == (SCREEN_TCP_RST | SCREEN_TCP_ACK) && p->ack == f->client_isn + 1) {
		screen_splice_refuse(f, s->frame->data, p);
		screen_flow_state_set(f, SCREEN_FLOW_CLOSED);
		s->d->action = SCREEN_ACTION_WAKE_OWNER;
		s->d->flow = s->flow;
		return forward(s, SCREEN_FORWARD_SPLICED);
	}
	/* RFC 9293 section 3.5.1: a half of an old connection answers our SYN with a bare ACK. A RST
	 * at what it acknowledges ends it; the SYN is sent again by its timer. */
	if (flags == SCREEN_TCP_ACK && p->ack != f->client_isn + 1) {
		s->d->length = screen_reply_reset(s->frame->data, p, p->ack, 0, false);
		return decide(s, SCREEN_REPLY, SCREEN_REPLY_STALE_HALF);
	}
	drop(s, SCREEN_DROP_SPLICE_PENDING);
}

static void spliced(struct step *s, int side)
{
	struct screen_flow *f = flow_at(s);
	struct screen_decision *d = s->d;
	uint8_t flags = d->packet.tcp_flags;

	/* Our ACK was lost: the server repeats its SYN-ACK. */
	if (side == 1 && (flags & SCREEN_TCP_SYN) && d->packet.seq == f->server_isn) {
		d->length = screen_splice_ack(f, s->frame->data, &d->packet, &d->options);
		return decide(s, SCREEN_REPLY, SCREEN_REPLY_SERVER_ACK);
	}
	/* The client repeats the bare ACK of the challenge: nothing that the server needs. */
	note_closing(f, side, flags);
	screen_splice_translate(f, side == 0 ? SCREEN_TO_SERVER : SCREEN_TO_CLIENT, s->frame->data,
				&d->packet, &d->options);
	forward(s, SCREEN_FORWARD_SPLICED);
}

/* A segment of a connection that is forwarded as it is. */
static void plain(struct step *s, int side)
{
	struct screen_flow *f = flow_at(s);

	if (screen_flow_state_get(f) == SCREEN_FLOW_HALF_OPEN) {
		/* Admitted in calm, then challenged: the ACK may answer either SYN-ACK. */
		if (side == 0 && cookie_valid(s))
			return splice(s);
		/* Open when the server has spoken and the client after it. */
		if (side == 0 &&
		    atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed) != 0)
			screen_flow_state_move(f, SCREEN_FLOW_HALF_OPEN, SCREEN_FLOW_OPEN);
	}
	note_closing(f, side, s->d->packet.tcp_flags);
	forward(s, SCREEN_FORWARD_FLOW);
}

/* A cookie on a flow that is over: a new connection of the same tuple, or a late copy of the first
 * request of this one, which must not be executed twice. */
static bool reopened(struct step *s)
{
	struct screen_flow *f = flow_at(s);

	if (!screen_flow_over(f) || !cookie_valid(s))
		return false;
	if (f->client_isn == s->d->packet.seq - 1 && f->cookie_isn == s->d->packet.ack - 1)
		return false;
	splice(s);
	return true;
}

static void segment_of_flow(struct step *s)
{
	struct screen_flow *f = flow_at(s);
	int side = s->from_low == f->client_low ? 0 : 1;

	if (wrong_side(s))
		return drop(s, SCREEN_DROP_NO_FLOW);
	if (side == 0 && screened_here(s) && reopened(s))
		return;
	screen_flow_seen(f, side, seconds(s->c));
	switch (screen_flow_state_get(f)) {
	case SCREEN_FLOW_PENDING:
		return side == 0 ? pending_from_client(s) : pending_from_server(s);
	case SCREEN_FLOW_OPENING:
		return drop(s, SCREEN_DROP_SPLICE_PENDING);
	case SCREEN_FLOW_SPLICED:
		return spliced(s, side);
	case SCREEN_FLOW_CLOSED:
		return drop(s, SCREEN_DROP_SPLICE_CLOSED);
	default:
		return plain(s, side);
	}
}

/* ---- kinds of frames ----------------------------------------------------------------------- */

/* A segment of no known flow that is no SYN. */
static void unknown_segment(struct step *s)
{
	uint32_t state = SCREEN_FLOW_OPEN;

	if (screened_here(s))
		return unknown_from_client(s);
	/* The protected side speaks: its flows are learned, but not from a RST. */
	if (s->d->packet.tcp_flags & SCREEN_TCP_RST)
		return forward(s, SCREEN_FORWARD_FLOW);
	if (s->d->packet.tcp_flags & SCREEN_TCP_SYN)
		state = SCREEN_FLOW_HALF_OPEN;
	track(s, false, state, SCREEN_FORWARD_LEARNED);
}

static void tcp(struct step *s)
{
	struct screen_packet *p = &s->d->packet;
	uint8_t kind = p->tcp_flags & (SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST |
				       SCREEN_TCP_FIN);

	screen_checksum_complete(s->frame->data, p);
	if (!s->port->screened)
		return forward(s, SCREEN_FORWARD_UNSCREENED);
	screen_options_walk(s->frame->data + p->l4 + 20, screen_packet_options_length(p),
			    &s->d->options);
	s->from_low = screen_flow_key(s->frame->data, p, s->port->wire, &s->key);
	s->hash = screen_flow_hash(s->c->flows, &s->key);
	s->flow = screen_flow_find(s->c->flows, &s->key, s->hash);
	if (kind == SCREEN_TCP_SYN)
		return syn(s);
	if (s->flow == SCREEN_FLOW_NONE)
		return unknown_segment(s);
	segment_of_flow(s);
}

/* A first fragment with a SYN cannot be challenged, and must not be a way round the screen. */
static void fragment(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;

	if (screened_here(s) && p->first_fragment && (p->tcp_flags & SCREEN_TCP_SYN) &&
	    !(p->tcp_flags & SCREEN_TCP_ACK) && meter_syn(s))
		return drop(s, SCREEN_DROP_SYN_FRAGMENT);
	forward(s, SCREEN_FORWARD_FRAGMENT);
}

static void by_kind(struct step *s, enum screen_kind kind)
{
	switch (kind) {
	case SCREEN_KIND_TCP:
		return tcp(s);
	case SCREEN_KIND_NON_IP:
		return forward(s, SCREEN_FORWARD_NON_IP);
	case SCREEN_KIND_NON_TCP:
		screen_checksum_complete(s->frame->data, &s->d->packet);
		return forward(s, SCREEN_FORWARD_NON_TCP);
	case SCREEN_KIND_FRAGMENT:
		return fragment(s);
	case SCREEN_KIND_DEEP_TAGS:
		return forward(s, SCREEN_FORWARD_DEEP_TAGS);
	case SCREEN_KIND_EXTENSIONS:
		/* A transparent wire, unless a screen could be got round by it. */
		if (screened_here(s))
			return drop(s, SCREEN_DROP_EXTENSION_HEADERS);
		return forward(s, SCREEN_FORWARD_NON_TCP);
	case SCREEN_KIND_MALFORMED:
	default:
		if (screened_here(s))
			return drop(s, SCREEN_DROP_MALFORMED);
		return forward(s, SCREEN_FORWARD_UNSCREENED);
	}
}

void screen_decide(struct screen_context *context, struct screen_frame *frame,
		   struct screen_decision *d)
{
	struct step s = {
		.c = context,
		.frame = frame,
		.d = d,
		.port = &context->policy->port[frame->slot],
	};

	d->action = SCREEN_ACTION_NONE;
	d->length = frame->length;
	d->flow = SCREEN_FLOW_NONE;
	context->retired_count = 0;
	if (!s.port->used || s.port->peer == SCREEN_SLOT_NONE)
		return drop(&s, SCREEN_DROP_NO_PEER);
	by_kind(&s, screen_parse(frame->data, frame->data + frame->length, &d->packet));
}

void screen_challenge(struct screen_context *context, struct screen_frame *const frames[],
		      struct screen_decision *const decisions[], uint32_t count)
{
	const struct screen_keyset *k = context->keyset;

	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision *d = decisions[i];
		uint32_t zone = context->policy->port[frames[i]->slot].zone;
		struct screen_tuple t;
		struct screen_cookie cookie;

		screen_tuple_of(frames[i]->data, &d->packet, &t);
		cookie = screen_cookie_mint(screen_keyset_mint_key(k, zone), k->mint_epoch, &t,
					    d->packet.seq, &d->agreed);
		d->length = screen_reply_challenge(frames[i]->data, &d->packet, &d->options,
						   &d->agreed, cookie);
	}
}

uint32_t screen_abandon(struct screen_context *context, uint32_t flow, const uint8_t *syn,
			uint32_t syn_length, uint8_t *to)
{
	struct screen_flow *f = &context->flows->flows[flow];
	struct screen_packet p;

	/* the server's answer may be in another worker's hands just now */
	if (!screen_flow_state_move(f, SCREEN_FLOW_PENDING, SCREEN_FLOW_CLOSED))
		return 0;
	memcpy(to, syn, syn_length);
	(void)screen_parse(to, to + syn_length, &p);
	return screen_reply_reset(to, &p, f->cookie_isn + 1, f->client_isn + 1, true);
}
