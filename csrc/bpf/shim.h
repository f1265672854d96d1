/*
 * What the shim and the engine share: the shape of the control map.
 */
#pragma once

#ifdef __bpf__
#include "compat.h"
#else
#include <stdint.h>
#endif

enum {
	SCREEN_SHIM_QUEUES = 64,
	/* keys of the XSK map: a queue's main socket, and its socket for SYNs */
	SCREEN_SHIM_SYN_KEY = SCREEN_SHIM_QUEUES,
	SCREEN_SHIM_KEYS = 2 * SCREEN_SHIM_QUEUES,
	SCREEN_SHIM_STALE_NS = 1000000000, /* a heartbeat older than this: the engine is gone */
	SCREEN_PROBE_ETHERTYPE = 0x88b5,   /* IEEE 802 local experimental */
};

enum screen_shim_mode {
	SCREEN_SHIM_UNSET = 0,	/* attached a moment ago: the map is not filled yet */
	SCREEN_SHIM_STAGED = 1, /* no configuration that uses the port is published */
	SCREEN_SHIM_ENGINE = 2,
};

/* Where the shim redirects to. */
enum screen_shim_way {
	SCREEN_SHIM_THERE = 0, /* the other port of the wire */
	SCREEN_SHIM_BACK = 1,  /* the port itself */
	SCREEN_SHIM_WAYS,
};

/* What is done with probe frames: the engine tries whether they really leave. */
enum screen_shim_probe {
	SCREEN_SHIM_PROBE_NONE = 0,
	SCREEN_SHIM_PROBE_ANSWER = 1, /* they go back, as answers do */
	SCREEN_SHIM_PROBE_PASS = 2,   /* they go to the other port of the wire */
};

/* One per port, mapped into the engine. It outlives the process with the program. */
struct screen_shim_control {
	uint32_t mode;	     /* enum screen_shim_mode */
	uint32_t on_failure; /* enum screen_on_failure */
	uint32_t queues;     /* that have sockets; a device can grow more */
	uint32_t probe;	     /* enum screen_shim_probe */
	uint64_t beat[SCREEN_SHIM_QUEUES]; /* CLOCK_MONOTONIC in ns, by the worker of each queue */
	/* frames for the queue's main ring: that the shim has handed over, those that the engine has dealt with,
	 * and those that had been handed over when it last found the ring empty */
	uint32_t handed[SCREEN_SHIM_QUEUES], done[SCREEN_SHIM_QUEUES], emptied[SCREEN_SHIM_QUEUES];
};
