/* What the control plane reads of floods: sources, destinations, events, on an engine that has nothing
 * but its meters and the tables of its workers. */
#include "look.h"
#include "random.h"
#include "run.h"
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_of_all_workers_are_one_list),
		cmocka_unit_test(sources_that_look_alike_are_told_apart),
	};

	return RUN(tests);
}
