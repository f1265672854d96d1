/*
 * One wire with a worker of its own in memory: port 0 is the screened side, port 1 the protected
 * one. Every decision made through it is held against the rules that hold for all decisions.
 */
#pragma once

#include <stdlib.h>

#include "frame.h"
#include "random.h"
#include "run.h"
#include "screen.h"
#include "splice.h"
#include "symmetry.h"

enum { WORLD_FLOWS = 1024, WORLD_HELD = 8 };

struct world_frame {
	uint32_t length, flow;
	uint8_t slot;
	uint8_t data[FRAME_MAX];
};

struct world {
	struct screen_policy policy;
	struct screen_keyset keyset;
	struct screen_flows flows;
	struct screen_meters *meters;
	struct screen_lanes lanes;
	struct screen_context context;
	struct screen_prefix_config prefixes[8]; /* of profile 0 */
	struct screen_white_list *white;
	struct screen_sessions *sessions;
	struct screen_validated *validated; /* not in the context unless a test puts it there */
	struct screen_events events;
	struct screen_talkers talkers;
	void *memory;
	struct frame_spec client; /* what a client's frame looks like; the server's is its mirror */
	struct random random;
	bool syn_ring; /* by which ring frames come in */
	/* what came of the last frame */
	struct screen_decision d;
	struct world_frame out;
	/* what the worker remembers */
	struct world_frame syn, held[WORLD_HELD];
	uint32_t held_count, syn_flow, syns;
	uint64_t reasons[SCREEN_REASONS];
};

static inline struct screen_cookie_key world_key(uint64_t epoch, uint64_t zone)
{
	struct random r = { epoch * 1000 + zone };

	return (struct screen_cookie_key){ random_64(&r), random_64(&r) };
}

/* Publishes the keyset of check epoch E, minting in E or E - 1. */
static inline void world_epoch(struct world *w, uint64_t epoch, bool mint_previous)
{
	w->keyset.check_epoch = epoch;
	w->keyset.mint_epoch = epoch - mint_previous;
	w->keyset.zones = 2;
	for (uint32_t i = 0; i < 2; i++) {
		w->keyset.zone[i].current = world_key(epoch, i);
		w->keyset.zone[i].previous = world_key(epoch - 1, i);
	}
}

static inline void world_family(struct world *w, uint8_t family, uint8_t tags)
{
	static const uint8_t v6[2][16] = {
		{ 0x20, 0x01, 0x0d, 0xb8, [15] = 7 }, { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 }
	};
	static const uint8_t v4[2][4] = { { 198, 51, 100, 7 }, { 203, 0, 113, 1 } };

	w->client = (struct frame_spec){
		.family = family, .tags = tags, .tci = { 0x6064, 0x00c8, 0x012c },
		.source_mac = { 2, 0, 0, 0, 0, 1 }, .destination_mac = { 2, 0, 0, 0, 0, 2 },
		.ttl = 57, .class = 0x28, .sport = 40000, .dport = 443, .window = 64240,
	};
	memcpy(w->client.source, family == 4 ? v4[0] : v6[0], family == 4 ? 4 : 16);
	memcpy(w->client.destination, family == 4 ? v4[1] : v6[1], family == 4 ? 4 : 16);
}

