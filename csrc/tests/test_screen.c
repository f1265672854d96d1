/*
 * Scripts over the screen: who is admitted, who is challenged, who is dropped.
 */
#include "script.h"

static void calm(struct world *w, struct script *s)
{
	SCRIPT(s,
	       "< S seq C mss 1460 sack ts 100 0 nop ws 7 -> forward_syn_calm"
	       " = S seq C mss 1460 sack ts 100 0 nop ws 7",
	       "> SA seq S ack C+1 mss 1460 ts 900 100 -> forward_flow"
	       " = SA seq S ack C+1 mss 1460 ts 900 100",
	       "< A seq C+1 ack S+1 -> forward_flow = A seq C+1 ack S+1",
	       "< PA seq C+1 ack S+1 len 100 -> forward_flow = PA seq C+1 ack S+1 len 100",
	       "> FA seq S+1 ack C+101 -> forward_flow = FA seq S+1 ack C+101",
	       "< FA seq C+101 ack S+2 -> forward_flow = FA seq C+101 ack S+2",
	       "> A seq S+2 ack C+102 -> forward_flow = A seq S+2 ack C+102");
	assert_int_equal(w->flows.used, 1);
}

static void calm_syn_is_admitted_and_tracked(void **state)
{
	(void)state;
	script_everywhere(calm);
}

static void challenged(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 99");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 99);
	assert_int_equal(w->reasons[SCREEN_REPLY_CHALLENGE], 0);
	SCRIPT(s, "flood 1",
	       "< S seq C win 64240 mss 1460 sack ts 100 0 nop ws 10 -> reply_challenge"
	       " = SA seq K ack C+1 win 29200 mss M sack ts T 100 nop ws 7",
	       "flood 500");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 99);
	assert_int_equal(w->reasons[SCREEN_REPLY_CHALLENGE], 502);
	assert_int_equal(w->flows.used, 99); /* a challenge makes no state */
	assert_int_equal(script_number(s, 'M'), w->client.family == 4 ? 1460 : 1440);
}

static void threshold_enters_flooding_and_every_unknown_syn_is_challenged(void **state)
{
	(void)state;
	script_everywhere(challenged);
}

static void flooding_ends_when_a_window_stays_under_half(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100",
	       "+1 flood 50", /* half: goes on */
	       "+1 < S seq C mss 1460 -> reply_challenge", "flood 48",
	       "+1 < S seq C mss 1460 -> forward_syn_calm");
	world_free(w);
}

static void only_the_attacked_destination_is_challenged(void **state)
{
	struct world *w = world_new(6, 1);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 200");
	w->client.dport = 80;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm");
	w->client.dport = 443;
	w->client.destination[15] ^= 1;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm");
	world_free(w);
}

static void activation_always_challenges_the_first_syn(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460",
	       "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss 1460",
	       "< A seq C+1 ack 77 port 40001 -> drop_cookie_invalid");
	world_free(w);
}

static void before(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, "< S seq C mss 1460 -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow", "flood 300",
	       "< PA seq C+1 ack S+1 len 1000 -> forward_flow = PA seq C+1 ack S+1 len 1000",
	       "> A seq S+1 ack C+1001 block 1 5 -> forward_flow = A seq S+1 ack C+1001 block 1 5",
	       /* the server answers a SYN for a live flow with a challenge ACK (RFC 5961) */
	       "< S seq 99 mss 1460 -> forward_syn_known = S seq 99 mss 1460",
	       "< RA seq C+1001 ack S+1 -> forward_flow = RA seq C+1001 ack S+1");
}

static void flow_of_before_the_flood_goes_on_undisturbed(void **state)
{
	(void)state;
	script_everywhere(before);
}

