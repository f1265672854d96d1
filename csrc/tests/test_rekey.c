/* The replacement of the master key: no cookie in flight is rejected. */
#include "clients.h"
#include "ring_of.h"

enum { FLIGHTS = 400 };

/* Lets time pass and holds every cookie of the last 64 - 2d s against the keyset of each second. */
static void fly_on(struct bench *b, struct flight flights[FLIGHTS], uint32_t *count, uint32_t seconds)
{
	while (seconds--) {
		uint32_t from = *count > 58 ? *count - 58 : 0;

		assert_true(*count < FLIGHTS);
		for (uint32_t i = from; i < *count; i++)
			assert_true(lands(b, &flights[i]));
		flights[*count] = fly(b, *count & 1);
		(*count)++;
		pass(b, 1);
	}
}

/* Two peers, which change over one after the other; in between the daemons restart. */
static void syn_cookie_master_key_rotation_keeps_in_flight_cookies(void **state)
{
	static struct flight flights[FLIGHTS];
	struct bench b;
	struct flight last;
	uint32_t count = 0;
	char old[SCREEN_FINGERPRINT_SIZE];

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	fly_on(&b, flights, &count, 70);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now, &b.error), 0);
	turn(&b);
	fly_on(&b, flights, &count, 10);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_STAGED);
	fly_on(&b, flights, &count, 10);
	memcpy(old, b.ring.active.fingerprint, sizeof(old));
	assert_int_equal(screen_keyring_activate(&b.ring, &b.error), 0);
	turn(&b);
	assert_string_equal(b.ring.other.fingerprint, old);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_RETIRED);
	assert_false(exists(&b, "staged.key"));
	fly_on(&b, flights, &count, 30);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_RETIRED);
	assert_string_equal(b.ring.other.fingerprint, old);
	fly_on(&b, flights, &count, 30);
	last = flights[70 + 10 + 10 - 1]; /* the last one of the old key */
	assert_true(lands(&b, &last));
	/* after two whole epochs it is gone */
	fly_on(&b, flights, &count, 3 * 64);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_NONE);
	assert_false(exists(&b, "retired.key"));
	assert_false(b.keyset->accepts_other);
	bench_close(&b);
}

/* Whoever was validated by a cookie of the old key, which may have been stolen, is forgotten when it ends,
 * and not before. */
static void syn_cookie_master_key_rotation_clears_validated_cache(void **state)
{
	const struct screen_validated_client client = { .source = { 7 }, .port = 443, .zone = 1 };
	struct screen_validated *t = calloc(1, sizeof(*t));
	uint64_t ended = 0, now_ms = 1000;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	(void)screen_validated_insert(t, &client, now_ms, 3600000);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), 0);
	turn(&b);
	while (b.ring.other_kind == SCREEN_OTHER_KEY_RETIRED) {
		screen_clients_follow(t, &b.ring, &ended);
		assert_true(screen_validated_find(t, screen_validated_key(t, &client), now_ms));
		pass(&b, 1);
	}
	screen_clients_follow(t, &b.ring, &ended);
	assert_false(screen_validated_find(t, screen_validated_key(t, &client), now_ms));
	/* once */
	(void)screen_validated_insert(t, &client, now_ms, 3600000);
	screen_clients_follow(t, &b.ring, &ended);
	assert_true(screen_validated_find(t, screen_validated_key(t, &client), now_ms));
	bench_close(&b);
	free(t);
}

static void keyring_retired_key_lives_at_least_two_epochs_and_at_most_three(void **state)
{
	(void)state;
	for (uint64_t phase = 0; phase < 64; phase += 9) {
		struct bench b;
		struct screen_key_status s;
		uint32_t lived = 0;

		bench_open(&b);
		assert_int_equal(commit(&b, "", 2), SCREEN_OK);
		while (b.now.realtime / SECOND % 64 != phase)
			pass(&b, 1);
		assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), 0);
		turn(&b);
		screen_keyring_status(&b.ring, &s);
		while (b.ring.other_kind == SCREEN_OTHER_KEY_RETIRED) {
			pass(&b, 1);
			lived++;
		}
		assert_in_range(lived, 128, 192);
		assert_int_equal(s.other_left_s, lived);
		bench_close(&b);
	}
}

