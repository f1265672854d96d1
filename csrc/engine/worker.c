#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "burst.h"
#include "busypoll.h"
#include "frames.h"
#include "order.h"
#include "qsbr.h"
#include "timers.h"

enum {
	IDLE_POLL_MS = 100, /* also keeps the heartbeat well under a second */
	WORKER_NICE = -10,
	HUGE_PAGE = 1 << 21,
};

const struct screen_umem *screen_worker_umem(const struct screen_worker *worker)
{
	return &worker->umem;
}

void screen_worker_wake(struct screen_worker *w)
{
	uint64_t one = 1;

	if (atomic_load_explicit(&w->asleep, memory_order_seq_cst))
		(void)!write(w->event, &one, sizeof(one));
}

/* Frames that the rings of a closed port had. */
static void reclaim(struct screen_worker *w)
{
	uint64_t slots = atomic_exchange_explicit(&w->reclaim, 0, memory_order_acquire);

	if (!slots)
		return;
	screen_timers_purge(w, slots);
	for (uint32_t i = 0; i < w->umem.chunks; i++) {
		uint8_t owner = w->owner[i];

		if (owner != SCREEN_OWNER_FREE && owner <= SCREEN_PORTS_MAX &&
		    (slots >> (owner - 1) & 1))
			screen_frame_give(w, (uint64_t)i * w->umem.chunk_size);
	}
}

/* A frame to the port's own address: nobody else takes it. */
static void send_probe(struct screen_worker *w, struct screen_port *port, struct screen_queue *q)
{
	static const uint8_t text[46] = "synscreen transmit probe";
	uint64_t address = screen_frame_take(w);
	uint8_t *data;

	if (address == UINT64_MAX)
		return;
	data = screen_frame_data(w, address);
	memcpy(data, port->mac, 6);
	memcpy(data + 6, port->mac, 6);
	screen_store_be16(data + 12, SCREEN_PROBE_ETHERTYPE);
	memcpy(data + 14, text, sizeof(text));
	q->probe_address = address;
	atomic_store_explicit(&q->probe_error, 0, memory_order_relaxed);
	atomic_store_explicit(&q->probe, SCREEN_PROBE_SENT, memory_order_relaxed);
	(void)screen_burst_send(w, port->slot, address, 14 + sizeof(text));
}

static void look_after(struct screen_worker *w, struct screen_port *port)
{
	struct screen_queue *q = &port->queues[w->index];

	__atomic_store_n(&port->control->beat[w->index], w->context.now_ns, __ATOMIC_RELAXED);
	screen_burst_refill(w, port);
	if (q->with_kernel && !atomic_load_explicit(&q->ready, memory_order_relaxed))
		atomic_store_explicit(&q->ready, 1, memory_order_release);
	if (atomic_load_explicit(&q->probe, memory_order_acquire) == SCREEN_PROBE_ASKED)
		send_probe(w, port, q);
}

static bool ours(const struct screen_worker *w, const struct screen_port *port)
{
	return w->index < port->queues_count;
}

/* Busy polling: the kernel looks into the queues now, and not when an interrupt comes. Both sockets of
 * a queue are of one NAPI instance. */
static void look(struct screen_worker *w)
{
	const struct screen_view *v = w->view;

	for (uint32_t i = 0; i < v->ports_count; i++)
		if (ours(w, v->ports[i]))
			screen_busypoll_look(v->ports[i]->queues[w->index].main.fd);
}

/* Takes a burst from the main receive ring of each port. *busy: one of them has more. */
static uint32_t receive(struct screen_worker *w, bool *busy)
{
	const struct screen_view *v = w->view;
	uint32_t frames = 0;

	*busy = false;
	for (uint32_t i = 0; i < v->ports_count; i++) {
		uint32_t count, handed;

		if (!ours(w, v->ports[i]))
			continue;
		handed = screen_order_handed(v->ports[i], w->index);
		count = screen_burst_receive(w, v->ports[i], &v->ports[i]->queues[w->index].main.rx,
					     SCREEN_BURST);
		*busy |= count == SCREEN_BURST;
		screen_order_note(v->ports[i], w->index, handed, count, !w->unsent, w->context.now_ns);
		frames += count;
	}
	return frames;
}

/* Takes SYNs of each port, so many at most. */
static uint32_t receive_syns(struct screen_worker *w, uint32_t most)
{
	const struct screen_view *v = w->view;
	uint32_t frames = 0;

	for (uint32_t i = 0; i < v->ports_count; i++)
		if (ours(w, v->ports[i]))
			frames += screen_burst_receive(w, v->ports[i],
						       &v->ports[i]->queues[w->index].syn.rx, most);
	return frames;
}

/* Sends what there is. Whether the kernel took all of it. */
static bool send_all(struct screen_worker *w)
{
	const struct screen_view *v = w->view;
	bool all = true;

	for (uint32_t i = 0; i < v->ports_count; i++)
		if (ours(w, v->ports[i]))
			all &= screen_burst_flush(w, v->ports[i]);
	return all;
}

