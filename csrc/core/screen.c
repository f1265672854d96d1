#include "screen.h"

#include "plain.h"
#include "step.h"

/* A segment of no known flow that is no SYN. */
static void unknown_segment(struct step *s)
{
	uint32_t state = SCREEN_FLOW_OPEN;

	if (step_screened(s))
		return step_unknown_from_client(s);
	/* The protected side speaks: its flows are learned, but not from a RST. */
	if (s->d->packet.tcp_flags & SCREEN_TCP_RST)
		return step_forward(s, SCREEN_FORWARD_FLOW);
	if (s->d->packet.tcp_flags & SCREEN_TCP_SYN) {
		state = SCREEN_FLOW_HALF_OPEN;
		step_learn(s, 0); /* nobody has seen what it answers */
	}
	step_track(s, false, state, SCREEN_FORWARD_LEARNED);
}

/* From the flow look-up on. */
static void tracked(struct step *s)
{
	struct screen_packet *p = &s->d->packet;
	uint8_t kind = p->tcp_flags & (SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST |
				       SCREEN_TCP_FIN);

	/* A RST may belong to the connection that a waiting ACK opens: not before it. */
	if ((p->tcp_flags & SCREEN_TCP_RST) && s->d->cookie == SCREEN_COOKIE_UNCHECKED &&
	    s->c->undecided) {
		s->d->cookie = SCREEN_COOKIE_IS_INVALID;
		return step_wait(s);
	}
	s->flow = screen_place_find(s->c->flows, &s->d->place);
	if (kind == SCREEN_TCP_SYN)
		return step_syn(s);
	if (s->flow == SCREEN_FLOW_NONE)
		return unknown_segment(s);
	step_segment(s);
}

static void tcp(struct step *s)
{
	step_complete(s);
	if (!s->port->screened)
		return step_forward(s, SCREEN_FORWARD_UNSCREENED);
	screen_read_options(s->frame->data, &s->d->packet, &s->d->options);
	tracked(s);
}

/* A first fragment with a SYN cannot be challenged, and must not be a way round the screen. */
static void fragment(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;

	if (step_screened(s) && p->first_fragment && (p->tcp_flags & SCREEN_TCP_SYN) &&
	    !(p->tcp_flags & SCREEN_TCP_ACK) && step_syn_floods(s))
		return step_drop(s, SCREEN_DROP_SYN_FRAGMENT);
	if (step_first_fragment(s))
		return;
	step_note_contact(s, SCREEN_KIND_FRAGMENT);
	step_forward(s, SCREEN_FORWARD_FRAGMENT);
}

/* What cannot be parsed passes, unless a screen could be got round by it. A dry run has none. */
static bool refuses(const struct step *s)
{
	return step_screened(s) && !step_profile(s)->alarm_without_drop;
}

static void by_kind(struct step *s, enum screen_kind kind)
{
	switch (kind) {
	case SCREEN_KIND_TCP:
		return tcp(s);
	case SCREEN_KIND_NON_IP:
		return step_forward(s, SCREEN_FORWARD_NON_IP);
	case SCREEN_KIND_NON_TCP:
		screen_checksum_complete(s->frame->data, &s->d->packet);
		if (step_icmp(s))
			return;
		step_note_contact(s, kind);
		return step_forward(s, SCREEN_FORWARD_NON_TCP);
	case SCREEN_KIND_FRAGMENT:
		return fragment(s);
	case SCREEN_KIND_DEEP_TAGS:
		if (refuses(s))
			return step_drop(s, SCREEN_DROP_DEEP_TAGS);
		return step_forward(s, SCREEN_FORWARD_DEEP_TAGS);
	case SCREEN_KIND_EXTENSIONS:
		if (refuses(s))
			return step_drop(s, SCREEN_DROP_EXTENSION_HEADERS);
		return step_forward(s, SCREEN_FORWARD_NON_TCP);
	case SCREEN_KIND_MALFORMED:
	default:
		if (refuses(s))
			return step_drop(s, SCREEN_DROP_MALFORMED);
		return step_forward(s, SCREEN_FORWARD_UNSCREENED);
	}
}

static struct step step_of(struct screen_context *context, struct screen_frame *frame,
			   struct screen_decision *d)
{
	context->retired_count = 0;
	d->undecided = false;
	d->rationed = false;
	d->victim = SCREEN_VICTIM_NONE;
	d->action = SCREEN_ACTION_NONE;
	d->length = frame->length;
	d->flow = SCREEN_FLOW_NONE;
	return (struct step){
		.c = context,
		.frame = frame,
		.d = d,
		.port = &context->policy->port[frame->slot],
	};
}

void screen_look(struct screen_context *context, const struct screen_frame *frames,
		 struct screen_decision *decisions, uint32_t count)
{
	const struct screen_port_policy *port = &context->policy->port[frames->slot];
	struct screen_place *places[SCREEN_CODEC_BURST];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		__builtin_prefetch(frames[i].data);
	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision *d = &decisions[i];

		d->kind = screen_read(frames[i].data, frames[i].data + frames[i].length, &d->packet);
		if (d->kind != SCREEN_KIND_TCP || !port->screened)
			continue;
		screen_place_key(frames[i].data, &d->packet, port->wire, &d->place);
		places[n++] = &d->place;
	}
	screen_places(context->codec, context->lanes, context->flows, places, n);
}

