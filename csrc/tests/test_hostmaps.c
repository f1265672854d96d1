/*
 * The white-lists of host ports: the trie that the kernel looks into says what the core's table says, of
 * random lists and addresses.
 */
#include "run.h"

#include <bpf/bpf.h>
#include <stdlib.h>

#include "engine_of.h"
#include "hostmaps.h"
#include "random.h"
#include "whitelist.h"

enum { PREFIXES = 12, QUESTIONS = 2000, LISTS = 5 };

struct lists {
	struct screen_config config;
	struct screen_snapshot_header header;
	struct screen_policy policy;
	struct screen_prefix_config prefixes[PREFIXES];
	struct screen_white_list *white;
};

/* Few different bits, so that prefixes contain each other and addresses match. */
static void random_address(struct random *r, bool v4, uint8_t address[16])
{
	memset(address, 0, 16);
	if (v4) {
		address[10] = address[11] = 0xff;
		address[12] = 10;
		address[15] = (uint8_t)random_below(r, 4);
		address[13] = (uint8_t)(random_below(r, 2) * 128);
	} else {
		address[0] = 0x20;
		address[7] = (uint8_t)random_below(r, 4);
		address[15] = (uint8_t)random_below(r, 4);
	}
}

static void random_prefix(struct random *r, struct screen_prefix_config *p)
{
	bool v4 = random_below(r, 2);
	uint8_t address[16];

	memset(p, 0, sizeof(*p));
	random_address(r, v4, address);
	p->length = (uint8_t)(v4 ? 104 + random_below(r, 25) : 56 + random_below(r, 73));
	if (random_below(r, 50) == 0)
		p->length = v4 ? 96 : 0;
	p->kind = (uint8_t)random_below(r, 2);
	for (uint32_t bit = 0; bit < p->length; bit++)
		p->address[bit / 8] |= (uint8_t)(address[bit / 8] & 0x80u >> bit % 8);
}

/* One host port of a zone whose profile has random white-lists. */
static struct lists *random_lists(struct random *r)
{
	struct lists *l = calloc(1, sizeof(*l));
	uint16_t list = 0;

	for (int i = 0; i < PREFIXES; i++) {
		random_prefix(r, &l->prefixes[i]);
		if (i && list < LISTS && random_below(r, PREFIXES / LISTS) == 0)
			list++;
		l->prefixes[i].list = list;
	}
	l->policy.profile[0] = (struct screen_profile_config){
		.armed = 1ull << SCREEN_IDS_SYN_FLOOD, .attack_threshold = 1, .prefix_count = PREFIXES,
	};
	l->policy.port[0] = (struct screen_port_policy){ .used = 1, .host = 1,
							 .peer = SCREEN_SLOT_NONE };
	l->header.profiles.count = 1;
	l->config.policy = &l->policy;
	l->config.snapshot.header = &l->header;
	l->config.snapshot.prefixes = l->prefixes;
	l->white = calloc(1, screen_white_list_size(PREFIXES));
	screen_white_list_build(l->white, l->policy.profile, 1, l->prefixes, PREFIXES);
	return l;
}

static uint64_t trie_lists(int trie, uint8_t kind, bool v4, const uint8_t address[16])
{
	struct screen_host_prefix key = { .length = SCREEN_HOST_PREFIX_FIXED + 128, .kind = kind,
					  .family = v4 ? 4 : 6 };
	uint64_t lists = 0;

	memcpy(key.address, address, 16);
	(void)bpf_map_lookup_elem(trie, &key, &lists);
	return lists;
}

static int trie_of(const struct screen_engine *e)
{
	uint32_t zero = 0, id = 0;

	assert_int_equal(bpf_map_lookup_elem(e->host.whites, &zero, &id), 0);
	return bpf_map_get_fd_by_id(id);
}

static void trie_of_white_lists_says_what_the_table_says(void **state)
{
	struct screen_engine *e = test_engine_create();
	struct random r = { 11 };
	uint32_t white = 0, all = 0;

	(void)state;
	assert_true(e->host.there);
	for (int round = 0; round < 20; round++) {
		struct lists *l = random_lists(&r);
		int trie;

		assert_int_equal(screen_hostmaps_policy(e, &l->config), 0);
		trie = trie_of(e);
		assert_true(trie >= 0);
		for (int i = 0; i < QUESTIONS; i++) {
			bool v4 = random_below(&r, 2), said;
			uint8_t source[16], destination[16];

			random_address(&r, v4, source);
			random_address(&r, v4, destination);
			said = trie_lists(trie, SCREEN_PREFIX_SOURCE, v4, source) &
			       trie_lists(trie, SCREEN_PREFIX_DESTINATION, v4, destination);
			assert_int_equal(said, screen_white_listed(l->white, 0, source, destination));
			white += said;
			all++;
		}
		close(trie);
		free(l->white);
		free(l);
	}
	assert_in_range(white, all / 20, all - all / 20); /* both answers come */
	test_engine_destroy(e);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trie_of_white_lists_says_what_the_table_says),
	};

	return RUN(tests);
}
