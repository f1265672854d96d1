/*
 * The table of servers: who has an entry and who goes for another, what is learned and for how long,
 * and which preset counts.
 */
#include <pthread.h>
#include <stdlib.h>

#include "meter.h"
#include "run.h"

enum { T = 100000 }; /* s */

static const uint8_t ADDRESS[16] = { [10] = 0xff, 0xff, 203, 0, 113, 1 };

static struct screen_servers *servers_new(void)
{
	return calloc(1, sizeof(struct screen_servers));
}

/* The i-th server of one set. */
static uint64_t hash_of(uint32_t i)
{
	return 77ull << 20 | (i + 1);
}

static struct screen_server *make(struct screen_servers *t, uint32_t i, uint32_t now_s)
{
	uint32_t at = screen_server_make(t, hash_of(i), ADDRESS, i, now_s);

	if (at == SCREEN_SERVER_NONE)
		return NULL;
	assert_int_equal(t->server[at].hash, hash_of(i));
	assert_int_equal(t->server[at].zone_port, i);
	assert_int_equal(screen_server_find(t, hash_of(i)), at);
	return &t->server[at];
}

static uint64_t ns(uint32_t seconds)
{
	return seconds * 1000000000ull;
}

static const struct screen_server_profile ALL = {
	.mss = 1400, .window = 5000, .wscale = 9, .known = SCREEN_SERVER_FLAGS,
	.has = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS |
	       SCREEN_SERVER_ECN,
};

