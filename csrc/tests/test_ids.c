/*
 * The other screens of a profile: for each of them a frame that it is for and one that it is not, in
 * both families where it applies, armed, not armed, and as a dry run.
 */
#include "checksum.h"
#include "world.h"

/* A frame by hand: IP header, what is between, payload. */
struct made {
	uint8_t data[2048];
	uint32_t length;
};

struct ip_spec {
	uint8_t family, protocol;
	const uint8_t *options; /* IPv4 options, or IPv6 extension headers: the first one's type in next */
	uint8_t options_length, next;
	uint16_t fragment; /* IPv4: the field with flags; IPv6: that of a fragment header, 0: none */
	uint16_t id;
	uint16_t payload_length;
	uint8_t payload[64];
	bool same_ends;
	uint8_t source_last, destination_last; /* 0: as usual */
};

static void put_addresses(uint8_t *source, uint8_t *destination, size_t size,
			  const struct ip_spec *s)
{
	memset(source, 0x31, size);
	memset(destination, s->same_ends ? 0x31 : 0x32, size);
	if (s->source_last)
		source[size - 1] = s->source_last;
	if (s->destination_last)
		destination[size - 1] = s->destination_last;
}

static uint32_t put_ipv4(uint8_t *ip, const struct ip_spec *s)
{
	uint32_t header = 20u + s->options_length;

	memset(ip, 0, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	frame_put16(ip + 2, header + s->payload_length);
	frame_put16(ip + 4, s->id);
	frame_put16(ip + 6, s->fragment);
	ip[8] = 64;
	ip[9] = s->protocol;
	put_addresses(ip + 12, ip + 16, 4, s);
	if (s->options_length)
		memcpy(ip + 20, s->options, s->options_length);
	frame_put16(ip + 10, frame_checksum_ipv4(ip));
	return header;
}

static uint32_t put_ipv6(uint8_t *ip, const struct ip_spec *s)
{
	uint32_t at = 40;
	uint8_t *next = ip + 6;

	memset(ip, 0, 48);
	ip[0] = 0x60;
	ip[7] = 64;
	put_addresses(ip + 8, ip + 24, 16, s);
	if (s->options_length) {
		*next = s->next;
		memcpy(ip + at, s->options, s->options_length);
		next = ip + at; /* one header: its first byte is the next one's type */
		at += s->options_length;
	}
	if (s->fragment) {
		*next = SCREEN_PROTO_FRAGMENT;
		memset(ip + at, 0, 8);
		frame_put16(ip + at + 2, s->fragment);
		frame_put16(ip + at + 6, s->id);
		next = ip + at;
		at += 8;
	}
	*next = s->protocol;
	frame_put16(ip + 4, at - 40 + s->payload_length);
	return at;
}

static struct made make(const struct ip_spec *s)
{
	struct made m = { .data = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 } };
	uint32_t header;

	frame_put16(m.data + 12, s->family == 4 ? 0x0800 : 0x86dd);
	header = s->family == 4 ? put_ipv4(m.data + 14, s) : put_ipv6(m.data + 14, s);
	for (uint32_t i = 0; i < s->payload_length; i++)
		m.data[14 + header + i] = i < sizeof(s->payload) ? s->payload[i] : (uint8_t)i;
	m.length = 14 + header + s->payload_length;
	return m;
}

static struct world *armed_world(uint64_t armed)
{
	struct world *w = world_new(4, 0);
	struct screen_profile_config *p = &w->policy.profile[0];

	memset(p, 0, sizeof(*p));
	p->armed = armed;
	p->icmp_flood = p->udp_flood = 5;
	p->tcp_port_scan_us = p->udp_port_scan_us = p->ip_sweep_us = 5000;
	p->tcp_sweep_us = p->udp_sweep_us = 5000;
	p->source_sessions = p->destination_sessions = 3;
	p->syn_ack_ack = 3;
	p->extension_limit = 1;
	p->extension_headers[0] = 1ull << SCREEN_PROTO_ROUTING;
	w->policy.no_syn_check = 1;
	return w;
}

static const char *decide_made(struct world *w, const struct made *m)
{
	struct screen_frame frame;
	static uint8_t data[2048];

	memcpy(data, m->data, m->length);
	frame = (struct screen_frame){ .data = data, .length = m->length };
	screen_decide(&w->context, &frame, &w->d);
	if (w->d.undecided) {
		struct screen_frame *frames[] = { &frame };
		struct screen_decision *decisions[] = { &w->d };

		screen_check(&w->context, frames, decisions, 1);
		screen_resume(&w->context, &frame, &w->d);
	}
	return screen_reason_name(w->d.reason);
}