static void outbound(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 300");
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	/* the protected side opens a connection to the client's address */
	SCRIPT(s, "> S seq S mss 1460 -> forward_syn_outbound = S seq S mss 1460",
	       "< SA seq C ack S+1 mss 1460 -> forward_flow = SA seq C ack S+1 mss 1460",
	       "> A seq S+1 ack C+1 -> forward_flow", "< PA seq C+1 ack S+1 len 9 -> forward_flow",
	       "> S seq S mss 1460 -> forward_syn_known");
}

static void outbound_connections_are_never_challenged(void **state)
{
	(void)state;
	script_everywhere(outbound);
}

static void repeated_syns_of_one_tuple_are_a_flood_too(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm");
	for (int i = 2; i < 100; i++)
		SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_known");
	SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge");
	world_free(w);
}

static void half_open(struct world *w, struct script *s)
{
	uint64_t used;

	SCRIPT(s, "< S seq C mss 1460 -> forward_syn_calm",
	       "< S seq C mss 1460 -> forward_syn_known", "flood 100");
	used = w->flows.used;
	SCRIPT(s, "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       /* the ACK may answer either SYN-ACK: ours ... */
	       "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss N",
	       "> SA seq S ack C+1 mss 1460 -> reply_server_ack = A seq C+1 ack S+1",
	       "> PA seq S+1 ack C+1 len 5 -> forward_spliced = PA seq K+1 ack C+1 len 5");
	assert_int_equal(w->flows.used, used);
	/* ... or the server's, which came through */
	SCRIPT(s, "+10 < S port 2 seq C mss 1460 -> forward_syn_calm",
	       "> SA port 2 seq S ack C+1 mss 1460 -> forward_flow", "flood 200",
	       "< S port 2 seq C mss 1460 -> reply_challenge",
	       "< A port 2 seq C+1 ack S+1 -> forward_flow = A seq C+1 ack S+1",
	       "< PA port 2 seq C+1 ack S+1 len 5 -> forward_flow = PA seq C+1 ack S+1 len 5");
}

static void half_open_flow_does_not_bypass_the_screen_while_flooding(void **state)
{
	(void)state;
	script_everywhere(half_open);
}

static void unknown_segments_are_dropped_after_the_learning_period(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->context.learning_until_ns = w->context.now_ns + 5000000000ull;
	w->context.learning_rate = 3;
	SCRIPT(&s, "< A seq 5 ack 9 -> forward_learning = A seq 5 ack 9",
	       "< PA seq 5 ack 9 len 3 port 2 -> forward_learning",
	       "< SA seq 5 ack 9 port 3 -> forward_learning",
	       "< A seq 5 ack 9 port 4 -> drop_learning_limit",
	       "+1 < A seq 5 ack 9 port 4 -> forward_learning");
	assert_int_equal(w->flows.used, 0); /* a client's segment makes no state */
	SCRIPT(&s,
	       /* the protected side's does: but not its RST */
	       "> R seq 9 port 5 -> forward_flow", "> A seq 9 ack 8 -> forward_learned",
	       "< A seq 8 ack 9 -> forward_flow",
	       "+4.1 < A seq 8 ack 9 -> forward_flow",
	       "< A seq 5 ack 9 port 2 -> drop_no_flow", "< R seq 5 port 2 -> drop_no_flow",
	       "< SA seq 5 ack 9 port 2 -> drop_no_flow",
	       "> PA seq 9 ack 5 len 7 port 2 -> forward_learned",
	       "< A seq 5 ack 9 port 2 -> forward_flow");
	w->policy.no_syn_check = 1;
	SCRIPT(&s, "< A seq 5 ack 9 port 6 -> forward_no_syn_check", "flood 100",
	       "< A seq 5 ack 9 port 6 -> drop_cookie_invalid");
	world_free(w);
}

/* Puts the client's network on the white-list. */
static void white_list(struct world *w)
{
	w->prefixes[0] = (struct screen_prefix_config){
		.address = { [10] = 0xff, 0xff, 198, 51, 100, 0 }, .length = 120,
		.kind = SCREEN_PREFIX_SOURCE,
	};
	w->policy.profile[0].prefix_count = 1;
}

