/*
 * What the shim does with segments: those of open flows go on to the other port, those of no flow whose
 * cookie does not check end here while their destination floods. All others are the engine's.
 */
#include "run.h"

#include "twins_answer.h"

enum { CLIENT = 0, SERVER = 1, ISN_CLIENT = 1000, ISN_SERVER = 5000 };

/* ---- pass ----------------------------------------------------------------------------------- */

struct segment_row {
	const char *what, *reason;
	bool by_shim;
	int side;
	uint8_t flags; /* beside ACK */
	bool no_ack, wrong_port;
	uint16_t payload;
	int32_t seq, ack; /* away from where it belongs */
	uint8_t padding, words, extensions;
	enum damage damage;
};

/* One connection, from its opening on. */
static const struct segment_row segments[] = {
	{ "no data yet", "forward_flow", false, .side = CLIENT },
	{ "the server speaks first", "forward_flow", true, SERVER, .payload = 10 },
	{ "the first data", "forward_flow", false, CLIENT, .flags = SCREEN_TCP_PSH, .payload = 20 },
	{ "data", "forward_flow", true, CLIENT, .flags = SCREEN_TCP_PSH, .payload = 30 },
	{ "data of the server", "forward_flow", true, SERVER, .payload = 40 },
	{ "an acknowledgement", "forward_flow", true, .side = CLIENT },
	{ "a keep-alive", "forward_flow", true, SERVER, .seq = -1 },
	{ "congestion", "forward_flow", true, SERVER, .flags = SCREEN_TCP_ECE | SCREEN_TCP_CWR },
	{ "far ahead", "forward_flow", true, CLIENT, .seq = 1 << 26 },
	{ "far behind", "forward_flow", true, SERVER, .ack = -(1 << 26) },
	{ "padding", "forward_flow", true, CLIENT, .padding = 9 },
	{ "a wrong checksum", "forward_flow", true, CLIENT, .damage = DAMAGE_SUM },
	{ "a partial checksum", "forward_flow", false, CLIENT, .payload = 7, .damage = DAMAGE_PARTIAL },
	{ "urgent", "forward_flow", false, CLIENT, .flags = SCREEN_TCP_URG },
	{ "no ACK", "forward_flow", false, CLIENT, .no_ack = true },
	{ "IP options", "forward_flow", false, CLIENT, .words = 1, .extensions = 1 },
	{ "SYN", "forward_syn_known", false, CLIENT, .flags = SCREEN_TCP_SYN, .no_ack = true },
	{ "SYN-ACK", "forward_flow", false, SERVER, .flags = SCREEN_TCP_SYN },
	{ "the wrong port", "drop_no_flow", false, SERVER, .wrong_port = true },
	{ "a forged RST", "forward_flow", false, SERVER, .flags = SCREEN_TCP_RST, .seq = 77 },
	{ "goes on", "forward_flow", true, .side = SERVER },
	{ "FIN", "forward_flow", false, CLIENT, .flags = SCREEN_TCP_FIN },
	{ "the last data", "forward_flow", false, SERVER, .payload = 5 },
	{ "FIN of the server", "forward_flow", false, SERVER, .flags = SCREEN_TCP_FIN },
	{ "behind the end", "forward_flow", false, .side = CLIENT },
};

struct ends {
	uint32_t next[2];
};

static struct frame_spec segment(const struct twins *t, const struct ends *e, int side, uint8_t flags)
{
	struct frame_spec f = t->core->client;

	if (side == SERVER)
		frame_mirror(&f);
	f.seq = e->next[side];
	f.ack = flags & SCREEN_TCP_ACK ? e->next[!side] : 0;
	f.flags = flags;
	return f;
}

static void idle(struct twins *t, uint8_t is)
{
	for (int slot = 0; slot < 2; slot++)
		t->port[slot].control->done[0] = t->port[slot].control->handed[0] - !is;
}

static struct ends new_flow(struct twins *t)
{
	struct ends e = { { ISN_CLIENT, ISN_SERVER } };
	struct frame_spec f = segment(t, &e, CLIENT, SCREEN_TCP_SYN);

