/*
 * What the driver does in the engine's place, frame by frame: the shim and the core for what it leaves
 * are, to anyone outside, the core alone. Here each kind of frame is told apart: who deals with it, and
 * what becomes of it.
 */
#include "run.h"

#include "twins_syn.h"

static const struct syn_row syns[] = {
	{ "MSS too small", "drop_syn_mss", false, OPTIONS(2, 4, 0, 215) },
	{ "MSS 0", "drop_syn_mss", false, OPTIONS(2, 4, 0, 0) },
	{ "MD5", "drop_syn_md5", false, OPTIONS(19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1) },
	{ "wrong checksum", "drop_checksum", false, OPTIONS(2, 4, 5, 0xb4), .damage = DAMAGE_SUM },
	{ "wrong IP checksum", "drop_checksum", false, .damage = DAMAGE_IP_SUM, .family = 4 },
	{ "payload", "reply_challenge", false, OPTIONS(2, 4, 5, 0xb4), .payload = 7 },
	{ "PSH", "reply_challenge", false, .more_flags = SCREEN_TCP_PSH },
	{ "URG", "reply_challenge", false, .more_flags = SCREEN_TCP_URG },
	{ "IP options", "reply_challenge", false, .words = 1, .family = 4 },
	{ "extension header", "reply_challenge", false, .extensions = 1, .family = 6 },
	{ "group MAC", "drop_syn_source", false, .damage = DAMAGE_GROUP_MAC },
	{ "group address", "drop_syn_source", false, .damage = DAMAGE_GROUP_SOURCE },
	{ "no address", "drop_syn_source", false, .damage = DAMAGE_NO_SOURCE },
	{ "land", "reply_challenge", false, .damage = DAMAGE_SAME_ENDS },
	{ "RST", "drop_no_flow", false, .more_flags = SCREEN_TCP_RST },
	{ "FIN", "drop_no_flow", false, .more_flags = SCREEN_TCP_FIN },
	{ "SYN-ACK", "drop_cookie_invalid", true, .more_flags = SCREEN_TCP_ACK },
	{ "SYN-ACK with FIN", "drop_cookie_invalid", false, .more_flags = SCREEN_TCP_ACK | SCREEN_TCP_FIN },
	{ "SYN-ACK with RST", "drop_cookie_invalid", true, .more_flags = SCREEN_TCP_ACK | SCREEN_TCP_RST },
};

static void syns_one_by_one(struct twins *t)
{
	for (size_t i = 0; i < PLAIN_SYNS; i++) {
		twins_flood(t);
		send_syn(t, &plain_syns[i]);
	}
	for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++) {
		if (syns[i].family && syns[i].family != t->core->client.family)
			continue;
		twins_flood(t);
		send_syn(t, &syns[i]);
	}
}

static void shim_answers_what_is_plain_as_the_core_would(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	twins_everywhere(t, syns_one_by_one);
	twins_free(t);
}

/* A SYN of the client itself. */
static void client_syn(struct twins *t, const char *what, const char *reason, bool by_shim)
{
	struct frame_spec f = t->core->client;

	f.flags = SCREEN_TCP_SYN;
	f.seq = 1000;
	(void)twins_send(t, &f, 0);
	twins_expect(t, what, reason, by_shim);
}

static void expect_not_by_shim(struct twins *t, const char *what)
{
	for (int i = 0; i < 300; i++) {
		(void)twins_spoofed_syn(t);
		if (t->by_shim)
			fail_msg("%s: %s by the shim", what, screen_reason_name(t->core->d.reason));
	}
}

static void shim_answers_under_no_lease_of_another_generation(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	twins_flood(t);
	client_syn(t, "let", "reply_challenge", true);
	t->core->policy.generation++;
	twins_policy(t);
	client_syn(t, "lease of before", "reply_challenge", false);
	twins_flood(t);
	client_syn(t, "let again", "reply_challenge", true);
	twins_same_state(t);
	twins_free(t);
}

