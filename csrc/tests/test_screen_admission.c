/*
 * Scripts over the admissions: reset, safe-reset, and clients that are validated.
 */
#include "script.h"

#define OPTIONS "mss 1400 sack ts 100 0 nop ws 10"

static void admission_is(struct world *w, enum screen_admission admission)
{
	w->context.validated = w->validated;
	w->policy.port[0].admission = (uint8_t)admission;
}

static void resetting(struct world *w, struct script *s)
{
	admission_is(w, SCREEN_ADMISSION_RESET);
	SCRIPT(s, "flood 100",
	       "< S seq C win 64000 " OPTIONS " -> reply_challenge"
	       " = SA seq K ack C+1 mss M sack ts T 100 nop ws 7",
	       "< A seq C+1 ack K+1 win 500 ts 105 T -> reply_reset = R seq K+1 ack 0 win 0",
	       /* what was on its way */
	       "< PA seq C+1 ack K+1 win 500 len 10 ts 105 T -> reply_reset = R seq K+1 ack 0",
	       /* its next one comes from another port */
	       "< S port 41000 seq C+77 win 64000 " OPTIONS " -> forward_syn_validated",
	       "> SA port 41000 seq S ack C+78 mss 1460 -> forward_flow",
	       "< A port 41000 seq C+78 ack S+1 -> forward_flow");
	assert_int_equal(w->syns, 0);
	assert_int_equal(w->meters->zone[0].cookies_valid, 2);
	assert_int_equal(w->validated->count[SCREEN_VALIDATED_INSERTED], 1);
	assert_int_equal(w->validated->count[SCREEN_VALIDATED_RENEWED], 1);
}

static void reset_admission_resets_once_and_lets_the_next_connection_pass(void **state)
{
	(void)state;
	script_everywhere(resetting);
}

static void resetting_safely(struct world *w, struct script *s)
{
	admission_is(w, SCREEN_ADMISSION_SAFE_RESET);
	SCRIPT(s, "flood 100",
	       /* no option, and an acknowledgement that cannot be right */
	       "< S seq C win 64000 " OPTIONS " -> reply_challenge = A seq N ack V");
	assert_true((int32_t)(script_number(s, 'V') - script_number(s, 'C')) < 0);
	SCRIPT(s,
	       /* not what was asked for */
	       "< R seq V+1 -> drop_cookie_invalid", "< RA seq V ack 0 -> drop_cookie_invalid",
	       "< R seq V bad -> drop_cookie_invalid",
	       "< S seq C win 64000 " OPTIONS " -> reply_challenge = A seq N ack V",
	       "< R seq V -> drop_validated",
	       /* its stack sends the SYN again; nobody above it has noticed */
	       "< S seq C win 64000 " OPTIONS " -> forward_syn_validated = S seq C ack 0 " OPTIONS,
	       "> SA seq S ack C+1 mss 1460 -> forward_flow", "< A seq C+1 ack S+1 -> forward_flow");
	assert_int_equal(w->syns, 0);
	assert_int_equal(w->meters->zone[0].cookies_valid, 1);
}

static void safe_reset_admission_lets_the_same_connection_pass(void **state)
{
	(void)state;
	script_everywhere(resetting_safely);
}

/* Admitted in calm, then challenged: the RST must not be taken for the flow's. */
static void safe_reset_of_a_half_open_flow_is_used_up(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_SAFE_RESET);
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm", "flood 100",
	       "< S seq C mss 1460 -> reply_challenge = A seq N ack V", "< R seq V -> drop_validated",
	       "< S seq C mss 1460 -> forward_syn_known");
	world_free(w);
}

