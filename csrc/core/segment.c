/* Segments of flows: plain ones, and the life of a splice. */
#include "stamp.h"
#include "step.h"
#include "symmetry.h"

bool step_end_pending(struct step *s)
{
	if (!screen_flow_state_move(step_flow(s), SCREEN_FLOW_PENDING, SCREEN_FLOW_CLOSED))
		return false;
	screen_flow_uncount(s->c->flows, step_flow(s), SCREEN_COUNTED_SESSION);
	s->d->action = SCREEN_ACTION_WAKE_OWNER;
	s->d->flow = s->flow;
	return true;
}

/* The client speaks while the server is asked. */
static void pending_from_client(struct step *s)
{
	struct screen_packet *p = &s->d->packet;
	struct screen_flow *f = step_flow(s);

	if (p->tcp_flags & SCREEN_TCP_RST) {
		struct screen_difference d = { 0 };
		uint8_t *tcp = s->frame->data + p->l4;

		/* A blind one must not end it (RFC 5961 section 3). */
		if (p->seq - (f->client_isn + 1) > 0xffff)
			return step_drop(s, SCREEN_DROP_SPLICE_PENDING);
		if (!screen_checksum_ok(s->frame->data, p))
			return step_drop(s, SCREEN_DROP_CHECKSUM);
		/* Exact for the server, too, as soon as it has the SYN. What the client acknowledges
		 * means nothing to it yet. */
		screen_rewrite32(tcp, 8, 0, &d);
		screen_rewrite16(tcp, 12, (uint16_t)((tcp[12] << 8) | SCREEN_TCP_RST), &d);
		screen_difference_apply(tcp + 16, &d);
		(void)step_end_pending(s);
		return step_forward(s, SCREEN_FORWARD_SPLICED);
	}
	/* Forged segments must not take the places of the request. */
	if (!step_carries_data(p) || p->ack != f->cookie_isn + 1 ||
	    p->seq - (f->client_isn + 1) > SCREEN_CHALLENGE_WINDOW)
		return step_drop(s, SCREEN_DROP_SPLICE_PENDING);
	s->d->flow = s->flow;
	step_decide(s, SCREEN_HOLD, SCREEN_HOLD_SPLICE_PENDING);
}

/* The server's SYN-ACK in answer to our SYN. */
static void server_accepts(struct step *s)
{
	struct screen_flow *f = step_flow(s);
	struct screen_decision *d = s->d;

	if (!screen_flow_state_move(f, SCREEN_FLOW_PENDING, SCREEN_FLOW_OPENING))
		return step_drop(s, SCREEN_DROP_SPLICE_PENDING);
	step_learn(s, screen_splice_offered(f));
	screen_splice_open(f, &d->packet, &d->options, s->c->now_ns);
	d->length = screen_splice_ack(f, s->frame->data, &d->packet, &d->options);
	screen_flow_state_set(f, SCREEN_FLOW_SPLICED);
	if (atomic_load_explicit(&f->held, memory_order_relaxed) == 0)
		screen_flow_count(s->c->flows, f, SCREEN_COUNTED_SILENT);
	d->action = SCREEN_ACTION_WAKE_OWNER;
	d->flow = s->flow;
	step_decide(s, SCREEN_REPLY, SCREEN_REPLY_SERVER_ACK);
}

static void pending_from_server(struct step *s)
{
	struct screen_flow *f = step_flow(s);
	struct screen_packet *p = &s->d->packet;
	uint8_t flags = p->tcp_flags &
			(SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST | SCREEN_TCP_FIN);

	/* its numbers are about to be believed for the life of the connection */
	if (!screen_checksum_ok(s->frame->data, p))
		return step_drop(s, SCREEN_DROP_CHECKSUM);
	if (flags == (SCREEN_TCP_SYN | SCREEN_TCP_ACK) && p->ack == f->client_isn + 1)
		return server_accepts(s);
	if (flags == (SCREEN_TCP_RST | SCREEN_TCP_ACK) && p->ack == f->client_isn + 1) {
		step_learn_refusal(s);
		screen_splice_refuse(f, s->frame->data, p);
		(void)step_end_pending(s);
		return step_forward(s, SCREEN_FORWARD_SPLICED);
	}
	/* RFC 9293 section 3.5.1: a half of an old connection answers our SYN with a bare ACK. A RST
	 * at what it acknowledges ends it; the SYN is sent again by its timer. */
	if (flags == SCREEN_TCP_ACK && p->ack != f->client_isn + 1) {
		s->d->length = screen_reply_reset(s->frame->data, p, p->ack, 0, false);
		return step_decide(s, SCREEN_REPLY, SCREEN_REPLY_STALE_HALF);
	}
	step_drop(s, SCREEN_DROP_SPLICE_PENDING);
}

