/*
 * A stream of frames through the screen, from both sides, under a flood. world.h holds each
 * decision against the rules that hold for all: verdict and reason match, the length stays within
 * the chunk, checksums stay right, replies go back where they belong.
 *
 * An input is a sequence of steps, each a byte that says what and those that it takes. Before them it
 * says how the world is, and what is known of its servers.
 */
#include "fuzz.h"
#include "world.h"

enum { STEPS = 200 };

enum step {
	STEP_SEGMENT,
	STEP_REPLY_TO_LAST, /* what the receiver of the last frame would say to it */
	STEP_RAW,
	STEP_LAST_AGAIN,    /* with one byte changed */
	STEP_TIME,
	STEP_EPOCH,
	STEP_ABANDON,
	STEP_RELEASE,
	STEP_ERROR,	    /* ICMP, about what has just left */
	STEP_KINDS,
};

static void take_options(struct fuzz_input *in, struct frame_spec *f)
{
	uint8_t words = fuzz_8(in) % 11;

	f->options_length = (uint8_t)(words * 4);
	for (uint8_t i = 0; i < f->options_length; i++)
		f->options[i] = fuzz_8(in);
}

static struct frame_spec spec_of(struct world *w, struct fuzz_input *in, uint8_t *slot)
{
	uint8_t how = fuzz_8(in);
	struct frame_spec f;

	world_family(w, how & 1 ? 4 : 6, (how >> 1 & 3) % 3);
	f = w->client;
	f.sport = (uint16_t)(40000 + (how >> 3 & 3));
	f.more_fragments = how >> 5 == 7;
	f.payload_length = how >> 6 == 1 ? fuzz_8(in) : 0;
	*slot = fuzz_8(in) & 1;
	if (*slot) {
		memcpy(f.source, w->client.destination, 16);
		memcpy(f.destination, w->client.source, 16);
		f.sport = w->client.dport;
		f.dport = (uint16_t)(40000 + (how >> 3 & 3));
	}
	return f;
}

static void decide(struct world *w, const uint8_t *data, uint32_t length, uint8_t slot)
{
	while (w->held_count == WORLD_HELD) {
		w->held_count--;
		w->flows.flows[w->held[w->held_count].flow].held--;
	}
	(void)world_decide(w, data, length, slot);
}

/* Leaves `kept` bytes of a first fragment behind its IP header, at most those that are there. */
static uint32_t cut(uint8_t *data, const struct frame_spec *f, uint32_t length, uint32_t kept)
{
	uint32_t l3 = 14u + f->tags * 4u, header = f->family == 4 ? 20 : 48;

	if (l3 + header + kept >= length)
		return length;
	if (f->family == 4) {
		frame_put16(data + l3 + 2, header + kept);
		frame_put16(data + l3 + 10, frame_checksum_ipv4(data + l3));
	} else {
		frame_put16(data + l3 + 4, 8 + kept);
	}
	return l3 + header + kept;
}

static void step_segment(struct world *w, struct fuzz_input *in)
{
	uint8_t slot, data[FRAME_MAX];
	struct frame_spec f = spec_of(w, in, &slot);
	uint32_t length;

	f.flags = fuzz_8(in);
	f.seq = fuzz_32(in);
	f.ack = fuzz_32(in);
	take_options(in, &f);
	length = frame_build(data, &f);
	if (f.more_fragments)
		length = cut(data, &f, length, fuzz_8(in));
	decide(w, data, length, slot);
}

