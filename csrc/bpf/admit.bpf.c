/*
 * The TC programs of a host port, at its clsact.
 *
 * Ingress, the admitter: is this ACK the answer to a challenge of ours? Then its listener gets a
 * connection, with what was agreed, as if the kernel had made the handshake itself. Segments of sockets
 * that exist are not touched.
 *
 * Egress: what do the listeners promise in their own SYN-ACKs? Challenges promise no more.
 */
#include "host_maps.h"

#include <linux/pkt_cls.h>
#include <linux/tcp.h>

enum {
	LISTEN = 10, /* BPF_TCP_LISTEN */
	IP_SIZE_IPV4 = 20,
	IP_SIZE_IPV6 = 40,
	TCP_SIZE_MAX = 60,
	LEARN_AGAIN = 60, /* what a listener says is said again after so many seconds */
	BEHIND_NS = 50000000, /* less than a client waits before it repeats a segment */
};

/* Since Linux 6.9: not in the headers of older ones. */
struct bpf_tcp_req_attrs {
	__u32 rcv_tsval, rcv_tsecr;
	__u16 mss;
	__u8 rcv_wscale, snd_wscale, ecn_ok, wscale_ok, sack_ok, tstamp_ok, usec_ts_ok, reserved[3];
};
struct sock_common {};
struct sock {
	struct sock_common __sk_common;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
} __attribute__((preserve_access_index));
struct tcp_sock {};
extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk, struct bpf_tcp_req_attrs *attrs,
				   int attrs__sz) __ksym __weak;

/* One segment, in map memory: see host.bpf.c. */
struct segment {
	__u8 ip[64], tcp[64];
	__u32 tcp_length;
	__u32 family; /* 4 or 6 */
	__u32 flags;  /* of TCP */
	struct screen_options options;
	struct screen_tuple ends; /* the sender first */
	struct screen_agreed agreed;
	struct bpf_sock_tuple tuple;
	__u8 source[16], destination[16]; /* v4-mapped */
	struct bpf_fib_lookup route;
	struct screen_tuple admitted; /* the last one that was, */
	__u32 admitted_seq;
	__u64 admitted_ns; /* and when */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2); /* ingress and egress: one may come in the middle of the other */
	__type(key, __u32);
	__type(value, struct segment);
} segments SEC(".maps");

enum { INGRESS, EGRESS };

static __always_inline struct segment *segment_of(__u32 way)
{
	return bpf_map_lookup_elem(&segments, &way);
}

/* ---- headers ------------------------------------------------------------------------------- */

static __always_inline int take_ipv4(struct __sk_buff *skb, struct segment *s, __u32 *l4)
{
	if (bpf_skb_load_bytes(skb, SCREEN_ETH_SIZE, s->ip, IP_SIZE_IPV4) || s->ip[9] != SCREEN_PROTO_TCP ||
	    (screen_load_be16(s->ip + 6) & 0x3fff))
		return -1;
	*l4 = SCREEN_ETH_SIZE + (s->ip[0] & 15u) * 4;
	s->family = 4;
	memcpy(&s->tuple.ipv4.saddr, s->ip + 12, 8);
	memcpy(s->ends.source, s->ip + 12, 4);
	memcpy(s->ends.destination, s->ip + 16, 4);
	map_v4(s->ip + 12, s->source);
	map_v4(s->ip + 16, s->destination);
	return 0;
}

/* Without extension headers: challenges have none, and neither have the answers of common stacks. */
static __always_inline int take_ipv6(struct __sk_buff *skb, struct segment *s, __u32 *l4)
{
	if (bpf_skb_load_bytes(skb, SCREEN_ETH_SIZE, s->ip, IP_SIZE_IPV6) || s->ip[6] != SCREEN_PROTO_TCP)
		return -1;
	*l4 = SCREEN_ETH_SIZE + IP_SIZE_IPV6;
	s->family = 6;
	memcpy(s->tuple.ipv6.saddr, s->ip + 8, 32);
	memcpy(s->ends.source, s->ip + 8, 32);
	memcpy(s->source, s->ip + 8, 16);
	memcpy(s->destination, s->ip + 24, 16);
	return 0;
}

