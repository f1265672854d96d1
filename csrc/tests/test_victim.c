/* Victims, talkers, and what the answers to challenges say of a flood. */
#include "script.h"
#include "world.h"

static struct screen_victim *only_victim(struct world *w)
{
	struct screen_victim *found = NULL;

	for (int i = 0; i < SCREEN_VICTIMS; i++) {
		struct screen_victim *v = &w->meters->victims.victim[i];

		if (!v->hash)
			continue;
		assert_null(found);
		found = v;
	}
	assert_non_null(found);
	return found;
}

static void victim_counts_what_its_flood_did(void **state)
{
	struct world *w = world_new(4, 0);
	struct screen_victim *v;
	uint8_t data[FRAME_MAX];
	struct frame_spec f = w->client;
	struct screen_note n;

	(void)state;
	world_flood(w, 99);
	for (int i = 0; i < SCREEN_VICTIMS; i++)
		assert_true(w->meters->victims.victim[i].hash == 0); /* calm */
	world_flood(w, 101);
	v = only_victim(w);
	assert_int_equal(screen_pace_total(&v->rate), 101);
	assert_int_equal(screen_victim_challenged(v), 101);
	assert_int_equal(v->peak, 200);
	assert_true(v->attacked);
	assert_int_equal(v->zone_port, 443);
	assert_int_equal(v->threshold, 100);
	assert_true(v->since_ns == w->context.now_ns && v->last_ns == w->context.now_ns);
	assert_int_equal(w->meters->zone[0].challenged, 101);
	assert_int_equal(w->meters->zone[0].alarms, 1);
	assert_int_equal(w->meters->zone[0].attacks, 1);
	assert_int_equal(screen_pace_total(&w->meters->zone[0].rate), 200);
	f.flags = SCREEN_TCP_ACK;
	f.seq = f.ack = 1;
	(void)world_decide(w, data, frame_build(data, &f), 0);
	assert_int_equal(v->invalid, 1);
	assert_int_equal(w->meters->zone[0].cookies_invalid, 1);
	/* alarm-threshold 50 came first, then the flood, then the screen's own line */
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.kind, SCREEN_EVENT_ALARM);
	assert_int_equal(n.count, 50);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.kind, SCREEN_EVENT_FLOOD_START);
	assert_int_equal(n.count, 100);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.kind, SCREEN_EVENT_SCREEN);
	assert_int_equal(n.ids, SCREEN_IDS_SYN_FLOOD);
	world_free(w);
}

static void victim_counts_answers_and_later_syns(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	struct screen_victim *v;

	(void)state;
	world_flood(w, 100);
	v = only_victim(w);
	SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460",
	       "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss 1460");
	assert_int_equal(screen_pace_total(&v->valids), 1);
	assert_int_equal(v->invalid, 0);
	assert_int_equal(w->meters->zone[0].cookies_valid, 1);
	world_wait(w, 0.5);
	world_flood(w, 1);
	assert_true(v->last_ns == w->context.now_ns && v->since_ns != w->context.now_ns);
	world_free(w);
}

/* A zone floods from its first destination on, until the keeper finds none. */
static void zone_floods_since_its_first_destination(void **state)
{
	struct world *w = world_new(4, 0);
	struct screen_zone_meter *z = &w->meters->zone[0];
	uint64_t first = w->context.now_ns;

	(void)state;
	world_flood(w, 100);
	assert_true(z->flood_first_ns == first && z->flood_last_ns == first);
	world_wait(w, 1);
	world_flood(w, 100);
	assert_true(z->flood_first_ns == first && z->flood_last_ns == w->context.now_ns);
	world_wait(w, 1);
	screen_meters_calm(w->meters, w->context.now_ns);
	assert_true(z->flood_first_ns == first);
	world_wait(w, 1);
	screen_meters_calm(w->meters, w->context.now_ns);
	assert_true(z->flood_first_ns == 0);
	world_flood(w, 100);
	assert_true(z->flood_first_ns == w->context.now_ns);
	w->context.now_ns -= 1; /* a late worker */
	world_flood(w, 1);
	assert_true(z->flood_last_ns == w->context.now_ns + 1);
	assert_int_equal(z->attacks, 2);
	world_free(w);
}