static void assert_profile(struct screen_server_profile got, uint16_t mss, uint16_t window,
			   uint8_t wscale, uint8_t known, uint8_t has)
{
	assert_int_equal(got.mss, mss);
	assert_int_equal(got.window, window);
	assert_int_equal(got.wscale, wscale);
	assert_int_equal(got.known, known);
	assert_int_equal(got.has, has);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void server_is_made_once(void **state)
{
	struct screen_servers *t = servers_new();
	struct screen_server *v = make(t, 0, T);

	(void)state;
	assert_int_equal(screen_server_find(t, hash_of(1)), SCREEN_SERVER_NONE);
	assert_ptr_equal(make(t, 0, T + 9), v);
	assert_ptr_not_equal(make(t, 1, T), v);
	assert_memory_equal((const void *)v->address, ADDRESS, 16);
	free(t);
}

static void free_entries_go_first_then_the_longest_idle(void **state)
{
	struct screen_servers *t = servers_new();
	struct screen_server *v[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		v[i] = make(t, i, T);
	/* when each was last asked or refused: 2, 3, 0, 1 seconds ago */
	assert_true(screen_server_ask(v[0], T - 2));
	screen_server_refused(v[1], ns(T - 3));
	assert_true(screen_server_ask(v[2], T - 9));
	screen_server_refused(v[2], ns(T));
	screen_server_refused(v[3], ns(T - 9));
	assert_true(screen_server_ask(v[3], T - 1));
	assert_ptr_equal(make(t, 10, T), v[1]);
	assert_true(screen_server_ask(v[1], T));
	assert_ptr_equal(make(t, 11, T), v[0]);
	assert_true(screen_server_ask(v[0], T));
	assert_ptr_equal(make(t, 12, T), v[3]);
	assert_int_equal(screen_server_find(t, hash_of(1)), SCREEN_SERVER_NONE);
	assert_int_equal(screen_server_find(t, hash_of(2)), v[2] - t->server);
	free(t);
}

static void entry_that_is_given_to_another_knows_nothing(void **state)
{
	struct screen_servers *t = servers_new();
	struct screen_server *v;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(screen_server_ask(make(t, i, T), T + 9));
		screen_server_learn(make(t, i, T), ALL, T + i);
	}
	v = make(t, 9, T + 1 + SCREEN_SERVER_LIFE);
	assert_ptr_equal(v, &t->server[screen_server_first(hash_of(0))]);
	assert_false(screen_server_answers(v, T));
	assert_false(screen_server_is_closed(v, ns(T)));
	assert_int_equal(v->profile, 0);
	assert_true(screen_server_ask(v, T));
	free(t);
}

static void server_that_answers_is_never_given_up(void **state)
{
	struct screen_servers *t = servers_new();

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		screen_server_learn(make(t, i, T), ALL, T + i);
	for (uint32_t now = T; now <= T + SCREEN_SERVER_LIFE; now += 600)
		assert_null(make(t, 9, now));
	assert_null(make(t, 9, T + SCREEN_SERVER_LIFE));
	for (uint32_t i = 0; i < 4; i++) /* the one whose life is over, and no other */
		assert_non_null(make(t, 10 + i, T + i + 1 + SCREEN_SERVER_LIFE));
	/* another set has room */
	assert_int_not_equal(screen_server_make(t, 78ull << 20 | 1, ADDRESS, 1, T),
			     SCREEN_SERVER_NONE);
	free(t);
}

static void set_in_which_another_worker_makes_one_is_left_alone(void **state)
{
	struct screen_servers *t = servers_new();
	struct screen_server *v = make(t, 0, T);

	(void)state;
	t->busy[77] = 1;
	assert_ptr_equal(make(t, 0, T), v);
	assert_null(make(t, 1, T));
	t->busy[77] = 0;
	assert_non_null(make(t, 1, T));
	assert_int_equal(t->busy[77], 0);
	free(t);
}

/* ---- times ----------------------------------------------------------------------------------- */

static void what_was_learned_lives_four_hours(void **state)
{
	struct screen_server v = { .hash = 1 };

	(void)state;
	assert_int_equal(SCREEN_SERVER_LIFE, 4 * 3600);
	assert_false(screen_server_answers(&v, T));
	screen_server_learn(&v, ALL, T);
	assert_true(screen_server_answers(&v, T - 1)); /* a worker whose burst began before */
	assert_true(screen_server_answers(&v, T));
	assert_true(screen_server_answers(&v, T + SCREEN_SERVER_LIFE));
	assert_false(screen_server_answers(&v, T + SCREEN_SERVER_LIFE + 1));
	screen_server_learn(&v, ALL, T + SCREEN_SERVER_LIFE); /* again */
	assert_true(screen_server_answers(&v, T + 2 * SCREEN_SERVER_LIFE));
}

static void refusal_is_remembered_for_two_seconds_exactly(void **state)
{
	(void)state;
	for (uint64_t at = ns(T); at < ns(T + 1); at += 99999999) {
		struct screen_server v = { .hash = 1 };

		assert_false(screen_server_is_closed(&v, at));
		assert_false(screen_server_is_closed(&v, 1)); /* just booted */
		screen_server_refused(&v, at);
		assert_true(screen_server_is_closed(&v, at - 1)); /* of a burst before */
		assert_true(screen_server_is_closed(&v, at));
		assert_true(screen_server_is_closed(&v, at + 1999999999));
		assert_false(screen_server_is_closed(&v, at + 2000000000));
		assert_false(screen_server_is_closed(&v, at + 9000000000));
	}
}

static void syn_ack_ends_a_refusal_at_once(void **state)
{
	struct screen_server v = { .hash = 1 };

	(void)state;
	screen_server_refused(&v, ns(T));
	screen_server_learn(&v, (struct screen_server_profile){ 0 }, T);
	assert_false(screen_server_is_closed(&v, ns(T)));
	assert_true(screen_server_answers(&v, T));
}

/* A firewall with a limit for each client refuses the one and serves all others: who gets himself
 * refused must not close the port for them. */
static void refusal_of_a_server_that_has_just_answered_is_not_believed(void **state)
{
	struct screen_server v = { .hash = 1 };

	(void)state;
	screen_server_learn(&v, ALL, T);
	for (uint32_t now = T; now <= T + SCREEN_SERVER_FIRM; now++) {
		screen_server_refused(&v, ns(now));
		assert_false(screen_server_is_closed(&v, ns(now)));
		assert_true(screen_server_answers(&v, now));
	}
	screen_server_refused(&v, ns(T + SCREEN_SERVER_FIRM + 1));
	assert_true(screen_server_is_closed(&v, ns(T + SCREEN_SERVER_FIRM + 1)));
	/* nor is it known to answer any more */
	assert_false(screen_server_answers(&v, T + SCREEN_SERVER_FIRM + 1));
}

static void one_syn_a_second_may_ask(void **state)
{
	struct screen_server v = { .hash = 1 };

	(void)state;
	assert_true(screen_server_ask(&v, T));
	assert_false(screen_server_ask(&v, T));
	assert_false(screen_server_ask(&v, T - 1));
	assert_true(screen_server_ask(&v, T + 1));
	assert_false(screen_server_ask(&v, T + 1));
}

/* ---- what is learned ------------------------------------------------------------------------- */

static void newest_word_counts_and_silence_changes_nothing(void **state)
{
	const uint8_t ts = SCREEN_SERVER_TIMESTAMPS, ws = SCREEN_SERVER_WSCALE;
	struct screen_server v = { .hash = 1 };

	(void)state;
	screen_server_learn(&v, ALL, T);
	assert_profile(screen_server_profile(&v, NULL, 4, T), 1400, 5000, 9, ALL.known, ALL.has);
	/* a SYN-ACK in answer to a bare SYN: only its MSS and window say something */
	screen_server_learn(&v, (struct screen_server_profile){
				.mss = 1300, .window = 1,
				.known = SCREEN_SERVER_MSS | SCREEN_SERVER_WINDOW }, T + 1);
	assert_profile(screen_server_profile(&v, NULL, 4, T), 1300, 1, 9, ALL.known, ALL.has);
	screen_server_learn(&v, (struct screen_server_profile){ .known = ts }, T + 2);
	assert_profile(screen_server_profile(&v, NULL, 4, T), 1300, 1, 9, ALL.known,
		       ALL.has & (uint8_t)~ts);
	screen_server_learn(&v, (struct screen_server_profile){ .wscale = 0, .known = ws, .has = ws },
			    T + 3);
	assert_profile(screen_server_profile(&v, NULL, 4, T), 1300, 1, 0, ALL.known,
		       ALL.has & (uint8_t)~ts);
}

static void expired_knowledge_is_not_merged_with_new(void **state)
{
	const uint8_t later = SCREEN_SERVER_MSS;
	struct screen_server v = { .hash = 1 };
	uint32_t now = T + SCREEN_SERVER_LIFE + 1;

	(void)state;
	screen_server_learn(&v, ALL, T);
	screen_server_learn(&v, (struct screen_server_profile){ .mss = 700, .known = later }, now);
	assert_profile(screen_server_profile(&v, NULL, 6, now), 700, 0, SCREEN_SERVER_SHIFT, later,
		       SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS);
}

static void profile_is_preset_then_learned_then_assumed(void **state)
{
	const uint8_t assumed = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS;
	const struct screen_server_config preset = { .profile = {
		.wscale = 3, .known = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK,
		.has = SCREEN_SERVER_WSCALE } };
	struct screen_server v = { .hash = 1 };

	(void)state;
	assert_profile(screen_server_profile(NULL, NULL, 4, T), 1460, 0, 7, 0, assumed);
	assert_profile(screen_server_profile(&v, NULL, 6, T), 1440, 0, 7, 0, assumed);
	assert_profile(screen_server_profile(&v, &preset, 4, T), 1460, 0, 3, preset.profile.known,
		       SCREEN_SERVER_WSCALE | SCREEN_SERVER_TIMESTAMPS);
	screen_server_learn(&v, ALL, T);
	assert_profile(screen_server_profile(&v, &preset, 4, T), 1400, 5000, 3, ALL.known,
		       ALL.has & (uint8_t)~SCREEN_SERVER_SACK);
	/* what was learned too long ago is not known */
	assert_profile(screen_server_profile(&v, NULL, 4, T + SCREEN_SERVER_LIFE + 1), 1460, 0, 7, 0,
		       assumed);
}

/* ---- presets --------------------------------------------------------------------------------- */

static struct screen_server_config preset(const char *address, uint8_t length, uint16_t port)
{
	struct screen_server_config c = { .length = length, .port = port };

	for (int i = 0; i < 16; i++)
		(void)sscanf(address + 2 * i, "%2hhx", &c.address[i]);
	return c;
}

#define MAPPED "00000000000000000000ffff"

/* In the snapshot's order. */
static void presets_of(struct screen_policy *p)
{
	memset(p, 0, sizeof(*p));
	p->generation = 1;
	p->server[0] = preset(MAPPED "cb007101", 128, 443);
	p->server[1] = preset(MAPPED "cb007101", 128, 0);
	p->server[2] = preset(MAPPED "cb007100", 121, 0);
	p->server[3] = preset(MAPPED "cb007100", 120, 80);
	p->server[4] = preset(MAPPED "cb007100", 120, 0);
	p->server[5] = preset("20010db8000100000000000000000000", 48, 0);
	p->servers_count = 6;
}

static int place(const struct screen_policy *p, struct screen_server *v, uint64_t hash,
		 const char *address, uint16_t port)
{
	struct screen_server_config c = preset(address, 128, port);
	const struct screen_server_config *found =
		screen_server_preset(p, v, hash, c.address, port);

	return found ? (int)(found - p->server) : -1;
}

static void preset_of_the_longest_prefix_then_of_the_port_counts(void **state)
{
	static const struct {
		const char *address;
		uint16_t port;
		int place;
	} rows[] = {
		{ MAPPED "cb007101", 443, 0 }, { MAPPED "cb007101", 80, 1 },
		{ MAPPED "cb00717f", 80, 2 },  { MAPPED "cb007180", 80, 3 },
		{ MAPPED "cb007180", 81, 4 },  { MAPPED "cb0071ff", 443, 4 },
		{ MAPPED "cb007201", 443, -1 },{ MAPPED "cb007001", 443, -1 },
		{ "20010db8000100000000000000000001", 443, 5 },
		{ "20010db80001ffffffffffffffffffff", 1, 5 },
		{ "20010db8000200000000000000000001", 443, -1 },
		{ "00000000000000000000fffecb007101", 443, -1 },
	};
	struct screen_policy *p = malloc(sizeof(*p));

	(void)state;
	presets_of(p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct screen_server v = { .hash = i };

		assert_int_equal(place(p, NULL, i, rows[i].address, rows[i].port), rows[i].place);
		assert_int_equal(place(p, &v, i, rows[i].address, rows[i].port), rows[i].place);
		/* as it is remembered */
		assert_int_equal(place(p, &v, i, rows[i].address, rows[i].port), rows[i].place);
	}
	p->server[5].length = 0;
	assert_int_equal(place(p, NULL, 1, "ff000000000000000000000000000000", 9), 5);
	p->servers_count = 0;
	assert_int_equal(place(p, NULL, 1, MAPPED "cb007101", 443), -1);
	free(p);
}

static void all_presets_can_be_remembered(void **state)
{
	struct screen_policy *p = malloc(sizeof(*p));
	struct screen_server v = { .hash = 5 };

	(void)state;
	memset(p, 0, sizeof(*p));
	p->servers_count = SCREEN_SERVERS_MAX;
	for (int i = 0; i < SCREEN_SERVERS_MAX; i++)
		p->server[i] = preset(MAPPED "0a000000", 128, (uint16_t)(SCREEN_SERVERS_MAX - i));
	for (int i = 0; i < SCREEN_SERVERS_MAX; i++) {
		p->generation++;
		for (int again = 0; again < 2; again++)
			assert_int_equal(place(p, &v, 5, MAPPED "0a000000",
					       (uint16_t)(SCREEN_SERVERS_MAX - i)), i);
	}
	free(p);
}

static void remembered_preset_is_looked_up_anew_after_a_commit(void **state)
{
	struct screen_policy *p = malloc(sizeof(*p)), *q = malloc(sizeof(*q));
	struct screen_server v = { .hash = 5 };

	(void)state;
	presets_of(p);
	presets_of(q);
	q->generation = 2;
	q->servers_count = 1;
	assert_int_equal(place(p, &v, 5, MAPPED "cb007180", 80), 3);
	p->server[3].port = 79; /* would not be found any more: it is remembered */
	assert_int_equal(place(p, &v, 5, MAPPED "cb007180", 80), 3);
	assert_int_equal(place(q, &v, 5, MAPPED "cb007180", 80), -1);
	/* a worker that has not seen the commit yet */
	assert_int_equal(place(p, &v, 5, MAPPED "cb007180", 80), 4);
	assert_int_equal(place(q, &v, 5, MAPPED "cb007180", 80), -1);
	free(p);
	free(q);
}

/* The entry may have been given to another server while the preset was looked up: that one must not
 * have it until the next commit. */
static void preset_is_not_remembered_for_another_server(void **state)
{
	struct screen_policy *p = malloc(sizeof(*p));
	const uint64_t before = 0x9e3779b97f4a7c15, after = 0xbf58476d1ce4e5b9;
	struct screen_server v = { .hash = after };

	(void)state;
	presets_of(p);
	assert_int_equal(place(p, &v, before, MAPPED "cb007101", 443), 0);
	assert_int_equal(place(p, &v, after, MAPPED "cb007180", 81), 4);
	free(p);
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 100000, SERVERS = 12 };

struct crowd {
	struct screen_servers *servers;
	uint32_t seed;
	uint64_t found;
};

/* Every profile is said as a whole, so that half of one is seen. */
static struct screen_server_profile whole(uint16_t n)
{
	return (struct screen_server_profile){ .mss = n, .window = n, .wscale = (uint8_t)(n % 15),
					       .known = SCREEN_SERVER_FLAGS,
					       .has = SCREEN_SERVER_WSCALE };
}

static bool is_whole(struct screen_server_profile p)
{
	return p.known == 0 || (p.mss == p.window && p.wscale == p.mss % 15);
}

static void *mingle(void *arg)
{
	struct crowd *c = arg;
	uint32_t r = c->seed;
	bool right = true;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t now = T + i / 100, at;
		struct screen_server *v;

		r = r * 1664525 + 1013904223;
		at = screen_server_make(c->servers, hash_of(r >> 8 & 15), ADDRESS, 1, now);
		if (at == SCREEN_SERVER_NONE)
			continue;
		v = &c->servers->server[at];
		right &= is_whole(screen_server_profile(v, NULL, 4, now));
		if (r >> 28 == 0)
			screen_server_learn(v, whole((uint16_t)(300 + (r >> 12 & 1023))), now);
		else if (r >> 28 & 1)
			screen_server_refused(v, ns(now + SCREEN_SERVER_LIFE));
		else
			(void)screen_server_ask(v, now);
		c->found += right;
	}
	return right ? c : NULL;
}