/* The segment's headers and ends. The payload may lie in pages that a program cannot see, so this is not
 * screen_parse(), which wants the whole frame. */
static __always_inline int take_segment(struct __sk_buff *skb, struct segment *s, __u8 mask, __u8 want)
{
	__u32 l4, length;
	int result;

	if (skb->vlan_present && (skb->vlan_tci & 0xfff)) /* one of VLAN 0 is a priority alone */
		return -1;
	__builtin_memset(&s->ends, 0, sizeof(s->ends));
	if (skb->protocol == __builtin_bswap16(SCREEN_ETHERTYPE_IPV4))
		result = take_ipv4(skb, s, &l4);
	else if (skb->protocol == __builtin_bswap16(SCREEN_ETHERTYPE_IPV6))
		result = take_ipv6(skb, s, &l4);
	else
		return -1;
	if (result || bpf_skb_load_bytes(skb, l4, s->tcp, 20) || (s->tcp[13] & mask) != want)
		return -1;
	length = (s->tcp[12] >> 4) * 4;
	if (length < 20 || length > TCP_SIZE_MAX)
		return -1;
	length = bounded_length(length);
	if (bpf_skb_load_bytes(skb, l4, s->tcp, length))
		return -1;
	s->tcp_length = length;
	s->flags = s->tcp[13];
	s->ends.family = (__u8)s->family;
	s->ends.sport = screen_load_be16(s->tcp);
	s->ends.dport = screen_load_be16(s->tcp + 2);
	if (s->family == 4)
		memcpy(&s->tuple.ipv4.sport, s->tcp, 4);
	else
		memcpy(&s->tuple.ipv6.sport, s->tcp, 4);
	return 0;
}

__noinline int walk_options(struct segment *s)
{
	if (!s)
		return 0;
	screen_options_walk(s->tcp + 20, s->tcp_length - 20, &s->options);
	return 0;
}

/* ---- ingress ------------------------------------------------------------------------------- */

/* Whether the segment's cookie checks against the keys of the zone, those of the other master key, if
 * `other`. A function of its own: its MACs are looked at once by the verifier. */
__noinline int check(__u32 zone, __u32 other)
{
	const struct screen_host_keys *k = keys_of(bpf_ktime_get_boot_ns());
	struct segment *s = segment_of(INGRESS);
	const struct screen_zone_keys *z;

	if (!k || !s || zone >= SCREEN_ZONES_MAX)
		return 0;
	z = other ? &k->other[zone] : &k->zone[zone];
	return screen_cookie_check(z, other ? k->other_epoch : k->check_epoch, &s->ends,
				   screen_load_be32(s->tcp + 4), screen_load_be32(s->tcp + 8),
				   s->options.flags & SCREEN_HAS_TIMESTAMPS, s->options.tsecr,
				   &s->agreed) == SCREEN_COOKIE_VALID;
}

static __always_inline bool is_valid(__u32 zone)
{
	const struct screen_host_keys *k = keys_of(bpf_ktime_get_boot_ns());

	if (!k)
		return false;
	return check(zone, 0) || (k->accepts_other && check(zone, 1));
}

/* Gives the listener its connection. */
static __always_inline int assign(struct __sk_buff *skb, const struct segment *s, struct bpf_sock *sk)
{
	struct bpf_tcp_req_attrs attrs = {
		.rcv_tsval = s->options.tsval,
		.rcv_tsecr = s->options.tsecr,
		.mss = s->agreed.mss,
		.tstamp_ok = s->agreed.timestamps,
		.sack_ok = s->agreed.sack,
		.ecn_ok = s->agreed.ecn,
	};
	struct tcp_sock *listener = bpf_skc_to_tcp_sock(sk);

	if (!listener || !bpf_sk_assign_tcp_reqsk)
		return -1;
	if (s->agreed.our_wscale != SCREEN_WSCALE_NONE) {
		attrs.wscale_ok = 1;
		attrs.snd_wscale = s->agreed.client_wscale;
		attrs.rcv_wscale = s->agreed.our_wscale;
	}
	return bpf_sk_assign_tcp_reqsk(skb, (struct sock *)listener, &attrs, sizeof(attrs));
}