/* Calm at so many ms, and who is told so then? */
static void assert_calm_from(struct world *w, uint64_t ms)
{
	struct screen_victim *v = only_victim(w);
	uint64_t now = ms * 1000000 - 1;

	assert_int_equal(screen_meters_zones(w->meters, now), 1);
	assert_false(screen_meters_ended(w->meters, v, (uint32_t)(now / 1000000000)));
	assert_int_equal(screen_meters_zones(w->meters, now + 1), 0);
	assert_true(screen_meters_ended(w->meters, v, (uint32_t)((now + 1) / 1000000000)));
	assert_false(screen_meters_ended(w->meters, v, (uint32_t)((now + 1) / 1000000000)));
}

/* The second in which the flood ends, and one more: a client that comes meanwhile is challenged, and does
 * not keep it going. */
static void flood_is_over_a_window_after_the_second_of_its_end(void **state)
{
	struct world *w = world_new(4, 0);
	struct screen_victim *v;

	(void)state;
	world_wait(w, 0.25);
	world_flood(w, 150);
	world_wait(w, 1.5);
	world_flood(w, 1);
	v = only_victim(w);
	assert_int_equal(v->since_ns, 1000250000000);
	assert_int_equal(screen_victim_challenged(v), 52);
	assert_calm_from(w, 1002000);

	/* another one before the first is forgotten: what is told is of this one alone */
	world_wait(w, 0.5);
	world_flood(w, 99);
	assert_int_equal(screen_meters_zones(w->meters, w->context.now_ns), 0);
	world_flood(w, 31);
	assert_ptr_equal(only_victim(w), v);
	assert_int_equal(v->since_ns, 1002250000000);
	assert_int_equal(screen_pace_total(&v->rate), 31);
	assert_int_equal(screen_victim_challenged(v), 31);
	assert_int_equal(v->peak, 130);
	assert_int_equal(w->meters->zone[0].attacks, 2);
	assert_calm_from(w, 1004000);
	world_free(w);
}

/* Where no meter tells that it is over, two seconds without a challenge do. */
static void zone_that_always_challenges_is_calm_after_two_seconds_without(void **state)
{
	struct world *w = world_new(4, 0);

	(void)state;
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	world_wait(w, 0.25);
	world_flood(w, 1);
	assert_false(screen_meters_ended(w->meters, only_victim(w), 1005));
	assert_int_equal(screen_meters_zones(w->meters, 1002250000000 - 1), 1);
	assert_int_equal(screen_meters_zones(w->meters, 1002250000000), 0);
	/* and in it a flood is a flood */
	world_flood(w, 110);
	assert_int_equal(screen_pace_total(&only_victim(w)->rate), 12);
	assert_true(screen_meters_ended(w->meters, only_victim(w), 1002));
	world_free(w);
}

/* The bit that keeps a hash from being 0 must not be one that chooses a place. */
static void meter_and_victims_use_all_of_their_room(void **state)
{
	struct world *w = world_new(4, 0);
	uint32_t even = 0, odd = 0, sets[2] = { 0, 0 };

	(void)state;
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	for (uint32_t i = 0; i < 400; i++) {
		w->client.destination[2] = (uint8_t)(i >> 8);
		w->client.destination[3] = (uint8_t)i;
		world_flood(w, 1);
	}
	for (int i = 0; i < SCREEN_SKETCH_CELLS; i++)
		*(i & 1 ? &odd : &even) += w->meters->attack.cell[0][i] != 0;
	assert_true(even > 100 && odd > 100);
	for (int i = 0; i < SCREEN_VICTIMS; i++)
		sets[i / SCREEN_VICTIM_WAYS & 1] += w->meters->victims.victim[i].hash != 0;
	assert_true(sets[0] > 100 && sets[1] > 100);
	world_free(w);
}

/* 10 s with so many challenges and so many valid answers: what does it look like? */
static enum screen_looks looks_of(uint32_t challenged, uint32_t valid)
{
	struct screen_victim v = { .hash = 1 };