uint32_t screen_worker_turn(struct screen_worker *w)
{
	const struct screen_view *v = w->view;
	uint32_t frames;
	bool busy;

	for (uint32_t i = 0; i < v->ports_count; i++)
		if (ours(w, v->ports[i]))
			look_after(w, v->ports[i]);
	if (w->engine->options.busy_poll_us)
		look(w);
	frames = receive(w, &busy);
	/* what is forwarded is on its way before the first SYN is looked at */
	if (frames)
		(void)send_all(w);
	frames += receive_syns(w, busy ? SCREEN_BUSY_SYNS : SCREEN_BURST);
	if (atomic_load_explicit(&w->release, memory_order_relaxed) &&
	    atomic_exchange_explicit(&w->release, 0, memory_order_acquire))
		screen_timers_release(w);
	screen_timers_tick(w);
	w->unsent = !send_all(w);
	return frames;
}

struct poll_set {
	struct pollfd fds[1 + 2 * SCREEN_PORTS_MAX];
	nfds_t count;
};

static void make_poll_set(struct screen_worker *w, struct poll_set *set)
{
	const struct screen_view *v = w->view;

	set->count = 0;
	set->fds[set->count++] = (struct pollfd){ .fd = w->event, .events = POLLIN };
	for (uint32_t i = 0; i < v->ports_count; i++) {
		struct screen_queue *q;

		if (!ours(w, v->ports[i]))
			continue;
		q = &v->ports[i]->queues[w->index];
		set->fds[set->count++] = (struct pollfd){ .fd = q->main.fd, .events = POLLIN };
		set->fds[set->count++] = (struct pollfd){ .fd = q->syn.fd, .events = POLLIN };
	}
	w->polled = v->serial;
}

/* Whether nothing has come between the last look and going to sleep that poll() would not see. Who
 * calls later finds `asleep` set and writes to the eventfd. */
static bool may_sleep(struct screen_worker *w)
{
	struct screen_engine *e = w->engine;

	for (uint32_t i = 0; i < w->view->ports_count; i++) {
		const struct screen_port *port = w->view->ports[i];

		if (ours(w, port) &&
		    atomic_load(&port->queues[w->index].probe) == SCREEN_PROBE_ASKED)
			return false;
	}
	return atomic_load(&e->view) == w->view && !atomic_load(&e->stop) &&
	       !atomic_load(&w->release) && !atomic_load(&w->reclaim);
}

/* Sleeps until a frame comes, somebody calls, or time has passed; offline all the while. */
static void rest(struct screen_worker *w, struct poll_set *set)
{
	int timeout = IDLE_POLL_MS;
	uint64_t value;

	if (w->polled != w->view->serial)
		make_poll_set(w, set);
	if (w->pendings->count || w->pendings->held_count || w->unsent)
		timeout = SCREEN_TICK_MS;
	atomic_store(&w->asleep, 1);
	if (may_sleep(w)) {
		screen_qsbr_offline();
		if (poll(set->fds, set->count, timeout) > 0 && (set->fds[0].revents & POLLIN))
			(void)!read(w->event, &value, sizeof(value));
		screen_qsbr_online();
	} else {
		screen_qsbr_quiescent();
	}
	atomic_store(&w->asleep, 0);
}

/* Whether its last frame was too short a time ago to sleep. */
static bool lingers(const struct screen_worker *w)
{
	return w->context.now_ns - w->frame_ns < w->engine->options.busy_poll_us * 1000ull;
}

static void take_view(struct screen_worker *w)
{
	struct screen_engine *e = w->engine;
	const struct screen_view *v = atomic_load_explicit(&e->view, memory_order_acquire);

	w->view = v;
	/* what a former keyset left behind goes with it */
	if (w->context.keyset != v->keyset)
		memset(w->context.lanes, 0, sizeof(*w->context.lanes));
	w->context.policy = v->policy;
	w->context.keyset = v->keyset;
	w->context.now_ns = screen_now_ns();
	w->tap = atomic_load_explicit(&e->tap, memory_order_acquire);
}

void *screen_worker_run(void *data)
{
	struct screen_worker *w = data;
	struct screen_engine *e = w->engine;
	struct poll_set set = { .count = 0 };

	/* before what it protects and what floods it, where they share a processor */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), WORKER_NICE);
	screen_qsbr_register();
	while (!atomic_load_explicit(&e->stop, memory_order_relaxed)) {
		reclaim(w);
		take_view(w);
		if (screen_worker_turn(w))
			w->frame_ns = w->context.now_ns;
		else if (!lingers(w)) {
			rest(w, &set);
			continue;
		}
		screen_qsbr_quiescent();
	}
	screen_qsbr_unregister();
	return NULL;
}

