/*
 * Two peers with one master key: what one mints the other accepts, as long as their clocks are no
 * further apart than they were told. Real cookies, clocks of our own.
 */
#include "cluster.h"
#include "random.h"
#include "vectors.h"

static const uint64_t SECOND = 1000000000;
static const uint64_t EPOCH = 64 * SECOND;
static const uint8_t master[32] = "0123456789abcdef0123456789abcdef";
static const struct screen_agreed agreed = {
	.mss = 1460, .client_wscale = 7, .our_wscale = 10, .timestamps = true, .sack = true,
};

/* The keys of some epochs in a row: deriving them each time would take most of a test's time. */
struct keys {
	uint64_t first, count;
	struct screen_cookie_key *key;
};

static struct keys keys_from(uint64_t first, uint64_t count)
{
	struct keys k = { first, count, calloc(count, sizeof(*k.key)) };

	assert_non_null(k.key);
	for (uint64_t i = 0; i < count; i++)
		k.key[i] = key_of(master, "untrust", first + i);
	return k;
}

static const struct screen_cookie_key *keys_at(const struct keys *k, uint64_t epoch)
{
	assert_true(epoch >= k->first && epoch - k->first < k->count);
	return &k->key[epoch - k->first];
}

/* What a peer mints and checks with at a moment of its cluster time: the keys of E and E - 1. */
struct keyset {
	uint64_t check_epoch, mint_epoch;
	struct screen_zone_keys zone;
};

static struct keyset keyset_of(const struct keys *k, const struct screen_cluster *c, uint64_t skew)
{
	uint64_t epoch = screen_cluster_check_epoch(c);

	return (struct keyset){
		.check_epoch = epoch,
		.mint_epoch = screen_cluster_mint_epoch(c, skew),
		.zone = { *keys_at(k, epoch), *keys_at(k, epoch - 1) },
	};
}

struct challenge {
	struct screen_tuple tuple;
	struct screen_cookie cookie;
	uint32_t isn;
};

static struct challenge mint(const struct keyset *k, uint32_t isn)
{
	struct challenge c = {
		.tuple = { .source = { 198, 51, 100, 7 }, .destination = { 203, 0, 113, 1 },
			   .sport = (uint16_t)isn, .dport = 443, .family = 4 },
		.isn = isn,
	};
	bool current = k->mint_epoch == k->check_epoch;

	/* a keyset holds no other key */
	assert_true(current || k->mint_epoch == k->check_epoch - 1);
	c.cookie = screen_cookie_mint(current ? &k->zone.current : &k->zone.previous, k->mint_epoch,
				      &c.tuple, isn, &agreed);
	return c;
}

static bool accepts(const struct keyset *k, const struct challenge *c)
{
	struct screen_agreed a;

	return screen_cookie_check(&k->zone, k->check_epoch, &c->tuple, c->isn + 1,
				   c->cookie.isn + 1, true, c->cookie.tsval, &a) ==
	       SCREEN_COOKIE_VALID;
}

/* ---- every skew, phase and age ------------------------------------------------------------- */

enum {
	AGES_S = 152, /* older than 128 s + the largest skew */
	NEAR_NS = 2,  /* each second, and as near to it */
};

static const uint64_t FIRST = 26562500; /* the epoch in which the walk begins */

struct walk {
	const struct keys *keys;
	uint64_t skew;	/* d, what the peers are told */
	int64_t apart;	/* what they are: the checker's clock less the minter's */
	uint64_t youngest_rejected, oldest_accepted;
	uint64_t checks;
};

static struct screen_cluster at(uint64_t time_ns)
{
	return (struct screen_cluster){ .time_ns = time_ns };
}

static void walk_age(struct walk *w, const struct challenge *c, uint64_t minted, uint64_t age)
{
	struct screen_cluster checker = at(minted + age + (uint64_t)w->apart);
	struct keyset k = keyset_of(w->keys, &checker, w->skew);
	bool accepted = accepts(&k, c);

	w->checks++;
	if (accepted ? age > 2 * EPOCH + w->skew : age < EPOCH - 2 * w->skew)
		fail_msg("d %llu ns, %lld ns apart, phase %llu ns: %s at %llu ns",
			 (unsigned long long)w->skew, (long long)w->apart,
			 (unsigned long long)(minted % EPOCH), accepted ? "accepted" : "rejected",
			 (unsigned long long)age);
	if (accepted && age > w->oldest_accepted)
		w->oldest_accepted = age;
	if (!accepted && age < w->youngest_rejected)
		w->youngest_rejected = age;
}