	for (uint32_t i = 0; i < challenged; i++)
		screen_pace_count(&v.challenges, 7);
	for (uint32_t i = 0; i < valid; i++)
		screen_pace_count(&v.valids, 7);
	assert_int_equal(screen_victim_looks(&v, 79), SCREEN_LOOKS_UNKNOWN); /* not over yet */
	return screen_victim_looks(&v, 80);
}

static void victim_tells_a_flood_from_a_crowd(void **state)
{
	(void)state;
	assert_int_equal(looks_of(19, 0), SCREEN_LOOKS_UNKNOWN);
	assert_int_equal(looks_of(20, 0), SCREEN_LOOKS_SPOOFED);
	assert_int_equal(looks_of(1000, 49), SCREEN_LOOKS_SPOOFED);
	assert_int_equal(looks_of(1000, 50), SCREEN_LOOKS_MIXED);
	assert_int_equal(looks_of(1000, 499), SCREEN_LOOKS_MIXED);
	assert_int_equal(looks_of(1000, 500), SCREEN_LOOKS_CROWD);
}

/* A burst of challenges to several destinations, one of them in two runs, one that is not listed. */
static void challenges_of_a_burst_are_counted_for_their_destinations(void **state)
{
	static const uint8_t ports[] = { 1, 1, 2, 9, 1, 1, 1, 2 };
	enum { COUNT = sizeof(ports) };
	struct world *w = world_new(4, 0);
	struct screen_victim *v = w->meters->victims.victim;
	static uint8_t data[COUNT][FRAME_MAX];
	struct screen_frame frames[COUNT], *f[COUNT];
	struct screen_decision decisions[COUNT], *d[COUNT];

	(void)state;
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	w->client.flags = SCREEN_TCP_SYN;
	for (int i = 0; i < COUNT; i++) {
		w->client.dport = ports[i];
		frames[i] = (struct screen_frame){ .data = data[i] };
		frames[i].length = frame_build(data[i], &w->client);
		f[i] = &frames[i];
		d[i] = &decisions[i];
		screen_decide(&w->context, f[i], d[i]);
		assert_int_equal(d[i]->verdict, SCREEN_CHALLENGE);
		if (ports[i] == 9)
			d[i]->victim = SCREEN_VICTIM_NONE;
	}
	screen_challenge(&w->context, f, d, COUNT);
	assert_int_equal(w->meters->zone[0].challenged, COUNT);
	assert_int_equal(screen_victim_challenged(&v[d[0]->victim]), 5);
	assert_int_equal(screen_victim_challenged(&v[d[2]->victim]), 2);
	screen_refuse(&w->context, f[0], d[0]);
	screen_refuse(&w->context, f[3], d[3]);
	assert_int_equal(w->meters->zone[0].refused, 2);
	assert_int_equal(v[d[0]->victim].refused, 1);
	world_free(w);
}

static void victim_table_that_is_full_lists_no_more(void **state)
{
	struct screen_victims *t = calloc(1, sizeof(*t));
	struct screen_victim *v = &t->victim[5 * SCREEN_VICTIM_WAYS];
	uint8_t address[16] = { 1 };

	(void)state;
	for (uint64_t i = 0; i < SCREEN_VICTIM_WAYS; i++) {
		uint64_t hash = 5 | (i + 1) << 32;
		uint32_t at = screen_victim_make(t, hash, address, 80, 9);

		assert_int_not_equal(at, SCREEN_VICTIM_NONE);
		assert_int_equal(screen_victim_make(t, hash, address, 80, 9), at);
		assert_int_equal(screen_victim_find(t, hash), at);
	}
	assert_int_equal(screen_victim_make(t, 5 | 99ull << 32, address, 80, 9),
			 SCREEN_VICTIM_NONE);
	assert_int_equal(t->victim[6 * SCREEN_VICTIM_WAYS].hash, 0); /* nor takes its neighbours' room */
	/* who comes next has an entry of his own: nothing is left of the one before */
	v->hash = 0;
	v->invalid = v->refused = v->peak = v->attacked = 7;
	screen_pace_count(&v->rate, 3);
	address[0] = 2;
	address[15] = 3;
	assert_int_equal(screen_victim_make(t, 5 | 99ull << 32, address, 1 << 16 | 81, 11),
			 5 * SCREEN_VICTIM_WAYS);
	assert_int_equal(v->invalid + v->refused + v->peak + v->attacked, 0);
	assert_int_equal(screen_pace_total(&v->rate), 0);
	assert_memory_equal((void *)v->address, address, 16);
	assert_int_equal(v->zone_port, 1 << 16 | 81);
	assert_true(v->since_ns == 11 && v->last_ns == 11);
	/* while another worker makes one nearby */
	v->hash = 0;
	t->busy[5] = 1;
	assert_int_equal(screen_victim_make(t, 5 | 98ull << 32, address, 80, 9), SCREEN_VICTIM_NONE);
	free(t);
}

