/* The flow table as show and clear see it. [control] */
#include "qsbr.h"
#include "worker.h"

enum { INDEX_MASK = 0x00ffffff };

static uint32_t age(uint32_t now_s, uint32_t then_s)
{
	return now_s > then_s ? now_s - then_s : 0;
}

static const uint8_t *client_of(const struct screen_flow *f)
{
	return f->client_low ? f->key.low : f->key.high;
}

static const uint8_t *server_of(const struct screen_flow *f)
{
	return f->client_low ? f->key.high : f->key.low;
}

static uint16_t client_port(const struct screen_flow *f)
{
	return f->client_low ? f->key.low_port : f->key.high_port;
}

static uint16_t server_port(const struct screen_flow *f)
{
	return f->client_low ? f->key.high_port : f->key.low_port;
}

static const char *wire_name(const struct screen_engine *engine, const struct screen_flow *f)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++)
		if (engine->wires[i].used && engine->wires[i].id == f->key.wire)
			return engine->wires[i].name;
	return "";
}

/* The state as rows and filters know it. */
static uint32_t state_of(const struct screen_flow *f)
{
	uint32_t state = screen_flow_state_get(f);

	return state == SCREEN_FLOW_OPENING ? SCREEN_FLOW_PENDING : state;
}

/* Fields are read one by one while workers write: each is whole, the row may be of two moments. */
static void fill_row(struct screen_engine *engine, const struct screen_flow *f, uint32_t now_s,
		     struct screen_flow_row *row)
{
	uint32_t client = atomic_load_explicit(&f->side[0].seen_s, memory_order_relaxed);
	uint32_t server = atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed);
	const struct screen_policy *policy =
		engine->running ? engine->running->policy : engine->empty_policy;
	uint8_t closing;

	memset(row, 0, sizeof(*row));
	memcpy(row->client, client_of(f), 16);
	memcpy(row->server, server_of(f), 16);
	row->client_port = client_port(f);
	row->server_port = server_port(f);
	row->outer_vlan = f->key.vlan[0];
	row->inner_vlan = f->key.vlan[1];
	row->state = state_of(f);
	row->age_s = age(now_s, f->created_s);
	row->idle_s = age(now_s, client > server ? client : server);
	row->timeout_s = screen_flow_timeout(f, policy);
	closing = atomic_load_explicit(&f->closing, memory_order_relaxed);
	row->closing = closing & (SCREEN_CLOSING_FIN_CLIENT | SCREEN_CLOSING_FIN_SERVER);
	row->closing |= closing & SCREEN_CLOSING_RST ? 1 << 2 : 0;
	screen_text_copy(row->wire, sizeof(row->wire), wire_name(engine, f));
}

/* The flow in the table's n-th slot, SCREEN_FLOW_NONE when that is empty. */
static uint32_t flow_at(struct screen_flows *t, uint64_t n)
{
	struct screen_bucket *b = &t->buckets[n / SCREEN_BUCKET_SLOTS];

	return atomic_load_explicit(&b->slot[n % SCREEN_BUCKET_SLOTS], memory_order_acquire) &
	       INDEX_MASK;
}

static uint64_t slots_of(const struct screen_flows *t)
{
	return (uint64_t)t->buckets_count * SCREEN_BUCKET_SLOTS;
}

int screen_engine_flows(struct screen_engine *engine, uint64_t *cursor,
			struct screen_flow_row *rows, uint32_t rows_max)
{
	struct screen_flows *t = &engine->flows;
	uint32_t written = 0, now_s = (uint32_t)(screen_now_ns() / 1000000000u);

	pthread_mutex_lock(&engine->lock);
	for (; *cursor < slots_of(t) && written < rows_max; (*cursor)++) {
		uint32_t index = flow_at(t, *cursor);

		if (index != SCREEN_FLOW_NONE)
			fill_row(engine, &t->flows[index], now_s, &rows[written++]);
	}
	pthread_mutex_unlock(&engine->lock);
	return (int)written;
}

static bool within(const uint8_t address[16], const uint8_t prefix[16], uint32_t length)
{
	uint32_t whole = length / 8, rest = length % 8;

	return memcmp(address, prefix, whole) == 0 &&
	       (rest == 0 || ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0);
}

static bool matches(const struct screen_engine *engine, const struct screen_flow *f,
		    const struct screen_flow_filter *filter)
{
	return within(client_of(f), filter->client, filter->client_length) &&
	       within(server_of(f), filter->server, filter->server_length) &&
	       (!filter->client_port || filter->client_port == client_port(f)) &&
	       (!filter->server_port || filter->server_port == server_port(f)) &&
	       (!filter->states || (filter->states >> state_of(f) & 1)) &&
	       (!filter->wire[0] || strcmp(filter->wire, wire_name(engine, f)) == 0);
}

/* Takes out up to max flows from *cursor on. */
static uint32_t take_out(struct screen_engine *engine, uint64_t *cursor,
			 const struct screen_flow_filter *filter, uint32_t taken[], uint32_t max)
{
	struct screen_flows *t = &engine->flows;
	uint32_t count = 0;

	for (; *cursor < slots_of(t) && count < max; (*cursor)++) {
		uint32_t index = flow_at(t, *cursor);
		struct screen_flow *f = &t->flows[index];

		if (index == SCREEN_FLOW_NONE || !matches(engine, f, filter))
			continue;
		/* What is in this slot may be another flow by now: then its hash is not here. */
		if (screen_flow_remove(t, index, screen_flow_hash(t, &f->key)))
			taken[count++] = index;
	}
	return count;
}

int screen_engine_clear_flows(struct screen_engine *engine, const struct screen_flow_filter *filter,
			      struct screen_error_info *error)
{
	enum { BATCH = 4096 };
	uint32_t taken[BATCH], count;
	uint64_t cursor = 0;
	int cleared = 0;

	if (!filter || filter->client_length > 128 || filter->server_length > 128 ||
	    memchr(filter->wire, 0, sizeof(filter->wire)) == NULL)
		return screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, "filter",
					"a length is over 128 or the wire's name is no string");
	pthread_mutex_lock(&engine->lock);
	do {
		count = take_out(engine, &cursor, filter, taken, BATCH);
		if (count)
			screen_qsbr_wait(); /* workers may be reading them */
		for (uint32_t i = 0; i < count; i++)
			screen_flow_give(&engine->flows, taken[i]);
		cleared += (int)count;
	} while (count == BATCH);
	pthread_mutex_unlock(&engine->lock);
	return cleared;
}
