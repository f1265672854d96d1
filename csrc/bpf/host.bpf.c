/*
 * The XDP program of a host port: which SYNs are the engine's, and which the kernel's; and what it does itself
 * in a flood where the engine has told it to (host_driver.h).
 *
 * Everything but what comes to a listener of this machine that floods is the kernel's. SYNs to listeners are
 * counted, in the engine's own meters. Answers to challenges go to the engine where it admits the client
 * itself (reset, safe-reset); else admit.bpf.c looks at them.
 *
 * Without a live engine all is the kernel's.
 */
#include "host_driver.h"
#include "host_maps.h"
#include "shim_probe.h"
#include "shim_sockets.h"

enum {
	KNOWN_SYNS_MAX = 64, /* a second, of known sockets of a zone that floods */
};

/* ---- news -------------------------------------------------------------------------------- */

static __always_inline void tell(const struct scratch *s, __u32 kind, __u32 zone, __u32 n)
{
	struct screen_host_news *item = bpf_ringbuf_reserve(&news, sizeof(*item), 0);

	if (!item)
		return;
	__builtin_memset(item, 0, sizeof(*item));
	item->now_ns = s->now_ns;
	item->kind = kind;
	item->count = n;
	item->slot = (__u8)slot;
	item->zone = (__u8)zone;
	item->sport = s->packet.sport;
	item->dport = s->packet.dport;
	memcpy(item->source, s->source, 16);
	memcpy(item->destination, s->destination, 16);
	bpf_ringbuf_submit(item, 0);
}

/* ---- the kernel's opinion ------------------------------------------------------------------ */

/* Whether it is this SYN's turn to ask. */
static __always_inline bool may_ask(struct screen_zone_meter *z, const struct screen_host_zone *c,
				    __u64 now_ns)
{
	__u64 asked = atomic_load_explicit(&z->asked_ns, memory_order_relaxed);
	__u64 period = atomic_load_explicit(&z->overflows, memory_order_relaxed) ? c->flood_ns :
										   c->passive_ns;

	if (asked && now_ns < asked + period)
		return false;
	return atomic_compare_exchange_strong_explicit(&z->asked_ns, &asked, now_ns,
						       memory_order_relaxed, memory_order_relaxed);
}

/* A queue overflows. It is told, unless the destination's meter has told of its flood. */
static __always_inline void begin(struct scratch *s, struct screen_meters *m, __u32 zone,
				  const struct screen_host_zone *c, __u32 window)
{
	bool told = screen_sketch_flooding(&m->attack, server_hash(s, m, zone), window, c->attack_threshold);
	__u64 state = told ? SCREEN_HOST_OVERFLOWS : SCREEN_HOST_OVERFLOWS_TOLD, before = 0;
	struct screen_zone_meter *z = &m->zone[zone & (SCREEN_METER_ZONES - 1)];

	if (atomic_compare_exchange_strong_explicit(&z->overflows, &before, state, memory_order_relaxed,
						    memory_order_relaxed) && !told)
		tell(s, SCREEN_HOST_OVERFLOW, zone, 1);
}

static __always_inline void end(const struct scratch *s, struct screen_zone_meter *z, __u32 zone)
{
	if (atomic_exchange_explicit(&z->overflows, SCREEN_HOST_RELIEVED, memory_order_relaxed) ==
	    SCREEN_HOST_OVERFLOWS_TOLD)
		tell(s, SCREEN_HOST_RELIEF, zone, 0);
}

static __always_inline void ask(struct scratch *s, struct bpf_sock *listener, struct screen_meters *m,
				const struct screen_host_zone *c, __u32 zone, __u32 window)
{
	struct screen_zone_meter *z = &m->zone[zone & (SCREEN_METER_ZONES - 1)];
	__s64 cookie;

	if (!may_ask(z, c, s->now_ns))
		return;
	count(SCREEN_SHIM_HOST_ASKED);
	cookie = bpf_tcp_gen_syncookie(listener, s->ip, s->packet.family == 4 ? IP_SIZE_IPV4 : IP_SIZE_IPV6,
				       (struct tcphdr *)s->tcp, bounded_length(s->tcp_length));
	atomic_store_explicit(&z->eased, cookie <= 0, memory_order_relaxed);
	if (cookie > 0)
		begin(s, m, zone, c, window);
}

