/*
 * The other screens of a profile: for each of them a frame that it is for and one that it is not, in
 * both families where it applies, armed, not armed, and as a dry run.
 */
#include "made.h"

struct stateless {
	const char *name;
	enum screen_ids ids;
	const char *reason; /* of what it hits; NULL: it does not hit */
	struct ip_spec frame;
};

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
	{ "fin", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(1) } },
	{ "syn", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(2) } },
	{ "rst", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(4) } },
	{ "psh", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(8) } },
	{ "urg", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(0x20) } },
	{ "later fragment", SCREEN_IDS_NO_FLAG, NULL, { 4, TCP_FLAGS(0), .fragment = 3 } },
	{ "no TCP", SCREEN_IDS_NO_FLAG, NULL, { 4, 17, .payload_length = 20 } },
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
	{ "router alert", SCREEN_IDS_STREAM, NULL, { 4, 17, OPTION(148, 4, 0, 0) } },
	{ "stream", SCREEN_IDS_STREAM, "drop_stream", { 4, 17, OPTION(136, 4, 0, 1) } },
	{ "behind the end", SCREEN_IDS_STREAM, NULL, { 4, 17, OPTION(0, 136, 4, 0) } },
	{ "too long", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(7, 9, 4, 0) } },
	{ "too short", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(7, 1, 0, 0) } },
	{ "no length", SCREEN_IDS_BAD_OPTION, "drop_bad_option", { 4, 17, OPTION(1, 1, 1, 7) } },
	{ "nops", SCREEN_IDS_BAD_OPTION, NULL, { 4, 17, OPTION(1, 1, 1, 0) } },
	{ "nops to the end", SCREEN_IDS_BAD_OPTION, NULL,
	  { 4, 17, OPTION(1, 1, 1, 1), .payload_length = 8, .payload = { 7, 1 } } },
	{ "shortest, to the end", SCREEN_IDS_BAD_OPTION, NULL, { 4, 17, OPTION(1, 1, 130, 2) } },
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
	{ "large, no ICMP", SCREEN_IDS_ICMP_LARGE, NULL, { 6, 17, .payload_length = 1200 } },
	{ "large, ICMPv6 over IPv4", SCREEN_IDS_ICMP_LARGE, NULL, { 4, 58, .payload_length = 1200 } },
	{ "large, ICMP over IPv6", SCREEN_IDS_ICMP_LARGE, NULL, { 6, 1, .payload_length = 1200 } },
	{ "UDP", SCREEN_IDS_ICMP_FLOOD, NULL, { 4, 17, .payload_length = 8 } },
	{ "ping of death", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 4, 1, .fragment = 0x1fff, .payload_length = 100 } },
	{ "no ping of death", SCREEN_IDS_PING_DEATH, NULL,
	  { 4, 1, .fragment = 0x1f00, .payload_length = 100 } },
	{ "ping of death", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 6, 58, .fragment = 0xfff8, .payload_length = 100 } },
	{ "65536 bytes", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 4, 1, .fragment = 0x1ffd, .payload_length = 4 } },
	{ "65535 bytes", SCREEN_IDS_PING_DEATH, NULL,
	  { 4, 1, .fragment = 0x1ffd, .payload_length = 3 } },
	{ "65536 bytes with options", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 4, 1, .fragment = 0x1ffc, .payload_length = 8, OPTION(1, 1, 1, 1) } },
	{ "65536 bytes", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 6, 58, .fragment = 0xfff8, .payload_length = 8 } },
	{ "65535 bytes", SCREEN_IDS_PING_DEATH, NULL, { 6, 58, .fragment = 0xfff8, .payload_length = 7 } },
	{ "65536 bytes with another header", SCREEN_IDS_PING_DEATH, "drop_ping_death",
	  { 6, 58, .fragment = 0xfff0, .payload_length = 8,
	    OPTION(0, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "65535 bytes with another header", SCREEN_IDS_PING_DEATH, NULL,
	  { 6, 58, .fragment = 0xfff0, .payload_length = 7,
	    OPTION(0, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "routing header", SCREEN_IDS_EXTENSION_HEADER, "drop_extension_header",
	  { 6, 17, OPTION(17, 0, 0, 0, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
	{ "destination options", SCREEN_IDS_EXTENSION_HEADER, NULL,
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "routing header behind longer ones", SCREEN_IDS_EXTENSION_HEADER, "drop_extension_header",
	  { 6, 17, OPTION(SCREEN_PROTO_DSTOPTS, 1, 1, 12, 59, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			  SCREEN_PROTO_ROUTING, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0),
	    .next = SCREEN_PROTO_DSTOPTS, .last = 24 } },
	{ "two headers, one in a first fragment", SCREEN_IDS_EXTENSION_LIMIT, "drop_extension_limit",
	  { 6, SCREEN_PROTO_DSTOPTS, .fragment = 1, .payload_length = 16, .payload = { 17, 0, 1, 4 } } },
	{ "one header and what looks like one", SCREEN_IDS_EXTENSION_LIMIT, NULL,
	  { 6, SCREEN_PROTO_DSTOPTS, .fragment = 9, .payload_length = 16, .payload = { 17, 0, 1, 4 } } },
	{ "one header and zeros", SCREEN_IDS_EXTENSION_LIMIT, NULL,
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS,
	    .payload_length = 32 } },
	{ "two headers", SCREEN_IDS_EXTENSION_LIMIT, "drop_extension_limit",
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS, .fragment = 1 } },
	{ "one header", SCREEN_IDS_EXTENSION_LIMIT, NULL,
	  { 6, 17, OPTION(17, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS } },
	{ "icmpv6 too short", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 7 } },
	{ "icmpv6 checksum", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 8, .payload = { 128 } } },
	{ "icmpv6 checksum, at its destination", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 8, .payload = { 128 },
	    OPTION(58, 0, 4, 0, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
	/* the checksum is that of the last destination, which the header does not show (RFC 8200, 8.1) */
	{ "icmpv6 on its way", SCREEN_IDS_ICMPV6_MALFORMED, NULL,
	  { 6, 58, .payload_length = 8, .payload = { 128 },
	    OPTION(58, 0, 4, 1, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
	{ "icmpv6 error without what it is about", SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 47, .payload = { 1 },
	    OPTION(58, 0, 4, 1, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
	{ "icmpv6 error with it", SCREEN_IDS_ICMPV6_MALFORMED, NULL,
	  { 6, 58, .payload_length = 48, .payload = { 127 },
	    OPTION(58, 0, 4, 1, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING } },
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

/* A frame that several armed screens are for is dropped by the first of the documented order. */
struct ordered {
	enum screen_ids first, then;
	const char *reason;
	struct ip_spec frame;
};

static const struct ordered order[] = {
	{ SCREEN_IDS_LOOSE_SOURCE_ROUTE, SCREEN_IDS_SOURCE_ROUTE, "drop_loose_source_route",
	  { 4, 17, OPTION(131, 7, 4, 1, 2, 3, 4, 0) } },
	{ SCREEN_IDS_STRICT_SOURCE_ROUTE, SCREEN_IDS_SOURCE_ROUTE, "drop_strict_source_route",
	  { 4, 17, OPTION(137, 7, 4, 1, 2, 3, 4, 0) } },
	/* options as they stand in the packet */
	{ SCREEN_IDS_STREAM, SCREEN_IDS_SECURITY, "drop_stream", { 4, 17, OPTION(136, 4, 0, 1, 130, 3, 0, 0) } },
	{ SCREEN_IDS_SECURITY, SCREEN_IDS_BAD_OPTION, "drop_security", { 4, 17, OPTION(130, 3, 0, 7) } },
	{ SCREEN_IDS_BAD_OPTION, SCREEN_IDS_UNKNOWN_PROTOCOL, "drop_bad_option", { 4, 200, OPTION(7, 9, 4, 0) } },
	{ SCREEN_IDS_EXTENSION_HEADER, SCREEN_IDS_EXTENSION_LIMIT, "drop_extension_header",
	  { 6, 17, OPTION(17, 0, 0, 0, 0, 0, 0, 0), .next = SCREEN_PROTO_ROUTING, .fragment = 1 } },
	{ SCREEN_IDS_EXTENSION_LIMIT, SCREEN_IDS_UNKNOWN_PROTOCOL, "drop_extension_limit",
	  { 6, 200, OPTION(200, 0, 1, 4, 0, 0, 0, 0), .next = SCREEN_PROTO_DSTOPTS, .fragment = 1 } },
	{ SCREEN_IDS_UNKNOWN_PROTOCOL, SCREEN_IDS_BLOCK_FRAG, "drop_unknown_protocol", { 4, 200, .fragment = 3 } },
	{ SCREEN_IDS_BLOCK_FRAG, SCREEN_IDS_PING_DEATH, "drop_block_frag",
	  { 4, 1, .fragment = 0x1fff, .payload_length = 100 } },
	{ SCREEN_IDS_PING_DEATH, SCREEN_IDS_ICMP_FRAGMENT, "drop_ping_death",
	  { 4, 1, .fragment = 0x1fff, .payload_length = 100 } },
	{ SCREEN_IDS_ICMP_FRAGMENT, SCREEN_IDS_ICMP_LARGE, "drop_icmp_fragment",
	  { 4, 1, .fragment = 0x2000, .payload_length = 1200 } },
	{ SCREEN_IDS_ICMP_LARGE, SCREEN_IDS_ICMPV6_MALFORMED, "drop_icmp_large",
	  { 6, 58, .payload_length = 1200, .payload = { 128 } } },
	{ SCREEN_IDS_ICMPV6_MALFORMED, SCREEN_IDS_ICMP_FLOOD, "drop_icmpv6_malformed",
	  { 6, 58, .payload_length = 7 } },
	{ SCREEN_IDS_BLOCK_FRAG, SCREEN_IDS_SYN_FRAG, "drop_block_frag", { 4, TCP_FLAGS(2), .fragment = 0x2000 } },
	{ SCREEN_IDS_SYN_FRAG, SCREEN_IDS_LAND, "drop_syn_fragment",
	  { 4, TCP_FLAGS(2), .fragment = 0x2000, .same_ends = true } },
	{ SCREEN_IDS_LAND, SCREEN_IDS_NO_FLAG, "drop_land", { 4, TCP_FLAGS(0), .same_ends = true } },
	{ SCREEN_IDS_LAND, SCREEN_IDS_SYN_FIN, "drop_land", { 4, TCP_FLAGS(3), .same_ends = true } },
	{ SCREEN_IDS_SYN_FIN, SCREEN_IDS_FIN_NO_ACK, "drop_syn_fin", { 4, TCP_FLAGS(3) } },
};

/* The parser goes no further than 8 extension headers, the screens on them have gone over them before. */
static void ids_count_extension_headers_before_the_parser_refuses_them(void **state)
{
	struct frame_spec f = { .family = 6, .extensions = 9, .flags = SCREEN_TCP_SYN };
	struct world *w = armed_world(1ull << SCREEN_IDS_EXTENSION_LIMIT);
	struct made m;

	(void)state;
	m.length = frame_build(m.data, &f);
	assert_string_equal(decide_made(w, &m), "drop_extension_limit");
	w->policy.profile[0].extension_limit = 32;
	assert_string_equal(decide_made(w, &m), "drop_extension_headers");
	world_free(w);
}

static void ids_of_two_screens_the_first_drops(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct world *w = armed_world(1ull << order[i].first | 1ull << order[i].then);
		struct screen_zone_meter *z = &w->meters->zone[0];
		struct made m = make(&order[i].frame);

		w->policy.profile[0].icmp_flood = 0; /* one is too many */
		assert_string_equal(decide_made(w, &m), order[i].reason);
		assert_int_equal(z->ids[order[i].first], 1);
		assert_int_equal(z->ids[order[i].then], 0);
		/* without the first, the other one is for it, too */
		w->policy.profile[0].armed &= ~(1ull << order[i].first);
		(void)decide_made(w, &m);
		if (z->ids[order[i].then] != 1)
			fail_msg("row %zu tries no order", i);
		world_free(w);
	}
}

/* What the parser refuses to guess at is dropped lest it be a way round the screens: a dry run has
 * none to get round. */
static void unparsed(const struct frame_spec *f, uint32_t shorter, const char *dropped,
		     const char *forwarded)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_IPV6_MALFORMED);
	struct made m;

	m.length = frame_build(m.data, f) - shorter;
	assert_string_equal(decide_made(w, &m), dropped);
	w->policy.profile[0].alarm_without_drop = 1;
	assert_string_equal(decide_made(w, &m), forwarded);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_IPV6_MALFORMED],
			 strcmp(dropped, "drop_ipv6_malformed") == 0 ? 2 : 0);
	world_free(w);
}

static void ids_alarm_without_drop_forwards_what_is_not_parsed(void **state)
{
	struct frame_spec f = { .family = 4, .tags = 3, .flags = SCREEN_TCP_SYN };

	(void)state;
	unparsed(&f, 0, "drop_deep_tags", "forward_deep_tags");
	f.tags = 1;
	unparsed(&f, 1, "drop_malformed", "forward_unscreened");
	f.family = 6;
	unparsed(&f, 1, "drop_ipv6_malformed", "forward_unscreened");
	f.tags = 0;
	unparsed(&f, 1, "drop_ipv6_malformed", "forward_unscreened");
	unparsed(&f, 60, "drop_ipv6_malformed", "forward_unscreened"); /* nothing but Ethernet */
	f.extensions = 9;
	unparsed(&f, 0, "drop_extension_headers", "forward_non_tcp");
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
	struct screen_note n;

	(void)state;
	f.dport = 139;
	f.flags = SCREEN_TCP_ACK | SCREEN_TCP_URG;
	assert_string_equal(screen_reason_name(world_decide(w, data, frame_build(data, &f), 0)),
			    "forward_no_syn_check");
	(void)screen_parse(w->out.data, w->out.data + w->out.length, &p);
	assert_int_equal(p.tcp_flags, SCREEN_TCP_ACK);
	assert_true(screen_checksum_ok(w->out.data, &p));
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_WINNUKE], 1);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.ids, SCREEN_IDS_WINNUKE);
	assert_int_equal(n.dropped, 0); /* it went on */
	f.dport = 138;
	(void)world_decide(w, data, frame_build(data, &f), 0);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_WINNUKE], 1);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_stateless_screens_hit_what_they_are_for),
		cmocka_unit_test(ids_not_armed_hit_nothing),
		cmocka_unit_test(ids_alarm_without_drop_counts_and_forwards),
		cmocka_unit_test(ids_of_two_screens_the_first_drops),
		cmocka_unit_test(ids_count_extension_headers_before_the_parser_refuses_them),
		cmocka_unit_test(ids_alarm_without_drop_forwards_what_is_not_parsed),
		cmocka_unit_test(ids_look_at_the_screened_side_only),
		cmocka_unit_test(ids_good_icmpv6_passes),
		cmocka_unit_test(ids_winnuke_is_mended),
	};

	return RUN(tests);
}
