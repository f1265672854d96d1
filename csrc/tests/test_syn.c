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
		challenged += w->meters->victims.victim[i].challenged;
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
		cmocka_unit_test(syn_flood_not_armed_meters_nothing),
	};

	return RUN(tests);
}