static int start(struct screen_worker *w)
{
	sigset_t all, before;
	char name[16];
	int result;

	/* C threads take no signals: those are the control plane's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&w->thread, NULL, screen_worker_run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result)
		return -result;
	snprintf(name, sizeof(name), "screen-%u", w->index);
	pthread_setname_np(w->thread, name);
	w->runs = true;
	return 0;
}

static void destroy(struct screen_worker *w)
{
	if (!w)
		return;
	if (w->umem.area)
		munmap(w->umem.area, w->umem.size);
	if (w->context.lanes) {
		sodium_munlock(w->context.lanes, sizeof(*w->context.lanes)); /* and wipes */
		munmap(w->context.lanes, sizeof(*w->context.lanes));
	}
	if (w->event >= 0)
		close(w->event);
	free(w->context.talkers);
	free(w->context.events);
	free(w->free);
	free(w->owner);
	free(w->pendings);
	free(w);
}

/* In huge pages where there are some: a burst's frames lie anywhere in it. */
static uint8_t *frame_memory(uint64_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *area = MAP_FAILED;

	if (size % HUGE_PAGE == 0)
		area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	if (area == MAP_FAILED)
		area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (area == MAP_FAILED)
		return NULL;
	(void)madvise(area, size, MADV_HUGEPAGE);
	return area;
}

static int allocate(struct screen_worker *w)
{
	const struct screen_engine_options *o = &w->engine->options;

	w->umem.chunk_size = o->chunk_size;
	w->umem.chunks = o->frames_per_worker;
	w->umem.size = (uint64_t)o->chunk_size * o->frames_per_worker;
	w->umem.area = frame_memory(w->umem.size);
	if (!w->umem.area)
		return -ENOMEM;
	/* frames of strangers have no place in a core dump */
	(void)madvise(w->umem.area, w->umem.size, MADV_DONTDUMP);
	w->context.lanes = mmap(NULL, sizeof(*w->context.lanes), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->context.lanes == MAP_FAILED) {
		w->context.lanes = NULL;
		return -ENOMEM;
	}
	/* neither have the epochs' keys, nor in swap */
	if (sodium_mlock(w->context.lanes, sizeof(*w->context.lanes)))
		return -ENOMEM;
	w->context.talkers = calloc(1, sizeof(*w->context.talkers));
	w->context.events = calloc(1, sizeof(*w->context.events));
	if (!w->context.talkers || !w->context.events)
		return -ENOMEM;
	w->context.talkers->key = w->engine->meters->talkers_key;
	w->free = calloc(w->umem.chunks, sizeof(*w->free));
	w->owner = calloc(w->umem.chunks, 1);
	w->pendings = calloc(1, sizeof(*w->pendings));
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->free || !w->owner || !w->pendings || w->event < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->umem.chunks; i++)
		w->free[i] = w->umem.chunks - 1 - i;
	atomic_store(&w->free_count, w->umem.chunks);
	return 0;
}

static int add_worker(struct screen_engine *engine, uint32_t index)
{
	struct screen_worker *w = calloc(1, sizeof(*w));
	int result;

	if (!w)
		return -ENOMEM;
	w->engine = engine;
	w->index = index;
	w->event = -1;
	w->context.codec = engine->codec;
	w->context.flows = &engine->flows;
	w->context.meters = engine->meters;
	w->context.validated = engine->validated;
	w->context.worker = index;
	w->context.learning_rate = engine->options.learning_rate;
	w->context.learning_until_ns =
		engine->start_ns + engine->options.learning_s * 1000000000ull;
	result = allocate(w);
	if (result == 0) {
		engine->workers[index] = w;
		atomic_store(&engine->workers_count, index + 1);
		result = start(w);
	}
	if (result) {
		engine->workers[index] = NULL;
		atomic_store(&engine->workers_count, index);
		destroy(w);
	}
	return result;
}

int screen_worker_ensure(struct screen_engine *engine, uint32_t count,
			 struct screen_error_info *error)
{
	for (uint32_t i = atomic_load(&engine->workers_count); i < count; i++) {
		int result = add_worker(engine, i);

		if (result)
			return screen_error_set(error, SCREEN_ERROR_MEMORY, -result, "worker",
						"cannot start worker %u", i);
	}
	return SCREEN_OK;
}

void screen_worker_stop_all(struct screen_engine *engine)
{
	uint32_t count = atomic_load(&engine->workers_count);
	uint64_t one = 1;

	atomic_store(&engine->stop, 1);
	for (uint32_t i = 0; i < count; i++)
		(void)!write(engine->workers[i]->event, &one, sizeof(one));
	for (uint32_t i = 0; i < count; i++) {
		if (engine->workers[i]->runs)
			pthread_join(engine->workers[i]->thread, NULL);
		engine->workers[i]->runs = false;
	}
}

void screen_worker_free_all(struct screen_engine *engine)
{
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++)
		destroy(engine->workers[i]);
	atomic_store(&engine->workers_count, 0);
}
