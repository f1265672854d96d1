/* The engine's flow table, as the shim reads it: in the memory that both have. */
#pragma once

#include "scratch.h"

/* A flow, two buckets, or the marks of many: the table's memory in pieces of one size. */
union line {
	struct screen_marks marks;
	struct screen_bucket bucket[2];
	struct screen_flow flow;
};
_Static_assert(sizeof(union line) == 128, "a piece of the table");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* as many as the engine has made */
	__type(key, __u32);
	__type(value, union line);
} flows SEC(".maps");

static __always_inline struct screen_flow *flow_at(const struct screen_offload_policy *w, __u32 index)
{
	__u32 at = screen_marks_count(w->buckets) + w->buckets / 2 + index;
	union line *l = bpf_map_lookup_elem(&flows, &at);

	return l ? &l->flow : NULL;
}

static __always_inline bool same_key(const struct screen_flow_key *a, const struct screen_flow_key *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]) |
		 (x[5] ^ y[5]));
}

static __always_inline struct screen_bucket *bucket_of(const struct screen_offload_policy *w, __u64 hash)
{
	__u32 bucket = screen_flow_bucket(w->buckets, hash);
	__u32 at = screen_marks_count(w->buckets) + bucket / 2;
	union line *l = bpf_map_lookup_elem(&flows, &at);

	return l ? &l->bucket[bucket & 1] : NULL;
}

/* Whether the bucket of this hash has no flow. Not known: false. */
static __always_inline bool is_unmarked(const struct screen_offload_policy *w, __u64 hash)
{
	__u32 bucket = screen_flow_bucket(w->buckets, hash), at = bucket / SCREEN_MARKS;
	union line *l = bpf_map_lookup_elem(&flows, &at);

	return l && !screen_marked(&l->marks, bucket);
}

/* Has the processor fetch what is in s->place, if anything: it can do much else before find_flow() needs
 * it. */
static __always_inline void seek_flow(struct scratch *s, const struct screen_host_policy *p)
{
	const struct screen_bucket *b;

	s->flow = SCREEN_FLOW_NONE;
	s->is_nowhere = is_unmarked(&p->offload, s->place);
	if (s->is_nowhere)
		return;
	b = bucket_of(&p->offload, s->place);
	if (b)
		touch(b);
}

/* Looks for the flow of s->key, in s->place; sets s->flow. */
__noinline int search_bucket(const struct screen_host_policy *p)
{
	struct scratch *s = scratch_of();
	struct screen_bucket *b;
	__u64 hash;

	if (!p || !s)
		return -1;
	hash = s->place;
	b = bucket_of(&p->offload, hash);
	if (!b)
		return -1;
	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		__u32 slot = atomic_load_explicit(&b->slot[i], memory_order_acquire);
		__u32 index = slot & SCREEN_FLOW_INDEX;
		struct screen_flow *f;

		if (index == SCREEN_FLOW_NONE || slot != screen_flow_slot(hash, index))
			continue;
		f = flow_at(&p->offload, index);
		if (f && same_key(&f->key, &s->key)) {
			s->flow = index;
			return 0;
		}
	}
	return 0;
}

/* Finds the flow that was sought: s->flow, which is SCREEN_FLOW_NONE when there is none. */
static __always_inline int find_flow(const struct scratch *s, const struct screen_host_policy *p)
{
	return s->is_nowhere ? 0 : search_bucket(p);
}