static void validated_under_splice(struct world *w, struct script *s)
{
	admission_is(w, SCREEN_ADMISSION_SPLICE);
	SCRIPT(s, "flood 100", "< S seq C win 64000 mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 -> forward_splice_syn = S seq C mss N",
	       "< S port 41000 seq C+9 mss 1460 -> forward_syn_validated",
	       /* another service has to ask by itself: the key is the destination's address and port */
	       "flood 100");
	w->client.dport = 80;
	SCRIPT(s, "flood 100", "< S port 41001 seq C+9 mss 1460 -> reply_challenge");
	w->client.dport = 443;
	/* its time is over */
	SCRIPT(s, "+119.9 flood 100", "< S port 41002 seq C+9 mss 1460 -> forward_syn_validated",
	       "+0.2 flood 100", "< S port 41003 seq C+9 mss 1460 -> reply_challenge");
}

static void validated_client_passes_also_under_splice_until_its_time_is_over(void **state)
{
	(void)state;
	script_everywhere(validated_under_splice);
}

static void nobody_is_validated_when_it_is_switched_off(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_SPLICE);
	w->policy.validated_s = 0;
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 -> forward_splice_syn",
	       "< S port 41000 seq C+9 mss 1460 -> reply_challenge");
	assert_int_equal(w->validated->last_ms, 0);
	world_free(w);
}

static void validate(struct script *s)
{
	SCRIPT(s, "flood 100", "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 -> reply_reset");
}

static void syn_cookie_validated_syn_still_runs_later_screen_checks(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_RESET);
	w->policy.profile[0].source_threshold = 4;
	/* the ACK that validated it was the first of four */
	validate(&s);
	SCRIPT(&s, "< S port 1 seq C mss 1460 -> forward_syn_validated",
	       "< S port 2 seq C mss 1460 -> forward_syn_validated",
	       "< S port 3 seq C mss 1460 -> forward_syn_validated",
	       "< S port 4 seq C mss 1460 -> drop_source_threshold", "+1 flood 100");
	w->policy.profile[0].source_threshold = 4000;
	w->policy.profile[0].destination_threshold = 4;
	SCRIPT(&s, "< S port 11 seq C mss 1460 -> forward_syn_validated",
	       "< S port 12 seq C mss 1460 -> forward_syn_validated",
	       "< S port 13 seq C mss 1460 -> forward_syn_validated",
	       "< S port 14 seq C mss 1460 -> forward_syn_validated",
	       "< S port 15 seq C mss 1460 -> drop_destination_threshold");
	w->policy.profile[0].destination_threshold = 4000;
	w->policy.profile[0].armed |= 1ull << SCREEN_IDS_SYN_FIN;
	SCRIPT(&s, "+1 flood 100", "< SF port 16 seq C mss 1460 -> drop_syn_fin");
	world_free(w);
}

/* Its address is worth forging now: that must not open the door to a flood. */
static void validated_client_that_sends_a_flood_is_challenged(void **state)
{
	struct world *w = world_new(6, 0);
	struct script s = script_new(w);
	uint32_t passed = 0;

	(void)state;
	admission_is(w, SCREEN_ADMISSION_RESET);
	validate(&s);
	for (uint16_t port = 1; port <= 1000; port++) {
		struct frame_spec f = w->client;
		uint8_t data[FRAME_MAX];

		f.sport = port;
		f.flags = SCREEN_TCP_SYN;
		if (world_decide(w, data, frame_build(data, &f), 0) == SCREEN_FORWARD_SYN_VALIDATED)
			passed++;
		else
			assert_int_equal(w->d.reason, SCREEN_REPLY_CHALLENGE);
	}
	assert_int_equal(passed, SCREEN_VALIDATED_SYNS_MAX);
	world_free(w);
}

static void syn_cookie_invalid_ack_flood_does_not_grow_validated_cache(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	for (int a = SCREEN_ADMISSION_SPLICE; a <= SCREEN_ADMISSION_SAFE_RESET; a++) {
		uint64_t used;

		admission_is(w, (enum screen_admission)a);
		SCRIPT(&s, "flood 200");
		used = w->flows.used;
		for (uint32_t i = 0; i < 20000; i++) {
			struct frame_spec f = w->client;
			uint8_t data[FRAME_MAX];

			random_bytes(&w->random, f.source, 4);
			f.source[0] = 198;
			f.seq = random_32(&w->random);
			f.ack = random_32(&w->random);
			f.flags = i % 3 == 0 ? SCREEN_TCP_RST :
				  i % 3 == 1 ? SCREEN_TCP_ACK : SCREEN_TCP_ACK | SCREEN_TCP_FIN;
			assert_int_equal(world_decide(w, data, frame_build(data, &f), 0),
					 SCREEN_DROP_COOKIE_INVALID);
		}
		assert_int_equal(w->validated->count[SCREEN_VALIDATED_INSERTED], 0);
		assert_int_equal(w->validated->last_ms, 0);
		assert_int_equal(w->flows.used, used);
	}
	world_free(w);
}