static __always_inline void note_valid(struct screen_meters *m, struct screen_zone_meter *z, __u64 hash,
				       __u64 now_ns)
{
	__u32 at = screen_victim_find(&m->victims, hash);

	(void)atomic_fetch_add_explicit(&z->cookies_valid, 1, memory_order_relaxed);
	if (at < SCREEN_VICTIMS)
		screen_pace_count(&m->victims.victim[at].valids,
				  (__u32)(now_ns / 1000000000u) / SCREEN_LOOKS_WINDOW_S);
}

static __always_inline int pass(__u32 counter)
{
	count(counter);
	return TC_ACT_UNSPEC;
}

static __always_inline int drop(__u32 counter)
{
	count(counter);
	return TC_ACT_SHOT;
}

static __always_inline bool same_ends(const struct screen_tuple *a, const struct screen_tuple *b)
{
	__u64 differ = (__u64)(a->sport ^ b->sport) | (__u64)(a->dport ^ b->dport);

	differ |= screen_load_le64(a->source) ^ screen_load_le64(b->source);
	differ |= screen_load_le64(a->source + 8) ^ screen_load_le64(b->source + 8);
	differ |= screen_load_le64(a->destination) ^ screen_load_le64(b->destination);
	differ |= screen_load_le64(a->destination + 8) ^ screen_load_le64(b->destination + 8);
	return !differ && a->family == b->family;
}

/* Whether the segment comes right behind the one that was admitted last, of the same connection: data, most
 * often. The kernel has this program look at a batch of frames before TCP sees the first. By then its socket is
 * there, and what would be given another connection would be lost. */
static __always_inline bool is_behind(const struct segment *s, __u64 now_ns)
{
	return now_ns - s->admitted_ns < BEHIND_NS && s->admitted_seq == screen_load_be32(s->tcp + 4) &&
	       same_ends(&s->admitted, &s->ends);
}

/* Notes who has been admitted; not where no socket comes of it, for want of room with the listener. */
static __always_inline void note_admitted(struct segment *s, struct bpf_sock *sk, __u64 now_ns)
{
	const struct sock *listener = (const struct sock *)bpf_skc_to_tcp_sock(sk);

	s->admitted_ns = 0;
	if (!listener || listener->sk_ack_backlog > listener->sk_max_ack_backlog)
		return;
	s->admitted = s->ends;
	s->admitted_seq = screen_load_be32(s->tcp + 4);
	s->admitted_ns = now_ns;
}

/* Whether an ACK that finds a listener may be of a connection that lives elsewhere: it is forwarded, or its
 * address is white-listed, as that of connections must be that are redirected by DNAT. */
__noinline int is_others(struct __sk_buff *skb, const struct screen_host_policy *p)
{
	struct segment *s = segment_of(INGRESS);
	__u32 zone;
	const struct screen_host_zone *c = zone_of_port(p, &zone);

	return s && c && (!is_destined_here(skb, &s->route, s->family, skb->ifindex, &s->tuple) ||
			  (c->white && white_listed(c->profile, (__u8)s->family, s->source, s->destination)));
}

/* Whether the XDP program has looked at it, and has let it pass: it knows of a valid answer just before, whose
 * socket may not be there yet. */
static __always_inline bool is_checked(const struct segment *s, const struct screen_host_policy *p)
{
	__u32 at = slot;

	return at < SCREEN_PORTS_MAX && (p->offload.port[at].does & SCREEN_PORT_CHECKS) &&
	       (s->family == 6 || (s->ip[0] & 15) == IP_SIZE_IPV4 / 4);
}

