#include "hostmaps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "driver.h"
#include "hostnews.h"
#include "hosttcp.h"

enum { NO_MAP = -1 };

/* Nothing is minted in an epoch that ended so long ago: the keeper has had time to swap the keys. */
static const uint64_t MINT_GRACE_NS = 2000000000;

/* ---- memory -------------------------------------------------------------------------------- */

/* A map of so many values, mapped here. NULL: the kernel does not give it. */
static void *shared_memory(const char *name, size_t value, size_t count, int *fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	size_t size = value * count;
	void *memory;

	*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), (uint32_t)value, (uint32_t)count,
			     &options);
	if (*fd < 0)
		return NULL;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (memory == MAP_FAILED) {
		close(*fd);
		*fd = NO_MAP;
		return NULL;
	}
	/* addresses of strangers have no place in a core dump */
	(void)madvise(memory, size, MADV_DONTDUMP);
	return memory;
}

static int outer_map(const char *name, int inner_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (uint32_t)inner_fd);

	return inner_fd < 0 ? NO_MAP :
			      bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, name, sizeof(uint32_t),
					     sizeof(uint32_t), 1, &options);
}

static int inner_value(size_t size)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "screen_inner", sizeof(uint32_t), (uint32_t)size, 1, NULL);
}

static int inner_trie(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);

	return bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "screen_white", sizeof(struct screen_host_prefix),
			      sizeof(uint64_t), SCREEN_PREFIXES_MAX, &options);
}

/* An outer map, and the shape of what it will hold. */
static int make_outer(const char *name, int inner_fd)
{
	int fd = outer_map(name, inner_fd);

	if (inner_fd >= 0)
		close(inner_fd);
	return fd;
}

static void make_maps(struct screen_host_maps *h)
{
	h->policies = make_outer("screen_policies", inner_value(sizeof(struct screen_host_policy)));
	h->keys = make_outer("screen_keys", inner_value(sizeof(struct screen_host_keys)));
	h->whites = make_outer("screen_whites", inner_trie());
	h->news = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "screen_news", 0, 0, SCREEN_HOST_NEWS_SIZE, NULL);
	h->translated = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "screen_nat", sizeof(struct screen_host_end),
				       sizeof(uint64_t), SCREEN_HOST_TRANSLATED, NULL);
	h->there = h->translated >= 0 && h->policies >= 0 && h->keys >= 0 && h->whites >= 0 && h->news >= 0;
}

int screen_hostmaps_create(struct screen_engine *e)
{
	struct screen_host_maps *h = &e->host;

	h->policies = h->keys = h->whites = h->news = h->translated = h->validated = h->flows = NO_MAP;
	e->meters = shared_memory("screen_meters", sizeof(*e->meters), 1, &h->meters);
	if (e->meters)
		e->validated = shared_memory("screen_valid", sizeof(*e->validated), 1, &h->validated);
	if (e->validated)
		e->flows_memory = shared_memory("screen_flows", sizeof(struct screen_flow),
						e->flows_size / sizeof(struct screen_flow), &h->flows);
	if (e->flows_memory)
		make_maps(h);
	h->error = h->there ? 0 : errno;
	if (!e->meters)
		e->meters = calloc(1, sizeof(*e->meters));
	if (!e->validated)
		e->validated = calloc(1, sizeof(*e->validated));
	if (!e->flows_memory)
		e->flows_memory = calloc(1, e->flows_size);
	return e->meters && e->validated && e->flows_memory ? 0 : -ENOMEM;
}

static void release(void *memory, size_t size, int fd)
{
	if (fd < 0)
		return free(memory);
	munmap(memory, size);
	close(fd);
}

void screen_hostmaps_destroy(struct screen_engine *e)
{
	struct screen_host_maps *h = &e->host;
	const int fds[] = { h->policies, h->keys, h->whites, h->news, h->translated };

	screen_hostnews_close(h);
	if (e->meters)
		release(e->meters, sizeof(*e->meters), h->meters);
	if (e->validated)
		release(e->validated, sizeof(*e->validated), h->validated);
	if (e->flows_memory)
		release(e->flows_memory, e->flows_size, h->flows);
	sodium_free(h->keys_given);
	for (size_t i = 0; e->meters && i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	e->meters = NULL;
	e->validated = NULL;
	e->flows_memory = NULL;
	h->keys_given = NULL;
}

int screen_hostmaps_check(const struct screen_engine *e, struct screen_error_info *error)
{
	if (e->host.there)
		return SCREEN_OK;
	return screen_error_set(error, SCREEN_ERROR_ATTACH, e->host.error, "host port",
				"the kernel does not give the maps that host ports need (CAP_BPF, "
				"Linux 5.19 or later)");
}

int screen_hostmaps_share(const struct screen_engine *e, struct bpf_object *object)
{
	const struct { const char *name; int fd; } shared[] = {
		{ "meters", e->host.meters },	  { "validated", e->host.validated },
		{ "policies", e->host.policies }, { "keys", e->host.keys },
		{ "whites", e->host.whites },	  { "news", e->host.news },
		{ "translated", e->host.translated }, { "flows", e->host.flows },
	};

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, shared[i].name);
		int result = map && shared[i].fd >= 0 ? bpf_map__reuse_fd(map, shared[i].fd) : 0;

		if (result)
			return result;
	}
	return 0;
}

