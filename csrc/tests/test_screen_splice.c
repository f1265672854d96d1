/*
 * Scripts over a splice's life: from the returning cookie to the tombstone.
 */
#include "splice_script.h"

static void opened(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED, OPENED,
	       "< PA seq C+1 ack K+1 win 501 len 700 ts 110 T -> forward_spliced"
	       " = PA seq C+1 ack S+1 win 501 len 700 ts 110 7000",
	       /* windows: the server's scale is 9, the client believes in 7 */
	       "> A seq S+1 ack C+701 win 100 ts 7003 110 -> forward_spliced"
	       " = A seq K+1 ack C+701 win 400 ts T+3 110",
	       "> PA seq S+1 ack C+701 win 0 len 1300 ts 7003 110 -> forward_spliced"
	       " = PA seq K+1 ack C+701 win 0 len 1300 ts T+3 110",
	       "< A seq C+701 ack K+1 ts 120 T+3 nop nop block K+101 K+1301 -> forward_spliced"
	       " = A seq C+701 ack S+1 ts 120 7003 nop nop block S+101 S+1301",
	       "> FA seq S+1301 ack C+701 ts 7010 120 -> forward_spliced"
	       " = FA seq K+1301 ack C+701 ts T+10 120",
	       "< FA seq C+701 ack K+1302 ts 130 T+10 -> forward_spliced"
	       " = FA seq C+701 ack S+1302 ts 130 7010",
	       "> A seq S+1302 ack C+702 ts 7020 130 -> forward_spliced");
	assert_int_equal(w->syns, 1);
	assert_int_equal(w->meters->zone[0].cookies_valid, 1);
}

static void valid_cookie_is_spliced_and_translated_both_ways(void **state)
{
	(void)state;
	script_everywhere(opened);
}

static void bare(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, "flood 100", "< S seq C win 64000 -> reply_challenge = SA seq K ack C+1",
	       "< A seq C+1 ack K+1 win 64000 -> forward_splice_syn"
	       " = S seq C ack 0 win 64000 mss M",
	       "> SA seq S ack C+1 win 1000 mss 1460 -> reply_server_ack"
	       " = A seq C+1 ack S+1 win 64000",
	       "< PA seq C+1 ack K+1 win 63999 len 1 -> forward_spliced"
	       " = PA seq C+1 ack S+1 win 63999 len 1",
	       "> PA seq S+1 ack C+2 win 999 len 3 -> forward_spliced"
	       " = PA seq K+1 ack C+2 win 999 len 3");
	assert_int_equal(script_number(s, 'M'), w->client.family == 4 ? 536 : 1220);
}

static void client_without_options_is_spliced_without_options(void **state)
{
	(void)state;
	script_everywhere(bare);
}

static void early(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED,
	       /* the bare ACK was lost: the first data carries the cookie */
	       "< PA seq C+1 ack K+1 win 500 len 600 ts 105 T -> hold_splice_pending",
	       "syn = S seq C win 65535 mss 1400 sack ts 105 0 nop ws 10",
	       "< A seq C+601 ack K+1 win 500 len 600 ts 106 T -> hold_splice_pending",
	       "< FA seq C+1201 ack K+1 win 500 ts 106 T -> hold_splice_pending",
	       "< A seq C+1 ack K+1 win 500 ts 107 T -> drop_splice_pending", OPENED,
	       "release -> forward_spliced = PA seq C+1 ack S+1 win 500 len 600 ts 105 7000",
	       "release -> forward_spliced = A seq C+601 ack S+1 win 500 len 600 ts 106 7000",
	       "release -> forward_spliced = FA seq C+1201 ack S+1 win 500 len 0 ts 106 7000",
	       "> A seq S+1 ack C+1202 win 100 ts 7005 106 -> forward_spliced"
	       " = A seq K+1 ack C+1202 win 400 ts T+5 106");
	assert_int_equal(w->syns, 1);
}

static void early_data_is_held_and_delivered_after_opening(void **state)
{
	(void)state;
	script_everywhere(early);
}

