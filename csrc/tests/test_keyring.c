/* The key ring: key files, epochs and floors, by clocks of our own. */
#include "ring_of.h"

/* ---- key files ----------------------------------------------------------------------------- */

static void keyring_makes_a_key_at_the_first_start_and_keeps_it(void **state)
{
	struct bench b;
	struct stat s;
	struct flight f;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_int_equal(stat(path_in(&b, "master.key"), &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(s.st_size, 65);
	f = fly(&b, 0);
	restart(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(lands(&b, &f));
	bench_close(&b);
}

static int first_commit_with(const char *text, mode_t mode, struct screen_error_info *error)
{
	struct bench b;
	int result;

	bench_open(&b);
	write_file(&b, "master.key", text, mode);
	result = commit(&b, "", 2);
	*error = b.error;
	bench_close(&b);
	return result;
}

static void keyring_takes_64_hex_digits_and_a_newline(void **state)
{
	struct screen_error_info error;

	(void)state;
	assert_int_equal(first_commit_with(KEY_A, 0600, &error), SCREEN_OK);
	assert_int_equal(first_commit_with(KEY_A, 0400, &error), SCREEN_OK);
}

static void keyring_refuses_a_key_that_others_can_read(void **state)
{
	struct screen_error_info error;

	(void)state;
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(first_commit_with(KEY_A, 0600 | bit, &error), SCREEN_ERROR_KEY);
		assert_non_null(strstr(error.message, "chmod 600"));
	}
}

static void keyring_refuses_a_short_long_or_foreign_key(void **state)
{
	static const char *const bad[] = {
		"", "00", (KEY_A "\n"), ("00" KEY_A),
		"zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
		"0001020304050607 8090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
	};
	struct screen_error_info error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(first_commit_with(bad[i], 0600, &error), SCREEN_ERROR_KEY);
		assert_non_null(strstr(error.message, "64 hex digits"));
	}
}

static void keyring_refuses_what_is_no_file(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, b.directory, 2), SCREEN_ERROR_KEY);
	assert_non_null(strstr(b.error.message, "is not a file"));
	assert_int_equal(commit(&b, path_in(&b, "none.key"), 2), SCREEN_ERROR_KEY);
	assert_int_equal(mkfifo(path_in(&b, "a.key"), 0600), 0);
	assert_int_equal(commit(&b, path_in(&b, "a.key"), 2), SCREEN_ERROR_KEY); /* at once */
	bench_close(&b);
}

static void keyring_refuses_65_characters_that_are_no_line(void **state)
{
	struct screen_error_info error;
	char text[66] = KEY_A;

	(void)state;
	text[64] = '0';
	assert_int_equal(first_commit_with(text, 0600, &error), SCREEN_ERROR_KEY);
}

static void keyring_does_not_replace_a_link_to_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(symlink("/nonexistent/key", path_in(&b, "master.key")), 0);
	assert_int_equal(commit(&b, "", 2), SCREEN_ERROR_KEY);
	bench_close(&b);
}

/* ---- epochs and floors --------------------------------------------------------------------- */

static void floor_on_disk(const struct bench *b, unsigned long long *epoch)
{
	FILE *file = fopen(path_in(b, "epoch.floor"), "r");
	char fingerprint[32];

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%31s %llu", fingerprint, epoch), 2);
	fclose(file);
}

static void keyring_notes_the_epoch_before_it_is_used(void **state)
{
	struct bench b;
	unsigned long long epoch;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	for (int i = 0; i < 300; i++) {
		floor_on_disk(&b, &epoch);
		assert_int_equal(epoch, b.keyset->check_epoch);
		pass(&b, 1);
	}
	/* without a place to note it no new epoch is used */
	(void)unlink(path_in(&b, "epoch.floor"));
	assert_int_equal(mkdir(path_in(&b, "epoch.floor.new"), 0700), 0);
	b.now.realtime += 64 * SECOND;
	b.now.boot += 64 * SECOND;
	screen_keyring_advance(&b.ring, b.now);
	assert_false(screen_keyring_current(&b.ring, b.keyset));
	assert_null(screen_keyring_keyset(&b.ring, b.zones));
	assert_int_equal(rmdir(path_in(&b, "epoch.floor.new")), 0);
	turn(&b);
	bench_close(&b);
}