/* Puts an inner map into an outer one; whoever looked the last one up before goes on with it. */
static int swap(int outer, int inner)
{
	uint32_t zero = 0;
	int result = 0;

	if (inner < 0)
		return -errno;
	if (bpf_map_update_elem(outer, &zero, &inner, BPF_ANY))
		result = -errno;
	close(inner);
	return result;
}

int screen_hostmaps_swap(int outer, const void *value, size_t size)
{
	int inner = inner_value(size), result;
	uint32_t zero = 0;

	if (inner < 0 || bpf_map_update_elem(inner, &zero, value, BPF_ANY) == 0)
		return swap(outer, inner);
	result = -errno;
	close(inner);
	return result;
}

/* ---- policy -------------------------------------------------------------------------------- */

static uint8_t act_of(const struct screen_policy *policy, const struct screen_profile_config *profile,
		      uint8_t admission)
{
	if (!(profile->armed >> SCREEN_IDS_SYN_FLOOD & 1))
		return SCREEN_HOST_PASS;
	if (profile->alarm_without_drop)
		return SCREEN_HOST_DRY;
	if (admission == SCREEN_ADMISSION_KERNEL_COOKIES)
		return SCREEN_HOST_PUNT;
	return policy->mode == SCREEN_MODE_SYN_COOKIE ? SCREEN_HOST_CHALLENGE : SCREEN_HOST_DROP;
}

static void fill_zone(const struct screen_engine *e, const struct screen_config *c,
		      const struct screen_port_policy *port, struct screen_host_zone *z)
{
	const struct screen_snapshot_header *h = c->snapshot.header;
	const struct screen_profile_config *profile;

	if (port->profile == SCREEN_NONE)
		return;
	profile = &c->policy->profile[port->profile];
	*z = (struct screen_host_zone){
		.act = act_of(c->policy, profile, port->admission),
		.activation = c->policy->activation,
		.admission = port->admission,
		.white = profile->prefix_count > 0,
		.profile = port->profile,
		.peers = c->policy->has_peers,
		.validates = c->policy->validated_s > 0,
		.refuses = e->host.refuses,
		.attack_threshold = profile->attack_threshold,
		.alarm_threshold = profile->alarm_threshold,
		.passive_ns = h->passive_timer_s * 1000000000ull,
		.flood_ns = h->flood_timer_s * 1000000000ull,
	};
}

static void fill_policy(const struct screen_engine *e, const struct screen_config *c,
			struct screen_host_policy *p)
{
	memset(p->zone_of, SCREEN_ZONES_MAX, sizeof(p->zone_of));
	if (c)
		screen_driver_policy(e, c, &p->offload);
	for (int i = 0; c && i < SCREEN_PORTS_MAX; i++) {
		const struct screen_port_policy *port = &c->policy->port[i];

		if (!port->used || !port->host)
			continue;
		p->zone_of[i] = (uint8_t)port->zone;
		fill_zone(e, c, port, &p->zone[port->zone]);
	}
}

static bool is_v4(const struct screen_prefix_config *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return p->length >= 96 && memcmp(p->address, mapped, sizeof(mapped)) == 0;
}

static bool covers(const struct screen_prefix_config *a, const struct screen_prefix_config *b)
{
	uint32_t whole = a->length / 8, rest = a->length % 8;

	if (a->kind != b->kind || a->length > b->length || is_v4(a) != is_v4(b) ||
	    memcmp(a->address, b->address, whole) != 0)
		return false;
	return rest == 0 || ((a->address[whole] ^ b->address[whole]) >> (8 - rest)) == 0;
}

static int enter(int trie, uint16_t profile, uint8_t kind, uint8_t family,
		 const struct screen_prefix_config *p, uint64_t lists)
{
	struct screen_host_prefix key = {
		.length = SCREEN_HOST_PREFIX_FIXED + (p ? p->length : 0),
		.profile = profile,
		.kind = kind,
		.family = family,
	};

	if (p)
		memcpy(key.address, p->address, sizeof(key.address));
	return bpf_map_update_elem(trie, &key, &lists, BPF_ANY) ? -errno : 0;
}

/* The lists of a profile that have no prefix of a kind: every address is on them. */
static uint64_t open_lists(const struct screen_prefix_config *prefixes, uint32_t count, uint8_t kind)
{
	uint64_t all = 0, has = 0;

	for (uint32_t i = 0; i < count; i++) {
		all |= 1ull << prefixes[i].list;
		has |= prefixes[i].kind == kind ? 1ull << prefixes[i].list : 0;
	}
	return all & ~has;
}