static void keyring_rotate_makes_another_key(void **state)
{
	struct bench b;
	struct flight f;
	char before[SCREEN_FINGERPRINT_SIZE];

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	memcpy(before, b.ring.active.fingerprint, sizeof(before));
	f = fly(&b, 0);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), 0);
	turn(&b);
	assert_string_not_equal(b.ring.active.fingerprint, before);
	assert_true(lands(&b, &f));
	/* not a third one */
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_ERROR_STATE);
	assert_non_null(strstr(b.error.message, "still accepted"));
	f = fly(&b, 0);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	bench_close(&b);
}

static void keyring_peers_change_over_one_after_the_other(void **state)
{
	struct bench a, b;

	(void)state;
	bench_open(&a);
	bench_open(&b);
	write_file(&a, "master.key", KEY_A, 0600);
	write_file(&b, "master.key", KEY_A, 0600);
	write_file(&a, "b.key", KEY_B, 0600);
	write_file(&b, "b.key", KEY_B, 0600);
	assert_int_equal(commit(&a, "", 2), 0);
	assert_int_equal(commit(&b, "", 2), 0);
	for (int i = 0; i < 400; i++) {
		struct flight from_a = fly(&a, 1), from_b = fly(&b, 0);

		assert_true(lands(&b, &from_a));
		assert_true(lands(&a, &from_b));
		if (i == 50)
			assert_int_equal(screen_keyring_stage(&a.ring, path_in(&a, "b.key"), a.now,
							      &a.error), 0);
		if (i == 60)
			assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now,
							      &b.error), 0);
		if (i == 70)
			assert_int_equal(screen_keyring_activate(&b.ring, &b.error), 0);
		if (i == 70 + 64)
			assert_int_equal(screen_keyring_activate(&a.ring, &a.error), 0);
		pass(&a, 1);
		pass(&b, 1);
	}
	assert_string_equal(a.ring.active.fingerprint, b.ring.active.fingerprint);
	assert_false(a.keyset->accepts_other || b.keyset->accepts_other);
	bench_close(&a);
	bench_close(&b);
}

static void keyring_key_file_is_the_operators(void **state)
{
	struct bench b;
	struct flight f;
	char file[128];

	(void)state;
	bench_open(&b);
	write_file(&b, "a.key", KEY_A, 0600);
	write_file(&b, "b.key", KEY_B, 0600);
	snprintf(file, sizeof(file), "%s", path_in(&b, "a.key"));
	assert_int_equal(commit(&b, file, 2), SCREEN_OK);
	assert_false(exists(&b, "master.key"));
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_ERROR_STATE);
	f = fly(&b, 0);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now, &b.error), 0);
	/* the file has the old one still: a restart would go back to it */
	assert_int_equal(screen_keyring_activate(&b.ring, &b.error), SCREEN_ERROR_STATE);
	assert_non_null(strstr(b.error.message, "does not hold the staged key"));
	write_file(&b, "a.key", KEY_B, 0600);
	assert_int_equal(screen_keyring_activate(&b.ring, &b.error), SCREEN_OK);
	turn(&b);
	assert_true(lands(&b, &f));
	f = fly(&b, 1);
	restart(&b);
	assert_int_equal(commit(&b, file, 2), SCREEN_OK);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_RETIRED);
	assert_true(lands(&b, &f));
	assert_false(exists(&b, "master.key"));
	bench_close(&b);
}

