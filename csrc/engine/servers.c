/* What is known of servers, as show and clear see it. [control] */
#include "worker.h"

static uint32_t load32(const _Atomic uint32_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static uint32_t seconds(uint64_t ns)
{
	return (uint32_t)(ns / 1000000000u);
}

static bool known(const struct screen_server *v, uint64_t now_ns)
{
	return atomic_load_explicit(&v->hash, memory_order_acquire) &&
	       (screen_server_answers(v, seconds(now_ns)) || screen_server_is_closed(v, now_ns));
}

static void fill_row(struct screen_engine *engine, struct screen_server *v, uint64_t now_ns,
		     struct screen_server_row *row)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const struct screen_policy *policy =
		engine->running ? engine->running->policy : engine->empty_policy;
	const struct screen_server_config *preset;
	uint32_t zone_port = load32(&v->zone_port), zone = zone_port >> 16;
	uint32_t seen = load32(&v->seen_s), now_s = seconds(now_ns);
	uint64_t hash = atomic_load_explicit(&v->hash, memory_order_relaxed);

	memset(row, 0, sizeof(*row));
	if (zone < SCREEN_ZONES_MAX && engine->zones[zone].used)
		screen_text_copy(row->zone, sizeof(row->zone), engine->zones[zone].name);
	for (int i = 0; i < 2; i++) {
		uint64_t word = atomic_load_explicit(&v->address[i], memory_order_relaxed);

		memcpy(row->address + 8 * i, &word, 8);
	}
	row->port = (uint16_t)zone_port;
	row->closed = screen_server_is_closed(v, now_ns);
	row->idle_s = seen == 0 ? UINT32_MAX : now_s > seen ? now_s - seen : 0;
	row->left_s = row->idle_s < SCREEN_SERVER_LIFE ? SCREEN_SERVER_LIFE - row->idle_s : 0;
	preset = screen_server_preset(policy, v, hash, row->address, row->port);
	row->preset = preset ? preset->profile.known : 0;
	row->profile = screen_server_profile(v, preset, memcmp(row->address, mapped, 12) ? 6 : 4,
					     now_s);
}

int screen_engine_servers(struct screen_engine *engine, uint64_t *cursor,
			  struct screen_server_row *rows, uint32_t rows_max)
{
	uint64_t now_ns = screen_now_ns();
	uint32_t written = 0;

	pthread_mutex_lock(&engine->lock);
	for (; *cursor < SCREEN_SERVERS && written < rows_max; (*cursor)++) {
		struct screen_server *v = &engine->meters->servers.server[*cursor];

		if (known(v, now_ns))
			fill_row(engine, v, now_ns, &rows[written++]);
	}
	pthread_mutex_unlock(&engine->lock);
	return (int)written;
}

int screen_engine_clear_servers(struct screen_engine *engine)
{
	uint64_t now_ns = screen_now_ns();
	int count = 0;

	pthread_mutex_lock(&engine->lock);
	for (uint32_t i = 0; i < SCREEN_SERVERS; i++) {
		struct screen_server *v = &engine->meters->servers.server[i];

		if (!known(v, now_ns))
			continue;
		count++;
		atomic_store_explicit(&v->seen_s, 0, memory_order_relaxed);
		atomic_store_explicit(&v->closed_ns, 0, memory_order_relaxed);
		atomic_store_explicit(&v->asked_s, 0, memory_order_relaxed);
	}
	pthread_mutex_unlock(&engine->lock);
	return count;
}
