/* What an XDP program of a port needs to hand frames to the engine: its sockets, and whether it is there. */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "shared_maps.h"
#include "shim.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, SCREEN_SHIM_KEYS);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct screen_shim_control);
} control SEC(".maps");

/* Whether the engine has dealt with all frames that it was handed from this queue. Those of this very batch
 * are handed over, too, though the engine cannot see them yet. */
static __always_inline bool is_idle(const struct screen_shim_control *c, __u32 queue)
{
	queue = bounded(queue, SCREEN_SHIM_QUEUES);
	return c->handed[queue] == *(const volatile __u32 *)&c->done[queue];
}

/* Whether the queue's ring was empty when it was last looked at, and nothing was handed over since: what the
 * engine has not dealt with is of one batch, this one or, when it is late, the one before. */
static __always_inline bool is_emptied(const struct screen_shim_control *c, __u32 queue)
{
	queue = bounded(queue, SCREEN_SHIM_QUEUES);
	return c->handed[queue] == *(const volatile __u32 *)&c->emptied[queue];
}
