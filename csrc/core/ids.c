#include "ids.h"

static const enum screen_reason reasons[SCREEN_IDS] = {
	[SCREEN_IDS_ICMP_FLOOD] = SCREEN_DROP_ICMP_FLOOD,
	[SCREEN_IDS_UDP_FLOOD] = SCREEN_DROP_UDP_FLOOD,
	[SCREEN_IDS_TCP_PORT_SCAN] = SCREEN_DROP_TCP_PORT_SCAN,
	[SCREEN_IDS_UDP_PORT_SCAN] = SCREEN_DROP_UDP_PORT_SCAN,
	[SCREEN_IDS_IP_SWEEP] = SCREEN_DROP_IP_SWEEP,
	[SCREEN_IDS_TCP_SWEEP] = SCREEN_DROP_TCP_SWEEP,
	[SCREEN_IDS_UDP_SWEEP] = SCREEN_DROP_UDP_SWEEP,
	[SCREEN_IDS_TEAR_DROP] = SCREEN_DROP_TEAR_DROP,
	[SCREEN_IDS_SYN_FLOOD] = SCREEN_DROP_SYN_FLOOD,
	[SCREEN_IDS_SYN_FLOOD_SOURCE] = SCREEN_DROP_SOURCE_THRESHOLD,
	[SCREEN_IDS_SYN_FLOOD_DESTINATION] = SCREEN_DROP_DESTINATION_THRESHOLD,
	[SCREEN_IDS_PING_DEATH] = SCREEN_DROP_PING_DEATH,
	[SCREEN_IDS_SOURCE_ROUTE] = SCREEN_DROP_SOURCE_ROUTE,
	[SCREEN_IDS_LAND] = SCREEN_DROP_LAND,
	[SCREEN_IDS_SYN_FRAG] = SCREEN_DROP_SYN_FRAGMENT,
	[SCREEN_IDS_NO_FLAG] = SCREEN_DROP_NO_FLAG,
	[SCREEN_IDS_UNKNOWN_PROTOCOL] = SCREEN_DROP_UNKNOWN_PROTOCOL,
	[SCREEN_IDS_BAD_OPTION] = SCREEN_DROP_BAD_OPTION,
	[SCREEN_IDS_RECORD_ROUTE] = SCREEN_DROP_RECORD_ROUTE,
	[SCREEN_IDS_TIMESTAMP] = SCREEN_DROP_TIMESTAMP,
	[SCREEN_IDS_SECURITY] = SCREEN_DROP_SECURITY,
	[SCREEN_IDS_LOOSE_SOURCE_ROUTE] = SCREEN_DROP_LOOSE_SOURCE_ROUTE,
	[SCREEN_IDS_STRICT_SOURCE_ROUTE] = SCREEN_DROP_STRICT_SOURCE_ROUTE,
	[SCREEN_IDS_STREAM] = SCREEN_DROP_STREAM,
	[SCREEN_IDS_ICMP_FRAGMENT] = SCREEN_DROP_ICMP_FRAGMENT,
	[SCREEN_IDS_ICMP_LARGE] = SCREEN_DROP_ICMP_LARGE,
	[SCREEN_IDS_SYN_FIN] = SCREEN_DROP_SYN_FIN,
	[SCREEN_IDS_FIN_NO_ACK] = SCREEN_DROP_FIN_NO_ACK,
	[SCREEN_IDS_SOURCE_SESSIONS] = SCREEN_DROP_SOURCE_SESSIONS,
	[SCREEN_IDS_DESTINATION_SESSIONS] = SCREEN_DROP_DESTINATION_SESSIONS,
	[SCREEN_IDS_SYN_ACK_ACK] = SCREEN_DROP_SYN_ACK_ACK,
	[SCREEN_IDS_BLOCK_FRAG] = SCREEN_DROP_BLOCK_FRAG,
	[SCREEN_IDS_EXTENSION_HEADER] = SCREEN_DROP_EXTENSION_HEADER,
	[SCREEN_IDS_EXTENSION_LIMIT] = SCREEN_DROP_EXTENSION_LIMIT,
	[SCREEN_IDS_IPV6_MALFORMED] = SCREEN_DROP_IPV6_MALFORMED,
	[SCREEN_IDS_ICMPV6_MALFORMED] = SCREEN_DROP_ICMPV6_MALFORMED,
};

/* One record a second for a zone and screen, with how many there were since the one before. */
static void log_hit(struct step *s, enum screen_ids ids, uint64_t total)
{
	_Atomic uint64_t *logged = &step_zone(s)->logged[ids];
	uint64_t old = atomic_load_explicit(logged, memory_order_relaxed);
	uint32_t now = step_seconds(s);

	/* this second, or a later one: another worker's burst may have begun after this one's */
	if ((int32_t)(now - (uint32_t)(old >> 32)) <= 0 ||
	    !atomic_compare_exchange_strong_explicit(logged, &old,
						     screen_hits_logged(now, total),
						     memory_order_relaxed, memory_order_relaxed))
		return;
	step_event(s, SCREEN_EVENT_SCREEN, ids, screen_hits_since(total, old));
}

void step_count_ids(struct step *s, enum screen_ids ids)
{
	uint64_t before;

	if (s->in_streak && ids == SCREEN_IDS_SYN_FLOOD) {
		s->c->streak.hits++;
		return;
	}
	before = atomic_fetch_add_explicit(&step_zone(s)->ids[ids], 1, memory_order_relaxed);

	log_hit(s, ids, before + 1);
}

bool ids_hit(struct step *s, enum screen_ids ids)
{
	step_count_ids(s, ids);
	if (step_profile(s)->alarm_without_drop)
		return false;
	step_drop(s, reasons[ids]);
	return true;
}

bool step_ids(struct step *s, enum screen_kind kind)
{
	if (step_profile(s)->armed == (1ull << SCREEN_IDS_SYN_FLOOD) || kind == SCREEN_KIND_NON_IP ||
	    kind == SCREEN_KIND_DEEP_TAGS)
		return false;
	return ids_ip(s, kind) || ids_icmp(s, kind) || ids_tcp(s, kind) || ids_rate(s, kind);
}
