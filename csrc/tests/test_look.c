/* What the control plane reads of floods: sources, destinations, events, on an engine that has nothing
 * but its meters and the tables of its workers. */
#include "look.h"
#include "random.h"
#include "run.h"
#include "tap.h"
#include "worker.h"

enum { WORKERS = 3 };

static struct screen_engine *bare_engine(uint32_t workers)
{
	struct screen_engine *e = calloc(1, sizeof(*e));

	pthread_mutex_init(&e->lock, NULL);
	e->meters = calloc(1, sizeof(*e->meters));
	e->workers_count = workers;
	for (uint32_t i = 0; i < workers; i++) {
		struct screen_context *c;

		e->workers[i] = calloc(1, sizeof(*e->workers[i]));
		c = &e->workers[i]->context;
		c->talkers = calloc(1, sizeof(*c->talkers));
		c->talkers->key = 0x9e3779b97f4a7c15;
		c->events = calloc(1, sizeof(*c->events));
	}
	for (int i = 0; i < 2; i++) {
		e->zones[i].used = true;
		memcpy(e->zones[i].name, i ? "inside" : "outside", 7);
	}
	return e;
}

static void bare_engine_free(struct screen_engine *e)
{
	for (uint32_t i = 0; i < e->workers_count; i++) {
		free(e->workers[i]->context.talkers);
		free(e->workers[i]->context.events);
		free(e->workers[i]);
	}
	free(e->meters);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static void send(struct screen_engine *e, uint32_t worker, const uint8_t source[16], uint32_t zone,
		 uint32_t count)
{
	while (count--)
		screen_talkers_count(e->workers[worker]->context.talkers, source, zone);
}

static void sources_of_all_workers_are_one_list(void **state)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 };
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 5, [15] = 9 };
	struct screen_engine *e = bare_engine(WORKERS);
	struct screen_source_row rows[8];

	(void)state;
	for (uint32_t i = 0; i < WORKERS; i++) {
		send(e, i, v4, 0, 10);
		send(e, i, v6, 0, 20);
		send(e, i, v4, 1, 5);
	}
	assert_int_equal(screen_engine_sources(e, rows, 8), 3);
	assert_int_equal(rows[0].syns, 60);
	assert_int_equal(rows[0].length, 64);
	assert_memory_equal(rows[0].address, v6, 8);
	assert_int_equal(rows[1].syns, 30);
	assert_int_equal(rows[1].length, 120);
	assert_memory_equal(rows[1].address, v4, 15);
	assert_int_equal(rows[1].address[15], 0);
	assert_string_equal(rows[1].zone, "outside");
	assert_int_equal(rows[2].syns, 15);
	assert_string_equal(rows[2].zone, "inside");
	assert_int_equal(screen_engine_sources(e, rows, 1), 1);
	assert_int_equal(rows[0].syns, 60);
	bare_engine_free(e);
}

/* Whoever forges sources must not have another's prefix told for them. */
static void sources_that_look_alike_are_told_apart(void **state)
{
	static const uint8_t sources[][16] = {
		{ [10] = 0xff, 0xff, 198, 51, 100, 7 },
		{ 0, 0, 0, 0xff, 0xff, 198, 51, 100 }, /* an IPv6 /64 of the same bits */
		{ [12] = 198, 51, 100, 7 },	       /* of ::/64, like all that follow */
		{ [9] = 0x20, 1, 0xd, 0xb8, [15] = 1 },
		{ [15] = 1 },
	};
	struct screen_engine *e = bare_engine(1);
	struct screen_source_row rows[8];

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		send(e, 0, sources[i], 0, 100 >> i);
	assert_int_equal(screen_engine_sources(e, rows, 8), 3);
	assert_int_equal(rows[0].syns, 100);
	assert_int_equal(rows[0].length, 120);
	assert_int_equal(rows[1].syns, 50);
	assert_int_equal(rows[1].length, 64);
	assert_memory_equal(rows[1].address, sources[1], 16);
	assert_int_equal(rows[2].syns, 25 + 12 + 6);
	assert_int_equal(rows[2].length, 64);
	for (int i = 0; i < 16; i++)
		assert_int_equal(rows[2].address[i], 0);
	bare_engine_free(e);
}

static const uint8_t VICTIM[16] = { [10] = 0xff, 0xff, 203, 0, 113, 1 };

/* An entry of a destination that had its last SYN so many seconds ago; the sketch knows nothing of it. */
static struct screen_victim *victim(struct screen_engine *e, uint64_t hash, double ago_s)
{
	uint64_t at = screen_now_ns() - (uint64_t)(int64_t)(ago_s * 1e9);
	struct screen_victim *v;
	uint32_t i = screen_victim_make(&e->meters->victims, hash, VICTIM, 1 << 16 | 443, at);

	assert_int_not_equal(i, SCREEN_VICTIM_NONE);
	v = &e->meters->victims.victim[i];
	v->threshold = 100;
	v->attacked = 1;
	screen_pace_add(&v->rate, 1, 7);
	return v;
}