static void white_list_admits_while_flooding(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	white_list(w);
	SCRIPT(&s, "flood 200", "< S seq C md5 -> forward_syn_white_list = S seq C md5",
	       "< S seq C md5 -> forward_syn_known",
	       "> SA seq S ack C+1 mss 1460 -> forward_flow");
	w->client.source[2] ^= 1;
	SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge");
	/* and counts against the thresholds */
	w->client.source[2] ^= 1;
	w->policy.profile[0].source_threshold = 4;
	SCRIPT(&s, "< S seq C port 1 -> forward_syn_white_list",
	       "< S seq C port 2 -> forward_syn_white_list",
	       "< S seq C port 3 -> forward_syn_white_list",
	       "< S seq C port 4 -> drop_source_threshold");
	world_free(w);
}

static void source_threshold_counts_admitted_syns_only(void **state)
{
	struct world *w = world_new(6, 0);
	struct script s = script_new(w);
	char line[80];

	(void)state;
	w->policy.profile[0].source_threshold = 4;
	SCRIPT(&s, "flood 100");
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "< S seq C port %d mss 1460 -> reply_challenge", i);
		SCRIPT(&s, line);
	}
	w->client.dport = 80; /* calm */
	for (int i = 0; i < 6; i++) {
		snprintf(line, sizeof(line), "< S seq C port %d mss 1460 -> %s", i,
			 i < 4 ? "forward_syn_calm" : "drop_source_threshold");
		SCRIPT(&s, line);
	}
	SCRIPT(&s, "+1 < S seq C port 7 mss 1460 -> forward_syn_calm");
	world_free(w);
}

static void destination_threshold_counts_admitted_syns_only(void **state)
{
	struct world *w = world_new(4, 2);
	struct script s = script_new(w);

	(void)state;
	w->policy.profile[0].destination_threshold = 150;
	w->policy.mode = SCREEN_MODE_DROP;
	SCRIPT(&s, "flood 1000"); /* 99 were admitted in calm: there is room */
	w->client.dport = 80;
	SCRIPT(&s, "flood 60");
	assert_int_equal(w->reasons[SCREEN_DROP_DESTINATION_THRESHOLD], 99 + 60 - 150);
	SCRIPT(&s, "< S seq C port 9 mss 1460 -> drop_destination_threshold");
	world_free(w);
}

/* White-listed clients are never challenged, above destination-threshold neither: nothing is counted, as
 * nothing is done. */
static void white_listed_syn_above_destination_threshold_is_not_challenged(void **state)
{
	for (uint8_t dry = 0; dry < 2; dry++) {
		struct world *w = world_new(4, 0);
		struct script s = script_new(w);
		_Atomic uint64_t *counted = &w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD_DESTINATION];

		(void)state;
		w->policy.profile[0].destination_threshold = 150;
		w->policy.profile[0].alarm_without_drop = dry;
		SCRIPT(&s, "flood 99");
		w->client.dport = 80;
		SCRIPT(&s, "flood 60");
		assert_int_equal(*counted, 99 + 60 - 150);
		white_list(w);
		SCRIPT(&s, "< S seq C port 9 mss 1460 -> forward_syn_white_list");
		assert_int_equal(*counted, 99 + 60 - 150);
		w->policy.mode = SCREEN_MODE_DROP; /* a white-list is for challenges */
		SCRIPT(&s, dry ? "< S seq C port 10 mss 1460 -> forward_syn_calm" :
				 "< S seq C port 10 mss 1460 -> drop_destination_threshold");
		assert_int_equal(*counted, 99 + 60 - 150 + 1);
		world_free(w);
	}
}

