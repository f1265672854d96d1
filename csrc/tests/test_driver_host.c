/*
 * What the program of a host port answers in the engine's place: only what the core would answer alike, for a
 * listener of this machine, and of that only what nobody else is to have.
 */
#include "run.h"

#include "listener_of.h"
#include "twins_syn.h"

enum { SYNS = 3000 };

static struct frame_spec client_syn(const struct twins *t)
{
	struct frame_spec f = t->core->client;

	f.flags = SCREEN_TCP_SYN;
	f.seq = 1000;
	return f;
}

static void expect_not_by_driver(struct twins *t, const char *what, const struct frame_spec *f)
{
	for (int i = 0; i < 300; i++) {
		(void)twins_send(t, f, 0);
		if (t->by_shim)
			fail_msg("%s: by the driver", what);
	}
}

static void host_port_answers_what_is_plain_as_the_core_would(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_RESET);

	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		twins_forget(t);
		world_family(t->core, (uint8_t)family, 0);
		for (size_t i = 0; i < PLAIN_SYNS; i++) {
			twins_flood(t);
			send_syn(t, &plain_syns[i]);
		}
	}
	twins_free(t);
}

static void host_port_answers_behind_a_priority_tag_and_not_in_a_vlan(void **state)
{
	struct twins *t = twins_of(6, 1, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f;

	(void)state;
	t->core->client.tci[0] = 5 << 13;
	twins_flood(t);
	f = client_syn(t);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "a priority", "reply_challenge", true);
	f.tci[0] |= 100;
	expect_not_by_driver(t, "a VLAN", &f);
	assert_true(t->by_kernel);
	twins_free(t);
}

static void host_port_leaves_to_the_engine_what_is_not_plain(void **state)
{
	static const struct syn_row rows[] = {
		{ "MSS too small", "drop_syn_mss", false, OPTIONS(2, 4, 0, 215) },
		{ "MD5", "drop_syn_md5", false, OPTIONS(19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1) },
		{ "wrong checksum", "drop_checksum", false, OPTIONS(2, 4, 5, 0xb4), .damage = DAMAGE_SUM },
		{ "wrong IP checksum", "drop_checksum", false, .damage = DAMAGE_IP_SUM },
		{ "payload", "reply_challenge", false, OPTIONS(2, 4, 5, 0xb4), .payload = 7 },
		{ "PSH", "reply_challenge", false, .more_flags = SCREEN_TCP_PSH },
		{ "IP options", "reply_challenge", false, .words = 1 },
		{ "land", "reply_challenge", false, .damage = DAMAGE_SAME_ENDS },
	};
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_RESET);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		twins_flood(t);
		send_syn(t, &rows[i]);
		assert_false(t->by_kernel);
	}
	twins_free(t);
}

/* What the kernel could not admit is challenged in another way, or not at all. */
static void host_port_answers_nobody_whom_the_kernel_could_not_admit(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f;

	(void)state;
	twins_flood(t);
	f = client_syn(t);
	f.options_length = 4;
	memcpy(f.options, (uint8_t[]){ 2, 4, 2, 0x18 }, 4); /* 536, the least */
	(void)twins_send(t, &f, 0);
	twins_expect(t, "MSS 536", "reply_challenge", true);
	f.options[3]--;
	expect_not_by_driver(t, "MSS 535", &f);
	f = client_syn(t);
	f.dport = MULTIPATH_PORT;
	expect_not_by_driver(t, "a listener of MPTCP", &f);
	twins_flood(t);
	t->e->host.refuses = true;
	twins_policy(t);
	f = client_syn(t);
	expect_not_by_driver(t, "a kernel that admits nobody", &f);
	twins_free(t);
}

static void host_port_answers_for_no_listener_that_is_gone(void **state)
{
	struct twins *t = twins_of(6, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f = client_syn(t);

	(void)state;
	twins_flood(t);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "it listens", "reply_challenge", true);
	close(listener);
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_NO_LISTENER);
	listener = listen_at(PORT, IPPROTO_TCP);
	twins_free(t);
}

