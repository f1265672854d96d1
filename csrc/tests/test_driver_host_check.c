/*
 * What the program of a host port drops in the engine's place: what comes to a listener that floods, belongs to
 * no socket and carries no valid cookie, of the engine's or the kernel's own.
 */
#include "run.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "listener_of.h"
#include "twins_answer.h"

enum { WAIT_MS = 2000 };

static void forged_by_flags(struct twins *t)
{
	static const struct { const char *what; bool dropped; uint8_t flags; } rows[] = {
		{ "ACK", true, SCREEN_TCP_ACK },
		{ "data", true, SCREEN_TCP_ACK | SCREEN_TCP_PSH },
		{ "SYN-ACK", true, SCREEN_TCP_ACK | SCREEN_TCP_SYN },
		{ "FIN", true, SCREEN_TCP_ACK | SCREEN_TCP_FIN },
		{ "RST", true, SCREEN_TCP_RST },
		{ "RST with ACK", true, SCREEN_TCP_RST | SCREEN_TCP_ACK },
		{ "urgent", true, SCREEN_TCP_ACK | SCREEN_TCP_URG },
		{ "urgent SYN-ACK", true, SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_URG },
		{ "no flag", false, 0 },
		{ "FIN without ACK", false, SCREEN_TCP_FIN },
		{ "SYN, FIN and ACK", true, SCREEN_TCP_SYN | SCREEN_TCP_FIN | SCREEN_TCP_ACK },
		{ "URG alone", false, SCREEN_TCP_URG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame_spec f = stranger(t, rows[i].flags);

		twins_flood(t);
		(void)twins_send(t, &f, 0);
		if (t->by_shim != rows[i].dropped || t->by_kernel == rows[i].dropped)
			fail_msg("IPv%u, %s: by the %s", f.family, rows[i].what,
				 t->by_shim ? "driver" : t->by_kernel ? "kernel" : "engine");
	}
}

static void host_port_drops_forged_answers_to_a_listener(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		twins_forget(t);
		world_family(t->core, family, 0);
		forged_by_flags(t);
	}
	assert_int_equal(atomic_load(&t->both->meters->zone[0].cookies_invalid), t->did[SCREEN_SHIM_COOKIE_INVALID] / 2);
	twins_free(t);
}

/* Whether an answer by an ACK is left to the kernel. */
static void by_kernel(struct twins *t, const char *what, bool expected, uint64_t epoch, uint64_t zone)
{
	twins_flood(t);
	send_answer(t, epoch, zone, SCREEN_TCP_ACK);
	if (t->by_kernel != expected || t->by_shim == expected)
		fail_msg("%s: by the %s", what, t->by_kernel ? "kernel" : t->by_shim ? "driver" : "engine");
}

static void host_port_leaves_every_cookie_that_may_be_valid_to_the_kernel(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);

	(void)state;
	other_keys(t);
	for (uint8_t family = 4; family <= 6; family += 2) {
		twins_forget(t);
		world_family(t->core, family, 0);
		by_kernel(t, "of this epoch", true, 41, 0);
		by_kernel(t, "of the epoch before", true, 40, 0);
		by_kernel(t, "too old", false, 39, 0);
		by_kernel(t, "of the next epoch", false, 42, 0);
		by_kernel(t, "of another zone", false, 41, 1);
		by_kernel(t, "of the other master key", true, 900, 7);
		by_kernel(t, "of it, too old", false, 898, 7);
	}
	twins_flood(t);
	twins_keys(t, TWINS_NEVER_NS, 1);
	send_answer(t, 39, 0, SCREEN_TCP_ACK);
	assert_true(t->by_kernel);
	twins_free(t);
}

/* The kernel could not admit some of them, which are asked for a reset; and under admission reset all. */
static void host_port_leaves_what_the_engine_admits_to_the_engine(void **state)
{
	struct twins *t = twins_of(6, 0, SCREEN_ADMISSION_KERNEL);

	(void)state;
	twins_flood(t);
	t->core->syn_ring = t->both->syn_ring = false; /* by which those come */
	send_answer(t, 41, 0, SCREEN_TCP_RST);
	twins_expect(t, "a safe reset", "drop_validated", false);
	send_answer(t, 39, 0, SCREEN_TCP_RST);
	twins_expect(t, "one that is too old", "drop_cookie_invalid", true);
	t->core->syn_ring = t->both->syn_ring = true;
	t->core->policy.port[0].admission = SCREEN_ADMISSION_RESET;
	twins_policy(t);
	twins_flood(t);
	send_answer(t, 41, 0, SCREEN_TCP_ACK);
	twins_expect(t, "a cookie", "reply_reset", false);
	send_answer(t, 39, 0, SCREEN_TCP_ACK);
	twins_expect(t, "one that is too old", "drop_cookie_invalid", true);
	twins_free(t);
}

/* Data right behind a valid answer comes before there is a socket. */
static void host_port_drops_no_early_data_of_who_has_answered(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct frame_spec f;

		twins_forget(t);
		world_family(t->core, family, 0);
		f = answer_of(t, 41, 0, SCREEN_TCP_ACK);
		twins_flood(t);
		f.seq += 1460;
		assert_int_equal(at_once(t, &f), SCREEN_SHIM_COOKIE_INVALID);
		f.seq -= 1460;
		assert_int_equal(at_once(t, &f), SCREEN_SHIM_HOST_CALM);
		f.seq += 1460;
		assert_int_equal(at_once(t, &f), SCREEN_SHIM_HOST_CALM);
		f.sport++; /* somebody else */
		assert_int_equal(at_once(t, &f), SCREEN_SHIM_COOKIE_INVALID);
	}
	twins_free(t);
}

