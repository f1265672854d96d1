/*
 * Answer: a SYN to a destination that floods becomes its challenge, and goes back where it came from.
 *
 * Only where the engine has left a lease: it has challenged SYNs to this destination in this second or
 * the one before, knows that the server answers, and says what is promised. And only above both
 * thresholds, which the engine's own count has reached before: no flood begins or ends here, no alarm is
 * raised. Whatever is unusual is the engine's.
 */
#pragma once

#include "challenge.h"
#include "shim_probe.h"
#include "shim_frame.h"

enum {
	NOTE_NS = 1000000, /* a time that is noted for each SYN is this old at most; or two ticks */
	STREAK = 8,	   /* challenges that are counted at once, at most, and not for longer than that */
};

/* Whether the engine has left a lease for the destination, whose hash is s->hash, and for this kind of port. Sets
 * s->victim, s->server. */
static __always_inline bool has_lease(struct scratch *s, const struct screen_host_policy *p,
				      const struct screen_offload_port *w, struct screen_meters *m)
{
	__u32 at = screen_victim_find(&m->victims, s->hash);
	uint64_t offer;

	if (at >= SCREEN_VICTIMS)
		return false;
	s->victim = at;
	if (!screen_victim_lets(&m->victims.victim[at], s->hash, p->offload.generation, s->now_s, &offer))
		return false;
	memcpy(&s->server, &offer, sizeof(s->server));
	return s->server.reserved == w->host;
}

/* Whether the destination floods, and is let to the driver. Sets s->hash, s->victim, s->server. */
static __always_inline bool is_let(struct scratch *s, const struct screen_host_policy *p,
				   const struct screen_offload_port *w, struct screen_meters *m)
{
	__u32 count;

	s->hash = server_hash(s, m, w->zone);
	count = screen_sketch_estimate(&m->attack, s->hash, s->now_s);
	return count >= w->attack_threshold && count >= w->alarm_threshold && has_lease(s, p, w, m);
}

static __always_inline struct screen_validated *validated_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&validated, &zero);
}

/* Whether a white-list has the pair, or the client is one that has answered before. */
__noinline int is_named(const struct screen_host_policy *p)
{
	const struct screen_offload_port *w = port_of(p);
	struct screen_validated *t = validated_of();
	struct screen_validated_client client = { 0 };
	struct scratch *s = scratch_of();

	if (!w || !s || !t)
		return 1;
	if (w->white && white_listed(w->profile, s->packet.family, s->source, s->destination))
		return 1;
	client.zone = w->zone;
	client.port = s->packet.dport;
	memcpy(client.source, s->source, 16);
	memcpy(client.destination, s->destination, 16);
	return screen_validated_find(t, screen_validated_key(t, &client), s->now_ns / 1000000);
}

/* Whether one of the pair may pass: then the engine says how. */
static __always_inline bool may_pass(const struct scratch *s, const struct screen_host_policy *p,
				     const struct screen_offload_port *w)
{
	struct screen_validated *t = validated_of();

	/* a white-list, or a client whose time is not over */
	return !t || ((w->white || atomic_load_explicit(&t->last_ms, memory_order_relaxed) * 1000000 > s->now_ns) &&
		      is_named(p));
}

/* Whether hosts can be at both ends. A few that could are the engine's, too. */
static __always_inline bool is_answerable(struct xdp_md *ctx, const struct scratch *s)
{
	const __u8 *data = frame_begin(ctx);

	if (data + SCREEN_ETH_SIZE > frame_end(ctx) || ((data[0] | data[6]) & 1))
		return false;
	if (s->packet.family == 4)
		return s->source[12] - 1u < 223 && s->destination[12] - 1u < 223;
	return s->source[0] - 1u < 254 && s->destination[0] - 1u < 254;
}