	(void)twins_send(t, &f, 0);
	twins_expect(t, "SYN", "forward_syn_calm", false);
	e.next[CLIENT]++;
	f = segment(t, &e, SERVER, SCREEN_TCP_SYN | SCREEN_TCP_ACK);
	(void)twins_send(t, &f, 1);
	twins_expect(t, "SYN-ACK", "forward_flow", false);
	e.next[SERVER]++;
	f = segment(t, &e, CLIENT, SCREEN_TCP_ACK);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "ACK", "forward_flow", false);
	return e;
}

/* Has all flows be no short ones any more. */
static void grow(struct twins *t)
{
	for (uint32_t i = 1; i < WORLD_FLOWS - 1; i++) {
		struct screen_flow *f = &t->both->flows.flows[i];

		if (screen_flow_state_get(f) == SCREEN_FLOW_OPEN)
			f->passing[CLIENT] = f->passing[SERVER] = SCREEN_PASSING_FROM;
	}
}

static struct ends open_flow(struct twins *t)
{
	struct ends e = new_flow(t);

	grow(t);
	return e;
}

static void send_segment(struct twins *t, struct ends *e, const struct segment_row *row)
{
	struct frame_spec f = segment(t, e, row->side, SCREEN_TCP_ACK | row->flags);

	if (row->no_ack)
		f.flags &= (uint8_t)~SCREEN_TCP_ACK;
	f.payload_length = row->payload;
	f.seq += (uint32_t)row->seq;
	f.ack += (uint32_t)row->ack;
	f.padding = row->padding;
	f.ip_option_words = row->words;
	f.extensions = row->extensions;
	e->next[row->side] += row->payload + (row->flags & SCREEN_TCP_FIN);
	(void)twins_damaged(t, &f, row->damage, (uint8_t)(row->wrong_port ? !row->side : row->side));
	twins_expect(t, row->what, row->reason, row->by_shim);
	twins_same_state(t);
}

static void one_connection(struct twins *t)
{
	struct ends e = open_flow(t);

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		idle(t, 1);
		send_segment(t, &e, &segments[i]);
	}
}

static void shim_passes_the_talk_of_open_flows_and_nothing_else(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	twins_everywhere(t, one_connection);
	twins_free(t);
}

static void first_segments(struct twins *t, struct ends *e, uint8_t side)
{
	const struct segment_row early = { "not yet", "forward_flow", false, .side = side },
				 passed = { "passed", "forward_flow", true, .side = side },
				 urgent = { "urgent", "forward_flow", false, side, .flags = SCREEN_TCP_URG },
				 options = { "IP options", "forward_flow", false, side, .words = 1,
					     .extensions = 1 };

	for (int i = 0; i < SCREEN_PASSING_FROM; i++) {
		idle(t, 1);
		send_segment(t, e, &early);
		send_segment(t, e, &urgent); /* an odd one does not shorten it */
	}
	idle(t, 1);
	send_segment(t, e, &passed);
	send_segment(t, e, &urgent); /* nor is the connection a short one again */
	idle(t, 1);
	send_segment(t, e, &passed);
	send_segment(t, e, &options); /* one that the shim does not look up */
	idle(t, 0);
	send_segment(t, e, &early);
	idle(t, 1);
	send_segment(t, e, &passed);
}

static void shim_leaves_short_connections_whole_to_the_engine(void **state)
{
	static const struct segment_row request = { "a request", "forward_flow", false, CLIENT, .payload = 30 };
	struct twins *t = twins_new(4, 0);
	struct ends e = new_flow(t);

	(void)state;
	send_segment(t, &e, &request);
	first_segments(t, &e, CLIENT);
	first_segments(t, &e, SERVER);
	twins_free(t);
}

/* The kernel refuses a driver what is longer than its MTU and one tag. */
static void shim_passes_no_frame_that_the_other_port_would_not_send(void **state)
{
	static const struct segment_row brief = { "a short one", "forward_flow", true, .side = SERVER };
	static const struct segment_row lengthy = { "a long one", "forward_flow", false, .side = SERVER,
						    .payload = 300 };
	struct twins *t = twins_new(4, 0);
	struct ends e = open_flow(t);

	(void)state;
	t->e->ports[0].mtu = 200;
	twins_policy(t);
	idle(t, 1);
	send_segment(t, &e, &brief);
	send_segment(t, &e, &lengthy);
	idle(t, 1); /* it has been dealt with */
	send_segment(t, &e, &brief);
	twins_free(t);
}