/* Flooding is left only when the kernel says no and a whole window stayed under half: its queue is empty
 * because the challenges keep it so. By then it has said no, and is not asked again. */
static __always_inline void ask_kernel(struct scratch *s, struct bpf_sock *listener,
				       struct screen_meters *m, const struct screen_host_zone *c,
				       __u32 zone)
{
	struct screen_zone_meter *z = &m->zone[zone & (SCREEN_METER_ZONES - 1)];
	__u32 window = s->now_s;
	uint64_t next;

	(void)screen_cell_count(&z->listeners, window, c->attack_threshold, &next);
	ask(s, listener, m, c, zone, window);
	if (atomic_load_explicit(&z->overflows, memory_order_relaxed) &&
	    atomic_load_explicit(&z->eased, memory_order_relaxed) &&
	    !screen_cell_flooding(next, window, c->attack_threshold))
		end(s, z, zone);
}

/* ---- SYNs ---------------------------------------------------------------------------------- */

static __always_inline int pass(__u32 counter)
{
	count(counter);
	return XDP_PASS;
}

static __always_inline int drop(__u32 counter)
{
	count(counter);
	return XDP_DROP;
}

static __always_inline int to_engine(struct xdp_md *ctx, __u32 first, __u32 counter)
{
	int action = bpf_redirect_map(&xsks, first + ctx->rx_queue_index, XDP_PASS);

	count(action == XDP_PASS ? SCREEN_SHIM_HOST_PUNTED : counter);
	return action;
}

/* A SYN that only the kernel knows what to do with; but not with each of a flood. */
static __always_inline int pass_few(const struct screen_host_zone *c, struct screen_zone_meter *z,
				    __u64 now_ns)
{
	if (c->act == SCREEN_HOST_DRY ||
	    screen_pace_counted(&z->known, (__u32)(now_ns / 1000000000u)) <= KNOWN_SYNS_MAX)
		return pass(SCREEN_SHIM_HOST_SOCKET);
	return drop(SCREEN_SHIM_HOST_DROPPED_SOCKET);
}

/* A SYN that is challenged. What the kernel could not admit gets a challenge that its sender resets; it
 * goes by the other ring, which tells the engine so. Where nobody is validated by that, few pass. */
static __always_inline int challenge(struct xdp_md *ctx, const struct scratch *s,
				     const struct screen_host_zone *c, struct screen_zone_meter *z,
				     bool multipath)
{
	if (is_unfit(s, c, multipath))
		return c->validates ? to_engine(ctx, 0, SCREEN_SHIM_TO_ENGINE) :
				      pass_few(c, z, s->now_ns);
	return to_engine(ctx, SCREEN_SHIM_SYN_KEY, SCREEN_SHIM_SYN_TO_ENGINE);
}

static __always_inline void note_flood(struct screen_zone_meter *z, __u64 now_ns)
{
	if (now_ns > atomic_load_explicit(&z->flood_last_ns, memory_order_relaxed) + 1000000)
		atomic_store_explicit(&z->flood_last_ns, now_ns, memory_order_relaxed);
	if (!atomic_load_explicit(&z->flood_first_ns, memory_order_relaxed))
		atomic_store_explicit(&z->flood_first_ns, now_ns, memory_order_relaxed);
}

/* A SYN of a flood that the engine does not see: a zone's statistics and a destination's are kept here. */
static __always_inline void count_unseen(struct screen_meters *m, const struct screen_host_zone *c,
					 struct screen_zone_meter *z, __u64 hash, __u64 now_ns, __u32 peak)
{
	__u32 at = screen_victim_find(&m->victims, hash);
	bool dry = c->act == SCREEN_HOST_DRY;
	struct screen_victim *v;