static void walk_ages(struct walk *w, uint64_t minted)
{
	struct screen_cluster minter = at(minted);
	struct keyset k = keyset_of(w->keys, &minter, w->skew);
	struct challenge c = mint(&k, (uint32_t)(minted * 2654435761u >> 13));

	for (uint64_t s = 0; s <= AGES_S; s++)
		for (uint64_t near = s ? 0 : NEAR_NS; near <= 2 * NEAR_NS; near++)
			walk_age(w, &c, minted, s * SECOND + near - NEAR_NS);
}

/* Each second of an epoch, and what is next to where the minter changes epochs. */
static void walk_phases(struct walk *w, int64_t apart)
{
	uint64_t first = (FIRST + 1) * EPOCH;

	w->apart = apart;
	w->youngest_rejected = ~0ull;
	w->oldest_accepted = 0;
	for (uint64_t s = 0; s < 64; s++) {
		uint64_t minted = first + s * SECOND;

		walk_ages(w, minted);
		if (s == 0 || s * SECOND == w->skew) {
			walk_ages(w, minted - 1);
			walk_ages(w, minted + 1);
		}
	}
	/* To the nanosecond: a peer that is d ahead just meets 64 s - 2d. 128 s + d is kept with d
	 * to spare even by one that is d behind: the minter began the epoch as much later. */
	assert_int_equal(w->youngest_rejected, EPOCH - w->skew - (uint64_t)apart + 1);
	assert_int_equal(w->oldest_accepted, 2 * EPOCH - w->skew - (uint64_t)apart - 1);
}

static void walk_skews(struct walk *w)
{
	int64_t d = (int64_t)w->skew;

	for (int64_t apart = -d; apart <= d; apart += (int64_t)SECOND)
		walk_phases(w, apart);
	if (d == 0)
		return;
	walk_phases(w, 1 - d);
	walk_phases(w, -1);
	walk_phases(w, 1);
	walk_phases(w, d - 1);
}

static void syn_cookie_peer_with_bounded_skew_accepts(void **state)
{
	struct keys keys = keys_from(FIRST - 1, 8);
	struct walk w = { .keys = &keys };

	(void)state;
	for (uint64_t d = 0; d <= SCREEN_SKEW_MAX; d++) {
		w.skew = d * SECOND;
		walk_skews(&w);
	}
	print_message("%llu cookies checked\n", (unsigned long long)w.checks);
	free(keys.key);
}

/* What the skew is for: peers that are not told of it reject each other's youngest cookies. */
static void syn_cookie_peer_beyond_the_skew_rejects(void **state)
{
	struct keys keys = keys_from(FIRST - 1, 8);

	(void)state;
	for (uint64_t d = 0; d <= SCREEN_SKEW_MAX; d++) {
		struct screen_cluster minter = at((FIRST + 2) * EPOCH + d * SECOND);
		struct screen_cluster on_time = at((FIRST + 2) * EPOCH);
		struct screen_cluster late = at((FIRST + 2) * EPOCH - 1);
		struct keyset k = keyset_of(&keys, &minter, d * SECOND);
		struct keyset punctual = keyset_of(&keys, &on_time, d * SECOND);
		struct keyset tardy = keyset_of(&keys, &late, d * SECOND);
		struct challenge c = mint(&k, 7);

		assert_true(accepts(&punctual, &c));
		assert_false(accepts(&tardy, &c));
	}
	free(keys.key);
}

/* ---- a month -------------------------------------------------------------------------------- */

static const uint64_t DAY_S = 86400;
static const uint64_t MONTH_S = 30 * 86400;
static const uint64_t START_S = 1700000000;
static const uint64_t SKEW = 2 * SECOND; /* d, as it is when nobody says otherwise */

enum {
	STEPS = 10,	    /* the engine's calls in a second */
	PROBE_S = 5,	    /* each peer mints one so often */
	PROBES = 64,	    /* that are remembered: longer than any is accepted */
	YOUNG_S = 59,	    /* below 64 s - 2d: must be accepted */
	OLD_S = 131,	    /* above 128 s + d: must not */
	NTP_ERROR_MS = 20,  /* of a correction */
	NTP_MIN_S = 64,	    /* corrections: mostly as often as ntpd asks */
	NTP_MAX_S = 1024,
	NTP_GAP_S = 4 * 3600, /* one in ten after as long as this: 50 ppm are 0.7 s then */
};

