/*
 * Publishing keysets under load: one thread uses epochs as fast as it can, by the key ring and the
 * view that the engine has, while readers mint and check as workers do. No burst may see an epoch with
 * another epoch's key, and what was minted must check within its two epochs. ThreadSanitizer looks for
 * what is not ordered, AddressSanitizer for what is freed too early.
 *
 * A twin that publishes epoch and keys one after the other is caught by the same readers.
 */
#include "run.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine_of.h"
#include "qsbr.h"
#include "view.h"

enum { READERS = 2, FLIGHTS = 8, ROTATIONS = 5000, RUN_MS = 60000, CAUGHT_MS = 10000 };

static const uint64_t EPOCH_NS = SCREEN_EPOCH_SECONDS * 1000000000ull;

/* A keyset and how a reader gets it. */
struct publication {
	void (*publish)(struct screen_engine *e, struct screen_keyset *k);
	/* A burst's keyset, perhaps into *room. NULL: none yet. */
	const struct screen_keyset *(*take)(struct screen_engine *e, struct screen_keyset *room);
};

/* ---- the engine's -------------------------------------------------------------------------- */

static void publish_whole(struct screen_engine *e, struct screen_keyset *k)
{
	screen_view_renew(e, e->empty_policy, k);
}

static const struct screen_keyset *take_whole(struct screen_engine *e, struct screen_keyset *room)
{
	(void)room;
	return atomic_load_explicit(&e->view, memory_order_acquire)->keyset;
}

/* ---- the twin, which is wrong -------------------------------------------------------------- */

static _Atomic uint64_t twin_epoch, twin_keys[4];

static void publish_in_two_steps(struct screen_engine *e, struct screen_keyset *k)
{
	struct screen_zone_keys keys;

	atomic_store_explicit(&twin_epoch, k->check_epoch, memory_order_release);
	screen_keyring_derive(*e->keyring.active.key, "untrust", k->check_epoch, &keys.current);
	screen_keyring_derive(*e->keyring.active.key, "untrust", k->check_epoch - 1,
			      &keys.previous);
	for (int i = 0; i < 4; i++)
		atomic_store_explicit(&twin_keys[i], (&keys.current.k0)[i], memory_order_release);
	screen_view_renew(e, e->empty_policy, k); /* which frees it when nobody can hold it */
}

static const struct screen_keyset *take_in_two_steps(struct screen_engine *e,
						     struct screen_keyset *room)
{
	uint64_t *keys = &room->zone[0].current.k0;

	(void)e;
	room->check_epoch = room->mint_epoch =
		atomic_load_explicit(&twin_epoch, memory_order_acquire);
	for (int i = 0; i < 4; i++)
		keys[i] = atomic_load_explicit(&twin_keys[i], memory_order_acquire);
	return room;
}

/* ---- the stress ---------------------------------------------------------------------------- */

struct stress {
	struct publication by;
	struct screen_engine *e;
	uint8_t master[SCREEN_MASTER_SIZE];
	_Atomic bool stop;
	_Atomic uint64_t rotations, minted, checked, wrong;
};

/* Each reader's own, in memory of its own. */
struct reader {
	struct stress *s;
	pthread_t thread;
	struct screen_lanes lanes;
	struct screen_mint flights[FLIGHTS];
	uint64_t epochs[FLIGHTS];
	struct screen_keyset room;
};

/* The keys are those of the epoch beside them. Costs two derivations: not in every burst. */
static bool belong_together(const struct stress *s, const struct screen_keyset *k)
{
	struct screen_zone_keys want;

	screen_keyring_derive(s->master, "untrust", k->check_epoch, &want.current);
	screen_keyring_derive(s->master, "untrust", k->check_epoch - 1, &want.previous);
	return memcmp(&want, &k->zone[0], sizeof(want)) == 0;
}

static void mint_burst(struct reader *r, const struct screen_keyset *k, uint32_t isn)
{
	for (uint32_t i = 0; i < FLIGHTS; i++) {
		r->flights[i] = (struct screen_mint){
			.tuple = { .family = i & 1 ? 4 : 6, .sport = (uint16_t)i, .dport = 443 },
			.client_isn = isn + i,
			.agreed = { .mss = 1460, .client_wscale = 15, .our_wscale = 15 },
		};
		r->epochs[i] = k->mint_epoch;
	}
	screen_codec_mint(screen_codec_best(), &r->lanes, k, 0, r->flights, FLIGHTS);
}

