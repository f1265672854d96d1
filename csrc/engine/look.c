#include "look.h"

#include <stdlib.h>

#include "worker.h"

/* ---- destinations -------------------------------------------------------------------------- */

/* The name of a zone of the running configuration. */
static const char *zone_name(const struct screen_engine *engine, uint32_t zone)
{
	return zone < SCREEN_ZONES_MAX && engine->zones[zone].used ? engine->zones[zone].name : "";
}

static void tell_end(struct screen_engine *engine, struct screen_victim *v, uint64_t now_ns)
{
	uint32_t zone_port = atomic_load_explicit(&v->zone_port, memory_order_relaxed);
	uint64_t since = atomic_load_explicit(&v->since_ns, memory_order_relaxed);
	struct screen_note n = {
		.now_ns = now_ns,
		.count = screen_pace_total(&v->rate),
		.duration_ns = now_ns > since ? now_ns - since : 0,
		.kind = SCREEN_EVENT_FLOOD_END,
		.ids = SCREEN_IDS_SYN_FLOOD,
		.slot = SCREEN_SLOT_NONE,
		.zone = (uint8_t)(zone_port >> 16),
		.dport = (uint16_t)zone_port,
		.protocol = SCREEN_PROTO_TCP,
		.looks = (uint8_t)screen_victim_looks(v, (uint32_t)(now_ns / 1000000000u)),
	};

	for (int i = 0; i < 2; i++) {
		uint64_t word = atomic_load_explicit(&v->address[i], memory_order_relaxed);

		memcpy(n.destination + 8 * i, &word, 8);
	}
	screen_event_put(&engine->events, &n);
}

static void calm_destination(struct screen_engine *engine, struct screen_victim *v, uint64_t now_ns)
{
	uint32_t now_s = (uint32_t)(now_ns / 1000000000u);

	/* a meter gets calm where one second ends and another begins */
	if (screen_meters_ended(engine->meters, v, now_s))
		tell_end(engine, v, now_s * 1000000000ull);
	if (!screen_meters_floods(engine->meters, v, now_s) &&
	    now_ns >= atomic_load_explicit(&v->last_ns, memory_order_relaxed) +
			      SCREEN_FLOOD_LINGER * 1000000000ull)
		atomic_store_explicit(&v->hash, 0, memory_order_release);
}

void screen_look_calm(struct screen_engine *engine)
{
	uint64_t now = screen_now_ns();

	for (uint32_t i = 0; i < SCREEN_VICTIMS; i++) {
		struct screen_victim *v = &engine->meters->victims.victim[i];

		if (atomic_load_explicit(&v->hash, memory_order_acquire))
			calm_destination(engine, v, now);
	}
	screen_meters_calm(engine->meters, now);
}

/* Whether the zone's profile does what its screens say. */
static bool acts(const struct screen_engine *engine, int zone)
{
	const struct screen_config *c = engine->running;

	for (uint32_t i = 0; c && i < c->snapshot.header->zones.count; i++)
		if (c->zone_id[i] == zone && c->snapshot.zones[i].profile != SCREEN_NONE)
			return !c->snapshot.profiles[c->snapshot.zones[i].profile].alarm_without_drop;
	return false;
}

/* Who acts goes on with records, one a second: here are those that have none for a whole second. */
static void tell_hits(struct screen_engine *engine, int zone, int ids, uint64_t now_ns)
{
	struct screen_zone_meter *z = &engine->meters->zone[zone];
	uint64_t total = atomic_load_explicit(&z->ids[ids], memory_order_relaxed);
	uint64_t logged = atomic_load_explicit(&z->logged[ids], memory_order_relaxed);
	uint32_t now_s = (uint32_t)(now_ns / 1000000000u);
	struct screen_note n = {
		.now_ns = now_ns,
		.count = screen_hits_since(total, logged),
		.kind = SCREEN_EVENT_SCREEN,
		.ids = (uint8_t)ids,
		.slot = SCREEN_SLOT_NONE,
		.zone = (uint8_t)zone,
		.dropped = acts(engine, zone) && ids != SCREEN_IDS_WINNUKE,
	};

	if (total == 0 || (uint32_t)total == (uint32_t)logged ||
	    (int32_t)(now_s - (uint32_t)(logged >> 32)) < 2)
		return;
	if (atomic_compare_exchange_strong_explicit(&z->logged[ids], &logged,
						    screen_hits_logged(now_s, total),
						    memory_order_relaxed, memory_order_relaxed))
		screen_event_put(&engine->events, &n);
}

