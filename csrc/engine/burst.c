#include "burst.h"

#include <sys/socket.h>

#include "budget.h"
#include "frames.h"
#include "tap.h"
#include "timers.h"

/* A quarter of the ring belongs to forwarding, and some frames to what is made or held here. Fill
 * rings leave as many. */
static const struct screen_budget BUDGET = {
	.slots_reserved = SCREEN_RING_TX / 4,
	.frames_reserved = 128,
};

static struct screen_queue *queue_of(const struct screen_worker *w, struct screen_port *port)
{
	return &port->queues[w->index];
}

static struct screen_port *port_at(const struct screen_worker *w, uint8_t slot)
{
	struct screen_port *port = slot < SCREEN_PORTS_MAX ? w->view->by_slot[slot] : NULL;

	return port && w->index < port->queues_count ? port : NULL;
}

/* Counters have one writer; readers may see any of their values. */
static void add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static void count_reason(struct screen_worker *w, uint8_t slot, enum screen_reason reason)
{
	add(&w->counters[slot].reasons[reason], 1);
}

bool screen_burst_send(struct screen_worker *w, uint8_t slot, uint64_t address, uint32_t length)
{
	struct screen_port *port = port_at(w, slot);
	struct screen_queue *q;
	struct xdp_desc *d;
	uint32_t at;

	if (!port) {
		screen_frame_give(w, address);
		return false;
	}
	q = queue_of(w, port);
	if (xsk_ring_prod__reserve(&q->main.tx, 1, &at) != 1) {
		(void)screen_burst_flush(w, port);
		if (xsk_ring_prod__reserve(&q->main.tx, 1, &at) != 1) {
			screen_frame_give(w, address);
			return false;
		}
	}
	d = xsk_ring_prod__tx_desc(&q->main.tx, at);
	d->addr = address;
	d->len = length;
	d->options = 0;
	if (w->tap)
		screen_tap_out(w->tap, w, slot, screen_frame_data(w, address), length);
	screen_frame_own(w, address, (uint8_t)(slot + 1));
	q->tx_queued++;
	add(&w->counters[slot].tx_frames, 1);
	add(&w->counters[slot].tx_bytes, length);
	return true;
}

bool screen_burst_send_copy(struct screen_worker *w, uint8_t slot, const uint8_t *bytes,
			    uint32_t length)
{
	uint64_t address = screen_frame_take(w);

	if (address == UINT64_MAX)
		return false;
	memcpy(screen_frame_data(w, address), bytes, length);
	return screen_burst_send(w, slot, address, length);
}

static void complete(struct screen_worker *w, struct screen_queue *q)
{
	uint32_t at, count = xsk_ring_cons__peek(&q->main.completion, SCREEN_RING_COMPLETION, &at);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = *xsk_ring_cons__comp_addr(&q->main.completion, at + i);

		if (atomic_load_explicit(&q->probe, memory_order_relaxed) == SCREEN_PROBE_SENT &&
		    screen_frame_chunk(w, address) == screen_frame_chunk(w, q->probe_address))
			atomic_store_explicit(&q->probe, SCREEN_PROBE_DONE, memory_order_release);
		screen_frame_give(w, address);
	}
	if (count)
		xsk_ring_cons__release(&q->main.completion, count);
}

/* Descriptors that the kernel has not taken yet. */
static uint32_t unsent(const struct xsk_ring_prod *tx)
{
	return tx->cached_prod - __atomic_load_n(tx->consumer, __ATOMIC_ACQUIRE);
}

bool screen_burst_flush(struct screen_worker *w, struct screen_port *port)
{
	struct screen_queue *q = queue_of(w, port);
	int result;

	if (q->tx_queued)
		xsk_ring_prod__submit(&q->main.tx, q->tx_queued);
	q->tx_queued = 0;
	if (unsent(&q->main.tx)) {
		result = screen_xsk_kick(&q->main);
		if (result < 0 &&
		    atomic_load_explicit(&q->probe, memory_order_relaxed) == SCREEN_PROBE_SENT)
			atomic_store_explicit(&q->probe_error, result, memory_order_relaxed);
	}
	complete(w, q);
	return unsent(&q->main.tx) == 0;
}

