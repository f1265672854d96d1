/*
 * One wire in memory, whose screened side is flooded: a core without engine. Frames lie in chunks, as
 * in a UMEM, and come in bursts, which are decided as engine/burst.c does it.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "frame.h"
#include "random.h"
#include "screen.h"

enum {
	RIG_FRAMES = 64,     /* decided between two looks at the clock */
	RIG_CHUNK = 2048,
	RIG_HEADROOM = 256,
	RIG_DESTINATION_PORT = 443,
};

struct rig {
	struct screen_policy policy;
	struct screen_keyset keyset;
	struct screen_flows flows;
	struct screen_meters *meters;
	struct screen_sessions *sessions;
	struct screen_validated *validated;
	struct screen_events *events;
	struct screen_talkers *talkers;
	struct screen_white_list *white;
	struct screen_lanes *lanes;
	struct screen_context context;
	uint8_t *chunks;
	struct screen_frame frame[RIG_FRAMES];
	struct screen_decision decision[RIG_FRAMES];
	struct random random;
};

static inline _Noreturn void rig_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static inline void *rig_memory(size_t size)
{
	void *memory = aligned_alloc(4096, (size + 4095) / 4096 * 4096);

	if (!memory)
		rig_fail("out of memory");
	memset(memory, 0, size);
	return memory;
}

static inline uint64_t rig_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Both servers, of IPv4 and of IPv6, agree to all that a Linux SYN offers, and are known to answer. */
static inline void rig_policy(struct rig *r, uint32_t wires)
{
	const uint8_t has = SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_SACK | SCREEN_SERVER_WSCALE;

	r->policy = (struct screen_policy){
		.generation = 1, .mode = SCREEN_MODE_SYN_COOKIE, .time_wait_s = 150,
		.inactivity_timeout_s = 4 * 3600, .initial_timeout_s = 20, .validated_s = 120,
		.servers_count = 1,
	};
	r->policy.server[0].no_probe = 1;
	r->policy.server[0].profile = (struct screen_server_profile){
		.known = has, .has = has, .wscale = 7,
	};
	r->policy.profile[0] = (struct screen_profile_config){
		.name = "bench", .armed = 1ull << SCREEN_IDS_SYN_FLOOD, .alarm_threshold = 50,
		.attack_threshold = 100, .source_threshold = 1u << 30,
		.destination_threshold = 1u << 30, .timeout_s = 20,
	};
	for (uint32_t i = 0; i < wires; i++) {
		r->policy.port[2 * i] = (struct screen_port_policy){
			.used = 1, .peer = (uint8_t)(2 * i + 1), .wire = (uint16_t)(i + 1),
			.zone = (uint16_t)(2 * i), .screened = 1,
			.admission = SCREEN_ADMISSION_SPLICE,
		};
		r->policy.port[2 * i + 1] = (struct screen_port_policy){
			.used = 1, .peer = (uint8_t)(2 * i), .wire = (uint16_t)(i + 1),
			.zone = (uint16_t)(2 * i + 1), .profile = SCREEN_NONE, .screened = 1,
		};
	}
}

static inline void rig_keys(struct rig *r)
{
	r->keyset.check_epoch = r->keyset.mint_epoch = 41;
	r->keyset.zones = SCREEN_ZONES_MAX;
	for (uint32_t i = 0; i < SCREEN_ZONES_MAX; i++) {
		r->keyset.zone[i].current = (struct screen_cookie_key){ random_64(&r->random),
									random_64(&r->random) };
		r->keyset.zone[i].previous = (struct screen_cookie_key){ random_64(&r->random),
									 random_64(&r->random) };
	}
}

/* A rig with a table of so many flows and so many wires, each with two zones of its own. */
static inline struct rig *rig_new(uint32_t flows_max, uint32_t wires)
{
	static const uint64_t key[2] = { 0x0123456789abcdef, 0xfedcba9876543210 };
	struct rig *r = rig_memory(sizeof(*r));

	r->random.state = 42;
	r->meters = rig_memory(sizeof(*r->meters));
	r->meters->key[0] = random_64(&r->random);
	r->meters->key[1] = random_64(&r->random);
	screen_flows_init(&r->flows, rig_memory(screen_flows_size(flows_max)), flows_max, key);
	r->flows.sessions = r->sessions = rig_memory(sizeof(*r->sessions));
	r->validated = rig_memory(sizeof(*r->validated));
	r->validated->key[0] = random_64(&r->random);
	r->talkers = rig_memory(sizeof(*r->talkers));
	r->talkers->key = random_64(&r->random) | 1;
	r->events = rig_memory(sizeof(*r->events));
	r->lanes = rig_memory(sizeof(*r->lanes));
	r->chunks = rig_memory(RIG_FRAMES * RIG_CHUNK);
	rig_policy(r, wires);
	rig_keys(r);
	r->context = (struct screen_context){
		.policy = &r->policy, .keyset = &r->keyset, .codec = screen_codec_best(),
		.lanes = r->lanes, .flows = &r->flows, .meters = r->meters,
		.validated = r->validated, .talkers = r->talkers, .events = r->events,
		.now_ns = 1000 * 1000000000ull,
	};
	return r;
}

