/*
 * Check: a client's segment of no connection, to a destination that floods, is either the answer to a challenge
 * or nobody's. Those whose cookie checks go to who admits, the engine, or the kernel of a host port; the others
 * end here.
 */
#pragma once

#include "shim_frame.h"

enum {
	OPENINGS = 4096, /* a power of two; who finds no place here has its early data lost, and sends it again */
};

static const __s64 OPENING_NS = 1000000000; /* how long it may take to open a connection */

/* A connection whose valid answer has been handed on, and whose flow, or socket, may not be there yet: what its
 * client has sent right behind is not to be taken for anybody's. */
struct opening {
	__u64 place; /* the hash of the connection */
	__u64 since_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OPENINGS);
	__type(key, __u32);
	__type(value, struct opening);
} openings SEC(".maps");

static __always_inline struct opening *opening_of(const struct scratch *s)
{
	__u32 at = (__u32)(s->place >> 32) & (OPENINGS - 1);

	return bpf_map_lookup_elem(&openings, &at);
}

/* Has the processor fetch what is_opening() will look at. */
static __always_inline void seek_opening(const struct scratch *s)
{
	const struct opening *o = opening_of(s);

	if (o)
		touch(o);
}

static __always_inline void note_opening(const struct scratch *s)
{
	struct opening *o = opening_of(s);

	if (!o)
		return;
	o->place = s->place;
	o->since_ns = s->now_ns;
}

static __always_inline bool is_opening(const struct scratch *s)
{
	const struct opening *o = opening_of(s);

	/* another processor may have seen a later tick */
	return o && o->place == s->place && (__s64)(s->now_ns - o->since_ns) < OPENING_NS;
}

static __always_inline bool is_flooded(struct scratch *s, const struct screen_offload_port *w,
				       struct screen_meters *m)
{
	if (w->always)
		return true;
	s->hash = server_hash(s, m, w->zone);
	return screen_sketch_flooding(&m->attack, s->hash, s->now_s,
				      w->attack_threshold);
}

/* Whether an ACK's cookie, or the number of a RST that answers a safe reset, checks against these keys. */
static __always_inline bool checks(struct scratch *s, const struct screen_zone_keys *z, __u64 epoch,
				   bool reset)
{
	if (reset)
		return screen_cookie_check_safe_reset(z, epoch, &s->ends, s->packet.seq) ==
		       SCREEN_COOKIE_VALID;
	return screen_cookie_check(z, epoch, &s->ends, s->packet.seq, s->packet.ack,
				   s->options.flags & SCREEN_HAS_TIMESTAMPS, s->options.tsecr,
				   &s->agreed) == SCREEN_COOKIE_VALID;
}

/* Against those of the other master key, while there is one. */
__noinline int checks_other(const struct screen_host_policy *p, const struct screen_host_keys *k, __u32 reset)
{
	const struct screen_offload_port *w = port_of(p);
	struct scratch *s = scratch_of();

	if (!w || !k || !s || w->zone >= SCREEN_ZONES_MAX)
		return 1;
	return checks(s, &k->other[bounded(w->zone, SCREEN_ZONES_MAX)], k->other_epoch, reset);
}

/* By what a segment may answer a challenge. */
enum answer { NO_ANSWER, BY_ACK, BY_RESET };

static __always_inline enum answer answers_by(const struct scratch *s)
{
	const __u8 kind = SCREEN_TCP_ACK | SCREEN_TCP_SYN | SCREEN_TCP_RST;
	__u8 flags = s->packet.tcp_flags;

	if ((flags & kind) == SCREEN_TCP_ACK)
		return BY_ACK;
	return (flags & (kind | SCREEN_TCP_FIN)) == SCREEN_TCP_RST ? BY_RESET : NO_ANSWER;
}

/* Whether who admits may believe it. Without keys, or when the next epoch has begun and its keys have not come,
 * that is not said here. */
static __always_inline bool may_be_valid(struct scratch *s, const struct screen_host_policy *p,
					 const struct screen_offload_port *w, bool reset)
{
	const struct screen_host_keys *k = keys_of(s->boot_ns);

	if (!k || s->boot_ns >= k->mint_until_ns || w->zone >= SCREEN_ZONES_MAX)
		return true;
	return checks(s, &k->zone[bounded(w->zone, SCREEN_ZONES_MAX)], k->check_epoch, reset) ||
	       (k->accepts_other && checks_other(p, k, reset));
}

/* Whether it is, or may be, what a client answers with: then it is for who admits, and so is what follows. */
static __always_inline bool may_answer(struct xdp_md *ctx, struct scratch *s,
				       const struct screen_host_policy *p, const struct screen_offload_port *w)
{
	enum answer by = answers_by(s);

	if (by == NO_ANSWER)
		return false;
	if (by == BY_ACK && read_segment(ctx, s)) /* its timestamps are a part of the cookie */
		return true;
	take_tuple(s);
	if (!may_be_valid(s, p, w, by == BY_RESET))
		return false;
	note_opening(s);
	return true;
}

static __always_inline void count_invalid(struct scratch *s, struct screen_meters *m,
					  const struct screen_offload_port *w)
{
	__u32 at;

	if (w->always)
		s->hash = server_hash(s, m, w->zone);
	at = screen_victim_find(&m->victims, s->hash);
	screen_victim_add(&m->zone[w->zone & (SCREEN_METER_ZONES - 1)].cookies_invalid);
	if (at < SCREEN_VICTIMS)
		screen_victim_add(&m->victims.victim[at].invalid);
	count(SCREEN_SHIM_COOKIE_INVALID);
}

/* Of a wire, what a client answers with: ACK, or RST alone. The engine has screens for other flags and for URG,
 * and drops for another reason what hides a SYN. */
static __always_inline bool is_answer(const struct scratch *s)
{
	const __u8 both = SCREEN_TCP_SYN | SCREEN_TCP_FIN;
	__u8 flags = s->packet.tcp_flags;

	if (flags & SCREEN_TCP_URG || (flags & both) == both)
		return false;
	return flags & SCREEN_TCP_ACK || ((flags & SCREEN_TCP_RST) && !(flags & both));
}

/* A segment of no flow. */
static __always_inline int check(struct xdp_md *ctx, struct scratch *s, const struct screen_host_policy *p,
				 const struct screen_offload_port *w)
{
	struct screen_meters *m = meters_of();

	if (!m || !w->screens || s->now_ns < p->offload.learning_until_ns || !is_answer(s) ||
	    !is_flooded(s, w, m) || may_answer(ctx, s, p, w) || is_opening(s))
		return TO_ENGINE;
	count_invalid(s, m, w);
	return XDP_DROP;
}