static void host_port_drops_nothing_of_a_socket(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct connection c = connect_to_listener();
	struct frame_spec f = stranger(t, SCREEN_TCP_ACK);

	(void)state;
	twins_flood(t);
	memcpy(f.source, c.address, 4);
	f.sport = c.port;
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel);
	connection_close(&c);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "none any more", "drop_cookie_invalid", true);
	twins_free(t);
}

/* The ACK of a handshake over the loopback. Returns its length. */
static uint32_t capture_ack(int raw, uint8_t data[FRAME_MAX])
{
	const uint8_t flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_FIN | SCREEN_TCP_RST;

	for (int waited = 0; waited < WAIT_MS; waited++) {
		ssize_t got = recv(raw, data, FRAME_MAX, MSG_DONTWAIT);
		struct screen_packet p;

		if (got > 0 && screen_parse(data, data + got, &p) == SCREEN_KIND_TCP && p.dport == PORT &&
		    (p.tcp_flags & flags) == SCREEN_TCP_ACK)
			return (uint32_t)got;
		usleep(1000);
	}
	fail_msg("no ACK came by");
	return 0;
}

/* Makes a connection by a cookie of the kernel's, and ends it. Returns the length of its ACK. */
static uint32_t kernel_cookie(uint8_t data[FRAME_MAX])
{
	struct sockaddr_ll loopback = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = 1 };
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct connection c;
	uint32_t length;

	assert_int_equal(bind(raw, (struct sockaddr *)&loopback, sizeof(loopback)), 0);
	run_command("sysctl -qw net.ipv4.tcp_syncookies=2");
	c = connect_to_listener();
	run_command("sysctl -qw net.ipv4.tcp_syncookies=1");
	length = capture_ack(raw, data);
	connection_close(&c);
	close(raw);
	return length;
}

static void host_port_leaves_the_kernels_own_cookies_to_it(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	uint8_t data[FRAME_MAX];
	uint32_t length = kernel_cookie(data), ack;
	struct screen_packet p;

	(void)state;
	(void)screen_parse(data, data + length, &p);
	ack = screen_load_be32(data + p.l4 + 8);
	twins_flood(t);
	frame_put32(data + p.l4 + 8, ack + 4096);
	assert_int_equal(twins_shim(t, data, length, 0), SCREEN_SHIM_COOKIE_INVALID);
	frame_put32(data + p.l4 + 8, ack);
	assert_int_equal(twins_shim(t, data, length, 0), SCREEN_SHIM_HOST_CALM);
	frame_put32(data + p.l4 + 4, screen_load_be32(data + p.l4 + 4) + 1460); /* right behind it */
	assert_int_equal(twins_shim(t, data, length, 0), SCREEN_SHIM_HOST_CALM);
	twins_free(t);
}

/* Says that the client's destination is another machine's, by NAT. */
static void translate(struct twins *t)
{
	struct screen_host_end end = { .address = { [10] = 0xff, 0xff }, .port = PORT };
	uint64_t now = twins_now();

	memcpy(end.address + 12, t->core->client.destination, 4);
	assert_int_equal(bpf_map_update_elem(t->e->host.translated, &end, &now, BPF_ANY), 0);
}

static void host_port_drops_nothing_that_is_not_for_a_listener_of_its_own_that_floods(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f = stranger(t, SCREEN_TCP_ACK);

	(void)state;
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel); /* calm */
	twins_flood(t);
	f.dport = MULTIPATH_PORT;
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel); /* another listener, which does not flood */
	f.dport = PORT;
	world_list_client(t->core);
	twins_policy(t);
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel); /* a white-list has it */
	t->core->policy.profile[0].prefix_count = 0;
	twins_policy(t);
	(void)twins_send(t, &f, 0);
	twins_expect(t, "nobody special", "drop_cookie_invalid", true);
	translate(t);
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel);
	twins_free(t);
}

/* Behind options of IP the admitter looks for a cookie; what cannot have one ends here, too. */
static void host_port_leaves_cookies_behind_options_to_the_admitter(void **state)
{
	struct twins *t = twins_of(4, 0, SCREEN_ADMISSION_KERNEL);
	struct frame_spec f = stranger(t, SCREEN_TCP_ACK);

	(void)state;
	f.ip_option_words = 1;
	twins_flood(t);
	(void)twins_send(t, &f, 0);
	assert_true(t->by_kernel);
	f.flags |= SCREEN_TCP_SYN;
	(void)twins_send(t, &f, 0);
	twins_expect(t, "a SYN-ACK", "drop_cookie_invalid", true);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_port_drops_forged_answers_to_a_listener),
		cmocka_unit_test(host_port_leaves_every_cookie_that_may_be_valid_to_the_kernel),
		cmocka_unit_test(host_port_leaves_what_the_engine_admits_to_the_engine),
		cmocka_unit_test(host_port_drops_no_early_data_of_who_has_answered),
		cmocka_unit_test(host_port_drops_nothing_of_a_socket),
		cmocka_unit_test(host_port_leaves_the_kernels_own_cookies_to_it),
		cmocka_unit_test(host_port_leaves_cookies_behind_options_to_the_admitter),
		cmocka_unit_test(host_port_drops_nothing_that_is_not_for_a_listener_of_its_own_that_floods),
	};

	begin_listening();
	return RUN(tests);
}