struct stateless {
	const char *name;
	enum screen_ids ids;
	const char *reason; /* of what it hits; NULL: it does not hit */
	struct ip_spec frame;
};

#define TCP_FLAGS(f) .protocol = 6, .payload_length = 20, \
		     .payload = { 0x9c, 0x40, 0, 80, [12] = 0x50, [13] = (f) }
#define OPTION(...) .options = (const uint8_t[]){ __VA_ARGS__ }, \
		    .options_length = sizeof((uint8_t[]){ __VA_ARGS__ })

static const struct stateless rows[] = {
	{ "land", SCREEN_IDS_LAND, "drop_land", { 4, TCP_FLAGS(2), .same_ends = true } },
	{ "land", SCREEN_IDS_LAND, "drop_land", { 6, TCP_FLAGS(2), .same_ends = true } },
	{ "no land", SCREEN_IDS_LAND, NULL, { 4, TCP_FLAGS(2) } },
	{ "syn fin", SCREEN_IDS_SYN_FIN, "drop_syn_fin", { 4, TCP_FLAGS(3) } },
	{ "syn fin", SCREEN_IDS_SYN_FIN, "drop_syn_fin", { 6, TCP_FLAGS(0x13) } },
	{ "fin ack", SCREEN_IDS_SYN_FIN, NULL, { 4, TCP_FLAGS(0x11) } },
	{ "no flag", SCREEN_IDS_NO_FLAG, "drop_no_flag", { 4, TCP_FLAGS(0) } },
	{ "only ECE", SCREEN_IDS_NO_FLAG, "drop_no_flag", { 6, TCP_FLAGS(0x40) } },
	{ "ack", SCREEN_IDS_NO_FLAG, NULL, { 6, TCP_FLAGS(0x10) } },
	{ "fin no ack", SCREEN_IDS_FIN_NO_ACK, "drop_fin_no_ack", { 4, TCP_FLAGS(1) } },
	{ "fin no ack", SCREEN_IDS_FIN_NO_ACK, "drop_fin_no_ack", { 6, TCP_FLAGS(9) } },
	{ "fin ack", SCREEN_IDS_FIN_NO_ACK, NULL, { 4, TCP_FLAGS(0x11) } },
	{ "syn fragment", SCREEN_IDS_SYN_FRAG, "drop_syn_fragment",
	  { 4, TCP_FLAGS(2), .fragment = 0x2000 } },
	{ "syn fragment", SCREEN_IDS_SYN_FRAG, "drop_syn_fragment",
	  { 6, TCP_FLAGS(2), .fragment = 1 } },
	{ "ack fragment", SCREEN_IDS_SYN_FRAG, NULL, { 4, TCP_FLAGS(0x10), .fragment = 0x2000 } },
	{ "loose", SCREEN_IDS_LOOSE_SOURCE_ROUTE, "drop_loose_source_route",
	  { 4, 17, OPTION(131, 7, 4, 1, 2, 3, 4, 0) } },
	{ "strict", SCREEN_IDS_STRICT_SOURCE_ROUTE, "drop_strict_source_route",
	  { 4, 17, OPTION(137, 7, 4, 1, 2, 3, 4, 0) } },
	{ "loose is a source route", SCREEN_IDS_SOURCE_ROUTE, "drop_source_route",
	  { 4, 17, OPTION(1, 131, 7, 4, 1, 2, 3, 4) } },
	{ "strict is a source route", SCREEN_IDS_SOURCE_ROUTE, "drop_source_route",
	  { 4, 17, OPTION(137, 7, 4, 1, 2, 3, 4, 0) } },
	{ "strict is not loose", SCREEN_IDS_LOOSE_SOURCE_ROUTE, NULL,
	  { 4, 17, OPTION(137, 7, 4, 1, 2, 3, 4, 0) } },
	{ "record route", SCREEN_IDS_RECORD_ROUTE, "drop_record_route",
	  { 4, 17, OPTION(7, 7, 4, 0, 0, 0, 0, 0) } },
	{ "timestamp", SCREEN_IDS_TIMESTAMP, "drop_timestamp",
	  { 4, 1, OPTION(68, 8, 5, 0, 0, 0, 0, 0) } },
	{ "security", SCREEN_IDS_SECURITY, "drop_security", { 4, 17, OPTION(130, 3, 0, 0) } },
	{ "extended security", SCREEN_IDS_SECURITY, "drop_security", { 4, 17, OPTION(133, 3, 0, 0) } },
	{ "stream", SCREEN_IDS_STREAM, "drop_stream", { 4, 17, OPTION(136, 4, 0, 1) } },
	{ "behind the end", SCREEN_IDS_STREAM, NULL, { 4, 17, OPTION(0, 136, 4, 0) } },
	{ "too long", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(7, 9, 4, 0) } },
	{ "too short", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(7, 1, 0, 0) } },
	{ "no length", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(1, 1, 1, 7) } },
	{ "nops", SCREEN_IDS_BAD_OPTION, NULL, { 4, 17, OPTION(1, 1, 1, 0) } },
	{ "unknown", SCREEN_IDS_UNKNOWN_PROTOCOL, "drop_unknown_protocol", { .family = 4, .protocol = 138 } },
	{ "unknown", SCREEN_IDS_UNKNOWN_PROTOCOL, "drop_unknown_protocol", { .family = 6, .protocol = 140 } },
	{ "known", SCREEN_IDS_UNKNOWN_PROTOCOL, NULL, { .family = 4, .protocol = 137 } },
	{ "known", SCREEN_IDS_UNKNOWN_PROTOCOL, NULL, { .family = 6, .protocol = 138 } },
	{ "fragment", SCREEN_IDS_BLOCK_FRAG, "drop_block_frag", { 4, 17, .fragment = 0x2000 } },
	{ "last fragment", SCREEN_IDS_BLOCK_FRAG, "drop_block_frag", { 4, 17, .fragment = 0x0003 } },
	{ "fragment", SCREEN_IDS_BLOCK_FRAG, "drop_block_frag", { 6, 17, .fragment = 0x0009 } },
	{ "DF", SCREEN_IDS_BLOCK_FRAG, NULL, { 4, 17, .fragment = 0x4000 } },
	{ "icmp fragment", SCREEN_IDS_ICMP_FRAGMENT, "drop_icmp_fragment",
	  { 4, 1, .fragment = 0x2000, .payload_length = 8 } },
	{ "icmpv6 fragment", SCREEN_IDS_ICMP_FRAGMENT, "drop_icmp_fragment",
	  { 6, 58, .fragment = 1, .payload_length = 8 } },
	{ "udp fragment", SCREEN_IDS_ICMP_FRAGMENT, NULL, { 4, 17, .fragment = 0x2000 } },
	{ "large", SCREEN_IDS_ICMP_LARGE, "drop_icmp_large", { 4, 1, .payload_length = 1005 } },
	{ "not large", SCREEN_IDS_ICMP_LARGE, NULL, { 4, 1, .payload_length = 1004 } },
	{ "large", SCREEN_IDS_ICMP_LARGE, "drop_icmp_large", { 6, 58, .payload_length = 985 } },
	{ "not large", SCREEN_IDS_ICMP_LARGE, NULL, { 6, 58, .payload_length = 984 } },
	{ "ping of death", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 4, 1, .fragment = 0x1fff, .payload_length = 100 } },
	{ "no ping of death", SCREEN_IDS_PING_DEATH, NULL,
	  { 4, 1, .fragment = 0x1f00, .payload_length = 100 } },
	{ "ping of death", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 6, 58, .fragment = 0xfff8, .payload_length = 100 } },
	{ "routing header", SCREEN_IDS_EXTENSION_HEADER, "drop_extension_header",
	  { 6, 17, OPTION(17, 0, 0, 0, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
	{ "destination options", SCREEN_IDS_EXTENSION_HEADER, NULL,
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "two headers", SCREEN_IDS_EXTENSION_LIMIT, "drop_extension_limit",
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS, .fragment = 1 } },
	{ "one header", SCREEN_IDS_EXTENSION_LIMIT, NULL,
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "icmpv6 too short", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 7 } },
	{ "icmpv6 checksum", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 8, .payload = { 128 } } },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void row(const struct stateless *r, uint64_t armed, bool dry, bool hits)
{
	struct world *w = armed_world(armed);
	struct screen_zone_meter *z = &w->meters->zone[0];
	struct made m = make(&r->frame);
	const char *reason;

	w->policy.profile[0].alarm_without_drop = dry;
	reason = decide_made(w, &m);
	if (hits && !dry && strcmp(reason, r->reason) != 0)
		fail_msg("%s: the reason is %s", r->name, reason);
	if ((!hits || dry) && strncmp(reason, "forward_", 8) != 0)
		fail_msg("%s: the reason is %s", r->name, reason);
	if (z->ids[r->ids] != hits)
		fail_msg("%s: counted %u times", r->name, (unsigned)z->ids[r->ids]);
	world_free(w);
}

