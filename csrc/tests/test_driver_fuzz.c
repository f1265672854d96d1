/*
 * The shim and the core for what it leaves, against the core alone: random frames, under random policies.
 * They differ in nothing that anyone could see.
 */
#include "run.h"

#include "twins_stream.h"

enum { EPISODES = 40, EPISODE_FRAMES = 25000, LOOK_FRAMES = 12500, SWEEP_FRAMES = 2500,
       OFTEN = 50 };

static uint32_t rarely(struct random *r, uint32_t n, uint32_t value)
{
	return random_below(r, n) ? 0 : value;
}

/* The screens beside the SYN flood's. */
static uint64_t other_screens(struct random *r)
{
	const uint64_t rows = 1ull << SCREEN_IDS_SYN_FLOOD_SOURCE | 1ull << SCREEN_IDS_SYN_FLOOD_DESTINATION;
	const uint64_t limits = 1ull << SCREEN_IDS_SOURCE_SESSIONS |
				1ull << SCREEN_IDS_DESTINATION_SESSIONS | 1ull << SCREEN_IDS_SYN_ACK_ACK |
				1ull << SCREEN_IDS_TCP_PORT_SCAN | 1ull << SCREEN_IDS_TCP_SWEEP |
				1ull << SCREEN_IDS_EXTENSION_HEADER;
	uint64_t armed = random_64(r) & random_64(r) & ((1ull << SCREEN_IDS) - 1) & ~rows;

	return random_below(r, 2) ? 0 : armed & ~(random_below(r, 2) ? limits : 0);
}

static void random_profile(struct random *r, struct screen_profile_config *p)
{
	p->armed = other_screens(r) | (random_below(r, 16) ? 1ull << SCREEN_IDS_SYN_FLOOD : 0);
	p->attack_threshold = 5 + random_below(r, 40);
	p->alarm_threshold = 1 + random_below(r, 60);
	p->source_threshold = random_below(r, 4) ? 100000 : 20;
	p->destination_threshold = random_below(r, 4) ? 100000 : 50;
	p->timeout_s = 1;
	p->icmp_flood = p->udp_flood = 5;
	p->tcp_port_scan_us = p->udp_port_scan_us = p->ip_sweep_us = 5000;
	p->tcp_sweep_us = p->udp_sweep_us = 5000;
	p->source_sessions = p->destination_sessions = p->syn_ack_ack = 20;
	p->extension_limit = 1;
	p->extension_headers[0] = rarely(r, 2, 1u << SCREEN_PROTO_TCP);
	p->alarm_without_drop = (uint8_t)rarely(r, 12, 1);
}

static void random_white_list(struct random *r, struct world *w)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 198, 0, 0, 0 };

	w->policy.profile[0].prefix_count = rarely(r, 3, 1);
	memset(w->prefixes, 0, sizeof(w->prefixes));
	memcpy(w->prefixes[0].address, v4, 16);
	w->prefixes[0].address[13] = (uint8_t)(random_below(r, 16) << 4);
	w->prefixes[0].length = 108;
	w->prefixes[0].kind = SCREEN_PREFIX_SOURCE;
}

static void random_policy(struct twins *t, struct random *r)
{
	static const uint8_t admissions[] = { SCREEN_ADMISSION_SPLICE, SCREEN_ADMISSION_SPLICE,
					      SCREEN_ADMISSION_RESET, SCREEN_ADMISSION_SAFE_RESET };
	struct world *w = t->core;
	struct screen_policy *p = &w->policy;

	random_profile(r, &p->profile[0]);
	random_white_list(r, w);
	p->generation++;
	p->mode = random_below(r, 16) ? SCREEN_MODE_SYN_COOKIE : SCREEN_MODE_DROP;
	p->offload = random_below(r, 16) ? SCREEN_OFFLOAD_AUTO : SCREEN_OFFLOAD_ENGINE;
	p->activation = random_below(r, 6) ? SCREEN_ACTIVATION_THRESHOLD : SCREEN_ACTIVATION_ALWAYS;
	p->port[0].admission = admissions[random_below(r, 4)];
	p->no_syn_check = (uint8_t)rarely(r, 3, 1);
	p->has_peers = (uint8_t)rarely(r, 3, 1);
	p->reply_rate = rarely(r, 3, 1 + random_below(r, 3000));
	p->reply_prefix_rate = rarely(r, 3, 1 + random_below(r, 200));
	p->server[0].no_probe = random_below(r, 4) > 0;
	p->validated_s = (uint16_t)(random_below(r, 2) ? 120 : 0);
	p->time_wait_s = p->initial_timeout_s = 1;
	p->inactivity_timeout_s = 2;
	w->context.learning_until_ns = rarely(r, 8, 1) ? TWINS_NEVER_NS : 0;
	w->context.learning_rate = 1000;
	twins_policy(t);
}