/* FIN or data on the ACK do not make it invalid. */
static void syn_cookie_ack_fin_is_handled_as_specified(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_RESET);
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< FA seq C+1 ack K+1 -> reply_reset = R seq K+1 ack 0");
	admission_is(w, SCREEN_ADMISSION_SPLICE);
	w->context.validated = NULL;
	SCRIPT(&s, "flood 100",
	       "< S port 41000 seq C mss 1460 -> reply_challenge = SA seq L ack C+1 mss M",
	       "< FPA port 41000 seq C+1 ack L+1 len 5 -> hold_splice_pending",
	       "syn = S seq C mss 1460",
	       "> SA port 41000 seq S ack C+1 mss 1460 -> reply_server_ack",
	       "release -> forward_spliced = FPA seq C+1 ack S+1 len 5");
	world_free(w);
}

static void syn_cookie_chosen_when_threshold_exceeded(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	for (int a = SCREEN_ADMISSION_SPLICE; a <= SCREEN_ADMISSION_SAFE_RESET; a++) {
		admission_is(w, (enum screen_admission)a);
		world_wait(w, 10);
		SCRIPT(&s, "flood 98");
		assert_int_equal(world_spoofed_syn(w), SCREEN_FORWARD_SYN_CALM);
		assert_int_equal(world_spoofed_syn(w), SCREEN_REPLY_CHALLENGE);
	}
	world_free(w);
}

/* The one destination's profile, the zone, and what holds for all, in this order. */
static void admission_of_a_destination_goes_before_its_zones(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_RESET);
	w->policy.servers_count = 2;
	w->policy.server[1] = w->policy.server[0];
	w->policy.server[0] = (struct screen_server_config){
		.address = { [10] = 0xff, 0xff, 203, 0, 113, 1 }, .length = 128, .port = 443,
		.no_probe = 1, .admission = SCREEN_ADMISSION_SAFE_RESET,
	};
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = A seq N ack V");
	w->client.dport = 80;
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 -> reply_reset");
	world_free(w);
}

static void replies_stay_under_their_ceilings(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	admission_is(w, SCREEN_ADMISSION_RESET);
	SCRIPT(&s, "flood 100");
	w->policy.reply_prefix_rate = 3;
	SCRIPT(&s, "< S port 1 seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< S port 2 seq C mss 1460 -> reply_challenge",
	       "< A port 1 seq C+1 ack K+1 -> reply_reset");
	w->context.validated = NULL;
	SCRIPT(&s, "< S port 3 seq C mss 1460 -> drop_reply_rate");
	w->client.source[3]++; /* of the same /24 */
	SCRIPT(&s, "< S port 4 seq C mss 1460 -> drop_reply_rate");
	w->client.source[2]++;
	SCRIPT(&s, "< S port 5 seq C mss 1460 -> reply_challenge");
	w->policy.reply_prefix_rate = 0;
	w->policy.reply_rate = 5;
	world_wait(w, 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(world_spoofed_syn(w),
				 i < 5 ? SCREEN_REPLY_CHALLENGE : SCREEN_DROP_REPLY_RATE);
	world_free(w);
}

/* ---- one direction only -------------------------------------------------------------------- */

/* A connection whose server's SYN-ACK has gone another way, as far as the client's ACK, which is
 * returned. */
static struct frame_spec one_way_connection(struct world *w, uint16_t port)
{
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];

	f.sport = port;
	f.flags = SCREEN_TCP_SYN;
	(void)world_decide(w, data, frame_build(data, &f), 0);
	f.flags = SCREEN_TCP_ACK;
	f.seq++;
	f.ack = 77;
	(void)world_decide(w, data, frame_build(data, &f), 0);
	return f;
}

