/*
 * Scripts over what a splice makes of its server's answer: a SYN-ACK, a refusal, or none.
 */
#include "splice_script.h"

static void refused(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED,
	       /* not for our SYN */
	       "> RA seq 0 ack C -> drop_splice_pending", "> R seq C+1 -> drop_splice_pending",
	       "> RA seq 0 ack C+1 win 0 -> forward_spliced = RA seq K+1 ack C+1 win 0",
	       "< PA seq C+1 ack K+1 len 5 ts 105 T -> drop_splice_closed",
	       /* the port does not look open now, until it answers again */
	       "flood 100", "< S seq C+9 len 3 " OPTIONS " -> reply_closed_port"
	       " = RA seq 0 ack C+13 win 0",
	       "> SA seq S ack C+1 mss 1460 sack ts 9 105 nop ws 7 -> reply_stale_half",
	       /* the client tries again: a new challenge, a new splice */
	       "+1 flood 100", "< S seq C+9 " OPTIONS " -> reply_challenge"
	       " = SA seq L ack C+10 mss 1460 sack ts U 100 nop ws 7",
	       "< A seq C+10 ack L+1 ts 101 U -> forward_splice_syn"
	       " = S seq C+9 mss 1400 sack ts 101 0 nop ws 10");
}

static void server_rst_becomes_a_rst_that_the_client_believes(void **state)
{
	(void)state;
	script_everywhere(refused);
}

static void silent(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED,
	       "+7 abandon = RA seq K+1 ack C+1",
	       "< PA seq C+1 ack K+1 len 5 ts 105 T -> drop_splice_closed",
	       "> SA seq S ack C+1 -> reply_stale_half");
}

static void silent_server_is_abandoned_with_a_rst(void **state)
{
	(void)state;
	script_everywhere(silent);
}

/* The owner's timer and the server's answer, on two workers: only one of them ends it. */
static void answered_splice_cannot_be_abandoned(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	uint8_t to[SCREEN_SYNTHETIC_MAX];

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, OPENED);
	assert_int_equal(screen_abandon(&w->context, w->syn_flow, w->syn.data, w->syn.length, to),
			 0);
	SCRIPT(&s, "> A seq S+1 ack C+1 win 100 ts 7003 110 -> forward_spliced"
		   " = A seq K+1 ack C+1 win 400 ts T+3 110");
	world_free(w);
}

static void stale_half(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED,
	       /* a half of an old connection answers our SYN (RFC 9293 section 3.5.1) */
	       "> A seq S-900 ack C-5000 ts 1 2 -> reply_stale_half = R seq C-5000 ack 0",
	       OPENED, "> PA seq S+1 ack C+1 len 5 ts 7001 105 -> forward_spliced"
	       " = PA seq K+1 ack C+1 len 5 ts T+1 105");
}

static void stale_half_at_the_server_is_reset(void **state)
{
	(void)state;
	script_everywhere(stale_half);
}

/* What was damaged on the way must not open, refuse or teach anything: its numbers may be the damage. */
static void damaged(struct world *w, struct script *s)
{
	SCRIPT(s, FLOODED, VALIDATED,
	       "> SA seq S+4096 ack C+1 win 65160 mss 1460 ts 7000 105 len 1 bad -> drop_checksum",
	       "> RA seq 0 ack C+1 win 0 len 1 bad -> drop_checksum",
	       "> A seq S+9 ack C+5 len 1 bad -> drop_checksum", OPENED);
	w->client.dport = 81;
	SCRIPT(s, "< S seq C " OPTIONS " -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 700 len 1 bad -> forward_flow",
	       "> RA seq 0 ack C+1 len 1 bad -> forward_flow", "flood 100",
	       "+1 < S seq C " OPTIONS " -> reply_challenge");
	assert_int_equal(w->d.server.known, SCREEN_SERVER_TIMESTAMPS);
}

static void damaged_answers_of_the_server_change_nothing(void **state)
{
	(void)state;
	script_everywhere(damaged);
}

/* A wrong guess: the client was promised timestamps, and gets them; a clock of ours goes on from the
 * cookie's. */