/* Data that comes when the splice is open already waits behind what is still held. */
static void overtaking(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED,
	       "< PA seq C+1 ack K+1 win 500 len 600 ts 105 T -> hold_splice_pending", OPENED,
	       "< PA seq C+601 ack K+1 win 500 len 50 ts 106 T -> hold_splice_pending",
	       "< A seq C+651 ack K+1 win 500 ts 106 T -> forward_spliced",
	       "release -> forward_spliced = PA seq C+1 ack S+1 win 500 len 600 ts 105 7000",
	       "release -> forward_spliced = PA seq C+601 ack S+1 win 500 len 50 ts 106 7000",
	       "< PA seq C+651 ack K+1 win 500 len 50 ts 107 T -> forward_spliced");
}

static void data_does_not_overtake_what_is_held(void **state)
{
	(void)state;
	script_everywhere(overtaking);
}

static void worker_that_cannot_wait_for_another_server_refuses_the_splice(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	uint64_t used;

	(void)state;
	SCRIPT(&s, FLOODED);
	used = w->flows.used;
	w->context.splice_full = true;
	SCRIPT(&s, "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_splice_limit");
	assert_int_equal(w->flows.used, used);
	w->context.splice_full = false;
	SCRIPT(&s, VALIDATED); /* the client repeats it */
	world_free(w);
}

static void duplicates(struct world *w, struct script *s)
{
	uint64_t before;

	SCRIPT(s, FLOODED);
	before = w->flows.used;
	SCRIPT(s, VALIDATED, "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_splice_pending",
	       "< A seq C+1 ack K+1 win 500 ts 106 T -> drop_splice_pending",
	       "< S seq C " OPTIONS " -> drop_splice_pending", OPENED,
	       /* our ACK was lost: the server says it again */
	       OPENED,
	       "< A seq C+1 ack K+1 win 500 ts 106 T -> forward_spliced"
	       " = A seq C+1 ack S+1 win 500 ts 106 7000",
	       /* a stray SYN-ACK of the client's side is no answer of the server */
	       "< SA spoof seq S ack C+1 -> drop_no_flow");
	assert_int_equal(w->syns, 1);
	assert_int_equal(w->flows.used, before + 1);
}

static void duplicate_acks_make_one_flow_and_one_syn(void **state)
{
	(void)state;
	script_everywhere(duplicates);
}

static void gone(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED,
	       "< RA seq C+1 ack K+1 -> forward_spliced = R seq C+1 ack 0",
	       "> SA seq S ack C+1 mss 1460 -> reply_stale_half = R seq C+1 ack 0",
	       "< PA seq C+1 ack K+1 len 5 ts 105 T -> drop_splice_closed");
}

static void client_that_gives_up_while_pending_leaves_nothing_at_the_server(void **state)
{
	(void)state;
	script_everywhere(gone);
}

static void blind_rst_does_not_end_a_pending_splice(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, "< R seq C+123456 -> drop_splice_pending",
	       "< R seq C -> drop_splice_pending",
	       /* what was damaged may not have been one */
	       "< R seq C+1 len 1 bad -> drop_checksum", OPENED);
	world_free(w);
}

static void resets(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED, OPENED,
	       "> RA seq S+1 ack C+1 -> forward_spliced = RA seq K+1 ack C+1",
	       /* RFC 5961: a challenge ACK and the RST that answers it pass both ways */
	       "< A seq C+1 ack K+1 ts 120 T -> forward_spliced = A seq C+1 ack S+1 ts 120 7000",
	       "> R seq S+1 -> forward_spliced = R seq K+1 ack 0",
	       /* after it the tuple may be used again, from a new challenge on */
	       "< S seq C+50000 " OPTIONS " -> reply_challenge");
}

static void rst_at_the_exact_sequence_number_passes_and_ends_the_flow(void **state)
{
	(void)state;
	script_everywhere(resets);
}

