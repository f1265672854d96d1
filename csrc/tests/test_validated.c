/* Validated clients as a table: its bounds, its keys, its quotas, its times. */
#include <pthread.h>
#include <stdlib.h>

#include "random.h"
#include "run.h"
#include "validated.h"

static struct screen_validated *table_new(uint64_t key)
{
	struct screen_validated *t = calloc(1, sizeof(*t));

	t->key[0] = key;
	t->key[1] = ~key;
	return t;
}

static struct screen_validated_client v4(uint32_t source, uint16_t port)
{
	struct screen_validated_client c = {
		.source = { [10] = 0xff, 0xff, (uint8_t)(source >> 24), (uint8_t)(source >> 16),
			    (uint8_t)(source >> 8), (uint8_t)source },
		.destination = { [10] = 0xff, 0xff, 203, 0, 113, 1 },
		.port = port,
	};

	return c;
}

static struct screen_validated_client v6(uint64_t upper, uint64_t lower)
{
	struct screen_validated_client c = { .destination = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
					     .port = 443 };

	for (int i = 0; i < 8; i++) {
		c.source[i] = (uint8_t)(upper >> (56 - 8 * i));
		c.source[8 + i] = (uint8_t)(lower >> (56 - 8 * i));
	}
	return c;
}

static bool found(struct screen_validated *t, const struct screen_validated_client *c, uint64_t now)
{
	return screen_validated_find(t, screen_validated_key(t, c), now);
}

static void syn_cookie_validated_cache_is_bounded(void **state)
{
	struct screen_validated *t = table_new(1);
	uint64_t used = 0;

	(void)state;
	for (uint32_t i = 0; i < 4 * SCREEN_VALIDATED_MAX; i++) {
		struct screen_validated_client c = v4(i * 256, 443); /* each in a /24 of its own */

		(void)screen_validated_insert(t, &c, 1000, 60000);
	}
	for (uint32_t i = 0; i < SCREEN_VALIDATED_SETS; i++)
		for (int j = 0; j < SCREEN_VALIDATED_WAYS; j++)
			used += screen_validated_left(t, t->set[i].entry[j].life, 1000) > 0;
	assert_int_equal(used, t->count[SCREEN_VALIDATED_INSERTED]);
	assert_in_range(used, SCREEN_VALIDATED_MAX * 99 / 100, SCREEN_VALIDATED_MAX);
	assert_int_equal(used + t->count[SCREEN_VALIDATED_REFUSED], 4 * SCREEN_VALIDATED_MAX);
	free(t);
}

/* Places depend on the key: who knows the code, but not the key, cannot choose collisions. */
static void syn_cookie_validated_cache_index_is_keyed(void **state)
{
	struct screen_validated *a = table_new(1), *b = table_new(2);
	uint32_t same_set = 0, collide_in_b = 0, set_b = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		struct screen_validated_client c = v4(i * 256, 443);

		same_set += screen_validated_key(a, &c).set[0] == screen_validated_key(b, &c).set[0];
		assert_int_not_equal(screen_validated_key(a, &c).hash,
				     screen_validated_key(b, &c).hash);
	}
	/* 10000 / 8192 are expected by chance */
	assert_in_range(same_set, 0, 20);
	/* clients that share one set under one key are spread under another */
	for (uint32_t i = 0, n = 0; n < 64; i++) {
		struct screen_validated_client c = v4(i * 256, 443);

		if (screen_validated_key(a, &c).set[0] != 0)
			continue;
		if (n++ == 0)
			set_b = screen_validated_key(b, &c).set[0];
		else
			collide_in_b += screen_validated_key(b, &c).set[0] == set_b;
	}
	assert_in_range(collide_in_b, 0, 3);
	free(a);
	free(b);
}

static void syn_cookie_validated_cache_expires_on_ttl_boundary(void **state)
{
	struct screen_validated *t = table_new(3);
	struct screen_validated_client c = v4(0xc6336407, 443), other = v4(0xc6336407, 80);

	(void)state;
	assert_false(found(t, &c, 5000));
	assert_int_equal(screen_validated_insert(t, &c, 5000, 120000), SCREEN_VALIDATED_INSERTED);
	assert_true(found(t, &c, 5000));
	assert_false(found(t, &other, 5000)); /* another port is another service */
	assert_true(found(t, &c, 124999));
	assert_false(found(t, &c, 125000));
	/* renewed, not entered twice */
	assert_int_equal(screen_validated_insert(t, &c, 124999, 120000), SCREEN_VALIDATED_RENEWED);
	assert_true(found(t, &c, 244998));
	assert_false(found(t, &c, 244999));
	assert_int_equal(screen_validated_insert(t, &c, 300000, 1), SCREEN_VALIDATED_INSERTED);
	assert_true(found(t, &c, 300000));
	assert_false(found(t, &c, 300001));
	free(t);
}

static void validated_clients_of_one_zone_are_forgotten_alone(void **state)
{
	struct screen_validated *t = table_new(4);
	struct screen_validated_client a = v4(1, 443), b = a;

	(void)state;
	b.zone = 1;
	screen_validated_insert(t, &a, 1000, 60000);
	screen_validated_insert(t, &b, 1000, 60000);
	screen_validated_forget(t, 0);
	assert_false(found(t, &a, 1000));
	assert_true(found(t, &b, 1000));
	/* and may be validated again */
	assert_int_equal(screen_validated_insert(t, &a, 1000, 60000), SCREEN_VALIDATED_INSERTED);
	assert_true(found(t, &a, 1000));
	free(t);
}