static void threads_that_make_and_learn_in_one_set_leave_it_whole(void **state)
{
	struct screen_servers *t = servers_new();
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (uint32_t i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ .servers = t, .seed = i * 7919 + 1 };
		assert_int_equal(pthread_create(&threads[i], NULL, mingle, &crowds[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		void *right;

		pthread_join(threads[i], &right);
		assert_non_null(right);
		assert_true(crowds[i].found > 0);
	}
	assert_int_equal(t->busy[77], 0);
	for (uint32_t i = 0; i < SERVERS; i++) /* none is there twice */
		for (uint32_t j = 0, seen = 0; j < SCREEN_SERVER_WAYS; j++) {
			seen += t->server[screen_server_first(hash_of(i)) + j].hash == hash_of(i);
			assert_in_range(seen, 0, 1);
		}
	free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_is_made_once),
		cmocka_unit_test(free_entries_go_first_then_the_longest_idle),
		cmocka_unit_test(entry_that_is_given_to_another_knows_nothing),
		cmocka_unit_test(server_that_answers_is_never_given_up),
		cmocka_unit_test(set_in_which_another_worker_makes_one_is_left_alone),
		cmocka_unit_test(what_was_learned_lives_four_hours),
		cmocka_unit_test(refusal_is_remembered_for_two_seconds_exactly),
		cmocka_unit_test(syn_ack_ends_a_refusal_at_once),
		cmocka_unit_test(refusal_of_a_server_that_has_just_answered_is_not_believed),
		cmocka_unit_test(one_syn_a_second_may_ask),
		cmocka_unit_test(newest_word_counts_and_silence_changes_nothing),
		cmocka_unit_test(expired_knowledge_is_not_merged_with_new),
		cmocka_unit_test(profile_is_preset_then_learned_then_assumed),
		cmocka_unit_test(preset_of_the_longest_prefix_then_of_the_port_counts),
		cmocka_unit_test(all_presets_can_be_remembered),
		cmocka_unit_test(remembered_preset_is_looked_up_anew_after_a_commit),
		cmocka_unit_test(preset_is_not_remembered_for_another_server),
		cmocka_unit_test(threads_that_make_and_learn_in_one_set_leave_it_whole),
	};

	return RUN(tests);
}