/* The configuration that a start finds may name another key than the one that was minted with. */
static void keyring_restart_with_another_key_keeps_cookies_in_flight(void **state)
{
	struct bench b;
	struct flight f;
	char a[128], other[128];

	(void)state;
	bench_open(&b);
	write_file(&b, "a.key", KEY_A, 0600);
	write_file(&b, "b.key", KEY_B, 0600);
	snprintf(a, sizeof(a), "%s", path_in(&b, "a.key"));
	snprintf(other, sizeof(other), "%s", path_in(&b, "b.key"));
	/* committed B, and the file that is started from says A still */
	assert_int_equal(commit(&b, a, 2), SCREEN_OK);
	assert_int_equal(commit(&b, other, 2), SCREEN_OK);
	f = fly(&b, 0);
	restart(&b);
	assert_int_equal(commit(&b, a, 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	/* the file was changed, and the machine restarts before it is committed */
	pass(&b, 300);
	f = fly(&b, 0);
	restart(&b);
	write_file(&b, "a.key", KEY_C, 0600);
	assert_int_equal(commit(&b, a, 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	/* from a key-file to the state directory's own, and back */
	pass(&b, 300);
	f = fly(&b, 0);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	assert_false(exists(&b, "active.key"));
	pass(&b, 300);
	f = fly(&b, 0);
	restart(&b);
	assert_int_equal(commit(&b, other, 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	bench_close(&b);
}

/* A configuration that was refused has left nothing behind. */
static void keyring_first_key_is_that_of_the_first_configuration(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	assert_int_equal(screen_keyring_select(&b.ring, "", 2, b.now, &b.error), 0);
	screen_keyring_drop(&b.ring);
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_OK);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_NONE);
	bench_close(&b);
}

/* What cannot be written in the middle is undone. */
static void keyring_failed_replacement_changes_nothing(void **state)
{
	struct bench b;
	struct flight f;
	char before[SCREEN_FINGERPRINT_SIZE];

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	f = fly(&b, 0);
	memcpy(before, b.ring.active.fingerprint, sizeof(before));
	assert_int_equal(mkdir(path_in(&b, "retired.key"), 0700), 0);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_ERROR_KEY);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_NONE);
	assert_false(exists(&b, "staged.key"));
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_ERROR_KEY);
	screen_keyring_drop(&b.ring);
	assert_string_equal(b.ring.active.fingerprint, before);
	assert_int_equal(rmdir(path_in(&b, "retired.key")), 0);
	turn(&b);
	assert_true(lands(&b, &f));
	/* the floor cannot be written on the way back: the retired key stays as it was */
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_OK);
	assert_int_equal(mkdir(path_in(&b, "epoch.floor.new"), 0700), 0);
	assert_int_equal(commit(&b, "", 2), SCREEN_ERROR_KEY);
	screen_keyring_drop(&b.ring);
	restart(&b);
	assert_int_equal(rmdir(path_in(&b, "epoch.floor.new")), 0);
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	bench_close(&b);
}

/* Replaces keys as fast as it may, telling of each cookie that it mints, until it is killed. */
static void replace_keys(struct bench *b, int fd)
{
	for (int i = 0;; i++) {
		struct flight f = fly(b, (uint32_t)i & 1);

		if (write(fd, &f, sizeof(f)) != sizeof(f))
			_exit(1);
		if (b->ring.other_kind == SCREEN_OTHER_KEY_RETIRED)
			pass(b, 30);
		else if (i % 3 == 0)
			(void)screen_keyring_rotate(&b->ring, b->now, &b->error);
		else if (b->ring.other_kind == SCREEN_OTHER_KEY_STAGED)
			(void)screen_keyring_activate(&b->ring, &b->error);
		else
			(void)screen_keyring_stage(&b->ring, path_in(b, i & 1 ? "b.key" : "c.key"),
						   b->now, &b->error);
		turn(b);
	}
}

/* Wherever it dies, the next start accepts what was minted last. */
static void keyring_replacement_survives_kill_9(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	write_file(&b, "c.key", KEY_C, 0600);
	for (int i = 0; i < 60; i++) {
		struct flight f, last;
		int fds[2], told = 0;
		pid_t child;

		assert_int_equal(pipe(fds), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			if (commit(&b, "", 2))
				_exit(1);
			replace_keys(&b, fds[1]);
		}
		close(fds[1]);
		for (; told < 3 + i % 7; told++)
			assert_int_equal(read(fds[0], &last, sizeof(last)), sizeof(last));
		usleep((useconds_t)(i * 13 % 400));
		assert_int_equal(kill(child, SIGKILL), 0);
		while (read(fds[0], &f, sizeof(f)) == sizeof(f))
			last = f;
		close(fds[0]);
		assert_int_equal(waitpid(child, NULL, 0), child);
		restart(&b);
		assert_int_equal(commit(&b, "", 2), SCREEN_OK);
		assert_true(lands(&b, &last));
		b.now.realtime = b.ring.active.cluster.time_ns + 600 * SECOND;
		restart(&b);
	}
	bench_close(&b);
}