/* Whether the server says once more what opened the splice. */
static bool repeats_syn_ack(const struct screen_flow *f, const struct screen_packet *p)
{
	const uint8_t kind = SCREEN_TCP_SYN | SCREEN_TCP_ACK;

	return (p->tcp_flags & (kind | SCREEN_TCP_RST | SCREEN_TCP_FIN)) == kind &&
	       p->seq == f->server_isn && p->ack == f->client_isn + 1;
}

static void spliced(struct step *s, int side)
{
	struct screen_flow *f = step_flow(s);
	struct screen_decision *d = s->d;

	/* Our ACK was lost. */
	if (side == 1 && repeats_syn_ack(f, &d->packet)) {
		d->length = screen_splice_ack(f, s->frame->data, &d->packet, &d->options);
		return step_decide(s, SCREEN_REPLY, SCREEN_REPLY_SERVER_ACK);
	}
	/* Not before what came before it, and is held yet. */
	if (side == 0 && !s->c->releasing && step_carries_data(&d->packet) &&
	    atomic_load_explicit(&f->held, memory_order_relaxed)) {
		d->flow = s->flow;
		return step_decide(s, SCREEN_HOLD, SCREEN_HOLD_SPLICE_PENDING);
	}
	step_note(s, f, side);
	screen_splice_translate(f, side == 0 ? SCREEN_TO_SERVER : SCREEN_TO_CLIENT, s->frame->data,
				&d->packet, &d->options);
	if (side == 1 && screen_stamps(f)) {
		screen_stamp(f, s->frame, &d->packet, &d->options, s->c->now_ns);
		d->length = s->frame->length;
	}
	step_forward(s, SCREEN_FORWARD_SPLICED);
}

/* A plain flow is open when the client acknowledges what the server has said (with TCP Fast Open that
 * may be more than its SYN): a forged ACK does not make an entry that lives for hours. */
static void handshake(struct step *s, struct screen_flow *f, int side)
{
	const uint8_t kind = SCREEN_TCP_SYN | SCREEN_TCP_ACK, refusal = SCREEN_TCP_RST | SCREEN_TCP_ACK;
	const struct screen_packet *p = &s->d->packet;
	uint32_t isn = __atomic_load_n(&f->server_isn, __ATOMIC_RELAXED);

	if (side == 1 && (p->tcp_flags & kind) == kind) {
		__atomic_store_n(&f->server_isn, p->seq, __ATOMIC_RELAXED);
		screen_symmetry_answered(step_clients_meter(s), step_seconds(s));
		step_learn(s, f->agreed);
	} else if (side == 1 && (p->tcp_flags & refusal) == refusal && p->ack == f->client_isn + 1)
		step_learn_refusal(s);
	else if (side == 0 && (p->tcp_flags & kind) == SCREEN_TCP_ACK &&
		 atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed) != 0 &&
		 p->ack - (isn + 1) <= SCREEN_HANDSHAKE_WINDOW &&
		 screen_flow_state_move(f, SCREEN_FLOW_HALF_OPEN, SCREEN_FLOW_OPEN))
		screen_flow_count(s->c->flows, f, SCREEN_COUNTED_SILENT);
}

/* The client goes on though nobody has seen its server answer: where nothing is spliced, because the way
 * back may be another one, the flow lives on. It stays half-open, so that it makes room for others. */
static void note_one_way(struct step *s, struct screen_flow *f)
{
	const uint8_t kind = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST;
	struct screen_zone_meter *z = step_zone(s);

	if ((s->d->packet.tcp_flags & kind) != SCREEN_TCP_ACK ||
	    atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed) != 0 ||
	    atomic_load_explicit(&f->closing, memory_order_relaxed) & SCREEN_ONE_WAY ||
	    step_admission(s) == SCREEN_ADMISSION_SPLICE)
		return;
	atomic_fetch_or_explicit(&f->closing, SCREEN_ONE_WAY, memory_order_relaxed);
	/* it will not be forgotten soon: what is known of the zone must not be, either */
	if (screen_symmetry(z, step_seconds(s)) == SCREEN_SYMMETRY_ONE_WAY)
		screen_pace_count(&z->one_way, step_seconds(s) / SCREEN_SYMMETRY_S);
}

