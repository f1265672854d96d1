/*
 * How the cost of a frame grows with what the core keeps: live flows, validated clients, white-list
 * entries, zones, workers. Every round measures each step of each axis once, and prints JSON.
 */
#include <pthread.h>
#include <sched.h>

#include "rig.h"

enum {
	GROUPS = 100,
	FLOWS_MAX = 1 << 20,
	GROUP_NS = 10000,
	CHASE_BYTES = 256 << 20,
	CHASE_STEPS = 200000,
	WORKERS_MAX = 8,
};

static void print(uint32_t round, const char *axis, uint32_t x, double ns)
{
	printf("{\"round\":%u,\"axis\":\"%s\",\"x\":%u,\"ns\":%.3f}\n", round, axis, x, ns);
	fflush(stdout);
}

static void rig_free(struct rig *r)
{
	free(r->meters);
	free(r->flows.marks);
	free(r->sessions);
	free(r->validated);
	free(r->talkers);
	free(r->events);
	free(r->lanes);
	free(r->chunks);
	free(r->white);
	free(r);
}

/* Puts one frame of a description into chunk i. */
static void put(struct rig *r, uint32_t i, const struct frame_spec *s, uint8_t slot)
{
	uint8_t bytes[FRAME_MAX];

	rig_put(r, i, bytes, frame_build(bytes, s), slot);
}

static double decide(struct rig *r)
{
	uint64_t t = rig_now();

	rig_burst(r, 0, RIG_FRAMES, true);
	return (double)(rig_now() - t) / RIG_FRAMES;
}

static void assert_all(const struct rig *r, enum screen_reason reason, const char *what)
{
	if (rig_count(r, reason) != RIG_FRAMES)
		rig_fail(what);
}

/* ---- live flows ----------------------------------------------------------------------------- */

/* The client's data segment of connection i; source addresses are those of a /8. */
static struct frame_spec segment_of(uint32_t i)
{
	struct frame_spec s = rig_spec(4, i, (uint16_t)(1024 + i % 60000));

	s.seq = i * 2654435761u + 1;
	s.ack = i + 1;
	s.payload_length = 100;
	rig_ack(&s, 1, 1);
	s.flags = SCREEN_TCP_ACK | SCREEN_TCP_PSH;
	return s;
}

static void shake_hands(struct rig *r, uint32_t i)
{
	struct frame_spec data = segment_of(i), s = data;

	s.payload_length = 0;
	s.seq = data.seq - 1;
	s.ack = 0;
	rig_syn(&s, 1);
	put(r, 0, &s, 0);
	rig_burst(r, 0, 1, true);
	frame_mirror(&s);
	s.seq = data.ack - 1;
	s.ack = data.seq;
	s.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK;
	put(r, 0, &s, 1);
	rig_burst(r, 0, 1, true);
	s = data;
	s.payload_length = 0;
	s.flags = SCREEN_TCP_ACK;
	put(r, 0, &s, 0);
	rig_burst(r, 0, 1, true);
}

static double segments(struct rig *r, uint32_t flows)
{
	double ns = 0;

	for (uint32_t g = 0; g < GROUPS; g++) {
		r->context.now_ns += GROUP_NS;
		for (uint32_t i = 0; i < RIG_FRAMES; i++) {
			struct frame_spec s = segment_of(random_below(&r->random, flows));

			put(r, i, &s, 0);
		}
		ns += decide(r);
		assert_all(r, SCREEN_FORWARD_FLOW, "a segment was not one of a live flow");
	}
	return ns / GROUPS;
}

static void live_flows(uint32_t round)
{
	static const uint32_t steps[] = { 100, 1000, 10000, 100000, 1000000 };
	struct rig *r = rig_new(FLOWS_MAX, 1);
	uint32_t made = 0;

	r->policy.profile[0].attack_threshold = 1u << 30;
	for (uint32_t i = 0; i < 5; i++) {
		while (made < steps[i])
			shake_hands(r, made++);
		print(round, "live flows", steps[i], segments(r, steps[i]));
	}
	rig_free(r);
}

