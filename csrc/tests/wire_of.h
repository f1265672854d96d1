/*
 * An engine on a real wire, in a network namespace of the test's own:
 *
 *   raw socket - left0 <veth> left1 = [engine] = right1 <veth> right0 - raw socket
 *
 * The test process is in the namespace; everything is gone with it.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "engine_of.h"
#include "frame.h"
#include "ledger_of.h"
#include "snapshots.h"

enum { LEFT, RIGHT, WIRE_QUEUES = 2 };

struct test_wire {
	struct screen_engine *engine;
	int raw[2];
	uint64_t generation;
};

static inline void test_run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static inline int test_raw_socket(const char *ifname)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(ifname) };
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	/* only what arrives: not what we send ourselves */
	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	return fd;
}

/* Once per process: a namespace with two cables. */
static inline void test_wire_cables(void)
{
	char command[256];

	if (unshare(CLONE_NEWNET))
		fail_msg("needs root: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		const char *side = i ? "right" : "left";

		snprintf(command, sizeof(command),
			 "ip link add %s0 numrxqueues %d numtxqueues %d type veth peer name %s1 "
			 "numrxqueues %d numtxqueues %d", side, WIRE_QUEUES, WIRE_QUEUES, side,
			 WIRE_QUEUES, WIRE_QUEUES);
		test_run(command);
		snprintf(command, sizeof(command),
			 "echo 1 > /proc/sys/net/ipv6/conf/%s0/disable_ipv6; "
			 "echo 1 > /proc/sys/net/ipv6/conf/%s1/disable_ipv6; "
			 "ip link set %s0 up; ip link set %s1 up", side, side, side, side);
		test_run(command);
	}
}

/* The wire [left1 right1], left screened, one profile. */
struct wire_bytes {
	struct screen_snapshot_header header;
	struct screen_zone_config zones[2];
	struct screen_port_config ports[2];
	struct screen_wire_config wires[1];
	struct screen_profile_config profiles[1];
};

static inline int test_wire_stage(struct test_wire *t, enum screen_activation activation,
				  enum screen_on_failure on_failure, uint32_t threshold,
				  struct screen_error_info *error)
{
	struct wire_bytes b = {
		.header = {
			.magic = SCREEN_SNAPSHOT_MAGIC, .version = SCREEN_SNAPSHOT_VERSION,
			.header_size = sizeof(b.header), .total_size = sizeof(b),
			.generation = ++t->generation, .mode = SCREEN_MODE_SYN_COOKIE,
			.activation = (uint8_t)activation, .time_wait_s = 150,
			.initial_timeout_s = 20, .inactivity_timeout_s = 14400,
			.validated_timeout_s = 120, .admission = SCREEN_ADMISSION_SPLICE,
			.host_admission = SCREEN_ADMISSION_KERNEL,
			.zones = { offsetof(struct wire_bytes, zones), 2 },
			.ports = { offsetof(struct wire_bytes, ports), 2 },
			.wires = { offsetof(struct wire_bytes, wires), 1 },
			.profiles = { offsetof(struct wire_bytes, profiles), 1 },
			.prefixes = { sizeof(b), 0 }, .servers = { sizeof(b), 0 },
		},
		.zones = { { .name = "untrust", .profile = 0 },
			   { .name = "trust", .profile = SCREEN_NONE } },
		.ports = { { .ifname = "left1", .zone = 0 }, { .ifname = "right1", .zone = 1 } },
		.wires = { { .name = "w1", .port = { 0, 1 }, .on_failure = (uint8_t)on_failure } },
		.profiles = { { .name = "flood", .armed = 1ull << SCREEN_IDS_SYN_FLOOD, .alarm_threshold = 512,
				.attack_threshold = threshold, .source_threshold = 1000000,
				.destination_threshold = 1000000, .timeout_s = 20 } },
	};

	snapshot_digest(&b, sizeof(b), b.header.digest);
	return screen_engine_prepare(t->engine, &b, sizeof(b), error);
}

static inline int test_wire_commit(struct test_wire *t, enum screen_activation activation,
				   enum screen_on_failure on_failure, uint32_t threshold,
				   struct screen_error_info *error)
{
	int result = test_wire_stage(t, activation, on_failure, threshold, error);

	return result ? result : screen_engine_publish(t->engine, error);
}

static inline void test_wire_open(struct test_wire *t)
{
	memset(t, 0, sizeof(*t));
	t->engine = test_engine_create();
	t->raw[LEFT] = test_raw_socket("left0");
	t->raw[RIGHT] = test_raw_socket("right0");
}

static inline void test_wire_close(struct test_wire *t)
{
	test_engine_destroy(t->engine);
	close(t->raw[LEFT]);
	close(t->raw[RIGHT]);
}

static inline void test_send(int fd, const uint8_t *data, size_t length)
{
	/* a veth ring that is full refuses; a flood does not mind */
	(void)!send(fd, data, length, MSG_DONTWAIT);
}

static inline void test_wire_check_ledger(const struct screen_engine *engine)
{
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++)
		ledger_check(engine->workers[i]);
}
