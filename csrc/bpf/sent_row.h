/*
 * What sent.bpf.c counts and the engine reads: what became of frames that XDP programs redirected
 * to a port.
 */
#pragma once

#ifdef __bpf__
#include "compat.h"
#else
#include <stdint.h>
#endif

/* One way by which frames leave. */
struct screen_sent_way {
	uint64_t sent, drops; /* what the driver took, and what it did not */
	int64_t error;	      /* the last one's negative errno */
};

/* One per port; the sum over the CPUs. */
struct screen_sent {
	struct screen_sent_way answer; /* of frames that came in by it */
	struct screen_sent_way pass;   /* of others */
};