static inline struct world *world_new(uint8_t family, uint8_t tags)
{
	static const uint64_t key[2] = { 1, 2 };
	struct world *w = aligned_alloc(64, sizeof(*w)); /* the lanes are aligned */

	memset(w, 0, sizeof(*w));
	w->meters = calloc(1, sizeof(*w->meters));
	w->memory = aligned_alloc(64, screen_flows_size(WORLD_FLOWS));
	memset(w->memory, 0, screen_flows_size(WORLD_FLOWS));
	screen_flows_init(&w->flows, w->memory, WORLD_FLOWS, key);
	w->flows.sessions = w->sessions = calloc(1, sizeof(*w->sessions));
	w->validated = calloc(1, sizeof(*w->validated));
	w->talkers.key = 0x9e3779b97f4a7c15;
	w->policy = (struct screen_policy){
		.generation = 1, .mode = SCREEN_MODE_SYN_COOKIE, .time_wait_s = 150,
		.inactivity_timeout_s = 4 * 3600, .initial_timeout_s = 20, .validated_s = 120,
		.port = {
			{ .used = 1, .peer = 1, .wire = 1, .zone = 0, .profile = 0, .screened = 1,
			  .admission = SCREEN_ADMISSION_SPLICE },
			{ .used = 1, .peer = 0, .wire = 1, .zone = 1, .profile = SCREEN_NONE,
			  .screened = 1 },
			{ .used = 1, .peer = 3, .wire = 2, .zone = 1, .profile = SCREEN_NONE },
			{ .used = 1, .peer = 2, .wire = 2, .zone = 1, .profile = SCREEN_NONE },
			{ .used = 1, .peer = SCREEN_SLOT_NONE, .wire = 3, .profile = SCREEN_NONE },
		},
	};
	/* servers are known to answer, and to have a clock, unless a test takes this away */
	w->policy.servers_count = 1;
	w->policy.server[0].no_probe = 1;
	w->policy.server[0].profile = (struct screen_server_profile){
		.known = SCREEN_SERVER_TIMESTAMPS, .has = SCREEN_SERVER_TIMESTAMPS,
	};
	w->policy.profile[0] = (struct screen_profile_config){
		.name = "p", .armed = 1ull << SCREEN_IDS_SYN_FLOOD, .alarm_threshold = 50,
		.attack_threshold = 100, .source_threshold = 4000, .destination_threshold = 4000, .timeout_s = 20,
	};
	w->context = (struct screen_context){
		.policy = &w->policy, .keyset = &w->keyset, .flows = &w->flows,
		.meters = w->meters, .talkers = &w->talkers, .events = &w->events,
		.codec = screen_codec_best(), .lanes = &w->lanes,
		.now_ns = 1000 * 1000000000ull,
	};
	w->random.state = 42;
	world_epoch(w, 41, false);
	world_family(w, family, tags);
	return w;
}

static inline void world_free(struct world *w)
{
	free(w->white);
	free(w->sessions);
	free(w->validated);
	free(w->memory);
	free(w->meters);
	free(w);
}

/* The index of what a test has put into prefixes[]. */
static inline void world_white_list(struct world *w)
{
	uint32_t count = w->policy.profile[0].prefix_count;

	if (count == 0)
		return;
	free(w->white);
	w->white = calloc(1, screen_white_list_size(count));
	screen_white_list_build(w->white, w->policy.profile, 1, w->prefixes, count);
	w->policy.white = w->white;
}

/* Puts the IPv4 client of world_family() on a white-list. */
static inline void world_list_client(struct world *w)
{
	w->policy.profile[0].prefix_count = 1;
	w->prefixes[0] = (struct screen_prefix_config){ .address = { [10] = 0xff, 0xff, 198, 51, 100, 7 },
							.length = 128, .kind = SCREEN_PREFIX_SOURCE };
}

static inline void world_wait(struct world *w, double s)
{
	w->context.now_ns += (uint64_t)(s * 1e9);
}

/* Forgets what has expired, as a worker's sweep does. */
static inline void world_forget(struct world *w)
{
	uint32_t expired[SCREEN_BUCKET_SLOTS], now_s = (uint32_t)(w->context.now_ns / 1000000000u);

	for (uint32_t b = 0; b < w->flows.buckets_count; b++) {
		uint32_t n = screen_flow_sweep(&w->flows, b, now_s, &w->policy, expired);

		while (n--) {
			screen_symmetry_forgotten(&w->meters->zone[0], &w->flows.flows[expired[n]],
						  now_s);
			screen_flow_give(&w->flows, expired[n]);
		}
	}
}