/* A floor that is there but cannot be read is not "none": nobody would know which epochs are over. */
static void keyring_refuses_a_floor_that_it_cannot_read(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(symlink("epoch.floor", path_in(&b, "epoch.floor")), 0); /* ELOOP */
	assert_int_equal(commit(&b, "", 2), SCREEN_ERROR_KEY);
	assert_string_equal(b.error.object, "epoch.floor");
	bench_close(&b);
}

static void keyring_leaves_floors_out_that_nobody_wrote(void **state)
{
	struct bench b;
	char text[64];

	(void)state;
	bench_open(&b);
	write_file(&b, "master.key", KEY_A, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	snprintf(text, sizeof(text), "%s 288230377\n", b.ring.active.fingerprint);
	restart(&b);
	write_file(&b, "epoch.floor", text, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(b.ring.active.cluster.time_ns == b.now.realtime);
	bench_close(&b);
}

/* Another key in between does not make a key's epochs go back. */
static void keyring_remembers_the_floors_of_former_keys(void **state)
{
	struct bench b;
	struct flight f;
	uint64_t epoch;

	(void)state;
	bench_open(&b);
	write_file(&b, "b.key", KEY_B, 0600);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	f = fly(&b, 0);
	pass(&b, 3600);
	epoch = b.keyset->check_epoch;
	b.now.realtime -= 3600 * SECOND; /* the clock was an hour ahead, and is put right */
	pass(&b, 1);
	assert_int_equal(commit(&b, path_in(&b, "b.key"), 2), SCREEN_OK);
	pass(&b, 400);
	assert_int_equal(b.ring.other_kind, SCREEN_OTHER_KEY_NONE);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(b.keyset->check_epoch >= epoch);
	assert_false(lands(&b, &f));
	bench_close(&b);
}

static void keyring_without_a_place_for_floors_nothing_lives_for_ever(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	for (uint64_t s = 0; s < 3 * 64; s++) {
		uint64_t epoch;

		b.now.realtime += SECOND;
		b.now.boot += SECOND;
		screen_keyring_advance(&b.ring, b.now); /* and no keyset can be made */
		epoch = b.ring.active.cluster.time_ns / (64 * SECOND);
		assert_int_equal(screen_keyring_outlived(&b.ring, b.keyset),
				 epoch >= b.keyset->check_epoch + 2);
	}
	assert_true(screen_keyring_outlived(&b.ring, b.keyset));
	bench_close(&b);
}

static void keyring_knows_when_the_next_keyset_is_due(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	for (int i = 0; i < 300; i++) {
		uint64_t next = screen_keyring_next_ns(&b.ring);

		assert_true(next > 0 && next <= 62 * SECOND);
		b.now.realtime += next - 1;
		b.now.boot += next - 1;
		screen_keyring_advance(&b.ring, b.now);
		assert_true(screen_keyring_current(&b.ring, b.keyset));
		b.now.realtime += 1;
		b.now.boot += 1;
		screen_keyring_advance(&b.ring, b.now);
		assert_false(screen_keyring_current(&b.ring, b.keyset));
		turn(&b);
	}
	bench_close(&b);
}

/* Runs in a child until it is killed, somewhere in the middle of using epochs as fast as it can. */
static void use_epochs(struct bench *b, int fd)
{
	for (;;) {
		b->now.realtime += 64 * SECOND;
		b->now.boot += 64 * SECOND;
		turn(b);
		if (write(fd, &b->keyset->check_epoch, 8) != 8)
			_exit(1);
	}
}

static void keyring_floor_survives_kill_9(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	for (int i = 0; i < 20; i++) {
		uint64_t used = 0, epoch;
		int fds[2];
		pid_t child;

		assert_int_equal(pipe(fds), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			if (commit(&b, "", 2))
				_exit(1);
			use_epochs(&b, fds[1]);
		}
		close(fds[1]);
		for (int j = 0; j < 5 + i; j++)
			assert_int_equal(read(fds[0], &used, 8), 8);
		assert_int_equal(kill(child, SIGKILL), 0);
		while (read(fds[0], &epoch, 8) == 8)
			used = epoch;
		close(fds[0]);
		assert_int_equal(waitpid(child, NULL, 0), child);
		/* the wall clock is where it was before: hours behind */
		restart(&b);
		assert_int_equal(commit(&b, "", 2), SCREEN_OK);
		assert_true(b.keyset->check_epoch >= used);
		restart(&b);
	}
	bench_close(&b);
}

static void keyring_five_restarts_leave_time_where_it_is(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	for (int i = 0; i < 5; i++) {
		uint64_t boot = b.now.boot;

		assert_int_equal(commit(&b, "", 2), SCREEN_OK);
		assert_true(b.ring.active.cluster.time_ns == b.now.realtime);
		pass(&b, 37);
		restart(&b);
		b.now.realtime += 3 * SECOND;
		b.now.boot = i & 1 ? SECOND : boot + 40 * SECOND; /* a reboot every other time */
	}
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_true(b.ring.active.cluster.time_ns == b.now.realtime);
	bench_close(&b);
}

static void keyring_goes_on_from_the_floor_when_the_clock_was_set_back(void **state)
{
	struct bench b;
	uint64_t epoch;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	epoch = b.keyset->check_epoch;
	restart(&b);
	b.now.realtime -= 86400 * SECOND;
	assert_int_equal(commit(&b, "", 2), SCREEN_OK);
	assert_int_equal(b.keyset->check_epoch, epoch);
	pass(&b, 1);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_AHEAD);
	/* NTP puts it right */
	b.now.realtime += 86400 * SECOND;
	pass(&b, 200);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_FOLLOWS);
	assert_true(b.ring.active.cluster.time_ns - b.now.realtime < SECOND ||
		    b.now.realtime - b.ring.active.cluster.time_ns < SECOND);
	/* an hour behind: one jump, shown for a while */
	b.now.realtime += 3600 * SECOND;
	pass(&b, 1);
	assert_int_equal(b.ring.jumps, 1);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_JUMPED);
	pass(&b, 100);
	assert_int_equal(screen_keyring_cluster(&b.ring), SCREEN_CLUSTER_FOLLOWS);
	bench_close(&b);
}