/* A trie finds the longest prefix alone: each says on which lists the shorter ones are, too. */
static int enter_profile(int trie, uint16_t profile, const struct screen_prefix_config *prefixes,
			 uint32_t count)
{
	int result = 0;

	for (uint8_t kind = 0; kind < 2; kind++)
		for (uint8_t family = 4; family <= 6 && !result; family += 2)
			result = enter(trie, profile, kind, family, NULL,
				       open_lists(prefixes, count, kind));
	for (uint32_t i = 0; i < count && !result; i++) {
		uint64_t lists = open_lists(prefixes, count, prefixes[i].kind);

		for (uint32_t j = 0; j < count; j++)
			if (covers(&prefixes[j], &prefixes[i]))
				lists |= 1ull << prefixes[j].list;
		result = enter(trie, profile, prefixes[i].kind, is_v4(&prefixes[i]) ? 4 : 6, &prefixes[i],
			       lists);
	}
	return result;
}

static int swap_whites(struct screen_engine *e, const struct screen_config *c)
{
	int trie = inner_trie(), result = 0;

	if (trie < 0)
		return -errno;
	for (uint32_t i = 0; i < c->snapshot.header->profiles.count && !result; i++) {
		const struct screen_profile_config *profile = &c->policy->profile[i];

		if (profile->prefix_count)
			result = enter_profile(trie, (uint16_t)i,
					       c->snapshot.prefixes + profile->prefix_first,
					       profile->prefix_count);
	}
	if (result == 0)
		return swap(e->host.whites, trie);
	close(trie);
	return result;
}

int screen_hostmaps_policy(struct screen_engine *e, const struct screen_config *config)
{
	struct screen_host_policy p = { 0 };
	int result;

	if (!e->host.there)
		return 0;
	screen_hosttcp_settle(e);
	fill_policy(e, config, &p);
	result = config ? swap_whites(e, config) : 0;
	if (result == 0)
		result = screen_hostmaps_swap(e->host.policies, &p, sizeof(p));
	if (result == 0)
		e->host.policy = p;
	return result;
}

/* ---- keys ---------------------------------------------------------------------------------- */

bool screen_hostmaps_used(const struct screen_engine *e)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (e->ports[i].state != SCREEN_PORT_FREE && e->ports[i].is_host)
			return true;
	return false;
}

/* When another epoch has begun, for sure. */
static uint64_t mint_until(const struct screen_engine *e)
{
	return e->keyring.active.cluster.boot_ns + screen_keyring_next_ns(&e->keyring) + MINT_GRACE_NS;
}

static void fill_keys(const struct screen_engine *e, const struct screen_keyset *k,
		      struct screen_host_keys *to)
{
	const struct screen_cluster *cluster = &e->keyring.active.cluster;
	uint64_t end = (k->check_epoch + 2) * SCREEN_EPOCH_NS;
	uint64_t left = end > cluster->time_ns ? end - cluster->time_ns : 0;

	to->check_epoch = k->check_epoch;
	to->mint_epoch = k->mint_epoch;
	to->other_epoch = k->other_epoch;
	to->accepts_other = k->accepts_other;
	/* cluster time may go at half speed; who would be too old by it is, by any clock, not after that */
	to->valid_until_ns = cluster->boot_ns + 2 * left;
	memcpy(to->zone, k->zone, sizeof(to->zone));
	memcpy(to->other, k->other, sizeof(to->other));
}

/* Whether the keys are those that the kernel has, and mints with, if `mint`. Until when they are good was
 * right then, and is now. */
static bool has_keys(const struct screen_host_keys *given, struct screen_host_keys *keys, bool mint)
{
	if (!given || (mint && !given->mint_until_ns))
		return false;
	keys->valid_until_ns = given->valid_until_ns;
	keys->mint_until_ns = given->mint_until_ns;
	return sodium_memcmp(given, keys, sizeof(*keys)) == 0;
}

/* Hands the keys over, and keeps them: to hand over the same again would have to wait, too. */
static int give_keys(struct screen_engine *e, struct screen_host_keys *keys)
{
	int result = screen_hostmaps_swap(e->host.keys, keys, sizeof(*keys));

	if (result)
		return result;
	sodium_free(e->host.keys_given);
	e->host.keys_given = keys;
	return 0;
}

static bool nobody_has_keys(const struct screen_engine *e)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (e->ports[i].state != SCREEN_PORT_FREE)
			return false;
	return true;
}

void screen_hostmaps_keys(struct screen_engine *e, const struct screen_keyset *keyset, bool mint)
{
	struct screen_host_keys *keys;
	uint32_t zero = 0;

	if (!e->host.there || nobody_has_keys(e))
		return;
	if (!keyset) {
		(void)bpf_map_delete_elem(e->host.keys, &zero);
		sodium_free(e->host.keys_given);
		e->host.keys_given = NULL;
		return;
	}
	e->host.keys_late = true; /* until it is known better */
	keys = sodium_malloc(sizeof(*keys));
	if (!keys)
		return;
	memset(keys, 0, sizeof(*keys));
	fill_keys(e, keyset, keys);
	if (!has_keys(e->host.keys_given, keys, mint)) {
		keys->mint_until_ns = mint ? mint_until(e) : 0;
		if (give_keys(e, keys) == 0)
			keys = NULL; /* given */
	}
	e->host.keys_late = keys && !has_keys(e->host.keys_given, keys, mint);
	sodium_free(keys);
}
