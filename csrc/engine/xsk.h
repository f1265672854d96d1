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
	SCREEN_RING_RX = 2048,	    /* descriptors: a burst of 30 ms at 64 k frames/s */
	SCREEN_RING_RX_SYN = 4096,  /* SYNs wait in a ring of their own: 20 ms at 200 k/s */
	SCREEN_RING_TX = 2048,
	SCREEN_RING_FILL = 8192,    /* more than both receive rings can hold */
	SCREEN_RING_COMPLETION = 2048,
};

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
int screen_xsk_open_second(struct screen_xsk *xsk, const struct screen_xsk *main, uint32_t ifindex,
			   uint32_t queue, struct screen_error_info *error);

/* Closes it. Frames that were in its rings are the caller's again. A no-op when closed. */
void screen_xsk_close(struct screen_xsk *xsk);

/* Has the kernel send what is in the TX ring. Returns 0 or a negative errno that says that it did
 * not; "later" is no error. */
int screen_xsk_kick(struct screen_xsk *xsk);
