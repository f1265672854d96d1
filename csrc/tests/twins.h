/*
 * Twins: one wire decided twice. `core` is a world alone. In `both` a frame meets the shim of its port
 * first, which runs in the kernel over that world's own meters, flows and validated clients; what the shim
 * leaves to the engine, that world's core decides. Each frame must come out of both alike. Likewise a host
 * port, but for what its program leaves to the kernel, of which the core knows nothing.
 *
 * The shim reads the clock itself: both worlds have the same second, and what a second's turn caught
 * half-way is not compared. A challenge shows as XDP_TX, for which the shim settles where no device is
 * entered for its own port; the one entered for the other port is the loopback, which nothing reaches.
 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "world.h"

#include "engine_of.h"
#include "host.skel.h"
#include "hostmaps.h"
#include "shim.skel.h"

enum { TWINS_MARGIN_NS = 20000000, TWINS_FRAME_MAX = 1536 };

static const uint64_t TWINS_NEVER_NS = 1ull << 62, TWINS_SECOND_NS = 1000000000;

/* One port's shim, or the program of a host port. */
struct twin_port {
	struct shim *shim;
	struct host *host;
	struct bpf_object *object;
	int program;
	struct screen_shim_control *control;
	uint64_t counted[SCREEN_SHIM_COUNTERS];
};

struct twins {
	struct world *core, *both;
	struct screen_engine *e; /* the maps alone */
	struct screen_config config;
	struct screen_snapshot_header header;
	struct screen_host_keys keys;
	struct twin_port port[2];
	struct world_frame out; /* what the shim sent */
	bool by_shim;		/* the last frame was the shim's */
	bool by_kernel;		/* or the kernel's, to whom a host port's program left it */
	uint64_t frames, turned, did[SCREEN_SHIM_COUNTERS];
};

static inline uint64_t twins_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t); /* the shim's, or a tick ahead of it */
	return (uint64_t)t.tv_sec * TWINS_SECOND_NS + (uint64_t)t.tv_nsec;
}

/* ---- what both know ------------------------------------------------------------------------- */

/* Gives the second world, and the shims, the policy and the white-lists of the first. */
static inline void twins_policy(struct twins *t)
{
	struct world *b = t->both;

	b->policy = t->core->policy;
	memcpy(b->prefixes, t->core->prefixes, sizeof(b->prefixes));
	b->policy.white = b->white;
	b->context.learning_until_ns = t->core->context.learning_until_ns;
	b->context.learning_rate = t->core->context.learning_rate;
	t->e->start_ns = t->core->context.learning_until_ns;
	t->config.policy = &b->policy;
	t->header.profiles.count = 1;
	t->config.snapshot.header = &t->header;
	t->config.snapshot.prefixes = b->prefixes;
	assert_int_equal(screen_hostmaps_policy(t->e, &t->config), 0);
}

/* The same of the keyset. The shims may mint and check with it until then. */
static inline void twins_keys(struct twins *t, uint64_t mint_until_ns, uint64_t valid_until_ns)
{
	const struct screen_keyset *k = &t->core->keyset;

	t->both->keyset = *k;
	t->keys = (struct screen_host_keys){
		.check_epoch = k->check_epoch, .mint_epoch = k->mint_epoch,
		.other_epoch = k->other_epoch, .accepts_other = k->accepts_other,
		.mint_until_ns = mint_until_ns, .valid_until_ns = valid_until_ns,
	};
	memcpy(t->keys.zone, k->zone, sizeof(t->keys.zone));
	memcpy(t->keys.other, k->other, sizeof(t->keys.other));
	assert_int_equal(screen_hostmaps_swap(t->e->host.keys, &t->keys, sizeof(t->keys)), 0);
}

/* All that has been counted and remembered is forgotten, in both. */
static inline void twins_forget(struct twins *t)
{
	struct world *worlds[] = { t->core, t->both };
	static const uint64_t key[2] = { 1, 2 };

	for (int i = 0; i < 2; i++) {
		struct world *w = worlds[i];

		memset(w->flows.marks, 0, screen_flows_size(WORLD_FLOWS));
		memset((void *)w->sessions, 0, sizeof(*w->sessions));
		memset((void *)w->meters, 0, sizeof(*w->meters));
		memset((void *)w->validated, 0, sizeof(*w->validated));
		screen_flows_init(&w->flows, w->flows.marks, WORLD_FLOWS, key);
		w->flows.sessions = w->sessions;
		w->meters->key[0] = w->validated->key[1] = 3;
		w->meters->key[1] = w->validated->key[0] = 4;
		memset(&w->context.recent, 0, sizeof(w->context.recent));
		memset(w->context.asked, 0, sizeof(w->context.asked));
		w->context.learning_second = w->context.learning_count = 0;
		w->held_count = 0;
		w->syn.length = 0;
	}
}

