/* A burst: frames from one receive ring, decided and sent on. [worker] */
#pragma once

#include "worker.h"

enum { SCREEN_BURST = 64 };

/* Takes frames from the ring of one socket, `most` of them and no more than a burst. Returns their number. */
uint32_t screen_burst_receive(struct screen_worker *w, struct screen_port *port,
			      struct xsk_ring_cons *rx, uint32_t most);

/* Decides about one frame that was held, again. It was counted when it came. */
void screen_burst_again(struct screen_worker *w, const struct screen_held *held);

/* Queues a frame on a port. False, and the frame is given back, when the ring is full or the port
 * is not attached. */
bool screen_burst_send(struct screen_worker *w, uint8_t slot, uint64_t address, uint32_t length);

/* Queues a copy of bytes on a port; false when there is no room. */
bool screen_burst_send_copy(struct screen_worker *w, uint8_t slot, const uint8_t *bytes,
			    uint32_t length);

/* Has the kernel send what was queued, and takes back what it has sent. False when some of it waits
 * to be sent yet. */
bool screen_burst_flush(struct screen_worker *w, struct screen_port *port);

/* Fills a queue's fill ring from the free frames. */
void screen_burst_refill(struct screen_worker *w, struct screen_port *port);
