/*
 * A worker: owns queue i of every port, and the UMEM that these share. Forwarding moves a
 * descriptor, never bytes.
 */
#pragma once

#include "pending.h"
#include "state.h"

/* SYNs that are looked at in one turn while a main receive ring has more than a burst: an answer costs
 * about two frames that are forwarded, and those are to keep their share of a worker that is busy. */
enum { SCREEN_BUSY_SYNS = 16 };

/* Who has a frame. Values below SCREEN_PORTS_MAX + 1: the rings of slot value - 1. */
enum {
	SCREEN_OWNER_FREE = 0,
	SCREEN_OWNER_HELD = 0xfe,
	SCREEN_OWNER_WORKER = 0xff,
};

struct screen_port_counters {
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
	uint64_t replies_in_reserve;
	uint64_t reasons[SCREEN_REASONS];
};

struct screen_worker {
	struct screen_engine *engine;
	uint32_t index;
	pthread_t thread;
	bool runs;
	int event; /* eventfd */
	_Atomic uint32_t asleep;
	_Atomic uint32_t release; /* the server of a splice of ours has answered */
	_Atomic uint64_t reclaim; /* slots whose frames are ours again */
	struct screen_umem umem;
	uint32_t *free; /* chunk numbers */
	_Atomic uint32_t free_count;
	uint8_t *owner; /* of each chunk */
	const struct screen_view *view; /* of this burst */
	uint64_t polled; /* serial of the view that the poll set was made for */
	const struct screen_tap *tap; /* of this burst; NULL: nobody looks */
	struct screen_context context;
	struct screen_pendings *pendings;
	bool unsent;	     /* a TX ring has frames that the kernel would not take yet */
	uint64_t frame_ns;   /* the last turn that had frames */
	uint64_t tick_ns;    /* when timers were last looked at */
	uint32_t sweep_next; /* bucket */
	/* flows taken out of the table: collecting, and waiting for the end of a grace period */
	uint32_t retired, retired_tail, waiting, waiting_tail;
	uint64_t waiting_for;
	struct screen_port_counters counters[SCREEN_PORTS_MAX]; /* one writer: the worker */
	_Atomic uint64_t begun, spliced, refused, timeouts, held;
};

/* Makes workers up to `count` of them and starts them. [control] */
int screen_worker_ensure(struct screen_engine *engine, uint32_t count,
			 struct screen_error_info *error);

/* Ends all workers; frees them, when their sockets are closed. [control] */
void screen_worker_stop_all(struct screen_engine *engine);
void screen_worker_free_all(struct screen_engine *engine);

const struct screen_umem *screen_worker_umem(const struct screen_worker *worker);

/* Wakes it if it sleeps. [any] */
void screen_worker_wake(struct screen_worker *worker);

/* One turn: what is forwarded first, SYNs last. Returns the number of frames taken. [worker] */
uint32_t screen_worker_turn(struct screen_worker *worker);

/* A thread's body. */
void *screen_worker_run(void *worker);