	screen_victim_add(&z->ids[SCREEN_IDS_SYN_FLOOD]);
	if (dry)
		screen_victim_add(&z->challenged);
	if (at >= SCREEN_VICTIMS)
		return;
	v = &m->victims.victim[at];
	screen_pace_count(&v->rate, (__u32)(now_ns / 1000000000u));
	atomic_store_explicit(&v->last_ns, now_ns, memory_order_relaxed);
	if (peak > atomic_load_explicit(&v->peak, memory_order_relaxed))
		atomic_store_explicit(&v->peak, peak, memory_order_relaxed);
	if (dry)
		screen_victim_add(&v->unsent);
}

/* A SYN to a listener of ours. */
static __always_inline int listener_syn(struct xdp_md *ctx, const struct screen_host_policy *p, struct scratch *s,
					struct screen_meters *m, const struct screen_host_zone *c, __u32 zone,
					bool multipath)
{
	struct screen_zone_meter *z = &m->zone[zone & (SCREEN_METER_ZONES - 1)];
	__u32 window = s->now_s;
	__u64 hash = server_hash(s, m, zone);
	struct screen_meter_reading r;

	screen_pace_count(&z->rate, window);
	r = screen_sketch_meter(&m->attack, hash, window, c->attack_threshold, c->alarm_threshold);
	if (r.alarm)
		tell(s, SCREEN_HOST_ALARM, zone, r.count);
	if (r.entered)
		tell(s, SCREEN_HOST_START, zone, r.count);
	if (!floods(m, c, z, hash, window))
		return pass(SCREEN_SHIM_HOST_CALM);
	note_flood(z, s->now_ns);
	if (c->white && is_white(p))
		return pass(SCREEN_SHIM_HOST_WHITE_LIST);
	if (is_validated(zone))
		return pass(SCREEN_SHIM_HOST_VALIDATED);
	if (c->act == SCREEN_HOST_CHALLENGE)
		return challenge(ctx, s, c, z, multipath);
	count_unseen(m, c, z, hash, s->now_ns, r.count);
	if (c->act == SCREEN_HOST_DROP)
		return r.count >= c->attack_threshold ? drop(SCREEN_SHIM_HOST_DROPPED_FLOOD) :
							pass(SCREEN_SHIM_HOST_CALM);
	return pass(SCREEN_SHIM_HOST_PUNTED);
}

__noinline int syn(struct xdp_md *ctx, const struct screen_host_policy *p)
{
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();
	const struct screen_host_zone *c;
	struct screen_zone_meter *z;
	bool multipath, listens;
	struct bpf_sock *sk;
	__u32 zone = 0;

	c = zone_of_port(p, &zone);
	if (!s || !m || !c || zone >= SCREEN_METER_ZONES)
		return XDP_PASS;
	z = &m->zone[zone];
	sk = look_up(ctx, s);
	if (!sk)
		return pass(SCREEN_SHIM_HOST_NO_LISTENER);
	listens = sk->state == LISTEN;
	multipath = listens && bpf_skc_to_mptcp_sock(sk);
	if (listens && c->activation == SCREEN_ACTIVATION_KERNEL)
		ask_kernel(s, sk, m, c, zone);
	bpf_sk_release(sk);
	if (!listens) /* its addresses and ports have a socket */
		return floods(m, c, z, server_hash(s, m, zone), s->now_s) ?
			       pass_few(c, z, s->now_ns) : pass(SCREEN_SHIM_HOST_SOCKET);
	if (!is_local(ctx, zone))
		return pass(SCREEN_SHIM_HOST_NO_LISTENER);
	s->hash = server_hash(s, m, zone);
	note_local(s);
	return listener_syn(ctx, p, s, m, c, zone, multipath);
}

/* ---- answers ------------------------------------------------------------------------------- */