static void ids_stateless_screens_hit_what_they_are_for(void **state)
{
	(void)state;
	for (int i = 0; i < ROWS; i++)
		row(&rows[i], 1ull << rows[i].ids, false, rows[i].reason != NULL);
}

static void ids_not_armed_hit_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < ROWS; i++)
		row(&rows[i], 0, false, false);
}

static void ids_alarm_without_drop_counts_and_forwards(void **state)
{
	(void)state;
	for (int i = 0; i < ROWS; i++)
		row(&rows[i], 1ull << rows[i].ids, true, rows[i].reason != NULL);
}

/* What comes in by the protected side is not looked at. */
static void ids_look_at_the_screened_side_only(void **state)
{
	(void)state;
	for (int i = 0; i < ROWS; i++) {
		struct world *w = armed_world(1ull << rows[i].ids);
		struct made m = make(&rows[i].frame);
		struct screen_frame frame = { .data = m.data, .length = m.length, .slot = 1 };

		screen_decide(&w->context, &frame, &w->d);
		assert_int_equal(w->d.verdict, SCREEN_FORWARD);
		world_free(w);
	}
}

static void ids_good_icmpv6_passes(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_ICMPV6_MALFORMED);
	struct made m = make(&(struct ip_spec){ 6, 58, .payload_length = 8, .payload = { 128 } });
	struct screen_packet p;

	(void)state;
	(void)screen_parse(m.data, m.data + m.length, &p);
	screen_store_16(m.data + p.l4 + 2, 0);
	screen_store_16(m.data + p.l4 + 2,
			(uint16_t)~screen_fold(screen_sum(m.data + p.l4, 8,
							  screen_sum_pseudo(m.data, &p))));
	assert_string_equal(decide_made(w, &m), "forward_non_tcp");
	world_free(w);
}