static void shim_lets_no_segment_overtake_what_the_engine_has(void **state)
{
	static const struct segment_row server = { "of the server", "forward_flow", true, .side = SERVER };
	static const struct segment_row waits = { "of the server", "forward_flow", false, .side = SERVER };
	static const struct segment_row client = { "of the client", "forward_flow", false, .side = CLIENT };
	struct twins *t = twins_new(4, 0);
	struct ends e = open_flow(t);

	(void)state;
	idle(t, 0);
	send_segment(t, &e, &waits);
	idle(t, 1);
	send_segment(t, &e, &server);
	idle(t, 0); /* of this direction it had nothing once */
	send_segment(t, &e, &server);
	send_segment(t, &e, &client);
	twins_free(t);
}

static struct screen_flow *the_flow(struct world *w)
{
	uint32_t i = 1;

	while (i < WORLD_FLOWS - 1 && screen_flow_state_get(&w->flows.flows[i]) != SCREEN_FLOW_OPEN)
		i++;
	return &w->flows.flows[i];
}

static uint8_t passing_of(struct twins *t)
{
	return the_flow(t->both)->passing[SERVER];
}

static void silent_for_a_second(struct twins *t)
{
	the_flow(t->core)->side[SERVER].seen_s--;
	the_flow(t->both)->side[SERVER].seen_s--;
}

/* The engine is never without a frame; but for a moment its ring is empty. */
static void shim_passes_a_flow_that_is_always_busy_after_a_while(void **state)
{
	static const struct segment_row passed = { "passed", "forward_flow", true, .side = SERVER };
	static const struct segment_row waits = { "not yet", "forward_flow", false, .side = SERVER };
	struct twins *t = twins_new(4, 0);
	struct screen_shim_control *c = t->port[1].control;
	struct ends e = open_flow(t);

	(void)state;
	idle(t, 0);
	c->emptied[0] = c->handed[0];
	for (int i = SCREEN_PASSING_FROM; i < 250; i++)
		send_segment(t, &e, &waits);
	c->handed[0]++;
	send_segment(t, &e, &waits); /* now its ring is not */
	c->emptied[0]++;
	send_segment(t, &e, &passed);
	c->handed[0]++;
	send_segment(t, &e, &passed);
	assert_int_equal(passing_of(t), SCREEN_PASSING_BEGINS);
	silent_for_a_second(t);
	send_segment(t, &e, &passed); /* what it could overtake has long gone */
	assert_int_equal(passing_of(t), SCREEN_PASSING);
	twins_free(t);
}

/* ---- check ---------------------------------------------------------------------------------- */

struct flags_row {
	const char *what, *reason;
	bool by_shim;
	uint8_t flags;
};

static const struct flags_row flags[] = {
	{ "ACK", "drop_cookie_invalid", true, SCREEN_TCP_ACK },
	{ "data", "drop_cookie_invalid", true, SCREEN_TCP_ACK | SCREEN_TCP_PSH },
	{ "SYN-ACK", "drop_cookie_invalid", true, SCREEN_TCP_ACK | SCREEN_TCP_SYN },
	{ "FIN", "drop_cookie_invalid", true, SCREEN_TCP_ACK | SCREEN_TCP_FIN },
	{ "RST", "drop_cookie_invalid", true, SCREEN_TCP_RST },
	{ "RST with ACK", "drop_cookie_invalid", true, SCREEN_TCP_RST | SCREEN_TCP_ACK },
	{ "urgent", "drop_cookie_invalid", false, SCREEN_TCP_ACK | SCREEN_TCP_URG },
	{ "hidden SYN", "drop_no_flow", false, SCREEN_TCP_SYN | SCREEN_TCP_RST },
	{ "no flag", "drop_no_flag", false, 0 },
	{ "PSH", "drop_cookie_invalid", false, SCREEN_TCP_PSH },
	{ "SYN and FIN", "drop_syn_fin", false, SCREEN_TCP_SYN | SCREEN_TCP_FIN },
	{ "SYN, FIN and ACK", "drop_syn_fin", false, SCREEN_TCP_SYN | SCREEN_TCP_FIN | SCREEN_TCP_ACK },
	{ "FIN without ACK", "drop_fin_no_ack", false, SCREEN_TCP_FIN },
	{ "FIN with RST", "drop_fin_no_ack", false, SCREEN_TCP_FIN | SCREEN_TCP_RST },
};