/* An error from where the last frame went, or from the other side, that quotes some of it. */
static void step_error(struct world *w, struct fuzz_input *in)
{
	uint8_t data[FRAME_MAX], how = fuzz_8(in), *icmp;
	uint32_t quoted = fuzz_8(in), length;
	struct frame_spec f = { .ttl = 64 };
	struct screen_packet p, q;
	const uint8_t *ip;

	if (screen_parse(w->out.data, w->out.data + w->out.length, &p) != SCREEN_KIND_TCP)
		return;
	ip = w->out.data + p.l3;
	f.family = p.family;
	f.tags = p.tags;
	f.tci[0] = p.vlan[0];
	f.tci[1] = p.vlan[1];
	memcpy(f.destination, ip + (f.family == 4 ? 12 : 8), f.family == 4 ? 4 : 16);
	f.source[0] = 9;
	q = (struct screen_packet){ .family = f.family, .protocol = f.family == 4 ? 1 : 58 };
	q.l3 = (uint16_t)frame_put_ethernet(data, &f);
	q.l4 = (uint16_t)(q.l3 + (f.family == 4 ? 20 : 40));
	icmp = data + q.l4;
	icmp[0] = (how & 15) < 13 ? how & 15 : 128;
	icmp[1] = how >> 4 & 7;
	icmp[2] = icmp[3] = 0;
	frame_put32(icmp + 4, fuzz_32(in));
	if (p.l3 + quoted > w->out.length)
		quoted = w->out.length - p.l3;
	memcpy(icmp + 8, ip, quoted);
	length = 8 + quoted;
	if (f.family == 4) {
		(void)frame_put_ipv4(data + q.l3, &f, length);
		data[q.l3 + 9] = 1;
		frame_put16(data + q.l3 + 10, frame_checksum_ipv4(data + q.l3));
	} else {
		(void)frame_put_ipv6(data + q.l3, &f, length);
		data[q.l3 + 6] = 58;
	}
	q.end = (uint16_t)(q.l4 + length);
	if (f.family == 4)
		frame_put16(icmp + 2, (uint16_t)~frame_sum(icmp, length, 0));
	else
		frame_put16(icmp + 2, frame_checksum(data, &q, 2));
	decide(w, data, q.end, (uint8_t)((w->d.verdict == SCREEN_FORWARD) ^ w->out.slot ^ how >> 7) & 1);
}

/* Acknowledges what has just left, by either end of it: this is how cookies come back. */
static void step_reply(struct world *w, struct fuzz_input *in)
{
	uint8_t data[FRAME_MAX], how = fuzz_8(in);
	struct screen_packet p;
	struct screen_options o;
	struct frame_spec f = { .ttl = 64, .flags = how & 0x1f, .window = 1000 };
	uint32_t size;

	if (screen_parse(w->out.data, w->out.data + w->out.length, &p) != SCREEN_KIND_TCP)
		return;
	screen_options_walk(w->out.data + p.l4 + 20, screen_packet_options_length(&p), &o);
	size = p.family == 4 ? 4 : 16;
	f.family = p.family;
	f.tags = p.tags;
	f.tci[0] = p.vlan[0];
	f.tci[1] = p.vlan[1];
	memcpy(f.source, w->out.data + p.l3 + (p.family == 4 ? 16 : 24), size);
	memcpy(f.destination, w->out.data + p.l3 + (p.family == 4 ? 12 : 8), size);
	f.sport = p.dport;
	f.dport = p.sport;
	f.seq = p.ack;
	f.ack = p.seq + (p.tcp_flags & SCREEN_TCP_SYN ? 1 : 0);
	if (p.tcp_flags == SCREEN_TCP_SYN)
		f.seq = 0x5000;
	f.payload_length = how >> 6 == 1 ? 40 : 0;
	if ((o.flags & SCREEN_HAS_TIMESTAMPS) && !(how & 0x20)) {
		f.options_length = 12;
		memcpy(f.options, (uint8_t[]){ 1, 1, 8, 10, 0, 0, 1, 0 }, 8);
		frame_put32(f.options + 8, o.tsval);
	}
	decide(w, data, frame_build(data, &f),
	       w->d.verdict == SCREEN_FORWARD ? !w->out.slot : w->out.slot);
}

static void step_raw(struct world *w, struct fuzz_input *in)
{
	uint8_t data[FRAME_MAX], slot = fuzz_8(in) % 5;
	uint32_t length = 1u + fuzz_8(in);

	for (uint32_t i = 0; i < length; i++)
		data[i] = fuzz_8(in);
	decide(w, data, length, slot);
}

static void step_again(struct world *w, struct fuzz_input *in)
{
	struct world_frame f = w->out;

	if (f.length == 0)
		return;
	f.data[fuzz_8(in) % f.length] ^= fuzz_8(in);
	decide(w, f.data, f.length, fuzz_8(in) & 1);
}

static void step_abandon(struct world *w)
{
	if (w->syn.length == 0)
		return;
	w->out.length = screen_abandon(&w->context, w->syn_flow, w->syn.data, w->syn.length,
				       w->out.data);
	PROMISE(w->out.length <= SCREEN_SYNTHETIC_MAX);
	w->syn.length = 0;
	w->out.slot = 0;
	w->d.verdict = SCREEN_REPLY;
}

static void step_release(struct world *w)
{
	if (w->held_count)
		(void)world_release(w);
}