static inline bool same_bytes(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size) == 0;
}

/* What holds for every frame that leaves: tags stay, a forwarded one keeps its addresses, a reply
 * has them swapped. */
static inline void world_check_addresses(const struct world *w, const uint8_t *in,
					 const struct screen_packet *a)
{
	const uint8_t *out = w->out.data;
	bool reply = w->d.verdict != SCREEN_FORWARD;
	uint32_t size = a->family == 4 ? 4 : 16, at = a->l3 + (a->family == 4 ? 12u : 8u);
	struct screen_packet b;

	assert_int_equal(screen_parse(out, out + w->out.length, &b), SCREEN_KIND_TCP);
	assert_int_equal(b.l3, a->l3);
	assert_memory_equal(out + 12, in + 12, a->l3 - 12u);
	assert_memory_equal(out, in + (reply ? 6 : 0), 6);
	assert_memory_equal(out + 6, in + (reply ? 0 : 6), 6);
	assert_memory_equal(out + at, in + at + (reply ? size : 0), size);
	assert_memory_equal(out + at + size, in + at + (reply ? 0 : size), size);
	assert_int_equal(b.sport, reply ? a->dport : a->sport);
	assert_int_equal(b.dport, reply ? a->sport : a->dport);
	if (reply) {
		assert_int_equal(b.end, w->out.length);
		assert_int_equal(b.payload, b.end);
	}
	if (frame_checksums_right(in, a))
		assert_true(frame_checksums_right(out, &b));
}

static inline bool world_icmp_right(const uint8_t *data, const struct screen_packet *p)
{
	if (p->l4 + 8 > p->end)
		return false;
	if (p->family == 6)
		return frame_get16(data + p->l4 + 2) == frame_checksum(data, p, 2);
	return frame_sum(data + p->l4, (size_t)p->end - p->l4, 0) == 0xffff;
}

static inline bool world_ip_right(const uint8_t *data, const struct screen_packet *p)
{
	return p->family == 6 ||
	       frame_get16(data + p->l3 + 10) == frame_checksum_ipv4(data + p->l3);
}

/* What holds for forwarded frames that are no whole segments: checksums that were right stay right, also
 * when an ICMP error becomes a RST. a: as it came in. */
static inline void world_check_other(const struct world *w, const uint8_t *in,
				     enum screen_kind kind, const struct screen_packet *a)
{
	const uint8_t *out = w->out.data;
	bool icmp = kind == SCREEN_KIND_NON_TCP && a->protocol == (a->family == 4 ? 1 : 58);
	struct screen_packet b;

	if (w->d.verdict != SCREEN_FORWARD || (kind != SCREEN_KIND_FRAGMENT && !icmp) ||
	    !world_ip_right(in, a) || (icmp && !world_icmp_right(in, a)))
		return;
	if (screen_parse(out, out + w->out.length, &b) == SCREEN_KIND_TCP) {
		assert_int_equal(w->d.reason, SCREEN_FORWARD_SPLICED_ICMP);
		assert_true(frame_checksums_right(out, &b));
		return;
	}
	assert_int_equal(b.end, a->end);
	assert_true(world_ip_right(out, &b));
	assert_true(!icmp || world_icmp_right(out, &b));
}

static inline void world_note(struct world *w, const uint8_t *in, uint32_t length, uint8_t slot)
{
	struct screen_decision *d = &w->d;

	if (d->action == SCREEN_ACTION_ASK_SERVER) {
		memcpy(w->syn.data, d->syn, d->syn_length);
		w->syn.length = d->syn_length;
		w->syn_flow = d->flow;
		w->syns++;
	}
	if (d->verdict == SCREEN_HOLD) {
		assert_in_range(w->held_count, 0, WORLD_HELD - 1);
		memcpy(w->held[w->held_count].data, in, length);
		w->held[w->held_count].slot = slot;
		w->held[w->held_count].flow = d->flow;
		w->flows.flows[d->flow].held++;
		w->held[w->held_count++].length = length;
	}
	for (uint32_t i = 0; i < w->context.retired_count; i++)
		screen_flow_give(&w->flows, w->context.retired[i]);
}