static void server_without_options(struct world *w, struct script *s)
{
	w->policy.server[0].profile = (struct screen_server_profile){ 0 };
	SCRIPT(s, FLOODED,
	       "< A seq C+1 ack K+1 win 500 ts 105 T -> forward_splice_syn"
	       /* room for timestamps */
	       " = S seq C ack 0 win 65535 len 0 mss 1388 sack ts 105 0 nop ws 10",
	       "> SA seq S ack C+1 win 30000 mss 1460 -> reply_server_ack"
	       /* 500 << 10 does not fit an unscaled window */
	       " = A seq C+1 ack S+1 win 65535",
	       "< A seq C+1 ack K+1 win 3 ts 120 T nop nop block K+5 K+9 -> forward_spliced"
	       " = A seq C+1 ack S+1 win 3072",
	       "> PA seq S+1 ack C+1 win 127 len 3 -> forward_spliced"
	       " = PA seq K+1 ack C+1 win 1 len 3 ts T+1000 120",
	       "+2 > A seq S+4 ack C+1 win 0 len 1388 -> forward_spliced"
	       " = A seq K+4 ack C+1 win 0 len 1388 ts T+3000 120",
	       /* older ones do not set the clock back */
	       "< A seq C+1 ack K+4 win 3 ts 130 T -> forward_spliced",
	       "< A seq C+1 ack K+4 win 3 ts 125 T -> forward_spliced",
	       "> A seq S+1392 ack C+1 win 9 nop nop block C+5 C+9 -> forward_spliced"
	       " = A seq K+1392 ack C+1 win 1 ts T+3000 130 block C+5 C+9",
	       "> R seq S+1392 win 0 -> forward_spliced = R seq K+1392 ack 0");
}

static void server_without_options_gets_none_and_windows_are_rescaled(void **state)
{
	(void)state;
	script_everywhere(server_without_options);
}

/* What was not offered cannot be agreed to (RFC 7323 section 2.2, RFC 2018 section 2): a server that
 * answers it all the same is taken to do without. */
static void unasked(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, "flood 100", "< S seq C win 64000 mss 1400 -> reply_challenge = SA seq K ack C+1 mss M",
	       "< A seq C+1 ack K+1 win 64000 -> forward_splice_syn = S seq C mss 1400",
	       "> SAE seq S ack C+1 win 1000 mss 1460 sack ts 7000 0 nop ws 9 -> reply_server_ack"
	       " = A seq C+1 ack S+1 win 64000",
	       "< PA seq C+1 ack K+1 win 63999 len 1 -> forward_spliced"
	       " = PA seq C+1 ack S+1 win 63999 len 1",
	       "> PA seq S+1 ack C+2 win 999 len 3 ts 7001 0 -> forward_spliced"
	       " = PA seq K+1 ack C+2 win 999 len 3 ts 7001 0");
	assert_int_equal(w->flows.flows[w->syn_flow].server_flags, SCREEN_HAS_MSS);
}

static void server_that_agrees_to_what_was_not_offered_is_not_believed(void **state)
{
	(void)state;
	script_everywhere(unasked);
}

/* Only the SYN-ACK that opened the splice is acknowledged again; what merely looks like it is the
 * client's to judge. */
static void repeated(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, FLOODED, VALIDATED, OPENED, OPENED,
	       "> SRA seq S ack C+1 -> forward_spliced = SRA seq K ack C+1",
	       "> SA seq S ack C+77 ts 7000 105 -> forward_spliced = SA seq K ack C+77 ts T 105",
	       "> SA seq S+9 ack C+1 ts 7000 105 -> forward_spliced = SA seq K+9 ack C+1 ts T 105");
}

static void only_the_same_syn_ack_is_acknowledged_again(void **state)
{
	(void)state;
	script_everywhere(repeated);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_rst_becomes_a_rst_that_the_client_believes),
		cmocka_unit_test(silent_server_is_abandoned_with_a_rst),
		cmocka_unit_test(answered_splice_cannot_be_abandoned),
		cmocka_unit_test(stale_half_at_the_server_is_reset),
		cmocka_unit_test(damaged_answers_of_the_server_change_nothing),
		cmocka_unit_test(server_without_options_gets_none_and_windows_are_rescaled),
		cmocka_unit_test(server_that_agrees_to_what_was_not_offered_is_not_believed),
		cmocka_unit_test(only_the_same_syn_ack_is_acknowledged_again),
	};

	return RUN(tests);
}