/* URG to the NetBIOS port is taken away, and the segment goes on with a right checksum. */
static void ids_winnuke_is_mended(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_WINNUKE);
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];
	struct screen_packet p;

	(void)state;
	f.dport = 139;
	f.flags = SCREEN_TCP_ACK | SCREEN_TCP_URG;
	assert_string_equal(screen_reason_name(world_decide(w, data, frame_build(data, &f), 0)),
			    "forward_no_syn_check");
	(void)screen_parse(w->out.data, w->out.data + w->out.length, &p);
	assert_int_equal(p.tcp_flags, SCREEN_TCP_ACK);
	assert_true(screen_checksum_ok(w->out.data, &p));
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_WINNUKE], 1);
	f.dport = 138;
	(void)world_decide(w, data, frame_build(data, &f), 0);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_WINNUKE], 1);
	world_free(w);
}

/* ---- rates --------------------------------------------------------------------------------- */

static void flood_row(uint8_t family, uint8_t protocol, enum screen_ids ids, const char *reason)
{
	struct world *w = armed_world(1ull << ids);
	struct ip_spec s = { family, protocol, .payload_length = 8 };

	for (int i = 0; i < 9; i++) {
		struct made m = make(&s);

		s.source_last = (uint8_t)(i + 1); /* whoever sends */
		assert_string_equal(decide_made(w, &m), i < 5 ? "forward_non_tcp" : reason);
	}
	s.destination_last = 7; /* another address */
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_non_tcp");
	s.destination_last = 0;
	w->context.now_ns += 1000000000;
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_non_tcp");
	world_free(w);
}

static void ids_floods_are_cut_at_their_threshold(void **state)
{
	(void)state;
	flood_row(4, 1, SCREEN_IDS_ICMP_FLOOD, "drop_icmp_flood");
	flood_row(6, 58, SCREEN_IDS_ICMP_FLOOD, "drop_icmp_flood");
	flood_row(4, 17, SCREEN_IDS_UDP_FLOOD, "drop_udp_flood");
	flood_row(6, 17, SCREEN_IDS_UDP_FLOOD, "drop_udp_flood");
}

/* Ten targets within the interval, one every step_us: which of them, counted from 1, is the first that
 * is dropped; 0: none. */