static void invalid_cookies_are_dropped_while_flooding(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, "< A seq C+1 ack K+2 ts 105 T -> drop_cookie_invalid",
	       "< A seq C+2 ack K+1 ts 105 T -> drop_cookie_invalid",
	       "< A seq C+1 ack K+1 ts 105 T+1 -> drop_cookie_invalid",
	       "< A seq C+1 ack K+1 -> drop_cookie_invalid",
	       "< A seq C+1 ack K+1 ts 105 T port 40001 -> drop_cookie_invalid",
	       "< RA seq C+1 ack K+1 ts 105 T -> drop_cookie_invalid",
	       "< SA seq C+1 ack K+1 ts 105 T -> drop_cookie_invalid",
	       "< PA seq C+1 ack K+1 ts 105 T len 9 bad -> drop_cookie_invalid");
	assert_int_equal(w->syns, 0);
	SCRIPT(&s, "< PA seq C+1 ack K+1 win 500 ts 105 T len 9 -> hold_splice_pending");
	assert_int_equal(w->syns, 1);
	world_free(w);
}

/* Whether a cookie minted in epoch E still opens a connection `later` epochs after. */
static void assert_age(uint64_t later, bool mint_previous, bool accepted)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	world_epoch(w, 41, mint_previous);
	SCRIPT(&s, FLOODED);
	world_epoch(w, 41 + later, false);
	SCRIPT(&s, accepted ? VALIDATED :
			      "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_cookie_invalid");
	world_free(w);
}

static void syn_cookie_ack_validation_accepts_previous_epoch_after_rotation(void **state)
{
	(void)state;
	assert_age(0, false, true);
	assert_age(1, false, true);
	assert_age(2, false, false);
	assert_age(31, false, false);
	assert_age(32, false, false);
	assert_age(0, true, true); /* minted in E - 1, for a peer whose clock is behind */
	assert_age(1, true, false);
	assert_age(31, true, false);
	assert_age(32, true, false);
}

/* What was minted with one master key opens while that one is accepted beside another. */
static void cookie_of_the_other_master_key_opens(void **state)
{
	struct world *w = world_new(6, 1);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED);
	memcpy(w->keyset.other, w->keyset.zone, sizeof(w->keyset.other));
	w->keyset.other_epoch = w->keyset.check_epoch;
	world_epoch(w, 977, false);
	SCRIPT(&s, "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_cookie_invalid");
	w->keyset.accepts_other = true;
	SCRIPT(&s, VALIDATED);
	world_free(w);
}

/* A peer's cookie, or an earlier process's, comes to a zone that has not flooded yet. */
static void cookie_of_a_peer_opens_in_calm(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	struct screen_zone_meter *z = &w->meters->zone[0];

	(void)state;
	SCRIPT(&s, FLOODED);
	memset(z, 0, sizeof(*z)); /* as if it were the other's flood */
	SCRIPT(&s, "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_cookie_invalid");
	w->context.now_ns += 3000000000ull;
	SCRIPT(&s, "< A seq C+1 ack K+1 win 500 ts 105 T -> drop_no_flow");
	z->first_ns = w->context.now_ns - 100;
	SCRIPT(&s, "< A seq C+1 ack K+2 win 500 ts 105 T -> drop_no_flow");
	z->first_ns = w->context.now_ns - 300 * 1000000000ull;
	w->policy.has_peers = 1;
	SCRIPT(&s, VALIDATED);
	world_free(w);
}

static void cookies_are_checked_for_as_long_as_they_can_be_under_way(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, "+100 < A port 1 seq 1 ack 1 -> drop_no_flow", VALIDATED);
	w->client.sport = 2;
	s.known['K' - 'A'] = s.known['T' - 'A'] = false;
	SCRIPT(&s, FLOODED, "+297 < A seq C+1 ack K+1 win 500 ts 105 T -> drop_no_flow");
	world_free(w);
}

