#include "timers.h"

#include "burst.h"
#include "frames.h"
#include "symmetry.h"

enum {
	SWEEP_MS = 4000, /* a whole turn over the table takes this long */
	SWEEP_MAX = 4096, /* buckets in one tick */
};

static bool still_waits(const struct screen_worker *w, uint32_t flow, uint32_t generation)
{
	struct screen_flow *f = &w->engine->flows.flows[flow];
	uint32_t state;

	state = screen_flow_state_get(f);
	/* after the state: it was this flow's, and not that of a later one in the same entry */
	if (atomic_load_explicit(&f->generation, memory_order_acquire) != generation)
		return false;
	return state == SCREEN_FLOW_PENDING || state == SCREEN_FLOW_OPENING;
}

void screen_timers_release(struct screen_worker *w)
{
	struct screen_pendings *p = w->pendings;
	uint32_t before = p->held_count, kept = 0;

	w->context.releasing = true;
	for (uint32_t i = 0; i < before; i++) {
		struct screen_held held = p->held[i];
		struct screen_flow *f = &w->engine->flows.flows[held.flow];

		if (still_waits(w, held.flow, held.generation)) {
			p->held[kept++] = held;
			continue;
		}
		if (atomic_load_explicit(&f->generation, memory_order_relaxed) == held.generation)
			atomic_fetch_sub_explicit(&f->held, 1, memory_order_relaxed);
		screen_frame_own(w, held.address, SCREEN_OWNER_WORKER);
		screen_burst_again(w, &held);
	}
	w->context.releasing = false;
	/* a frame whose flow was forgotten may have begun a splice of its own, and be held again */
	for (uint32_t i = before; i < p->held_count; i++)
		p->held[kept++] = p->held[i];
	p->held_count = kept;
	atomic_store_explicit(&w->held, kept, memory_order_relaxed);
}

/* The server did not answer: the client is told at the sequence number that it expects. */
static bool give_up(struct screen_worker *w, const struct screen_pending *p)
{
	uint8_t reset[SCREEN_SYNTHETIC_MAX];
	uint32_t length = screen_abandon(&w->context, p->flow, p->syn, p->syn_length, reset);

	if (length == 0)
		return false; /* it is being answered at this moment */
	(void)screen_burst_send_copy(w, p->client_slot, reset, length);
	atomic_fetch_add_explicit(&w->timeouts, 1, memory_order_relaxed);
	atomic_store_explicit(&w->release, 1, memory_order_relaxed);
	return true;
}

void screen_timers_forget(struct screen_worker *w, uint32_t i)
{
	struct screen_pendings *p = w->pendings;

	w->context.asked[p->pending[i].share]--;
	p->pending[i] = p->pending[--p->count];
}

/* Whether it is to stay on the list. */
static bool look_at(struct screen_worker *w, struct screen_pending *p)
{
	struct screen_flow *f = &w->engine->flows.flows[p->flow];

	if (!still_waits(w, p->flow, p->generation)) {
		if (atomic_load_explicit(&f->generation, memory_order_relaxed) == p->generation) {
			bool open = screen_flow_state_get(f) == SCREEN_FLOW_SPLICED;

			atomic_fetch_add_explicit(open ? &w->spliced : &w->refused, 1,
						  memory_order_relaxed);
		}
		return false;
	}
	if (w->context.now_ns < p->deadline_ns)
		return true;
	if (p->tries == SCREEN_PENDING_TRIES)
		return !give_up(w, p);
	p->tries++;
	p->deadline_ns = screen_pending_deadline(w->context.now_ns, p->tries);
	(void)screen_burst_send_copy(w, p->server_slot, p->syn, p->syn_length);
	return true;
}

static void look_at_all(struct screen_worker *w)
{
	struct screen_pendings *p = w->pendings;

	for (uint32_t i = 0; i < p->count;)
		if (look_at(w, &p->pending[i]))
			i++;
		else
			screen_timers_forget(w, i);
}

void screen_timers_purge(struct screen_worker *w, uint64_t slots)
{
	struct screen_pendings *p = w->pendings;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->count;)
		if ((slots >> p->pending[i].client_slot | slots >> p->pending[i].server_slot) & 1)
			screen_timers_forget(w, i);
		else
			i++;
	for (uint32_t i = 0; i < p->held_count; i++)
		if (slots >> p->held[i].slot & 1)
			screen_frame_give(w, p->held[i].address);
		else
			p->held[kept++] = p->held[i];
	p->held_count = kept;
	atomic_store_explicit(&w->held, kept, memory_order_relaxed);
}

static void forget(struct screen_worker *w, uint32_t flow)
{
	const struct screen_flow *f = &w->engine->flows.flows[flow];
	const struct screen_port_policy *port = &w->context.policy->port[f->client_slot];

	if (port->used)
		screen_symmetry_forgotten(&w->context.meters->zone[port->zone], f,
					  (uint32_t)(w->context.now_ns / 1000000000u));
	screen_timers_retire(w, flow);
}

/* This worker's share of the table, a little at a time. */
static void sweep(struct screen_worker *w, uint64_t passed_ms)
{
	struct screen_flows *t = &w->engine->flows;
	uint32_t workers = atomic_load_explicit(&w->engine->workers_count, memory_order_relaxed);
	uint32_t share = t->buckets_count / workers + 1;
	uint64_t count = share * passed_ms / SWEEP_MS + 1;
	uint32_t expired[SCREEN_BUCKET_SLOTS];

	if (count > SWEEP_MAX)
		count = SWEEP_MAX;
	for (uint64_t i = 0; i < count; i++) {
		uint32_t bucket = w->index * share + w->sweep_next, n;

		w->sweep_next = (w->sweep_next + 1) % share;
		if (bucket >= t->buckets_count)
			continue;
		n = screen_flow_sweep(t, bucket, (uint32_t)(w->context.now_ns / 1000000000u),
				      w->context.policy, expired);
		while (n)
			forget(w, expired[--n]);
	}
}

void screen_timers_retire(struct screen_worker *w, uint32_t flow)
{
	struct screen_flow *flows = w->engine->flows.flows;

	__atomic_store_n(&flows[flow].next_free, SCREEN_FLOW_NONE, __ATOMIC_RELAXED);
	if (w->retired)
		__atomic_store_n(&flows[w->retired_tail].next_free, flow, __ATOMIC_RELAXED);
	else
		w->retired = flow;
	w->retired_tail = flow;
}

/* Flows retired before a grace period began may be given out again after it. */
static void give_back(struct screen_worker *w)
{
	struct screen_engine *e = w->engine;

	while (w->waiting &&
	       atomic_load_explicit(&e->grace_done, memory_order_acquire) >= w->waiting_for) {
		uint32_t flow = w->waiting;

		w->waiting = __atomic_load_n(&e->flows.flows[flow].next_free, __ATOMIC_RELAXED);
		screen_flow_give(&e->flows, flow);
	}
	if (w->waiting || !w->retired)
		return;
	w->waiting = w->retired;
	w->retired = SCREEN_FLOW_NONE;
	w->waiting_for = atomic_load(&e->grace_started) + 1;
}

void screen_timers_tick(struct screen_worker *w)
{
	uint64_t passed_ms = (w->context.now_ns - w->tick_ns) / 1000000;

	if (passed_ms < SCREEN_TICK_MS)
		return;
	w->tick_ns = w->context.now_ns;
	look_at_all(w);
	screen_timers_release(w);
	sweep(w, passed_ms);
	give_back(w);
	screen_talkers_halve(w->context.talkers, (uint32_t)(w->context.now_ns / 1000000000u));
}