static void flags_one_by_one(struct twins *t)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct frame_spec f = stranger(t, flags[i].flags);

		twins_flood(t);
		(void)twins_send(t, &f, 0);
		twins_expect(t, flags[i].what, flags[i].reason, flags[i].by_shim);
	}
}

static void shim_drops_forged_answers_and_leaves_odd_flags_to_their_screens(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	t->core->policy.profile[0].armed |= 1ull << SCREEN_IDS_NO_FLAG | 1ull << SCREEN_IDS_SYN_FIN |
					    1ull << SCREEN_IDS_FIN_NO_ACK;
	twins_policy(t);
	twins_everywhere(t, flags_one_by_one);
	twins_free(t);
}

static void answer(struct twins *t, const char *what, const char *reason, bool by_shim, uint64_t epoch,
		   uint64_t zone, uint8_t as)
{
	twins_flood(t);
	send_answer(t, epoch, zone, as);
	twins_expect(t, what, reason, by_shim);
}

static void cookies_one_by_one(struct twins *t)
{
	const uint8_t ack = SCREEN_TCP_ACK;

	answer(t, "of this epoch", "forward_splice_syn", false, 41, 0, ack);
	answer(t, "of the epoch before", "forward_splice_syn", false, 40, 0, ack);
	answer(t, "too old", "drop_cookie_invalid", true, 39, 0, ack);
	answer(t, "of the next epoch", "drop_cookie_invalid", true, 42, 0, ack);
	answer(t, "of another zone", "drop_cookie_invalid", true, 41, 1, ack);
	answer(t, "of the other master key", "forward_splice_syn", false, 900, 7, ack);
	answer(t, "of its epoch before", "forward_splice_syn", false, 899, 7, ack);
	answer(t, "of it, too old", "drop_cookie_invalid", true, 898, 7, ack);
	answer(t, "a reset where none is safe", "drop_cookie_invalid", false, 41, 0, SCREEN_TCP_RST);
	answer(t, "with FIN", "hold_splice_pending", false, 41, 0, ack | SCREEN_TCP_FIN);
}

static void early_data(struct twins *t)
{
	struct frame_spec f = answer_of(t, 41, 0, SCREEN_TCP_ACK);

	twins_flood(t);
	f.seq += 1460;
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_COOKIE_INVALID);
	f.seq -= 1460;
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_DROPPED_UNBOUND);
	f.seq += 1460;
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_DROPPED_UNBOUND);
	f.sport++; /* somebody else */
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_COOKIE_INVALID);
}

/* Data right behind a valid answer comes before there is a flow: it must reach the engine, which holds it. */
static void shim_drops_no_early_data_of_who_has_answered(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	for (int i = 0; i < 2; i++) {
		twins_forget(t);
		world_family(t->core, i ? 6 : 4, 0);
		early_data(t);
	}
	twins_free(t);
}

struct opening {
	uint64_t place, since_ns;
};

/* Has whoever has answered have done so a little later than this processor's clock says. */
static void openings_ahead(struct twins *t, uint64_t ns)
{
	int fd = twin_map(&t->port[0], "openings");
	uint32_t places = bpf_map__max_entries(t->port[0].shim->maps.openings);
	struct opening o;

	for (uint32_t at = 0; at < places; at++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &at, &o), 0);
		o.since_ns += o.place ? ns : 0;
		assert_int_equal(bpf_map_update_elem(fd, &at, &o, BPF_ANY), 0);
	}
}

static void shim_drops_no_early_data_when_another_processor_has_a_later_clock(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct frame_spec f = answer_of(t, 41, 0, SCREEN_TCP_ACK);

	(void)state;
	twins_flood(t);
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_DROPPED_UNBOUND);
	openings_ahead(t, 50000000);
	f.seq += 1460;
	assert_int_equal(at_once(t, &f), SCREEN_SHIM_DROPPED_UNBOUND);
	twins_free(t);
}

