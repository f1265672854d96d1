/*
 * The policy: a validated snapshot as the packet path wants to read it, indexed by the slots in
 * which the engine keeps its ports. Immutable once it is published.
 */
#pragma once

#include "compat.h"
#include "whitelist.h"

enum { SCREEN_SLOT_NONE = 0xff };

struct screen_port_policy {
	uint8_t used;
	uint8_t peer;	    /* slot of the other port of the wire; SCREEN_SLOT_NONE: not attached */
	uint16_t wire;	    /* names the wire in flow keys; never reused while flows may live */
	uint16_t zone;
	uint16_t profile;   /* SCREEN_NONE: SYNs that come in here are not screened */
	uint8_t screened;   /* this zone or the peer's has a profile: TCP is tracked */
	uint8_t admission;  /* enum screen_admission, of the zone, never UNSET */
	uint8_t host;	    /* it has no peer: what comes in here is never forwarded */
	uint8_t reserved[5];
};

struct screen_policy {
	uint64_t generation;
	uint8_t mode;	    /* enum screen_mode */
	uint8_t activation; /* enum screen_activation */
	uint8_t no_syn_check;
	uint8_t has_peers; /* others mint with the same master key */
	uint16_t time_wait_s;
	uint16_t initial_timeout_s;
	uint32_t inactivity_timeout_s;
	uint32_t reply_rate, reply_prefix_rate; /* replies/s, 0: no ceiling */
	uint16_t validated_s; /* how long a client stays validated */
	uint8_t half_close; /* half-closed flows end by time_wait_s, too */
	uint8_t offload;    /* enum screen_offload */
	struct screen_port_policy port[SCREEN_PORTS_MAX];
	struct screen_profile_config profile[SCREEN_PROFILES_MAX];
	const struct screen_white_list *white; /* NULL: no profile has any */
	uint32_t servers_count;
	struct screen_server_config server[SCREEN_SERVERS_MAX]; /* the first match counts */
};