static void host_port_leaves_syns_of_sockets_to_the_kernel(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct connection c = connect_to_listener();
	struct frame_spec f = client_syn(t);

	(void)state;
	twins_flood(t);
	memcpy(f.source, c.address, 4);
	f.sport = c.port ^ 1;
	(void)twins_send(t, &f, 0);
	twins_expect(t, "of no socket", "reply_challenge", true);
	f.sport ^= 1;
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_SOCKET);
	connection_close(&c);
	twins_free(t);
}

static void host_port_leaves_who_may_pass_to_the_kernel(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct world *w = t->core;
	struct screen_validated_client c = { .port = PORT, .source = { [10] = 0xff, 0xff },
					     .destination = { [10] = 0xff, 0xff } };
	struct frame_spec f = client_syn(t);

	(void)state;
	world_list_client(w);
	twins_policy(t);
	twins_flood(t);
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_WHITE_LIST);
	w->policy.profile[0].prefix_count = 0;
	twins_policy(t);
	memcpy(c.source + 12, w->client.source, 4);
	memcpy(c.destination + 12, w->client.destination, 4);
	(void)screen_validated_insert(t->both->validated, &c, twins_now() / 1000000, 100000);
	twins_flood(t);
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_VALIDATED);
	twins_free(t);
}

static void host_port_answers_under_no_lease_of_another_generation(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f = client_syn(t);

	(void)state;
	twins_flood(t);
	t->core->policy.generation++;
	twins_policy(t);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "lease of before", "reply_challenge", false);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "and of now", "reply_challenge", true);
	twins_free(t);
}

static struct screen_victim *victim_of_flood(struct twins *t)
{
	uint32_t at = screen_victim_find(&t->both->meters->victims, t->core->context.recent.hashed.hash);

	assert_in_range(at, 0, SCREEN_VICTIMS - 1);
	return &t->both->meters->victims.victim[at];
}

/* The zone may have a wire, too, whose server promises something else, and may be there for the same address. */
static void host_port_answers_under_no_lease_of_a_wire(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f = client_syn(t);
	struct screen_victim *v;

	(void)state;
	twins_flood(t);
	v = victim_of_flood(t);
	assert_int_equal(atomic_load(&v->offer) >> 56, 1);
	atomic_store(&v->offer, atomic_load(&v->offer) << 8 >> 8);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "a wire's", "reply_challenge", false);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "its own", "reply_challenge", true);
	twins_free(t);
}

/* What is another machine's, as it has turned out, is left alone from then on. */
static void host_port_answers_for_no_address_that_is_translated(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct screen_host_end end = { .address = { [10] = 0xff, 0xff }, .port = PORT };
	struct frame_spec f = client_syn(t);
	uint64_t now = twins_now();

	(void)state;
	twins_flood(t);
	memcpy(end.address + 12, f.destination, 4);
	assert_int_equal(bpf_map_update_elem(t->e->host.translated, &end, &now, BPF_ANY), 0);
	screen_victim_forbid(&t->both->meters->victims, t->core->context.recent.hashed.hash); /* as the admitter does */
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_NO_LISTENER);
	assert_int_equal(bpf_map_delete_elem(t->e->host.translated, &end), 0);
	twins_free(t);
}

static void host_port_answers_nothing_that_is_not_the_drivers(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct screen_policy *p = &t->core->policy;
	const struct screen_policy usual = *p;
	const struct { const char *what; uint8_t offload, dry, admission; } rows[] = {
		{ "offload engine", SCREEN_OFFLOAD_ENGINE, 0, SCREEN_ADMISSION_KERNEL },
		{ "dry run", SCREEN_OFFLOAD_AUTO, 1, SCREEN_ADMISSION_KERNEL },
		{ "safe-reset", SCREEN_OFFLOAD_AUTO, 0, SCREEN_ADMISSION_SAFE_RESET },
		{ "kernel-cookies", SCREEN_OFFLOAD_AUTO, 0, SCREEN_ADMISSION_KERNEL_COOKIES },
	};
	struct frame_spec f = client_syn(t);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*p = usual;
		p->offload = rows[i].offload;
		p->profile[0].alarm_without_drop = rows[i].dry;
		p->port[0].admission = rows[i].admission;
		t->core->syn_ring = t->both->syn_ring = rows[i].admission != SCREEN_ADMISSION_SAFE_RESET;
		twins_forget(t);
		twins_policy(t);
		expect_not_by_driver(t, rows[i].what, &f);
	}
	twins_free(t);
}

