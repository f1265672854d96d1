#include "clients.h"

#include <sodium.h>

#include "error.h"

/* ---- forgetting ---------------------------------------------------------------------------- */

struct screen_protection screen_clients_protection(const struct screen_config *config, uint32_t i)
{
	const struct screen_snapshot_header *h = config->snapshot.header;
	const struct screen_zone_config *zone = &config->snapshot.zones[i];
	struct screen_protection p;
	crypto_hash_sha256_state state;

	memset(&p, 0, sizeof(p));
	p.mode = h->mode;
	p.activation = h->activation;
	p.admission = zone->admission ? zone->admission : h->admission;
	p.screened = zone->profile != SCREEN_NONE;
	p.validated_s = h->validated_timeout_s;
	crypto_hash_sha256_init(&state);
	for (uint32_t j = 0; j < h->servers.count; j++) {
		struct screen_server_config c = config->snapshot.servers[j];

		if (!c.admission)
			continue;
		memset(&c.profile, 0, sizeof(c.profile));
		crypto_hash_sha256_update(&state, (const uint8_t *)&c, sizeof(c));
		p.servers++;
	}
	crypto_hash_sha256_final(&state, p.digest);
	return p;
}

/* The place in a configuration of the zone with this id; its count when there is none. */
static uint32_t zone_with(const struct screen_config *config, uint8_t id)
{
	uint32_t count = config->snapshot.header->zones.count;

	for (uint32_t i = 0; i < count; i++)
		if (config->zone_id[i] == id)
			return i;
	return count;
}

static bool protected_alike(const struct screen_config *before, uint32_t i,
			    const struct screen_config *after)
{
	uint32_t j = zone_with(after, before->zone_id[i]);
	struct screen_protection a, b;

	if (j == after->snapshot.header->zones.count)
		return false;
	a = screen_clients_protection(before, i);
	b = screen_clients_protection(after, j);
	return memcmp(&a, &b, sizeof(a)) == 0;
}

void screen_clients_commit(struct screen_validated *t, const struct screen_config *before,
			   const struct screen_config *after)
{
	if (!before)
		return;
	for (uint32_t i = 0; i < before->snapshot.header->zones.count; i++)
		if (!protected_alike(before, i, after))
			screen_validated_forget(t, before->zone_id[i]);
}

void screen_clients_follow(struct screen_validated *t, const struct screen_keyring *ring,
			   uint64_t *ended)
{
	if (*ended == ring->ended)
		return;
	*ended = ring->ended;
	for (uint32_t zone = 0; zone < SCREEN_VALIDATED_ZONES; zone++)
		screen_validated_forget(t, zone);
}

/* ---- show and clear ------------------------------------------------------------------------ */

static void fill_row(const struct screen_engine *engine, const struct screen_validated_client *c,
		     uint64_t left_ms, struct screen_validated_row *row)
{
	memset(row, 0, sizeof(*row));
	if (c->zone < SCREEN_ZONES_MAX && engine->zones[c->zone].used)
		screen_text_copy(row->zone, sizeof(row->zone), engine->zones[c->zone].name);
	memcpy(row->source, c->source, 16);
	memcpy(row->destination, c->destination, 16);
	row->port = c->port;
	row->left_ms = (uint32_t)left_ms;
}

int screen_engine_validated(struct screen_engine *engine, uint64_t *cursor,
			    struct screen_validated_row *rows, uint32_t rows_max)
{
	const struct screen_validated *t = engine->validated;
	uint64_t now_ms = screen_now_ns() / 1000000;
	uint32_t written = 0;

	pthread_mutex_lock(&engine->lock);
	for (; *cursor < SCREEN_VALIDATED_MAX && written < rows_max; (*cursor)++) {
		uint64_t set = *cursor / SCREEN_VALIDATED_WAYS, way = *cursor % SCREEN_VALIDATED_WAYS;
		uint64_t life = atomic_load_explicit(&t->set[set].entry[way].life,
						     memory_order_acquire);
		uint64_t left = screen_validated_left(t, life, now_ms);

		if (left)
			fill_row(engine, &t->client[set][way], left, &rows[written++]);
	}
	pthread_mutex_unlock(&engine->lock);
	return (int)written;
}

int screen_engine_clear_validated(struct screen_engine *engine, const char *zone,
				  struct screen_error_info *error)
{
	bool found = !zone;

	pthread_mutex_lock(&engine->lock);
	for (uint32_t i = 0; i < SCREEN_ZONES_MAX; i++) {
		if (zone && (!engine->zones[i].used || strcmp(engine->zones[i].name, zone) != 0))
			continue;
		found = true;
		screen_validated_forget(engine->validated, i);
	}
	pthread_mutex_unlock(&engine->lock);
	return found ? SCREEN_OK :
		       screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, zone, "is no zone");
}
