/*
 * A worker of an engine between two ports whose rings are in memory, and whose kernel is the test:
 * frames are received in the chunks that the worker has given away for it, and what it sends stays in
 * the transmit rings until the test takes it out.
 */
#pragma once

#include "budget.h"
#include "burst.h"
#include "engine_of.h"
#include "frames.h"
#include "world.h"

enum { OUTER, INNER };

struct fake_ring {
	uint32_t producer, consumer, flags;
	union {
		struct xdp_desc desc[SCREEN_RING_RX_SYN_MAX];
		uint64_t address[SCREEN_RING_FILL];
	};
};

struct fake_port {
	struct screen_port port;
	struct screen_queue queue;
	struct screen_shim_control control;
	struct fake_ring rx, rx_syn, tx, fill, completion;
};

struct rings {
	struct screen_engine *engine;
	struct screen_worker *worker;
	struct world *world; /* for its policy and its keys */
	struct screen_view view;
	struct fake_port end[2];
};

static inline void fake_consumer(struct xsk_ring_cons *r, struct fake_ring *f, uint32_t size)
{
	*r = (struct xsk_ring_cons){ .mask = size - 1, .size = size, .producer = &f->producer,
				     .consumer = &f->consumer, .ring = f->desc, .flags = &f->flags };
}

static inline void fake_producer(struct xsk_ring_prod *r, struct fake_ring *f, uint32_t size)
{
	*r = (struct xsk_ring_prod){ .mask = size - 1, .size = size, .producer = &f->producer,
				     .consumer = &f->consumer, .ring = f->desc, .flags = &f->flags,
				     .cached_cons = size };
}

static inline void fake_port_open(struct rings *r, uint8_t slot)
{
	struct fake_port *p = &r->end[slot];
	uint32_t chunks = r->worker->umem.chunks;

	p->port = (struct screen_port){ .slot = slot, .peer = !slot, .queues_count = 1,
					.queues = &p->queue, .control = &p->control };
	p->queue.main.fd = p->queue.syn.fd = -1;
	fake_consumer(&p->queue.main.rx, &p->rx, screen_ring_rx(chunks));
	fake_consumer(&p->queue.syn.rx, &p->rx_syn, screen_ring_rx_syn(chunks));
	fake_consumer(&p->queue.main.completion, &p->completion, SCREEN_RING_COMPLETION);
	fake_producer(&p->queue.main.tx, &p->tx, SCREEN_RING_TX);
	fake_producer(&p->queue.main.fill, &p->fill, SCREEN_RING_FILL);
	r->view.ports[r->view.ports_count++] = r->view.by_slot[slot] = &p->port;
}

/* The engine's own thread has made the worker, and is gone: the test turns it. */
static inline struct rings *rings_new(uint32_t chunks)
{
	struct rings *r = calloc(1, sizeof(*r));
	struct screen_error_info error = { 0 };

	r->engine = test_engine_create();
	r->engine->options.frames_per_worker = chunks;
	assert_int_equal(screen_worker_ensure(r->engine, 1, &error), 0);
	screen_worker_stop_all(r->engine);
	r->worker = r->engine->workers[0];
	r->world = world_new(4, 0);
	r->world->policy.profile[0].attack_threshold = 1;
	r->view.policy = r->worker->context.policy = &r->world->policy;
	r->view.keyset = r->worker->context.keyset = &r->world->keyset;
	r->worker->context.now_ns = r->worker->tick_ns = r->world->context.now_ns;
	r->worker->view = &r->view;
	for (uint8_t slot = 0; slot < 2; slot++)
		fake_port_open(r, slot);
	return r;
}

static inline void rings_free(struct rings *r)
{
	world_free(r->world);
	test_engine_destroy(r->engine);
	free(r);
}

/* Receives a frame. Whether there was a chunk to receive it in, and room in the ring. */
static inline bool rings_receive(struct rings *r, uint8_t slot, bool syn, const uint8_t *data,
				 uint32_t length)
{
	struct fake_port *p = &r->end[slot];
	struct fake_ring *rx = syn ? &p->rx_syn : &p->rx;
	uint32_t size = syn ? p->queue.syn.rx.size : p->queue.main.rx.size;
	uint64_t address;

	if (p->fill.producer == p->fill.consumer || rx->producer - rx->consumer == size)
		return false;
	address = p->fill.address[p->fill.consumer++ & (SCREEN_RING_FILL - 1)] + 256;
	memcpy(r->worker->umem.area + address, data, length);
	rx->desc[rx->producer++ & (size - 1)] = (struct xdp_desc){ .addr = address, .len = length };
	return true;
}

/* A SYN of a flood. */
static inline bool rings_receive_syn(struct rings *r)
{
	struct frame_spec f = r->world->client;
	uint8_t data[FRAME_MAX];

	random_bytes(&r->world->random, f.source + 1, 3);
	f.seq = random_32(&r->world->random);
	f.flags = SCREEN_TCP_SYN;
	return rings_receive(r, OUTER, true, data, frame_build(data, &f));
}

/* A frame that is forwarded whatever happens: of no IP. */
static inline bool rings_receive_other(struct rings *r, uint8_t slot)
{
	static const uint8_t data[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xcc };

	return rings_receive(r, slot, false, data, sizeof(data));
}

static inline uint32_t rings_sent(const struct rings *r, uint8_t slot)
{
	return r->end[slot].tx.producer - r->end[slot].tx.consumer;
}

/* Sends what is in a transmit ring. */
static inline void rings_drain(struct rings *r, uint8_t slot)
{
	struct fake_port *p = &r->end[slot];

	for (; p->tx.consumer != p->tx.producer; p->tx.consumer++) {
		const struct xdp_desc *d = &p->tx.desc[p->tx.consumer & (SCREEN_RING_TX - 1)];

		p->completion.address[p->completion.producer++ & (SCREEN_RING_COMPLETION - 1)] = d->addr;
	}
}

static inline uint64_t rings_count(const struct rings *r, uint8_t slot, enum screen_reason reason)
{
	return r->worker->counters[slot].reasons[reason];
}