static int scanned(enum screen_ids ids, uint8_t family, uint8_t protocol, bool ports, uint64_t step_us)
{
	struct world *w = armed_world(1ull << ids);
	struct ip_spec s = { family, protocol, .payload_length = 20,
			     .payload = { 0x9c, 0x40, 0, 1, [12] = 0x50, [13] = 2 } };
	int first = 0;

	for (int i = 1; i <= 12 && !first; i++) {
		struct made m;

		if (ports)
			s.payload[3] = (uint8_t)i;
		else
			s.destination_last = (uint8_t)i;
		m = make(&s);
		if (strncmp(decide_made(w, &m), "drop_", 5) == 0)
			first = i;
		/* the same one again does not count */
		if (!first && strncmp(decide_made(w, &m), "drop_", 5) == 0)
			first = -i;
		w->context.now_ns += step_us * 1000;
	}
	if (first)
		assert_int_equal(w->meters->zone[0].ids[ids], 1);
	world_free(w);
	return first;
}

static void ids_scans_are_ten_targets_within_the_interval(void **state)
{
	static const struct {
		enum screen_ids ids;
		uint8_t protocol[2];
		bool ports;
	} scans[] = {
		{ SCREEN_IDS_TCP_PORT_SCAN, { 6, 6 }, true },
		{ SCREEN_IDS_UDP_PORT_SCAN, { 17, 17 }, true },
		{ SCREEN_IDS_IP_SWEEP, { 1, 58 }, false },
		{ SCREEN_IDS_TCP_SWEEP, { 6, 6 }, false },
		{ SCREEN_IDS_UDP_SWEEP, { 17, 17 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++)
		for (int f = 0; f < 2; f++) {
			uint8_t family = f ? 6 : 4;

			assert_int_equal(scanned(scans[i].ids, family, scans[i].protocol[f],
						 scans[i].ports, 100), 10);
			assert_int_equal(scanned(scans[i].ids, family, scans[i].protocol[f],
						 scans[i].ports, 1000), 0);
		}
}

/* ---- fragments ----------------------------------------------------------------------------- */

static const char *fragment(struct world *w, uint8_t family, uint16_t id, uint16_t first_eighth,
			    bool more, uint16_t bytes)
{
	struct ip_spec s = { family, 17, .id = id, .payload_length = bytes };
	struct made m;

	s.fragment = (uint16_t)(first_eighth << 3 | more);
	if (family == 4)
		s.fragment = (uint16_t)(first_eighth | more << 13);
	m = make(&s);
	return decide_made(w, &m);
}

static void ids_tear_drop_is_an_overlap(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

		/* in order, out of order, and the same again */
		assert_string_equal(fragment(w, family, 1, 0, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 20, false, 11), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 10, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 10, true, 80), "forward_fragment");
		/* into what is there */
		assert_string_equal(fragment(w, family, 2, 0, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 2, 9, false, 16), "drop_tear_drop");
		/* another datagram has its own, and so has the same number later */
		assert_string_equal(fragment(w, family, 3, 9, false, 16), "forward_fragment");
		w->context.now_ns += 40000000000ull;
		assert_string_equal(fragment(w, family, 2, 9, false, 16), "forward_fragment");
		world_free(w);
	}
}

/* ---- sessions ------------------------------------------------------------------------------ */

static const char *segment_of(struct world *w, uint16_t sport, uint8_t flags, uint32_t seq,
			      uint32_t ack, uint16_t payload, bool from_server)
{
	struct frame_spec f = w->client, mirror;
	uint8_t data[FRAME_MAX];

	f.sport = sport;
	f.flags = flags;
	f.seq = seq;
	f.ack = ack;
	f.payload_length = payload;
	mirror = f;
	if (from_server) {
		memcpy(mirror.source, f.destination, 16);
		memcpy(mirror.destination, f.source, 16);
		memcpy(mirror.source_mac, f.destination_mac, 6);
		memcpy(mirror.destination_mac, f.source_mac, 6);
		mirror.sport = f.dport;
		mirror.dport = f.sport;
	}
	return screen_reason_name(world_decide(w, data, frame_build(data, &mirror), from_server));
}

static void open_one(struct world *w, uint16_t sport)
{
	(void)segment_of(w, sport, SCREEN_TCP_SYN, 100, 0, 0, false);
	(void)segment_of(w, sport, SCREEN_TCP_SYN | SCREEN_TCP_ACK, 500, 101, 0, true);
	(void)segment_of(w, sport, SCREEN_TCP_ACK, 101, 501, 0, false);
}