static void shim_leaves_every_cookie_that_may_be_valid_to_the_engine(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	other_keys(t);
	twins_everywhere(t, cookies_one_by_one);
	twins_flood(t);
	twins_keys(t, TWINS_NEVER_NS, 1);
	send_answer(t, 39, 0, SCREEN_TCP_ACK);
	twins_expect(t, "the keys are too old", "drop_cookie_invalid", false);
	twins_free(t);
}

static void shim_drops_no_cookie_of_an_epoch_whose_keys_it_has_not(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	twins_flood(t);
	twins_keys(t, 1, TWINS_NEVER_NS);
	world_epoch(t->core, 42, false);
	t->both->keyset = t->core->keyset;
	send_answer(t, 42, 0, SCREEN_TCP_ACK);
	twins_expect(t, "of the epoch that has begun", "forward_splice_syn", false);
	twins_free(t);
}

static void resets_one_by_one(struct twins *t)
{
	twins_early();
	/* by safe-reset the shim answers nobody: the flood is the core's */
	for (int i = 0; i < 200; i++)
		(void)twins_spoofed_syn(t);
	twins_expect(t, "a safe reset", "reply_challenge", false);
	assert_int_equal(t->did[SCREEN_SHIM_CHALLENGED], 0);
	send_answer(t, 41, 0, SCREEN_TCP_RST);
	twins_expect(t, "its answer", "drop_validated", false);
	send_answer(t, 39, 0, SCREEN_TCP_RST);
	twins_expect(t, "too old", "drop_cookie_invalid", true);
	send_answer(t, 41, 0, SCREEN_TCP_ACK);
	twins_expect(t, "a cookie where resets are safe", "reply_reset", false);
}

static void shim_leaves_safe_resets_to_the_engine(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	t->core->policy.port[0].admission = SCREEN_ADMISSION_SAFE_RESET;
	twins_policy(t);
	twins_everywhere(t, resets_one_by_one);
	twins_free(t);
}

static void shim_checks_only_where_the_engine_would_drop(void **state)
{
	struct twins *t = twins_new(4, 0);
	struct frame_spec f = stranger(t, SCREEN_TCP_ACK);

	(void)state;
	(void)twins_send(t, &f, 0);
	twins_expect(t, "calm", "drop_no_flow", false);
	t->core->context.learning_until_ns = TWINS_NEVER_NS;
	t->core->context.learning_rate = 100;
	twins_policy(t);
	twins_flood(t);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "learning", "forward_learning", false);
	t->core->context.learning_until_ns = 0;
	t->core->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	twins_policy(t);
	f.dport++;
	(void)twins_send(t, &f, 0);
	twins_expect(t, "always", "drop_cookie_invalid", true);
	frame_mirror(&f);
	(void)twins_send(t, &f, 1);
	twins_expect(t, "from the protected side", "forward_learned", false);
	twins_same_state(t);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_passes_the_talk_of_open_flows_and_nothing_else),
		cmocka_unit_test(shim_leaves_short_connections_whole_to_the_engine),
		cmocka_unit_test(shim_passes_no_frame_that_the_other_port_would_not_send),
		cmocka_unit_test(shim_lets_no_segment_overtake_what_the_engine_has),
		cmocka_unit_test(shim_passes_a_flow_that_is_always_busy_after_a_while),
		cmocka_unit_test(shim_drops_forged_answers_and_leaves_odd_flags_to_their_screens),
		cmocka_unit_test(shim_leaves_every_cookie_that_may_be_valid_to_the_engine),
		cmocka_unit_test(shim_drops_no_cookie_of_an_epoch_whose_keys_it_has_not),
		cmocka_unit_test(shim_drops_no_early_data_of_who_has_answered),
		cmocka_unit_test(shim_drops_no_early_data_when_another_processor_has_a_later_clock),
		cmocka_unit_test(shim_leaves_safe_resets_to_the_engine),
		cmocka_unit_test(shim_checks_only_where_the_engine_would_drop),
	};

	return RUN(tests);
}
