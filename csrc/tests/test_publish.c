/*
 * Publishing and stopping, under load: workers take views as fast as they can while another thread
 * swaps policies and keysets and in the end stops them. ThreadSanitizer looks for what is not
 * ordered; AddressSanitizer for what is freed too early.
 */
#include "run.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine_of.h"
#include "keyring.h"
#include "view.h"
#include "worker.h"

enum { WORKERS = 3, SWAPS = 400 };

static struct screen_policy *policy_of(uint64_t generation)
{
	struct screen_policy *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->generation = generation;
	p->time_wait_s = 150;
	p->inactivity_timeout_s = 14400;
	return p;
}

static void publish_swaps_under_running_workers_and_frees_the_old(void **state)
{
	struct screen_engine *e = test_engine_create();
	struct screen_error_info error = { 0 };
	struct screen_policy *running = policy_of(1), *next;

	(void)state;
	test_engine_keys(e);
	assert_int_equal(screen_worker_ensure(e, WORKERS, &error), 0);
	for (uint64_t i = 2; i < SWAPS; i++) {
		struct screen_keyset *keyset;

		pthread_mutex_lock(&e->lock);
		keyset = screen_keyring_keyset(&e->keyring, e->zones);
		assert_non_null(keyset);
		next = policy_of(i);
		screen_view_renew(e, next, keyset);
		pthread_mutex_unlock(&e->lock);
		free(running); /* no worker may be reading it any more */
		running = next;
	}
	pthread_mutex_lock(&e->lock);
	screen_view_renew(e, e->empty_policy, screen_keyring_keyset(&e->keyring, e->zones));
	pthread_mutex_unlock(&e->lock);
	free(running);
	test_engine_destroy(e);
}

static void publish_stop_ends_sleeping_and_running_workers(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct screen_engine *e = test_engine_create();
		struct screen_error_info error = { 0 };

		assert_int_equal(screen_worker_ensure(e, 1 + (uint32_t)i % WORKERS, &error), 0);
		test_engine_destroy(e);
	}
}

static void publish_snapshot_without_ports_takes_and_refuses_generations(void **state)
{
	struct screen_engine *e = test_engine_create();
	struct screen_error_info error = { 0 };

	(void)state;
	assert_int_equal(test_engine_commit(e, 1, &error), SCREEN_OK);
	assert_int_equal(test_engine_commit(e, 1, &error), SCREEN_ERROR_SNAPSHOT);
	assert_non_null(strstr(error.message, "generation"));
	assert_int_equal(test_engine_commit(e, 2, &error), SCREEN_OK);
	assert_int_equal(screen_engine_publish(e, &error), SCREEN_ERROR_STATE);
	test_engine_destroy(e);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(publish_swaps_under_running_workers_and_frees_the_old),
		cmocka_unit_test(publish_stop_ends_sleeping_and_running_workers),
		cmocka_unit_test(publish_snapshot_without_ports_takes_and_refuses_generations),
	};

	return RUN(tests);
}
