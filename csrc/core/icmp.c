#include "icmp.h"

#include "checksum.h"
#include "stamp.h"

enum {
	HEADER = 8, /* of an error, before what it quotes */
	QUOTED = 8, /* bytes of a TCP header: ports and sequence number */

	ICMP_UNREACHABLE = 3,
	ICMP_QUENCH = 4,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMP_CODE_TOO_BIG = 4, /* RFC 1191 */
	IPV6_MTU_MIN = 1280, /* RFC 8200 section 5 */
	MSS_NARROW = IPV6_MTU_MIN - 40 - 20,

	ICMPV6_UNREACHABLE = 1,
	ICMPV6_TOO_BIG = 2,
	ICMPV6_PARAMETER = 4,
};

static bool is_error(const uint8_t *icmp, const struct screen_packet *p)
{
	if (p->family == 4)
		return p->protocol == SCREEN_PROTO_ICMP &&
		       (icmp[0] == ICMP_UNREACHABLE || icmp[0] == ICMP_QUENCH ||
			icmp[0] == ICMP_TIME_EXCEEDED || icmp[0] == ICMP_PARAMETER);
	return p->protocol == SCREEN_PROTO_ICMPV6 && icmp[0] >= ICMPV6_UNREACHABLE &&
	       icmp[0] <= ICMPV6_PARAMETER;
}

/* The offset of the quoted TCP header, 0 when there is none: a later fragment, another protocol, or
 * one behind extension headers. */
static uint32_t quoted_tcp(const uint8_t *data, const struct screen_packet *p)
{
	uint32_t at = p->l4 + (uint32_t)HEADER, header;
	const uint8_t *ip = data + at;

	if (p->family == 6) {
		if (at + 40 > p->end || ip[0] >> 4 != 6 || ip[6] != SCREEN_PROTO_TCP)
			return 0;
		return at + 40;
	}
	if (at + 20 > p->end || ip[0] >> 4 != 4 || ip[9] != SCREEN_PROTO_TCP ||
	    (screen_load_be16(ip + 6) & 0x1fff))
		return 0;
	header = (ip[0] & 15u) * 4;
	return header < 20 ? 0 : at + header;
}

bool screen_icmp_about(const uint8_t *data, const struct screen_packet *p,
		       struct screen_packet *about)
{
	uint32_t tcp;

	if (p->l4 + (uint32_t)HEADER > p->end || !is_error(data + p->l4, p))
		return false;
	tcp = quoted_tcp(data, p);
	if (tcp == 0 || tcp + QUOTED > p->end)
		return false;
	*about = (struct screen_packet){
		.l3 = (uint16_t)(p->l4 + HEADER),
		.l4 = (uint16_t)tcp,
		.end = p->end,
		.vlan = { p->vlan[0], p->vlan[1] },
		.tags = p->tags,
		.family = p->family,
		.protocol = SCREEN_PROTO_TCP,
		.sport = screen_load_be16(data + tcp),
		.dport = screen_load_be16(data + tcp + 2),
		.seq = screen_load_be32(data + tcp + 4),
	};
	if (tcp + 12 <= p->end)
		about->ack = screen_load_be32(data + tcp + 8);
	return true;
}

bool screen_icmp_intact(const uint8_t *data, const struct screen_packet *p)
{
	/* RFC 4443 section 2.3 has a pseudo-header, RFC 792 none */
	if (p->family == 6)
		return screen_checksum_ok(data, p);
	return screen_checksum_ipv4_ok(data, p) &&
	       screen_fold(screen_sum(data + p->l4, (size_t)p->end - p->l4, 0)) == 0xffff;
}

bool screen_icmp_unreachable(const uint8_t *data, const struct screen_packet *p)
{
	const uint8_t *icmp = data + p->l4;

	if (p->family == 4)
		return icmp[0] == ICMP_UNREACHABLE && icmp[1] != ICMP_CODE_TOO_BIG;
	return icmp[0] == ICMPV6_UNREACHABLE;
}

