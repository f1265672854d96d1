/* The master key's file, the floor, and cluster time by clocks of our own. */
#include "run.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine_of.h"
#include "keyring.h"

static const uint64_t SECOND = 1000000000ull;

static void write_key(const char *directory, const char *text, mode_t mode)
{
	char path[SCREEN_PATH_SIZE + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/master.key", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Starts an engine on a directory whose key file is as given; returns the error. */
static int start_with(const char *text, mode_t mode, struct screen_error_info *error)
{
	struct screen_engine_options o = {
		.abi_version = SCREEN_ABI_VERSION, .size = sizeof(o), .flows_max = 1 << 10,
		.frames_per_worker = 1 << 11, .chunk_size = 2048,
		.status_size = sizeof(struct screen_engine_status),
	};
	struct screen_engine *e = NULL;
	char command[SCREEN_PATH_SIZE + 32];
	int result;

	snprintf(o.state_dir, sizeof(o.state_dir), "/tmp/screen-test-XXXXXX");
	assert_non_null(mkdtemp(o.state_dir));
	write_key(o.state_dir, text, mode);
	result = screen_engine_create(&o, &e, error);
	screen_engine_destroy(e, SCREEN_LEAVE_NOTHING);
	for (int i = 0; i < 2; i++) {
		snprintf(command, sizeof(command), "%s/%s", o.state_dir,
			 i ? "epoch.floor" : "master.key");
		(void)unlink(command);
	}
	assert_int_equal(rmdir(o.state_dir), 0);
	return result;
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void keyring_takes_64_hex_digits_and_a_newline(void **state)
{
	struct screen_error_info error = { 0 };

	(void)state;
	assert_int_equal(start_with(HEX32 "\n", 0600, &error), SCREEN_OK);
}

static void keyring_refuses_a_key_that_others_can_read(void **state)
{
	struct screen_error_info error = { 0 };

	(void)state;
	assert_int_equal(start_with(HEX32 "\n", 0640, &error), SCREEN_ERROR_KEY);
	assert_non_null(strstr(error.message, "chmod 600"));
	assert_int_equal(start_with(HEX32 "\n", 0604, &error), SCREEN_ERROR_KEY);
}

static void keyring_refuses_a_short_long_or_foreign_key(void **state)
{
	const char *const bad[] = { "", "00", HEX32 "00\n", HEX32 "\n\n",
				    "zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" };
	struct screen_error_info error = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(start_with(bad[i], 0600, &error), SCREEN_ERROR_KEY);
		assert_non_null(strstr(error.message, "64 hex digits"));
	}
}

static void keyring_writes_the_floor_before_it_publishes(void **state)
{
	struct screen_engine *e = test_engine_create();
	char path[SCREEN_PATH_SIZE + 32], text[32];
	unsigned long long epoch = 0;
	FILE *file;

	(void)state;
	assert_int_equal(test_engine_commit(e, 1, NULL), 0);
	snprintf(path, sizeof(path), "%s/epoch.floor", e->options.state_dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%16s %llu", text, &epoch), 2);
	fclose(file);
	assert_int_equal(epoch, e->keyset->check_epoch);
	test_engine_destroy(e);
}

static void cluster_time_never_steps_back(void **state)
{
	struct screen_cluster c;
	uint64_t before = 0, boot = 5 * SECOND;
	/* what the wall clock does: goes, is set back an hour, forward a day, back a year */
	const int64_t walls[] = { 1000000, 1000001, 996400, 996401, 1082800, 1082801, 500, 501 };

	(void)state;
	screen_cluster_start(&c, 1000000 * SECOND, boot, 0);
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		boot += SECOND;
		(void)screen_cluster_advance(&c, (uint64_t)walls[i] * SECOND, boot);
		assert_true(c.time_ns >= before);
		before = c.time_ns;
	}
}

static void cluster_time_follows_between_half_and_double_speed(void **state)
{
	struct screen_cluster c;

	(void)state;
	screen_cluster_start(&c, 1000 * SECOND, 0, 0);
	/* the wall is 10 s ahead: double speed */
	assert_int_equal(screen_cluster_advance(&c, 1011 * SECOND, SECOND), SCREEN_CLUSTER_FOLLOWS);
	assert_int_equal(c.time_ns, 1002 * SECOND);
	/* and 10 s behind: half speed */
	screen_cluster_start(&c, 1000 * SECOND, 0, 0);
	(void)screen_cluster_advance(&c, 991 * SECOND, SECOND);
	assert_int_equal(c.time_ns, 1000 * SECOND + SECOND / 2);
}

static void cluster_time_jumps_forward_when_15_minutes_behind(void **state)
{
	struct screen_cluster c;

	(void)state;
	screen_cluster_start(&c, 1000 * SECOND, 0, 0);
	assert_int_equal(screen_cluster_advance(&c, 2000 * SECOND, SECOND), SCREEN_CLUSTER_JUMPED);
	assert_int_equal(c.time_ns, 2000 * SECOND);
	assert_int_equal(screen_cluster_advance(&c, 500 * SECOND, 2 * SECOND),
			 SCREEN_CLUSTER_AHEAD);
}

static void cluster_time_starts_at_the_floor_when_the_clock_was_set_back(void **state)
{
	struct screen_cluster c;

	(void)state;
	screen_cluster_start(&c, 1000 * SECOND, 0, 100);
	assert_int_equal(screen_cluster_check_epoch(&c), 100);
	screen_cluster_start(&c, 100000 * SECOND, 0, 100);
	assert_int_equal(screen_cluster_check_epoch(&c), 1562);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyring_takes_64_hex_digits_and_a_newline),
		cmocka_unit_test(keyring_refuses_a_key_that_others_can_read),
		cmocka_unit_test(keyring_refuses_a_short_long_or_foreign_key),
		cmocka_unit_test(keyring_writes_the_floor_before_it_publishes),
		cmocka_unit_test(cluster_time_never_steps_back),
		cmocka_unit_test(cluster_time_follows_between_half_and_double_speed),
		cmocka_unit_test(cluster_time_jumps_forward_when_15_minutes_behind),
		cmocka_unit_test(cluster_time_starts_at_the_floor_when_the_clock_was_set_back),
	};

	return RUN(tests);
}
