/*
 * One decision under way: what its parts (ids.c, syn.c, ack.c, segment.c) hand to each other. Private to the
 * screen.
 */
#pragma once

#include "intact.h"
#include "screen.h"
#include "splice.h"

/* What is known of the server that a frame is for. */
enum step_standing {
	STEP_NOT_LOOKED,
	STEP_ANSWERS, /* or it is configured */
	STEP_CLOSED,  /* it has just refused a connection */
	STEP_UNKNOWN,
};

struct step {
	struct screen_context *c;
	struct screen_frame *frame;
	struct screen_decision *d;
	const struct screen_port_policy *port;
	uint32_t flow; /* index, SCREEN_FLOW_NONE */
	uint64_t pseudo; /* sum of the pseudo-header of a segment; 0: not computed */
	uint64_t target; /* hash of the destination; 0: not computed */
	enum step_standing standing;
	bool in_streak; /* this SYN is not in the meters yet */
	uint8_t admission; /* of its preset; SCREEN_ADMISSION_UNSET: as the zone's. Set by step_server() */
};

static inline void step_decide(struct step *s, enum screen_verdict verdict,
			       enum screen_reason reason)
{
	s->d->verdict = verdict;
	s->d->reason = reason;
}

static inline void step_forward(struct step *s, enum screen_reason reason)
{
	step_decide(s, SCREEN_FORWARD, reason);
}

static inline void step_drop(struct step *s, enum screen_reason reason)
{
	step_decide(s, SCREEN_DROP, reason);
}

static inline uint32_t step_seconds(const struct step *s)
{
	return (uint32_t)(s->c->now_ns / 1000000000u);
}

static inline const struct screen_profile_config *step_profile(const struct step *s)
{
	return &s->c->policy->profile[s->port->profile];
}

/* Whether SYNs that come in by this port are screened: the frame is a client's. */
static inline bool step_screened(const struct step *s)
{
	return s->port->profile != SCREEN_NONE;
}

static inline struct screen_zone_meter *step_zone(const struct step *s)
{
	return &s->c->meters->zone[s->port->zone];
}

/* The meters of the zone whose clients the server has that the frame comes from. */
static inline struct screen_zone_meter *step_clients_meter(const struct step *s)
{
	return &s->c->meters->zone[s->c->policy->port[s->port->peer].zone];
}

static inline struct screen_flow *step_flow(const struct step *s)
{
	return &s->c->flows->flows[s->flow];
}

/* Finds the flow of a packet that is no segment of it: the frame is about it, or a part of one. */
static inline void step_find(struct step *s, const struct screen_packet *p)
{
	struct screen_place *place = &s->d->place;

	screen_place_key(s->frame->data, p, s->port->wire, place);
	place->hash = screen_flow_hash(s->c->flows, &place->key);
	s->flow = screen_flow_find(s->c->flows, &place->key, place->hash);
}

static inline uint64_t step_pseudo(struct step *s)
{
	if (!s->pseudo)
		s->pseudo = screen_pseudo_around(s->frame->data, &s->d->packet);
	return s->pseudo;
}

/* Whether the segment is as it was sent. */
static inline bool step_intact(struct step *s)
{
	return screen_intact(s->frame->data, &s->d->packet, step_pseudo(s));
}

/* Completes the checksum of a segment that was left to a device. */
static inline void step_complete(struct step *s)
{
	if (screen_checksum_is_partial(s->frame->data, &s->d->packet, step_pseudo(s)))
		(void)screen_checksum_complete(s->frame->data, &s->d->packet);
}

/* Claims to be the server, but comes from the client's side, or the other way round. */
static inline bool step_wrong_side(const struct step *s)
{
	const struct screen_flow *f = step_flow(s);

	return (s->frame->slot == f->client_slot) != (s->d->place.from_low == f->client_low);
}

/* The frame waits for the end of the burst, when cookies are checked. */
static inline void step_wait(struct step *s)
{
	s->d->undecided = true;
	s->c->undecided++;
}

static inline bool step_syn_flood_armed(const struct step *s)
{
	return step_profile(s)->armed >> SCREEN_IDS_SYN_FLOOD & 1;
}

/* ids.c: the other screens of the profile. True when the frame is dropped. */
bool step_ids(struct step *s, enum screen_kind kind);

/* Notes whom the protected side speaks to by UDP: its answers are no scan. */
void step_note_contact(struct step *s, enum screen_kind kind);

/* Those that look at a SYN that is about to be admitted. True when it is dropped. */
bool step_ids_admission(struct step *s);

/* Counts a hit in the zone's statistics, and says so in the log. */
void step_count_ids(struct step *s, enum screen_ids ids);

/* gauge.c: tells the log of the frame. */
void step_event(struct step *s, enum screen_event_kind kind, enum screen_ids ids, uint64_t count);

/* The server that the frame is for, or (which = 0) comes from. */
uint64_t step_server_hash(struct step *s, int which);

/* Counts a SYN that may go through to a port that is not known to answer: how many in this second. */
uint32_t step_asked(struct step *s);

/* Counts a SYN towards its destination. Returns whether something is to be done about it: that floods,
 * and without cookies this SYN is of the excess. */
