/*
 * A builder of valid snapshots, for breaking them one field at a time.
 */
#pragma once

#include <sodium.h>
#include <string.h>

#include "snapshot.h"

enum {
	SNAPSHOT_ZONES = 3,
	SNAPSHOT_PORTS = 4,
	SNAPSHOT_WIRES = 2,
	SNAPSHOT_PROFILES = 2,
	SNAPSHOT_PREFIXES = 5,
	SNAPSHOT_SERVERS = 3,
};

struct snapshot_bytes {
	struct screen_snapshot_header header;
	struct screen_zone_config zones[SNAPSHOT_ZONES];
	struct screen_port_config ports[SNAPSHOT_PORTS];
	struct screen_wire_config wires[SNAPSHOT_WIRES];
	struct screen_profile_config profiles[SNAPSHOT_PROFILES];
	struct screen_prefix_config prefixes[SNAPSHOT_PREFIXES];
	struct screen_server_config servers[SNAPSHOT_SERVERS];
};
_Static_assert(sizeof(struct snapshot_bytes) ==
		       sizeof(struct screen_snapshot_header) +
			       SNAPSHOT_ZONES * sizeof(struct screen_zone_config) +
			       SNAPSHOT_PORTS * sizeof(struct screen_port_config) +
			       SNAPSHOT_WIRES * sizeof(struct screen_wire_config) +
			       SNAPSHOT_PROFILES * sizeof(struct screen_profile_config) +
			       SNAPSHOT_PREFIXES * sizeof(struct screen_prefix_config) +
			       SNAPSHOT_SERVERS * sizeof(struct screen_server_config),
	       "no gaps");

/* The digest of size bytes at buffer, as the engine computes it. */
static inline void snapshot_digest(const void *buffer, size_t size, uint8_t digest[32])
{
	const uint8_t *bytes = buffer;

	if (size < SCREEN_SNAPSHOT_DIGEST_FROM)
		memset(digest, 0, 32);
	else
		crypto_hash_sha256(digest, bytes + SCREEN_SNAPSHOT_DIGEST_FROM,
				   size - SCREEN_SNAPSHOT_DIGEST_FROM);
}

static inline void snapshot_seal(struct snapshot_bytes *s)
{
	snapshot_digest(s, sizeof(*s), s->header.digest);
}

#define SNAPSHOT_SECTION(name, size) \
	{ .offset = offsetof(struct snapshot_bytes, name), .count = (size) }

/* Two wires; "untrust" is screened by a profile with two white-lists. Not inlined: a
 * compiler with sanitizers would take minutes over its many copies. */
__attribute__((noinline, unused)) static void snapshot_make(struct snapshot_bytes *s)
{
	*s = (struct snapshot_bytes){
		.header = {
			.magic = SCREEN_SNAPSHOT_MAGIC, .version = SCREEN_SNAPSHOT_VERSION,
			.header_size = sizeof(s->header), .total_size = sizeof(*s),
			.generation = 7, .mode = SCREEN_MODE_SYN_COOKIE,
			.time_wait_s = 150, .initial_timeout_s = 20,
			.inactivity_timeout_s = 14400, .validated_timeout_s = 120,
			.admission = SCREEN_ADMISSION_SPLICE,
			.host_admission = SCREEN_ADMISSION_KERNEL,
			.zones = SNAPSHOT_SECTION(zones, SNAPSHOT_ZONES),
			.ports = SNAPSHOT_SECTION(ports, SNAPSHOT_PORTS),
			.wires = SNAPSHOT_SECTION(wires, SNAPSHOT_WIRES),
			.profiles = SNAPSHOT_SECTION(profiles, SNAPSHOT_PROFILES),
			.prefixes = SNAPSHOT_SECTION(prefixes, SNAPSHOT_PREFIXES),
			.servers = SNAPSHOT_SECTION(servers, SNAPSHOT_SERVERS),
		},
		.zones = { { .name = "untrust", .profile = 0 },
			   { .name = "trust", .profile = SCREEN_NONE },
			   { .name = "dmz", .profile = 1 } },
		.ports = { { .ifname = "eth1", .zone = 0, .wire = 0 },
			   { .ifname = "eth2", .zone = 1, .wire = 0 },
			   { .ifname = "eth3", .zone = 2, .wire = 1 },
			   { .ifname = "eth4", .zone = 1, .wire = 1 } },
		.wires = { { .name = "w1", .port = { 0, 1 } },
			   { .name = "w2", .port = { 2, 3 }, .on_failure = 1 } },
		.profiles = {
			{ .name = "screen-1", .armed = 1ull << SCREEN_IDS_SYN_FLOOD,
			  .alarm_threshold = 512, .attack_threshold = 200,
			  .source_threshold = 4000, .destination_threshold = 4000, .timeout_s = 20,
			  .prefix_first = 0, .prefix_count = 4 },
			{ .name = "screen-2", .armed = 1ull << SCREEN_IDS_SYN_FLOOD,
			  .alarm_threshold = 1, .attack_threshold = 500000,
			  .source_threshold = 4, .destination_threshold = 1000000, .timeout_s = 50,
			  .prefix_first = 4, .prefix_count = 1 } },
		.prefixes = {
			/* list 0: from 198.51.100.0/23 to 203.0.113.1 or ...2 */
			{ { [10] = 0xff, 0xff, 198, 51, 100, 0 }, .length = 119 },
			{ { [10] = 0xff, 0xff, 203, 0, 113, 1 }, .length = 128, .kind = 1 },
			{ { [10] = 0xff, 0xff, 203, 0, 113, 2 }, .length = 128, .kind = 1 },
			/* list 1: from 2001:db8::/32 to anywhere */
			{ { 0x20, 0x01, 0x0d, 0xb8 }, .length = 32, .list = 1 },
			/* the other profile: all of IPv6 */
			{ { 0 }, .length = 0 },
		},
		.servers = {
			{ { [10] = 0xff, 0xff, 203, 0, 113, 1 }, .length = 128, .port = 443,
			  .no_probe = 1, .profile = { .mss = 1400, .wscale = 9, .known = 31, .has = 14 } },
			{ { [10] = 0xff, 0xff, 203, 0, 113, 1 }, .length = 128,
			  .profile = { .known = SCREEN_SERVER_SACK } },
			{ { 0 }, .length = 0, .no_probe = 1,
			  .profile = { .known = SCREEN_SERVER_TIMESTAMPS,
				       .has = SCREEN_SERVER_TIMESTAMPS } },
		},
	};
	snapshot_seal(s);
}