/* What was minted in an earlier burst is valid if and only if the epoch has not gone on too far. */
static bool check_burst(struct reader *r, const struct screen_keyset *k)
{
	struct screen_check checks[FLIGHTS];
	bool right = true;

	for (int i = 0; i < FLIGHTS; i++)
		checks[i] = (struct screen_check){ .tuple = r->flights[i].tuple,
						   .seq = r->flights[i].client_isn + 1,
						   .ack = r->flights[i].cookie.isn + 1 };
	screen_codec_check(screen_codec_best(), &r->lanes, k, 0, checks, FLIGHTS);
	for (int i = 0; i < FLIGHTS; i++) {
		uint64_t age = k->check_epoch - r->epochs[i];

		right &= checks[i].valid == (age <= 1);
	}
	return right;
}

static void *read_on(void *data)
{
	struct reader *r = data;
	struct stress *s = r->s;

	screen_qsbr_register();
	for (uint32_t burst = 0; !atomic_load(&s->stop); burst++) {
		const struct screen_keyset *k = s->by.take(s->e, &r->room);
		bool right = true;

		if (burst % 2 == 0) {
			mint_burst(r, k, burst);
			atomic_fetch_add(&s->minted, FLIGHTS);
		} else {
			right = check_burst(r, k);
			atomic_fetch_add(&s->checked, FLIGHTS);
		}
		if (burst % 8 == 0)
			right &= belong_together(s, k);
		if (!right)
			atomic_fetch_add(&s->wrong, 1);
		screen_qsbr_quiescent();
	}
	screen_qsbr_unregister();
	return NULL;
}

/* One epoch after the other, by the ring's own rules. The floor's file would be the slowest part. */
static void rotate(struct stress *s, struct screen_clocks *now)
{
	struct screen_keyring *ring = &s->e->keyring;
	struct screen_keyset *k;

	now->realtime += EPOCH_NS;
	now->boot += EPOCH_NS;
	screen_keyring_advance(ring, *now);
	assert_false(screen_keyring_current(ring, s->e->keyset));
	ring->active.floor = now->realtime / EPOCH_NS;
	k = screen_keyring_keyset(ring, s->e->zones);
	assert_non_null(k);
	s->by.publish(s->e, k);
	atomic_fetch_add(&s->rotations, 1);
}

static uint64_t passed_ms(uint64_t since)
{
	return (screen_now_ns() - since) / 1000000;
}

/* Runs for so many rotations or so long, or until something is wrong. */
static void stress(struct stress *s, struct publication by, uint64_t rotations, uint64_t ms)
{
	struct screen_clocks now = { 1800000000000000000ull, 1000000000000ull };
	struct reader *readers = aligned_alloc(64, READERS * sizeof(*readers));
	uint64_t started = screen_now_ns();

	memset(s, 0, sizeof(*s));
	memset(readers, 0, READERS * sizeof(*readers));
	s->by = by;
	s->e = test_engine_create();
	screen_keeper_stop(s->e); /* here it is us who rotate */
	s->e->zones[0] = (struct screen_zone_slot){ .used = true, .name = "untrust" };
	assert_int_equal(screen_keyring_select(&s->e->keyring, "", 0, now, NULL), 0);
	assert_int_equal(screen_keyring_commit(&s->e->keyring, NULL), 0);
	memcpy(s->master, s->e->keyring.active.key, sizeof(s->master));
	rotate(s, &now);
	for (int i = 0; i < READERS; i++) {
		readers[i].s = s;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	while (atomic_load(&s->rotations) < rotations && passed_ms(started) < ms &&
	       !atomic_load(&s->wrong))
		rotate(s, &now);
	atomic_store(&s->stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	print_message("%llu rotations in %llu ms, %llu minted, %llu checked, %llu bursts wrong\n",
		      (unsigned long long)s->rotations, (unsigned long long)passed_ms(started),
		      (unsigned long long)s->minted, (unsigned long long)s->checked,
		      (unsigned long long)s->wrong);
	free(readers);
	test_engine_destroy(s->e);
}

static void syn_cookie_keyset_publication_is_generation_atomic(void **state)
{
	struct stress s;

	(void)state;
	stress(&s, (struct publication){ publish_whole, take_whole }, ROTATIONS, RUN_MS);
	assert_int_equal(s.wrong, 0);
	assert_true(s.minted > 0 && s.checked > 0);
}

static void syn_cookie_keyset_published_in_two_steps_is_caught(void **state)
{
	struct stress s;

	(void)state;
	stress(&s, (struct publication){ publish_in_two_steps, take_in_two_steps }, UINT64_MAX,
	       CAUGHT_MS);
	assert_true(s.wrong > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_keyset_publication_is_generation_atomic),
		cmocka_unit_test(syn_cookie_keyset_published_in_two_steps_is_caught),
	};

	return RUN(tests);
}
