/* SYN floods where nothing is challenged: without cookies, as a dry run, not armed. */
#include "script.h"
#include "world.h"

static void mode_drop_drops_instead_of_challenging(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.mode = SCREEN_MODE_DROP;
	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> drop_syn_flood",
	       "< A seq C+1 ack 5 -> drop_cookie_invalid");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 99);
	world_free(w);
}

/* In each second as many as in calm pass: a flood that lasts must not shut its destination out. */
static void mode_drop_drops_the_excess_alone(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.mode = SCREEN_MODE_DROP;
	SCRIPT(&s, "flood 500", "+1 < S seq C mss 1460 -> forward_syn_calm", "flood 400");
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 99 + 99);
	SCRIPT(&s, "< S seq C port 2 mss 1460 -> drop_syn_flood");
	assert_int_equal(w->meters->zone[0].attacks, 1); /* one flood, all the while */
	/* nor is everything excess where cookies were to be sent always, and cannot be */
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	SCRIPT(&s, "+10 < S seq C port 3 mss 1460 -> forward_syn_calm");
	world_free(w);
}

static void syn_flood_as_a_dry_run_forwards_and_counts(void **state)
{
	struct world *w = world_new(6, 0);
	uint64_t challenged = 0;

	(void)state;
	w->policy.profile[0].alarm_without_drop = 1;
	world_flood(w, 300);
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 300);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 201);
	assert_int_equal(w->meters->zone[0].attacks, 1);
	/* what would have been challenged, of the zone and of its destination; not a word of answers */
	assert_int_equal(w->meters->zone[0].challenged, 201);
	for (int i = 0; i < SCREEN_VICTIMS; i++)
		challenged += screen_victim_challenged(&w->meters->victims.victim[i]);
	assert_int_equal(challenged, 201);
	world_free(w);
}

/* What cannot be challenged is not dropped by a dry run either. */
static void syn_fragment_as_a_dry_run_is_forwarded_and_counted(void **state)
{
	struct world *w = world_new(4, 1);
	struct frame_spec f = w->client;
	uint8_t data[FRAME_MAX];

	(void)state;
	world_flood(w, 100);
	f.flags = SCREEN_TCP_SYN;
	f.more_fragments = true;
	assert_int_equal(world_decide(w, data, frame_build(data, &f), 0), SCREEN_DROP_SYN_FRAGMENT);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 2);
	w->policy.profile[0].alarm_without_drop = 1;
	assert_int_equal(world_decide(w, data, frame_build(data, &f), 0), SCREEN_FORWARD_FRAGMENT);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 3);
	world_free(w);
}

/* Without cookies, or a known connection's, it would not have been challenged. */
static void dry_run_counts_no_challenge_where_none_would_be_sent(void **state)
{
	struct world *w = world_new(4, 0);

	(void)state;
	w->policy.mode = SCREEN_MODE_DROP;
	w->policy.profile[0].alarm_without_drop = 1;
	world_flood(w, 300);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 201);
	assert_int_equal(w->meters->zone[0].challenged, 0);
	world_free(w);
}

/* The limit on SYNs of live connections is the SYN-flood screen's. */
static void syns_of_a_live_flow_pass_where_syn_flood_is_not_armed(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	memset(&w->policy.profile[0], 0, sizeof(w->policy.profile[0]));
	w->policy.profile[0].armed = 1ull << SCREEN_IDS_LAND;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow");
	for (int i = 0; i < 5; i++)
		SCRIPT(&s, "< S seq D mss 1460 -> forward_syn_known");
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 0);
	world_free(w);
}

/* The first SYN of a live connection passes at every second, that is also when 0 is its remainder. */
static void first_syn_of_a_live_flow_passes_at_any_time(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->context.now_ns = 1024 * 1000000000ull;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow", "< S seq D mss 1460 -> forward_syn_known",
	       "< S seq D mss 1460 -> drop_syn_flood");
	world_free(w);
}

