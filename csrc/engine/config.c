#include "config.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

struct screen_config *screen_config_read(const void *snapshot, size_t size,
					 struct screen_error_info *error)
{
	struct screen_config *c = calloc(1, sizeof(*c));
	uint8_t digest[crypto_hash_sha256_BYTES] = { 0 };
	const char *wrong;
	uint32_t at;

	if (c)
		c->buffer = malloc(size ? size : 1);
	if (!c || !c->buffer) {
		screen_config_free(c);
		screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "snapshot", "copy");
		return NULL;
	}
	memcpy(c->buffer, snapshot, size);
	if (size > SCREEN_SNAPSHOT_DIGEST_FROM)
		crypto_hash_sha256(digest, c->buffer + SCREEN_SNAPSHOT_DIGEST_FROM,
				   size - SCREEN_SNAPSHOT_DIGEST_FROM);
	wrong = screen_snapshot_validate(c->buffer, size, digest, &c->snapshot, &at);
	if (wrong) {
		screen_error_set(error, SCREEN_ERROR_SNAPSHOT, 0, "snapshot", "%s (entry %u)",
				 wrong, at);
		screen_config_free(c);
		return NULL;
	}
	return c;
}

static void set_host_port(struct screen_config *c, uint32_t i)
{
	const struct screen_port_config *p = &c->snapshot.ports[i];
	const struct screen_zone_config *zone = &c->snapshot.zones[p->zone];

	c->policy->port[c->slot[i]] = (struct screen_port_policy){
		.used = 1,
		.host = 1,
		.peer = SCREEN_SLOT_NONE,
		.zone = c->zone_id[p->zone],
		.profile = zone->profile,
		.admission = zone->admission ? zone->admission : c->snapshot.header->host_admission,
	};
}

static void set_port(const uint16_t wires[SCREEN_PORTS_MAX], struct screen_config *c, uint32_t i)
{
	const struct screen_port_config *p = &c->snapshot.ports[i];
	const struct screen_wire_config *wire = &c->snapshot.wires[p->wire];
	uint32_t other = wire->port[0] == i ? wire->port[1] : wire->port[0];
	const struct screen_zone_config *zone = &c->snapshot.zones[p->zone];
	const struct screen_zone_config *far = &c->snapshot.zones[c->snapshot.ports[other].zone];

	c->policy->port[c->slot[i]] = (struct screen_port_policy){
		.used = 1,
		.peer = c->slot[other],
		.wire = wires[c->slot[i]],
		.zone = c->zone_id[p->zone],
		.profile = zone->profile,
		.admission = zone->admission ? zone->admission : c->snapshot.header->admission,
		.screened = zone->profile != SCREEN_NONE || far->profile != SCREEN_NONE,
	};
}

int screen_config_policy(struct screen_config *c, const uint16_t wires[SCREEN_PORTS_MAX],
			 struct screen_error_info *error)
{
	const struct screen_snapshot_header *h = c->snapshot.header;

	c->policy = calloc(1, sizeof(*c->policy));
	if (!c->policy)
		return screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "policy", "memory");
	c->policy->generation = h->generation;
	c->policy->mode = h->mode;
	c->policy->activation = h->activation;
	c->policy->no_syn_check = h->no_syn_check;
	c->policy->has_peers = h->key_file[0] != 0;
	c->policy->time_wait_s = h->time_wait_s;
	c->policy->initial_timeout_s = h->initial_timeout_s;
	c->policy->inactivity_timeout_s = h->inactivity_timeout_s;
	c->policy->validated_s = h->validated_timeout_s;
	c->policy->reply_rate = h->reply_rate;
	c->policy->reply_prefix_rate = h->reply_prefix_rate;
	c->policy->half_close = h->half_close;
	c->policy->offload = h->offload;
	c->policy->servers_count = h->servers.count;
	for (uint32_t i = 0; i < h->servers.count; i++)
		c->policy->server[i] = c->snapshot.servers[i];
	for (uint32_t i = 0; i < h->profiles.count; i++)
		c->policy->profile[i] = c->snapshot.profiles[i];
	for (uint32_t i = 0; i < h->ports.count; i++)
		if (c->snapshot.ports[i].wire == SCREEN_NONE)
			set_host_port(c, i);
		else
			set_port(wires, c, i);
	if (h->prefixes.count == 0)
		return SCREEN_OK;
	c->white = calloc(1, screen_white_list_size(h->prefixes.count));
	if (!c->white)
		return screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "policy", "memory");
	screen_white_list_build(c->white, c->snapshot.profiles, h->profiles.count,
				c->snapshot.prefixes, h->prefixes.count);
	c->policy->white = c->white;
	return SCREEN_OK;
}

void screen_config_free(struct screen_config *config)
{
	if (!config)
		return;
	free(config->buffer);
	free(config->policy);
	free(config->white);
	free(config);
}
