/*
 * What the engine says of drivers, on a real wire: a veth takes the frames of XDP programs where its far
 * end has NAPI, and only there.
 */
#include "run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <time.h>

#include "attach.h"
#include "sent.h"
#include "shim.skel.h"
#include "wire_of.h"

enum {
	SIDES = 2,
	PROBES = 8,
	PROBE_LENGTH = 60,
	FOREIGN = 64, /* frames elsewhere */
	STEP_MS = 20,
	WATCHED_MS = 3000,
	WAIT_S = 60,
};

static const char *const PORT[SIDES] = { "left1", "right1" };

struct said {
	struct screen_proof answer, pass;
};

static void begin(struct test_wire *t, const char *command)
{
	test_wire_cables();
	if (command)
		test_run(command);
	test_wire_open(t);
}

static void stage(struct test_wire *t)
{
	struct screen_error_info error = { 0 };

	if (test_wire_stage(t, SCREEN_ACTIVATION_ALWAYS, SCREEN_ON_FAILURE_CLOSED, 200, &error))
		fail_msg("%s: %s", error.object, error.message);
}

static void commit(struct test_wire *t)
{
	struct screen_error_info error = { 0 };

	stage(t);
	assert_int_equal(screen_engine_publish(t->engine, &error), 0);
}

static struct said said_of(struct test_wire *t, int side)
{
	static struct screen_capabilities c;

	assert_int_equal(screen_engine_capabilities(t->engine, &c), 0);
	for (uint32_t i = 0; i < c.ports_count; i++)
		if (strcmp(c.ports[i].ifname, PORT[side]) == 0)
			return (struct said){ c.ports[i].answer, c.ports[i].pass };
	fail_msg("nothing is said of %s", PORT[side]);
	return (struct said){ 0 };
}

static void check_proof(struct screen_proof p, enum screen_answer answer, const char *why)
{
	if (p.answer != answer || !strstr(p.reason, why))
		fail_msg("answer %u, %s; want %d, %s", p.answer, p.reason, answer, why);
}

/* Both proofs of a port. */
static void check_said(struct test_wire *t, int side, enum screen_answer answer, const char *why)
{
	struct said s = said_of(t, side);

	check_proof(s.answer, answer, why);
	check_proof(s.pass, answer, why);
}

static struct screen_port *port_of(struct test_wire *t, int side)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (strcmp(t->engine->ports[i].ifname, PORT[side]) == 0)
			return &t->engine->ports[i];
	fail_msg("there is no %s", PORT[side]);
	return NULL;
}

static void step(void)
{
	const struct timespec wait = { .tv_nsec = STEP_MS * 1000000L };

	nanosleep(&wait, NULL);
}

/* Probe frames that come to a far end; so many are waited for. */
static uint32_t arrived(const struct test_wire *t, int side, uint32_t want)
{
	uint8_t frame[FRAME_MAX];
	uint32_t count = 0;

	for (int i = 0; i < WAIT_S * 1000 / STEP_MS; i++) {
		while (recv(t->raw[side], frame, sizeof(frame), MSG_DONTWAIT) >= PROBE_LENGTH)
			count += memcmp(frame + 12, "\x88\xb5synscreen driver", 18) == 0;
		if (count >= want)
			break;
		step();
	}
	return count;
}

static void driver_is_refused_where_the_far_ends_have_no_napi(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, NULL);
	stage(&t);
	for (int side = 0; side < SIDES; side++) {
		check_said(&t, side, SCREEN_NO, "took 0 of 8 frames (Operation not supported): the far end "
			   "of a veth pair needs NAPI: ethtool -K DEV gro off, then on there while it is up, "
			   "or an XDP program");
		assert_int_equal(arrived(&t, side, 0), 0);
	}
	test_wire_close(&t);
}

static void driver_is_proved_by_frames_that_arrive_where_the_far_ends_have_gro(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	stage(&t);
	for (int side = 0; side < SIDES; side++) {
		check_said(&t, side, SCREEN_YES, "");
		assert_true(arrived(&t, side, 2 * PROBES) >= 2 * PROBES);
	}
	test_wire_close(&t);
}

