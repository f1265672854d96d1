#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "hostmaps.h"
#include "qsbr.h"

/* ---- the ring ------------------------------------------------------------------------------ */

static void ring_copy(struct screen_tap_ring *r, uint64_t at, const void *from, uint32_t length)
{
	uint32_t first = (uint32_t)(at % SCREEN_TAP_RING), room = SCREEN_TAP_RING - first;

	if (length <= room) {
		memcpy(r->bytes + first, from, length);
		return;
	}
	memcpy(r->bytes + first, from, room);
	memcpy(r->bytes, (const uint8_t *)from + room, length - room);
}

static void ring_take(const struct screen_tap_ring *r, uint64_t at, void *to, uint32_t length)
{
	uint32_t first = (uint32_t)(at % SCREEN_TAP_RING), room = SCREEN_TAP_RING - first;

	if (length <= room) {
		memcpy(to, r->bytes + first, length);
		return;
	}
	memcpy(to, r->bytes + first, room);
	memcpy((uint8_t *)to + room, r->bytes, length - room);
}

/* Where a record of so many bytes goes; false, and counted, without room. */
static bool ring_room(struct screen_tap_ring *r, uint32_t size, uint64_t *at)
{
	*at = atomic_load_explicit(&r->written, memory_order_relaxed);
	if (*at + size - atomic_load_explicit(&r->read, memory_order_acquire) <= SCREEN_TAP_RING)
		return true;
	atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
	return false;
}

/* ---- what is looked at --------------------------------------------------------------------- */

static bool same_end(const uint8_t address[16], uint16_t port, const struct screen_tap_filter *f,
		     int end)
{
	return port == f->port[end] && memcmp(address, f->address[end], 16) == 0;
}

static bool has_tuple(const struct screen_tap_filter *f, const uint8_t *data, uint32_t length)
{
	uint8_t source[16], destination[16];
	struct screen_packet p;

	if (screen_parse(data, data + length, &p) != SCREEN_KIND_TCP)
		return false;
	screen_flow_address(data, &p, 0, source);
	screen_flow_address(data, &p, 1, destination);
	return (same_end(source, p.sport, f, 0) && same_end(destination, p.dport, f, 1)) ||
	       (same_end(source, p.sport, f, 1) && same_end(destination, p.dport, f, 0));
}

static bool wanted(const struct screen_tap *tap, uint8_t slot, const uint8_t *data, uint32_t length)
{
	return (tap->slots >> slot & 1) &&
	       (!tap->filter.has_tuple || has_tuple(&tap->filter, data, length));
}

static void describe(const struct screen_tap *tap, uint8_t slot, enum screen_tap_side side,
		     uint32_t length, struct screen_tap_record *record)
{
	uint32_t snap = tap->filter.snap_length;

	memset(record, 0, sizeof(*record));
	record->slot = slot;
	record->side = (uint8_t)side;
	record->length = length;
	record->captured = length < snap ? length : snap;
	record->size = (uint32_t)(sizeof(*record) + record->captured + 7) & ~7u;
	record->realtime_ns = screen_clocks_now().realtime;
}

static void put(struct screen_tap_ring *r, const struct screen_tap_record *record,
		const uint8_t *data)
{
	uint64_t at;

	if (!ring_room(r, record->size, &at))
		return;
	ring_copy(r, at, record, sizeof(*record));
	ring_copy(r, at + sizeof(*record), data, record->captured);
	atomic_store_explicit(&r->written, at + record->size, memory_order_release);
}

bool screen_tap_begin(const struct screen_tap *tap, struct screen_worker *w,
		      const struct screen_frame *frame)
{
	struct screen_tap_ring *r = tap->ring[w->index];

	if (!r || !wanted(tap, frame->slot, frame->data, frame->length))
		return false;
	describe(tap, frame->slot, SCREEN_TAP_IN, frame->length, &r->record);
	memcpy(r->kept, frame->data, r->record.captured);
	return true;
}

void screen_tap_end(const struct screen_tap *tap, struct screen_worker *w,
		    enum screen_verdict verdict, enum screen_reason reason)
{
	struct screen_tap_ring *r = tap->ring[w->index];

