/*
 * What a port's program is told, as a part of the policy that is swapped as a whole: what it does in the
 * engine's place, and the little that it has to know for that. Everything else it finds in the meters, in the
 * flow table and in the leases that the engine has left with the destinations that flood.
 */
#pragma once

#ifdef __bpf__
#include "compat.h"
#else
#include <stdint.h>
#endif

#include "../include/synscreen/snapshot.h"

struct screen_offload_port {
	uint8_t does;	 /* enum screen_port_offload; 0: everything is the engine's */
	uint8_t screens; /* 1: SYNs that come in here are screened, and challenged in a flood */
	uint8_t always;	 /* activation always */
	uint8_t white;	 /* the profile has a white-list */
	uint8_t host;	 /* it is a host port: leases of wires are not for it, nor its own for wires */
	uint8_t reserved;
	uint16_t zone, wire, profile;
	uint16_t longest; /* bytes of a frame that the other port of a wire sends, Ethernet header included */
	uint16_t reserved2;
	uint32_t attack_threshold, alarm_threshold; /* SYN/s */
};

struct screen_offload_policy {
	uint64_t generation;
	uint64_t learning_until_ns; /* until then a segment of no flow may belong to a connection */
	uint64_t flow_key[2];	    /* secret */
	uint32_t buckets;	    /* a power of two */
	uint32_t reply_rate, reply_prefix_rate; /* replies/s, 0: no ceiling */
	uint32_t reserved;
	struct screen_offload_port port[SCREEN_PORTS_MAX];
};