/* Whether the IP header's own checksum, which IPv6 has none of, is right. */
static __always_inline bool is_ip_whole(struct xdp_md *ctx, const struct scratch *s)
{
	const __u8 *end = frame_end(ctx), *ip;

	if (s->packet.family != 4)
		return true;
	ip = ip_of(ctx, s);
	return ip && ip + IP_SIZE_IPV4 <= end && screen_fold(screen_sum(ip, IP_SIZE_IPV4, 0)) == 0xffff;
}

/* Whether the SYN as it is can be challenged: undamaged, or of a local stack that leaves the sum to the
 * device; with an MSS that a cookie can say; without a signature. */
static __always_inline bool can_be_challenged(struct xdp_md *ctx, const struct scratch *s)
{
	__u64 pseudo = pseudo_sum(s);

	if (s->options.flags & SCREEN_HAS_SIGNATURE ||
	    screen_options_mss(&s->options, s->packet.family) < SCREEN_MSS_MIN || !is_ip_whole(ctx, s))
		return false;
	return screen_fold(s->tcp_sum + pseudo) == 0xffff || s->tcp_check == screen_fold(pseudo);
}

__noinline int is_above_reply_rate(const struct screen_host_policy *p)
{
	const struct screen_offload_port *w = port_of(p);
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();

	return !p || !w || !m || !s ||
	       screen_meters_reply(m, slot, w->zone, s->packet.family, s->source, p->offload.reply_rate,
				   p->offload.reply_prefix_rate, s->now_s);
}

/* Notes a time that is later by more than NOTE_NS. */
static __always_inline void note_time(_Atomic uint64_t *noted, __u64 ns)
{
	if (ns > atomic_load_explicit(noted, memory_order_relaxed) + NOTE_NS)
		atomic_store_explicit(noted, ns, memory_order_relaxed);
}

/* What the engine counts of challenges (gauge.c, screen.c), of all of a streak. It may be long over, and its
 * victim's entry another's. */
__noinline int end_streak(void)
{
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();
	struct screen_zone_meter *z;
	struct screen_victim *v;

	if (!m || !s)
		return 0;
	z = &m->zone[s->streak.zone & (SCREEN_METER_ZONES - 1)];
	v = &m->victims.victim[s->streak.victim & (SCREEN_VICTIMS - 1)];
	note_time(&z->flood_last_ns, s->streak_ns);
	atomic_fetch_add_explicit(&z->challenged, s->sent, memory_order_relaxed);
	if (atomic_load_explicit(&v->hash, memory_order_relaxed) == s->streak.hash) {
		note_time(&v->last_ns, s->streak_ns);
		screen_pace_add(&v->challenges, s->streak.window / SCREEN_LOOKS_WINDOW_S, s->sent);
	}
	screen_streak_end(&s->streak, m);
	s->sent = 0;
	return 0;
}

static __always_inline void begin_streak(struct scratch *s, const struct screen_offload_port *w)
{
	struct screen_streak *k = &s->streak;

	if (k->count)
		end_streak();
	k->hash = s->hash;
	k->window = s->now_s;
	k->zone = w->zone;
	k->victim = (__u16)s->victim;
	k->count = 1;
	s->streak_ns = s->now_ns;
}

/* Counts a challenge. A few at a time go to the meters, which all processors write to: whoever reads those
 * finds them behind by a streak at most for each port and processor, until its next frame. */
static __always_inline void count_challenge(struct scratch *s, const struct screen_offload_port *w)
{
	struct screen_streak *k = &s->streak;

	if (k->count >= STREAK || s->now_ns - s->streak_ns > NOTE_NS ||
	    !screen_streak_goes_on(k, s->hash, s->now_s))
		begin_streak(s, w);
	k->hits++;
	s->in_streak = true;
}