bool step_meter_syn(struct step *s);

/* Whether the frame's destination floods, without counting. */
bool step_destination_floods(struct step *s);

/* Counts a SYN that somebody else has found to flood. */
void step_count_flooding(struct step *s);

/* Counts a SYN that would have been challenged, were it not for alarm-without-drop. */
void step_count_unsent(struct step *s);

/* Counts an ACK to a flooding destination whose cookie was valid, or not. */
void step_count_answer(struct step *s, bool valid);

/* Counts an admitted SYN of its source, or to its destination: whether it is within the threshold. */
bool step_within_source_threshold(struct step *s);
bool step_within_destination_threshold(struct step *s);

/* Notes that the zone has a destination whose SYNs are challenged: cookies may be under way. */
void step_note_flood(struct step *s);

/* Counts a SYN of a live flow to a flooding destination of the zone: how many in this second. */
uint32_t step_known_syns(struct step *s);

/* Which of the shares of a worker's pending splices belongs to the frame's destination. */
uint8_t step_destination_share(struct step *s);

/* track.c: a new flow for this packet, whose client is its source or its destination.
 * SCREEN_FLOW_NONE when there is no room. Not installed yet. */
uint32_t step_flow_new(struct step *s, bool client_is_source);

/* Installs it, in place of s->flow if that is a flow. False, and given back, when it cannot be. */
bool step_flow_install(struct step *s, uint32_t index, uint32_t state);

/* Tracks a connection that is forwarded as it is, and decides. */
void step_track(struct step *s, bool client_is_source, uint32_t state, enum screen_reason reason);

/* note.c: notes in the flow what a segment of a side (0: client) says: how far it has come, FIN, RST.
 * Before it is translated. */
void step_note(struct step *s, struct screen_flow *f, int side);

/* learn.c: what the server that this frame comes from says of itself: its SYN-ACK, in answer to a SYN
 * that offered `offered` (enum screen_option_flag); or its RST, in answer to a SYN. */
void step_learn(struct step *s, uint8_t offered);
void step_learn_refusal(struct step *s);

/* What of enum screen_option_flag this SYN offers. */
uint8_t step_offered(const struct step *s);

/* The zone whose clients the server has that the frame comes from. */
uint16_t step_clients_zone(const struct step *s);

/* Looks the server up that the frame is for, once. Sets s->d->server: what a challenge in its place
 * promises. */
enum step_standing step_server(struct step *s);

/* Whether this SYN may go through unchallenged, to learn whether the port is open. Counts it. */
bool step_ask(struct step *s);

/* syn.c: whether the source has too many admitted SYNs, and something is to be done about it. */
bool step_over_source_threshold(struct step *s);

/* Counts a SYN that cannot be admitted as a new one is: whether it floods and is to be stopped. */
bool step_syn_floods(struct step *s);

/* A SYN without ACK, RST or FIN. */
void step_syn(struct step *s);

/* Answers a SYN to a flooding destination, if it can be answered. */
void step_challenge(struct step *s);

/* host.c: a frame of a host port; and again, when its cookie has been checked. */
void step_host(struct step *s, enum screen_kind kind);
void step_host_answer(struct step *s);

/* admission.c: what a valid answer to a challenge of this frame's destination leads to. */
enum screen_admission step_admission(struct step *s);

/* Whether the frame's client is validated for its destination, and has not sent more SYNs than such a
 * one would: its address may be forged. Counts this one. */
bool step_is_validated(struct step *s);

/* Validates the frame's client for its destination. */
void step_validate(struct step *s);

/* Whether one more reply to the frame's source is above what is configured. Counts it. */
bool step_reply_rate(struct step *s);

/* A valid cookie: the client is real, and is admitted. */
void step_admit(struct step *s);

/* Whether the frame is the RST that answers a safe-reset challenge; then it is dealt with. */
bool step_safe_reset(struct step *s);

/* ack.c: whether the segment carries a valid cookie; then s->d->agreed says what was agreed. While it
 * is unchecked the frame is left undecided, and the caller returns: it is called again. */
enum screen_cookie_state step_cookie(struct step *s);

/* Whether cookies of this zone may be under way. */
bool step_cookies_under_way(const struct step *s);

/* The connection exists for the client; makes it exist for the server. */
void step_splice(struct step *s);

/* A segment of no known flow, no SYN, from the screened side. No state is made for it. */
void step_unknown_from_client(struct step *s);

/* Whether a segment has data or a FIN: something that must reach the server. */
static inline bool step_carries_data(const struct screen_packet *p)
{
	return screen_packet_payload_length(p) > 0 || (p->tcp_flags & SCREEN_TCP_FIN);
}

/* quote.c: an ICMP error about a splice, or the first fragment of a segment of one. True when it is
 * dealt with. */
bool step_icmp(struct step *s);
bool step_first_fragment(struct step *s);

/* segment.c: a splice is over before it was open; nobody need wait for it. False when another worker has
 * just opened or ended it. */
bool step_end_pending(struct step *s);

/* A segment, no SYN, of a known flow. */
void step_segment(struct step *s);