static void random_keys(struct twins *t, struct random *r)
{
	struct screen_keyset *k = &t->core->keyset;
	bool old = random_below(r, 8) == 0, too_old = random_below(r, 12) == 0;

	world_epoch(t->core, 41 + random_below(r, 3), random_below(r, 3) == 0);
	k->accepts_other = random_below(r, 2);
	k->other_epoch = 900;
	k->other[0].current = world_key(900, 7);
	k->other[0].previous = world_key(899, 7);
	twins_keys(t, old ? 1 : TWINS_NEVER_NS, too_old ? 1 : TWINS_NEVER_NS);
}

/* Nobody waits any longer for the servers that frames are held for. */
static void give_up(struct world *w)
{
	while (w->held_count)
		w->flows.flows[w->held[--w->held_count].flow].held = 0;
}

/* What a worker does beside. */
static void tidy(struct world *w)
{
	memset(w->context.asked, 0, sizeof(w->context.asked));
	give_up(w);
	world_forget(w);
}

static void run(struct stream *s, uint64_t until)
{
	struct world *a = s->t->core, *b = s->t->both;
	uint64_t sweep = s->t->frames + SWEEP_FRAMES;

	while (s->t->frames < until) {
		stream_next(s);
		if (a->held_count == WORLD_HELD - 1) {
			give_up(a);
			give_up(b);
		}
		if (s->t->frames >= sweep) {
			tidy(a);
			tidy(b);
			sweep += SWEEP_FRAMES;
		}
	}
	twins_same_state(s->t);
}

static void episode(struct stream *s)
{
	twins_forget(s->t);
	s->talks = s->answers = 0;
	random_keys(s->t, s->r);
	random_policy(s->t, s->r);
	run(s, s->t->frames + LOOK_FRAMES);
	/* leases are out, and connections live */
	random_policy(s->t, s->r);
	run(s, s->t->frames + EPISODE_FRAMES - LOOK_FRAMES);
}

/* What the stream must have brought about, or it says nothing. */
static void came_by(const struct twins *t)
{
	static const uint32_t did[] = { SCREEN_SHIM_CHALLENGED, SCREEN_SHIM_COOKIE_INVALID,
					SCREEN_SHIM_PASSED_FLOW, SCREEN_SHIM_DROPPED_UNBOUND };
	static const enum screen_reason often[] = {
		SCREEN_FORWARD_UNSCREENED, SCREEN_FORWARD_NON_IP, SCREEN_FORWARD_NON_TCP,
		SCREEN_FORWARD_FRAGMENT, SCREEN_FORWARD_SYN_CALM, SCREEN_FORWARD_SYN_WHITE_LIST,
		SCREEN_FORWARD_SYN_KNOWN, SCREEN_FORWARD_SPLICED, SCREEN_FORWARD_SPLICE_SYN,
		SCREEN_FORWARD_LEARNED, SCREEN_FORWARD_LEARNING, SCREEN_REPLY_SERVER_ACK,
		SCREEN_REPLY_RESET, SCREEN_HOLD_SPLICE_PENDING, SCREEN_DROP_VALIDATED, SCREEN_DROP_NO_FLOW,
		SCREEN_DROP_SYN_FLOOD, SCREEN_DROP_SYN_FRAGMENT, SCREEN_DROP_SYN_MSS, SCREEN_DROP_SYN_MD5,
		SCREEN_DROP_SYN_SOURCE, SCREEN_DROP_CHECKSUM, SCREEN_DROP_SPLICE_PENDING, SCREEN_DROP_LAND,
		SCREEN_DROP_SYN_FIN, SCREEN_DROP_FIN_NO_ACK, SCREEN_DROP_NO_FLAG, SCREEN_DROP_MALFORMED,
	};

	for (size_t i = 0; i < sizeof(did) / sizeof(did[0]); i++)
		assert_in_range(t->did[did[i]], OFTEN * 100, UINT32_MAX);
	assert_in_range(t->did[SCREEN_SHIM_REPLY_RATE], OFTEN, UINT32_MAX);
	for (size_t i = 0; i < sizeof(often) / sizeof(often[0]); i++)
		if (t->core->reasons[often[i]] < OFTEN)
			fail_msg("%s came %llu times", screen_reason_name(often[i]),
				 (unsigned long long)t->core->reasons[often[i]]);
	/* a second's turn is waited for: few frames are caught by it */
	assert_in_range(t->turned, 0, t->frames / 1000);
}

static void shim_and_core_decide_a_million_frames_like_the_core_alone(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct random r = random_seeded();
	struct stream s = { .t = t, .r = &r };

	(void)state;
	for (int i = 0; i < EPISODES; i++)
		episode(&s);
	print_message("%llu frames:", (unsigned long long)t->frames);
	for (uint32_t i = 0; i < SCREEN_SHIM_COUNTERS; i++)
		if (t->did[i])
			print_message(" %llu %s", (unsigned long long)t->did[i],
				      screen_shim_counter_name(i));
	print_message("\n");
	came_by(t);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_and_core_decide_a_million_frames_like_the_core_alone),
	};

	return RUN(tests);
}
