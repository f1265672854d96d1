/* Screens on rates: floods towards one address, scans and sweeps of one source. TCP's are asked for
 * SYNs that are about to be admitted (syn.c), so that forged ones under a flood do not count against
 * the one whose address they bear. */
#include "ids.h"

static uint64_t end_hash(const struct step *s, int which, uint64_t with)
{
	uint64_t words[3];
	uint8_t address[16];

	screen_flow_address(s->frame->data, &s->d->packet, which, address);
	memcpy(words, address, 16);
	words[2] = with << 16 | s->port->zone;
	return screen_siphash13_words(s->c->meters->key[0], s->c->meters->key[1], words, 3) |
	       SCREEN_HASH_MARK;
}

/* More than the threshold in this second towards one address. */
static bool floods(struct step *s, struct screen_sketch *sketch, uint32_t threshold)
{
	return screen_sketch_count(sketch, end_hash(s, 1, 0), step_seconds(s), threshold).count >
	       threshold;
}

/* Ten addresses of one source. */
static bool sweeps(struct step *s, struct screen_scan *scan, uint32_t interval_us)
{
	uint32_t target = (uint32_t)end_hash(s, 1, 0);

	return screen_scan_tried(scan, end_hash(s, 0, 1), target, s->c->now_ns,
				 interval_us * 1000ull);
}

/* Ten ports of one address of one source. */
static bool scans(struct step *s, struct screen_scan *scan, uint16_t port, uint32_t interval_us)
{
	uint64_t destination = end_hash(s, 1, 0) >> 16;

	return screen_scan_tried(scan, end_hash(s, 0, destination), port, s->c->now_ns,
				 interval_us * 1000ull);
}

/* Later fragments do not say what they are of. */
static bool shows_transport(const struct step *s, enum screen_kind kind, uint32_t bytes)
{
	return (kind != SCREEN_KIND_FRAGMENT || s->d->packet.first_fragment) &&
	       ids_bytes_from(s, s->d->packet.l4) >= bytes;
}

/* Whether an ICMP packet wants to be answered. Answers, errors, and a link's own business (neighbour
 * discovery asks for each address at a group of its own) go to many without looking for them. */
static bool asks(const struct step *s, enum screen_kind kind)
{
	uint8_t type;

	if (!shows_transport(s, kind, 1))
		return false;
	type = s->frame->data[s->d->packet.l4];
	if (s->d->packet.family == 4) /* echo, timestamp, information, mask, extended echo */
		return type == 8 || type == 13 || type == 15 || type == 17 || type == 42;
	return type == 128 || type == 139 || type == 160; /* echo, node information, extended echo */
}

static bool icmp_rate(struct step *s, enum screen_kind kind)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_meters *m = s->c->meters;

	if (ids_armed(s, SCREEN_IDS_ICMP_FLOOD) && floods(s, &m->icmp, c->icmp_flood) &&
	    ids_hit(s, SCREEN_IDS_ICMP_FLOOD))
		return true;
	return ids_armed(s, SCREEN_IDS_IP_SWEEP) && asks(s, kind) &&
	       sweeps(s, &m->ip_addresses, c->ip_sweep_us) && ids_hit(s, SCREEN_IDS_IP_SWEEP);
}

/* The name of a UDP packet's ends, one of them outside: its source (0) or its destination (1). */
static uint64_t contact_hash(const struct step *s, int outside)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *udp = s->frame->data + p->l4;
	uint64_t words[6];

	screen_flow_address(s->frame->data, p, outside, (uint8_t *)words);
	screen_flow_address(s->frame->data, p, !outside, (uint8_t *)(words + 2));
	words[4] = (uint64_t)screen_load_be16(udp + outside * 2) << 16 |
		   screen_load_be16(udp + !outside * 2);
	words[5] = (uint64_t)s->port->wire << 32 | (uint64_t)p->vlan[0] << 16 | p->vlan[1];
	return screen_siphash13_words(s->c->meters->key[0], s->c->meters->key[1], words, 6);
}

