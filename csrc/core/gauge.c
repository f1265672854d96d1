/* The meters as a decision reads them: attack-threshold, source- and destination-threshold. */
#include "step.h"

/* Of the frame's source, in the zone of its clients. */
static uint64_t source_hash(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	uint8_t address[16];

	screen_flow_address(s->frame->data, p, 0, address);
	return screen_meters_server(s->c->meters, step_clients_zone(s), address, p->sport);
}

/* The frame's v4-mapped source or destination in words, made in registers: what has just been written in
 * pieces is slow to read as a whole. */
static void address_words(const struct step *s, int which, uint64_t words[2])
{
	const uint8_t *ip = s->frame->data + s->d->packet.l3;
	uint32_t address;

	if (s->d->packet.family == 6) {
		words[0] = screen_load_le64(ip + 8 + which * 16);
		words[1] = screen_load_le64(ip + 16 + which * 16);
		return;
	}
	memcpy(&address, ip + 12 + which * 4, 4);
	words[0] = 0;
	words[1] = SCREEN_MAPPED_IPV4 | (uint64_t)address << 32;
}

static uint64_t destination_hash(struct step *s)
{
	uint64_t address[2];

	if (s->target)
		return s->target;
	address_words(s, 1, address);
	return s->target = screen_meters_again(s->c->meters, &s->c->recent.hashed, s->port->zone, address,
					       s->d->packet.dport);
}

uint64_t step_server_hash(struct step *s, int which)
{
	return which ? destination_hash(s) : source_hash(s);
}

uint32_t step_asked(struct step *s)
{
	return screen_pace_counted(&step_zone(s)->asked, step_seconds(s));
}

/* Notes that a zone has a flooding destination now. */
static void note_flood(struct step *s, bool entered)
{
	struct screen_zone_meter *z = step_zone(s);
	uint64_t now = s->c->now_ns;

	/* the keeper takes it away */
	if (atomic_load_explicit(&z->flood_first_ns, memory_order_relaxed) == 0)
		atomic_store_explicit(&z->flood_first_ns, now, memory_order_relaxed);
	/* another worker's burst may have begun later: then it is ahead */
	if (now > atomic_load_explicit(&z->flood_last_ns, memory_order_relaxed))
		atomic_store_explicit(&z->flood_last_ns, now, memory_order_relaxed);
	if (entered)
		atomic_fetch_add_explicit(&z->attacks, 1, memory_order_relaxed);
}

void step_event(struct step *s, enum screen_event_kind kind, enum screen_ids ids, uint64_t count)
{
	const struct screen_packet *p = &s->d->packet;
	struct screen_note n = {
		.now_ns = s->c->now_ns,
		.count = count,
		.kind = (uint8_t)kind,
		.ids = (uint8_t)ids,
		.slot = s->frame->slot,
		.zone = (uint8_t)s->port->zone,
		.protocol = p->protocol,
		.dropped = !step_profile(s)->alarm_without_drop && ids != SCREEN_IDS_WINNUKE,
		.sport = p->sport,
		.dport = p->dport,
	};

	if (!s->c->events)
		return;
	if (p->family) {
		screen_flow_address(s->frame->data, p, 0, n.source);
		screen_flow_address(s->frame->data, p, 1, n.destination);
	}
	screen_event_put(s->c->events, &n);
}

/* The entry of a destination that floods. */
static uint32_t victim_of(struct step *s, uint64_t hash)
{
	struct screen_victims *t = &s->c->meters->victims;
	uint32_t at = screen_victim_find(t, hash);
	uint8_t address[16];

	if (at != SCREEN_VICTIM_NONE)
		return at;
	screen_flow_address(s->frame->data, &s->d->packet, 1, address);
	return screen_victim_make(t, hash, address,
				  (uint32_t)s->port->zone << 16 | s->d->packet.dport, s->c->now_ns);
}

static void note_other(struct step *s)
{
	_Atomic uint64_t *last = &step_zone(s)->other_last_ns;

	if (atomic_load_explicit(last, memory_order_relaxed) < s->c->now_ns)
		atomic_store_explicit(last, s->c->now_ns, memory_order_relaxed);
}

static void count_talker(struct step *s)
{
	uint64_t source[2];

	if (!s->c->talkers)
		return;
	address_words(s, 0, source);
	screen_talkers_add(s->c->talkers, __builtin_bswap64(source[0]), __builtin_bswap64(source[1]),
			   s->port->zone);
}

/* A SYN that is challenged. attacked: because its destination's meter floods. */
static void count_victim(struct step *s, uint64_t hash, const struct screen_meter_reading *r,
			 bool attacked)
{
	uint32_t at = victim_of(s, hash);
	struct screen_victim *v;

	s->d->victim = (uint16_t)at;
	count_talker(s);
	if (at == SCREEN_VICTIM_NONE || !attacked)
		note_other(s);
	if (at == SCREEN_VICTIM_NONE)
		return;
	v = &s->c->meters->victims.victim[at];
	if (attacked && !atomic_load_explicit(&v->attacked, memory_order_relaxed) &&
	    !atomic_exchange_explicit(&v->attacked, 1, memory_order_relaxed))
		screen_victim_begin(v, s->c->now_ns);
	screen_pace_count(&v->rate, step_seconds(s));
	if (atomic_load_explicit(&v->last_ns, memory_order_relaxed) != s->c->now_ns)
		atomic_store_explicit(&v->last_ns, s->c->now_ns, memory_order_relaxed);
	screen_victim_set(&v->threshold, step_profile(s)->attack_threshold);
	if (r->count > atomic_load_explicit(&v->peak, memory_order_relaxed))
		atomic_store_explicit(&v->peak, r->count, memory_order_relaxed);
}