/* A stack that takes SYN and FIN for a SYN must not be flooded by it. */
static void syn_with_fin_opens_nothing(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.no_syn_check = 1;
	SCRIPT(&s, "< SF seq C mss 1460 -> drop_no_flow", "< SFP seq C mss 1460 -> drop_no_flow",
	       "< SA seq C ack 1 mss 1460 -> forward_no_syn_check",
	       "< F seq C -> forward_no_syn_check");
	w->context.learning_until_ns = w->context.now_ns + 1;
	w->context.learning_rate = 9;
	SCRIPT(&s, "< SF seq C mss 1460 -> drop_no_flow", "< A seq C ack 1 -> forward_learning");
	w->policy.profile[0].alarm_without_drop = 1;
	SCRIPT(&s, "< SF seq C mss 1460 -> forward_learning");
	world_free(w);
}

/* SYNs of live connections to a flooding destination: so many a second of the whole zone. */
static void syns_of_live_flows_have_a_limit_while_their_destination_floods(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	char line[64];

	(void)state;
	for (int i = 0; i < SCREEN_KNOWN_SYNS_MAX + 3; i++) {
		w->client.sport = (uint16_t)(1000 + i);
		s.known['S' - 'A'] = false;
		SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm",
		       "> SA seq S ack C+1 mss 1460 -> forward_flow", "< A seq C+1 ack S+1 -> forward_flow");
	}
	SCRIPT(&s, "flood 100");
	for (int second = 0; second < 2; second++) {
		for (int i = 0; i < SCREEN_KNOWN_SYNS_MAX + 3; i++) {
			w->client.sport = (uint16_t)(1000 + i);
			snprintf(line, sizeof(line), "< S seq 7 mss 1460 -> %s",
				 i < SCREEN_KNOWN_SYNS_MAX ? "forward_syn_known" : "drop_syn_flood");
			SCRIPT(&s, line);
		}
		SCRIPT(&s, "+1 flood 100");
	}
	world_free(w);
}

/* Nobody there could answer, wherever the address stands. */
static void syn_from_or_to_nobody_is_not_challenged(void **state)
{
	static const struct {
		uint8_t family, first;
	} nobody[] = { { 4, 224 }, { 4, 255 }, { 4, 0 }, { 6, 0xff }, { 6, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		for (int to = 0; to < 2; to++) {
			struct world *w = world_new(nobody[i].family, 0);
			struct script s = script_new(w);
			uint8_t *address = to ? w->client.destination : w->client.source;

			if (nobody[i].first == 0 && nobody[i].family == 6)
				memset(address, 0, 16);
			address[0] = nobody[i].first;
			w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
			SCRIPT(&s, "< S seq C mss 1460 -> drop_syn_source");
			address[0] = nobody[i].family == 4 ? 223 : 0xfe;
			SCRIPT(&s, "< S seq C mss 1460 -> reply_challenge");
			world_free(w);
		}
}

static void syn_flood_not_armed_meters_nothing(void **state)
{
	struct world *w = world_new(4, 0);

	(void)state;
	memset(&w->policy.profile[0], 0, sizeof(w->policy.profile[0]));
	world_flood(w, 900);
	assert_int_equal(w->reasons[SCREEN_FORWARD_SYN_CALM], 900);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_drop_drops_instead_of_challenging),
		cmocka_unit_test(mode_drop_drops_the_excess_alone),
		cmocka_unit_test(syn_flood_as_a_dry_run_forwards_and_counts),
		cmocka_unit_test(syn_fragment_as_a_dry_run_is_forwarded_and_counted),
		cmocka_unit_test(dry_run_counts_no_challenge_where_none_would_be_sent),
		cmocka_unit_test(syns_of_a_live_flow_pass_where_syn_flood_is_not_armed),
		cmocka_unit_test(first_syn_of_a_live_flow_passes_at_any_time),
		cmocka_unit_test(syn_with_fin_opens_nothing),
		cmocka_unit_test(syns_of_live_flows_have_a_limit_while_their_destination_floods),
		cmocka_unit_test(syn_from_or_to_nobody_is_not_challenged),
		cmocka_unit_test(syn_flood_not_armed_meters_nothing),
	};

	return RUN(tests);
}
