/* How a decision makes flows. */
#include "step.h"

static void retire(struct screen_context *c, uint32_t flow)
{
	c->retired[c->retired_count++] = flow;
}

/* A new flow for this packet, whose client is its source or its destination. SCREEN_FLOW_NONE when
 * there is no room. Not installed yet. */
uint32_t step_flow_new(struct step *s, bool client_is_source)
{
	uint32_t index = screen_flow_take(s->c->flows);
	struct screen_flow *f = &s->c->flows->flows[index];

	/* Full: what is over or half-open makes room, after a grace period, for those who come next. */
	if (index == SCREEN_FLOW_NONE) {
		uint32_t victim = screen_flow_evict(s->c->flows, s->d->place.hash);

		if (victim != SCREEN_FLOW_NONE)
			retire(s->c, victim);
		return index;
	}
	f->key = s->d->place.key;
	f->client_low = s->d->place.from_low == client_is_source;
	f->client_slot = client_is_source ? s->frame->slot : s->port->peer;
	f->created_s = step_seconds(s);
	atomic_store_explicit(&f->syn_s, (uint8_t)(f->created_s - 1), memory_order_relaxed);
	f->half_open_s = s->c->policy->initial_timeout_s;
	if (step_screened(s))
		f->half_open_s = (uint16_t)step_profile(s)->timeout_s;
	screen_flow_seen(f, client_is_source ? 0 : 1, f->created_s);
	return index;
}

/* Installs it, in place of s->flow if that is a flow. False, and given back, when it cannot be. */
bool step_flow_install(struct step *s, uint32_t index, uint32_t state)
{
	uint32_t other = SCREEN_FLOW_NONE;

	struct screen_flow *f = &s->c->flows->flows[index];

	atomic_store_explicit(&f->state, state, memory_order_relaxed);
	screen_flow_count(s->c->flows, f, SCREEN_COUNTED_SESSION);
	if (screen_flow_install(s->c->flows, index, s->d->place.hash, s->flow, &other) !=
	    SCREEN_INSTALL_DONE) {
		screen_flow_uncount(s->c->flows, f, SCREEN_COUNTED_SESSION);
		screen_flow_give(s->c->flows, index);
		return false;
	}
	if (other != SCREEN_FLOW_NONE)
		retire(s->c, other);
	s->flow = index;
	return true;
}

/* Tracks a connection that is forwarded as it is. */
void step_track(struct step *s, bool client_is_source, uint32_t state,
		  enum screen_reason reason)
{
	uint32_t index = step_flow_new(s, client_is_source);

	if (index != SCREEN_FLOW_NONE && client_is_source) {
		s->c->flows->flows[index].client_isn = s->d->packet.seq;
		s->c->flows->flows[index].agreed = step_offered(s);
	}
	/* learned from a SYN-ACK: an ACK of just that will open it */
	if (index != SCREEN_FLOW_NONE && !client_is_source)
		s->c->flows->flows[index].server_isn = s->d->packet.seq;
	if (index != SCREEN_FLOW_NONE)
		step_note(s, &s->c->flows->flows[index], client_is_source ? 0 : 1);
	if (index == SCREEN_FLOW_NONE || !step_flow_install(s, index, state))
		reason = SCREEN_FORWARD_UNTRACKED;
	step_forward(s, reason);
}