static void late_copy(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED, OPENED,
	       "< PA seq C+1 ack K+1 win 500 len 100 ts 110 T -> forward_spliced",
	       "> FA seq S+1 ack C+101 ts 7001 110 -> forward_spliced",
	       "< FA seq C+101 ack K+2 ts 111 T+1 -> forward_spliced");
	/* The first request again: the server must see no connection to execute it on. */
	SCRIPT(s, "+1 flood 100",
	       "+60 < PA seq C+1 ack K+1 win 500 len 100 ts 110 T -> forward_spliced"
	       " = PA seq C+1 ack S+1 win 500 len 100 ts 110 7000");
	assert_int_equal(w->syns, 1);
	/* Nor when the sweep has been there; the tombstone outlives every cookie. */
	w->policy.time_wait_s = 2;
	for (uint32_t i = 0; i < w->flows.buckets_count; i++) {
		uint32_t expired[SCREEN_BUCKET_SLOTS];
		uint32_t now = (uint32_t)(w->context.now_ns / 1000000000);
		uint32_t count = screen_flow_sweep(&w->flows, i, now + 130, &w->policy,
						   expired);

		for (uint32_t j = 0; j < count; j++)
			screen_flow_give(&w->flows, expired[j]);
	}
	SCRIPT(s, "< PA seq C+1 ack K+1 win 500 len 100 ts 110 T -> forward_spliced");
	assert_int_equal(w->syns, 1);
	/* A new connection of the same tuple is one. */
	SCRIPT(s, "flood 100",
	       "< S seq C+9000 mss 1460 -> reply_challenge = SA seq L ack C+9001 mss N",
	       "< PA seq C+9001 ack L+1 len 100 -> hold_splice_pending",
	       "syn = S seq C+9000 mss O");
	assert_int_equal(w->syns, 2);
}

static void late_copy_of_the_first_request_is_not_executed_twice(void **state)
{
	(void)state;
	script_everywhere(late_copy);
}

/* A new connection of a tuple whose last one is over: what overtakes its first data is not of the old
 * one, and must not come to the server, which knows neither and would end the new one by a RST. */
#define OVERTAKEN                                                                         \
	"+1 flood 100", "< S seq C+9000 mss 1460 -> reply_challenge = SA seq L ack C+9001 mss N", \
	"< A seq C+9101 ack L+1 len 100 -> drop_cookie_invalid",                           \
	"< FA seq C+9201 ack L+1 len 100 -> drop_cookie_invalid",                          \
	"< PA seq C+9001 ack L+1 len 100 -> hold_splice_pending", "syn = S seq C+9000 mss O"

static void overtaken(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED, OPENED,
	       "< PA seq C+1 ack K+1 win 500 len 100 ts 110 T -> forward_spliced",
	       "> FA seq S+1 ack C+1 ts 7001 105 -> forward_spliced",
	       "< FA seq C+101 ack K+2 ts 111 T+1 -> forward_spliced",
	       /* the old one's own goes on: what was lost, and the last acknowledgement */
	       "< PA seq C+1 ack K+2 win 500 len 100 ts 112 T+1 -> forward_spliced",
	       "< A seq C+102 ack K+2 ts 113 T+1 -> forward_spliced", OVERTAKEN);
	assert_int_equal(w->syns, 2);
}

static void overtaken_after_reset(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED, OPENED,
	       "< PA seq C+1 ack K+1 win 500 len 100 ts 110 T -> forward_spliced",
	       "< R seq C+101 ack 0 -> forward_spliced", OVERTAKEN);
	assert_int_equal(w->syns, 2);
}

static void overtaken_after_plain(struct world *w, struct script *s)
{
	SCRIPT(s, "< S seq C mss 1460 -> forward_syn_calm", "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow", "> FA seq S+1 ack C+1 -> forward_flow",
	       "< FA seq C+1 ack S+2 -> forward_flow", OVERTAKEN);
	assert_int_equal(w->syns, 1);
}

static void overtaking_data_of_the_next_connection_is_not_of_the_last(void **state)
{
	(void)state;
	script_everywhere(overtaken);
	script_everywhere(overtaken_after_reset);
	script_everywhere(overtaken_after_plain);
}

