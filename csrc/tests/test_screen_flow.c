/*
 * Scripts over the life of flows that are forwarded as they are: how long each is remembered.
 */
#include "script.h"

/* Sweeps the whole table now. */
static void sweep(struct world *w)
{
	uint32_t now = (uint32_t)(w->context.now_ns / 1000000000);

	for (uint32_t i = 0; i < w->flows.buckets_count; i++) {
		uint32_t expired[SCREEN_BUCKET_SLOTS];
		uint32_t count = screen_flow_sweep(&w->flows, i, now, &w->policy, expired);

		for (uint32_t j = 0; j < count; j++)
			screen_flow_give(&w->flows, expired[j]);
	}
}

/* How many flows are left after so many seconds of silence. */
static uint64_t left_after(struct world *w, double seconds)
{
	world_wait(w, seconds);
	sweep(w);
	return w->flows.used;
}

static void half_open_flow_is_forgotten_after_the_profiles_timeout(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.profile[0].timeout_s = 5;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm",
	       "+3 < S seq C mss 1460 -> forward_syn_known");
	assert_int_equal(left_after(w, 2), 1);
	assert_int_equal(left_after(w, 1), 0); /* repeating the SYN did not help */
	world_free(w);
}

static void outbound_half_open_flow_is_forgotten_after_the_initial_timeout(void **state)
{
	struct world *w = world_new(6, 1);
	struct script s = script_new(w);

	(void)state;
	w->policy.initial_timeout_s = 300;
	SCRIPT(&s, "> S seq S mss 1460 -> forward_syn_outbound");
	assert_int_equal(left_after(w, 300), 1);
	assert_int_equal(left_after(w, 1), 0);
	world_free(w);
}

static void answered_flow_is_remembered_for_hours(void **state)
{
	struct world *w = world_new(4, 2);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow");
	assert_int_equal(left_after(w, 4 * 3600), 1);
	SCRIPT(&s, "> A seq S ack C+1 -> forward_flow"); /* a keepalive */
	assert_int_equal(left_after(w, 4 * 3600), 1);
	assert_int_equal(left_after(w, 1), 0);
	world_free(w);
}

/* A SYN-ACK whose SYN nobody saw: the server has spoken, and the client's ACK opens the flow. */
static void learned_half_open_flow_opens_by_the_clients_ack(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "> SA seq S ack C+1 -> forward_learned", "< A seq C+1 ack S+1 -> forward_flow");
	assert_int_equal(left_after(w, 3600), 1);
	world_free(w);
}

static void blind_rst_does_not_make_a_flow_forgotten(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "> A seq S ack C -> forward_learned", "< R seq 5 -> forward_flow",
	       "> PA seq S ack C len 9 -> forward_flow", "< A seq C ack S+9 -> forward_flow");
	assert_int_equal(left_after(w, 3600), 1);
	/* a real one is followed by silence */
	SCRIPT(&s, "> R seq S+9 -> forward_flow");
	assert_int_equal(left_after(w, 10), 1);
	assert_int_equal(left_after(w, 1), 0);
	world_free(w);
}

static void closed_flow_is_remembered_for_time_wait(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	w->policy.time_wait_s = 60;
	SCRIPT(&s, "> A seq S ack C -> forward_learned", "> FA seq S ack C -> forward_flow");
	assert_int_equal(left_after(w, 3600), 1); /* half-closed is not closed */
	SCRIPT(&s, "< FA seq C ack S+1 -> forward_flow", "> A seq S+1 ack C+1 -> forward_flow");
	assert_int_equal(left_after(w, 60), 1);
	assert_int_equal(left_after(w, 1), 0);
	world_free(w);
}

static void closed_tuple_can_be_used_again_at_once(void **state)
{
	struct world *w = world_new(6, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "> A seq S ack C -> forward_learned", "> FA seq S ack C -> forward_flow",
	       "< FA seq C ack S+1 -> forward_flow", "< S seq C+99 mss 1460 -> forward_syn_calm");
	assert_int_equal(w->flows.used, 1); /* in the old one's place */
	SCRIPT(&s, "> SA seq S+99 ack C+100 -> forward_flow",
	       "< PA seq C+100 ack S+100 len 5 -> forward_flow");
	world_free(w);
}

