/* SYNs: admitted, or challenged. */
#include "step.h"

/* Group and unspecified addresses: nobody there could answer. Neither could a v4-mapped one of IPv6, which
 * is never sent (RFC 6890 section 2.2.3), and is how IPv4's are written here. */
static bool unanswerable(const uint8_t *data, const struct screen_packet *p, int which)
{
	static const uint8_t unspecified[16], mapped[12] = { [10] = 0xff, 0xff };
	const uint8_t *ip = data + p->l3;

	if (p->family == 6) {
		ip += 8 + which * 16;
		return ip[0] == 0xff || memcmp(ip, unspecified, 16) == 0 ||
		       memcmp(ip, mapped, sizeof(mapped)) == 0;
	}
	ip += 12 + which * 4;
	return ip[0] >= 224 || ip[0] == 0;
}

/* Why a SYN cannot be challenged; SCREEN_REPLY_CHALLENGE: it can. */
static enum screen_reason obstacle(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *data = s->frame->data;

	if (((data[0] | data[6]) & 1) || unanswerable(data, p, 0) || unanswerable(data, p, 1))
		return SCREEN_DROP_SYN_SOURCE;
	if (s->c->policy->mode != SCREEN_MODE_SYN_COOKIE)
		return SCREEN_DROP_SYN_FLOOD;
	if (!s->c->keyset || s->port->zone >= s->c->keyset->zones)
		return SCREEN_DROP_NO_KEYSET;
	if (!step_intact(s))
		return SCREEN_DROP_CHECKSUM;
	if (s->d->options.flags & SCREEN_HAS_SIGNATURE)
		return SCREEN_DROP_SYN_MD5;
	if (screen_options_mss(&s->d->options, p->family) < SCREEN_MSS_MIN)
		return SCREEN_DROP_SYN_MSS;
	return SCREEN_REPLY_CHALLENGE;
}

/* The port has just refused another: it must not look open (RFC 9293 section 3.10.7.1). */
static void refuse(struct step *s)
{
	struct screen_decision *d = s->d;
	uint32_t next = d->packet.seq + 1 + screen_packet_payload_length(&d->packet);

	if (step_reply_rate(s))
		return step_drop(s, SCREEN_DROP_REPLY_RATE);
	d->rationed = true;
	d->length = screen_reply_reset(s->frame->data, &d->packet, 0, next, true);
	step_decide(s, SCREEN_REPLY, SCREEN_REPLY_CLOSED_PORT);
}

/* The kernel admits nobody with an option that it does not do, whatever the listener did before. */
static void limit_to_host(struct step *s)
{
	uint32_t lacks = atomic_load_explicit(&s->c->meters->host_lacks, memory_order_relaxed);

	if (s->port->host)
		s->d->server.has &= (uint8_t)~lacks;
}

/* The driver may answer those behind this one as it would be answered here: where the server is known to
 * answer (of a host port it is seen to listen), and by a cookie. */
static void let_driver(struct step *s)
{
	struct screen_server_profile promised = s->d->server;
	uint64_t offer;

	if (s->c->policy->offload == SCREEN_OFFLOAD_ENGINE || s->d->victim == SCREEN_VICTIM_NONE ||
	    (s->standing != STEP_ANSWERS && !s->port->host) || s->d->admission == SCREEN_ADMISSION_SAFE_RESET)
		return;
	promised.reserved = s->port->host;
	memcpy(&offer, &promised, sizeof(offer));
	screen_victim_let(&s->c->meters->victims.victim[s->d->victim], offer, s->c->policy->generation,
			  step_seconds(s));
}

void step_challenge(struct step *s)
{
	enum screen_reason reason = obstacle(s);

	if (reason != SCREEN_REPLY_CHALLENGE)
		return step_drop(s, reason);
	if (step_server(s) == STEP_CLOSED)
		return refuse(s);
	s->d->admission = (uint8_t)step_admission(s);
	limit_to_host(s);
	screen_agree(s->d->packet.family, s->d->packet.tcp_flags, &s->d->options, &s->d->server,
		     &s->d->agreed);
	if (step_reply_rate(s))
		return step_drop(s, SCREEN_DROP_REPLY_RATE);
	let_driver(s);
	step_decide(s, SCREEN_CHALLENGE, SCREEN_REPLY_CHALLENGE);
}

static bool white_listed(const struct step *s)
{
	const struct screen_profile_config *profile = step_profile(s);
	uint8_t source[16], destination[16];

	if (profile->prefix_count == 0 || !s->c->policy->white)
		return false;
	screen_flow_address(s->frame->data, &s->d->packet, 0, source);
	screen_flow_address(s->frame->data, &s->d->packet, 1, destination);
	return screen_white_listed(s->c->policy->white, s->port->profile, source, destination);
}

/* A threshold is exceeded: counted. Whether there is something to be done about it. */
static bool exceeded(struct step *s, enum screen_ids ids)
{
	step_count_ids(s, ids);
	return !step_profile(s)->alarm_without_drop;
}

/* The same of what would be challenged: then a dry run counts that, too. */
static bool challengeable(struct step *s, enum screen_ids ids)
{
	if (exceeded(s, ids))
		return true;
	if (s->c->policy->mode == SCREEN_MODE_SYN_COOKIE)
		step_count_unsent(s);
	return false;
}

bool step_syn_floods(struct step *s)
{
	return step_meter_syn(s) && !white_listed(s) && !step_is_validated(s) &&
	       challengeable(s, SCREEN_IDS_SYN_FLOOD);
}