static void keyring_takes_another_skew_without_losing_a_cookie(void **state)
{
	struct bench b;
	struct flight f;

	(void)state;
	bench_open(&b);
	assert_int_equal(commit(&b, "", 0), SCREEN_OK);
	while (b.now.realtime % (64 * SECOND) != 0)
		pass(&b, 1);
	assert_true(b.keyset->mint_epoch == b.keyset->check_epoch);
	f = fly(&b, 0);
	assert_int_equal(commit(&b, "", 20), SCREEN_OK);
	assert_true(b.keyset->mint_epoch == b.keyset->check_epoch - 1);
	assert_true(lands(&b, &f));
	f = fly(&b, 0);
	assert_true(lands(&b, &f));
	pass(&b, 20);
	assert_true(b.keyset->mint_epoch == b.keyset->check_epoch);
	assert_true(lands(&b, &f));
	bench_close(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyring_makes_a_key_at_the_first_start_and_keeps_it),
		cmocka_unit_test(keyring_takes_64_hex_digits_and_a_newline),
		cmocka_unit_test(keyring_refuses_a_key_that_others_can_read),
		cmocka_unit_test(keyring_refuses_a_short_long_or_foreign_key),
		cmocka_unit_test(keyring_refuses_what_is_no_file),
		cmocka_unit_test(keyring_notes_the_epoch_before_it_is_used),
		cmocka_unit_test(keyring_floor_survives_kill_9),
		cmocka_unit_test(keyring_five_restarts_leave_time_where_it_is),
		cmocka_unit_test(keyring_goes_on_from_the_floor_when_the_clock_was_set_back),
		cmocka_unit_test(keyring_takes_another_skew_without_losing_a_cookie),
		cmocka_unit_test(keyring_refuses_65_characters_that_are_no_line),
		cmocka_unit_test(keyring_does_not_replace_a_link_to_nothing),
		cmocka_unit_test(keyring_refuses_a_floor_that_it_cannot_read),
		cmocka_unit_test(keyring_leaves_floors_out_that_nobody_wrote),
		cmocka_unit_test(keyring_remembers_the_floors_of_former_keys),
		cmocka_unit_test(keyring_without_a_place_for_floors_nothing_lives_for_ever),
		cmocka_unit_test(keyring_knows_when_the_next_keyset_is_due),
	};

	return RUN(tests);
}