void screen_burst_refill(struct screen_worker *w, struct screen_port *port)
{
	struct screen_queue *q = queue_of(w, port);
	struct xsk_ring_prod *fill = &q->main.fill;
	uint32_t share = screen_frames_share(w->umem.chunks), at;
	uint32_t wanted = q->with_kernel < share ? share - q->with_kernel : 0;
	uint32_t spare = screen_frames_free(w);

	spare = spare > BUDGET.frames_reserved ? spare - BUDGET.frames_reserved : 0;
	wanted = wanted < spare ? wanted : spare;
	if (wanted == 0 || xsk_ring_prod__reserve(fill, wanted, &at) != wanted)
		return;
	for (uint32_t i = 0; i < wanted; i++) {
		uint64_t address = screen_frame_take(w);

		screen_frame_own(w, address, (uint8_t)(port->slot + 1));
		*xsk_ring_prod__fill_addr(fill, at + i) = address;
	}
	xsk_ring_prod__submit(fill, wanted);
	q->with_kernel += wanted;
	/* a zero-copy driver that has run dry sleeps until it is told */
	if (xsk_ring_prod__needs_wakeup(fill))
		(void)recvfrom(q->main.fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static bool hold(struct screen_worker *w, uint8_t slot, uint64_t address,
		 const struct screen_decision *d)
{
	struct screen_flow *f = &w->engine->flows.flows[d->flow];
	struct screen_pendings *p = w->pendings;
	struct screen_held *held;

	if (p->held_count >= SCREEN_HELD_MAX ||
	    atomic_load_explicit(&f->held, memory_order_relaxed) >= SCREEN_HELD_PER_FLOW) {
		screen_frame_give(w, address);
		return false;
	}
	atomic_fetch_add_explicit(&f->held, 1, memory_order_relaxed);
	held = &p->held[p->held_count++];
	held->address = address;
	held->length = d->length;
	held->flow = d->flow;
	held->generation = atomic_load_explicit(&f->generation, memory_order_relaxed);
	held->slot = slot;
	screen_frame_own(w, address, SCREEN_OWNER_HELD);
	atomic_store_explicit(&w->held, p->held_count, memory_order_relaxed);
	return true;
}

/* A splice began: remember the SYN, and send it unless the frame itself carries it. */
static void ask_server(struct screen_worker *w, uint8_t slot, const struct screen_decision *d)
{
	struct screen_pendings *p = w->pendings;
	struct screen_pending *pending = &p->pending[p->count++];
	struct screen_flow *f = &w->engine->flows.flows[d->flow];

	atomic_fetch_add_explicit(&w->begun, 1, memory_order_relaxed);
	pending->flow = d->flow;
	pending->generation = atomic_load_explicit(&f->generation, memory_order_relaxed);
	pending->tries = 1;
	pending->deadline_ns = screen_pending_deadline(w->context.now_ns, 1);
	pending->client_slot = slot;
	pending->server_slot = w->view->policy->port[slot].peer;
	pending->syn_length = (uint8_t)d->syn_length;
	pending->share = d->share;
	memcpy(pending->syn, d->syn, d->syn_length);
	if (d->verdict == SCREEN_HOLD)
		(void)screen_burst_send_copy(w, pending->server_slot, d->syn, d->syn_length);
}

static void wake_owner(struct screen_worker *w, uint32_t flow)
{
	struct screen_flow *f = &w->engine->flows.flows[flow];
	uint32_t owner = atomic_load_explicit(&f->owner, memory_order_relaxed);
	struct screen_worker *other;

	if (owner == 0)
		return;
	other = w->engine->workers[owner - 1];
	atomic_store(&other->release, 1); /* before asleep is looked at */
	if (other != w && atomic_load_explicit(&f->held, memory_order_relaxed))
		screen_worker_wake(other);
}

/* Flows that the decision took out of the table wait for a grace period. */
static void collect_retired(struct screen_worker *w)
{
	for (uint32_t i = 0; i < w->context.retired_count; i++)
		screen_timers_retire(w, w->context.retired[i]);
	w->context.retired_count = 0;
}

/* Whether the reply budget allows one more on the port. */
static bool within_budget(const struct screen_worker *w, struct screen_port *port)
{
	uint32_t slots = xsk_prod_nb_free(&queue_of(w, port)->main.tx, SCREEN_RING_TX);

	return screen_budget_allows(&BUDGET, slots, screen_frames_free(w));
}

/* Sends what the budget has allowed. That it holds is not believed but looked at, in the ring itself: tests
 * stop where a reply takes what is reserved, and everybody can see that none has. */
static bool send_within_budget(struct screen_worker *w, struct screen_port *port, uint64_t address,
			       uint32_t length)
{
	bool holds = within_budget(w, port);

	SCREEN_LEDGER_CHECK(holds);
	if (!holds)
		add(&w->counters[port->slot].replies_in_reserve, 1);
	return screen_burst_send(w, port->slot, address, length);
}

static void reply(struct screen_worker *w, uint8_t slot, uint64_t address,
		  struct screen_decision *d)
{
	struct screen_port *port = d->rationed ? port_at(w, slot) : NULL;
	bool sent;

	if (port && !within_budget(w, port)) {
		screen_frame_give(w, address);
		d->reason = SCREEN_DROP_REPLY_BUDGET;
		return;
	}
	sent = port ? send_within_budget(w, port, address, d->length) :
		      screen_burst_send(w, slot, address, d->length);
	if (!sent)
		d->reason = SCREEN_DROP_TX_FULL;
}

/* Does what was decided. Sets d->reason to what came of it, which the caller counts. */
static void act(struct screen_worker *w, const struct screen_frame *frame, uint64_t address,
		struct screen_decision *d)
{
	uint8_t slot = frame->slot;

	/* it may have grown to the front */
	address -= (uint64_t)(screen_frame_data(w, address) - frame->data);
	collect_retired(w);
	if (d->action == SCREEN_ACTION_ASK_SERVER)
		ask_server(w, slot, d);
	else if (d->action == SCREEN_ACTION_WAKE_OWNER)
		wake_owner(w, d->flow);
	switch (d->verdict) {
	case SCREEN_FORWARD:
		if (!screen_burst_send(w, w->view->policy->port[slot].peer, address, d->length))
			d->reason = SCREEN_DROP_TX_FULL;
		break;
	case SCREEN_REPLY:
		reply(w, slot, address, d);
		break;
	case SCREEN_HOLD:
		if (!hold(w, slot, address, d))
			d->reason = SCREEN_DROP_HOLD_LIMIT;
		break;
	case SCREEN_CHALLENGE:
		break; /* with the others of its burst */
	case SCREEN_DROP:
	case SCREEN_VERDICTS:
	default:
		screen_frame_give(w, address);
		break;
	}
}

/* Frames of a burst that wait for its end, when their cookies are dealt with together. */
struct waiting {
	struct screen_frame *frame[SCREEN_BURST];
	struct screen_decision *decision[SCREEN_BURST];
	uint64_t address[SCREEN_BURST];
	uint32_t count;
};

static void wait_for_burst(struct waiting *to, struct screen_frame *frame,
			   struct screen_decision *d, uint64_t address)
{
	to->frame[to->count] = frame;
	to->decision[to->count] = d;
	to->address[to->count++] = address;
}

/* Mints the burst's cookies and sends the challenges, as far as the budget goes. */
static void answer(struct screen_worker *w, struct screen_port *port, const struct waiting *c)
{
	struct screen_queue *q = queue_of(w, port);
	uint32_t granted = 0, slots = xsk_prod_nb_free(&q->main.tx, SCREEN_RING_TX);

	while (granted < c->count && slots > granted &&
	       screen_budget_allows(&BUDGET, slots - granted, screen_frames_free(w)))
		granted++;
	if (granted)
		screen_challenge(&w->context, c->frame, c->decision, granted);
	for (uint32_t i = 0; i < c->count; i++) {
		enum screen_reason reason = SCREEN_DROP_REPLY_BUDGET;

		if (i >= granted) {
			screen_refuse(&w->context, c->frame[i], c->decision[i]);
			screen_frame_give(w, c->address[i]);
		} else if (send_within_budget(w, port, c->address[i], c->decision[i]->length)) {
			reason = SCREEN_REPLY_CHALLENGE;
		}
		c->decision[i]->reason = reason;
		count_reason(w, port->slot, reason);
	}
}

/* A splice may begin with any frame: there must be room to keep it. */
static void look_for_room(struct screen_worker *w)
{
	w->context.splice_full = w->pendings->count >= SCREEN_PENDING_MAX;
}

/* Checks the burst's cookies and does what each leads to. */
static void check(struct screen_worker *w, const struct waiting *c)
{
	screen_check(&w->context, c->frame, c->decision, c->count);
	for (uint32_t i = 0; i < c->count; i++) {
		struct screen_decision *d = c->decision[i];
		uint8_t slot = c->frame[i]->slot;

		look_for_room(w);
		screen_resume(&w->context, c->frame[i], d);
		act(w, c->frame[i], c->address[i], d);
		count_reason(w, slot, d->reason);
	}
}

/* Takes the frames out of the ring. Returns their bytes. */
static uint64_t take(struct screen_worker *w, const struct screen_port *port, struct xsk_ring_cons *rx,
		     uint32_t at, bool syn_ring, uint32_t count, struct screen_frame *frames,
		     uint64_t *addresses)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(rx, at + i);

		addresses[i] = desc->addr;
		frames[i] = (struct screen_frame){ .data = screen_frame_data(w, desc->addr),
						   .length = desc->len, .slot = port->slot,
						   .syn_ring = syn_ring };
		bytes += desc->len;
		screen_frame_own(w, desc->addr, SCREEN_OWNER_WORKER);
	}
	return bytes;
}