static void talkers_find_who_sends_most_and_never_too_much(void **state)
{
	struct screen_talkers *t = calloc(1, sizeof(*t));
	struct random r = random_seeded();
	uint8_t loud[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 }, source[16];
	uint32_t found = 0;

	(void)state;
	t->key = random_64(&r) | 1;
	for (int i = 0; i < 200000; i++) {
		random_bytes(&r, source, 16); /* all of IPv6 */
		source[0] = 0x20;
		screen_talkers_count(t, source, 3);
		loud[15] = random_8(&r);
		if (i % 5 == 0)
			screen_talkers_count(t, loud, 3);
	}
	for (int i = 0; i < SCREEN_TALKERS; i++)
		if (t->talker[i].prefix == 0xffffc63364 && t->talker[i].zone == (4 | SCREEN_TALKER_IPV4))
			found = t->talker[i].count;
	assert_in_range(found, 30000, 40000);
	for (int i = 0; i < SCREEN_TALKERS; i++)
		assert_true(t->talker[i].prefix == 0xffffc63364 || t->talker[i].count < 200);
	screen_talkers_halve(t, 31);
	assert_int_equal(t->halved_s, 0);
	screen_talkers_halve(t, 32);
	screen_talkers_halve(t, 63);
	for (int i = 0; i < SCREEN_TALKERS; i++)
		if (t->talker[i].prefix == 0xffffc63364)
			assert_int_equal(t->talker[i].count, found / 2);
	free(t);
}

/* A cell changes hands when the other prefix has sent as many. */
static void talker_is_worn_down_one_by_one(void **state)
{
	struct screen_talkers *t = calloc(1, sizeof(*t));
	/* in the same cell under this key; the second is no IPv4 address, whatever its lower half says */
	const uint8_t a[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1 };
	const uint8_t b[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 1, 2, 3, 4 };
	struct screen_talker *c = &t->talker[0x2001 >> 6];

	(void)state;
	t->key = 1;
	for (int i = 0; i < 3; i++)
		screen_talkers_count(t, a, 0);
	for (int i = 0; i < 2; i++)
		screen_talkers_count(t, b, 0);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->prefix, 0x20010db800000001);
	screen_talkers_count(t, a, 1); /* of another zone: it is worn down by it, too */
	assert_int_equal(c->count, 0);
	screen_talkers_count(t, b, 0);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->prefix, 0x20010db800000002);
	free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(victim_counts_what_its_flood_did),
		cmocka_unit_test(victim_counts_answers_and_later_syns),
		cmocka_unit_test(zone_floods_since_its_first_destination),
		cmocka_unit_test(flood_is_over_a_window_after_the_second_of_its_end),
		cmocka_unit_test(zone_that_always_challenges_is_calm_after_two_seconds_without),
		cmocka_unit_test(meter_and_victims_use_all_of_their_room),
		cmocka_unit_test(victim_tells_a_flood_from_a_crowd),
		cmocka_unit_test(challenges_of_a_burst_are_counted_for_their_destinations),
		cmocka_unit_test(victim_table_that_is_full_lists_no_more),
		cmocka_unit_test(talker_is_worn_down_one_by_one),
		cmocka_unit_test(talkers_find_who_sends_most_and_never_too_much),
	};

	return RUN(tests);
}