/* SYNs spread over the ports of one address must not shut it out. */
static void above_destination_threshold_is_challenged_with_cookies(void **state)
{
	struct world *w = world_new(4, 2);
	struct script s = script_new(w);

	(void)state;
	w->policy.profile[0].destination_threshold = 150;
	SCRIPT(&s, "flood 99");
	w->client.dport = 80;
	SCRIPT(&s, "flood 60", "< S seq C port 9 mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 port 9 -> forward_splice_syn = S seq C mss M");
	assert_int_equal(w->reasons[SCREEN_DROP_DESTINATION_THRESHOLD], 0);
	assert_int_equal(w->meters->zone[0].attacks, 0); /* of attack-threshold */
	world_free(w);
}

static void splices_count_against_source_threshold(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.profile[0].source_threshold = 4;
	SCRIPT(&s, "flood 100");
	for (int i = 0; i < 5; i++) {
		w->client.sport = (uint16_t)(1000 + i);
		s.known['K' - 'A'] = false;
		SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460");
		if (i < 4)
			SCRIPT(&s, "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss 1460");
		else
			SCRIPT(&s, "< A seq C+1 ack K+1 -> drop_source_threshold");
	}
	assert_int_equal(w->syns, 4);
	world_free(w);
}

static void syn_cookie_without_published_secret_fails_closed(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100",
	       "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460");
	w->context.keyset = NULL;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_no_keyset",
	       "< A seq C+1 ack K+1 -> drop_cookie_invalid");
	w->context.keyset = &w->keyset;
	w->keyset.zones = 0; /* of a snapshot with fewer zones */
	SCRIPT(&s, "< S seq C mss 1460 -> drop_no_keyset",
	       "< A seq C+1 ack K+1 -> drop_cookie_invalid");
	w->keyset.zones = 2;
	SCRIPT(&s, "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss 1460");
	world_free(w);
}

static void syns_that_cannot_be_challenged_are_dropped_by_name(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100", "< S seq C mss 215 -> drop_syn_mss",
	       "< S seq C mss 0 -> drop_syn_mss", "< S seq C mss 216 -> reply_challenge",
	       "< S seq C -> reply_challenge = SA seq K ack C+1",
	       "< S seq C md5 -> drop_syn_md5", "< S seq C mss 1460 bad -> drop_checksum",
	       "< S seq C mss 1460 frag -> drop_syn_fragment",
	       "< A seq C mss 1460 frag -> forward_fragment");
	w->client.source[0] = 224;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_syn_source");
	w->client.source[0] = 198;
	w->client.destination_mac[0] = 0xff;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_syn_source");
	world_free(w);
	w = world_new(6, 0);
	s = script_new(w);
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 frag -> drop_syn_fragment");
	w->client.source[0] = 0xff;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_syn_source");
	/* IPv4-mapped: nobody has this address */
	memset(w->client.source, 0, 12);
	w->client.source[10] = w->client.source[11] = 0xff;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_syn_source");
	world_free(w);
}

/* The first fragment need not hold all options to be a SYN, and one too short to show its flags
 * could be one (RFC 1858). */
static void syn_fragments_cannot_hide_their_flags(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *w = world_new(i ? 6 : 4, 0);
		struct frame_spec f = w->client;
		uint8_t data[FRAME_MAX];
		uint32_t l3 = 14, header = i ? 48 : 20;

		world_flood(w, 100);
		f.flags = SCREEN_TCP_SYN;
		f.more_fragments = true;
		f.options_length = 20;
		memset(f.options, 1, 20);
		(void)frame_build(data, &f);
		for (uint32_t kept = 32; kept >= 8; kept -= 8) {
			frame_put16(data + l3 + (i ? 4 : 2), (i ? 8 : header) + kept);
			if (!i)
				frame_put16(data + l3 + 10, frame_checksum_ipv4(data + l3));
			assert_int_equal(world_decide(w, data, l3 + header + kept, 0),
					 kept >= 20 ? SCREEN_DROP_SYN_FRAGMENT :
						      SCREEN_DROP_MALFORMED);
		}
		world_free(w);
	}
}