void screen_judge(struct screen_context *context, struct screen_frame *frame,
		  struct screen_decision *d)
{
	struct step s = step_of(context, frame, d);
	enum screen_kind kind = d->kind;

	d->cookie = SCREEN_COOKIE_UNCHECKED;
	if (!s.port->used || (s.port->peer == SCREEN_SLOT_NONE && !s.port->host))
		return step_drop(&s, SCREEN_DROP_NO_PEER);
	if (s.port->host)
		return step_host(&s, kind);
	if (!step_screened(&s) || !step_ids(&s, kind))
		by_kind(&s, kind);
}

/* From the flow look-up on: a frame before this one may have made the flow. */
void screen_resume(struct screen_context *context, struct screen_frame *frame,
		   struct screen_decision *d)
{
	struct step s = step_of(context, frame, d);

	if (s.port->host)
		return step_host_answer(&s);
	tracked(&s);
}

void screen_check(struct screen_context *context, struct screen_frame *const frames[],
		  struct screen_decision *const decisions[], uint32_t count)
{
	struct screen_check checks[SCREEN_CODEC_BURST];
	struct screen_decision *asked[SCREEN_CODEC_BURST];
	uint32_t n = 0;

	context->undecided = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision *d = decisions[i];

		if (d->cookie != SCREEN_COOKIE_UNCHECKED)
			continue; /* it only waited for those before it */
		screen_tuple_of(frames[i]->data, &d->packet, &checks[n].tuple);
		checks[n].seq = d->packet.seq;
		checks[n].ack = d->packet.ack;
		checks[n].tsecr = d->options.tsecr;
		checks[n].timestamps = d->options.flags & SCREEN_HAS_TIMESTAMPS;
		asked[n++] = d;
	}
	screen_codec_check(context->codec, context->lanes, context->keyset,
			   context->policy->port[frames[0]->slot].zone, checks, n);
	for (uint32_t i = 0; i < n; i++) {
		asked[i]->cookie = checks[i].valid ? SCREEN_COOKIE_IS_VALID :
						     SCREEN_COOKIE_IS_INVALID;
		if (!checks[i].valid)
			continue;
		asked[i]->agreed = checks[i].agreed;
		asked[i]->epoch = checks[i].epoch;
	}
}

static struct screen_zone_meter *zone_of(struct screen_context *c, const struct screen_frame *frame)
{
	return &c->meters->zone[c->policy->port[frame->slot].zone];
}

/* Counts what was sent in one go: of a flood most is to one destination. */
static void count_challenges(struct screen_context *c, const struct screen_frame *frame,
			     struct screen_decision *const decisions[], uint32_t count)
{
	uint32_t window = (uint32_t)(c->now_ns / 1000000000u) / SCREEN_LOOKS_WINDOW_S;

	atomic_fetch_add_explicit(&zone_of(c, frame)->challenged, count, memory_order_relaxed);
	for (uint32_t i = 0, first = 0; i < count; first = i) {
		uint16_t victim = decisions[first]->victim;

		while (i < count && decisions[i]->victim == victim)
			i++;
		if (victim != SCREEN_VICTIM_NONE)
			screen_pace_add(&c->meters->victims.victim[victim].challenges, window, i - first);
	}
}

void screen_refuse(struct screen_context *context, const struct screen_frame *frame,
		   const struct screen_decision *d)
{
	screen_victim_add(&zone_of(context, frame)->refused);
	if (d->victim != SCREEN_VICTIM_NONE)
		screen_victim_add(&context->meters->victims.victim[d->victim].refused);
}

/* Writes the challenge of one frame that the client itself resets. */
static void challenge_safely(struct screen_context *c, struct screen_frame *frame,
			     struct screen_decision *d)
{
	uint32_t zone = c->policy->port[frame->slot].zone;
	struct screen_tuple tuple;

	screen_tuple_of(frame->data, &d->packet, &tuple);
	d->length = screen_reply_safe_reset(
		frame->data, &d->packet,
		screen_cookie_safe_reset(screen_keyset_mint_key(c->keyset, zone),
					 c->keyset->mint_epoch, &tuple, d->packet.seq));
}

void screen_challenge(struct screen_context *context, struct screen_frame *const frames[],
		      struct screen_decision *const decisions[], uint32_t count)
{
	struct screen_mint mints[SCREEN_CODEC_BURST];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (decisions[i]->admission == SCREEN_ADMISSION_SAFE_RESET)
			continue;
		screen_tuple_of(frames[i]->data, &decisions[i]->packet, &mints[n].tuple);
		mints[n].client_isn = decisions[i]->packet.seq;
		mints[n++].agreed = decisions[i]->agreed;
	}
	screen_codec_mint(context->codec, context->lanes, context->keyset,
			  context->policy->port[frames[0]->slot].zone, mints, n);
	count_challenges(context, frames[0], decisions, count);
	n = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision *d = decisions[i];

		d->epoch = context->keyset->mint_epoch;
		if (d->admission == SCREEN_ADMISSION_SAFE_RESET)
			challenge_safely(context, frames[i], d);
		else
			d->length = screen_reply_challenge(frames[i]->data, &d->packet, &d->options,
							   &d->agreed, &d->server,
							   mints[n++].cookie);
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
	screen_flow_uncount(context->flows, f, SCREEN_COUNTED_SESSION);
	memcpy(to, syn, syn_length);
	(void)screen_parse(to, to + syn_length, &p);
	return screen_reply_reset(to, &p, f->cookie_isn + 1, f->client_isn + 1, true);
}