/* A segment that may answer a challenge of which the engine itself admits the client: of no socket. */
__noinline int response(struct xdp_md *ctx, const struct screen_host_policy *p, __u32 zone)
{
	struct scratch *s = scratch_of();
	bool listens, kernels = false;
	struct bpf_sock *sk;

	if (!s)
		return XDP_PASS;
	sk = look_up(ctx, s);
	if (!sk)
		return XDP_PASS;
	listens = sk->state == LISTEN;
	if (listens && (s->packet.tcp_flags & SCREEN_TCP_ACK))
		kernels = kernel_minted(s, sk);
	bpf_sk_release(sk);
	if (kernels)
		return pass(SCREEN_SHIM_HOST_KERNEL_COOKIE);
	if (!listens || !is_local(ctx, zone) || is_white(p))
		return XDP_PASS;
	return to_engine(ctx, 0, SCREEN_SHIM_TO_ENGINE);
}

/* The RST of a client that was challenged so comes also to a zone whose other clients the kernel admits. */
static __always_inline bool may_respond(const struct screen_host_zone *c, const struct screen_zone_meter *z,
				       __u8 flags, __u64 now_ns)
{
	bool ack = (flags & (SCREEN_TCP_SYN | SCREEN_TCP_RST | SCREEN_TCP_ACK)) == SCREEN_TCP_ACK;

	if (c->act != SCREEN_HOST_CHALLENGE || (!c->peers && !screen_zone_cookies(z, now_ns)))
		return false;
	if ((flags & (SCREEN_TCP_SYN | SCREEN_TCP_RST | SCREEN_TCP_ACK | SCREEN_TCP_FIN)) == SCREEN_TCP_RST)
		return true;
	return ack && c->admission == SCREEN_ADMISSION_RESET;
}

/* ---- frames -------------------------------------------------------------------------------- */

static __always_inline struct screen_shim_control *control_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/* Whether the engine is there; else all is the kernel's. */
static __always_inline bool engine_lives(struct xdp_md *ctx, __u64 now_ns)
{
	struct screen_shim_control *c = control_of();
	__u32 queue = ctx->rx_queue_index;

	if (!c || c->mode != SCREEN_SHIM_ENGINE) {
		count(SCREEN_SHIM_PASSED_STAGED);
		return false;
	}
	if (queue >= c->queues || queue >= SCREEN_SHIM_QUEUES ||
	    (__s64)(now_ns - c->beat[queue]) > SCREEN_SHIM_STALE_NS) {
		count(SCREEN_SHIM_PASSED_STALE);
		return false;
	}
	return true;
}

/* What comes with the tag of a VLAN is an interface's above this one. A tag of VLAN 0 is a priority alone,
 * and the kernel takes it off, however many there are (IEEE 802.1Q). */
static __always_inline bool is_of_vlan(const struct screen_packet *p)
{
	return p->vlan[0] || p->vlan[1];
}

/* Whether the kernel might find a SYN in what is no plain segment to this program: in fragments put
 * together, behind more headers or tags than are parsed, in what is malformed here and not there. Frames
 * longer than any packet are the kernel's own, of generic receive offload. */
static __always_inline bool may_hide_syn(const struct xdp_md *ctx, const struct screen_packet *p,
					 enum screen_kind kind, bool is_syn)
{
	switch (kind) {
	case SCREEN_KIND_TCP:
		return p->tags > 1 && is_syn;
	case SCREEN_KIND_FRAGMENT:
		return p->first_fragment && p->protocol == SCREEN_PROTO_TCP && is_syn;
	case SCREEN_KIND_MALFORMED:
		return (__u64)ctx->data_end - ctx->data <= SCREEN_END_MAX;
	case SCREEN_KIND_EXTENSIONS:
	case SCREEN_KIND_DEEP_TAGS:
		return true;
	default:
		return false;
	}
}