/* The zone may have a host port, too, which needs not ask whether somebody listens. */
static void shim_answers_under_no_lease_of_a_host_port(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct screen_victims *v = &t->both->meters->victims;
	uint32_t at;

	(void)state;
	twins_flood(t);
	at = screen_victim_find(v, t->core->context.recent.hashed.hash);
	assert_in_range(at, 0, SCREEN_VICTIMS - 1);
	atomic_fetch_or(&v->victim[at].offer, 1ull << 56);
	client_syn(t, "a host port's", "reply_challenge", false);
	client_syn(t, "its own", "reply_challenge", true);
	twins_free(t);
}

static void shim_answers_nothing_that_is_not_challenged(void **state)
{
	struct twins *t = twins_new(6, 0);
	struct screen_policy *p = &t->core->policy;
	const struct screen_policy usual = *p;
	const struct { const char *what; uint8_t mode, offload, dry; uint64_t armed; } rows[] = {
		{ "mode drop", SCREEN_MODE_DROP, SCREEN_OFFLOAD_AUTO, 0, 1ull << SCREEN_IDS_SYN_FLOOD },
		{ "offload engine", SCREEN_MODE_SYN_COOKIE, SCREEN_OFFLOAD_ENGINE, 0,
		  1ull << SCREEN_IDS_SYN_FLOOD },
		{ "dry run", SCREEN_MODE_SYN_COOKIE, SCREEN_OFFLOAD_AUTO, 1, 1ull << SCREEN_IDS_SYN_FLOOD },
		{ "no SYN-flood screen", SCREEN_MODE_SYN_COOKIE, SCREEN_OFFLOAD_AUTO, 0,
		  1ull << SCREEN_IDS_LAND },
		{ "TCP as an extension header", SCREEN_MODE_SYN_COOKIE, SCREEN_OFFLOAD_AUTO, 1,
		  1ull << SCREEN_IDS_SYN_FLOOD | 1ull << SCREEN_IDS_EXTENSION_HEADER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*p = usual;
		p->mode = rows[i].mode;
		p->offload = rows[i].offload;
		p->profile[0].armed = rows[i].armed;
		p->profile[0].alarm_without_drop = rows[i].dry;
		p->profile[0].extension_headers[0] = 1ull << SCREEN_PROTO_TCP;
		twins_policy(t);
		expect_not_by_shim(t, rows[i].what);
	}
	twins_free(t);
}

static void shim_leaves_who_may_pass_to_the_engine(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct world *w = t->core;
	struct screen_validated_client c = { .port = w->client.dport, .source = { [10] = 0xff, 0xff },
					     .destination = { [10] = 0xff, 0xff } };

	(void)state;
	world_list_client(w);
	twins_policy(t);
	twins_flood(t);
	client_syn(t, "white-listed", "forward_syn_white_list", false);
	w->policy.profile[0].prefix_count = 0;
	w->client.sport++;
	twins_policy(t);
	memcpy(c.source + 12, w->client.source, 4);
	memcpy(c.destination + 12, w->client.destination, 4);
	twins_flood(t);
	client_syn(t, "nobody special", "reply_challenge", true);
	(void)screen_validated_insert(w->validated, &c, twins_now() / 1000000, 100000);
	(void)screen_validated_insert(t->both->validated, &c, twins_now() / 1000000, 100000);
	twins_flood(t);
	client_syn(t, "validated", "forward_syn_validated", false);
	twins_free(t);
}

static void shim_stays_under_the_reply_rate(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	t->core->policy.reply_rate = 120;
	twins_policy(t);
	twins_early();
	for (int i = 0; i < 1000 && t->did[SCREEN_SHIM_REPLY_RATE] < 50; i++)
		(void)twins_spoofed_syn(t);
	twins_expect(t, "above reply-rate", "drop_reply_rate", true);
	assert_in_range(t->did[SCREEN_SHIM_CHALLENGED], 1, 1000);
	t->core->policy.reply_rate = 0;
	t->core->policy.reply_prefix_rate = 3;
	twins_policy(t);
	twins_flood(t);
	for (int i = 0; i < 10; i++)
		client_syn(t, "one prefix", i < 3 ? "reply_challenge" : "drop_reply_rate", true);
	twins_same_state(t);
	twins_free(t);
}

/* A worker that has had no turn for a while, and has frames, must get one. */
static void shim_leaves_syns_to_a_worker_that_is_late(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct screen_shim_control *c = t->port[0].control;

	(void)state;
	twins_flood(t);
	client_syn(t, "an idle worker", "reply_challenge", true);
	c->handed[0]++;
	client_syn(t, "one at work", "reply_challenge", true);
	c->beat[0] = twins_now() - 50000000;
	client_syn(t, "a late one", "reply_challenge", false);
	c->done[0]++;
	client_syn(t, "one that sleeps", "reply_challenge", true);
	twins_free(t);
}

static void shim_mints_nothing_in_an_epoch_that_is_over(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	twins_flood(t);
	twins_keys(t, 1, TWINS_NEVER_NS);
	expect_not_by_shim(t, "the next epoch has begun");
	twins_keys(t, TWINS_NEVER_NS, 1);
	expect_not_by_shim(t, "the keys are too old");
	world_epoch(t->core, 42, true);
	twins_keys(t, TWINS_NEVER_NS, TWINS_NEVER_NS);
	twins_flood(t);
	client_syn(t, "the epoch before", "reply_challenge", true);
	twins_free(t);
}

/* What the server says to the client's SYN. */
static void server_says(struct twins *t, uint8_t flags, uint16_t window)
{
	struct frame_spec f = t->core->client;

	frame_mirror(&f);
	f.flags = SCREEN_TCP_ACK | flags;
	f.seq = 5000;
	f.ack = 1001;
	f.window = window;
	(void)twins_send(t, &f, 1);
	twins_expect(t, "the server", "forward_flow", false);
}

static void shim_promises_what_the_server_says_now(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	client_syn(t, "calm", "forward_syn_calm", false);
	twins_flood(t);
	server_says(t, SCREEN_TCP_SYN, 1234);
	(void)twins_spoofed_syn(t);
	twins_expect(t, "the first of another promise", "reply_challenge", false);
	twins_flood(t);
	assert_int_equal(frame_get16(t->out.data + 14 + 20 + 14), 1234);
	server_says(t, SCREEN_TCP_SYN, 1234);
	(void)twins_spoofed_syn(t);
	twins_expect(t, "nothing new", "reply_challenge", true);
	twins_free(t);
}

static void shim_leaves_syns_of_flows_to_the_engine(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct frame_spec f;

	(void)state;
	client_syn(t, "calm", "forward_syn_calm", false);
	twins_flood(t);
	client_syn(t, "of a half-open flow", "reply_challenge", false);
	server_says(t, SCREEN_TCP_SYN, 1234);
	f = t->core->client;
	f.flags = SCREEN_TCP_ACK;
	f.seq = 1001;
	f.ack = 5001;
	(void)twins_send(t, &f, 0);
	twins_expect(t, "open", "forward_flow", false);
	twins_flood(t);
	client_syn(t, "of an open flow", "forward_syn_known", false);
	twins_same_state(t);
	twins_free(t);
}

static void shim_answers_for_no_port_that_has_just_refused(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	client_syn(t, "calm", "forward_syn_calm", false);
	twins_flood(t);
	server_says(t, SCREEN_TCP_RST, 0);
	(void)twins_spoofed_syn(t);
	twins_expect(t, "closed", "reply_closed_port", false);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_answers_what_is_plain_as_the_core_would),
		cmocka_unit_test(shim_answers_under_no_lease_of_another_generation),
		cmocka_unit_test(shim_answers_under_no_lease_of_a_host_port),
		cmocka_unit_test(shim_answers_nothing_that_is_not_challenged),
		cmocka_unit_test(shim_leaves_who_may_pass_to_the_engine),
		cmocka_unit_test(shim_stays_under_the_reply_rate),
		cmocka_unit_test(shim_leaves_syns_to_a_worker_that_is_late),
		cmocka_unit_test(shim_mints_nothing_in_an_epoch_that_is_over),
		cmocka_unit_test(shim_promises_what_the_server_says_now),
		cmocka_unit_test(shim_leaves_syns_of_flows_to_the_engine),
		cmocka_unit_test(shim_answers_for_no_port_that_has_just_refused),
	};

	return RUN(tests);
}