static inline uint32_t twins_shim(struct twins *t, const uint8_t *data, uint32_t length, uint8_t slot);

/* What the shims have gathered goes to the meters when another frame comes. */
static inline void twins_gathered(struct twins *t)
{
	static const uint8_t other[60] = { [12] = 0x08, 0x06 }; /* ARP */

	for (uint8_t slot = 0; slot < 2; slot++)
		assert_int_equal(twins_shim(t, other, sizeof(other), slot), SCREEN_SHIM_DROPPED_UNBOUND);
}

/* The second world becomes what the first one is. */
static inline void twins_align(struct twins *t)
{
	struct world *a = t->core, *b = t->both;
	struct screen_flows flows = a->flows;

	twins_gathered(t);
	memcpy((void *)b->meters, (void *)a->meters, sizeof(*a->meters));
	memcpy((void *)b->validated, (void *)a->validated, sizeof(*a->validated));
	memcpy((void *)b->sessions, (void *)a->sessions, sizeof(*a->sessions));
	memcpy((void *)b->flows.marks, (void *)a->flows.marks, screen_flows_size(WORLD_FLOWS));
	flows.marks = b->flows.marks;
	flows.buckets = b->flows.buckets;
	flows.flows = b->flows.flows;
	flows.sessions = b->sessions;
	b->flows = flows;
	b->syn = a->syn;
	b->syn_flow = a->syn_flow;
	memcpy(b->held, a->held, sizeof(b->held));
	b->held_count = a->held_count;
	memcpy(b->context.asked, a->context.asked, sizeof(b->context.asked));
	b->context.learning_second = a->context.learning_second;
	b->context.learning_count = a->context.learning_count;
}

/* ---- life ----------------------------------------------------------------------------------- */

static inline int twin_map(const struct twin_port *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->object, name);
}

static inline void twin_load_shim(struct twins *t, struct twin_port *p, uint8_t slot)
{
	uint32_t zero = 0, loopback = 1;

	p->shim = shim__open();
	assert_non_null(p->shim);
	p->object = p->shim->obj;
	p->shim->rodata->slot = slot;
	assert_int_equal(screen_hostmaps_share(t->e, p->object), 0);
	assert_int_equal(shim__load(p->shim), 0);
	assert_int_equal(bpf_map_update_elem(twin_map(p, "peer"), &zero, &loopback, BPF_ANY), 0);
	p->program = bpf_program__fd(p->shim->progs.screen_shim);
}

static inline void twin_load_host(struct twins *t, struct twin_port *p, uint8_t slot)
{
	p->host = host__open();
	assert_non_null(p->host);
	p->object = p->host->obj;
	p->host->rodata->slot = slot;
	assert_int_equal(screen_hostmaps_share(t->e, p->object), 0);
	assert_int_equal(host__load(p->host), 0);
	p->program = bpf_program__fd(p->host->progs.screen_host);
}

static inline void twin_port_open(struct twins *t, uint8_t slot)
{
	struct twin_port *p = &t->port[slot];

	if (t->core->policy.port[slot].host)
		twin_load_host(t, p, slot);
	else
		twin_load_shim(t, p, slot);
	p->control = mmap(NULL, sizeof(*p->control), PROT_READ | PROT_WRITE, MAP_SHARED,
			  twin_map(p, "control"), 0);
	assert_ptr_not_equal(p->control, MAP_FAILED);
	p->control->mode = SCREEN_SHIM_ENGINE;
	p->control->queues = 1;
	p->control->beat[0] = TWINS_NEVER_NS;
	t->e->ports[slot].native = true;
	t->e->ports[slot].mtu = 1500;
	t->e->ports[slot].can = SCREEN_PORT_ANSWERS | SCREEN_PORT_CHECKS | SCREEN_PORT_PASSES;
}