/* alarm-threshold: one alarm a second for each destination that reaches it. */
static void alarms_are_counted_once_a_second_for_each_destination(void **state)
{
	struct world *w = world_new(4, 0);

	(void)state;
	world_flood(w, 49);
	assert_int_equal(w->meters->zone[0].alarms, 0);
	world_flood(w, 200);
	assert_int_equal(w->meters->zone[0].alarms, 1);
	w->client.dport = 80;
	world_flood(w, 60);
	assert_int_equal(w->meters->zone[0].alarms, 2);
	world_wait(w, 1);
	world_flood(w, 60);
	assert_int_equal(w->meters->zone[0].alarms, 3);
	assert_int_equal(w->meters->zone[0].attacks, 1);
	world_free(w);
}

#define ESTABLISHED                                                                      \
	"< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow", \
		"< A seq C+1 ack S+1 -> forward_flow"

/* RFC 5961 section 3.2: a receiver believes a RST only at exactly the number that it expects. */
static void blind_rst_does_not_shorten_a_flows_life(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, ESTABLISHED, "< R seq C+77777 -> forward_flow", "> R seq S+9 -> forward_flow");
	assert_int_equal(left_after(w, 3600), 1);
	SCRIPT(&s, "< R seq C+1 -> forward_flow");
	assert_int_equal(left_after(w, 11), 0);
	world_free(w);
}

/* A server that closes with unread data resets behind what it has just sent. */
static void rst_behind_data_on_its_way_ends_the_flow(void **state)
{
	struct world *w = world_new(6, 1);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, ESTABLISHED, "< PA seq C+1 ack S+1 len 900 -> forward_flow",
	       "> PA seq S+1 ack C+1 len 500 -> forward_flow", "> RA seq S+501 ack C+1 -> forward_flow",
	       "< A seq C+901 ack S+501 -> forward_flow");
	assert_int_equal(left_after(w, 11), 0);
	world_free(w);
}

/* Spoofed: an answered SYN, then any segment but the ACK of what the server said. */
static void forged_segment_does_not_open_a_half_open_flow(void **state)
{
	static const char *const forged[] = { "< F seq C+1 -> forward_flow",
					      "< A seq C+1 ack S+70000 -> forward_flow",
					      "< A seq C+1 ack S -> forward_flow",
					      "< P seq C+1 -> forward_flow" };

	(void)state;
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		struct world *w = world_new(6, 0);
		struct script s = script_new(w);

		SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow");
		SCRIPT(&s, forged[i]);
		assert_int_equal(left_after(w, 60), 0);
		world_free(w);
	}
}

/* Who has one connection has no way round the screen by its tuple. */
static void syn_of_a_live_flow_passes_once_a_second(void **state)
{
	struct world *w = world_new(4, 1);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, ESTABLISHED, "+1 < S seq 7 mss 1460 -> forward_syn_known",
	       "< S seq 8 mss 1460 -> drop_syn_flood", "< S seq 9 mss 1460 -> drop_syn_flood",
	       "+1 < S seq 10 mss 1460 -> forward_syn_known", "< A seq C+1 ack S+1 -> forward_flow");
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blind_rst_does_not_shorten_a_flows_life),
		cmocka_unit_test(rst_behind_data_on_its_way_ends_the_flow),
		cmocka_unit_test(forged_segment_does_not_open_a_half_open_flow),
		cmocka_unit_test(syn_of_a_live_flow_passes_once_a_second),
		cmocka_unit_test(half_open_flow_is_forgotten_after_the_profiles_timeout),
		cmocka_unit_test(outbound_half_open_flow_is_forgotten_after_the_initial_timeout),
		cmocka_unit_test(answered_flow_is_remembered_for_hours),
		cmocka_unit_test(learned_half_open_flow_opens_by_the_clients_ack),
		cmocka_unit_test(blind_rst_does_not_make_a_flow_forgotten),
		cmocka_unit_test(closed_flow_is_remembered_for_time_wait),
		cmocka_unit_test(closed_tuple_can_be_used_again_at_once),
		cmocka_unit_test(alarms_are_counted_once_a_second_for_each_destination),
	};

	return RUN(tests);
}
