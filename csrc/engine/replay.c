/*
 * The screen over frames out of a file: the ABI's explain.h. The core is the engine's; what a worker
 * does around it is here without rings, timers and budgets: flows do not expire, a server is asked
 * once, and no limit of a worker bites but that on held frames.
 */
#include "../include/synscreen/explain.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "config.h"
#include "pending.h"

enum {
	FLOWS_MAX = 1 << 16,
	HELD_MAX = 64,
	OUTPUTS_MAX = HELD_MAX + 2, /* of one frame: itself, a SYN, all that was held */
	START_S = 1000,		    /* time 0 means "never" in places */
	GIVEN_UP_S = 15,	    /* when a worker gives up a server that does not answer */
};

struct kept {
	uint8_t *data;
	uint32_t length, flow;
	uint64_t since_ns; /* held frames */
	uint8_t slot;
};

struct screen_replay {
	struct screen_config *config;
	struct screen_keyset *keyset;
	struct screen_flows flows;
	void *flows_memory;
	struct screen_meters *meters;
	struct screen_validated *validated;
	struct screen_lanes *lanes;
	struct screen_context context;
	struct kept held[HELD_MAX], outputs[OUTPUTS_MAX];
	uint32_t held_count, outputs_count, outputs_next;
	uint64_t first_ns;
	bool started;
	uint8_t *frame; /* in space, where it may grow to the front; a reply may be longer */
	uint8_t space[SCREEN_STAMP_SIZE + SCREEN_REPLAY_FRAME_MAX + SCREEN_SYNTHETIC_MAX];
};

static bool keep(struct kept *k, const uint8_t *data, uint32_t length, uint8_t slot, uint32_t flow)
{
	k->data = malloc(length ? length : 1);
	if (!k->data)
		return false;
	memcpy(k->data, data, length);
	k->length = length;
	k->slot = slot;
	k->flow = flow;
	return true;
}

static void output(struct screen_replay *r, uint8_t slot, const uint8_t *data, uint32_t length)
{
	if (r->outputs_count < OUTPUTS_MAX && slot != SCREEN_SLOT_NONE &&
	    keep(&r->outputs[r->outputs_count], data, length, slot, 0))
		r->outputs_count++;
}

static void forget_outputs(struct screen_replay *r)
{
	for (uint32_t i = 0; i < r->outputs_count; i++)
		free(r->outputs[i].data);
	r->outputs_count = r->outputs_next = 0;
}

static int make_keyset(struct screen_replay *r, const uint8_t master[SCREEN_MASTER_SIZE],
		       uint64_t epoch)
{
	const struct screen_snapshot *s = &r->config->snapshot;

	r->keyset = sodium_malloc(sizeof(*r->keyset));
	if (!r->keyset)
		return -ENOMEM;
	memset(r->keyset, 0, sizeof(*r->keyset));
	r->keyset->check_epoch = r->keyset->mint_epoch = epoch;
	r->keyset->zones = s->header->zones.count;
	for (uint32_t i = 0; i < r->keyset->zones; i++) {
		screen_keyring_derive(master, s->zones[i].name, epoch, &r->keyset->zone[i].current);
		screen_keyring_derive(master, s->zones[i].name, epoch - 1,
				      &r->keyset->zone[i].previous);
	}
	return 0;
}

static int make_policy(struct screen_replay *r, struct screen_error_info *error)
{
	struct screen_config *c = r->config;
	uint16_t wires[SCREEN_PORTS_MAX] = { 0 };

	for (uint32_t i = 0; i < SCREEN_PORTS_MAX; i++) {
		c->slot[i] = (uint8_t)i;
		if (i < c->snapshot.header->ports.count)
			wires[i] = c->snapshot.ports[i].wire;
	}
	for (uint32_t i = 0; i < SCREEN_ZONES_MAX; i++)
		c->zone_id[i] = (uint8_t)i;
	return screen_config_policy(c, wires, error);
}

static int make_tables(struct screen_replay *r)
{
	uint64_t key[2];

	r->flows_memory = aligned_alloc(64, screen_flows_size(FLOWS_MAX));
	r->lanes = mmap(NULL, sizeof(*r->lanes), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->lanes == MAP_FAILED)
		r->lanes = NULL;
	r->meters = calloc(1, sizeof(*r->meters));
	r->validated = calloc(1, sizeof(*r->validated));
	if (!r->flows_memory || !r->lanes || !r->meters || !r->validated)
		return -ENOMEM;
	(void)madvise(r->lanes, sizeof(*r->lanes), MADV_DONTDUMP);
	memset(r->flows_memory, 0, screen_flows_size(FLOWS_MAX));
	randombytes_buf(key, sizeof(key));
	screen_flows_init(&r->flows, r->flows_memory, FLOWS_MAX, key);
	randombytes_buf(r->meters->key, sizeof(r->meters->key));
	randombytes_buf(r->validated->key, sizeof(r->validated->key));
	r->context = (struct screen_context){
		.policy = r->config->policy,
		.keyset = r->keyset,
		.codec = screen_codec_best(),
		.lanes = r->lanes,
		.flows = &r->flows,
		.meters = r->meters,
		.validated = r->validated,
	};
	return 0;
}

