#include "hostnews.h"

#include <bpf/libbpf.h>

#include "host.h"

enum { LISTENERS_IDLE_S = 2 }; /* without a SYN for so long no queue overflows */

static uint64_t destination_hash(const struct screen_engine *e, const struct screen_host_news *n)
{
	return screen_meters_server(e->meters, n->zone, n->destination, n->dport);
}

static void tell(struct screen_engine *e, const struct screen_host_news *n, enum screen_event_kind kind)
{
	uint8_t act = e->host.policy.zone[n->zone].act;
	struct screen_note note = {
		.now_ns = n->now_ns,
		.count = n->count,
		.kind = (uint8_t)kind,
		.ids = SCREEN_IDS_SYN_FLOOD,
		.slot = n->slot,
		.zone = n->zone,
		.protocol = SCREEN_PROTO_TCP,
		.dropped = act == SCREEN_HOST_CHALLENGE || act == SCREEN_HOST_DROP,
		.sport = n->sport,
		.dport = n->dport,
	};

	memcpy(note.source, n->source, 16);
	memcpy(note.destination, n->destination, 16);
	screen_event_put(&e->events, &note);
}

/* A destination floods: it is listed, also where its SYNs do not come to the workers. */
static void start(struct screen_engine *e, const struct screen_host_news *n)
{
	const struct screen_host_zone *zone = &e->host.policy.zone[n->zone];
	struct screen_victims *t = &e->meters->victims;
	uint32_t at = screen_victim_make(t, destination_hash(e, n), n->destination,
					 (uint32_t)n->zone << 16 | n->dport, n->now_ns);
	struct screen_victim *v;

	atomic_fetch_add_explicit(&e->meters->zone[n->zone].attacks, 1, memory_order_relaxed);
	tell(e, n, SCREEN_EVENT_FLOOD_START);
	if (at == SCREEN_VICTIM_NONE)
		return;
	v = &t->victim[at];
	screen_victim_set(&v->threshold, zone->attack_threshold);
	if (!atomic_exchange_explicit(&v->attacked, 1, memory_order_relaxed))
		screen_victim_begin(v, n->now_ns);
}

/* The zone's listeners overflow no more: since nobody asks about them, or by what the kernel said. */
static void tell_relief(struct screen_engine *e, uint8_t zone, uint64_t now_ns)
{
	struct screen_zone_meter *z = &e->meters->zone[zone];
	uint64_t first = atomic_load_explicit(&z->flood_first_ns, memory_order_relaxed);
	struct screen_note note = {
		.now_ns = now_ns,
		.duration_ns = first && now_ns > first ? now_ns - first : 0,
		.kind = SCREEN_EVENT_FLOOD_END,
		.ids = SCREEN_IDS_SYN_FLOOD,
		.slot = SCREEN_SLOT_NONE,
		.zone = zone,
		.protocol = SCREEN_PROTO_TCP,
	};

	screen_event_put(&e->events, &note);
}

static void learn(struct screen_engine *e, const struct screen_host_news *n)
{
	uint64_t hash = screen_meters_server(e->meters, n->zone, n->source, n->sport);
	uint32_t now_s = (uint32_t)(n->now_ns / 1000000000u), at;
	struct screen_servers *t = &e->meters->servers;

	at = screen_server_make(t, hash, n->source, (uint32_t)n->zone << 16 | n->sport, now_s);
	if (at != SCREEN_SERVER_NONE && screen_server_learn(&t->server[at], n->profile, now_s))
		screen_victim_forbid(&e->meters->victims, hash);
}

static int take(void *engine, void *data, size_t size)
{
	const struct screen_host_news *n = data;
	struct screen_engine *e = engine;

	if (size < sizeof(*n) || n->zone >= SCREEN_ZONES_MAX || n->slot >= SCREEN_PORTS_MAX)
		return 0;
	switch (n->kind) {
	case SCREEN_HOST_ALARM:
		atomic_fetch_add_explicit(&e->meters->zone[n->zone].alarms, 1, memory_order_relaxed);
		tell(e, n, SCREEN_EVENT_ALARM);
		break;
	case SCREEN_HOST_START:
		start(e, n);
		break;
	case SCREEN_HOST_SERVER:
		learn(e, n);
		break;
	case SCREEN_HOST_OVERFLOW:
		atomic_fetch_add_explicit(&e->meters->zone[n->zone].attacks, 1, memory_order_relaxed);
		tell(e, n, SCREEN_EVENT_FLOOD_START);
		break;
	case SCREEN_HOST_RELIEF:
		tell_relief(e, n->zone, n->now_ns);
		break;
	default:
		break;
	}
	return 0;
}

/* The kernel is asked when a SYN comes; when none comes, there is nothing to ask of. */
static void settle_overflows(struct screen_engine *e, uint64_t now_ns)
{
	for (int i = 0; i < SCREEN_ZONES_MAX; i++) {
		struct screen_zone_meter *z = &e->meters->zone[i];
		uint64_t cell = atomic_load_explicit(&z->listeners, memory_order_relaxed);

		if (!atomic_load_explicit(&z->overflows, memory_order_relaxed) ||
		    screen_cell_since(cell, (uint32_t)(now_ns / 1000000000u)) < LISTENERS_IDLE_S)
			continue;
		if (atomic_exchange_explicit(&z->overflows, SCREEN_HOST_RELIEVED,
					     memory_order_relaxed) == SCREEN_HOST_OVERFLOWS_TOLD)
			tell_relief(e, (uint8_t)i, now_ns);
	}
}

void screen_hostnews_take(struct screen_engine *e)
{
	struct screen_host_maps *h = &e->host;

	if (!h->there)
		return;
	if (!h->reader)
		h->reader = ring_buffer__new(h->news, take, e, NULL);
	if (h->reader)
		(void)ring_buffer__consume(h->reader);
	settle_overflows(e, screen_now_ns());
}

void screen_hostnews_close(struct screen_host_maps *host)
{
	ring_buffer__free(host->reader);
	host->reader = NULL;
}
