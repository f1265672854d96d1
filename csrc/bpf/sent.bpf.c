/*
 * What became of the frames that XDP programs redirected to a port: a verdict does not say, and a driver
 * that takes no such frames (a veth end whose far end has no NAPI) drops them in silence.
 *
 * The kernel tells a tracepoint, once for each bulk of up to 16 frames. Devices that the engine has not
 * entered are not counted, nor those of other network namespaces, which may have the same index.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "../include/synscreen/snapshot.h"
#include "sent_row.h"

/* What of the kernel's types is read; libbpf finds the fields in the running kernel's. */
struct net {
	__u64 net_cookie;
} __attribute__((preserve_access_index));

typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

const volatile __u64 namespace_cookie;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, SCREEN_PORTS_MAX);
	__type(key, __u32); /* ifindex */
	__type(value, struct screen_sent);
} rows SEC(".maps");

static __always_inline struct screen_sent *row_of(const struct net_device *dev)
{
	__u32 ifindex;

	if (dev->nd_net.net->net_cookie != namespace_cookie)
		return NULL;
	ifindex = (__u32)dev->ifindex;
	return bpf_map_lookup_elem(&rows, &ifindex);
}

static __always_inline void add(struct screen_sent_way *way, __u64 sent, __u64 drops, __u64 error)
{
	/* a driver may give an error in place of a count */
	if ((int)sent > 0)
		way->sent += (__u32)sent;
	if ((int)drops > 0)
		way->drops += (__u32)drops;
	if ((int)error < 0)
		way->error = (int)error;
}

/* from, to, sent, drops, error */
SEC("tp_btf/xdp_devmap_xmit")
int screen_redirected(__u64 *arguments)
{
	const struct net_device *from = (const void *)arguments[0], *to = (const void *)arguments[1];
	struct screen_sent *row = row_of(to);

	if (row)
		add(from->ifindex == to->ifindex ? &row->answer : &row->pass, arguments[2], arguments[3],
		    arguments[4]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