/* Rewrites a value of the quoted header. Its own checksum, where it is there, follows; so that the sum
 * over both, which is the error's, stays as it is (RFC 1624). */
static void rewrite_quoted(uint8_t *icmp, uint32_t tcp, uint32_t field, uint32_t value,
			   bool has_checksum, struct screen_difference *d)
{
	struct screen_difference quoted = { 0 };
	uint16_t before;

	screen_rewrite32(icmp, tcp + field, value, &quoted);
	d->sum += quoted.sum;
	if (!has_checksum)
		return;
	before = screen_load_16(icmp + tcp + 16);
	screen_difference_apply(icmp + tcp + 16, &quoted);
	screen_difference_add(d, before, screen_load_16(icmp + tcp + 16), 0);
}

/* Whether a number of the cookie's space is of what the server has sent and the client has not
 * acknowledged: only then may an error change something here (RFC 5927 section 4.1). */
static bool in_flight(const struct screen_flow *f, uint32_t seq)
{
	uint32_t acked = atomic_load_explicit(&f->side[0].ack, memory_order_relaxed);
	uint32_t next = atomic_load_explicit(&f->side[1].next, memory_order_relaxed);

	return seq - acked < next - (f->server_isn - f->cookie_isn) - acked;
}

/* From now on segments that fill the smallest path go without a stamp. */
static void spare_full_segments(struct screen_flow *f)
{
	if (__atomic_load_n(&f->mss, __ATOMIC_RELAXED) > MSS_NARROW)
		__atomic_store_n(&f->mss, (uint16_t)MSS_NARROW, __ATOMIC_RELAXED);
}

static void narrow_ipv4(uint8_t *icmp, struct screen_difference *d)
{
	uint32_t mtu = screen_load_be16(icmp + 6);

	if (mtu > SCREEN_STAMP_SIZE) /* 0: from before RFC 1191 */
		screen_rewrite16(icmp, 6, (uint16_t)(mtu - SCREEN_STAMP_SIZE), d);
}

/* RFC 8201 section 4: no host believes an MTU below 1280. */
static void narrow_ipv6(struct screen_flow *f, uint8_t *icmp, uint32_t seq,
			struct screen_difference *d)
{
	uint32_t mtu = screen_load_be32(icmp + 4);

	if (mtu >= IPV6_MTU_MIN + SCREEN_STAMP_SIZE)
		screen_rewrite32(icmp, 4, mtu - SCREEN_STAMP_SIZE, d);
	else if (in_flight(f, seq))
		spare_full_segments(f);
}

/* A path that is too narrow for a stamped segment is so for the server's own, which is shorter. */
static void narrow(struct screen_flow *f, uint8_t *icmp, const struct screen_packet *about,
		   struct screen_difference *d)
{
	if (!screen_stamps(f))
		return;
	if (about->family == 4 && icmp[0] == ICMP_UNREACHABLE && icmp[1] == ICMP_CODE_TOO_BIG)
		narrow_ipv4(icmp, d);
	else if (about->family == 6 && icmp[0] == ICMPV6_TOO_BIG)
		narrow_ipv6(f, icmp, about->seq, d);
}

void screen_icmp_translate(struct screen_flow *f, enum screen_direction direction,
			   uint8_t *data, const struct screen_packet *p,
			   const struct screen_packet *about)
{
	uint32_t apart = f->server_isn - f->cookie_isn, tcp = (uint32_t)(about->l4 - p->l4);
	bool has_checksum = about->l4 + 18u <= p->end;
	struct screen_difference d = { 0 };
	uint8_t *icmp = data + p->l4;

	if (direction == SCREEN_TO_SERVER) {
		rewrite_quoted(icmp, tcp, 4, about->seq + apart, has_checksum, &d);
		narrow(f, icmp, about, &d);
	} else if (about->l4 + 12u <= p->end) {
		rewrite_quoted(icmp, tcp, 8, about->ack - apart, has_checksum, &d);
	}
	screen_difference_apply(icmp + 2, &d);
}
