/* Screens on TCP: flags that no honest segment has. */
#include "ids.h"

enum { NETBIOS_SESSION = 139 };

static bool same_ends(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *ip = s->frame->data + p->l3;

	if (p->family == 4)
		return memcmp(ip + 12, ip + 16, 4) == 0;
	return memcmp(ip + 8, ip + 24, 16) == 0;
}

/* As on Junos it is mended, not dropped: URG goes, and the urgent pointer is zero. */
static void mend_winnuke(struct step *s)
{
	struct screen_packet *p = &s->d->packet;
	struct screen_difference d = { 0 };
	uint8_t *tcp = s->frame->data + p->l4;

	step_count_ids(s, SCREEN_IDS_WINNUKE);
	if (step_profile(s)->alarm_without_drop)
		return;
	screen_checksum_complete(s->frame->data, p);
	screen_rewrite16(tcp, 12, (uint16_t)(tcp[12] << 8 | (tcp[13] & ~SCREEN_TCP_URG)), &d);
	screen_rewrite16(tcp, 18, 0, &d);
	screen_difference_apply(tcp + 16, &d);
	p->tcp_flags &= (uint8_t)~SCREEN_TCP_URG;
}

static bool flags(struct step *s)
{
	uint8_t f = s->d->packet.tcp_flags;
	const uint8_t six = SCREEN_TCP_FIN | SCREEN_TCP_SYN | SCREEN_TCP_RST | SCREEN_TCP_PSH |
			    SCREEN_TCP_ACK | SCREEN_TCP_URG;

	if ((f & six) == 0 && ids_armed(s, SCREEN_IDS_NO_FLAG) && ids_hit(s, SCREEN_IDS_NO_FLAG))
		return true;
	if ((f & SCREEN_TCP_SYN) && (f & SCREEN_TCP_FIN) && ids_armed(s, SCREEN_IDS_SYN_FIN) &&
	    ids_hit(s, SCREEN_IDS_SYN_FIN))
		return true;
	return (f & (SCREEN_TCP_FIN | SCREEN_TCP_ACK)) == SCREEN_TCP_FIN &&
	       ids_armed(s, SCREEN_IDS_FIN_NO_ACK) && ids_hit(s, SCREEN_IDS_FIN_NO_ACK);
}

bool ids_tcp(struct step *s, enum screen_kind kind)
{
	const struct screen_packet *p = &s->d->packet;
	bool fragment = kind == SCREEN_KIND_FRAGMENT;

	if (p->protocol != SCREEN_PROTO_TCP || (fragment && !p->first_fragment) ||
	    (kind != SCREEN_KIND_TCP && !fragment))
		return false;
	if (fragment && (p->tcp_flags & SCREEN_TCP_SYN) && ids_armed(s, SCREEN_IDS_SYN_FRAG) &&
	    ids_hit(s, SCREEN_IDS_SYN_FRAG))
		return true;
	if (ids_armed(s, SCREEN_IDS_LAND) && same_ends(s) && ids_hit(s, SCREEN_IDS_LAND))
		return true;
	if (flags(s))
		return true;
	if (!fragment && p->dport == NETBIOS_SESSION && (p->tcp_flags & SCREEN_TCP_URG) &&
	    ids_armed(s, SCREEN_IDS_WINNUKE))
		mend_winnuke(s);
	return false;
}