/* The ports of the wire, or, with an admission, one host port. */
static inline struct twins *twins_of(uint8_t family, uint8_t tags, enum screen_admission host)
{
	struct twins *t = calloc(1, sizeof(*t));
	struct world *b;
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	assert_int_equal(sched_setaffinity(0, sizeof(here), &here), 0); /* a shim gathers by processor */
	t->core = world_new(family, tags);
	t->both = b = world_new(family, tags);
	if (host != SCREEN_ADMISSION_UNSET)
		t->core->policy.port[0] = (struct screen_port_policy){
			.used = 1, .peer = SCREEN_SLOT_NONE, .wire = SCREEN_NONE, .screened = 1, .host = 1,
			.admission = (uint8_t)host };
	t->core->syn_ring = b->syn_ring = host != SCREEN_ADMISSION_UNSET;
	t->core->context.validated = t->core->validated;
	t->e = calloc(1, sizeof(*t->e));
	t->e->flows_size = screen_flows_size(WORLD_FLOWS);
	assert_int_equal(screen_hostmaps_create(t->e), 0);
	assert_true(t->e->host.there);
	free(b->memory);
	free(b->meters);
	free(b->validated);
	b->memory = NULL;
	b->meters = b->context.meters = t->e->meters;
	b->validated = b->context.validated = t->e->validated;
	b->flows.marks = t->e->flows_memory;
	twins_forget(t);
	t->e->flows = b->flows;
	for (uint8_t slot = 0; slot < (host != SCREEN_ADMISSION_UNSET ? 1 : 2); slot++)
		twin_port_open(t, slot);
	twins_policy(t);
	twins_keys(t, TWINS_NEVER_NS, TWINS_NEVER_NS);
	return t;
}

static inline struct twins *twins_new(uint8_t family, uint8_t tags)
{
	return twins_of(family, tags, SCREEN_ADMISSION_UNSET);
}

static inline void twins_free(struct twins *t)
{
	for (int slot = 0; slot < 2; slot++) {
		if (t->port[slot].control)
			munmap(t->port[slot].control, sizeof(*t->port[slot].control));
		shim__destroy(t->port[slot].shim);
		host__destroy(t->port[slot].host);
	}
	t->both->meters = NULL;
	t->both->validated = NULL;
	world_free(t->both);
	world_free(t->core);
	screen_hostmaps_destroy(t->e);
	free(t->e);
	free(t);
}

/* ---- a frame -------------------------------------------------------------------------------- */

/* How often a port's shim has counted. */
static inline uint64_t twin_count(const struct twin_port *p, uint32_t counter)
{
	uint64_t values[64] = { 0 }, sum = 0;

	assert_in_range(libbpf_num_possible_cpus(), 1, 64);
	assert_int_equal(bpf_map_lookup_elem(twin_map(p, "counters"), &counter, values), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += values[i];
	return sum;
}

static inline bool twin_has_counted(struct twin_port *p, uint32_t counter)
{
	uint64_t before = p->counted[counter];

	p->counted[counter] = twin_count(p, counter);
	return p->counted[counter] > before;
}

/* The one counter that says what the shim did. SCREEN_SHIM_DROPPED_UNBOUND: it left the frame to the
 * engine, which has no sockets here; SCREEN_SHIM_HOST_CALM: to the kernel, for whatever reason. */
static inline uint32_t twins_did(struct twin_port *p, uint32_t action)
{
	if (action == XDP_TX)
		return SCREEN_SHIM_CHALLENGED;
	if (action == XDP_REDIRECT)
		return SCREEN_SHIM_PASSED_FLOW;
	if (action == XDP_PASS) /* by the program of a host port alone */
		return twin_has_counted(p, SCREEN_SHIM_HOST_PUNTED) ? SCREEN_SHIM_DROPPED_UNBOUND :
								      SCREEN_SHIM_HOST_CALM;
	assert_int_equal(action, XDP_DROP);
	if (twin_has_counted(p, SCREEN_SHIM_DROPPED_UNBOUND))
		return SCREEN_SHIM_DROPPED_UNBOUND;
	if (twin_has_counted(p, SCREEN_SHIM_COOKIE_INVALID))
		return SCREEN_SHIM_COOKIE_INVALID;
	assert_true(twin_has_counted(p, SCREEN_SHIM_REPLY_RATE));
	return SCREEN_SHIM_REPLY_RATE;
}

/* Runs the shim of a port. Returns what it did. */
static inline uint32_t twins_shim(struct twins *t, const uint8_t *data, uint32_t length, uint8_t slot)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = data, .data_size_in = length, .data_out = t->out.data,
		    .data_size_out = sizeof(t->out.data));

	assert_int_equal(bpf_prog_test_run_opts(t->port[slot].program, &o), 0);
	t->out.length = o.data_size_out;
	return twins_did(&t->port[slot], o.retval);
}