/* What a client's segment looks like: Linux's, from a source of its own. */
static inline struct frame_spec rig_spec(uint8_t family, uint32_t source, uint16_t sport)
{
	static const uint8_t server4[4] = { 203, 0, 113, 10 };
	static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, 1, 0x13, [15] = 0x10 };
	static const uint8_t client6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x18 };
	struct frame_spec f = {
		.family = family, .source_mac = { 2, 0, 0, 0, 0, 1 },
		.destination_mac = { 2, 0, 0, 0, 0, 2 }, .ttl = 57, .sport = sport,
		.dport = RIG_DESTINATION_PORT, .window = 64240,
	};
	uint8_t *host = f.source;

	memcpy(f.destination, family == 4 ? server4 : server6, family == 4 ? 4 : 16);
	if (family == 6) {
		memcpy(f.source, client6, 16);
		host = f.source + 12;
	}
	frame_put32(host, source);
	if (family == 4)
		host[0] = (uint8_t)(11 + host[0] % 100); /* unicast */
	return f;
}

/* The options of a Linux SYN: MSS, SACK permitted, timestamps, NOP, window scale. */
static inline void rig_syn(struct frame_spec *f, uint32_t tsval)
{
	static const uint8_t options[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, [16] = 1, 3, 3, 7 };

	f->flags = SCREEN_TCP_SYN;
	f->options_length = sizeof(options);
	memcpy(f->options, options, sizeof(options));
	frame_put32(f->options + 8, tsval);
}

static inline void rig_ack(struct frame_spec *f, uint32_t tsval, uint32_t tsecr)
{
	f->flags = SCREEN_TCP_ACK;
	f->options_length = 12;
	memcpy(f->options, (uint8_t[]){ 1, 1, 8, 10 }, 4);
	frame_put32(f->options + 4, tsval);
	frame_put32(f->options + 8, tsecr);
}

static inline uint8_t *rig_data(struct rig *r, uint32_t i)
{
	return r->chunks + i * RIG_CHUNK + RIG_HEADROOM;
}

/* Puts a frame into chunk i. */
static inline void rig_put(struct rig *r, uint32_t i, const uint8_t *bytes, uint32_t length,
			   uint8_t slot)
{
	r->frame[i] = (struct screen_frame){ .data = rig_data(r, i), .length = length,
					     .slot = slot };
	memcpy(r->frame[i].data, bytes, length);
}

/* Lets frames first to first + count - 1 come in as one burst of one port. resume: what is undecided is
 * decided when its cookie has been checked. */
static inline void rig_burst(struct rig *r, uint32_t first, uint32_t count, bool resume)
{
	struct screen_frame *undecided[RIG_FRAMES], *challenged[RIG_FRAMES];
	struct screen_decision *ud[RIG_FRAMES], *cd[RIG_FRAMES];
	uint32_t u = 0, c = 0;

	screen_gather(&r->context);
	screen_look(&r->context, &r->frame[first], &r->decision[first], count);
	for (uint32_t i = first; i < first + count; i++) {
		struct screen_decision *d = &r->decision[i];

		screen_judge(&r->context, &r->frame[i], d);
		if (d->undecided) {
			undecided[u] = &r->frame[i];
			ud[u++] = d;
		} else if (d->verdict == SCREEN_CHALLENGE) {
			challenged[c] = &r->frame[i];
			cd[c++] = d;
		}
	}
	if (u)
		screen_check(&r->context, undecided, ud, u);
	for (uint32_t i = 0; resume && i < u; i++)
		screen_resume(&r->context, undecided[i], ud[i]);
	if (c)
		screen_challenge(&r->context, challenged, cd, c);
	screen_settle(&r->context);
}

/* How many of the frames met this fate. */
static inline uint32_t rig_count(const struct rig *r, enum screen_reason reason)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		count += r->decision[i].reason == reason;
	return count;
}
