/* What show and metrics see. [control] */
#include "attach.h"
#include "beat.h"
#include "busypoll.h"
#include "driver.h"
#include "netlink.h"
#include "symmetry.h"
#include "worker.h"

#include <time.h>

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void add_kernel_counters(const struct screen_port *port, struct screen_port_status *s)
{
	for (uint32_t i = 0; i < port->queues_count; i++) {
		const struct screen_queue *q = &port->queues[i];
		uint64_t lost, fill_empty;

		if (screen_xsk_lost(&q->main, &lost, &fill_empty)) {
			s->kernel_rx_dropped += lost;
			s->kernel_fill_empty += fill_empty; /* of both sockets: the fill ring is one */
		}
		if (screen_xsk_lost(&q->syn, &lost, NULL))
			s->kernel_syn_dropped += lost;
	}
}

static void add_worker_counters(const struct screen_engine *engine, const struct screen_port *port,
				struct screen_port_status *s)
{
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++) {
		const struct screen_port_counters *c = &engine->workers[i]->counters[port->slot];

		s->rx_frames += load(&c->rx_frames);
		s->rx_bytes += load(&c->rx_bytes);
		s->tx_frames += load(&c->tx_frames);
		s->tx_bytes += load(&c->tx_bytes);
		s->replies_in_reserve += load(&c->replies_in_reserve);
		for (int r = 0; r < SCREEN_REASONS; r++)
			s->reasons[r] += load(&c->reasons[r]);
	}
}

static void fill_port(struct screen_engine *engine, const struct screen_port *port,
		      struct screen_port_status *s)
{
	const struct screen_wire *wire = screen_wire_of(engine, port->slot);
	const struct screen_policy *policy = engine->running ? engine->running->policy : NULL;
	struct screen_link link;

	screen_text_copy(s->ifname, sizeof(s->ifname), port->ifname);
	if (port->peer < SCREEN_PORTS_MAX)
		screen_text_copy(s->peer, sizeof(s->peer), engine->ports[port->peer].ifname);
	if (policy && policy->port[port->slot].used)
		screen_text_copy(s->zone, sizeof(s->zone),
				 engine->zones[policy->port[port->slot].zone].name);
	if (wire)
		screen_text_copy(s->wire, sizeof(s->wire), wire->name);
	s->state = port->state;
	s->ifindex = port->ifindex;
	s->mtu = port->mtu;
	s->queues = port->queues_count;
	if (screen_netlink_link_by_index(port->ifindex, &link) == 0) {
		s->carrier = link.carrier;
		s->mtu = link.mtu; /* it may have been changed since */
	}
	s->held_down = port->held_down;
	s->native = port->native;
	s->zerocopy = port->queues[0].main.zerocopy;
	s->dispatcher = port->dispatcher;
	s->on_failure = (uint8_t)port->on_failure;
	s->host = port->is_host;
	if (port->is_host && policy)
		s->admission = policy->port[port->slot].admission;
	screen_busypoll_status(port, s);
	add_kernel_counters(port, s);
	add_worker_counters(engine, port, s);
	s->offload = screen_driver_does(engine, port, s->offload_reason);
	screen_shim_read(port, s->shim);
}

/* flooding: the zones that flood, a bit each. */
static void fill_zone(const struct screen_engine *engine, uint32_t i,
		      struct screen_zone_status *s, uint64_t now_ns, uint64_t flooding)
{
	const struct screen_snapshot *c = &engine->running->snapshot;
	uint32_t zone = engine->running->zone_id[i];
	struct screen_zone_meter *m = &engine->meters->zone[zone];

	screen_text_copy(s->name, sizeof(s->name), c->zones[i].name);
	if (c->zones[i].profile != SCREEN_NONE)
		screen_text_copy(s->profile, sizeof(s->profile),
				 c->profiles[c->zones[i].profile].name);
	if (flooding >> zone & 1)
		s->flooding_since_ns =
			atomic_load_explicit(&m->flood_first_ns, memory_order_relaxed);
	s->flooding = s->flooding_since_ns != 0;
	s->syn_rate = screen_pace_last(&m->rate, (uint32_t)(now_ns / 1000000000u));
	s->alarms = atomic_load_explicit(&m->alarms, memory_order_relaxed);
	s->attacks = atomic_load_explicit(&m->attacks, memory_order_relaxed);
	s->challenged = atomic_load_explicit(&m->challenged, memory_order_relaxed);
	s->cookies_valid = atomic_load_explicit(&m->cookies_valid, memory_order_relaxed);
	s->cookies_invalid = atomic_load_explicit(&m->cookies_invalid, memory_order_relaxed);
	s->refused = atomic_load_explicit(&m->refused, memory_order_relaxed);
	s->symmetry = screen_symmetry(m, (uint32_t)(now_ns / 1000000000u));
	s->one_way = screen_symmetry_count(&m->one_way, (uint32_t)(now_ns / 1000000000u));
	s->two_way = screen_symmetry_count(&m->two_way, (uint32_t)(now_ns / 1000000000u));
	for (int j = 0; j < SCREEN_IDS; j++)
		s->ids[j] = atomic_load_explicit(&m->ids[j], memory_order_relaxed);
}