static inline void twins_dump(const char *what, const uint8_t *data, uint32_t length)
{
	print_error("%s: ", what);
	for (uint32_t i = 0; i < length; i++)
		print_error("%02x%s", data[i], i % 4 == 3 ? " " : "");
	print_error("\n");
}

static inline void twins_differ(const struct twins *t, const char *other, const struct world_frame *out,
				const uint8_t *data, uint32_t length, uint8_t slot)
{
	print_error("frame %llu by port %u: the core alone says %s, not %s\n", (unsigned long long)t->frames,
		    slot, screen_reason_name(t->core->d.reason), other);
	twins_dump("frame", data, length);
	twins_dump("the core's", t->core->out.data, t->core->out.length);
	twins_dump("the other's", out->data, out->length);
	fail();
}

static inline bool twins_leaves(const struct screen_decision *d)
{
	return d->verdict != SCREEN_DROP && d->verdict != SCREEN_HOLD;
}

static inline bool twins_same_out(const struct world_frame *a, const struct world_frame *b)
{
	return a->length == b->length && same_bytes(a->data, b->data, a->length);
}

/* Whether what the shim did is what the core would have done. */
static inline bool twins_agree(const struct twins *t, uint32_t did)
{
	const struct world *a = t->core;

	switch (did) {
	case SCREEN_SHIM_CHALLENGED:
		return a->d.reason == SCREEN_REPLY_CHALLENGE && twins_same_out(&a->out, &t->out);
	case SCREEN_SHIM_PASSED_FLOW:
		return a->d.reason == SCREEN_FORWARD_FLOW && twins_same_out(&a->out, &t->out);
	case SCREEN_SHIM_COOKIE_INVALID:
		return a->d.reason == SCREEN_DROP_COOKIE_INVALID;
	default:
		return did == SCREEN_SHIM_REPLY_RATE && a->d.reason == SCREEN_DROP_REPLY_RATE;
	}
}

/* Whether both cores decided alike. */
static inline bool twins_alike(const struct twins *t)
{
	const struct world *a = t->core, *b = t->both;

	if (a->d.verdict != b->d.verdict || a->d.reason != b->d.reason || a->d.action != b->d.action)
		return false;
	if (a->d.action == SCREEN_ACTION_ASK_SERVER && !twins_same_out(&a->syn, &b->syn))
		return false;
	return !twins_leaves(&a->d) || twins_same_out(&a->out, &b->out);
}

/* Lets one frame come in, to both. Returns the reason. */
static inline enum screen_reason twins_decide(struct twins *t, const uint8_t *data, uint32_t length,
					      uint8_t slot)
{
	uint64_t now = twins_now();
	enum screen_reason reason;
	uint32_t did;

	/* the shim's second may turn two ticks later, too */
	while (now % TWINS_SECOND_NS > TWINS_SECOND_NS - TWINS_MARGIN_NS ||
	       now % TWINS_SECOND_NS < TWINS_MARGIN_NS) {
		usleep(1000);
		now = twins_now();
	}
	t->core->context.now_ns = t->both->context.now_ns = now;
	t->frames++;
	reason = world_decide(t->core, data, length, slot);
	did = twins_shim(t, data, length, slot);
	t->by_kernel = did == SCREEN_SHIM_HOST_CALM;
	t->by_shim = did != SCREEN_SHIM_DROPPED_UNBOUND && !t->by_kernel;
	if (t->by_kernel)
		return reason;
	if (!t->by_shim)
		(void)world_decide(t->both, data, length, slot);
	if (twins_now() / TWINS_SECOND_NS != now / TWINS_SECOND_NS) {
		t->turned++;
		if (!t->core->policy.port[0].host) /* whose program counts what the core does not */
			twins_align(t);
		return reason;
	}
	t->did[did]++;
	if (t->by_shim && !twins_agree(t, did))
		twins_differ(t, screen_shim_counter_name(did), &t->out, data, length, slot);
	if (!t->by_shim && !twins_alike(t))
		twins_differ(t, screen_reason_name(t->both->d.reason), &t->both->out, data, length, slot);
	return reason;
}
