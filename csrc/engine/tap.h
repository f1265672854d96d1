/*
 * The tap: copies of frames for who wants to look, with what became of them. A ring of bytes for each
 * worker, which writes; the control thread reads. What finds no room is counted, never waited for.
 */
#pragma once

#include "worker.h"

enum {
	SCREEN_TAP_RING = 1 << 20, /* bytes of a worker's ring */
	SCREEN_TAP_SNAP_MAX = 4096, /* a chunk */
};

struct screen_tap_ring {
	_Atomic uint64_t written, read; /* bytes since ever */
	_Atomic uint64_t lost;		/* frames */
	/* [worker] the frame that is being decided, as it came in */
	struct screen_tap_record record;
	uint8_t kept[SCREEN_TAP_SNAP_MAX];
	uint8_t bytes[SCREEN_TAP_RING];
};

struct screen_tap {
	struct screen_tap_filter filter;
	uint64_t slots; /* of the ports that are looked at */
	uint32_t turn;	/* [control] whose ring is read first */
	uint32_t rings; /* of the workers that there were at the beginning */
	struct screen_tap_ring *ring[SCREEN_WORKERS_MAX];
};

/* A frame comes in: kept as it is, if somebody looks at it; told when its fate is known. Its record is
 * behind those of the frames that left because of it, with the time at which it came. [worker] */
bool screen_tap_begin(const struct screen_tap *tap, struct screen_worker *w,
		      const struct screen_frame *frame);
void screen_tap_end(const struct screen_tap *tap, struct screen_worker *w,
		    enum screen_verdict verdict, enum screen_reason reason);

/* Copies a frame that leaves. [worker] */
void screen_tap_out(const struct screen_tap *tap, struct screen_worker *w, uint8_t slot,
		    const uint8_t *data, uint32_t length);

/* Frees a tap that no worker uses any more. */
void screen_tap_free(struct screen_tap *tap);