static int make(struct screen_replay *r, const uint8_t master[SCREEN_MASTER_SIZE], uint64_t epoch,
		const void *snapshot, size_t size, struct screen_error_info *error)
{
	int result;

	r->config = screen_config_read(snapshot, size, error);
	if (!r->config)
		return SCREEN_ERROR_SNAPSHOT;
	result = make_policy(r, error);
	if (result == 0 && (make_keyset(r, master, epoch) || make_tables(r)))
		result = screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "replay", "memory");
	return result;
}

int screen_replay_open(const char *key_file, uint64_t epoch, const void *snapshot, size_t size,
		       struct screen_replay **replay, struct screen_error_info *error)
{
	struct screen_replay *r;
	screen_master_key master;
	int result = screen_keyfile_read(key_file, &master, error);

	*replay = NULL;
	if (result)
		return result;
	r = calloc(1, sizeof(*r));
	if (!r)
		result = screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "replay", "memory");
	else
		result = make(r, *master, epoch, snapshot, size, error);
	screen_keyfile_free(master);
	if (result) {
		screen_replay_close(r);
		return result;
	}
	*replay = r;
	return SCREEN_OK;
}

static int slot_of(const struct screen_replay *r, const char *ifname)
{
	const struct screen_snapshot *s = &r->config->snapshot;

	for (uint32_t i = 0; i < s->header->ports.count; i++)
		if (strcmp(s->ports[i].ifname, ifname) == 0)
			return (int)i;
	return -1;
}

static void describe(const struct screen_replay *r, const struct screen_decision *d,
		     struct screen_replay_result *result)
{
	struct screen_cookie_answer *a = &result->terms;
	struct screen_packet p;
	struct screen_options o;

	if (d->verdict == SCREEN_CHALLENGE) {
		result->cookie = 1;
		(void)screen_parse(r->frame, r->frame + d->length, &p);
		screen_options_walk(r->frame + p.l4 + 20, screen_packet_options_length(&p), &o);
		a->isn = p.seq;
		a->tsval = o.flags & SCREEN_HAS_TIMESTAMPS ? o.tsval : 0;
	} else if (d->cookie == SCREEN_COOKIE_IS_VALID) {
		result->cookie = 2;
		a->valid = 1;
	} else {
		return;
	}
	a->epoch = d->epoch;
	a->mss = d->agreed.mss;
	a->client_wscale = d->agreed.client_wscale;
	a->our_wscale = d->agreed.our_wscale;
	a->timestamps = d->agreed.timestamps;
	a->sack = d->agreed.sack;
	a->ecn = d->agreed.ecn;
}

static bool hold(struct screen_replay *r, const struct screen_decision *d, uint8_t slot)
{
	struct screen_flow *f = &r->flows.flows[d->flow];

	if (r->held_count == HELD_MAX ||
	    atomic_load_explicit(&f->held, memory_order_relaxed) >= SCREEN_HELD_PER_FLOW ||
	    !keep(&r->held[r->held_count], r->frame, d->length, slot, d->flow))
		return false;
	r->held[r->held_count++].since_ns = r->context.now_ns;
	atomic_fetch_add_explicit(&f->held, 1, memory_order_relaxed);
	return true;
}

/* What a worker does with a decision. */
static void act(struct screen_replay *r, struct screen_decision *d, uint8_t slot)
{
	uint8_t peer = r->config->policy->port[slot].peer;

	/* nobody else looks at the table: a retired flow is free at once */
	for (uint32_t i = 0; i < r->context.retired_count; i++)
		screen_flow_give(&r->flows, r->context.retired[i]);
	r->context.retired_count = 0;
	memset(r->context.asked, 0, sizeof(r->context.asked));
	if (d->action == SCREEN_ACTION_ASK_SERVER && d->verdict == SCREEN_HOLD)
		output(r, peer, d->syn, d->syn_length);
	if (d->verdict == SCREEN_FORWARD)
		output(r, peer, r->frame, d->length);
	else if (d->verdict == SCREEN_REPLY || d->verdict == SCREEN_CHALLENGE)
		output(r, slot, r->frame, d->length);
	else if (d->verdict == SCREEN_HOLD && !hold(r, d, slot)) {
		d->verdict = SCREEN_DROP;
		d->reason = SCREEN_DROP_HOLD_LIMIT;
	}
}