/* Both directions of a flow and its SYN-ACK may come to another worker than the ACK did. */
static void splice_is_right_whichever_worker_sees_it(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED);
	w->context.worker = 1;
	SCRIPT(&s, VALIDATED);
	assert_int_equal(w->flows.flows[w->syn_flow].owner, 2);
	w->context.worker = 0;
	SCRIPT(&s, "< PA seq C+1 ack K+1 len 5 ts 105 T -> hold_splice_pending");
	assert_int_equal(w->d.flow, w->syn_flow);
	SCRIPT(&s, OPENED);
	assert_int_equal(w->d.action, SCREEN_ACTION_WAKE_OWNER);
	assert_int_equal(w->d.flow, w->syn_flow);
	assert_int_equal(w->flows.flows[w->syn_flow].owner, 2);
	world_free(w);
}

/* Neither the SYN nor its answer need have got through before the engine that asked had ended. */
static void handed_over_and_silent(struct world *w, struct script *s)
{
	uint64_t used;

	SCRIPT(s, FLOODED, VALIDATED);
	used = w->flows.used;
	w->flows.flows[w->syn_flow].owner = 0;
	SCRIPT(s, "< A seq C+601 ack K+1 win 500 len 600 ts 106 T -> hold_splice_pending",
	       "< PA seq C+1 ack K+1 win 500 len 600 ts 105 T -> hold_splice_pending",
	       "syn = S seq C win 65535 mss 1400 sack ts 105 0 nop ws 10");
	assert_int_equal(w->syns, 2);
	assert_int_equal(w->flows.flows[w->syn_flow].owner, 1);
	/* it has an owner: the cookie begins no third */
	SCRIPT(s, "< PA seq C+1 ack K+1 win 500 len 600 ts 105 T -> hold_splice_pending", OPENED,
	       "release -> forward_spliced = A seq C+601 ack S+1 win 500 len 600 ts 106 7000",
	       "release -> forward_spliced = PA seq C+1 ack S+1 win 500 len 600 ts 105 7000");
	assert_int_equal(w->syns, 2);
	assert_int_equal(w->flows.used, used);
}

static void client_begins_a_splice_anew_that_was_handed_over_pending(void **state)
{
	(void)state;
	script_everywhere(handed_over_and_silent);
}

static void handed_over_and_answered(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED);
	w->flows.flows[w->syn_flow].owner = 0;
	SCRIPT(s, OPENED, "< PA seq C+1 ack K+1 win 501 len 700 ts 110 T -> forward_spliced"
			  " = PA seq C+1 ack S+1 win 501 len 700 ts 110 7000");
	assert_int_equal(w->syns, 1);
}

static void server_answers_a_splice_that_was_handed_over_pending(void **state)
{
	(void)state;
	script_everywhere(handed_over_and_answered);
}

/* Two forged packets: a RST at some number, then a SYN. The splice stays what it is. */
static void blind_rst_and_syn_do_not_replace_a_live_splice(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, OPENED, "< R seq C+99999 -> forward_spliced",
	       "> R seq S+7 ack C+1 -> forward_spliced");
	world_wait(w, 3600);
	SCRIPT(&s, "< S seq 5 mss 1460 -> forward_syn_known",
	       "< PA seq C+1 ack K+1 win 500 len 5 ts 105 T -> forward_spliced"
	       " = PA seq C+1 ack S+1 win 500 len 5 ts 105 7000");
	world_free(w);
}

/* A side that has said nothing yet has sent no byte 0 either. */
static void rst_with_number_0_is_as_blind_as_any(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, OPENED, "< R seq 0 -> forward_spliced",
	       "> R seq 0 -> forward_spliced");
	assert_int_equal(w->flows.flows[w->syn_flow].closing, 0);
	SCRIPT(&s, "< R seq C+1 -> forward_spliced");
	assert_int_equal(w->flows.flows[w->syn_flow].closing, SCREEN_CLOSING_RST_CLIENT);
	world_free(w);
}

