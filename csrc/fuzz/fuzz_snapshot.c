/*
 * Snapshots whose size and digest are right: what validation accepts can be used without a look.
 */
#include "fuzz.h"
#include "server.h"
#include "snapshots.h"

enum { LONGEST = 65536 };

static void use_zones_and_ports(const struct screen_snapshot *s)
{
	for (uint32_t i = 0; i < s->header->zones.count; i++) {
		PROMISE(strnlen(s->zones[i].name, SCREEN_NAME_SIZE) < SCREEN_NAME_SIZE);
		PROMISE(s->zones[i].profile == SCREEN_NONE ||
			s->zones[i].profile < s->header->profiles.count);
	}
	for (uint32_t i = 0; i < s->header->ports.count; i++) {
		const struct screen_port_config *p = &s->ports[i];

		PROMISE(strnlen(p->ifname, SCREEN_IFNAME_SIZE) < SCREEN_IFNAME_SIZE);
		PROMISE(p->zone < s->header->zones.count);
		PROMISE(s->zones[p->zone].admission != (p->wire == SCREEN_NONE ?
			SCREEN_ADMISSION_SPLICE : SCREEN_ADMISSION_KERNEL));
		if (p->wire == SCREEN_NONE)
			continue;
		PROMISE(p->wire < s->header->wires.count);
		PROMISE(s->wires[p->wire].port[0] == i || s->wires[p->wire].port[1] == i);
	}
}

static void use_profiles(const struct screen_snapshot *s)
{
	uint32_t prefixes = s->header->prefixes.count;
	struct screen_white_list *white = calloc(1, screen_white_list_size(prefixes));

	screen_white_list_build(white, s->profiles, s->header->profiles.count, s->prefixes,
				prefixes);
	for (uint32_t i = 0; i < s->header->profiles.count; i++) {
		uint8_t address[16] = { 0x20, 1 };

		PROMISE(!(s->profiles[i].armed >> SCREEN_IDS_SYN_FLOOD & 1) ||
			s->profiles[i].attack_threshold >= 1);
		PROMISE(s->profiles[i].timeout_s <= 50);
		(void)screen_white_listed(white, i, address, address);
	}
	free(white);
}

static void use_server(const struct screen_policy *policy, uint32_t i)
{
	const struct screen_server_config *c = &policy->server[i], *preset;
	struct screen_server_profile p;

	PROMISE(c->length <= 128 && c->profile.wscale <= 14);
	PROMISE(c->profile.mss == 0 || c->profile.mss >= 216);
	/* Whoever an entry is written for has that one or one before it. */
	preset = screen_server_preset(policy, NULL, 0, c->address, c->port);
	PROMISE(preset && preset <= c);
	p = screen_server_profile(NULL, preset, 4, 1);
	PROMISE(p.mss >= 216 && p.wscale <= 14 && p.window == 0);
	PROMISE(!(p.has & ~SCREEN_SERVER_FLAGS) && !(p.known & SCREEN_SERVER_WINDOW));
}

static void use_servers(const struct screen_snapshot *s)
{
	struct screen_policy *policy = calloc(1, sizeof(*policy));

	policy->generation = s->header->generation;
	policy->servers_count = s->header->servers.count;
	PROMISE(policy->servers_count <= SCREEN_SERVERS_MAX);
	for (uint32_t i = 0; i < policy->servers_count; i++)
		policy->server[i] = s->servers[i];
	for (uint32_t i = 0; i < policy->servers_count; i++)
		use_server(policy, i);
	free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen_snapshot_header *h;
	struct screen_snapshot s;
	uint8_t digest[32];
	const char *error;
	uint32_t at = 0;
	uint8_t *copy;

	if (size > LONGEST)
		return 0;
	copy = malloc(size ? size : 1);
	memcpy(copy, data, size);
	h = (void *)copy;
	if (size >= sizeof(*h)) {
		h->total_size = (uint32_t)size;
		snapshot_digest(copy, size, h->digest);
	}
	snapshot_digest(copy, size, digest);
	error = screen_snapshot_validate(copy, size, digest, &s, &at);
	if (!error) {
		PROMISE(s.header->offload <= SCREEN_OFFLOAD_DRIVER);
		use_zones_and_ports(&s);
		use_profiles(&s);
		use_servers(&s);
	} else {
		PROMISE(error[0] && at < SCREEN_PREFIXES_MAX);
	}
	free(copy);
	return 0;
}