/* Something that happens to the second peer: it stops and starts again, with a clock that is wrong
 * until NTP is heard. */
struct upset {
	uint64_t at_s, down_s;
	int64_t wrong_s;	  /* its clock at the start */
	uint64_t corrected_s;	  /* after the start */
	uint64_t agree_s;	  /* after the correction: until the peers' clocks agree again */
	bool rebooted;
};

/* They agree when d is left, which half speed gets to 2d earlier; some drift and NTP's errors. */
static uint64_t agree_max_s(const struct upset *u)
{
	return u->agree_s + u->agree_s / 10000;
}

static uint64_t agree_min_s(const struct upset *u)
{
	uint64_t sooner = 10 + u->agree_s / 10000;

	return u->agree_s > sooner ? u->agree_s - sooner : 0;
}

struct peer {
	struct screen_cluster cluster;
	struct keyset keyset;
	uint64_t wall, boot;
	uint64_t step;	      /* what its oscillator takes for a tenth of a second */
	uint64_t corrected_at; /* the next time, in seconds */
	uint64_t floor;
	bool up;
	struct challenge minted[PROBES];
};

/* The world: true time, what happens in it, what was seen of it. */
struct month {
	struct random random;
	struct keys keys;
	struct peer peer[2];
	uint64_t now_s;		/* since the start */
	uint64_t settled_s;	/* from here on everything must be accepted */
	uint64_t apart_last_s;	/* the last time that they were further apart than d */
	uint64_t widest;	/* how far apart they were when settled */
	uint64_t accepted, rejected, strangers;
};

static uint64_t true_time(const struct month *m)
{
	return (START_S + m->now_s) * SECOND;
}

static void ntp(struct month *m, struct peer *p)
{
	int64_t error = (int64_t)random_below(&m->random, 2 * NTP_ERROR_MS + 1) - NTP_ERROR_MS;
	uint32_t longest = random_below(&m->random, 10) ? NTP_MAX_S : NTP_GAP_S;

	p->wall = true_time(m) + (uint64_t)(error * 1000000);
	p->corrected_at = m->now_s + NTP_MIN_S + random_below(&m->random, longest - NTP_MIN_S);
}

static void renew(struct month *m, struct peer *p)
{
	if (p->keyset.check_epoch == screen_cluster_check_epoch(&p->cluster) &&
	    p->keyset.mint_epoch == screen_cluster_mint_epoch(&p->cluster, SKEW))
		return;
	p->keyset = keyset_of(&m->keys, &p->cluster, SKEW);
	/* never an earlier epoch than the last one, restarts included */
	assert_true(p->keyset.check_epoch >= p->floor);
	p->floor = p->keyset.check_epoch;
}

static void peer_start(struct month *m, struct peer *p)
{
	screen_cluster_start(&p->cluster, p->wall, p->boot, p->floor);
	p->up = true;
	memset(&p->keyset, 0, sizeof(p->keyset));
	renew(m, p);
}

static uint64_t step_ns(int32_t drift_ppm)
{
	return SECOND / STEPS / 1000000 * (uint64_t)(1000000 + drift_ppm);
}

/* A tenth of a second. */
static void tick(struct month *m, struct peer *p)
{
	p->wall += p->step;
	p->boot += p->step;
	if (!p->up)
		return;
	(void)screen_cluster_advance(&p->cluster, p->wall, p->boot);
	renew(m, p);
}

static uint64_t distance(const struct month *m)
{
	uint64_t a = m->peer[0].cluster.time_ns, b = m->peer[1].cluster.time_ns;

	return a > b ? a - b : b - a;
}

static void upset_begins(struct month *m, const struct upset *u)
{
	struct peer *p = &m->peer[1];

	if (m->now_s == u->at_s)
		p->up = false;
	if (m->now_s != u->at_s + u->down_s)
		return;
	if (u->wrong_s)
		p->wall = true_time(m) + (uint64_t)(u->wrong_s * (int64_t)SECOND);
	if (u->rebooted)
		p->boot = 20 * SECOND;
	p->corrected_at = m->now_s + u->corrected_s;
	m->settled_s = p->corrected_at + 1 + agree_max_s(u);
	peer_start(m, p);
}