static void flood_that_has_ended_is_told_once_and_forgotten(void **state)
{
	struct screen_engine *e = bare_engine(1);
	struct screen_victim *v = victim(e, 5, 3), *always = victim(e, 6, 3);
	struct screen_event events[4];
	uint64_t lost;

	(void)state;
	v->since_ns -= 4000000000;
	always->attacked = 0; /* challenged, but it never flooded */
	screen_look_calm(e);
	screen_look_calm(e);
	assert_int_equal(v->hash, 0);
	assert_int_equal(always->hash, 0);
	assert_int_equal(screen_engine_events(e, events, 4, &lost), 1);
	assert_int_equal(events[0].kind, SCREEN_EVENT_FLOOD_END);
	assert_int_equal(events[0].ids, SCREEN_IDS_SYN_FLOOD);
	assert_memory_equal(events[0].destination, VICTIM, 16);
	assert_int_equal(events[0].dport, 443);
	assert_string_equal(events[0].zone, "inside");
	assert_string_equal(events[0].ifname, "");
	assert_int_equal(events[0].count, 7);
	/* it was over with the last second */
	assert_in_range(events[0].duration_ns, 6000000000, 60000000000);
	assert_int_equal(events[0].looks, SCREEN_LOOKS_UNKNOWN);
	assert_int_equal(lost, 0);
	bare_engine_free(e);
}

/* The keeper looks while a worker makes an entry: it has a last SYN from the first moment on. */
static void flood_that_has_just_begun_is_not_forgotten(void **state)
{
	struct screen_engine *e = bare_engine(1);
	/* a test that is held up must not see the linger pass: half a minute ahead */
	struct screen_victim *fresh = victim(e, 5, -30), *flooding = victim(e, 6, 9);
	struct screen_destination_row rows[4];
	struct screen_event events[4];
	uint64_t lost;

	(void)state;
	fresh->attacked = 0; /* comes later */
	for (int i = 0; i < 100; i++)
		(void)screen_sketch_count(&e->meters->attack, 6,
					  (uint32_t)(screen_now_ns() / 1000000000u) + 30, 100);
	screen_look_calm(e);
	assert_int_equal(fresh->hash, 5);
	assert_int_equal(flooding->hash, 6);
	assert_int_equal(screen_engine_events(e, events, 4, &lost), 0);
	assert_int_equal(screen_engine_destinations(e, rows, 4), 2);
	assert_int_equal(rows[0].flooding + rows[1].flooding, 1);
	assert_int_equal(screen_engine_destinations(e, rows, 1), 1);
	bare_engine_free(e);
}

static void events_of_all_rings_are_taken_and_the_lost_are_counted(void **state)
{
	struct screen_engine *e = bare_engine(WORKERS);
	struct screen_event events[2 * SCREEN_EVENTS_MAX];
	struct screen_note n = { .count = 1, .slot = SCREEN_SLOT_NONE };
	uint64_t lost;

	(void)state;
	for (uint32_t i = 0; i < WORKERS; i++)
		for (uint32_t k = 0; k < SCREEN_EVENTS_MAX + i; k++)
			screen_event_put(e->workers[i]->context.events, &n);
	assert_int_equal(screen_engine_events(e, events, 2 * SCREEN_EVENTS_MAX, &lost),
			 2 * SCREEN_EVENTS_MAX);
	assert_int_equal(lost, 0 + 1 + 2);
	assert_int_equal(screen_engine_events(e, events, 10, &lost), 10);
	assert_int_equal(lost, 0);
	screen_event_put(&e->events, &n); /* the keeper's own */
	assert_int_equal(screen_engine_events(e, events, 2 * SCREEN_EVENTS_MAX, &lost),
			 SCREEN_EVENTS_MAX - 10 + 1);
	assert_int_equal(screen_engine_events(e, events, 4, &lost), 0);
	bare_engine_free(e);
}

static void clear_is_of_one_zone_or_of_all(void **state)
{
	struct screen_engine *e = bare_engine(1);
	struct screen_error_info error = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct screen_zone_meter *z = &e->meters->zone[i];

		z->alarms = z->attacks = z->challenged = z->cookies_valid = z->cookies_invalid = 1;
		z->refused = z->ids[0] = z->ids[SCREEN_IDS - 1] = 1;
		z->flood_last_ns = 1;
	}
	assert_int_equal(screen_engine_clear(e, "elsewhere", &error), SCREEN_ERROR_ARGUMENT);
	assert_string_equal(error.object, "elsewhere");
	assert_int_equal(screen_engine_clear(e, "inside", &error), SCREEN_OK);
	for (int i = 0; i < 2; i++) {
		struct screen_zone_meter *z = &e->meters->zone[i];

		assert_int_equal(z->alarms + z->attacks + z->challenged + z->cookies_valid +
				 z->cookies_invalid + z->refused + z->ids[0] + z->ids[SCREEN_IDS - 1],
				 i ? 0 : 8);
		assert_int_equal(z->flood_last_ns, 1); /* what is under way is no statistic */
	}
	assert_int_equal(screen_engine_clear(e, NULL, &error), SCREEN_OK);
	assert_int_equal(e->meters->zone[0].attacks + e->meters->zone[0].ids[0], 0);
	bare_engine_free(e);
}

