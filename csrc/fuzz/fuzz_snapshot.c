/*
 * Snapshots whose size and digest are right: what validation accepts can be used without a look.
 */
#include "fuzz.h"
#include "policy.h"
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
		PROMISE(p->zone < s->header->zones.count && p->wire < s->header->wires.count);
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
		use_zones_and_ports(&s);
		use_profiles(&s);
	} else {
		PROMISE(error[0] && at < SCREEN_PREFIXES_MAX);
	}
	free(copy);
	return 0;
}
