/*
 * ECN through a challenge (RFC 3168): agreed only where the server is known to do it, and taken back
 * from the client's packets when the server then refuses.
 */
#include "splice_script.h"

#define ECN_SYN "< SEW seq C mss 1400 ts 100 0"

static void server_has(struct world *w, uint8_t what)
{
	w->policy.server[0].profile = (struct screen_server_profile){
		.known = SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_ECN, .has = what,
	};
}

/* The traffic class of what leaves. */
static uint8_t class_of(const struct world *w)
{
	const uint8_t *ip = w->out.data + 14 + w->client.tags * 4;

	return w->client.family == 4 ? ip[1] : (uint8_t)(frame_get32(ip) >> 20);
}

/* Sends a client's segment of traffic class `class`; returns that of what leaves. */
static uint8_t class_sent(struct world *w, struct script *s, uint8_t class, const char *line)
{
	uint8_t before = w->client.class;

	w->client.class = class;
	SCRIPT(s, line);
	w->client.class = before;
	if (w->client.family == 6) /* the flow label stays */
		assert_int_equal(frame_get32(w->out.data + 14 + w->client.tags * 4) & 0xfffff,
				 0xabcde);
	return class_of(w);
}

static void assert_classes(struct world *w, struct script *s, bool stays)
{
	static const uint8_t classes[] = { 0xb8, 0xb9, 0xba, 0xbb, 0, 1, 2, 3, 0xff };

	for (size_t i = 0; i < sizeof(classes); i++) {
		uint8_t got = class_sent(w, s, classes[i], "< PA seq C+1 ack K+1 len 9 ts 120 T"
							   " -> forward_spliced");

		assert_int_equal(got, stays ? classes[i] : classes[i] & 0xfc);
	}
}

static void unknown(struct world *w, struct script *s)
{
	(void)w;
	SCRIPT(s, "flood 100", ECN_SYN " -> reply_challenge = SA seq K ack C+1 mss M ts T 100",
	       "< A seq C+1 ack K+1 ts 105 T -> forward_splice_syn = S seq C mss 1400 ts 105 0",
	       "> SA seq S ack C+1 mss 1460 ts 7000 105 -> reply_server_ack");
	assert_classes(w, s, true); /* nothing was agreed: nothing is touched */
}

static void ecn_is_not_agreed_for_a_server_that_is_not_known_to_do_it(void **state)
{
	(void)state;
	script_everywhere(unknown);
}

static void agreed(struct world *w, struct script *s)
{
	server_has(w, SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_ECN);
	SCRIPT(s, "flood 100", ECN_SYN " -> reply_challenge = SAE seq K ack C+1 mss M ts T 100");
	/* RFC 3168 section 6.1.1: neither SYN nor SYN-ACK is ECN-capable itself */
	assert_int_equal(class_of(w) & 3, 0);
	assert_int_equal(class_sent(w, s, 0xbb, "< A seq C+1 ack K+1 ts 105 T -> forward_splice_syn"
						" = SEW seq C mss 1400 ts 105 0"), 0xb8);
	SCRIPT(s, "> SAE seq S ack C+1 mss 1460 ts 7000 105 -> reply_server_ack = A seq C+1 ack S+1 ts 105 7000");
	assert_classes(w, s, true);
	/* the conversation about congestion passes */
	SCRIPT(s, "> AE seq S+1 ack C+10 ts 7001 120 -> forward_spliced = AE seq K+1 ack C+10 ts T+1 120",
	       "< AW seq C+10 ack K+1 ts 121 T+1 len 1 -> forward_spliced"
	       " = AW seq C+10 ack S+1 ts 121 7001 len 1");
}

static void ecn_is_agreed_with_who_offers_it_to_a_server_that_does_it(void **state)
{
	(void)state;
	script_everywhere(agreed);
}

static void refused(struct world *w, struct script *s)
{
	server_has(w, SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_ECN);
	SCRIPT(s, "flood 100", ECN_SYN " -> reply_challenge = SAE seq K ack C+1 mss M ts T 100",
	       "< A seq C+1 ack K+1 ts 105 T -> forward_splice_syn",
	       /* both flags are a reflection, and no yes */
	       "> SAEW seq S ack C+1 mss 1460 ts 7000 105 -> reply_server_ack");
	assert_classes(w, s, false);
	/* the server's own packets are not marked, and what they are marked by others stays */
	w->client.class = 0x03;
	SCRIPT(s, "> A seq S+1 ack C+1 ts 7001 120 -> forward_spliced = A seq K+1 ack C+1 ts T+1 120");
	assert_int_equal(class_of(w), 3);
}

static void ecn_that_the_server_refuses_is_taken_from_the_clients_packets(void **state)
{
	(void)state;
	script_everywhere(refused);
}