static void session_limit(enum screen_ids ids, const char *reason, bool same_source)
{
	struct world *w = armed_world(1ull << ids);

	for (uint16_t i = 0; i < 3; i++) {
		if (!same_source)
			w->client.source[3] = (uint8_t)(10 + i);
		open_one(w, (uint16_t)(1000 + i));
	}
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false), reason);
	/* one ends: there is room for one */
	(void)segment_of(w, 1002, SCREEN_TCP_RST, 101, 0, 0, false);
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "forward_syn_calm");
	assert_string_equal(segment_of(w, 2001, SCREEN_TCP_SYN, 1, 0, 0, false), reason);
	/* what is silent for long ends, too */
	world_wait(w, 5 * 3600);
	for (uint32_t b = 0; b < w->flows.buckets_count; b++) {
		uint32_t expired[SCREEN_BUCKET_SLOTS];
		uint32_t n = screen_flow_sweep(&w->flows, b,
					       (uint32_t)(w->context.now_ns / 1000000000u),
					       &w->policy, expired);

		while (n)
			screen_flow_give(&w->flows, expired[--n]);
	}
	for (int row = 0; row < SCREEN_SESSION_ROWS; row++)
		for (int i = 0; i < SCREEN_SESSION_CELLS; i++)
			assert_int_equal(w->sessions->source.cell[row][i] |
						 w->sessions->destination.cell[row][i] |
						 w->sessions->silent.cell[row][i], 0);
	world_free(w);
}

static void ids_session_limits_count_what_is_open(void **state)
{
	(void)state;
	session_limit(SCREEN_IDS_SOURCE_SESSIONS, "drop_source_sessions", true);
	session_limit(SCREEN_IDS_DESTINATION_SESSIONS, "drop_destination_sessions", false);
}

static void ids_syn_ack_ack_counts_connections_without_data(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_SYN_ACK_ACK);

	(void)state;
	for (uint16_t i = 0; i < 3; i++)
		open_one(w, (uint16_t)(1000 + i));
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "drop_syn_ack_ack");
	(void)segment_of(w, 1001, SCREEN_TCP_ACK | SCREEN_TCP_PSH, 101, 501, 10, false);
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "forward_syn_calm");
	world_free(w);
}

/* ---- events -------------------------------------------------------------------------------- */

static void ids_events_are_one_a_second_with_a_count(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_LAND);
	struct made m = make(&(struct ip_spec){ 4, TCP_FLAGS(2), .same_ends = true });
	struct screen_note n;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.kind, SCREEN_EVENT_SCREEN);
	assert_int_equal(n.ids, SCREEN_IDS_LAND);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.dropped, 1);
	assert_memory_equal(n.source, n.destination, 16);
	assert_false(screen_event_take(&w->events, &n));
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.count, 100);
	assert_false(screen_event_take(&w->events, &n));
	world_free(w);
}

static void ids_events_that_find_no_room_are_counted(void **state)
{
	static struct screen_events e;
	struct screen_note n = { .count = 1 };

	(void)state;
	for (int i = 0; i < SCREEN_EVENTS_MAX + 7; i++)
		screen_event_put(&e, &n);
	assert_int_equal(e.lost, 7);
	for (int i = 0; i < SCREEN_EVENTS_MAX; i++)
		assert_true(screen_event_take(&e, &n));
	assert_false(screen_event_take(&e, &n));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_stateless_screens_hit_what_they_are_for),
		cmocka_unit_test(ids_not_armed_hit_nothing),
		cmocka_unit_test(ids_alarm_without_drop_counts_and_forwards),
		cmocka_unit_test(ids_look_at_the_screened_side_only),
		cmocka_unit_test(ids_good_icmpv6_passes),
		cmocka_unit_test(ids_winnuke_is_mended),
		cmocka_unit_test(ids_floods_are_cut_at_their_threshold),
		cmocka_unit_test(ids_scans_are_ten_targets_within_the_interval),
		cmocka_unit_test(ids_tear_drop_is_an_overlap),
		cmocka_unit_test(ids_session_limits_count_what_is_open),
		cmocka_unit_test(ids_syn_ack_ack_counts_connections_without_data),
		cmocka_unit_test(ids_events_are_one_a_second_with_a_count),
		cmocka_unit_test(ids_events_that_find_no_room_are_counted),
	};

	return RUN(tests);
}