uint32_t screen_burst_receive(struct screen_worker *w, struct screen_port *port,
			      struct xsk_ring_cons *rx, uint32_t most)
{
	struct screen_frame frames[SCREEN_BURST];
	struct screen_decision decisions[SCREEN_BURST];
	struct waiting challenged, undecided;
	uint64_t addresses[SCREEN_BURST], bytes;
	/* who looks wants to see each frame's fate: one at a time */
	uint32_t at, count = xsk_ring_cons__peek(rx, w->tap ? 1 : most, &at);
	bool looked_at = false;

	if (count == 0)
		return 0;
	challenged.count = undecided.count = 0;
	bytes = take(w, port, rx, at, rx == &queue_of(w, port)->syn.rx, count, frames, addresses);
	screen_gather(&w->context);
	screen_look(&w->context, frames, decisions, count);
	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision *d = &decisions[i];

		look_for_room(w);
		if (w->tap)
			looked_at = screen_tap_begin(w->tap, w, &frames[i]);
		screen_judge(&w->context, &frames[i], d);
		if (d->undecided) {
			wait_for_burst(&undecided, &frames[i], d, addresses[i]);
			continue;
		}
		act(w, &frames[i], addresses[i], d);
		if (d->verdict == SCREEN_CHALLENGE)
			wait_for_burst(&challenged, &frames[i], d, addresses[i]);
		else
			count_reason(w, port->slot, d->reason);
	}
	xsk_ring_cons__release(rx, count);
	queue_of(w, port)->with_kernel -= count;
	if (undecided.count)
		check(w, &undecided);
	if (challenged.count)
		answer(w, port, &challenged);
	screen_settle(&w->context);
	if (looked_at)
		screen_tap_end(w->tap, w, screen_reason_verdict(decisions[0].reason),
			       decisions[0].reason);
	add(&w->counters[port->slot].rx_frames, count);
	add(&w->counters[port->slot].rx_bytes, bytes);
	return count;
}

void screen_burst_again(struct screen_worker *w, const struct screen_held *held)
{
	struct screen_frame frame = { .data = screen_frame_data(w, held->address),
				      .length = held->length, .slot = held->slot };
	struct screen_frame *frames[] = { &frame };
	struct screen_decision d, *decisions[] = { &d };

	look_for_room(w);
	screen_decide(&w->context, &frame, &d);
	if (d.undecided) {
		screen_check(&w->context, frames, decisions, 1);
		screen_resume(&w->context, &frame, &d);
	}
	if (d.verdict == SCREEN_CHALLENGE) { /* not a SYN: cannot be */
		screen_frame_give(w, held->address);
		return;
	}
	act(w, &frame, held->address, &d);
}