/* Few pass in calm, and none in a flood: no stack sends such SYNs. */
static __always_inline int hidden(const struct screen_host_zone *c, struct screen_zone_meter *z,
				  __u64 now_ns)
{
	if ((c->act != SCREEN_HOST_CHALLENGE && c->act != SCREEN_HOST_DROP) ||
	    (!screen_zone_flooded(z, now_ns) &&
	     screen_pace_counted(&z->known, (__u32)(now_ns / 1000000000u)) <= KNOWN_SYNS_MAX))
		return XDP_PASS;
	return drop(SCREEN_SHIM_HOST_DROPPED_HIDDEN);
}

/* What is no IP is the kernel's, but for what the engine tries the driver with. */
static __always_inline int no_segment(struct xdp_md *ctx, struct scratch *s, enum screen_kind kind)
{
	const struct screen_shim_control *c = kind == SCREEN_KIND_NON_IP ? control_of() : NULL;
	int fate;

	if (!c)
		return XDP_PASS;
	read_clock(s);
	/* an engine that was killed may have left its question behind */
	if ((__s64)(s->now_ns - c->beat[0]) > SCREEN_SHIM_STALE_NS)
		return XDP_PASS;
	fate = probed(ctx, c);
	return fate < 0 ? XDP_PASS : fate;
}

static __always_inline bool port_checks(const struct screen_host_policy *p)
{
	const struct screen_offload_port *w = port_of(p);

	return w && w->does & SCREEN_PORT_CHECKS;
}

/* A segment that is no SYN: the kernel's, unless it answers a challenge, or is one of a flood. */
static __always_inline int segment(struct xdp_md *ctx, struct scratch *s, const struct screen_host_policy *p,
				   const struct screen_host_zone *c, struct screen_zone_meter *z, __u32 zone)
{
	bool responds = may_respond(c, z, s->packet.tcp_flags, s->now_ns);
	bool flooded = port_checks(p) && screen_zone_flooded(z, s->now_ns);

	if ((!responds && !flooded) || !engine_lives(ctx, s->now_ns))
		return XDP_PASS;
	if (flooded && is_refuted(ctx, p))
		return XDP_DROP;
	return responds && take_headers(ctx) == 0 ? response(ctx, p, zone) : XDP_PASS;
}

static __always_inline int judge(struct xdp_md *ctx, struct scratch *s)
{
	const __u8 kinds = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST | SCREEN_TCP_FIN;
	const struct screen_host_policy *p = policy_of();
	struct screen_meters *m = meters_of();
	const struct screen_host_zone *c;
	struct screen_zone_meter *z;
	enum screen_kind kind;
	bool is_syn, hides;
	__u32 zone = 0;
	int fate;

	if (!m)
		return XDP_PASS;
	kind = parse(ctx, s);
	is_syn = (s->packet.tcp_flags & kinds) == SCREEN_TCP_SYN;
	hides = may_hide_syn(ctx, &s->packet, kind, is_syn);
	if (kind != SCREEN_KIND_TCP && !hides)
		return no_segment(ctx, s, kind);
	if (is_of_vlan(&s->packet))
		return XDP_PASS;
	c = zone_of_port(p, &zone);
	if (!c || zone >= SCREEN_METER_ZONES)
		return XDP_PASS;
	z = &m->zone[bounded(zone, SCREEN_METER_ZONES)];
	read_clock(s);
	if (!hides && !is_syn)
		return segment(ctx, s, p, c, z, zone);
	if (!engine_lives(ctx, s->now_ns))
		return XDP_PASS;
	if (hides)
		return hidden(c, z, s->now_ns);
	fate = by_driver(ctx, p);
	if (fate != TO_ENGINE)
		return fate;
	return take_headers(ctx) ? XDP_PASS : syn(ctx, p);
}

SEC("xdp")
int screen_host(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();
	int fate;

	if (!s)
		return XDP_PASS;
	s->in_streak = false;
	fate = judge(ctx, s);
	if (s->streak.count && !s->in_streak)
		end_streak();
	return fate;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