void step_note_contact(struct step *s, enum screen_kind kind)
{
	const uint64_t scans_of_udp = 1ull << SCREEN_IDS_UDP_PORT_SCAN | 1ull << SCREEN_IDS_UDP_SWEEP;
	uint16_t profile = s->c->policy->port[s->port->peer].profile;

	if (profile != SCREEN_NONE && (s->c->policy->profile[profile].armed & scans_of_udp) &&
	    s->d->packet.protocol == SCREEN_PROTO_UDP && shows_transport(s, kind, 8))
		screen_contact_note(&s->c->meters->contacts, contact_hash(s, 1), step_seconds(s));
}

static bool udp_scan(struct step *s)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_meters *m = s->c->meters;

	if (!ids_armed(s, SCREEN_IDS_UDP_SWEEP) && !ids_armed(s, SCREEN_IDS_UDP_PORT_SCAN))
		return false;
	if (screen_contact_known(&m->contacts, contact_hash(s, 0), step_seconds(s)))
		return false;
	if (ids_armed(s, SCREEN_IDS_UDP_SWEEP) && sweeps(s, &m->udp_addresses, c->udp_sweep_us) &&
	    ids_hit(s, SCREEN_IDS_UDP_SWEEP))
		return true;
	return ids_armed(s, SCREEN_IDS_UDP_PORT_SCAN) &&
	       scans(s, &m->udp_ports, s->d->packet.dport, c->udp_port_scan_us) &&
	       ids_hit(s, SCREEN_IDS_UDP_PORT_SCAN);
}

static bool udp_rate(struct step *s, enum screen_kind kind)
{
	struct screen_packet *p = &s->d->packet;
	bool ports = shows_transport(s, kind, 8);

	if (ports) { /* for the log: the parser reads those of TCP alone */
		p->sport = screen_load_be16(s->frame->data + p->l4);
		p->dport = screen_load_be16(s->frame->data + p->l4 + 2);
	}
	if (ids_armed(s, SCREEN_IDS_UDP_FLOOD) &&
	    floods(s, &s->c->meters->udp, step_profile(s)->udp_flood) &&
	    ids_hit(s, SCREEN_IDS_UDP_FLOOD))
		return true;
	return ports && udp_scan(s);
}

bool ids_rate(struct step *s, enum screen_kind kind)
{
	const struct screen_packet *p = &s->d->packet;

	if (kind != SCREEN_KIND_NON_TCP && kind != SCREEN_KIND_FRAGMENT)
		return false;
	if (p->protocol == (p->family == 4 ? SCREEN_PROTO_ICMP : SCREEN_PROTO_ICMPV6))
		return icmp_rate(s, kind);
	return p->protocol == SCREEN_PROTO_UDP && udp_rate(s, kind);
}

static uint32_t sessions(const struct step *s, struct screen_session_sketch *sketch, bool source)
{
	return screen_session_count(sketch, screen_flow_end_hash(s->c->flows, &s->d->place.key,
								 s->d->place.from_low == source));
}

/* How many connections an address has at a time. */
static bool session_limits(struct step *s)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_sessions *all = s->c->flows->sessions;

	if (!all)
		return false;
	if (ids_armed(s, SCREEN_IDS_SOURCE_SESSIONS) &&
	    sessions(s, &all->source, true) >= c->source_sessions &&
	    ids_hit(s, SCREEN_IDS_SOURCE_SESSIONS))
		return true;
	if (ids_armed(s, SCREEN_IDS_DESTINATION_SESSIONS) &&
	    sessions(s, &all->destination, false) >= c->destination_sessions &&
	    ids_hit(s, SCREEN_IDS_DESTINATION_SESSIONS))
		return true;
	return ids_armed(s, SCREEN_IDS_SYN_ACK_ACK) &&
	       sessions(s, &all->silent, true) >= c->syn_ack_ack &&
	       ids_hit(s, SCREEN_IDS_SYN_ACK_ACK);
}

bool step_ids_admission(struct step *s)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_meters *m = s->c->meters;

	if (ids_armed(s, SCREEN_IDS_TCP_PORT_SCAN) &&
	    scans(s, &m->tcp_ports, s->d->packet.dport, c->tcp_port_scan_us) &&
	    ids_hit(s, SCREEN_IDS_TCP_PORT_SCAN))
		return true;
	if (ids_armed(s, SCREEN_IDS_TCP_SWEEP) && sweeps(s, &m->tcp_addresses, c->tcp_sweep_us) &&
	    ids_hit(s, SCREEN_IDS_TCP_SWEEP))
		return true;
	return session_limits(s);
}
