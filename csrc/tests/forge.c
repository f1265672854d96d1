/*
 * Forgery, measured: tries 2^32 random ACKs on the batch checker and counts those that pass. 16 are
 * expected (2^-28 each); a checker that refuses everything fails, and so does one that forgets bits.
 * The valid one that is tried among them must pass.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

#include "forge.h"

enum { THREADS_MAX = 64, PASSED_MIN = 5, PASSED_MAX = 32, SLICE = 1 << 22 };

static const uint64_t TRIES = 1ull << 32;

static _Atomic uint64_t tried, passed;

static void random_keys(struct forge *f)
{
	f->keyset.check_epoch = f->keyset.mint_epoch = 41;
	f->keyset.zones = 1;
	randombytes_buf(&f->keyset.zone[0], sizeof(f->keyset.zone[0]));
}

/* That ACKs can pass at all. */
static bool honest_passes(struct forge *f)
{
	struct screen_mint m = { .tuple = { .family = 4, .sport = 40000, .dport = 443 },
				 .agreed = { .mss = 1460, .client_wscale = 15, .our_wscale = 15 } };
	struct screen_check c = { .tuple = m.tuple, .seq = 1 };

	screen_codec_mint(screen_codec_best(), &f->lanes, &f->keyset, 0, &m, 1);
	c.ack = m.cookie.isn + 1;
	screen_codec_check(screen_codec_best(), &f->lanes, &f->keyset, 0, &c, 1);
	return c.valid;
}

static void *work(void *data)
{
	struct forge *f = data;
	uint64_t seed;

	randombytes_buf(&seed, sizeof(seed));
	while (atomic_fetch_add(&tried, SLICE) < TRIES) {
		atomic_fetch_add(&passed, forge_acks(f, screen_codec_best(), SLICE, seed));
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	}
	return NULL;
}

static void progress(void)
{
	uint64_t done;

	while ((done = atomic_load(&tried)) < TRIES) {
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%3u %%", (unsigned)(done * 100 / TRIES));
		sleep(1);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r     \r");
}

int main(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	struct forge *all;
	uint64_t count;

	cores = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : cores;
	all = aligned_alloc(64, (size_t)cores * sizeof(*all));
	if (sodium_init() < 0 || !all)
		return 1;
	memset(all, 0, (size_t)cores * sizeof(*all));
	for (long i = 0; i < cores; i++) {
		random_keys(&all[i]);
		if (!honest_passes(&all[i])) {
			fprintf(stderr, "an honest ACK does not pass\n");
			return 1;
		}
		if (pthread_create(&threads[i], NULL, work, &all[i]))
			return 1;
	}
	progress();
	for (long i = 0; i < cores; i++)
		pthread_join(threads[i], NULL);
	free(all);
	count = atomic_load(&passed);
	printf("%s codec: %llu of 2^32 random ACKs passed; 16 are expected, %d to %d are right\n",
	       screen_codec_best()->name, (unsigned long long)count, PASSED_MIN, PASSED_MAX);
	return count < PASSED_MIN || count > PASSED_MAX;
}
