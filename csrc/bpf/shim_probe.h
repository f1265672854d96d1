/*
 * The two ways by which a port's program itself sends: back by the port that a frame came in by, and on to the
 * other port of a wire. The engine tries both with frames of its own, see engine/driverproof.c.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "scratch.h"
#include "shim.h"

/* Where the shim redirects to. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, SCREEN_SHIM_WAYS); /* keys: enum screen_shim_way */
	__type(key, __u32);
	__type(value, __u32); /* ifindex */
} peer SEC(".maps");

/* What becomes of a probe frame; -1 when the frame is none. */
static __always_inline int probed(struct xdp_md *ctx, const struct screen_shim_control *c)
{
	void *data = frame_begin(ctx), *end = frame_end(ctx);
	struct {
		__u8 addresses[12];
		__u16 type;
	} *ethernet = data;

	if (c->probe == SCREEN_SHIM_PROBE_NONE || (void *)(ethernet + 1) > end ||
	    ethernet->type != bpf_htons(SCREEN_PROBE_ETHERTYPE))
		return -1;
	return (int)bpf_redirect_map(&peer, c->probe == SCREEN_SHIM_PROBE_ANSWER ? SCREEN_SHIM_BACK :
										   SCREEN_SHIM_THERE, XDP_DROP);
}