static void step(struct world *w, struct fuzz_input *in)
{
	switch ((enum step)(fuzz_8(in) % STEP_KINDS)) {
	case STEP_SEGMENT:
		return step_segment(w, in);
	case STEP_REPLY_TO_LAST:
		return step_reply(w, in);
	case STEP_RAW:
		return step_raw(w, in);
	case STEP_LAST_AGAIN:
		return step_again(w, in);
	case STEP_TIME:
		w->context.now_ns += (uint64_t)fuzz_8(in) * 100000000u;
		return;
	case STEP_EPOCH:
		return world_epoch(w, w->keyset.check_epoch + fuzz_8(in) % 3, fuzz_8(in) & 1);
	case STEP_ABANDON:
		return step_abandon(w);
	case STEP_RELEASE:
		return step_release(w);
	case STEP_ERROR:
		return step_error(w, in);
	case STEP_KINDS:
	default:
		return;
	}
}

/* Every entry that is in use is in a bucket, once. */
static void check_table(const struct world *w)
{
	uint64_t installed = 0;

	for (uint32_t i = 0; i < w->flows.buckets_count; i++)
		for (int j = 0; j < SCREEN_BUCKET_SLOTS; j++)
			installed += w->flows.buckets[i].slot[j] != 0;
	PROMISE(installed == w->flows.used);
}

/* Every screen that there is, each with a threshold that is soon reached. */
static void arm_all(struct screen_profile_config *p)
{
	p->armed = (1ull << SCREEN_IDS) - 1;
	p->icmp_flood = p->udp_flood = 5;
	p->tcp_port_scan_us = p->udp_port_scan_us = 1000000;
	p->ip_sweep_us = p->tcp_sweep_us = p->udp_sweep_us = 1000000;
	p->syn_ack_ack = p->source_sessions = p->destination_sessions = 3;
	p->extension_limit = 1;
	p->extension_headers[0] = 1ull << SCREEN_PROTO_ROUTING;
}

/* What is configured of the servers; nothing: they are strangers, until they answer. */
static void preset(struct world *w, struct fuzz_input *in)
{
	struct screen_server_profile *p = &w->policy.server[0].profile;
	uint8_t known = fuzz_8(in);

	w->policy.servers_count = known != 0;
	p->known = known & SCREEN_SERVER_FLAGS & (uint8_t)~SCREEN_SERVER_WINDOW;
	p->has = fuzz_8(in) & p->known & (uint8_t)~SCREEN_SERVER_MSS;
	p->mss = p->known & SCREEN_SERVER_MSS ? (uint16_t)(216 + 40 * fuzz_8(in)) : 0;
	p->wscale = p->has & SCREEN_SERVER_WSCALE ? fuzz_8(in) % 15 : 0;
}

/* A dry run challenges nothing, and no screen drops. */
static void check_dry_run(const struct world *w)
{
	static const enum screen_reason others[] = {
		SCREEN_REPLY_CHALLENGE, SCREEN_DROP_COOKIE_INVALID, SCREEN_DROP_SYN_FLOOD,
		SCREEN_DROP_SOURCE_THRESHOLD, SCREEN_DROP_DESTINATION_THRESHOLD,
		SCREEN_DROP_SYN_FRAGMENT, SCREEN_DROP_SYN_MSS, SCREEN_DROP_SYN_MD5,
		SCREEN_DROP_SYN_SOURCE, SCREEN_DROP_MALFORMED, SCREEN_DROP_CHECKSUM,
		SCREEN_DROP_EXTENSION_HEADERS, SCREEN_DROP_DEEP_TAGS,
	};

	for (int i = SCREEN_DROP_ICMP_FLOOD; i <= SCREEN_DROP_ICMPV6_MALFORMED; i++)
		PROMISE(w->reasons[i] == 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		PROMISE(w->reasons[others[i]] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	struct world *w = world_new(4, 0);
	uint8_t how = fuzz_8(&in);

	w->policy.profile[0].attack_threshold = 1 + (how & 3);
	w->policy.activation = how >> 2 & 1;
	w->policy.no_syn_check = how >> 3 & 1;
	w->policy.mode = how >> 4 & 1 ? SCREEN_MODE_DROP : SCREEN_MODE_SYN_COOKIE;
	if (how >> 5 & 1)
		arm_all(&w->policy.profile[0]);
	w->policy.profile[0].alarm_without_drop = how >> 6 & 1;
	preset(w, &in);
	for (int i = 0; i < STEPS && in.at < in.end; i++)
		step(w, &in);
	check_table(w);
	if (w->policy.profile[0].alarm_without_drop)
		check_dry_run(w);
	world_free(w);
	return 0;
}
