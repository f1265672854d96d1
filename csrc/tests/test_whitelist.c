/* White-lists: by hand, and against a slow twin. */
#include <stdlib.h>

#include "random.h"
#include "run.h"
#include "snapshots.h"
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

static struct screen_white_list *white_list_of(const struct screen_profile_config *profiles,
					       uint32_t profiles_count,
					       const struct screen_prefix_config *prefixes,
					       uint32_t count)
{
	struct screen_white_list *w = calloc(1, screen_white_list_size(count));

	assert_non_null(w);
	screen_white_list_build(w, profiles, profiles_count, prefixes, count);
	return w;
}

static void build(struct lists *l)
{
	l->built = white_list_of(l->profile, PROFILES, l->prefix, l->count);
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

static const struct {
	const char *what;
	uint8_t source[16], destination[16];
	bool first, second; /* on a list of the first profile, of the second */
} addresses[] = {
	{ "both kinds match", { [10] = 0xff, 0xff, 198, 51, 100, 9 },
	  { [10] = 0xff, 0xff, 203, 0, 113, 1 }, true, false },
	{ "the other destination", { [10] = 0xff, 0xff, 198, 51, 101, 255 },
	  { [10] = 0xff, 0xff, 203, 0, 113, 2 }, true, false },
	{ "the source is outside", { [10] = 0xff, 0xff, 198, 51, 102, 0 },
	  { [10] = 0xff, 0xff, 203, 0, 113, 2 }, false, false },
	{ "the destination is outside", { [10] = 0xff, 0xff, 198, 51, 100, 9 },
	  { [10] = 0xff, 0xff, 203, 0, 113, 3 }, false, false },
	{ "exchanged", { [10] = 0xff, 0xff, 203, 0, 113, 1 },
	  { [10] = 0xff, 0xff, 198, 51, 100, 9 }, false, false },
	{ "a list of one kind", { 0x20, 1, 0x0d, 0xb8, 7 }, { 0x20, 1, 9 }, true, true },
	{ "outside by one bit", { 0x20, 1, 0x0d, 0xb9 }, { 0x20, 1, 9 }, false, true },
	/* the source of list 1 does not go with the destinations of list 0 */
	{ "v4 bytes without the mapping", { [12] = 198, 51, 100, 9 },
	  { [10] = 0xff, 0xff, 203, 0, 113, 1 }, false, true },
};

static void white_list_needs_one_prefix_of_each_kind_that_a_list_has(void **state)
{
	struct snapshot_bytes b;
	struct screen_white_list *w;

	(void)state;
	snapshot_make(&b);
	w = white_list_of(b.profiles, 2, b.prefixes, SNAPSHOT_PREFIXES);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const uint8_t *source = addresses[i].source, *to = addresses[i].destination;

		if (screen_white_listed(w, 0, source, to) != addresses[i].first ||
		    screen_white_listed(w, 1, source, to) != addresses[i].second)
			fail_msg("%s", addresses[i].what);
		assert_false(screen_white_listed(w, 2, source, to));
	}
	free(w);
}

/* "All of IPv6" is not "everything". */
static void white_list_prefix_of_ipv6_does_not_cover_ipv4(void **state)
{
	const uint8_t v6[16] = { 0x20, 0x01 }, v4[16] = { [10] = 0xff, 0xff, 198, 51, 100, 7 };
	struct screen_profile_config profile = { .prefix_count = 1 };

	(void)state;
	for (uint8_t length = 0; length <= 97; length++) {
		struct screen_prefix_config prefix = { .length = length };
		struct screen_white_list *w;

		if (length >= 96)
			memset(prefix.address + 10, 0xff, 2);
		if (length == 97)
			prefix.address[12] = 0x80; /* 198... */
		w = white_list_of(&profile, 1, &prefix, 1);
		assert_int_equal(screen_white_listed(w, 0, v4, v4), length >= 96);
		assert_int_equal(screen_white_listed(w, 0, v6, v6), length <= 2);
		free(w);
	}
}