/* Mints the cookie. -1: the epoch is over, and there is no newer key. */
static __always_inline int mint(struct scratch *s, const struct screen_offload_port *w)
{
	const struct screen_host_keys *k;
	const struct screen_zone_keys *z;

	if (w->zone >= SCREEN_ZONES_MAX)
		return -1;
	k = keys_of(s->boot_ns);
	if (!k || s->boot_ns >= k->mint_until_ns)
		return -1;
	z = &k->zone[bounded(w->zone, SCREEN_ZONES_MAX)];
	s->cookie = screen_cookie_mint(k->mint_epoch == k->check_epoch ? &z->current : &z->previous,
				       k->mint_epoch, &s->ends, s->packet.seq, &s->agreed);
	return 0;
}

/* Writes the challenge over the SYN. Returns its length, 0: it does not fit. */
static __always_inline int write_challenge(struct xdp_md *ctx, struct scratch *s)
{
	struct screen_segment segment;
	struct screen_ends e;
	__u32 l3 = s->packet.l3, l4;
	__u8 *data, *end;

	if (l3 > L3_MAX)
		return 0;
	screen_once(l3);
	e.family = s->packet.family;
	e.sport = s->packet.dport;
	e.dport = s->packet.sport;
	if (e.family == 4) {
		memcpy(e.addresses, s->destination + 12, 4);
		memcpy(e.addresses + 4, s->source + 12, 4);
	} else {
		memcpy(e.addresses, s->destination, 16);
		memcpy(e.addresses + 16, s->source, 16);
	}
	screen_challenge_segment(&segment, s->packet.seq, &s->options, &s->agreed, &s->server, s->cookie);
	data = frame_begin(ctx);
	end = frame_end(ctx);
	if (data + SCREEN_ETH_SIZE > end)
		return 0;
	l4 = l3 + (e.family == 4 ? IP_SIZE_IPV4 : IP_SIZE_IPV6);
	if (!screen_write_ip(data + l3, end, &e, 0, SCREEN_REPLY_TTL, 20u + segment.options_length) ||
	    !screen_write_tcp(data + l4, end, &e, &segment))
		return 0;
	screen_turn_ethernet(data);
	return (int)(l4 + 20u + segment.options_length);
}

static __always_inline int send_challenge(struct xdp_md *ctx, struct scratch *s)
{
	int size = (int)(frame_end(ctx) - frame_begin(ctx));
	int length = write_challenge(ctx, s);

	/* a SYN with Linux's options is as long as what answers it */
	if (length <= 0 || (length != size && bpf_xdp_adjust_tail(ctx, length - size)))
		return XDP_DROP;
	return bpf_redirect_map(&peer, SCREEN_SHIM_BACK, XDP_TX);
}

static __always_inline bool asks_plainly(const struct scratch *s)
{
	const __u8 others = (__u8)~(SCREEN_TCP_SYN | SCREEN_TCP_ECE | SCREEN_TCP_CWR);

	return !(s->packet.tcp_flags & others) && s->packet.payload == s->packet.end;
}

/* Whether a plain SYN, whose addresses have been taken, is answered, if it belongs to no connection; makes what
 * the answer says. */
static __always_inline bool can_answer(struct xdp_md *ctx, struct scratch *s, const struct screen_host_policy *p,
				       const struct screen_offload_port *w)
{
	struct screen_meters *m = meters_of();

	if (!m || !asks_plainly(s) || !is_let(s, p, w, m) || !is_answerable(ctx, s) || may_pass(s, p, w) ||
	    read_segment(ctx, s) || !can_be_challenged(ctx, s))
		return false;
	screen_agree(s->packet.family, s->packet.tcp_flags, &s->options, &s->server, &s->agreed);
	take_tuple(s);
	return mint(s, w) == 0;
}

/* Answers it. */
static __always_inline int answer(struct xdp_md *ctx, struct scratch *s, const struct screen_host_policy *p,
				  const struct screen_offload_port *w)
{
	count_challenge(s, w);
	if ((p->offload.reply_rate | p->offload.reply_prefix_rate) && is_above_reply_rate(p)) {
		count(SCREEN_SHIM_REPLY_RATE);
		return XDP_DROP;
	}
	s->sent++;
	count(SCREEN_SHIM_CHALLENGED);
	return send_challenge(ctx, s);
}