static void fill_workers(const struct screen_engine *engine, struct screen_engine_status *s)
{
	s->workers = atomic_load(&engine->workers_count);
	for (uint32_t i = 0; i < s->workers; i++) {
		const struct screen_worker *w = engine->workers[i];

		s->splice_opened += atomic_load_explicit(&w->spliced, memory_order_relaxed);
		s->flows_spliced += atomic_load_explicit(&w->begun, memory_order_relaxed);
		s->splice_refused += atomic_load_explicit(&w->refused, memory_order_relaxed);
		s->splice_timeout += atomic_load_explicit(&w->timeouts, memory_order_relaxed);
		s->held_frames += atomic_load_explicit(&w->held, memory_order_relaxed);
	}
	s->held_max = (uint64_t)s->workers * SCREEN_HELD_MAX;
}

/* Workers that serve a port and stand still. A port that is on its way out is served no more. */
static uint8_t workers_late(const struct screen_engine *engine, uint64_t now_ns)
{
	uint64_t late = 0;

	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		const struct screen_port *port = &engine->ports[i];

		if (port->state != SCREEN_PORT_FREE && !port->leaving && port->control)
			late |= screen_beat_late(port->control, port->queues_count, now_ns);
	}
	return (uint8_t)__builtin_popcountll(late);
}

static void fill_validated(const struct screen_engine *engine, struct screen_engine_status *s)
{
	const _Atomic uint64_t *count = engine->validated->count;

	s->validated_inserted = atomic_load_explicit(&count[SCREEN_VALIDATED_INSERTED],
						     memory_order_relaxed);
	s->validated_renewed = atomic_load_explicit(&count[SCREEN_VALIDATED_RENEWED],
						    memory_order_relaxed);
	s->validated_refused = atomic_load_explicit(&count[SCREEN_VALIDATED_REFUSED],
						    memory_order_relaxed);
	s->validated_max = SCREEN_VALIDATED_MAX;
}

static void fill_keys(const struct screen_engine *engine, struct screen_engine_status *s)
{
	const struct screen_keyring *ring = &engine->keyring;

	screen_text_copy(s->codec, sizeof(s->codec), engine->codec->name);
	screen_keyring_status(ring, &s->key);
	s->epoch_skew_s = ring->skew_s;
	s->cluster_jumps = ring->jumps;
	s->cluster_state = screen_keyring_cluster(ring);
	s->cluster_offset_ns = ring->offset_ns;
	s->keyset_late = engine->keyset_late || engine->host.keys_late;
}

static void fill_zones(struct screen_engine *engine, struct screen_engine_status *s)
{
	uint64_t flooding = screen_meters_zones(engine->meters, s->now_ns);

	for (uint32_t i = 0; i < engine->running->snapshot.header->zones.count; i++)
		fill_zone(engine, i, &s->zones[s->zones_count++], s->now_ns, flooding);
}

static void fill(struct screen_engine *engine, struct screen_engine_status *s)
{

	s->now_ns = screen_now_ns();
	s->start_ns = engine->start_ns;
	s->check_epoch = engine->keyset ? engine->keyset->check_epoch : 0;
	s->mint_epoch = engine->keyset ? engine->keyset->mint_epoch : 0;
	fill_keys(engine, s);
	s->flows = atomic_load(&engine->flows.used);
	s->flows_max = engine->flows.flows_max - 1;
	s->flows_installed = atomic_load(&engine->flows.installed);
	s->flows_expired = atomic_load(&engine->flows.expired);
	s->flows_refused = atomic_load(&engine->flows.refused);
	s->learning = s->now_ns < engine->start_ns + engine->options.learning_s * 1000000000ull;
	s->frames_per_worker = engine->options.frames_per_worker;
	s->chunk_size = engine->options.chunk_size;
	s->handover = engine->handover;
	fill_workers(engine, s);
	s->workers_late = workers_late(engine, s->now_ns);
	fill_validated(engine, s);
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE)
			fill_port(engine, &engine->ports[i], &s->ports[s->ports_count++]);
	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		const struct screen_wire *w = &engine->wires[i];
		struct screen_wire_status *to = &s->wires[s->wires_count];

		if (!w->used)
			continue;
		s->wires_count++;
		screen_text_copy(to->name, sizeof(to->name), w->name);
		screen_text_copy(to->bridge, sizeof(to->bridge), w->bridge);
		for (int j = 0; j < 2; j++)
			screen_text_copy(to->port[j], SCREEN_IFNAME_SIZE,
					 engine->ports[w->port[j]].ifname);
		to->on_failure = w->on_failure;
	}
	if (!engine->running)
		return;
	s->generation = engine->running->snapshot.header->generation;
	s->mode = engine->running->policy->mode;
	fill_zones(engine, s);
}

int screen_engine_status(struct screen_engine *engine, struct screen_engine_status *status)
{
	if (!engine || !status)
		return SCREEN_ERROR_ARGUMENT;
	memset(status, 0, sizeof(*status));
	pthread_mutex_lock(&engine->lock);
	fill(engine, status);
	pthread_mutex_unlock(&engine->lock);
	return SCREEN_OK;
}