static void client_options_are_answered_by_no_more_than_they_offer(void **state)
{
	struct world *w = world_new(4, 1);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100",
	       "< S seq C len 500 mss 1460 -> reply_challenge"
	       " = SA seq K ack C+1 mss 1460 len 0",
	       "< SEW seq C mss 1460 ts 1 0 -> reply_challenge = SA seq L ack C+1 mss 1460 ts T 1",
	       "< SPU seq C mss 1460 sack ws 0 -> reply_challenge = SA seq K ack C+1 mss 1460");
	world_free(w);
}

static void what_is_no_tcp_is_always_forwarded(void **state)
{
	static const struct {
		uint8_t head[40];
		uint32_t length;
		enum screen_reason reason;
	} rows[] = {
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x08, 0x06 }, 60, SCREEN_FORWARD_NON_IP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x88, 0xcc }, 60, SCREEN_FORWARD_NON_IP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 0x08, 0x06 }, 60,
		  SCREEN_FORWARD_NON_IP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x00, 0x26, 0x42 }, 60,
		  SCREEN_FORWARD_NON_IP },
		/* lengths that are no Ethertypes: IEEE 802.3 */
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0, 0 }, 60, SCREEN_FORWARD_NON_IP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0, 1 }, 60, SCREEN_FORWARD_NON_IP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x81, 0 },
		  60, SCREEN_FORWARD_DEEP_TAGS },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 9, 1 },
		  60, SCREEN_FORWARD_NON_TCP },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 32, 5, 9, 17 },
		  60, SCREEN_FORWARD_FRAGMENT },
		{ { 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58 },
		  62, SCREEN_FORWARD_NON_TCP },
	};
	struct world *w = world_new(4, 0);

	(void)state;
	world_flood(w, 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t data[64] = { 0 };

		memcpy(data, rows[i].head, sizeof(rows[i].head));
		for (uint8_t slot = 0; slot < 2; slot++) {
			enum screen_reason reason = world_decide(w, data, rows[i].length, slot);

			/* what is not parsed is no way round the screen */
			if (slot == 0 && reason == SCREEN_DROP_DEEP_TAGS)
				continue;
			if (reason != rows[i].reason)
				fail_msg("row %zu: %s", i, screen_reason_name(reason));
			assert_int_equal(w->out.length, rows[i].length);
			assert_memory_equal(w->out.data, data, rows[i].length);
		}
	}
	world_free(w);
}

static void unscreened_wire_forwards_everything(void **state)
{
	struct world *w = world_new(4, 0);
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];
	uint32_t length;

	(void)state;
	f.flags = SCREEN_TCP_SYN;
	length = frame_build(data, &f);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(world_decide(w, data, length, 2), SCREEN_FORWARD_UNSCREENED);
	data[26] = 0; /* a header that does not fit */
	data[14] = 0x41;
	assert_int_equal(world_decide(w, data, length, 3), SCREEN_FORWARD_UNSCREENED);
	assert_int_equal(world_decide(w, data, length, 1), SCREEN_FORWARD_UNSCREENED);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_DROP_MALFORMED);
	assert_int_equal(world_decide(w, data, length, 4), SCREEN_DROP_NO_PEER);
	assert_int_equal(world_decide(w, data, length, 9), SCREEN_DROP_NO_PEER);
	assert_int_equal(w->flows.used, 0);
	world_free(w);
}

static void spoofed_server(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, "< S seq C mss 1460 -> forward_syn_calm",
	       /* the server's address, from the client's side */
	       "< SA spoof seq 5 ack C+1 -> drop_no_flow", "> SA seq S ack C+1 -> forward_flow",
	       "< A spoof seq S+1 ack C+1 -> drop_no_flow",
	       "< R spoof seq S+1 -> drop_no_flow", "< S spoof seq 5 mss 1460 -> drop_no_flow",
	       "> A spoof seq C+1 ack S+1 -> drop_no_flow",
	       "< A seq C+1 ack S+1 -> forward_flow", "< S spoof seq 5 mss 1460 -> drop_no_flow",
	       "> PA seq S+1 ack C+1 len 1 -> forward_flow");
}

