/* The returning ACK: its cookie, and the splice that a valid one begins. */
#include "step.h"

/* A peer's may come at any time. */
bool step_cookies_under_way(const struct step *s)
{
	if (s->c->policy->mode != SCREEN_MODE_SYN_COOKIE || !s->c->keyset)
		return false;
	return s->c->policy->has_peers || screen_zone_cookies(step_zone(s), s->c->now_ns);
}

static bool may_carry_cookie(const struct step *s)
{
	const uint8_t kind = SCREEN_TCP_ACK | SCREEN_TCP_SYN | SCREEN_TCP_RST;

	return step_screened(s) && (s->d->packet.tcp_flags & kind) == SCREEN_TCP_ACK &&
	       step_cookies_under_way(s) && s->port->zone < s->c->keyset->zones;
}

enum screen_cookie_state step_cookie(struct step *s)
{
	struct screen_decision *d = s->d;

	if (d->cookie == SCREEN_COOKIE_UNCHECKED) {
		if (!may_carry_cookie(s))
			return SCREEN_COOKIE_IS_INVALID;
		step_wait(s);
		return SCREEN_COOKIE_UNCHECKED;
	}
	/* once: the frame is rewritten when the cookie has been used */
	if (d->cookie == SCREEN_COOKIE_IS_VALID && !step_intact(s))
		d->cookie = SCREEN_COOKIE_IS_INVALID;
	return d->cookie;
}

void step_splice(struct step *s)
{
	struct screen_decision *d = s->d;
	struct screen_flow *f;
	uint32_t index;

	uint8_t share = step_destination_share(s);

	if (step_over_source_threshold(s))
		return step_drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
	if (step_ids_admission(s))
		return;
	if (s->c->splice_full || s->c->asked[share] >= SCREEN_ASKED_MAX)
		return step_drop(s, SCREEN_DROP_SPLICE_LIMIT);
	index = step_flow_new(s, true);
	if (index == SCREEN_FLOW_NONE)
		return step_drop(s, SCREEN_DROP_SPLICE_LIMIT);
	f = &s->c->flows->flows[index];
	screen_splice_begin(f, &d->packet, &d->options, &d->agreed);
	atomic_store_explicit(&f->owner, (uint16_t)(s->c->worker + 1), memory_order_relaxed);
	(void)step_server(s);
	d->syn_length = screen_splice_syn(f, d->syn, s->frame->data, &d->packet, &d->server);
	if (!step_flow_install(s, index, SCREEN_FLOW_PENDING))
		return step_drop(s, SCREEN_DROP_SPLICE_LIMIT);
	step_count_answer(s, true);
	step_validate(s);
	s->c->asked[share]++;
	d->action = SCREEN_ACTION_ASK_SERVER;
	d->share = share;
	d->flow = index;
	if (step_carries_data(&d->packet))
		return step_decide(s, SCREEN_HOLD, SCREEN_HOLD_SPLICE_PENDING);
	/* The ACK has said all it had to; its frame carries the SYN on. */
	memcpy(s->frame->data, d->syn, d->syn_length);
	d->length = d->syn_length;
	step_forward(s, SCREEN_FORWARD_SPLICE_SYN);
}

static bool learning(struct step *s)
{
	struct screen_context *c = s->c;

	if (c->now_ns >= c->learning_until_ns)
		return false;
	if (c->learning_second != step_seconds(s)) {
		c->learning_second = step_seconds(s);
		c->learning_count = 0;
	}
	c->learning_count++;
	return true;
}

/* SYN and FIN: some stacks take that for a SYN, and it must be no way round the screen. */
static bool hidden_syn(const struct step *s)
{
	return (s->d->packet.tcp_flags & (SCREEN_TCP_SYN | SCREEN_TCP_ACK)) == SCREEN_TCP_SYN &&
	       step_syn_flood_armed(s) && !step_profile(s)->alarm_without_drop;
}

/* A segment of no known flow from the screened side. No state is made for it. */
void step_unknown_from_client(struct step *s)
{
	enum screen_cookie_state cookie = step_cookie(s);

	if (cookie == SCREEN_COOKIE_UNCHECKED)
		return;
	if (cookie == SCREEN_COOKIE_IS_VALID)
		return step_admit(s);
	if (step_safe_reset(s))
		return;
	if (hidden_syn(s))
		return step_drop(s, SCREEN_DROP_NO_FLOW);
	if (learning(s)) {
		if (s->c->learning_count > s->c->learning_rate)
			return step_drop(s, SCREEN_DROP_LEARNING_LIMIT);
		return step_forward(s, SCREEN_FORWARD_LEARNING);
	}
	if (step_destination_floods(s) && !step_profile(s)->alarm_without_drop) {
		step_count_answer(s, false);
		return step_drop(s, SCREEN_DROP_COOKIE_INVALID);
	}
	/* its SYN may have been one of those that found no room */
	if (screen_flows_full(s->c->flows))
		return step_forward(s, SCREEN_FORWARD_UNTRACKED);
	if (s->c->policy->no_syn_check)
		return step_forward(s, SCREEN_FORWARD_NO_SYN_CHECK);
	step_drop(s, SCREEN_DROP_NO_FLOW);
}