/* By the word of the kernel, which the driver heeds as soon as it is given. */
static void host_port_answers_while_the_kernel_says_that_a_queue_overflows(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct screen_zone_meter *z = &t->both->meters->zone[0];
	struct frame_spec f = client_syn(t);
	uint32_t now;

	(void)state;
	t->core->policy.activation = SCREEN_ACTIVATION_KERNEL;
	t->header.passive_timer_s = t->header.flood_timer_s = 3600;
	twins_policy(t);
	(void)twins_send(t, &f, 0); /* asks */
	atomic_store(&z->eased, 0);
	atomic_store(&z->overflows, SCREEN_HOST_OVERFLOWS);
	twins_flood(t);
	now = (uint32_t)(twins_now() / TWINS_SECOND_NS);
	assert_int_equal((uint32_t)atomic_load(&z->listeners),
			 (uint32_t)screen_sketch_estimate(&t->both->meters->attack, t->core->context.recent.hashed.hash,
							  now) + 1);
	atomic_store(&z->overflows, SCREEN_HOST_RELIEVED);
	expect_by_kernel(t, &f, SCREEN_SHIM_HOST_CALM);
	twins_free(t);
}

static void host_port_stays_under_the_reply_rate(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);

	(void)state;
	t->core->policy.reply_prefix_rate = 3;
	twins_policy(t);
	twins_flood(t);
	for (int i = 0; i < 10; i++) {
		struct frame_spec f = client_syn(t);

		(void)twins_send(t, &f, 0);
		twins_expect(t, "one prefix", i < 3 ? "reply_challenge" : "drop_reply_rate", true);
	}
	twins_free(t);
}

/* All that came, passed in calm, answered by the engine and by the driver, is in the meters in the end. */
static void host_port_counts_all_that_it_answers(void **state)
{
	struct twins *t = twins_of(6, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec ack = client_syn(t);
	struct screen_meters *m = t->both->meters;
	struct screen_zone_meter *z = &m->zone[0];
	uint64_t answered = 0;

	(void)state;
	ack.flags = SCREEN_TCP_ACK;
	for (int i = 0; i < SYNS; i++) {
		(void)twins_spoofed_syn(t);
		answered += !t->by_kernel;
	}
	(void)twins_send(t, &ack, 0); /* what is gathered goes to the meters */
	assert_in_range(t->did[SCREEN_SHIM_CHALLENGED], SYNS / 2, SYNS);
	assert_int_equal(screen_pace_total(&z->rate), SYNS);
	assert_int_equal(atomic_load(&z->challenged), answered);
	assert_int_equal(atomic_load(&z->ids[SCREEN_IDS_SYN_FLOOD]), answered);
	assert_int_equal(screen_pace_total(&victim_of_flood(t)->challenges), answered);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_port_answers_what_is_plain_as_the_core_would),
		cmocka_unit_test(host_port_answers_behind_a_priority_tag_and_not_in_a_vlan),
		cmocka_unit_test(host_port_leaves_to_the_engine_what_is_not_plain),
		cmocka_unit_test(host_port_answers_nobody_whom_the_kernel_could_not_admit),
		cmocka_unit_test(host_port_answers_for_no_listener_that_is_gone),
		cmocka_unit_test(host_port_leaves_syns_of_sockets_to_the_kernel),
		cmocka_unit_test(host_port_leaves_who_may_pass_to_the_kernel),
		cmocka_unit_test(host_port_answers_under_no_lease_of_another_generation),
		cmocka_unit_test(host_port_answers_under_no_lease_of_a_wire),
		cmocka_unit_test(host_port_answers_for_no_address_that_is_translated),
		cmocka_unit_test(host_port_answers_nothing_that_is_not_the_drivers),
		cmocka_unit_test(host_port_answers_while_the_kernel_says_that_a_queue_overflows),
		cmocka_unit_test(host_port_stays_under_the_reply_rate),
		cmocka_unit_test(host_port_counts_all_that_it_answers),
	};

	begin_listening();
	return RUN(tests);
}