/* A segment of a connection that is forwarded as it is. */
static void plain(struct step *s, int side)
{
	struct screen_flow *f = step_flow(s);

	if (screen_flow_state_get(f) == SCREEN_FLOW_HALF_OPEN) {
		/* Admitted in calm, then challenged: the ACK may answer either SYN-ACK. */
		enum screen_cookie_state cookie =
			side == 0 ? step_cookie(s) : SCREEN_COOKIE_IS_INVALID;

		if (cookie == SCREEN_COOKIE_UNCHECKED)
			return;
		if (cookie == SCREEN_COOKIE_IS_VALID)
			return step_admit(s);
		if (side == 0 && step_safe_reset(s))
			return;
		if (side == 0)
			note_one_way(s, f);
		handshake(s, f, side);
	}
	/* the driver shall not let those behind this one overtake it */
	if (screen_flow_state_get(f) == SCREEN_FLOW_OPEN &&
	    atomic_load_explicit(&f->passing[side], memory_order_relaxed) == SCREEN_PASSING)
		atomic_store_explicit(&f->passing[side], SCREEN_PASSING_FROM, memory_order_relaxed);
	step_note(s, f, side);
	step_forward(s, SCREEN_FORWARD_FLOW);
}

/* Whether a segment begins behind all that the client has sent in a connection that is over. */
static bool behind_the_end(const struct screen_flow *f, const struct screen_packet *p)
{
	uint32_t next = atomic_load_explicit(&f->side[0].next, memory_order_relaxed);

	return next != 0 && (int32_t)(p->seq - next) > 0;
}

/* A splice that was handed over by an engine that ended: nobody repeats its SYN. */
static bool nobody_asks(const struct screen_flow *f)
{
	return screen_flow_state_get(f) == SCREEN_FLOW_PENDING &&
	       atomic_load_explicit(&f->owner, memory_order_relaxed) == 0;
}

/* A cookie on a flow that is over: a new connection of the same tuple, or a late copy of the first
 * request of this one, which must not be executed twice. What overtakes the first data of a new one has
 * no cookie, and the server would answer it by a RST that ends the new connection. On one whose server
 * nobody asks: the SYN or its answer was lost, and the client, whose request has got no further than
 * that, begins anew. True when the frame is dealt with. */
static bool reopened(struct step *s)
{
	struct screen_flow *f = step_flow(s);
	bool pending = nobody_asks(f);
	enum screen_cookie_state cookie;

	if (!pending && !screen_flow_over(f))
		return false;
	if (step_safe_reset(s))
		return true;
	cookie = step_cookie(s);
	if (cookie == SCREEN_COOKIE_UNCHECKED)
		return true;
	if (cookie == SCREEN_COOKIE_IS_INVALID) {
		/* unchecked: there can be no challenge that it answers */
		if (s->d->cookie == SCREEN_COOKIE_UNCHECKED || pending ||
		    !behind_the_end(f, &s->d->packet))
			return false;
		step_drop(s, SCREEN_DROP_COOKIE_INVALID);
		return true;
	}
	if (!pending && f->client_isn == s->d->packet.seq - 1 &&
	    f->cookie_isn == s->d->packet.ack - 1)
		return false;
	step_admit(s);
	return true;
}

/* What is left of a splice that was refused, reset or given up. */
static void closed(struct step *s, int side)
{
	struct screen_packet *p = &s->d->packet;
	const uint8_t kind = SCREEN_TCP_SYN | SCREEN_TCP_ACK;

	/* a late server: the client has gone */
	if (side == 1 && (p->tcp_flags & (kind | SCREEN_TCP_RST)) == kind) {
		step_learn(s, screen_splice_offered(step_flow(s)));
		s->d->length = screen_reply_reset(s->frame->data, p, p->ack, 0, false);
		return step_decide(s, SCREEN_REPLY, SCREEN_REPLY_STALE_HALF);
	}
	step_drop(s, SCREEN_DROP_SPLICE_CLOSED);
}

void step_segment(struct step *s)
{
	struct screen_flow *f = step_flow(s);
	int side = s->d->place.from_low == f->client_low ? 0 : 1;

	if (step_wrong_side(s))
		return step_drop(s, SCREEN_DROP_NO_FLOW);
	if (side == 0 && step_screened(s) && reopened(s))
		return;
	screen_flow_seen(f, side, step_seconds(s));
	switch (screen_flow_state_get(f)) {
	case SCREEN_FLOW_PENDING:
		return side == 0 ? pending_from_client(s) : pending_from_server(s);
	case SCREEN_FLOW_OPENING:
		if (side == 0 && !(s->d->packet.tcp_flags & SCREEN_TCP_RST))
			return pending_from_client(s);
		return step_drop(s, SCREEN_DROP_SPLICE_PENDING);
	case SCREEN_FLOW_SPLICED:
		return spliced(s, side);
	case SCREEN_FLOW_CLOSED:
		return closed(s, side);
	default:
		return plain(s, side);
	}
}