/* Lets one frame come in and returns the reason. The frame lies in memory of exactly the size that
 * is promised to the core, so that a sanitizer sees every byte too many. */
static inline enum screen_reason world_decide(struct world *w, const uint8_t *data,
					      uint32_t length, uint8_t slot)
{
	uint32_t size = length > SCREEN_SYNTHETIC_MAX ? length : SCREEN_SYNTHETIC_MAX;
	uint8_t *memory = malloc(SCREEN_STAMP_SIZE + size);
	struct screen_frame frame = { .data = memory + SCREEN_STAMP_SIZE, .length = length,
				      .slot = slot, .syn_ring = w->syn_ring };
	struct screen_frame *frames[] = { &frame };
	struct screen_decision *decisions[] = { &w->d };
	struct screen_decision *d = &w->d;
	enum screen_kind kind;
	struct screen_packet p;

	memset(memory, 0xaa, SCREEN_STAMP_SIZE + size);
	memcpy(frame.data, data, length);
	memset(d, 0xaa, sizeof(*d));
	d->verdict = SCREEN_VERDICTS;
	d->reason = SCREEN_REASONS;
	world_white_list(w);
	screen_decide(&w->context, &frame, d);
	if (d->undecided) {
		screen_check(&w->context, frames, decisions, 1);
		screen_resume(&w->context, &frame, d);
		assert_false(d->undecided);
	}
	assert_in_range(d->reason, 0, SCREEN_REASONS - 1);
	assert_int_equal(d->verdict, screen_reason_verdict(d->reason));
	if (d->verdict == SCREEN_CHALLENGE)
		screen_challenge(&w->context, frames, decisions, 1);
	assert_in_range(frame.data - memory, 0, SCREEN_STAMP_SIZE);
	assert_in_range(d->length, 1, size + SCREEN_STAMP_SIZE);
	memcpy(w->out.data, frame.data, d->length);
	w->out.length = d->length;
	w->out.slot = slot;
	free(memory);
	w->reasons[d->reason]++;
	world_note(w, data, length, slot);
	kind = screen_parse(data, data + length, &p);
	if (kind == SCREEN_KIND_TCP && d->verdict != SCREEN_DROP && d->verdict != SCREEN_HOLD)
		world_check_addresses(w, data, &p);
	else
		world_check_other(w, data, kind, &p);
	return d->reason;
}

/* Takes the oldest held frame and lets it come in again. */
static inline enum screen_reason world_release(struct world *w)
{
	struct world_frame f = w->held[0];
	enum screen_reason reason;

	w->held_count--;
	memmove(&w->held[0], &w->held[1], w->held_count * sizeof(f));
	w->flows.flows[f.flow].held--;
	w->context.releasing = true;
	reason = world_decide(w, f.data, f.length, f.slot);
	w->context.releasing = false;
	return reason;
}

/* A SYN of the world's client, but from a random source: one of a spoofed flood. */
static inline enum screen_reason world_spoofed_syn(struct world *w)
{
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];

	random_bytes(&w->random, f.source + 1, 3);
	f.source[0] = f.family == 4 ? (uint8_t)(1 + random_below(&w->random, 200)) : 0x20;
	f.sport = (uint16_t)random_32(&w->random);
	f.seq = random_32(&w->random);
	f.flags = SCREEN_TCP_SYN;
	f.options_length = 4;
	memcpy(f.options, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	return world_decide(w, data, frame_build(data, &f), 0);
}

static inline void world_flood(struct world *w, uint32_t syns)
{
	while (syns--)
		(void)world_spoofed_syn(w);
}
