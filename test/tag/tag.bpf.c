// A VLAN tag at a real stack's edge, where the kernel has no 802.1Q devices: `push` at egress puts
// the tag on, `pop` at ingress takes it off, counts, and drops what came without it. So a tag that
// was lost on the way is a connection that fails, not one that works by accident.
//
// The tag travels in skb metadata until the device writes it into the frame: the device must have
// its VLAN offloads off, else a veth hands the metadata on and an XDP program sees no tag.
//
// tc loads the object once per attached section, so each has a map of its own.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum slot {
	SLOT_VID, // set from outside after the load; 0: everything is dropped, uncounted
	SLOT_TAGGED,
	SLOT_UNTAGGED,
	SLOT_COUNT,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} tag SEC(".maps");

static __always_inline __u64 *slot(__u32 key)
{
	return bpf_map_lookup_elem(&tag, &key);
}

static __always_inline void count(__u32 key)
{
	__u64 *value = slot(key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("push")
int tag_push(struct __sk_buff *skb)
{
	__u64 *vid = slot(SLOT_VID);

	if (!vid || !*vid)
		return TC_ACT_SHOT;
	if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), (__u16)*vid))
		return TC_ACT_SHOT;
	count(SLOT_TAGGED);
	return TC_ACT_OK;
}

SEC("pop")
int tag_pop(struct __sk_buff *skb)
{
	__u64 *vid = slot(SLOT_VID);

	if (!vid || !*vid)
		return TC_ACT_SHOT;
	if (!skb->vlan_present || (skb->vlan_tci & 0xfff) != *vid) {
		count(SLOT_UNTAGGED);
		return TC_ACT_SHOT;
	}
	count(SLOT_TAGGED);
	return bpf_skb_vlan_pop(skb) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
