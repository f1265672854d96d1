/*
 * Scripts over ports that nobody has seen answer: who may ask, what is learned, and that a closed port
 * does not look open.
 */
#include "splice_script.h"

#define SYN "mss 1460 sack ts 100 0 nop ws 7"

static struct world *world_of_strangers(uint8_t family)
{
	struct world *w = world_new(family, 0);

	w->policy.servers_count = 0;
	return w;
}

static uint32_t servers_known(const struct world *w)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SCREEN_SERVERS; i++)
		count += w->meters->servers.server[i].hash != 0;
	return count;
}

static void everywhere(void (*body)(struct world *w, struct script *s))
{
	for (int i = 0; i < 2; i++) {
		struct world *w = world_of_strangers(i ? 6 : 4);
		struct script s = script_new(w);

		body(w, &s);
		world_free(w);
	}
}

static void unknown(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 99", "< S seq C " SYN " -> forward_syn_probe = S seq C " SYN,
	       "< S seq C port 2 " SYN " -> reply_challenge",
	       /* its own repetition is no second question */
	       "< S seq C " SYN " -> reply_challenge", "flood 50",
	       "+1 < S seq C port 3 " SYN " -> forward_syn_probe",
	       "< S seq C port 4 " SYN " -> reply_challenge");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 2);
	assert_int_equal(servers_known(w), 1);
}

static void unknown_port_is_asked_by_one_syn_a_second(void **state)
{
	(void)state;
	everywhere(unknown);
}

static void closed(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 99", "< S seq C " SYN " -> forward_syn_probe",
	       /* not an answer to that SYN */
	       "> RA seq 0 ack C+2 -> forward_flow", "< S seq C port 2 " SYN " -> reply_challenge",
	       "+1 flood 99", "< S seq C port 3 " SYN " -> reply_challenge",
	       "+1 flood 99");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 3);
	SCRIPT(s, "+1 < S seq C port 5 " SYN " -> forward_syn_probe",
	       "> RA seq 0 ack C+1 port 5 -> forward_flow = RA seq 0 ack C+1",
	       "< S seq C len 9 port 6 " SYN " -> reply_closed_port = RA seq 0 ack C+10 win 0",
	       "flood 100", "+1 flood 100",
	       "+0.999 < S seq C port 7 " SYN " -> reply_closed_port = RA seq 0 ack C+1",
	       /* two seconds later it is asked again */
	       "+0.001 < S seq C port 8 " SYN " -> forward_syn_probe",
	       "< S seq C port 9 " SYN " -> reply_challenge",
	       "> RA seq 0 ack C+1 port 8 -> forward_flow",
	       "< S seq C port 10 " SYN " -> reply_closed_port");
	assert_int_equal(w->reasons[SCREEN_REPLY_CLOSED_PORT], 203);
	assert_int_equal(servers_known(w), 1);
}

static void closed_port_answers_rst_for_two_seconds_then_is_asked_again(void **state)
{
	(void)state;
	everywhere(closed);
}

static void opens(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 99", "< S seq C " SYN " -> forward_syn_probe", "+0.5 flood 1",
	       "> RA seq 0 ack C+1 -> forward_flow", "< S seq C port 2 " SYN " -> reply_closed_port",
	       /* the answer to a SYN of the calm before */
	       "> SA seq S ack C+1 port 77 mss 1300 -> forward_learned",
	       "< S seq C port 3 " SYN " -> reply_challenge"
	       " = SA seq K ack C+1 mss 1300 sack ts T 100 nop ws 7",
	       /* it answers: nothing to ask */
	       "+1 flood 60", "+1 < S seq C port 4 " SYN " -> reply_challenge");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 1);
}

static void syn_ack_opens_a_closed_port(void **state)
{
	(void)state;
	everywhere(opens);
}

static void probed(struct world *w, struct script *s)
{
	SCRIPT(s, "flood 99", "< S seq C " SYN " -> forward_syn_probe",
	       "> SA seq S ack C+1 win 9000 mss 1380 sack ts 5 100 nop ws 4 -> forward_flow",
	       "< A seq C+1 ack S+1 ts 101 5 -> forward_flow",
	       "< PA seq C+1 ack S+1 len 9 ts 102 5 -> forward_flow = PA seq C+1 ack S+1 len 9 ts 102 5",
	       "< S seq C port 2 " SYN " -> reply_challenge"
	       " = SA seq K ack C+1 win 9000 mss 1380 sack ts T 100 nop ws 4");
	assert_int_equal(w->d.server.known, SCREEN_SERVER_FLAGS & ~SCREEN_SERVER_ECN);
}

static void probe_becomes_a_connection_and_tells_what_the_server_agrees_to(void **state)
{
	(void)state;
	everywhere(probed);
}