/* ---- SYNs of a flood, all of which are challenged ------------------------------------------- */

static void put_syns(struct rig *r, uint8_t slot)
{
	for (uint32_t i = 0; i < RIG_FRAMES; i++) {
		struct frame_spec s = rig_spec(4, random_32(&r->random),
					       (uint16_t)random_32(&r->random));

		s.seq = random_32(&r->random);
		rig_syn(&s, 1);
		put(r, i, &s, slot);
	}
}

static void flood(struct rig *r, uint8_t slot)
{
	for (int i = 0; i < 4; i++) {
		put_syns(r, slot);
		rig_burst(r, 0, RIG_FRAMES, true);
	}
}

/* Of each of so many wires in turn. */
static double syns(struct rig *r, uint32_t wires)
{
	double ns = 0;

	for (uint32_t i = 0; i < wires; i++)
		flood(r, (uint8_t)(2 * i));
	for (uint32_t g = 0; g < GROUPS; g++) {
		r->context.now_ns += GROUP_NS;
		put_syns(r, (uint8_t)(2 * (g % wires)));
		ns += decide(r);
		assert_all(r, SCREEN_REPLY_CHALLENGE, "a SYN was not challenged");
	}
	return ns / GROUPS;
}

static void validated_clients(uint32_t round)
{
	static const uint32_t steps[] = { 0, 100, 1000, 10000, 30000 };
	struct rig *r = rig_new(1 << 18, 1);
	struct screen_validated_client c = { .port = RIG_DESTINATION_PORT };
	uint32_t made = 0;

	c.source[10] = c.source[11] = c.destination[10] = c.destination[11] = 0xff;
	for (uint32_t i = 0; i < 5; i++) {
		while (made < steps[i]) {
			frame_put32(c.source + 12, random_32(&r->random) | 0xe0000000);
			made += screen_validated_insert(r->validated, &c,
							r->context.now_ns / 1000000, 1u << 30) ==
				SCREEN_VALIDATED_INSERTED;
		}
		print(round, "validated clients", steps[i], syns(r, 1));
	}
	rig_free(r);
}

/* Source prefixes /24, none of which is a client's. */
static void white_list(uint32_t round)
{
	static const uint32_t steps[] = { 0, 1, 10, 100, 1000, 16384 };
	static struct screen_prefix_config prefixes[SCREEN_PREFIXES_MAX];

	for (uint32_t i = 0; i < SCREEN_PREFIXES_MAX; i++) {
		prefixes[i].address[10] = prefixes[i].address[11] = 0xff;
		frame_put32(prefixes[i].address + 12, 0xc0000000 | i << 8);
		prefixes[i].length = 96 + 24;
	}
	for (uint32_t i = 0; i < 6; i++) {
		struct rig *r = rig_new(1 << 18, 1);

		r->policy.profile[0].prefix_count = steps[i];
		if (steps[i]) {
			r->white = rig_memory(screen_white_list_size(steps[i]));
			screen_white_list_build(r->white, r->policy.profile, 1, prefixes,
						steps[i]);
			r->policy.white = r->white;
		}
		print(round, "white-list entries", steps[i], syns(r, 1));
		rig_free(r);
	}
}

static void zones(uint32_t round)
{
	static const uint32_t steps[] = { 1, 2, 4, 8, 16, 32 };

	for (uint32_t i = 0; i < 6; i++) {
		struct rig *r = rig_new(1 << 18, steps[i]);

		print(round, "zones", 2 * steps[i], syns(r, steps[i]));
		rig_free(r);
	}
}

/* ---- workers, which share the flows and the meters ------------------------------------------ */

struct worker {
	struct rig *rig;
	uint32_t cpu;
	double ns;
	pthread_barrier_t *start;
};

