/*
 * What a worker keeps while a server is asked: the SYN to repeat, and the client's early frames.
 * Both lists are bounded; each belongs to one worker.
 */
#pragma once

#include "reply.h"

enum {
	SCREEN_PENDING_MAX = 4096,   /* splices that one worker asks for at a time */
	SCREEN_HELD_MAX = 2048,	     /* early frames that one worker holds */
	SCREEN_HELD_PER_FLOW = 16,   /* of one flow: more than an initial window (RFC 6928) */
	SCREEN_PENDING_TRIES = 4,    /* SYNs: at 0, 1, 3 and 7 s; given up at 15 s */
};

/* One splice whose server has not answered. */
struct screen_pending {
	uint32_t flow, generation;
	uint64_t deadline_ns;
	uint8_t tries; /* SYNs sent */
	uint8_t client_slot, server_slot;
	uint8_t syn_length;
	uint8_t share; /* of context.asked */
	uint8_t syn[SCREEN_SYNTHETIC_MAX];
};

/* One early frame. */
struct screen_held {
	uint64_t address; /* in the UMEM */
	uint32_t length;
	uint32_t flow, generation;
	uint8_t slot; /* the port that it came in by */
};

struct screen_pendings {
	uint32_t count;
	uint32_t held_count;
	struct screen_pending pending[SCREEN_PENDING_MAX];
	struct screen_held held[SCREEN_HELD_MAX]; /* in the order of arrival */
};

/* The time after its tries-th SYN at which a pending splice is looked at again. RFC 6298: 1 s, then
 * twice as long each time. */
static inline uint64_t screen_pending_deadline(uint64_t now_ns, uint8_t tries)
{
	return now_ns + (1000000000ull << (tries - 1));
}
