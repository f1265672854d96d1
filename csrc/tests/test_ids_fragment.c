/* Screens that remember the fragments of a datagram. */
#include "made.h"

static const char *fragment(struct world *w, uint8_t family, uint16_t id, uint16_t first_eighth,
			    bool more, uint16_t bytes)
{
	struct ip_spec s = { family, 17, .id = id, .payload_length = bytes };
	struct made m;

	s.fragment = (uint16_t)(first_eighth << 3 | more);
	if (family == 4)
		s.fragment = (uint16_t)(first_eighth | more << 13);
	m = make(&s);
	return decide_made(w, &m);
}

static void ids_tear_drop_is_an_overlap(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

		/* in order, out of order, and the same again */
		assert_string_equal(fragment(w, family, 1, 0, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 20, false, 11), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 10, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 10, true, 80), "forward_fragment");
		/* into what is there */
		assert_string_equal(fragment(w, family, 2, 0, true, 80), "forward_fragment");
		assert_string_equal(fragment(w, family, 2, 9, false, 16), "drop_tear_drop");
		/* another datagram has its own, and so has the same number later */
		assert_string_equal(fragment(w, family, 3, 9, false, 16), "forward_fragment");
		w->context.now_ns += 40000000000ull;
		assert_string_equal(fragment(w, family, 2, 9, false, 16), "forward_fragment");
		world_free(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_tear_drop_is_an_overlap),
	};

	return RUN(tests);
}
