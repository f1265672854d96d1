/*
 * The handover: what an engine that ends leaves to the next one, so that a restart loses no
 * connection. A file of the state directory, written when the workers have ended; the next engine
 * reads it at its first publish, before frames come, and takes it away.
 *
 *   header | wires | zones | flows | servers
 *
 * Flat records, for the same machine within one boot: times are CLOCK_MONOTONIC. Ports and zones go
 * by their names, because slots and ids are an engine's own. There are no keys in it, but the
 * sequence numbers of live connections are: for the owner's eyes alone. Who reads it believes
 * nothing of it.
 */
#pragma once

#include "state.h"

enum {
	SCREEN_HANDOVER_VERSION = 1,
	SCREEN_HANDOVER_LIFE = 300, /* an older one is not taken over. Unit: s. */
	SCREEN_HANDOVER_DIGEST_SIZE = 32,
	SCREEN_HANDOVER_BOOT_SIZE = 40,
};

static const uint64_t SCREEN_HANDOVER_MAGIC = 0x7265766f646e6168; /* "handover" */

struct screen_handover_header {
	uint64_t magic;
	uint32_t version;
	/* of the records that follow: how large, and how many */
	uint32_t header_size, wire_size, zone_size, flow_size, server_size;
	uint32_t wires, zones, flows, servers;
	uint64_t written_ns; /* CLOCK_MONOTONIC */
	char boot[SCREEN_HANDOVER_BOOT_SIZE]; /* as in /proc/sys/kernel/random/boot_id */
	/* BLAKE2b of what follows the header, then of the header up to here */
	uint8_t digest[SCREEN_HANDOVER_DIGEST_SIZE];
};

struct screen_handover_wire {
	char port[2][SCREEN_IFNAME_SIZE];
};

struct screen_handover_zone {
	char name[SCREEN_NAME_SIZE];
};

struct screen_handover_side {
	uint32_t seen_s, ack, next;
};

/* A flow, with what must not change while it lives; see struct screen_flow. */
struct screen_handover_flow {
	uint8_t low[16], high[16];
	uint16_t low_port, high_port;
	uint16_t vlan[2];
	uint8_t wire;	     /* its place in the file */
	uint8_t client_port; /* 0 or 1: the port of the wire that the client's segments come in by */
	uint8_t client_low;
	uint8_t state;
	uint32_t created_s;
	struct screen_handover_side side[2];
	uint32_t client_isn, cookie_isn, server_isn;
	uint32_t ts_delta, client_tsval;
	uint16_t client_window, mss, half_open_s;
	uint8_t client_wscale, our_wscale, server_wscale;
	uint8_t agreed, server_flags;
	uint8_t counted, closing, syn_s;
	uint8_t reserved[2];
};

/* What was learned of a server. */
struct screen_handover_server {
	uint8_t address[16];
	struct screen_server_profile profile;
	uint32_t seen_s, closed_s;
	uint16_t port;
	uint8_t zone; /* its place in the file */
	uint8_t reserved[5];
};

_Static_assert(sizeof(struct screen_handover_header) == 128, "no padding");
_Static_assert(sizeof(struct screen_handover_wire) == 32, "no padding");
_Static_assert(sizeof(struct screen_handover_zone) % 4 == 0, "aligned");
_Static_assert(sizeof(struct screen_handover_flow) == 108, "no padding");
_Static_assert(sizeof(struct screen_handover_server) == 40, "no padding");

/* The file's path; whether this boot's name could be read. */
void screen_handover_path(const char *state_dir, char path[SCREEN_PATH_SIZE + 32]);
bool screen_handover_boot(char boot[SCREEN_HANDOVER_BOOT_SIZE]);

/* Writes the file, when no worker runs any more. Returns how many flows there are in it, or a
 * negative enum screen_error, and then there is none. [control] */
int screen_handover_write(struct screen_engine *engine, struct screen_error_info *error);

/* takeover.c: takes the file away, and over what is in it, if all of it is right. The wires and zones
 * of the running configuration are there. Says in engine->handover what became of it. [control] */
void screen_handover_take(struct screen_engine *engine);

/* Takes the file away, unread. */
void screen_handover_remove(const char *state_dir);
