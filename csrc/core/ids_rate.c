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
	return screen_siphash_words(s->c->meters->key[0], s->c->meters->key[1], words, 3) |
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

static bool icmp_rate(struct step *s)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_meters *m = s->c->meters;

	if (ids_armed(s, SCREEN_IDS_ICMP_FLOOD) && floods(s, &m->icmp, c->icmp_flood) &&
	    ids_hit(s, SCREEN_IDS_ICMP_FLOOD))
		return true;
	return ids_armed(s, SCREEN_IDS_IP_SWEEP) && sweeps(s, &m->ip_addresses, c->ip_sweep_us) &&
	       ids_hit(s, SCREEN_IDS_IP_SWEEP);
}

static bool udp_rate(struct step *s, enum screen_kind kind)
{
	const struct screen_profile_config *c = step_profile(s);
	struct screen_meters *m = s->c->meters;
	uint16_t port;

	if (ids_armed(s, SCREEN_IDS_UDP_FLOOD) && floods(s, &m->udp, c->udp_flood) &&
	    ids_hit(s, SCREEN_IDS_UDP_FLOOD))
		return true;
	if (ids_armed(s, SCREEN_IDS_UDP_SWEEP) && sweeps(s, &m->udp_addresses, c->udp_sweep_us) &&
	    ids_hit(s, SCREEN_IDS_UDP_SWEEP))
		return true;
	if (!ids_armed(s, SCREEN_IDS_UDP_PORT_SCAN) || kind != SCREEN_KIND_NON_TCP ||
	    ids_bytes_from(s, s->d->packet.l4) < 8)
		return false;
	port = screen_load_be16(s->frame->data + s->d->packet.l4 + 2);
	return scans(s, &m->udp_ports, port, c->udp_port_scan_us) &&
	       ids_hit(s, SCREEN_IDS_UDP_PORT_SCAN);
}

bool ids_rate(struct step *s, enum screen_kind kind)
{
	const struct screen_packet *p = &s->d->packet;

	if (kind != SCREEN_KIND_NON_TCP && kind != SCREEN_KIND_FRAGMENT)
		return false;
	if (p->protocol == (p->family == 4 ? SCREEN_PROTO_ICMP : SCREEN_PROTO_ICMPV6))
		return icmp_rate(s);
	return p->protocol == SCREEN_PROTO_UDP && udp_rate(s, kind);
}

static uint32_t sessions(const struct step *s, struct screen_session_sketch *sketch, bool source)
{
	return screen_session_count(sketch, screen_flow_end_hash(s->c->flows, &s->key,
								 s->from_low == source));
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
