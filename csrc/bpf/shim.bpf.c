/*
 * The XDP shim: is this frame ours? It goes to the queue's AF_XDP sockets while the engine lives,
 * SYNs to one of their own; when the engine is gone or stuck, on-failure decides.
 *
 * The program outlives the process that attached it, and with it the control map: a heartbeat that
 * has stopped is how it knows.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "../include/synscreen/counters.h"
#include "../include/synscreen/snapshot.h"
#include "packet.h"
#include "shim_counters.h"
#include "shim_sockets.h"

/* What counts until the control map is filled: the program is attached a moment before that. */
const volatile __u32 first_on_failure = SCREEN_ON_FAILURE_CLOSED;

/* Without the engine: open passes into the bridge, closed drops. */
static __always_inline int by_failure_mode(__u32 on_failure, __u32 passed, __u32 dropped)
{
	if (on_failure == SCREEN_ON_FAILURE_CLOSED) {
		count(dropped);
		return XDP_DROP;
	}
	count(passed);
	return XDP_PASS;
}

static __always_inline bool is_syn(struct xdp_md *ctx)
{
	struct screen_packet p;

	if (screen_parse((void *)(long)ctx->data, (void *)(long)ctx->data_end, &p) !=
	    SCREEN_KIND_TCP)
		return false;
	return (p.tcp_flags & (SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST |
			       SCREEN_TCP_FIN)) == SCREEN_TCP_SYN;
}

SEC("xdp")
int screen_shim(struct xdp_md *ctx)
{
	__u32 zero = 0, queue = ctx->rx_queue_index, key = queue;
	struct screen_shim_control *c = bpf_map_lookup_elem(&control, &zero);
	bool syn, bound;
	int action;

	if (!c)
		return XDP_PASS;
	if (c->mode != SCREEN_SHIM_ENGINE)
		return by_failure_mode(c->mode == SCREEN_SHIM_UNSET ? first_on_failure : c->on_failure,
				       SCREEN_SHIM_PASSED_STAGED, SCREEN_SHIM_DROPPED_STAGED);
	/* a queue that came later has no worker: while the others' live, it is no way round them */
	bound = queue < c->queues && queue < SCREEN_SHIM_QUEUES;
	/* the beat may be newer than our clock reading: compare as a signed difference */
	if ((__s64)(bpf_ktime_get_ns() - c->beat[bound ? queue : 0]) > SCREEN_SHIM_STALE_NS)
		return by_failure_mode(c->on_failure, SCREEN_SHIM_PASSED_STALE,
				       SCREEN_SHIM_DROPPED_STALE);
	if (!bound) {
		count(SCREEN_SHIM_DROPPED_UNBOUND);
		return XDP_DROP;
	}
	syn = is_syn(ctx);
	if (syn)
		key += SCREEN_SHIM_SYN_KEY;
	action = bpf_redirect_map(&xsks, key, XDP_DROP);
	count(action == XDP_DROP ? SCREEN_SHIM_DROPPED_UNBOUND :
	      syn ? SCREEN_SHIM_SYN_TO_ENGINE : SCREEN_SHIM_TO_ENGINE);
	return action;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