	r->record.verdict = (uint8_t)verdict;
	r->record.reason = reason;
	put(r, &r->record, r->kept);
}

void screen_tap_out(const struct screen_tap *tap, struct screen_worker *w, uint8_t slot,
		    const uint8_t *data, uint32_t length)
{
	struct screen_tap_ring *r = tap->ring[w->index];
	struct screen_tap_record record;

	if (!r || !wanted(tap, slot, data, length))
		return;
	describe(tap, slot, SCREEN_TAP_OUT, length, &record);
	put(r, &record, data);
}

/* ---- control ------------------------------------------------------------------------------- */

void screen_tap_free(struct screen_tap *tap)
{
	if (!tap)
		return;
	for (int i = 0; i < SCREEN_WORKERS_MAX; i++)
		free(tap->ring[i]);
	free(tap);
}

static struct screen_tap *make(struct screen_engine *engine, const struct screen_tap_filter *filter)
{
	struct screen_tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->filter = *filter;
	if (tap->filter.snap_length > SCREEN_TAP_SNAP_MAX)
		tap->filter.snap_length = SCREEN_TAP_SNAP_MAX;
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE &&
		    (!filter->ifname[0] || strcmp(filter->ifname, engine->ports[i].ifname) == 0))
			tap->slots |= 1ull << i;
	tap->rings = atomic_load(&engine->workers_count);
	for (uint32_t i = 0; i < tap->rings; i++) {
		tap->ring[i] = calloc(1, sizeof(*tap->ring[i]));
		if (!tap->ring[i]) {
			screen_tap_free(tap);
			return NULL;
		}
	}
	return tap;
}

int screen_engine_tap(struct screen_engine *engine, const struct screen_tap_filter *filter,
		      struct screen_error_info *error)
{
	struct screen_tap *fresh = NULL, *old;
	int result = SCREEN_OK;

	pthread_mutex_lock(&engine->lock);
	if (filter) {
		fresh = make(engine, filter);
		if (!fresh)
			result = screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "tap", "memory");
		else if (!fresh->slots)
			result = screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, filter->ifname,
						  "is no port of the engine");
	}
	if (result) {
		screen_tap_free(fresh);
	} else {
		old = atomic_exchange(&engine->tap, fresh);
		/* who looks wants to see all: the drivers leave it to the engine */
		if (engine->running && !old != !fresh)
			engine->drivers_changed |= screen_hostmaps_policy(engine, engine->running) != 0;
		screen_qsbr_wait();
		screen_tap_free(old);
	}
	pthread_mutex_unlock(&engine->lock);
	return result;
}

static uint32_t read_ring(const struct screen_engine *engine, struct screen_tap_ring *r,
			  uint8_t *to, uint32_t size)
{
	uint64_t end = atomic_load_explicit(&r->written, memory_order_acquire);
	uint64_t at = atomic_load_explicit(&r->read, memory_order_relaxed);
	uint32_t used = 0;

	while (at < end) {
		struct screen_tap_record record;

		ring_take(r, at, &record, sizeof(record));
		if (record.size > size - used)
			break;
		memcpy(record.ifname, engine->ports[record.slot].ifname, sizeof(record.ifname));
		ring_take(r, at, to + used, record.size);
		memcpy(to + used, &record, sizeof(record));
		used += record.size;
		at += record.size;
	}
	atomic_store_explicit(&r->read, at, memory_order_release);
	return used;
}

int screen_engine_tap_read(struct screen_engine *engine, void *buffer, uint32_t size,
			   uint64_t *lost)
{
	struct screen_tap *tap;
	uint32_t used = 0;

	*lost = 0;
	pthread_mutex_lock(&engine->lock);
	tap = atomic_load(&engine->tap);
	for (uint32_t i = 0; tap && i < tap->rings; i++) {
		struct screen_tap_ring *r = tap->ring[(tap->turn + i) % tap->rings];

		used += read_ring(engine, r, (uint8_t *)buffer + used, size - used);
		*lost += atomic_exchange(&r->lost, 0);
	}
	if (tap)
		tap->turn++; /* who fills the buffer alone does not do so again */
	pthread_mutex_unlock(&engine->lock);
	return (int)used;
}