static void probe_age(struct month *m, const struct peer *minter, const struct peer *checker,
		      uint64_t age_s)
{
	uint64_t minted_s = m->now_s - age_s;
	bool settled = minted_s >= m->settled_s && m->now_s >= age_s;
	const struct challenge *c = &minter->minted[minted_s / PROBE_S % PROBES];
	bool accepted;

	if (minted_s % PROBE_S || m->now_s < age_s || !checker->up || c->tuple.family == 0)
		return;
	accepted = accepts(&checker->keyset, c);
	m->strangers += !accepted && !settled && age_s == 0;
	if (!settled)
		return;
	if (accepted != (age_s < OLD_S))
		fail_msg("second %llu, a cookie %llu s old, peers %llu ns apart: %s",
			 (unsigned long long)m->now_s, (unsigned long long)age_s,
			 (unsigned long long)distance(m), accepted ? "accepted" : "rejected");
	m->accepted += accepted;
	m->rejected += !accepted;
}

/* What both mint, both must accept while it is young, and not when it is old. */
static void probe(struct month *m)
{
	static const uint64_t ages_s[] = { 0, YOUNG_S, OLD_S };

	for (int i = 0; i < 2; i++) {
		struct peer *p = &m->peer[i];
		struct challenge *c = &p->minted[m->now_s / PROBE_S % PROBES];

		if (m->now_s % PROBE_S)
			continue;
		memset(c, 0, sizeof(*c));
		if (p->up)
			*c = mint(&p->keyset, random_32(&m->random));
	}
	for (int i = 0; i < 4; i++)
		for (size_t j = 0; j < sizeof(ages_s) / sizeof(ages_s[0]); j++)
			probe_age(m, &m->peer[i / 2], &m->peer[i % 2], ages_s[j]);
}

static void observe(struct month *m)
{
	uint64_t apart = distance(m);

	if (!m->peer[0].up || !m->peer[1].up)
		return;
	if (apart > SKEW)
		m->apart_last_s = m->now_s;
	if (m->now_s < m->settled_s)
		return;
	if (apart > m->widest)
		m->widest = apart;
	if (apart > SKEW)
		fail_msg("second %llu: %llu ns apart", (unsigned long long)m->now_s,
			 (unsigned long long)apart);
}

/* How long after the correction they were still apart. */
static void assert_agreed_in_time(const struct month *m, const struct upset *u)
{
	uint64_t corrected = u->at_s + u->down_s + u->corrected_s;
	uint64_t took = m->apart_last_s > corrected ? m->apart_last_s - corrected : 0;

	print_message("second %llu: down %llu s, clock wrong by %lld s for %llu s: agree %llu s "
		      "after the correction\n",
		      (unsigned long long)u->at_s, (unsigned long long)u->down_s,
		      (long long)u->wrong_s, (unsigned long long)u->corrected_s,
		      (unsigned long long)took);
	assert_in_range(took, agree_min_s(u), agree_max_s(u));
}

static void live_a_second(struct month *m)
{
	for (int i = 0; i < 2; i++)
		if (m->now_s >= m->peer[i].corrected_at)
			ntp(m, &m->peer[i]);
	for (int i = 0; i < STEPS; i++) {
		tick(m, &m->peer[0]);
		tick(m, &m->peer[1]);
		observe(m);
	}
	m->now_s++;
	probe(m);
}

/* Its first second, before the second peer has started. */
static struct month *month_begin(struct random r, int32_t drift_ppm)
{
	struct month *m = calloc(1, sizeof(*m));
	uint64_t first = START_S * SECOND / EPOCH;

	assert_non_null(m);
	m->random = r;
	/* a day more at the end: what is ahead has epochs of its own */
	m->keys = keys_from(first - 400, 400 + (MONTH_S + 2 * DAY_S) / 64);
	for (int i = 0; i < 2; i++) {
		m->peer[i].wall = true_time(m);
		m->peer[i].boot = 60 * SECOND;
	}
	m->peer[0].step = step_ns(drift_ppm);
	m->peer[1].step = step_ns(-drift_ppm);
	peer_start(m, &m->peer[0]);
	return m;
}

/* Returns how often a fresh cookie was rejected while the peers did not agree. */
static uint64_t month_end(struct month *m)
{
	uint64_t strangers = m->strangers;

	print_message("%llu accepted, %llu rejected for their age; before they agreed %llu "
		      "rejected; then at most %llu ms apart\n",
		      (unsigned long long)m->accepted, (unsigned long long)m->rejected,
		      (unsigned long long)strangers, (unsigned long long)(m->widest / 1000000));
	/* NTP really left them apart, and nearly the whole month was looked at */
	assert_true(m->widest > SKEW / 4);
	assert_true(m->rejected > 4 * (MONTH_S / PROBE_S) * 9 / 10);
	free(m->keys.key);
	free(m);
	return strangers;
}