/* Programs go with the namespace. */
static void attach_passing_program(const char *ifname)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);

	assert_true(fd >= 0);
	assert_int_equal(bpf_xdp_attach((int)if_nametoindex(ifname), fd, XDP_FLAGS_DRV_MODE, NULL), 0);
	close(fd);
}

static void driver_is_proved_of_each_port_by_its_own_far_end(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, NULL);
	attach_passing_program("right0");
	stage(&t);
	check_said(&t, LEFT, SCREEN_NO, "ethtool -K DEV gro");
	check_said(&t, RIGHT, SCREEN_YES, "");
	test_wire_close(&t);
}

static void driver_is_unknown_without_a_link_and_proved_when_it_comes(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on; ip link set left0 down");
	stage(&t);
	check_said(&t, LEFT, SCREEN_UNKNOWN, "left1 has no link");
	check_said(&t, RIGHT, SCREEN_YES, "");
	screen_engine_drop(t.engine);
	commit(&t);
	test_run("ip link set left0 up");
	for (int i = 0; i < WAIT_S * 1000 / STEP_MS && said_of(&t, LEFT).pass.answer != SCREEN_YES; i++)
		step();
	check_said(&t, LEFT, SCREEN_YES, "");
	test_wire_close(&t);
}

static void driver_is_refused_in_generic_mode(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	t.engine->options.attach = SCREEN_ATTACH_GENERIC;
	stage(&t);
	for (int side = 0; side < SIDES; side++)
		check_said(&t, side, SCREEN_NO, "generic mode");
	test_wire_close(&t);
}

static void send_probe_frame(const struct test_wire *t, int side)
{
	uint8_t frame[PROBE_LENGTH] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };

	test_send(t->raw[side], frame, sizeof(frame));
}

/* The program of a port sends a frame back or on, and counts it as if it were one of those that it is for. */
static void redirect_frame(struct test_wire *t, int side, enum screen_shim_probe how)
{
	uint64_t *values = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*values));
	struct screen_port *port = port_of(t, side);
	uint32_t counter = how == SCREEN_SHIM_PROBE_ANSWER ? SCREEN_SHIM_CHALLENGED :
							     SCREEN_SHIM_PASSED_FLOW;

	values[0] = screen_shim_count(port, counter) + 1;
	assert_int_equal(bpf_map_update_elem(port->counters_fd, &counter, values, BPF_ANY), 0);
	free(values);
	port->control->probe = how;
	send_probe_frame(t, side);
}

static void driver_that_takes_no_answers_any_more_is_seen_and_proved_again_when_it_does(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	commit(&t);
	check_said(&t, LEFT, SCREEN_YES, "");
	test_run("ethtool -K left0 gro off");
	for (int i = 0; i < WAIT_S * 1000 / STEP_MS && said_of(&t, LEFT).answer.answer == SCREEN_YES; i++) {
		redirect_frame(&t, LEFT, SCREEN_SHIM_PROBE_ANSWER);
		step();
	}
	check_proof(said_of(&t, LEFT).answer, SCREEN_NO, "for a second the driver of left1 took no frames");
	assert_int_equal(port_of(&t, LEFT)->can, SCREEN_PORT_PASSES);
	check_said(&t, RIGHT, SCREEN_YES, "");
	test_run("ethtool -K left0 gro on");
	for (int i = 0; i < WAIT_S * 1000 / STEP_MS && said_of(&t, LEFT).answer.answer != SCREEN_YES; i++)
		step();
	check_said(&t, LEFT, SCREEN_YES, "");
	assert_int_equal(port_of(&t, LEFT)->can, SCREEN_PORT_ANSWERS | SCREEN_PORT_PASSES);
	test_wire_close(&t);
}

