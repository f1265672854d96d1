/*
 * Total validation of a snapshot's bytes (include/synscreen/snapshot.h has the format).
 */
#pragma once

#include "compat.h"
#include "../include/synscreen/snapshot.h"

/* A validated snapshot: pointers into the caller's buffer. */
struct screen_snapshot {
	const struct screen_snapshot_header *header;
	const struct screen_zone_config *zones;
	const struct screen_port_config *ports;
	const struct screen_wire_config *wires;
	const struct screen_profile_config *profiles;
	const struct screen_prefix_config *prefixes;
	const struct screen_server_config *servers;
};

/*
 * Validates size bytes at buffer (8-byte aligned) and fills *s. Returns NULL when everything holds,
 * else a static sentence that says what does not; *at is then the index in the section that it is
 * about. digest is the SHA-256 of the bytes behind the header's digest field, computed by the caller
 * (the core knows no library).
 */
const char *screen_snapshot_validate(const uint8_t *buffer, size_t size,
				     const uint8_t digest[SCREEN_DIGEST_SIZE],
				     struct screen_snapshot *s, uint32_t *at);

/* First byte that the digest covers. */
enum { SCREEN_SNAPSHOT_DIGEST_FROM = 16 + SCREEN_DIGEST_SIZE };