/* An ACK to a listener. */
static __always_inline int judge(struct __sk_buff *skb, const struct screen_host_policy *p,
				 struct segment *s, struct bpf_sock *sk, const struct screen_host_zone *c,
				 __u32 zone, __u64 now_ns)
{
	struct screen_meters *m = meters_of();
	struct screen_zone_meter *z;
	__u64 hash;

	if (!m || zone >= SCREEN_METER_ZONES)
		return TC_ACT_UNSPEC;
	z = &m->zone[zone];
	hash = screen_meters_server(m, (__u16)zone, s->destination, s->ends.dport);
	if (is_valid(zone)) {
		if (is_behind(s, now_ns))
			return TC_ACT_UNSPEC;
		if (assign(skb, s, sk))
			return drop(SCREEN_SHIM_HOST_NOT_ADMITTED);
		note_admitted(s, sk, now_ns);
		note_valid(m, z, hash, now_ns);
		return pass(SCREEN_SHIM_HOST_ADMITTED);
	}
	/* the kernel minted cookies of its own before it was relieved, and they live on */
	if (bpf_tcp_check_syncookie(sk, s->ip, s->family == 4 ? IP_SIZE_IPV4 : IP_SIZE_IPV6,
				    (struct tcphdr *)s->tcp, bounded_length(s->tcp_length)) == 0)
		return pass(SCREEN_SHIM_HOST_KERNEL_COOKIE);
	if (!screen_zone_flooded(z, now_ns) || !floods(m, c, z, hash, (__u32)(now_ns / 1000000000u)) ||
	    is_checked(s, p) || is_others(skb, p))
		return TC_ACT_UNSPEC;
	(void)atomic_fetch_add_explicit(&z->cookies_invalid, 1, memory_order_relaxed);
	return drop(SCREEN_SHIM_HOST_COOKIE_INVALID);
}

/* Whether ACKs of the zone are to be looked at. */
static __always_inline const struct screen_host_zone *under_way(const struct screen_host_policy *p,
								 __u32 *zone, __u64 now_ns)
{
	const struct screen_host_zone *c = zone_of_port(p, zone);
	struct screen_meters *m = meters_of();

	if (!c || !m || *zone >= SCREEN_METER_ZONES || c->admission != SCREEN_ADMISSION_KERNEL ||
	    c->act != SCREEN_HOST_CHALLENGE)
		return NULL;
	return c->peers || screen_zone_cookies(&m->zone[*zone], now_ns) ? c : NULL;
}