static void driver_that_is_not_even_asked_to_pass_any_more_is_seen(void **state)
{
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	commit(&t);
	check_said(&t, RIGHT, SCREEN_YES, "");
	test_run("ethtool -K right0 gro off");
	for (int i = 0; i < WAIT_S * 1000 / STEP_MS && said_of(&t, RIGHT).pass.answer == SCREEN_YES; i++) {
		redirect_frame(&t, LEFT, SCREEN_SHIM_PROBE_PASS);
		step();
	}
	check_proof(said_of(&t, RIGHT).pass, SCREEN_NO, "for a second the driver of right1 took no frames");
	assert_int_equal(port_of(&t, RIGHT)->can, SCREEN_PORT_ANSWERS);
	check_said(&t, LEFT, SCREEN_YES, "");
	test_wire_close(&t);
}

static void driver_that_sends_stays_proved(void **state)
{
	struct screen_sent before, after;
	struct test_wire t;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	commit(&t);
	screen_sent_read(t.engine, port_of(&t, RIGHT), &before);
	for (int i = 0; i < WATCHED_MS / STEP_MS; i++) {
		redirect_frame(&t, LEFT, SCREEN_SHIM_PROBE_PASS);
		redirect_frame(&t, RIGHT, SCREEN_SHIM_PROBE_ANSWER);
		step();
	}
	screen_sent_read(t.engine, port_of(&t, RIGHT), &after);
	for (int side = 0; side < SIDES; side++)
		check_said(&t, side, SCREEN_YES, "");
	/* it would have been seen */
	assert_true(after.pass.sent > before.pass.sent);
	assert_true(after.answer.sent > before.answer.sent);
	test_wire_close(&t);
}

/* In a thread, which has a namespace of its own then: answers by ports of the same indices. */
static void *send_elsewhere(void *data)
{
	static const uint8_t frame[PROBE_LENGTH] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	uint32_t *ifindex = data, zero = 0, self = 1;
	struct screen_shim_control control = { .probe = SCREEN_SHIM_PROBE_ANSWER, .beat = { INT64_MAX } };
	struct shim *shim = shim__open_and_load();
	struct xdp_md context = { .data_end = sizeof(frame) };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = FOREIGN,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int fd = bpf_program__fd(shim->progs.screen_shim);

	test_wire_cables();
	test_run("ethtool -K left0 gro on");
	*ifindex = context.ingress_ifindex = if_nametoindex("left1");
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(shim->maps.control), &zero, &control, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(shim->maps.peer), &self, ifindex, BPF_ANY), 0);
	assert_int_equal(bpf_xdp_attach((int)*ifindex, fd, XDP_FLAGS_DRV_MODE, NULL), 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &run), 0);
	shim__destroy(shim);
	return NULL;
}

static void frames_of_another_namespace_are_not_taken_for_the_ports_own(void **state)
{
	struct screen_sent before, after;
	uint32_t ifindex = 0;
	struct test_wire t;
	pthread_t thread;

	(void)state;
	begin(&t, "ethtool -K left0 gro on; ethtool -K right0 gro on");
	commit(&t);
	screen_sent_read(t.engine, port_of(&t, LEFT), &before);
	assert_int_equal(pthread_create(&thread, NULL, send_elsewhere, &ifindex), 0);
	pthread_join(thread, NULL);
	screen_sent_read(t.engine, port_of(&t, LEFT), &after);
	assert_int_equal(ifindex, port_of(&t, LEFT)->ifindex); /* else it shows nothing */
	assert_int_equal(after.answer.sent, before.answer.sent);
	test_wire_close(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(driver_is_refused_where_the_far_ends_have_no_napi),
		cmocka_unit_test(driver_is_proved_by_frames_that_arrive_where_the_far_ends_have_gro),
		cmocka_unit_test(driver_is_proved_of_each_port_by_its_own_far_end),
		cmocka_unit_test(driver_is_unknown_without_a_link_and_proved_when_it_comes),
		cmocka_unit_test(driver_is_refused_in_generic_mode),
		cmocka_unit_test(driver_that_takes_no_answers_any_more_is_seen_and_proved_again_when_it_does),
		cmocka_unit_test(driver_that_is_not_even_asked_to_pass_any_more_is_seen),
		cmocka_unit_test(driver_that_sends_stays_proved),
		cmocka_unit_test(frames_of_another_namespace_are_not_taken_for_the_ports_own),
	};

	return RUN(tests);
}