void screen_look_hits(struct screen_engine *engine)
{
	uint64_t now = screen_now_ns();

	for (int zone = 0; zone < SCREEN_ZONES_MAX; zone++)
		for (int ids = 0; engine->zones[zone].used && ids < SCREEN_IDS; ids++)
			tell_hits(engine, zone, ids, now);
}

static void fill_destination(const struct screen_engine *engine, struct screen_victim *v,
			     uint64_t now_ns, struct screen_destination_row *row)
{
	uint32_t zone_port = atomic_load_explicit(&v->zone_port, memory_order_relaxed);
	uint32_t now_s = (uint32_t)(now_ns / 1000000000u);

	memset(row, 0, sizeof(*row));
	screen_text_copy(row->zone, sizeof(row->zone), zone_name(engine, zone_port >> 16));
	for (int i = 0; i < 2; i++) {
		uint64_t word = atomic_load_explicit(&v->address[i], memory_order_relaxed);

		memcpy(row->address + 8 * i, &word, 8);
	}
	row->port = (uint16_t)zone_port;
	row->flooding = screen_meters_floods(engine->meters, v, now_s);
	row->looks = (uint8_t)screen_victim_looks(v, now_s);
	row->since_ns = atomic_load_explicit(&v->since_ns, memory_order_relaxed);
	row->syn_rate = screen_pace_last(&v->rate, now_s);
	row->peak_rate = atomic_load_explicit(&v->peak, memory_order_relaxed);
	row->syns = screen_pace_total(&v->rate);
	row->challenged = screen_victim_challenged(v);
	row->valid = screen_pace_total(&v->valids);
	row->invalid = atomic_load_explicit(&v->invalid, memory_order_relaxed);
	row->refused = atomic_load_explicit(&v->refused, memory_order_relaxed);
}

int screen_engine_destinations(struct screen_engine *engine, struct screen_destination_row *rows,
			       uint32_t rows_max)
{
	uint64_t now = screen_now_ns();
	uint32_t count = 0;

	pthread_mutex_lock(&engine->lock);
	for (uint32_t i = 0; i < SCREEN_VICTIMS && count < rows_max; i++) {
		struct screen_victim *v = &engine->meters->victims.victim[i];

		if (atomic_load_explicit(&v->hash, memory_order_acquire))
			fill_destination(engine, v, now, &rows[count++]);
	}
	pthread_mutex_unlock(&engine->lock);
	return (int)count;
}

/* ---- sources ------------------------------------------------------------------------------- */

static int more_syns(const void *a, const void *b)
{
	const struct screen_source_row *x = a, *y = b;

	return x->syns < y->syns ? 1 : x->syns > y->syns ? -1 : memcmp(x->address, y->address, 16);
}

static void store_be64(uint8_t *to, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(to, &v, 8);
}

static void fill_source(const struct screen_engine *engine, const struct screen_talker *t,
			struct screen_source_row *row)
{
	uint64_t prefix = __atomic_load_n(&t->prefix, __ATOMIC_RELAXED);
	uint32_t zone = __atomic_load_n(&t->zone, __ATOMIC_RELAXED);
	bool v4 = zone & SCREEN_TALKER_IPV4;

	memset(row, 0, sizeof(*row));
	screen_text_copy(row->zone, sizeof(row->zone),
			 zone_name(engine, (zone & ~SCREEN_TALKER_IPV4) - 1));
	store_be64(row->address + (v4 ? 8 : 0), v4 ? prefix << 8 : prefix);
	row->length = v4 ? 120 : 64;
	row->syns = __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

/* Puts a row to what another worker counted of the same prefix, which is in the same cell: among the
 * rows from first on. */
static uint32_t merge(struct screen_source_row *rows, uint32_t first, uint32_t count)
{
	struct screen_source_row *last = &rows[count];

	for (uint32_t i = first; i < count; i++) {
		if (rows[i].length != last->length || memcmp(rows[i].address, last->address, 16) ||
		    strcmp(rows[i].zone, last->zone))
			continue;
		rows[i].syns += last->syns;
		return count;
	}
	return count + 1;
}

/* The talkers of all workers. */
static uint32_t all_sources(const struct screen_engine *engine, struct screen_source_row *rows)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SCREEN_TALKERS; i++) {
		uint32_t first = count;

		for (uint32_t w = 0; w < atomic_load(&engine->workers_count); w++) {
			const struct screen_talker *t =
				&engine->workers[w]->context.talkers->talker[i];

			if (__atomic_load_n(&t->count, __ATOMIC_RELAXED) == 0)
				continue;
			fill_source(engine, t, &rows[count]);
			count = merge(rows, first, count);
		}
	}
	return count;
}

