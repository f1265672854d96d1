/*
 * The proof runs the ports' own programs over live frames (BPF_F_TEST_XDP_LIVE_FRAMES), and a tracing
 * program sees how many of them the driver took. The verdict alone says nothing: it is the same where
 * nobody is reached.
 */
#include "driverproof.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "faults.h"
#include "netlink.h"
#include "proof.h"
#include "sent.h"

enum {
	PROBES = 8,
	PROBE_LENGTH = 60,
	TRIES = 3, /* a ring may be full of other frames */
	TRY_WAIT_MS = 2,
};

/* One of the two ways, as it is tried: `by` runs its program, the frames are to leave by `port`. */
struct trial {
	struct screen_engine *engine;
	struct screen_port *by, *port;
	enum screen_shim_probe how;
	enum screen_fault fault;
	struct screen_sent_way took;
};

const char *screen_driver_remedy(const struct screen_port *port)
{
	struct screen_link link;

	if (screen_netlink_link_by_index(port->ifindex, &link) == 0 && strcmp(link.kind, "veth") == 0)
		return ": the far end of a veth pair needs NAPI: ethtool -K DEV gro off, then on there "
		       "while it is up, or an XDP program";
	return "";
}

/* As if they had come in by that port. 0 or a negative errno. */
static int send_probes(struct screen_port *by, enum screen_shim_probe how, const uint8_t mac[6])
{
	static const uint8_t text[PROBE_LENGTH - 14] = "synscreen driver probe";
	uint8_t frame[PROBE_LENGTH];
	struct xdp_md context = { .data_end = sizeof(frame), .ingress_ifindex = by->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = PROBES,
		    .batch_size = PROBES, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int fd = screen_shim_fd(by), result;

	if (fd < 0)
		return fd;
	memcpy(frame, mac, 6); /* the port's own address: nobody else takes it */
	memcpy(frame + 6, mac, 6);
	screen_store_be16(frame + 12, SCREEN_PROBE_ETHERTYPE);
	memcpy(frame + 14, text, sizeof(text));
	__atomic_store_n(&by->control->probe, how, __ATOMIC_RELEASE);
	result = bpf_prog_test_run_opts(fd, &run);
	__atomic_store_n(&by->control->probe, SCREEN_SHIM_PROBE_NONE, __ATOMIC_RELEASE);
	close(fd);
	return result;
}

/* What the driver took of one go; of other frames that were sent meanwhile, too. */
static int try_once(struct trial *t)
{
	struct screen_sent before, after;
	int result;

	screen_sent_read(t->engine, t->port, &before);
	result = send_probes(t->by, t->how, t->port->mac);
	screen_sent_read(t->engine, t->port, &after);
	t->took = t->how == SCREEN_SHIM_PROBE_ANSWER ? after.answer : after.pass;
	t->took.sent -= t->how == SCREEN_SHIM_PROBE_ANSWER ? before.answer.sent : before.pass.sent;
	t->took.drops -= t->how == SCREEN_SHIM_PROBE_ANSWER ? before.answer.drops : before.pass.drops;
	if (screen_fault_of(t->engine, t->port, t->fault))
		t->took = (struct screen_sent_way){ .drops = PROBES, .error = -EIO };
	return result;
}

static void say_no(const struct trial *t, struct screen_proof *proof)
{
	/* else the kernel has refused for the driver, without asking it */
	bool asked = t->took.sent || t->took.drops;

	screen_proof_set(proof, SCREEN_NO, "the driver of %s took %u of %d frames (%s)%s",
			 t->port->ifname, (uint32_t)t->took.sent, PROBES,
			 strerror(asked ? -(int)t->took.error : EOPNOTSUPP), screen_driver_remedy(t->port));
}

static void try_way(struct trial *t, struct screen_proof *proof)
{
	const struct timespec wait = { .tv_nsec = TRY_WAIT_MS * 1000000L };

	for (int i = 0; i < TRIES; i++) {
		int result = try_once(t);

		if (result)
			return screen_proof_set(proof, SCREEN_UNKNOWN, "the program of %s cannot be run "
						"over probe frames: %s", t->by->ifname, strerror(-result));
		if (t->took.sent >= PROBES)
			return screen_proof_yes(proof);
		if (t->took.sent == 0)
			break;
		nanosleep(&wait, NULL);
	}
	say_no(t, proof);
}

/* What keeps both ways from being tried at all: then it is said of both. */
static bool cannot_try(struct screen_engine *engine, const struct screen_port *port,
		       struct screen_proof *proof)
{
	struct screen_link link;
	int result;

	if (!port->native)
		screen_proof_set(proof, SCREEN_NO, "the program of %s runs in generic mode, behind the "
				 "driver: --attach native", port->ifname);
	else if (screen_netlink_link_by_index(port->ifindex, &link))
		screen_proof_set(proof, SCREEN_NO, "the interface is gone");
	else if (!link.carrier)
		screen_proof_set(proof, SCREEN_UNKNOWN, "%s has no link", port->ifname);
	else if ((result = screen_sent_follow(engine, port)))
		screen_proof_set(proof, SCREEN_UNKNOWN, "what the driver of %s sends cannot be seen: %s "
				 "(CAP_PERFMON; a kernel with BTF)", port->ifname, strerror(-result));
	else
		return false;
	return true;
}

/* What each of the ways does, if it is a way: what comes to a host port goes nowhere else. */
static void try_ways(struct screen_engine *engine, struct screen_port *port, struct screen_proof *answer,
		     struct screen_proof *pass)
{
	struct trial answers = { engine, port, port, SCREEN_SHIM_PROBE_ANSWER, SCREEN_FAULT_ANSWER,
				 { 0 } };
	struct trial passes = { engine, NULL, port, SCREEN_SHIM_PROBE_PASS, SCREEN_FAULT_PASS, { 0 } };

	try_way(&answers, answer);
	if (port->is_host)
		return;
	passes.by = &engine->ports[port->peer];
	try_way(&passes, pass);
}

static void prove(struct screen_engine *engine, struct screen_port *port, struct screen_proof *answer,
		  struct screen_proof *pass)
{
	struct screen_link link;

	if (cannot_try(engine, port, answer)) {
		*pass = *answer;
		return;
	}
	try_ways(engine, port, answer, pass);
	if (screen_netlink_link_by_index(port->ifindex, &link) || !link.carrier) {
		screen_proof_set(answer, SCREEN_UNKNOWN, "%s lost its link meanwhile", port->ifname);
		*pass = *answer;
	}
}

void screen_driver_prove(struct screen_engine *engine, struct screen_port *port,
			 struct screen_proof *answer, struct screen_proof *pass)
{
	port->driver.tried_ns = screen_now_ns();
	port->driver.carrier = port->carrier;
	prove(engine, port, answer, pass);
	if (port->is_host)
		memset(pass, 0, sizeof(*pass)); /* nobody asks */
	port->can = (uint8_t)((answer->answer == SCREEN_YES ? SCREEN_PORT_ANSWERS : 0) |
			      (pass->answer == SCREEN_YES ? SCREEN_PORT_PASSES : 0));
}
