/* White-lists: by hand, and against a slow twin. */
#include <stdlib.h>

#include "random.h"
#include "run.h"
#include "whitelist.h"

enum { PROFILES = 3, PREFIXES = 60 };

struct lists {
	struct screen_profile_config profile[PROFILES];
	struct screen_prefix_config prefix[PREFIXES];
	uint32_t count;
	struct screen_white_list *built;
};

static void add(struct lists *l, uint32_t profile, uint16_t list, enum screen_prefix_kind kind,
		const uint8_t address[16], uint8_t length)
{
	struct screen_prefix_config *p = &l->prefix[l->count];

	if (l->profile[profile].prefix_count++ == 0)
		l->profile[profile].prefix_first = l->count;
	*p = (struct screen_prefix_config){ .length = length, .kind = (uint8_t)kind, .list = list };
	for (uint32_t bit = 0; bit < length; bit++)
		p->address[bit / 8] |= (uint8_t)(address[bit / 8] & 0x80u >> bit % 8);
	l->count++;
}

static void build(struct lists *l)
{
	l->built = calloc(1, screen_white_list_size(l->count));
	screen_white_list_build(l->built, l->profile, PROFILES, l->prefix, l->count);
}

static const uint8_t A[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 };
static const uint8_t B[16] = { [10] = 0xff, 0xff, 198, 51, 100, 8 };
static const uint8_t V[16] = { [10] = 0xff, 0xff, 203, 0, 113, 1 };
static const uint8_t W[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

static void white_list_asks_for_both_kinds_that_it_has(void **state)
{
	struct lists l = { .count = 0 };

	(void)state;
	add(&l, 0, 0, SCREEN_PREFIX_SOURCE, A, 128);
	add(&l, 0, 0, SCREEN_PREFIX_DESTINATION, V, 128);
	add(&l, 0, 1, SCREEN_PREFIX_SOURCE, B, 128);
	add(&l, 0, 2, SCREEN_PREFIX_DESTINATION, W, 64);
	build(&l);
	assert_true(screen_white_listed(l.built, 0, A, V));
	assert_false(screen_white_listed(l.built, 0, A, B)); /* not its destination */
	assert_false(screen_white_listed(l.built, 0, V, A)); /* not the other way round */
	assert_true(screen_white_listed(l.built, 0, B, V)); /* the second list is for any destination */
	assert_true(screen_white_listed(l.built, 0, B, A));
	assert_true(screen_white_listed(l.built, 0, V, W)); /* the third for any source */
	assert_false(screen_white_listed(l.built, 0, V, B));
	for (uint32_t profile = 1; profile < PROFILES; profile++)
		assert_false(screen_white_listed(l.built, profile, A, V));
	free(l.built);
}

/* The source of one list and the destination of another make none. */
static void white_lists_do_not_mix(void **state)
{
	struct lists l = { .count = 0 };

	(void)state;
	add(&l, 1, 0, SCREEN_PREFIX_SOURCE, A, 128);
	add(&l, 1, 0, SCREEN_PREFIX_DESTINATION, V, 128);
	add(&l, 1, 1, SCREEN_PREFIX_SOURCE, B, 128);
	add(&l, 1, 1, SCREEN_PREFIX_DESTINATION, W, 128);
	build(&l);
	assert_true(screen_white_listed(l.built, 1, A, V));
	assert_true(screen_white_listed(l.built, 1, B, W));
	assert_false(screen_white_listed(l.built, 1, A, W));
	assert_false(screen_white_listed(l.built, 1, B, V));
	free(l.built);
}

/* One look at each prefix of the profile. */
static bool slow(const struct lists *l, uint32_t profile, const uint8_t *const address[2])
{
	const struct screen_profile_config *p = &l->profile[profile];

	for (uint16_t list = 0; list < SCREEN_LISTS_MAX; list++) {
		bool has[2] = { false, false }, on[2] = { false, false };

		for (uint32_t i = 0; i < p->prefix_count; i++) {
			const struct screen_prefix_config *c = &l->prefix[p->prefix_first + i];
			uint32_t bit = 0;

			if (c->list != list)
				continue;
			while (bit < c->length && !((c->address[bit / 8] ^ address[c->kind][bit / 8]) &
						    0x80 >> bit % 8))
				bit++;
			has[c->kind] = true;
			on[c->kind] |= bit == c->length;
		}
		if ((has[0] || has[1]) && (on[0] || !has[0]) && (on[1] || !has[1]))
			return true;
	}
	return false;
}

/* An address that has much in common with others. */
static void near_address(struct random *r, uint8_t address[16])
{
	memset(address, 0x55, 16);
	for (int i = random_below(r, 3) ? 1 : 9; i > 0; i--)
		address[random_below(r, 16)] ^= (uint8_t)(1u << random_below(r, 8));
}

static void white_list_equals_its_slow_twin(void **state)
{
	struct random r = random_seeded();
	uint32_t listed = 0, asked = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct lists l = { .count = 0 };

		for (uint32_t profile = 0; profile < PROFILES; profile++) {
			uint32_t count = random_below(&r, PREFIXES / PROFILES);
			uint16_t list = 0;

			for (uint32_t i = 0; i < count; i++) {
				uint8_t address[16];

				near_address(&r, address);
				list = (uint16_t)(list + (i > 0 && random_below(&r, 3) == 0));
				add(&l, profile, list, random_below(&r, 2),
				    address, (uint8_t)(random_below(&r, 8) ? random_below(&r, 129) : 128));
			}
		}
		build(&l);
		for (int i = 0; i < 300; i++, asked++) {
			uint8_t address[2][16];
			const uint8_t *const both[2] = { address[0], address[1] };
			uint32_t profile = random_below(&r, PROFILES);
			bool is;

			near_address(&r, address[0]);
			near_address(&r, address[1]);
			is = screen_white_listed(l.built, profile, address[0], address[1]);
			assert_int_equal(is, slow(&l, profile, both));
			listed += is;
		}
		free(l.built);
	}
	print_message("%u of %u were listed\n", listed, asked);
	assert_in_range(listed, asked / 20, asked - asked / 20);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_list_asks_for_both_kinds_that_it_has),
		cmocka_unit_test(white_lists_do_not_mix),
		cmocka_unit_test(white_list_equals_its_slow_twin),
	};

	return RUN(tests);
}