/* Hits that no later one tells of: a record of their own, when their second is over. */
static void hits_that_were_the_last_are_told(void **state)
{
	struct screen_engine *e = bare_engine(1);
	struct screen_zone_meter *z = &e->meters->zone[1];
	uint32_t now = (uint32_t)(screen_now_ns() / 1000000000u);
	struct screen_event events[8];
	uint64_t lost;

	(void)state;
	z->ids[SCREEN_IDS_LAND] = 100;
	z->logged[SCREEN_IDS_LAND] = (uint64_t)(now - 5) << 32 | 1;
	z->ids[SCREEN_IDS_NO_FLAG] = 7; /* told */
	z->logged[SCREEN_IDS_NO_FLAG] = (uint64_t)(now - 5) << 32 | 7;
	z->ids[SCREEN_IDS_SYN_FIN] = 9; /* their second is not over */
	z->logged[SCREEN_IDS_SYN_FIN] = (uint64_t)(now + 60) << 32 | 1;
	z->ids[SCREEN_IDS_STREAM] = 3; /* cleared since */
	z->logged[SCREEN_IDS_STREAM] = (uint64_t)(now - 5) << 32 | 500;
	z->logged[SCREEN_IDS_TIMESTAMP] = (uint64_t)(now - 5) << 32 | 500; /* likewise, and none came */
	for (int i = 0; i < 3; i++)
		screen_look_hits(e);
	assert_int_equal(screen_engine_events(e, events, 8, &lost), 2);
	assert_int_equal(events[0].kind, SCREEN_EVENT_SCREEN);
	assert_int_equal(events[0].ids, SCREEN_IDS_LAND);
	assert_int_equal(events[0].count, 99);
	assert_string_equal(events[0].zone, "inside");
	assert_int_equal(events[1].ids, SCREEN_IDS_STREAM);
	assert_int_equal(events[1].count, 3);
	bare_engine_free(e);
}

/* Copies of a busy worker must not keep those of others from being read. */
static void copies_of_all_workers_are_read_in_turn(void **state)
{
	enum { SNAP = 1000, BUFFER = 8192 };
	struct screen_engine *e = bare_engine(WORKERS);
	struct screen_tap_filter filter = { .snap_length = SNAP };
	struct screen_error_info error = { 0 };
	static uint8_t data[SNAP], buffer[BUFFER];
	uint64_t lost, seen = 0;

	(void)state;
	e->ports[3].state = SCREEN_PORT_PUBLISHED;
	memcpy(e->ports[3].ifname, "eth3", 5);
	assert_int_equal(screen_engine_tap(e, &filter, &error), SCREEN_OK);
	for (uint32_t i = 0; i < WORKERS; i++) {
		e->workers[i]->index = i;
		for (int n = 0; n < 1000; n++) /* nearly a ring */
			screen_tap_out(e->tap, e->workers[i], 3, data, SNAP + i);
	}
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct screen_tap_record *r = (void *)buffer;
		int size = screen_engine_tap_read(e, buffer, BUFFER, &lost);

		assert_in_range(size, BUFFER / 2, BUFFER);
		assert_int_equal(lost, 0);
		assert_string_equal(r->ifname, "eth3");
		assert_int_equal(r->captured, SNAP);
		seen |= 1ull << (r->length - SNAP);
	}
	assert_int_equal(seen, (1 << WORKERS) - 1);
	for (int n = 0; n < 100; n++)
		screen_tap_out(e->tap, e->workers[0], 3, data, SNAP);
	(void)screen_engine_tap_read(e, buffer, BUFFER, &lost);
	assert_in_range(lost, 1, 100);
	assert_int_equal(screen_engine_tap(e, NULL, &error), SCREEN_OK);
	assert_int_equal(screen_engine_tap_read(e, buffer, BUFFER, &lost), 0);
	bare_engine_free(e);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_of_all_workers_are_one_list),
		cmocka_unit_test(sources_that_look_alike_are_told_apart),
		cmocka_unit_test(flood_that_has_ended_is_told_once_and_forgotten),
		cmocka_unit_test(flood_that_has_just_begun_is_not_forgotten),
		cmocka_unit_test(events_of_all_rings_are_taken_and_the_lost_are_counted),
		cmocka_unit_test(clear_is_of_one_zone_or_of_all),
		cmocka_unit_test(hits_that_were_the_last_are_told),
		cmocka_unit_test(copies_of_all_workers_are_read_in_turn),
	};

	return RUN(tests);
}