/* Two peers for 30 days, whose oscillators are wrong by as much in opposite directions. */
static uint64_t live_a_month(struct random r, int32_t drift_ppm, const struct upset *upsets,
			     size_t count)
{
	struct month *m = month_begin(r, drift_ppm);
	size_t next = 0;

	while (m->now_s < MONTH_S) {
		if (next < count) {
			upset_begins(m, &upsets[next]);
			next += m->now_s == upsets[next].at_s + upsets[next].down_s;
		}
		live_a_second(m);
		if (next && m->now_s == m->settled_s + 1)
			assert_agreed_in_time(m, &upsets[next - 1]);
	}
	assert_int_equal(next, count);
	return month_end(m);
}

static void syn_cookie_peers_with_drifting_clocks_agree_for_a_month(void **state)
{
	struct random r = random_seeded();
	/* The second peer's first start. Ahead by x: half speed takes 2x. Behind by less than
	 * 15 min: x at double speed. By more: it jumps. */
	const struct upset starts[] = {
		{ .corrected_s = 1 },
		{ .wrong_s = 600, .corrected_s = 7200, .agree_s = 1200 },
		{ .wrong_s = 3000, .corrected_s = 60, .agree_s = 6000 },
		{ .wrong_s = 86400, .corrected_s = 3600, .agree_s = 172800 },
		{ .wrong_s = -840, .corrected_s = 3600, .agree_s = 840 },
		{ .wrong_s = -5 * 3600, .corrected_s = 3600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint64_t strangers = live_a_month(r, i % 2 ? 50 : -50, &starts[i], 1);

		/* before that they reject each other's cookies: this can be seen to fail */
		assert_true(starts[i].wrong_s ? strangers > 10 : strangers == 0);
	}
}

/* How long the epoch has lasted that a second of the month is in. */
static uint64_t into_epoch_s(uint64_t at_s)
{
	return (START_S + at_s) % SCREEN_EPOCH_SECONDS;
}

static void syn_cookie_peer_that_restarts_agrees_for_a_month(void **state)
{
	struct random r = random_seeded();
	const struct upset upsets[] = {
		{ .corrected_s = 1 },
		/* the service restarts: five times in a row, quickly and slowly */
		{ .at_s = DAY_S, .down_s = 2, .corrected_s = 100 },
		{ .at_s = DAY_S + 200, .down_s = 1, .corrected_s = 10 },
		{ .at_s = DAY_S + 300, .down_s = 30, .corrected_s = 10 },
		{ .at_s = DAY_S + 400, .down_s = 3, .corrected_s = 10 },
		{ .at_s = DAY_S + 500, .down_s = 300, .corrected_s = 10 },
		/* the machine does, its clock goes on by its battery */
		{ .at_s = 3 * DAY_S, .down_s = 90, .corrected_s = 30, .rebooted = true },
		/* its battery is empty: from the floor, the start of the epoch, at half speed until
		 * NTP is heard; then it is behind by all that it missed */
		{ .at_s = 6 * DAY_S + 50, .down_s = 90, .wrong_s = -1699999000, .corrected_s = 40,
		  .agree_s = into_epoch_s(6 * DAY_S + 50) + 90 + 40 / 2, .rebooted = true },
		/* off for longer than 15 min: it jumps */
		{ .at_s = 9 * DAY_S, .down_s = 7200, .wrong_s = -1699999000, .corrected_s = 40,
		  .rebooted = true },
		/* a clock ten minutes ahead after a restart, found out an hour later */
		{ .at_s = 12 * DAY_S, .down_s = 5, .wrong_s = 600, .corrected_s = 3600,
		  .agree_s = 1200, .rebooted = true },
	};

	(void)state;
	(void)live_a_month(r, 50, upsets, sizeof(upsets) / sizeof(upsets[0]));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_peer_with_bounded_skew_accepts),
		cmocka_unit_test(syn_cookie_peer_beyond_the_skew_rejects),
		cmocka_unit_test(syn_cookie_peers_with_drifting_clocks_agree_for_a_month),
		cmocka_unit_test(syn_cookie_peer_that_restarts_agrees_for_a_month),
	};

	if (sodium_init() < 0)
		return 1;
	return RUN(tests);
}
