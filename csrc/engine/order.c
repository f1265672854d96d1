#include "order.h"

enum { LOOK_NS = 10000000 }; /* between two looks at the losses: each is a system call */

/* What was handed over and found no room never comes. */
static void look_for_losses(struct screen_queue *q, uint64_t now_ns)
{
	uint64_t lost;

	if (now_ns - q->lost_ns < LOOK_NS)
		return;
	q->lost_ns = now_ns;
	if (screen_xsk_lost(&q->main, &lost, NULL))
		q->lost = (uint32_t)lost;
}

static void tell(uint32_t *what, uint32_t number)
{
	if (*what != number)
		__atomic_store_n(what, number, __ATOMIC_RELEASE);
}

void screen_order_note(struct screen_port *port, uint32_t queue, uint32_t handed, uint32_t count, bool settled,
		       uint64_t now_ns)
{
	struct screen_shim_control *c = port->control;
	struct screen_queue *q = &port->queues[queue];
	uint32_t done = q->received + q->lost;

	if (port->is_host) /* its driver passes nothing on, and counts nothing */
		return;
	q->received += count;
	if (!settled)
		return;
	if (count == 0 && handed != done) {
		look_for_losses(q, now_ns);
		done = q->received + q->lost;
	}
	tell(&c->done[queue], done);
	if (count == 0)
		tell(&c->emptied[queue], handed);
}