/* What cannot be challenged is dropped, but only what is beyond that which calm would have admitted: a
 * destination is not shut out for as long as it is flooded. */
static bool too_many(const struct step *s, const struct screen_meter_reading *r)
{
	return s->c->policy->mode == SCREEN_MODE_SYN_COOKIE ||
	       r->count >= step_profile(s)->attack_threshold;
}

/* Whether this SYN is one more of a streak. */
static bool in_streak(struct step *s, uint64_t hash, uint32_t window)
{
	struct screen_streak *k = &s->c->streak;

	if (!k->gathering)
		return false;
	if (!screen_streak_goes_on(k, hash, window)) {
		screen_streak_end(k, s->c->meters);
		return false;
	}
	s->d->victim = k->victim;
	s->in_streak = true;
	count_talker(s);
	return true;
}

/* Those behind this SYN may be a streak, unless something could begin or end by them. */
static void begin_streak(struct step *s, uint64_t hash, const struct screen_meter_reading *r)
{
	const struct screen_profile_config *profile = step_profile(s);
	struct screen_streak *k = &s->c->streak;

	if (!k->gathering || s->c->policy->mode != SCREEN_MODE_SYN_COOKIE ||
	    s->d->victim == SCREEN_VICTIM_NONE || r->count < profile->attack_threshold ||
	    r->count < profile->alarm_threshold)
		return;
	k->hash = hash;
	k->window = step_seconds(s);
	k->zone = s->port->zone;
	k->victim = s->d->victim;
}

bool step_meter_syn(struct step *s)
{
	const struct screen_profile_config *profile = step_profile(s);
	uint32_t window = step_seconds(s);
	struct screen_meter_reading r;
	uint64_t hash;
	bool attacked;

	if (!step_syn_flood_armed(s)) {
		screen_pace_count(&step_zone(s)->rate, window);
		return false;
	}
	hash = destination_hash(s);
	if (in_streak(s, hash, window))
		return true;
	screen_pace_count(&step_zone(s)->rate, window);
	r = screen_sketch_meter(&s->c->meters->attack, hash, window, profile->attack_threshold,
				profile->alarm_threshold);
	attacked = r.flooding;
	if (r.alarm) {
		atomic_fetch_add_explicit(&step_zone(s)->alarms, 1, memory_order_relaxed);
		step_event(s, SCREEN_EVENT_ALARM, SCREEN_IDS_SYN_FLOOD, r.count);
	}
	if (s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS)
		r.flooding = true;
	if (!r.flooding)
		return false;
	if (r.entered)
		step_event(s, SCREEN_EVENT_FLOOD_START, SCREEN_IDS_SYN_FLOOD, r.count);
	note_flood(s, r.entered);
	count_victim(s, hash, &r, attacked);
	begin_streak(s, hash, &r);
	return too_many(s, &r);
}

void step_count_flooding(struct step *s)
{
	uint32_t threshold = step_profile(s)->attack_threshold, window = step_seconds(s);
	uint64_t hash = destination_hash(s);
	struct screen_meter_reading r = {
		.count = screen_sketch_estimate(&s->c->meters->attack, hash, window),
		.flooding = screen_sketch_flooding(&s->c->meters->attack, hash, window, threshold),
	};

	note_flood(s, false);
	count_victim(s, hash, &r, r.flooding);
}

bool step_destination_floods(struct step *s)
{
	if (!step_syn_flood_armed(s))
		return false;
	return s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS ||
	       screen_sketch_flooding(&s->c->meters->attack, destination_hash(s), step_seconds(s),
				      step_profile(s)->attack_threshold);
}

void step_count_unsent(struct step *s)
{
	screen_victim_add(&step_zone(s)->challenged);
	/* not its pace: who was never asked has not failed to answer */
	if (s->d->victim != SCREEN_VICTIM_NONE)
		screen_victim_add(&s->c->meters->victims.victim[s->d->victim].unsent);
}

void step_count_answer(struct step *s, bool valid)
{
	struct screen_zone_meter *z = step_zone(s);
	uint32_t at = screen_victim_find(&s->c->meters->victims, destination_hash(s));
	struct screen_victim *v;

	screen_victim_add(valid ? &z->cookies_valid : &z->cookies_invalid);
	if (at == SCREEN_VICTIM_NONE)
		return;
	v = &s->c->meters->victims.victim[at];
	if (valid)
		screen_pace_count(&v->valids, step_seconds(s) / SCREEN_LOOKS_WINDOW_S);
	else
		screen_victim_add(&v->invalid);
}

/* source-threshold and destination-threshold count what is admitted, never what is challenged: a
 * spoofed flood must not shut out the destination that it is aimed at. */
static uint32_t count_address(struct step *s, struct screen_sketch *sketch, int which,
			      uint32_t threshold)
{
	uint8_t address[16];
	uint64_t hash;

	screen_flow_address(s->frame->data, &s->d->packet, which, address);
	hash = screen_meters_hash(s->c->meters, s->port->zone, address, 0);
	return screen_sketch_count(sketch, hash, step_seconds(s), threshold).count;
}

bool step_within_source_threshold(struct step *s)
{
	uint32_t threshold = step_profile(s)->source_threshold;

	return count_address(s, &s->c->meters->by_source, 0, threshold) <= threshold;
}

bool step_within_destination_threshold(struct step *s)
{
	uint32_t threshold = step_profile(s)->destination_threshold;

	return count_address(s, &s->c->meters->by_destination, 1, threshold) <= threshold;
}

void step_note_flood(struct step *s)
{
	note_flood(s, false);
	note_other(s);
}

uint32_t step_known_syns(struct step *s)
{
	return screen_pace_counted(&step_zone(s)->known, step_seconds(s));
}

uint8_t step_destination_share(struct step *s)
{
	return (uint8_t)(destination_hash(s) >> 48);
}