static void decide(struct screen_replay *r, const uint8_t *data, uint32_t length, uint8_t slot,
		   struct screen_decision *d)
{
	struct screen_frame frame = { .data = r->space + SCREEN_STAMP_SIZE, .length = length,
				      .slot = slot };
	struct screen_frame *frames[] = { &frame };
	struct screen_decision *decisions[] = { d };

	memcpy(frame.data, data, length);
	memset(d, 0, sizeof(*d));
	screen_decide(&r->context, &frame, d);
	if (d->undecided) {
		screen_check(&r->context, frames, decisions, 1);
		screen_resume(&r->context, &frame, d);
	}
	if (d->verdict == SCREEN_CHALLENGE)
		screen_challenge(&r->context, frames, decisions, 1);
	r->frame = frame.data;
	act(r, d, slot);
}

/* The server has answered: what was held for it comes in again. */
static void release(struct screen_replay *r, uint32_t flow)
{
	struct kept was[HELD_MAX];
	uint32_t count = r->held_count;

	memcpy(was, r->held, sizeof(was));
	r->held_count = 0;
	r->context.releasing = true;
	for (uint32_t i = 0; i < count; i++) {
		struct screen_decision d;

		if (was[i].flow != flow) {
			r->held[r->held_count++] = was[i];
			continue;
		}
		atomic_fetch_sub_explicit(&r->flows.flows[flow].held, 1, memory_order_relaxed);
		decide(r, was[i].data, was[i].length, was[i].slot, &d);
		free(was[i].data);
	}
	r->context.releasing = false;
}

/* Lets go of what waits for a server that will not answer any more. */
static void give_up(struct screen_replay *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->held_count; i++) {
		struct kept *k = &r->held[i];
		struct screen_flow *f = &r->flows.flows[k->flow];

		if (r->context.now_ns - k->since_ns < GIVEN_UP_S * 1000000000ull) {
			r->held[kept++] = *k;
			continue;
		}
		(void)screen_flow_state_move(f, SCREEN_FLOW_PENDING, SCREEN_FLOW_CLOSED);
		atomic_fetch_sub_explicit(&f->held, 1, memory_order_relaxed);
		free(k->data);
	}
	r->held_count = kept;
}

int screen_replay_frame(struct screen_replay *r, const char *ifname, uint64_t now_ns,
			const uint8_t *frame, uint32_t length, struct screen_replay_result *result,
			struct screen_error_info *error)
{
	int slot = slot_of(r, ifname);
	struct screen_decision d;

	memset(result, 0, sizeof(*result));
	forget_outputs(r);
	if (slot < 0)
		return screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, ifname,
					"is no port of the configuration");
	if (length > SCREEN_REPLAY_FRAME_MAX)
		return screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, ifname,
					"a frame of %u bytes", length);
	if (!r->started)
		r->first_ns = now_ns;
	r->started = true;
	now_ns = now_ns < r->first_ns ? 0 : now_ns - r->first_ns;
	if (now_ns + START_S * 1000000000ull > r->context.now_ns)
		r->context.now_ns = now_ns + START_S * 1000000000ull;
	give_up(r);
	decide(r, frame, length, (uint8_t)slot, &d);
	result->verdict = d.verdict;
	result->reason = d.reason;
	describe(r, &d, result);
	if (d.action == SCREEN_ACTION_WAKE_OWNER)
		release(r, d.flow);
	return SCREEN_OK;
}

int screen_replay_output(struct screen_replay *r, struct screen_replay_output *to)
{
	const struct kept *k;

	if (r->outputs_next == r->outputs_count)
		return 0;
	k = &r->outputs[r->outputs_next++];
	memcpy(to->ifname, r->config->snapshot.ports[k->slot].ifname, sizeof(to->ifname));
	to->length = k->length < sizeof(to->data) ? k->length : (uint32_t)sizeof(to->data);
	to->reserved = 0;
	memcpy(to->data, k->data, to->length);
	return 1;
}

void screen_replay_close(struct screen_replay *r)
{
	if (!r)
		return;
	forget_outputs(r);
	for (uint32_t i = 0; i < r->held_count; i++)
		free(r->held[i].data);
	if (r->lanes)
		munmap(r->lanes, sizeof(*r->lanes));
	sodium_free(r->keyset);
	free(r->flows_memory);
	free(r->meters);
	free(r->validated);
	screen_config_free(r->config);
	free(r);
}