static void *work(void *argument)
{
	struct worker *w = argument;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		rig_fail("a worker could not be put on its processor");
	pthread_barrier_wait(w->start);
	for (uint32_t g = 0; g < GROUPS; g++) {
		uint64_t t;

		w->rig->context.now_ns += GROUP_NS;
		for (uint32_t i = 0; i < RIG_FRAMES; i++)
			rig_put(w->rig, i, w->rig->frame[i].data + RIG_CHUNK / 2,
				w->rig->frame[i].length, 0);
		t = rig_now();
		rig_burst(w->rig, 0, RIG_FRAMES, true);
		w->ns += (double)(rig_now() - t) / RIG_FRAMES / GROUPS;
	}
	return NULL;
}

/* A rig of its own for each worker, with the first one's shared memory. */
static void share(struct rig *r, const struct rig *first)
{
	r->meters = r->context.meters = first->meters;
	r->validated = r->context.validated = first->validated;
	r->context.flows = first->context.flows;
	r->context.now_ns = first->context.now_ns;
}

static void keep_copies(struct rig *r)
{
	put_syns(r, 0);
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		memcpy(r->frame[i].data + RIG_CHUNK / 2, r->frame[i].data, r->frame[i].length);
}

static void workers(uint32_t round, uint32_t processors)
{
	struct worker w[WORKERS_MAX] = { 0 };
	struct rig *rigs[WORKERS_MAX];
	pthread_t thread[WORKERS_MAX];

	for (uint32_t n = 1; n <= processors && n <= WORKERS_MAX; n *= 2) {
		pthread_barrier_t start;
		double ns = 0;

		pthread_barrier_init(&start, NULL, n);
		for (uint32_t i = 0; i < n; i++) {
			rigs[i] = rig_new(1 << 16, 1);
			if (i == 0)
				flood(rigs[0], 0);
			else
				share(rigs[i], rigs[0]);
			rigs[i]->random.state += i;
			keep_copies(rigs[i]);
			w[i] = (struct worker){ .rig = rigs[i], .cpu = i, .start = &start };
		}
		for (uint32_t i = 0; i < n; i++)
			if (pthread_create(&thread[i], NULL, work, &w[i]))
				rig_fail("a worker");
		for (uint32_t i = 0; i < n; i++) {
			pthread_join(thread[i], NULL);
			assert_all(rigs[i], SCREEN_REPLY_CHALLENGE, "a SYN was not challenged");
			ns += w[i].ns / n;
		}
		print(round, "workers", n, ns);
		pthread_barrier_destroy(&start);
	}
}

/* ---- what a cache miss costs ---------------------------------------------------------------- */

static void cache_miss(uint32_t round)
{
	static uint32_t *next;
	static uint32_t lines = CHASE_BYTES / 64;
	struct random random = { 7 };
	uint32_t at = 0;
	uint64_t t;

	if (!next) { /* one ring through all lines (Sattolo, 1986) */
		next = rig_memory(CHASE_BYTES);
		for (uint32_t i = 0; i < lines; i++)
			next[i * 16] = i;
		for (uint32_t i = lines - 1; i > 0; i--) {
			uint32_t j = random_below(&random, i), was = next[i * 16];

			next[i * 16] = next[j * 16];
			next[j * 16] = was;
		}
	}
	t = rig_now();
	for (uint32_t i = 0; i < CHASE_STEPS; i++)
		at = next[at * 16];
	t = rig_now() - t;
	__asm__ volatile("" : : "r"(at));
	print(round, "cache miss", CHASE_BYTES >> 20, (double)t / CHASE_STEPS);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "Usage: bench-growing ROUNDS PROCESSORS\n");
		return 2;
	}
	printf("{\"round\":0,\"axis\":\"bytes per flow\",\"x\":%u,\"ns\":%.1f}\n", FLOWS_MAX,
	       (double)screen_flows_size(FLOWS_MAX) / FLOWS_MAX);
	for (uint32_t i = 0; i < (uint32_t)atoi(argv[1]); i++) {
		cache_miss(i);
		live_flows(i);
		validated_clients(i);
		white_list(i);
		zones(i);
		workers(i, (uint32_t)atoi(argv[2]));
	}
	return 0;
}