SEC("tc")
int screen_admit(struct __sk_buff *skb)
{
	const __u8 kinds = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST;
	const struct screen_host_policy *p = policy_of();
	struct segment *s = segment_of(INGRESS);
	__u64 now_ns = bpf_ktime_get_ns();
	int action = TC_ACT_UNSPEC;
	const struct screen_host_zone *c;
	struct bpf_sock *sk;
	__u32 zone = 0;

	c = under_way(p, &zone, now_ns);
	if (!c || !s || take_segment(skb, s, kinds, SCREEN_TCP_ACK))
		return TC_ACT_UNSPEC;
	sk = bpf_skc_lookup_tcp(skb, &s->tuple,
				s->family == 4 ? sizeof(s->tuple.ipv4) : sizeof(s->tuple.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return TC_ACT_UNSPEC;
	if (sk->state == LISTEN && !is_translated(zone, s->destination, s->ends.dport, now_ns)) {
		walk_options(s);
		action = judge(skb, p, s, sk, c, zone, now_ns);
	}
	bpf_sk_release(sk);
	return action;
}

/* ---- egress -------------------------------------------------------------------------------- */

/* What a SYN-ACK promises. That an option is missing says nothing here: nobody has seen the SYN. */
static __always_inline struct screen_server_profile promise(const struct segment *s)
{
	const struct screen_options *o = &s->options;
	struct screen_server_profile p = { 0 };

	p.mss = screen_options_mss(o, (__u8)s->family);
	p.known = p.mss >= SCREEN_MSS_MIN ? SCREEN_SERVER_MSS : 0;
	p.mss = p.known ? p.mss : 0;
	p.window = screen_load_be16(s->tcp + 14);
	if (p.window)
		p.known |= SCREEN_SERVER_WINDOW;
	if (o->flags & SCREEN_HAS_WSCALE) {
		p.wscale = o->wscale;
		p.has |= SCREEN_SERVER_WSCALE;
	}
	if (o->flags & SCREEN_HAS_SACK_OK)
		p.has |= SCREEN_SERVER_SACK;
	if (o->flags & SCREEN_HAS_TIMESTAMPS)
		p.has |= SCREEN_SERVER_TIMESTAMPS;
	/* RFC 3168 section 6.1.1: ECE alone */
	if ((s->flags & (SCREEN_TCP_ECE | SCREEN_TCP_CWR)) == SCREEN_TCP_ECE)
		p.has |= SCREEN_SERVER_ECN;
	p.known |= p.has;
	return p;
}

/* Whether the engine knows all this, and has heard it lately. A larger window than it knows of is no
 * news: the smallest counts. */
static __always_inline bool is_known(const struct screen_meters *m, __u64 hash,
				     struct screen_server_profile said, __u32 now_s)
{
	__u32 first = screen_server_first(hash) & (SCREEN_SERVERS - 1);
	struct screen_server_profile known;
	__u64 word;

	for (__u32 i = 0; i < SCREEN_SERVER_WAYS; i++) {
		const struct screen_server *v = &m->servers.server[(first + i) & (SCREEN_SERVERS - 1)];

		if (atomic_load_explicit(&v->hash, memory_order_relaxed) != hash)
			continue;
		word = atomic_load_explicit(&v->profile, memory_order_relaxed);
		memcpy(&known, &word, sizeof(known));
		return (known.has & said.has) == said.has && known.window &&
		       known.window <= said.window && known.mss == said.mss &&
		       (!(said.has & SCREEN_SERVER_WSCALE) || known.wscale == said.wscale) &&
		       !screen_server_past(atomic_load_explicit(&v->seen_s, memory_order_relaxed), now_s,
					   LEARN_AGAIN);
	}
	return false;
}

static __always_inline void tell(const struct segment *s, struct screen_server_profile said, __u32 zone,
				 __u64 now_ns)
{
	struct screen_host_news *item = bpf_ringbuf_reserve(&news, sizeof(*item), 0);

	if (!item)
		return;
	__builtin_memset(item, 0, sizeof(*item));
	item->now_ns = now_ns;
	item->kind = SCREEN_HOST_SERVER;
	item->slot = (__u8)slot;
	item->zone = (__u8)zone;
	item->sport = s->ends.sport;
	item->dport = s->ends.dport;
	item->profile = said;
	memcpy(item->source, s->source, 16);
	memcpy(item->destination, s->destination, 16);
	bpf_ringbuf_submit(item, 0);
}

/* What comes from another interface is no listener's of this machine, and what does not is. */
static __always_inline void note_speaker(const struct segment *s, struct screen_meters *m, __u32 zone,
					 bool forwarded, __u64 now_ns)
{
	struct screen_host_end end;

	make_end(&end, zone, s->source, s->ends.sport);
	if (forwarded) {
		bpf_map_update_elem(&translated, &end, &now_ns, BPF_ANY);
		screen_victim_forbid(&m->victims, screen_meters_server(m, (__u16)zone, s->source, s->ends.sport));
	} else if (is_translated(zone, s->source, s->ends.sport, now_ns))
		bpf_map_delete_elem(&translated, &end);
}

SEC("tc")
int screen_learn(struct __sk_buff *skb)
{
	const __u8 kinds = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST;
	struct segment *s = segment_of(EGRESS);
	struct screen_meters *m = meters_of();
	struct screen_server_profile said;
	const struct screen_host_zone *c;
	__u64 now_ns, hash;
	__u32 zone = 0;

	c = zone_of_port(policy_of(), &zone);
	if (!c || !s || !m || take_segment(skb, s, kinds, SCREEN_TCP_SYN | SCREEN_TCP_ACK))
		return TC_ACT_UNSPEC;
	now_ns = bpf_ktime_get_ns();
	note_speaker(s, m, zone, skb->ingress_ifindex, now_ns);
	if (skb->ingress_ifindex)
		return TC_ACT_UNSPEC;
	walk_options(s);
	said = promise(s);
	hash = screen_meters_server(m, (__u16)zone, s->source, s->ends.sport);
	if (!is_known(m, hash, said, (__u32)(now_ns / 1000000000u)))
		tell(s, said, zone, now_ns);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