int screen_engine_sources(struct screen_engine *engine, struct screen_source_row *rows,
			  uint32_t rows_max)
{
	struct screen_source_row *all;
	uint32_t count = 0;

	pthread_mutex_lock(&engine->lock);
	all = calloc((size_t)SCREEN_TALKERS * (atomic_load(&engine->workers_count) + 1),
		     sizeof(*all));
	if (all)
		count = all_sources(engine, all);
	pthread_mutex_unlock(&engine->lock);
	if (!all)
		return SCREEN_ERROR_MEMORY;
	qsort(all, count, sizeof(*all), more_syns);
	count = count < rows_max ? count : rows_max;
	memcpy(rows, all, count * sizeof(*all));
	free(all);
	return (int)count;
}

/* ---- events -------------------------------------------------------------------------------- */

static void fill_event(const struct screen_engine *engine, const struct screen_note *n,
		       uint64_t to_realtime, struct screen_event *e)
{
	memset(e, 0, sizeof(*e));
	e->realtime_ns = n->now_ns + to_realtime;
	e->kind = n->kind;
	e->ids = n->ids;
	screen_text_copy(e->zone, sizeof(e->zone), zone_name(engine, n->zone));
	if (n->slot < SCREEN_PORTS_MAX)
		screen_text_copy(e->ifname, sizeof(e->ifname), engine->ports[n->slot].ifname);
	memcpy(e->source, n->source, 16);
	memcpy(e->destination, n->destination, 16);
	e->sport = n->sport;
	e->dport = n->dport;
	e->protocol = n->protocol;
	e->dropped = n->dropped;
	e->looks = n->looks;
	e->count = n->count;
	e->duration_ns = n->duration_ns;
}

static uint32_t take_events(const struct screen_engine *engine, struct screen_events *ring,
			    struct screen_event *events, uint32_t room, uint64_t *lost)
{
	uint64_t to_realtime = screen_clocks_now().realtime - screen_now_ns();
	struct screen_note note;
	uint32_t count = 0;

	while (count < room && screen_event_take(ring, &note))
		fill_event(engine, &note, to_realtime, &events[count++]);
	*lost += atomic_exchange_explicit(&ring->lost, 0, memory_order_relaxed);
	return count;
}

int screen_engine_events(struct screen_engine *engine, struct screen_event *events,
			 uint32_t events_max, uint64_t *lost)
{
	uint32_t count;

	*lost = 0;
	pthread_mutex_lock(&engine->lock);
	count = take_events(engine, &engine->events, events, events_max, lost);
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++)
		count += take_events(engine, engine->workers[i]->context.events, events + count,
				     events_max - count, lost);
	pthread_mutex_unlock(&engine->lock);
	return (int)count;
}

/* ---- statistics ---------------------------------------------------------------------------- */

static void clear_zone(struct screen_zone_meter *z)
{
	_Atomic uint64_t *const counters[] = { &z->alarms, &z->attacks, &z->challenged,
					       &z->cookies_valid, &z->cookies_invalid, &z->refused };

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		atomic_store_explicit(counters[i], 0, memory_order_relaxed);
	for (int i = 0; i < SCREEN_IDS; i++)
		atomic_store_explicit(&z->ids[i], 0, memory_order_relaxed);
}

int screen_engine_clear(struct screen_engine *engine, const char *zone,
			struct screen_error_info *error)
{
	bool found = !zone;

	pthread_mutex_lock(&engine->lock);
	for (int i = 0; i < SCREEN_ZONES_MAX; i++) {
		if (zone && (!engine->zones[i].used || strcmp(engine->zones[i].name, zone) != 0))
			continue;
		found = true;
		clear_zone(&engine->meters->zone[i]);
	}
	pthread_mutex_unlock(&engine->lock);
	return found ? SCREEN_OK :
		       screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, zone, "is no zone");
}