bool step_over_source_threshold(struct step *s)
{
	return step_syn_flood_armed(s) && !step_within_source_threshold(s) &&
	       exceeded(s, SCREEN_IDS_SYN_FLOOD_SOURCE);
}

/* What is above destination-threshold is challenged like a flood, where it can be: SYNs that are
 * spread over many ports must not shut out the address that they are aimed at. */
static void admit(struct step *s, enum screen_reason reason)
{
	bool cookies = s->c->policy->mode == SCREEN_MODE_SYN_COOKIE, over;

	/* Without cookies one source must not use up what the destination has. With them its address
	 * is proved first, so that forged SYNs do not count against the one that they name. */
	if (!cookies && step_over_source_threshold(s))
		return step_drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
	over = step_syn_flood_armed(s) && !step_within_destination_threshold(s);
	if (over && cookies && white_listed(s))
		reason = SCREEN_FORWARD_SYN_WHITE_LIST;
	else if (over && challengeable(s, SCREEN_IDS_SYN_FLOOD_DESTINATION)) {
		/* to challenge a validated one again would let it through no sooner */
		if (!cookies || (reason == SCREEN_FORWARD_SYN_VALIDATED &&
				 step_admission(s) != SCREEN_ADMISSION_SPLICE))
			return step_drop(s, SCREEN_DROP_DESTINATION_THRESHOLD);
		step_note_flood(s);
		return step_challenge(s);
	}
	if (cookies && step_over_source_threshold(s))
		return step_drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
	if (step_ids_admission(s))
		return;
	step_track(s, true, SCREEN_FLOW_HALF_OPEN, reason);
}

/* Nobody has seen this port answer: it may be closed, and must not look open. One SYN a second goes
 * through to learn which; not one that the server would not answer either, which would take that
 * second from all others. */
static bool may_ask(struct step *s)
{
	return s->c->policy->mode == SCREEN_MODE_SYN_COOKIE && step_server(s) == STEP_UNKNOWN &&
	       obstacle(s) == SCREEN_REPLY_CHALLENGE && step_ask(s);
}

/* A SYN from the screened side that belongs to no live flow. */
static void unknown_syn(struct step *s)
{
	bool floods = step_meter_syn(s);
	enum screen_reason reason = SCREEN_FORWARD_SYN_CALM;

	if (floods && white_listed(s))
		reason = SCREEN_FORWARD_SYN_WHITE_LIST;
	else if (floods && step_is_validated(s))
		reason = SCREEN_FORWARD_SYN_VALIDATED;
	else if (floods && challengeable(s, SCREEN_IDS_SYN_FLOOD)) {
		if (!may_ask(s))
			return step_challenge(s);
		reason = SCREEN_FORWARD_SYN_PROBE;
	}
	admit(s, reason);
}

/* Metered like any other, one a second passes, and while the destination floods only so many of all
 * flows of the zone: no way round the screen for who has connections. */
static bool known_syn_floods(struct step *s)
{
	uint8_t now = (uint8_t)step_seconds(s);
	bool floods = step_meter_syn(s);

	return step_syn_flood_armed(s) &&
	       (atomic_exchange_explicit(&step_flow(s)->syn_s, now, memory_order_relaxed) == now ||
		(floods && step_known_syns(s) > SCREEN_KNOWN_SYNS_MAX)) &&
	       exceeded(s, SCREEN_IDS_SYN_FLOOD);
}

/* A SYN of a flow that is there and live: the server answers with a challenge ACK (RFC 5961 section
 * 4.2). */
static void known_syn(struct step *s)
{
	struct screen_flow *f = step_flow(s);

	if (known_syn_floods(s))
		return step_drop(s, SCREEN_DROP_SYN_FLOOD);
	if (step_over_source_threshold(s))
		return step_drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
	if (screen_flow_state_get(f) == SCREEN_FLOW_SPLICED)
		screen_splice_translate(f, SCREEN_TO_SERVER, s->frame->data, &s->d->packet,
					&s->d->options);
	step_forward(s, SCREEN_FORWARD_SYN_KNOWN);
}

void step_syn(struct step *s)
{
	uint32_t state;

	if (!step_screened(s)) {
		if (s->flow != SCREEN_FLOW_NONE && !screen_flow_over(step_flow(s)))
			return step_forward(s, SCREEN_FORWARD_SYN_KNOWN);
		return step_track(s, true, SCREEN_FLOW_HALF_OPEN, SCREEN_FORWARD_SYN_OUTBOUND);
	}
	if (s->flow == SCREEN_FLOW_NONE || screen_flow_over(step_flow(s)))
		return unknown_syn(s);
	state = screen_flow_state_get(step_flow(s));
	if (step_wrong_side(s)) {
		/* A half-open entry that no server has answered may itself be the forgery: it must
		 * not shut out the client that it guessed. */
		if (state == SCREEN_FLOW_HALF_OPEN &&
		    atomic_load_explicit(&step_flow(s)->side[1].seen_s, memory_order_relaxed) == 0)
			return unknown_syn(s);
		return step_drop(s, SCREEN_DROP_NO_FLOW);
	}
	if (state == SCREEN_FLOW_PENDING || state == SCREEN_FLOW_OPENING)
		return step_drop(s, SCREEN_DROP_SPLICE_PENDING);
	/* Half-open entries were made in calm; a flood of one tuple is one, too, and while their
	 * destination floods a repeated SYN must not get past the screen by having one. */
	if (state != SCREEN_FLOW_HALF_OPEN)
		return known_syn(s);
	if (step_syn_floods(s))
		return step_challenge(s);
	step_forward(s, SCREEN_FORWARD_SYN_KNOWN);
}