/* Neither half an offer nor one without timestamps, in which the cookie remembers it. */
static void ecn_takes_a_whole_offer(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	server_has(w, SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_ECN);
	SCRIPT(&s, "flood 100", "< SE seq C mss 1400 ts 1 0 -> reply_challenge = SA seq K ack C+1 mss M ts T 1",
	       "< SW seq C mss 1400 ts 1 0 -> reply_challenge = SA seq K ack C+1 mss M ts T 1",
	       "< SEW seq C mss 1400 -> reply_challenge = SA seq L ack C+1 mss M");
	server_has(w, SCREEN_SERVER_ECN);
	SCRIPT(&s, ECN_SYN " -> reply_challenge = SA seq L ack C+1 mss M");
	world_free(w);
}

/* ---- what is learned ------------------------------------------------------------------------- */

enum word { NOTHING, NO, YES };

/* What the only server said of ECN. */
static enum word learned(struct world *w)
{
	for (uint32_t i = 0; i < SCREEN_SERVERS; i++) {
		struct screen_server *v = &w->meters->servers.server[i];
		struct screen_server_profile p = screen_server_profile(v, NULL, 4, 1000);

		if (v->hash == 0)
			continue;
		if (!(p.known & SCREEN_SERVER_ECN))
			return NOTHING;
		return p.has & SCREEN_SERVER_ECN ? YES : NO;
	}
	fail_msg("no server is known");
	return NOTHING;
}

static void server_says_yes_or_no_to_ecn_when_it_is_asked(void **state)
{
	static const struct {
		const char *syn, *answer;
		enum word word;
	} rows[] = {
		{ "< SEW seq C mss 1400 -> forward_syn_calm", "> SAE seq S ack C+1 -> forward_flow",
		  YES },
		{ "< SEW seq C mss 1400 -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow",
		  NO },
		{ "< SEW seq C mss 1400 -> forward_syn_calm", "> SAEW seq S ack C+1 -> forward_flow",
		  NO },
		{ "< S seq C mss 1400 -> forward_syn_calm", "> SA seq S ack C+1 -> forward_flow",
		  NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = world_new(4, 0);
		struct script s = script_new(w);

		SCRIPT(&s, rows[i].syn, rows[i].answer);
		assert_int_equal(learned(w), rows[i].word);
		world_free(w);
	}
}

/* With AE set the SYN is one of Accurate ECN (RFC 9768), whose answers mean other things: no ECE is no
 * "no". The bit itself passes. */
static void accurate_ecn_is_no_question_about_ecn(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	struct frame_spec f = w->client;
	struct screen_packet p = { .l3 = 14, .l4 = 34, .family = 4, .protocol = 6 };
	uint8_t data[FRAME_MAX];
	uint32_t length;

	(void)state;
	script_set(&s, 'C', 77);
	f.flags = SCREEN_TCP_SYN | SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	f.seq = 77;
	length = frame_build(data, &f);
	p.end = (uint16_t)length;
	data[34 + 12] |= 1;
	frame_write_tcp_checksum(data, &p);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_SYN_CALM);
	assert_memory_equal(w->out.data, data, length);
	SCRIPT(&s, "> SAW seq S ack C+1 -> forward_flow");
	assert_int_equal(learned(w), NOTHING);
	world_free(w);
}

/* RFC 9768 section 3.1.2: to its SYN, ECE alone is the answer of a server with classic ECN, which the
 * client then falls back to. */
static void accurate_ecn_is_answered_by_classic_ecn(void **state)
{
	struct world *w = world_new(6, 0);
	struct frame_spec f = w->client;
	struct screen_packet p = { .l3 = 14, .l4 = 54, .family = 6, .protocol = 6 };
	uint8_t data[FRAME_MAX];
	uint32_t length;

	(void)state;
	server_has(w, SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_ECN);
	world_flood(w, 100);
	f.flags = SCREEN_TCP_SYN | SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	f.options_length = 12;
	memcpy(f.options, (uint8_t[]){ 1, 1, 8, 10 }, 4);
	length = frame_build(data, &f);
	p.end = (uint16_t)length;
	data[54 + 12] |= 1;
	frame_write_tcp_checksum(data, &p);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_REPLY_CHALLENGE);
	assert_int_equal(w->out.data[54 + 12] & 0x0f, 0); /* reserved bits are cleared */
	assert_int_equal(w->out.data[54 + 13], SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_ECE);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecn_is_not_agreed_for_a_server_that_is_not_known_to_do_it),
		cmocka_unit_test(ecn_is_agreed_with_who_offers_it_to_a_server_that_does_it),
		cmocka_unit_test(ecn_that_the_server_refuses_is_taken_from_the_clients_packets),
		cmocka_unit_test(ecn_takes_a_whole_offer),
		cmocka_unit_test(server_says_yes_or_no_to_ecn_when_it_is_asked),
		cmocka_unit_test(accurate_ecn_is_no_question_about_ecn),
		cmocka_unit_test(accurate_ecn_is_answered_by_classic_ecn),
	};

	return RUN(tests);
}