/* A commit that names another file activates its key, and so does one after the file has changed. */
static void keyring_commit_activates_the_key_that_it_names(void **state)
{
	struct bench b;
	struct flight f;

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	write_file(&b, "c.key", KEY_C, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	f = fly(&b, 0);
	/* dropped: nothing has changed */
	assert_int_equal(screen_keyring_select(&b.ring, path_in(&b, "b.key"), 2, b.now, &b.error),
			 0);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_ERROR_STATE);
	screen_keyring_drop(&b.ring);
	turn(&b);
	assert_false(b.keyset->accepts_other);
	/* published */
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_OK);
	assert_true(b.keyset->accepts_other);
	assert_true(lands(&b, &f));
	f = fly(&b, 0);
	pass(&b, 30);
	/* a third one has to wait, and the second goes on */
	assert_int_equal(commit(&b, path_in(&b, "c.key"), 2), SCREEN_ERROR_STATE);
	assert_true(lands(&b, &f));
	/* back to the first: it is accepted still, and the second becomes the other */
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	pass(&b, 200);
	assert_int_equal(commit(&b, path_in(&b, "c.key"), 2), SCREEN_OK);
	bench_close(&b);
}

static void keyring_stage_refuses_and_replaces(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	write_file(&b, "c.key", KEY_C, 0644);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now, &b.error),
			 SCREEN_ERROR_STATE); /* nothing runs */
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_int_equal(screen_keyring_activate(&b.ring, &b.error), SCREEN_ERROR_STATE);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "c.key"), b.now, &b.error),
			 SCREEN_ERROR_KEY);
	assert_non_null(strstr(b.error.message, "c.key"));
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "master.key"), b.now, &b.error),
			 SCREEN_ERROR_STATE); /* active already */
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now, &b.error), 0);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_ERROR_STATE);
	write_file(&b, "c.key", KEY_C, 0600);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "c.key"), b.now, &b.error), 0);
	turn(&b);
	assert_int_equal(screen_keyring_activate(&b.ring, &b.error), SCREEN_OK);
	turn(&b);
	assert_int_equal(screen_keyring_stage(&b.ring, path_in(&b, "b.key"), b.now, &b.error),
			 SCREEN_ERROR_STATE); /* one is retired */
	bench_close(&b);
}

/* A new master key clears the floor: the way out of a clock that was years ahead. */
static void keyring_new_key_clears_the_floor(void **state)
{
	struct bench b;
	struct flight f;

	(void)state;
	bench_open(&b);
	b.now.realtime += 1000ull * 86400 * SECOND;
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	b.now.realtime -= 1000ull * 86400 * SECOND;
	pass(&b, 10);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_AHEAD);
	f = fly(&b, 0);
	assert_int_equal(screen_keyring_rotate(&b.ring, b.now, &b.error), SCREEN_OK);
	pass(&b, 1);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_FOLLOWS);
	assert_true(b.keyset->check_epoch == b.now.realtime / (64 * SECOND));
	assert_true(lands(&b, &f)); /* in its own key's time */
	pass(&b, 50);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	assert_true(b.keyset->check_epoch == b.now.realtime / (64 * SECOND));
	bench_close(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_master_key_rotation_keeps_in_flight_cookies),
		cmocka_unit_test(syn_cookie_master_key_rotation_clears_validated_cache),
		cmocka_unit_test(keyring_retired_key_lives_at_least_two_epochs_and_at_most_three),
		cmocka_unit_test(keyring_rotate_makes_another_key),
		cmocka_unit_test(keyring_peers_change_over_one_after_the_other),
		cmocka_unit_test(keyring_key_file_is_the_operators),
		cmocka_unit_test(keyring_commit_activates_the_key_that_it_names),
		cmocka_unit_test(keyring_stage_refuses_and_replaces),
		cmocka_unit_test(keyring_new_key_clears_the_floor),
		cmocka_unit_test(keyring_restart_with_another_key_keeps_cookies_in_flight),
		cmocka_unit_test(keyring_first_key_is_that_of_the_first_configuration),
		cmocka_unit_test(keyring_failed_replacement_changes_nothing),
		cmocka_unit_test(keyring_replacement_survives_kill_9),
	};

	return RUN(tests);
}