static void frames_that_spoof_the_server_from_the_clients_side_are_dropped(void **state)
{
	(void)state;
	script_everywhere(spoofed_server);
}

/* A SYN with both ends exchanged, sent ahead, must not shut out the client that it guessed. */
static void planted_mirror_syn_does_not_shut_out_the_client(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "< S spoof seq 5 mss 1460 -> forward_syn_calm",
	       "< S seq C mss 1460 -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow");
	world_free(w);
}

static void full_flow_table_forwards_untracked(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.profile[0].attack_threshold = 2000;
	world_flood(w, WORLD_FLOWS);
	assert_true(w->reasons[SCREEN_FORWARD_UNTRACKED] > 0);
	/* the first that found no room made some: half-open ones go for those who come next */
	assert_int_equal(w->reasons[SCREEN_FORWARD_UNTRACKED], 1);
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], WORLD_FLOWS - 1);
	assert_int_equal(w->flows.used, WORLD_FLOWS - 2);
	w->policy.profile[0].attack_threshold = 100;
	while (screen_flow_take(&w->flows) != SCREEN_FLOW_NONE)
		;
	SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460",
	       "< A seq C+1 ack K+1 -> drop_splice_limit");
	world_free(w);
}

/* Two workers' bursts: the second began before the first, and is decided after it. */
static void late_worker_sees_the_same_flood(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss 1460",
	       "+1 flood 100", "+-0.000001 < S seq C mss 1460 -> reply_challenge",
	       "< A seq 9 ack 9 -> drop_cookie_invalid",
	       "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss 1460");
	assert_int_equal(w->meters->zone[0].attacks, 1);
	assert_int_equal(w->meters->zone[0].flood_first_ns, 1000 * 1000000000ull);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calm_syn_is_admitted_and_tracked),
		cmocka_unit_test(threshold_enters_flooding_and_every_unknown_syn_is_challenged),
		cmocka_unit_test(flooding_ends_when_a_window_stays_under_half),
		cmocka_unit_test(only_the_attacked_destination_is_challenged),
		cmocka_unit_test(activation_always_challenges_the_first_syn),
		cmocka_unit_test(flow_of_before_the_flood_goes_on_undisturbed),
		cmocka_unit_test(outbound_connections_are_never_challenged),
		cmocka_unit_test(repeated_syns_of_one_tuple_are_a_flood_too),
		cmocka_unit_test(half_open_flow_does_not_bypass_the_screen_while_flooding),
		cmocka_unit_test(unknown_segments_are_dropped_after_the_learning_period),
		cmocka_unit_test(white_list_admits_while_flooding),
		cmocka_unit_test(source_threshold_counts_admitted_syns_only),
		cmocka_unit_test(destination_threshold_counts_admitted_syns_only),
		cmocka_unit_test(above_destination_threshold_is_challenged_with_cookies),
		cmocka_unit_test(white_listed_syn_above_destination_threshold_is_not_challenged),
		cmocka_unit_test(splices_count_against_source_threshold),
		cmocka_unit_test(syn_cookie_without_published_secret_fails_closed),
		cmocka_unit_test(syns_that_cannot_be_challenged_are_dropped_by_name),
		cmocka_unit_test(syn_fragments_cannot_hide_their_flags),
		cmocka_unit_test(client_options_are_answered_by_no_more_than_they_offer),
		cmocka_unit_test(what_is_no_tcp_is_always_forwarded),
		cmocka_unit_test(unscreened_wire_forwards_everything),
		cmocka_unit_test(frames_that_spoof_the_server_from_the_clients_side_are_dropped),
		cmocka_unit_test(planted_mirror_syn_does_not_shut_out_the_client),
		cmocka_unit_test(full_flow_table_forwards_untracked),
		cmocka_unit_test(late_worker_sees_the_same_flood),
	};

	return RUN(tests);
}
