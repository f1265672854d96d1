/*
 * Places: found for a burst at once, they are where each alone would be; and what was seen ahead of a
 * bucket is not believed when a flow has come to it since.
 */
#include "frame.h"
#include "place.h"
#include "random.h"
#include "run.h"

enum { MAX = 1024, BURSTS = 2000 };

struct table {
	struct screen_flows t;
	void *memory;
	struct screen_lanes lanes;
	struct screen_place place[SCREEN_CODEC_BURST], *places[SCREEN_CODEC_BURST];
};

static struct table *table_new(void)
{
	struct table *x = aligned_alloc(64, (sizeof(*x) + 63) / 64 * 64);
	size_t size = screen_flows_size(MAX);

	memset(x, 0, sizeof(*x));
	x->memory = aligned_alloc(64, size);
	memset(x->memory, 0, size);
	screen_flows_init(&x->t, x->memory, MAX, (const uint64_t[2]){ 3, 4 });
	for (int i = 0; i < SCREEN_CODEC_BURST; i++)
		x->places[i] = &x->place[i];
	return x;
}

static void table_free(struct table *x)
{
	free(x->memory);
	free(x);
}

/* Of so many hosts; now and then an IPv4 address written as an IPv6 one. */
static void random_key(struct random *r, uint32_t hosts, struct screen_place *place)
{
	struct frame_spec f = { .family = random_8(r) & 1 ? 4 : 6, .ttl = 64, .flags = SCREEN_TCP_SYN,
				.sport = (uint16_t)random_below(r, 3), .dport = (uint16_t)random_below(r, 3),
				.tags = random_below(r, 8) == 0, .tci = { 7 } };
	uint8_t data[FRAME_MAX], *last = f.family == 4 ? f.source : f.source + 12;
	struct screen_packet p;
	uint32_t length;

	if (f.family == 6 && random_below(r, 4) == 0)
		f.source[10] = f.source[11] = f.destination[10] = f.destination[11] = 0xff;
	frame_put32(last, random_below(r, hosts));
	frame_put32(last + 16, random_below(r, hosts));
	length = frame_build(data, &f);
	assert_int_equal(screen_parse(data, data + length, &p), SCREEN_KIND_TCP);
	screen_place_key(data, &p, 1, place);
}

static uint32_t install(struct screen_flows *t, const struct screen_place *place)
{
	uint32_t index = screen_flow_take(t), other = SCREEN_FLOW_NONE;

	assert_int_not_equal(index, SCREEN_FLOW_NONE);
	t->flows[index].key = place->key;
	screen_flow_state_set(&t->flows[index], SCREEN_FLOW_HALF_OPEN);
	assert_int_equal(screen_flow_install(t, index, place->hash, SCREEN_FLOW_NONE, &other),
			 SCREEN_INSTALL_DONE);
	return index;
}

static void places_of_a_burst_are_where_each_alone_would_be(void **state)
{
	struct table *x = table_new();
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < BURSTS; i++) {
		const struct screen_codec *codec = &screen_codecs[i % SCREEN_CODECS];
		uint32_t count = random_below(&r, SCREEN_CODEC_BURST + 1);

		for (uint32_t j = 0; j < count; j++)
			random_key(&r, UINT32_MAX, &x->place[j]);
		if (!codec->available())
			continue;
		screen_places(codec, &x->lanes, &x->t, x->places, count);
		for (uint32_t j = 0; j < count; j++)
			assert_int_equal(x->place[j].hash, screen_flow_hash(&x->t, &x->place[j].key));
	}
	table_free(x);
}

/* Few connections, so that a burst has some of them twice: the first of each makes the flow, and any may
 * take one away. */
static void places_find_what_came_and_went_since_they_were_looked_at(void **state)
{
	struct table *x = table_new();
	struct random r = random_seeded();
	uint32_t made = 0, found = 0, removed = 0;

	(void)state;
	for (int i = 0; i < BURSTS; i++) {
		uint32_t count = random_below(&r, SCREEN_CODEC_BURST + 1);

		for (uint32_t j = 0; j < count; j++)
			random_key(&r, 6, &x->place[j]);
		screen_places(screen_codec_best(), &x->lanes, &x->t, x->places, count);
		for (uint32_t j = 0; j < count; j++) {
			const struct screen_place *place = &x->place[j];
			uint32_t index = screen_place_find(&x->t, place);

			assert_int_equal(index, screen_flow_find(&x->t, &place->key, place->hash));
			if (index == SCREEN_FLOW_NONE) {
				made++;
				index = install(&x->t, place);
			} else {
				found++;
			}
			assert_int_equal(screen_place_find(&x->t, place), index);
			if (random_below(&r, 2))
				continue;
			assert_true(screen_flow_remove(&x->t, index, place->hash));
			screen_flow_give(&x->t, index);
			removed++;
			assert_int_equal(screen_place_find(&x->t, place), SCREEN_FLOW_NONE);
		}
	}
	assert_true(made > BURSTS && found > BURSTS && removed > BURSTS);
	table_free(x);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_of_a_burst_are_where_each_alone_would_be),
		cmocka_unit_test(places_find_what_came_and_went_since_they_were_looked_at),
	};

	return RUN(tests);
}
