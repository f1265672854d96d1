/*
 * AF_XDP sockets and their rings.
 *
 * The kernel's rings have one producer and one consumer each. The barriers are in libxdp's inline
 * helpers (<xdp/xsk.h>): a producer's submit is a release that pairs with the consumer's acquire in
 * peek. The sockets are opened here and not by libxdp 1.3, which ties a UMEM's life to the first port
 * that it was bound to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <xdp/xsk.h>

#include "../include/synscreen/engine.h"

enum {
	SCREEN_RING_RX_MAX = 2048,     /* descriptors: a burst of 30 ms at 64 k frames/s */
	SCREEN_RING_RX_SYN_MAX = 4096, /* SYNs wait in a ring of their own: 20 ms at 200 k/s */
	SCREEN_RING_TX = 2048,
	SCREEN_RING_FILL = 8192,
	SCREEN_RING_COMPLETION = 2048,
};

/* Ports that one worker can serve with its frames. */
enum { SCREEN_WORKER_PORTS = 8 };

/* How many frames the kernel may have of one port, in its fill and receive rings together: the same
 * whenever it came, so that no port starves another. An eighth is for what is on its way out, held,
 * or made here. */
static inline uint32_t screen_frames_share(uint32_t chunks)
{
	uint32_t share = chunks / 8 * 7 / SCREEN_WORKER_PORTS;

	return share < SCREEN_RING_FILL ? share : SCREEN_RING_FILL;
}

/* The largest power of two that is no more than either. */
static inline uint32_t screen_ring_size(uint32_t frames, uint32_t max)
{
	uint32_t size = 1;

	while (size * 2 <= frames && size * 2 <= max)
		size *= 2;
	return size;
}

/*
 * The receive rings of one queue are smaller than the port's share, both together: while SYNs come faster
 * than they are answered their ring is full, and if it could have every frame, none would be left to
 * receive anything else with.
 */
static inline uint32_t screen_ring_rx(uint32_t chunks)
{
	return screen_ring_size(screen_frames_share(chunks), SCREEN_RING_RX_MAX);
}

static inline uint32_t screen_ring_rx_syn(uint32_t chunks)
{
	return screen_ring_size(screen_frames_share(chunks) - screen_ring_rx(chunks),
				SCREEN_RING_RX_SYN_MAX);
}

/* The frame memory of one worker, registered with the kernel through whichever socket came first. */
struct screen_umem {
	uint8_t *area;
	uint64_t size;	     /* bytes */
	uint32_t chunk_size; /* bytes */
	uint32_t chunks;
};

struct screen_xsk {
	int fd; /* -1 when closed */
	bool zerocopy;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod tx;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion;
	void *map[4];
	size_t map_size[4];
};

/*
 * Opens the main socket of a queue, with all four rings. shared_fd is any bound socket of the same
 * UMEM, or -1: then the UMEM is registered with this one.
 */
int screen_xsk_open(struct screen_xsk *xsk, const struct screen_umem *umem, uint32_t ifindex,
		    uint32_t queue, int shared_fd, enum screen_bind bind,
		    struct screen_error_info *error);

/* Opens a second, receive-only socket on the queue of `main`, which shares its fill ring. */
int screen_xsk_open_second(struct screen_xsk *xsk, const struct screen_xsk *main,
			   const struct screen_umem *umem, uint32_t ifindex, uint32_t queue,
			   struct screen_error_info *error);

/* Closes it. Frames that were in its rings are the caller's again. A no-op when closed. */
void screen_xsk_close(struct screen_xsk *xsk);

/* How many frames the kernel could not put into its receive ring. *fill_empty, unless NULL: how often the fill
 * ring had none. A system call. Returns false when the kernel does not say. */
bool screen_xsk_lost(const struct screen_xsk *xsk, uint64_t *lost, uint64_t *fill_empty);

/* Has the kernel send what is in the TX ring. Returns 0 or a negative errno that says that it did
 * not; "later" is no error. */
int screen_xsk_kick(struct screen_xsk *xsk);