/* Who cannot be answered cannot learn either: his SYN must not take the place of one that can, nor
 * pass where a challenge would not. */
static void unfit(struct world *w, struct script *s)
{
	const struct screen_keyset *keyset = w->context.keyset;

	SCRIPT(s, "flood 99", "< S seq C " SYN " len 1 bad -> drop_checksum",
	       "< S seq C md5 -> drop_syn_md5", "< S seq C mss 215 -> drop_syn_mss");
	w->client.source_mac[0] |= 1;
	SCRIPT(s, "< S seq C " SYN " -> drop_syn_source");
	w->client.source_mac[0] &= 0xfe;
	w->context.keyset = NULL;
	SCRIPT(s, "< S seq C " SYN " -> drop_no_keyset");
	w->context.keyset = keyset;
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 0);
	SCRIPT(s, "< S seq C " SYN " -> forward_syn_probe");
}

static void syn_that_could_not_be_challenged_does_not_ask(void **state)
{
	(void)state;
	everywhere(unfit);
}

static void always(struct world *w, struct script *s)
{
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	SCRIPT(s, "< S seq C " SYN " -> forward_syn_probe", "< S seq C port 2 " SYN " -> reply_challenge",
	       "> RA seq 0 ack C+1 -> forward_flow", "< S seq C port 3 " SYN " -> reply_closed_port");
	w->client.dport = 80;
	SCRIPT(s, "< S seq C " SYN " -> forward_syn_probe", "> SA seq S ack C+1 -> forward_flow",
	       "+9 < S seq C port 2 " SYN " -> reply_challenge");
}

static void activation_always_asks_each_port_once_a_second(void **state)
{
	(void)state;
	everywhere(always);
}

/* Neither challenges nor cookies: then it does not matter whether a port answers. */
static void mode_drop_and_dry_runs_do_not_ask(void **state)
{
	struct world *w = world_of_strangers(4);
	struct script s = script_new(w);

	(void)state;
	w->policy.mode = SCREEN_MODE_DROP;
	SCRIPT(&s, "flood 99", "< S seq C " SYN " -> drop_syn_flood");
	assert_int_equal(servers_known(w), 0);
	w->policy.mode = SCREEN_MODE_SYN_COOKIE;
	w->policy.profile[0].alarm_without_drop = 1;
	SCRIPT(&s, "< S seq C " SYN " -> forward_syn_calm");
	assert_int_equal(servers_known(w), 0);
	world_free(w);
}

static void white_listed_clients_ask_nobody(void **state)
{
	struct world *w = world_of_strangers(4);
	struct script s = script_new(w);

	(void)state;
	w->prefixes[0] = (struct screen_prefix_config){
		.address = { [10] = 0xff, 0xff, 198, 51, 100, 0 }, .length = 120,
		.kind = SCREEN_PREFIX_SOURCE,
	};
	w->policy.profile[0].prefix_count = 1;
	SCRIPT(&s, "flood 99", "< S seq C " SYN " -> forward_syn_white_list");
	assert_int_equal(servers_known(w), 0);
	world_free(w);
}

static void preset_server_is_not_asked_but_can_be_closed(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, "> RA seq 0 ack C+1 -> forward_spliced",
	       "< S seq C port 2 " SYN " -> reply_closed_port", "+1 flood 60", "+1 flood 0",
	       "< S seq C port 3 " SYN " -> reply_challenge");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 0);
	world_free(w);
}

/* SYNs that are spread over ports nobody has heard of. */
static void zone_asks_4096_a_second(void **state)
{
	struct world *w = world_of_strangers(4);

	(void)state;
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	w->policy.profile[0].destination_threshold = 1000000;
	for (uint32_t second = 1; second <= 2; second++) {
		for (uint32_t i = 0; i < SCREEN_SERVER_ASKED_MAX + 100; i++) {
			w->client.dport = (uint16_t)(1 + i);
			world_flood(w, 1);
		}
		assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE] +
					 w->reasons[SCREEN_FORWARD_UNTRACKED],
				 second * SCREEN_SERVER_ASKED_MAX);
		assert_int_equal(w->reasons[SCREEN_REPLY_CHALLENGE], second * 100);
		world_wait(w, 1);
	}
	world_free(w);
}

