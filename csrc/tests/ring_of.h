/* A key ring with a state directory, clocks and cookies of its own. */
#pragma once

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

static inline const char *path_in(const struct bench *b, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", b->directory, name);
	return path;
}

static inline void write_file(const struct bench *b, const char *name, const char *text, mode_t mode)
{
	int fd = open(path_in(b, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline bool exists(const struct bench *b, const char *name)
{
	return access(path_in(b, name), F_OK) == 0;
}

static inline void bench_open(struct bench *b)
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

static inline void bench_close(struct bench *b)
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
static inline void turn(struct bench *b)
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

static inline void pass(struct bench *b, uint64_t seconds)
{
	while (seconds--) {
		b->now.realtime += SECOND;
		b->now.boot += SECOND;
		turn(b);
	}
}

static inline int commit(struct bench *b, const char *key_file, uint32_t skew_s)
{
	int result = screen_keyring_select(&b->ring, key_file, skew_s, b->now, &b->error);

	if (result == 0)
		result = screen_keyring_commit(&b->ring, &b->error);
	if (result == 0)
		turn(b);
	return result;
}

/* The process ends, cleanly or not: the files are what stays. */
static inline void restart(struct bench *b)
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

static inline struct flight fly(const struct bench *b, uint32_t zone)
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

static inline bool lands(const struct bench *b, const struct flight *f)
{
	struct screen_check c = { .tuple = f->mint.tuple, .seq = f->mint.client_isn + 1,
				  .ack = f->mint.cookie.isn + 1, .tsecr = f->mint.cookie.tsval,
				  .timestamps = true };

	screen_codec_check(screen_codec_best(), &lanes, b->keyset, f->zone, &c, 1);
	return c.valid;
}
