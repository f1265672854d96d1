/* The key ring: key files, floors, and the replacement of the master key, by clocks of our own. */
#include "run.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec.h"
#include "keyring.h"

static const uint64_t SECOND = 1000000000ull;

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_B "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100\n"
#define KEY_C "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"

/* A ring with a state directory and clocks of its own. */
struct bench {
	struct screen_keyring ring;
	struct screen_keyset *keyset;
	struct screen_zone_slot zones[SCREEN_ZONES_MAX];
	struct screen_clocks now;
	struct screen_error_info error;
	char directory[64];
};

static const char *path_in(const struct bench *b, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", b->directory, name);
	return path;
}

static void write_file(const struct bench *b, const char *name, const char *text, mode_t mode)
{
	int fd = open(path_in(b, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static bool exists(const struct bench *b, const char *name)
{
	return access(path_in(b, name), F_OK) == 0;
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	assert_true(sodium_init() >= 0);
	snprintf(b->directory, sizeof(b->directory), "/tmp/screen-test-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	b->now = (struct screen_clocks){ 1800000000 * SECOND, 1000 * SECOND };
	b->zones[0] = (struct screen_zone_slot){ .used = true, .name = "untrust" };
	b->zones[1] = (struct screen_zone_slot){ .used = true, .name = "dmz" };
	screen_keyring_init(&b->ring, b->directory);
}

static void bench_close(struct bench *b)
{
	static const char *const files[] = { "master.key", "staged.key", "retired.key",
					     "active.key", "epoch.floor", "a.key", "b.key", "c.key" };

	screen_keyring_close(&b->ring);
	screen_keyset_free(b->keyset);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(path_in(b, files[i]));
	assert_int_equal(rmdir(b->directory), 0);
}

/* What the keeper does. */
static void turn(struct bench *b)
{
	struct screen_keyset *keyset;

	screen_keyring_advance(&b->ring, b->now);
	if (screen_keyring_current(&b->ring, b->keyset))
		return;
	keyset = screen_keyring_keyset(&b->ring, b->zones);
	assert_non_null(keyset);
	screen_keyset_free(b->keyset);
	b->keyset = keyset;
}

static void pass(struct bench *b, uint64_t seconds)
{
	while (seconds--) {
		b->now.realtime += SECOND;
		b->now.boot += SECOND;
		turn(b);
	}
}

static int commit(struct bench *b, const char *key_file, uint32_t skew_s)
{
	int result = screen_keyring_select(&b->ring, key_file, skew_s, b->now, &b->error);

	if (result == 0)
		result = screen_keyring_commit(&b->ring, &b->error);
	if (result == 0)
		turn(b);
	return result;
}

/* The process ends, cleanly or not: the files are what stays. */
static void restart(struct bench *b)
{
	screen_keyring_close(&b->ring);
	screen_keyset_free(b->keyset);
	b->keyset = NULL;
	screen_keyring_init(&b->ring, b->directory);
}

/* A cookie of now, in a zone. */
struct flight {
	struct screen_mint mint;
	uint32_t zone;
};

static struct screen_lanes lanes;

static struct flight fly(const struct bench *b, uint32_t zone)
{
	static uint32_t isn;
	struct flight f = {
		.mint = { .tuple = { .family = isn & 1 ? 4 : 6, .sport = 40000, .dport = 443 },
			  .client_isn = isn + 1,
			  .agreed = { .mss = 1460, .client_wscale = 7, .our_wscale = 9,
				      .timestamps = true } },
		.zone = zone,
	};

	isn++;
	screen_codec_mint(screen_codec_best(), &lanes, b->keyset, zone, &f.mint, 1);
	return f;
}

static bool lands(const struct bench *b, const struct flight *f)
{
	struct screen_check c = { .tuple = f->mint.tuple, .seq = f->mint.client_isn + 1,
				  .ack = f->mint.cookie.isn + 1, .tsecr = f->mint.cookie.tsval,
				  .timestamps = true };

	screen_codec_check(screen_codec_best(), &lanes, b->keyset, f->zone, &c, 1);
	return c.valid;
}

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

/* ---- another master key -------------------------------------------------------------------- */

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
		cmocka_unit_test(syn_cookie_master_key_rotation_keeps_in_flight_cookies),
		cmocka_unit_test(keyring_retired_key_lives_at_least_two_epochs_and_at_most_three),
		cmocka_unit_test(keyring_rotate_makes_another_key),
		cmocka_unit_test(keyring_peers_change_over_one_after_the_other),
		cmocka_unit_test(keyring_key_file_is_the_operators),
		cmocka_unit_test(keyring_commit_activates_the_key_that_it_names),
		cmocka_unit_test(keyring_stage_refuses_and_replaces),
		cmocka_unit_test(keyring_new_key_clears_the_floor),
		cmocka_unit_test(keyring_refuses_65_characters_that_are_no_line),
		cmocka_unit_test(keyring_does_not_replace_a_link_to_nothing),
		cmocka_unit_test(keyring_refuses_a_floor_that_it_cannot_read),
		cmocka_unit_test(keyring_leaves_floors_out_that_nobody_wrote),
		cmocka_unit_test(keyring_remembers_the_floors_of_former_keys),
		cmocka_unit_test(keyring_without_a_place_for_floors_nothing_lives_for_ever),
		cmocka_unit_test(keyring_knows_when_the_next_keyset_is_due),
		cmocka_unit_test(keyring_restart_with_another_key_keeps_cookies_in_flight),
		cmocka_unit_test(keyring_first_key_is_that_of_the_first_configuration),
		cmocka_unit_test(keyring_failed_replacement_changes_nothing),
		cmocka_unit_test(keyring_replacement_survives_kill_9),
	};

	return RUN(tests);
}