/* The generations of zones are apart: an entry of one is not over by another's. */
static void validated_entry_of_another_zone_is_not_given_up(void **state)
{
	struct screen_validated *t = table_new(5);
	uint32_t live = 0;

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		screen_validated_forget(t, 1);
	for (uint32_t i = 0; i < 2 * SCREEN_VALIDATED_MAX; i++) {
		struct screen_validated_client c = v4(i * 256, 443);

		c.zone = i % 2;
		(void)screen_validated_insert(t, &c, 1000, 60000);
	}
	for (uint32_t i = 0; i < 2 * SCREEN_VALIDATED_MAX; i++) {
		struct screen_validated_client c = v4(i * 256, 443);

		c.zone = i % 2;
		live += found(t, &c, 1000);
	}
	assert_int_equal(live, t->count[SCREEN_VALIDATED_INSERTED]);
	free(t);
}

static uint32_t held_by(struct screen_validated *t, uint64_t now,
			struct screen_validated_client (*client)(uint32_t), uint32_t tries)
{
	uint32_t held = 0;

	for (uint32_t i = 0; i < tries; i++) {
		struct screen_validated_client c = client(i);

		(void)screen_validated_insert(t, &c, now, 60000);
	}
	for (uint32_t i = 0; i < tries; i++) {
		struct screen_validated_client c = client(i);

		held += found(t, &c, now);
	}
	return held;
}

static struct screen_validated_client of_one_24(uint32_t i)
{
	return v4(0xc6336400 | (i & 0xff), (uint16_t)(1 + i / 256));
}

static struct screen_validated_client of_one_64(uint32_t i)
{
	return v6(0x20010db800000007, i);
}

static struct screen_validated_client of_one_48(uint32_t i)
{
	return v6(0x20010db800000000 | (i & 0xffff), i);
}

static void validated_prefixes_hold_no_more_than_their_quota(void **state)
{
	(void)state;
	for (uint64_t key = 10; key < 20; key++) {
		struct screen_validated *t = table_new(key);

		assert_in_range(held_by(t, 1000, of_one_24, 20000), 250, 256);
		assert_in_range(held_by(t, 1000, of_one_64, 20000), 60, 64);
		/* the /64 is one of the /48's */
		assert_in_range(held_by(t, 1000, of_one_48, 20000), 180, 256);
		free(t);
	}
}

/* A botnet with real addresses fills the table: who was validated before stays so to the end. */
static void syn_cookie_attacker_valid_acks_cannot_evict_others(void **state)
{
	struct screen_validated *t = table_new(6);
	struct random r = random_seeded();

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct screen_validated_client c = v4(0xcb007100 + i, 443);

		assert_int_equal(screen_validated_insert(t, &c, 1000, 120000),
				 SCREEN_VALIDATED_INSERTED);
	}
	for (uint64_t now = 1000; now < 120000; now += 1000)
		for (uint32_t i = 0; i < 10000; i++) {
			struct screen_validated_client c = v4(0x0a000000 | random_32(&r) >> 8, 443);

			(void)screen_validated_insert(t, &c, now, 120000);
		}
	assert_true(t->count[SCREEN_VALIDATED_REFUSED] > 100000);
	for (uint32_t i = 0; i < 100; i++) {
		struct screen_validated_client c = v4(0xcb007100 + i, 443);

		assert_true(found(t, &c, 120999));
		assert_false(found(t, &c, 121000));
	}
	free(t);
}

static struct screen_validated *shared;
static pthread_barrier_t round_ends;
static _Atomic uint32_t not_found;

/* Each thread validates clients of its own in sets that all use, and finds them at once; in the next
 * round all of them are over. */
static void *validate_own(void *argument)
{
	uint32_t thread = (uint32_t)(uintptr_t)argument;

	for (uint64_t now = 1000; now < 3000; now += 100) {
		for (uint32_t i = 0; i < 2000; i++) {
			struct screen_validated_client c =
				v4((i % 8) << 8 | thread, (uint16_t)(i / 8));

			if (screen_validated_insert(shared, &c, now, 100) !=
				    SCREEN_VALIDATED_REFUSED && !found(shared, &c, now))
				not_found++;
		}
		pthread_barrier_wait(&round_ends);
	}
	return NULL;
}

static void validated_clients_are_found_by_whoever_inserted_them(void **state)
{
	pthread_t threads[4];

	(void)state;
	shared = table_new(7);
	pthread_barrier_init(&round_ends, NULL, 4);
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, validate_own, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(not_found, 0);
	/* every round has filled the eight windows anew */
	assert_in_range(shared->count[SCREEN_VALIDATED_INSERTED], 20 * 7 * 250, 20 * 8 * 256);
	pthread_barrier_destroy(&round_ends);
	free(shared);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_validated_cache_is_bounded),
		cmocka_unit_test(syn_cookie_validated_cache_index_is_keyed),
		cmocka_unit_test(syn_cookie_validated_cache_expires_on_ttl_boundary),
		cmocka_unit_test(validated_clients_of_one_zone_are_forgotten_alone),
		cmocka_unit_test(validated_entry_of_another_zone_is_not_given_up),
		cmocka_unit_test(validated_prefixes_hold_no_more_than_their_quota),
		cmocka_unit_test(syn_cookie_attacker_valid_acks_cannot_evict_others),
		cmocka_unit_test(validated_clients_are_found_by_whoever_inserted_them),
	};

	return RUN(tests);
}