/* Each prefix length against each bit. */
static void white_list_prefixes_match_exactly_their_bits(void **state)
{
	struct screen_prefix_config prefix = { .address = { 0 } };
	struct screen_profile_config profile = { .prefix_count = 1 };
	struct screen_white_list *w;

	(void)state;
	for (uint8_t length = 0; length <= 128; length++) {
		prefix.length = length;
		w = white_list_of(&profile, 1, &prefix, 1);
		for (uint8_t bit = 0; bit < 128; bit++) {
			uint8_t address[16] = { 0 };

			address[bit / 8] = (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(screen_white_listed(w, 0, address, address),
					 bit >= length);
		}
		free(w);
	}
}

/* The rule itself, one prefix after the other. */
static bool listed_slowly(const struct screen_prefix_config *prefixes, uint32_t count,
			  const uint8_t source[16], const uint8_t destination[16])
{
	bool wants[2][SCREEN_LISTS_MAX] = { 0 }, has[2][SCREEN_LISTS_MAX] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const struct screen_prefix_config *p = &prefixes[i];
		const uint8_t *address = p->kind ? destination : source;
		/* one of IPv6 does not mean what is v4-mapped */
		bool matches = p->length >= 96 ||
			       memcmp(address, (uint8_t[12]){ [10] = 0xff, 0xff }, 12) != 0;

		for (uint32_t bit = 0; bit < p->length; bit++)
			matches &= !((p->address[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1);
		wants[p->kind][p->list] = true;
		has[p->kind][p->list] |= matches;
	}
	for (int l = 0; l < SCREEN_LISTS_MAX; l++)
		if ((wants[0][l] || wants[1][l]) && wants[0][l] == has[0][l] &&
		    wants[1][l] == has[1][l])
			return true;
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
			uint32_t profile = random_below(&r, PROFILES);
			const struct screen_profile_config *p = &l.profile[profile];
			bool is;

			near_address(&r, address[0]);
			near_address(&r, address[1]);
			is = screen_white_listed(l.built, profile, address[0], address[1]);
			assert_int_equal(is, listed_slowly(l.prefix + p->prefix_first, p->prefix_count,
							   address[0], address[1]));
			listed += is;
		}
		free(l.built);
	}
	print_message("%u of %u were listed\n", listed, asked);
	assert_in_range(listed, asked / 20, asked - asked / 20);
}

static void random_prefix(struct random *r, struct screen_prefix_config *p, uint16_t list)
{
	memset(p, 0, sizeof(*p));
	p->kind = random_8(r) & 1;
	p->list = list;
	p->length = (uint8_t)random_below(r, 33);
	/* few bits, so that many match */
	for (uint32_t bit = 0; bit < p->length; bit++)
		if (bit < 6 && (random_8(r) & 1))
			p->address[0] |= (uint8_t)(0x80 >> bit);
}

static void white_list_of_thousands_equals_the_rule(void **state)
{
	static struct screen_prefix_config prefixes[SCREEN_WHITE_LIST_MAX];
	struct random r = random_seeded();

	(void)state;
	for (int round = 0; round < 60; round++) {
		uint32_t count = 1 + random_below(&r, round % 3 ? 20 : SCREEN_WHITE_LIST_MAX);
		struct screen_profile_config profile = { .prefix_count = count };
		struct screen_white_list *w;
		uint16_t list = 0;

		for (uint32_t i = 0; i < count; i++) {
			if (i && list < SCREEN_LISTS_MAX - 1 && random_below(&r, 4) == 0)
				list++;
			random_prefix(&r, &prefixes[i], list);
		}
		w = white_list_of(&profile, 1, prefixes, count);
		for (int i = 0; i < 50; i++) {
			uint8_t source[16] = { 0 }, destination[16] = { 0 };

			source[0] = random_8(&r) & 0xfc;
			destination[0] = random_8(&r) & 0xfc;
			assert_int_equal(screen_white_listed(w, 0, source, destination),
					 listed_slowly(prefixes, count, source, destination));
		}
		free(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_list_needs_one_prefix_of_each_kind_that_a_list_has),
		cmocka_unit_test(white_list_prefix_of_ipv6_does_not_cover_ipv4),
		cmocka_unit_test(white_list_prefixes_match_exactly_their_bits),
		cmocka_unit_test(white_list_asks_for_both_kinds_that_it_has),
		cmocka_unit_test(white_lists_do_not_mix),
		cmocka_unit_test(white_list_equals_its_slow_twin),
		cmocka_unit_test(white_list_of_thousands_equals_the_rule),
	};

	return RUN(tests);
}