/* One client is refused, by a firewall that has had enough of it, and shuts out nobody. */
static void refused_client(struct world *w, struct script *s)
{
	SCRIPT(s, "< S seq C " SYN " -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 1460 sack ts 9 100 nop ws 7 -> forward_flow",
	       "+5 flood 99", "< S seq C port 2 " SYN " -> reply_challenge"
	       " = SA seq K ack C+1 mss 1460 sack ts T 100 nop ws 7",
	       "< A port 2 seq C+1 ack K+1 ts 101 T -> forward_splice_syn",
	       "> RA seq 0 ack C+1 port 2 -> forward_spliced = RA seq K+1 ack C+1",
	       "< S seq C port 3 " SYN " -> reply_challenge"
	       " = SA seq L ack C+1 mss 1460 sack ts U 100 nop ws 7");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_PROBE], 0);
	/* when nobody has been answered for a while it counts */
	w->client.sport = 4;
	SCRIPT(s, "+6 flood 100", "< S seq C " SYN " -> reply_challenge"
	       " = SA seq M ack C+1 mss 1460 sack ts V 100 nop ws 7",
	       "< A seq C+1 ack M+1 ts 101 V -> forward_splice_syn",
	       "> RA seq 0 ack C+1 -> forward_spliced",
	       "< S seq C port 5 " SYN " -> reply_closed_port");
}

static void refused_client_does_not_close_a_port_that_serves_others(void **state)
{
	(void)state;
	everywhere(refused_client);
}

/* ---- who teaches ----------------------------------------------------------------------------- */

/* A client's side cannot say what a server agrees to, nor close it. */
static void client_side_teaches_nothing(void **state)
{
	struct world *w = world_of_strangers(6);
	struct script s = script_new(w);

	(void)state;
	w->policy.no_syn_check = 1;
	w->context.learning_until_ns = w->context.now_ns + 1000000000;
	w->context.learning_rate = 100;
	SCRIPT(&s, "< SA spoof seq S ack C+1 mss 300 -> forward_learning",
	       "< SA seq S ack C+1 mss 300 -> forward_learning",
	       "< RA spoof seq 0 ack C+1 -> forward_learning",
	       "< S seq C port 2 " SYN " -> forward_syn_calm",
	       "< SA spoof seq S ack C+1 port 2 mss 300 -> drop_no_flow",
	       "< RA spoof seq 0 ack C+1 port 2 -> drop_no_flow",
	       /* an outbound connection's server is on the client's side */
	       "> S seq S port 3 " SYN " -> forward_syn_outbound",
	       "< SA seq C ack S+1 port 3 mss 300 -> forward_flow");
	assert_int_equal(servers_known(w), 0);
	world_free(w);
}

static void unscreened_wire_teaches_nothing(void **state)
{
	struct world *w = world_of_strangers(4);
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];
	uint32_t length;

	(void)state;
	f.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK;
	length = frame_build(data, &f);
	assert_int_equal(world_decide(w, data, length, 2), SCREEN_FORWARD_UNSCREENED);
	assert_int_equal(world_decide(w, data, length, 3), SCREEN_FORWARD_UNSCREENED);
	assert_int_equal(servers_known(w), 0);
	world_free(w);
}

/* RFC 9293 section 3.7.1: who says no MSS takes the default, and no more. */
static void silence(struct world *w, struct script *s)
{
	uint32_t mss = w->client.family == 4 ? 536 : 1220;

	SCRIPT(s, "< S seq C " SYN " -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow",
	       "flood 99", "< S seq C port 2 " SYN " -> reply_challenge = SA seq K ack C+1 mss M");
	assert_int_equal(script_number(s, 'M'), mss);
	/* options that were not offered were not refused, and the window was shut */
	w->client.dport = 80;
	SCRIPT(s, "< S seq C mss 1460 -> forward_syn_calm",
	       "> SA seq S ack C+1 win 0 mss 1200 -> forward_flow", "flood 99",
	       "< S seq C port 2 " SYN " -> reply_challenge"
	       " = SA seq L ack C+1 win 29200 mss 1200 sack ts T 100 nop ws 7");
}

static void absence_says_no_only_to_what_was_offered(void **state)
{
	(void)state;
	everywhere(silence);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_port_is_asked_by_one_syn_a_second),
		cmocka_unit_test(closed_port_answers_rst_for_two_seconds_then_is_asked_again),
		cmocka_unit_test(syn_ack_opens_a_closed_port),
		cmocka_unit_test(probe_becomes_a_connection_and_tells_what_the_server_agrees_to),
		cmocka_unit_test(syn_that_could_not_be_challenged_does_not_ask),
		cmocka_unit_test(activation_always_asks_each_port_once_a_second),
		cmocka_unit_test(mode_drop_and_dry_runs_do_not_ask),
		cmocka_unit_test(white_listed_clients_ask_nobody),
		cmocka_unit_test(preset_server_is_not_asked_but_can_be_closed),
		cmocka_unit_test(zone_asks_4096_a_second),
		cmocka_unit_test(refused_client_does_not_close_a_port_that_serves_others),
		cmocka_unit_test(client_side_teaches_nothing),
		cmocka_unit_test(unscreened_wire_teaches_nothing),
		cmocka_unit_test(absence_says_no_only_to_what_was_offered),
	};

	return RUN(tests);
}