/* A number may be 0, at the wrap: what is known of a side then is as known as ever. */
static void numbers_of_a_splice_may_be_0(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	const struct screen_flow *f;

	(void)state;
	script_set(&s, 'C', 0xfffffff5);
	script_set(&s, 'S', 0xfffffff5);
	SCRIPT(&s, FLOODED, VALIDATED, OPENED, "< PA seq C+1 ack K+1 len 10 ts 110 T -> forward_spliced",
	       "> PA seq S+1 ack C+11 len 10 ts 7001 110 -> forward_spliced");
	f = &w->flows.flows[w->syn_flow];
	assert_int_equal(f->side[0].next, 0);
	assert_int_equal(f->side[1].ack, 0);
	assert_int_equal(f->side[1].next, 0);
	/* older ones do not set them back, nor do forged ones set them ahead */
	SCRIPT(&s, "< A seq C+5 ack K+1 ts 110 T -> forward_spliced",
	       "> A seq S+5 ack C+9 ts 7001 110 -> forward_spliced",
	       "< A seq C+99999999 ack K+1 ts 110 T -> forward_spliced",
	       "> A seq S+99999999 ack C+1 ts 7001 110 -> forward_spliced");
	assert_int_equal(f->side[0].next, 0);
	assert_int_equal(f->side[1].ack, 0);
	assert_int_equal(f->side[1].next, 0);
	SCRIPT(&s, "< R seq 0 -> forward_spliced");
	assert_int_equal(f->closing, SCREEN_CLOSING_RST_CLIENT);
	world_free(w);
}

/* Forged early data does not take the places of the client's own. */
static void early_data_must_acknowledge_the_cookie(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED,
	       "< PA seq C+1 ack K+2 len 5 ts 105 T -> drop_splice_pending",
	       "< PA seq C+90000 ack K+1 len 5 ts 105 T -> drop_splice_pending",
	       "< PA seq C ack K+1 len 5 ts 105 T -> drop_splice_pending",
	       "< PA seq C+1 ack K+1 len 5 ts 105 T -> hold_splice_pending");
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blind_rst_and_syn_do_not_replace_a_live_splice),
		cmocka_unit_test(rst_with_number_0_is_as_blind_as_any),
		cmocka_unit_test(numbers_of_a_splice_may_be_0),
		cmocka_unit_test(early_data_must_acknowledge_the_cookie),
		cmocka_unit_test(valid_cookie_is_spliced_and_translated_both_ways),
		cmocka_unit_test(client_without_options_is_spliced_without_options),
		cmocka_unit_test(early_data_is_held_and_delivered_after_opening),
		cmocka_unit_test(data_does_not_overtake_what_is_held),
		cmocka_unit_test(worker_that_cannot_wait_for_another_server_refuses_the_splice),
		cmocka_unit_test(duplicate_acks_make_one_flow_and_one_syn),
		cmocka_unit_test(client_that_gives_up_while_pending_leaves_nothing_at_the_server),
		cmocka_unit_test(blind_rst_does_not_end_a_pending_splice),
		cmocka_unit_test(rst_at_the_exact_sequence_number_passes_and_ends_the_flow),
		cmocka_unit_test(invalid_cookies_are_dropped_while_flooding),
		cmocka_unit_test(syn_cookie_ack_validation_accepts_previous_epoch_after_rotation),
		cmocka_unit_test(cookie_of_the_other_master_key_opens),
		cmocka_unit_test(cookie_of_a_peer_opens_in_calm),
		cmocka_unit_test(cookies_are_checked_for_as_long_as_they_can_be_under_way),
		cmocka_unit_test(late_copy_of_the_first_request_is_not_executed_twice),
		cmocka_unit_test(overtaking_data_of_the_next_connection_is_not_of_the_last),
		cmocka_unit_test(splice_is_right_whichever_worker_sees_it),
		cmocka_unit_test(client_begins_a_splice_anew_that_was_handed_over_pending),
		cmocka_unit_test(server_answers_a_splice_that_was_handed_over_pending),
	};

	return RUN(tests);
}