/* So many of them, which are then forgotten. */
static void one_way_connections(struct world *w, uint32_t count)
{
	for (uint16_t i = 0; i < count; i++)
		(void)one_way_connection(w, (uint16_t)(1000 + i));
	world_wait(w, 21);
	world_forget(w);
}

static void zone_that_sees_one_direction_is_not_spliced(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	uint32_t now_s;

	(void)state;
	admission_is(w, SCREEN_ADMISSION_SPLICE);
	one_way_connections(w, SCREEN_SYMMETRY_MIN - 1);
	now_s = (uint32_t)(w->context.now_ns / 1000000000u);
	assert_int_equal(screen_symmetry(&w->meters->zone[0], now_s), SCREEN_SYMMETRY_UNKNOWN);
	one_way_connections(w, 1);
	assert_int_equal(screen_symmetry(&w->meters->zone[0], now_s + 21), SCREEN_SYMMETRY_ONE_WAY);
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge = A seq N ack V",
	       "< R seq V -> drop_validated", "< S seq C mss 1460 -> forward_syn_validated",
	       /* the server's answer went another way, and the flow lives on */
	       "< A seq C+1 ack S+1 -> forward_flow", "+100 < A seq C+2 ack S+1 -> forward_flow");
	world_forget(w);
	SCRIPT(&s, "+100 < A seq C+2 ack S+1 -> forward_flow",
	       /* one answer that comes by says that the way is this one */
	       "< S port 9 seq C mss 1460 -> forward_syn_calm",
	       "> SA port 9 seq S ack C+1 mss 1460 -> forward_flow");
	w->context.validated = NULL;
	SCRIPT(&s, "flood 100", "< S port 10 seq C mss 1460 -> reply_challenge = SA seq K ack C+1 mss M");
	world_free(w);
}

/* A client that is quicker than the server's answer is seen to go on before it. */
static void answer_that_comes_late_is_one(void **state)
{
	struct world *w = world_new(6, 0);
	uint32_t now_s;

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		struct frame_spec f = one_way_connection(w, (uint16_t)(1000 + i));
		uint8_t data[FRAME_MAX];

		frame_mirror(&f);
		f.flags = SCREEN_TCP_RST;
		(void)world_decide(w, data, frame_build(data, &f), 1);
	}
	world_wait(w, 21);
	world_forget(w);
	now_s = (uint32_t)(w->context.now_ns / 1000000000u);
	assert_int_equal(screen_symmetry(&w->meters->zone[0], now_s), SCREEN_SYMMETRY_UNKNOWN);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_admission_resets_once_and_lets_the_next_connection_pass),
		cmocka_unit_test(safe_reset_admission_lets_the_same_connection_pass),
		cmocka_unit_test(safe_reset_of_a_half_open_flow_is_used_up),
		cmocka_unit_test(validated_client_passes_also_under_splice_until_its_time_is_over),
		cmocka_unit_test(nobody_is_validated_when_it_is_switched_off),
		cmocka_unit_test(syn_cookie_validated_syn_still_runs_later_screen_checks),
		cmocka_unit_test(validated_client_that_sends_a_flood_is_challenged),
		cmocka_unit_test(syn_cookie_invalid_ack_flood_does_not_grow_validated_cache),
		cmocka_unit_test(syn_cookie_ack_fin_is_handled_as_specified),
		cmocka_unit_test(syn_cookie_chosen_when_threshold_exceeded),
		cmocka_unit_test(admission_of_a_destination_goes_before_its_zones),
		cmocka_unit_test(replies_stay_under_their_ceilings),
		cmocka_unit_test(zone_that_sees_one_direction_is_not_spliced),
		cmocka_unit_test(answer_that_comes_late_is_one),
	};

	return RUN(tests);
}
