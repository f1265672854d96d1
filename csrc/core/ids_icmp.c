/* Screens on ICMP and ICMPv6. */
#include "ids.h"

enum {
	LARGE = 1024,	       /* bytes of an IP packet that is not large */
	DATAGRAM_MAX = 65535,
	ICMPV6_FIXED = 8,      /* bytes that every message of RFC 4443 has, and NDP's */
	ICMPV6_INFORMATIONAL = 128, /* types below are errors, which carry what they are about */
};

static uint32_t ip_length(const struct step *s)
{
	return (uint32_t)(s->d->packet.end - s->d->packet.l3);
}

/* Whether a fragment reaches beyond what a datagram can be: IPv4's total length (RFC 791), IPv6's payload
 * length (RFC 8200 section 4.5). */
static bool too_long(const struct step *s)
{
	struct ids_fragment f = ids_fragment_of(s);

	return f.before + f.offset + f.length > DATAGRAM_MAX;
}

static bool checksum_ok(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *data = s->frame->data;
	const uint8_t *routing = ids_extension(s, SCREEN_PROTO_ROUTING);

	/* with segments left, the sum is over an address that is not in its place yet (section 8.1) */
	if (routing && routing[3])
		return true;
	return screen_fold(screen_sum(data + p->l4, (size_t)(p->end - p->l4),
				      screen_sum_pseudo(data, p))) == 0xffff;
}

/* RFC 4443 section 2.1, and 2.4 (c): an error carries at least the IPv6 header that it is about. */
static bool malformed_icmpv6(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	uint32_t length = ids_bytes_from(s, p->l4);
	uint8_t type;

	if (length < ICMPV6_FIXED)
		return true;
	type = s->frame->data[p->l4];
	return (type < ICMPV6_INFORMATIONAL && length < ICMPV6_FIXED + 40) || !checksum_ok(s);
}

bool ids_icmp(struct step *s, enum screen_kind kind)
{
	const struct screen_packet *p = &s->d->packet;
	bool v6 = p->family == 6 && p->protocol == SCREEN_PROTO_ICMPV6;
	bool fragment = kind == SCREEN_KIND_FRAGMENT;

	if (!v6 && !(p->family == 4 && p->protocol == SCREEN_PROTO_ICMP))
		return false;
	if (kind != SCREEN_KIND_NON_TCP && !fragment)
		return false;
	if (fragment && ids_armed(s, SCREEN_IDS_PING_DEATH) && too_long(s) &&
	    ids_hit(s, SCREEN_IDS_PING_DEATH))
		return true;
	if (fragment && ids_armed(s, SCREEN_IDS_ICMP_FRAGMENT) &&
	    ids_hit(s, SCREEN_IDS_ICMP_FRAGMENT))
		return true;
	if (ip_length(s) > LARGE && ids_armed(s, SCREEN_IDS_ICMP_LARGE) &&
	    ids_hit(s, SCREEN_IDS_ICMP_LARGE))
		return true;
	return v6 && !fragment && ids_armed(s, SCREEN_IDS_ICMPV6_MALFORMED) &&
	       malformed_icmpv6(s) && ids_hit(s, SCREEN_IDS_ICMPV6_MALFORMED);
}
