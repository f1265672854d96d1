/* The meters as a decision reads them: attack-threshold, source- and destination-threshold. */
#include "step.h"

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
	struct screen_zone_meter *z = step_zone(s);
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
bool step_meter_syn(struct step *s)
{
	const struct screen_profile_config *profile = step_profile(s);
	uint32_t window = step_seconds(s);
	struct screen_meter_reading r =
		screen_sketch_count(&s->c->meters->attack, destination_hash(s), window,
				    profile->attack_threshold);

	screen_zone_meter_count(step_zone(s), window);
	if (r.count == profile->alarm_threshold)
		atomic_fetch_add_explicit(&step_zone(s)->alarms, 1, memory_order_relaxed);
	if (s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS)
		r.flooding = true;
	if (r.flooding)
		note_flood(s, r.entered);
	return r.flooding;
}

bool step_destination_floods(struct step *s)
{
	return s->c->policy->activation == SCREEN_ACTIVATION_ALWAYS ||
	       screen_sketch_flooding(&s->c->meters->attack, destination_hash(s), step_seconds(s),
				      step_profile(s)->attack_threshold);
}

/* source-threshold and destination-threshold count what is admitted, never what is challenged: a
 * spoofed flood must not shut out the destination that it is aimed at. */
static uint32_t count_address(struct step *s, struct screen_sketch *sketch, int which,
			      uint32_t threshold)
{
	uint8_t address[16];

	screen_flow_address(s->frame->data, &s->d->packet, which, address);
	return screen_sketch_count(sketch, meter_hash(s, address, 0), step_seconds(s), threshold)
		.count;
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
}

uint32_t step_known_syns(struct step *s)
{
	return screen_zone_meter_known(step_zone(s), step_seconds(s));
}

uint8_t step_destination_share(const struct step *s)
{
	return (uint8_t)(destination_hash(s) >> 48);
}
