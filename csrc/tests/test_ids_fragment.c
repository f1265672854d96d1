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

/* The attack that gave the screen its name: the second fragment lies within the first. */
static void ids_tear_drop_is_a_fragment_within_another(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

		assert_string_equal(fragment(w, family, 1, 0, true, 40), "forward_fragment");
		assert_string_equal(fragment(w, family, 1, 3, false, 4), "drop_tear_drop");
		/* at its start, at its end, and the other way round */
		assert_string_equal(fragment(w, family, 2, 0, true, 40), "forward_fragment");
		assert_string_equal(fragment(w, family, 2, 0, true, 32), "drop_tear_drop");
		assert_string_equal(fragment(w, family, 2, 1, true, 32), "drop_tear_drop");
		assert_string_equal(fragment(w, family, 3, 3, false, 4), "forward_fragment");
		assert_string_equal(fragment(w, family, 3, 0, true, 40), "drop_tear_drop");
		/* two that were sent apart, as one */
		assert_string_equal(fragment(w, family, 5, 0, true, 8), "forward_fragment");
		assert_string_equal(fragment(w, family, 5, 1, true, 8), "forward_fragment");
		assert_string_equal(fragment(w, family, 5, 0, true, 16), "drop_tear_drop");
		assert_string_equal(fragment(w, family, 4, 0, true, 16), "forward_fragment");
		assert_string_equal(fragment(w, family, 4, 2, true, 16), "forward_fragment");
		assert_string_equal(fragment(w, family, 4, 0, true, 32), "drop_tear_drop");
		assert_string_equal(fragment(w, family, 4, 2, true, 16), "forward_fragment");
		world_free(w);
	}
}

/* Nobody blinds the screen by what he leaves unfinished, nor by what is complete. */
static void ids_tear_drop_makes_room(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

	(void)state;
	for (uint16_t id = 1000; id < 3000; id++) {
		assert_string_equal(fragment(w, 4, id, 0, true, 40), "forward_fragment");
		if (id % 2)
			assert_string_equal(fragment(w, 4, id, 5, false, 40), "forward_fragment");
	}
	assert_string_equal(fragment(w, 4, 1, 0, true, 40), "forward_fragment");
	assert_string_equal(fragment(w, 4, 1, 3, false, 4), "drop_tear_drop");
	world_free(w);
}

/* What is complete makes room before what is not. */
static void ids_tear_drop_watches_what_is_unfinished(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

		assert_string_equal(fragment(w, family, 1, 0, true, 40), "forward_fragment");
		for (uint16_t id = 1000; id < 3000; id++) {
			assert_string_equal(fragment(w, family, id, 5, false, 40), "forward_fragment");
			assert_string_equal(fragment(w, family, id, 0, true, 40), "forward_fragment");
		}
		assert_string_equal(fragment(w, family, 1, 3, false, 4), "drop_tear_drop");
		world_free(w);
	}
}

/* One number, but other ends, or over IPv4 another protocol. */
static void ids_tear_drop_is_of_one_datagram(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);
		struct ip_spec s = { family, 17, .id = 1, .payload_length = 40 };

		s.fragment = family == 4 ? 0x2000 : 1;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		s.fragment = family == 4 ? 3 : 3 << 3;
		s.source_last = 9;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		s.source_last = 0;
		s.destination_last = 9;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		s.destination_last = 0;
		s.protocol = 47;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }),
				    family == 4 ? "forward_fragment" : "drop_tear_drop");
		s.protocol = 17;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "drop_tear_drop");
		world_free(w);
	}
}

/* Complete for us: but its last fragment may have been made to be lost behind us. */
static void ids_tear_drop_remembers_what_is_complete(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

	(void)state;
	assert_string_equal(fragment(w, 4, 1, 0, true, 40), "forward_fragment");
	assert_string_equal(fragment(w, 4, 1, 5, false, 8), "forward_fragment");
	assert_string_equal(fragment(w, 4, 1, 3, false, 4), "drop_tear_drop");
	world_free(w);
}

/* Two VLANs may have the same addresses. */
static void ids_tear_drop_keeps_vlans_apart(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);
	struct ip_spec s = { 4, 17, .id = 1, .payload_length = 40, .fragment = 0x2000 };

	(void)state;
	for (uint8_t vlan = 1; vlan < 4; vlan++) {
		struct made m = make(&s);

		made_tag(&m, vlan);
		assert_string_equal(decide_made(w, &m), "forward_fragment");
		s.fragment ^= 0x2001; /* once the first, once the last: they overlap */
	}
	world_free(w);
}

/* An atomic fragment's header (RFC 6946) before the real one says nothing. */
static void ids_tear_drop_looks_behind_an_atomic_header(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);
	struct ip_spec s = { 6, 17, .payload_length = 40, .next = SCREEN_PROTO_FRAGMENT,
			     OPTION(SCREEN_PROTO_FRAGMENT, 0, 0, 0, 0, 0, 0, 9) };

	(void)state;
	s.fragment = 0 << 3 | 1;
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
	s.fragment = 3 << 3;
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "drop_tear_drop");
	world_free(w);
}

static struct screen_tear_set *one_set(void)
{
	return calloc(1, sizeof(struct screen_tear_set));
}

static void tear_gives_up_the_complete_before_the_oldest(void **state)
{
	struct screen_tear_set *s = one_set();
	struct screen_tear_cell *c[SCREEN_TEAR_WAYS];

	(void)state;
	for (uint64_t tag = 1; tag <= SCREEN_TEAR_WAYS; tag++) {
		c[tag - 1] = screen_tear_find(s, tag, 10);
		assert_int_equal(c[tag - 1]->tag, tag);
		assert_false(screen_tear_cell_overlaps(c[tag - 1],
						       &(struct screen_tear_piece){ 0, 4, tag == 3 }));
	}
	for (uint64_t tag = 1; tag <= SCREEN_TEAR_WAYS; tag++)
		assert_ptr_equal(screen_tear_find(s, tag, 40), c[tag - 1]); /* 30 s: not over */
	assert_ptr_equal(screen_tear_find(s, 11, 12), c[2]);
	assert_int_equal(c[2]->filled, 0);
	/* then one after the other: who came last stays longest */
	for (uint64_t tag = 12; tag < 20; tag++)
		assert_ptr_equal(screen_tear_find(s, tag, 12), c[tag % SCREEN_TEAR_WAYS]);
	/* what is over goes first, and over it is after 30 s and not before */
	c[1]->start_s = 9;
	assert_ptr_equal(screen_tear_find(s, 30, 40), c[1]);
	free(s);
}

static void tear_set_in_use_is_not_waited_for(void **state)
{
	struct screen_tear *t = calloc(1, sizeof(*t));
	const struct screen_tear_piece first = { 0, 5, false }, within = { 1, 2, true };
	const struct screen_tear_piece nothing = { 3, 3, false };

	(void)state;
	assert_false(screen_tear_overlaps(t, 5, &first, 10));
	t->set[5].busy = 1;
	assert_false(screen_tear_overlaps(t, 5, &within, 10));
	assert_int_equal(t->set[5].busy, 1);
	t->set[5].busy = 0;
	/* one without a byte is none, and leaves no trace */
	assert_false(screen_tear_overlaps(t, 5, &nothing, 10));
	assert_false(screen_tear_overlaps(t, 5, &first, 10));
	assert_true(screen_tear_overlaps(t, 5, &within, 10));
	assert_int_equal(t->set[5].busy, 0);
	free(t);
}

/* A burst that began in the second before is decided about when another worker is in the next. */
static void tear_of_a_late_worker_is_not_forgotten(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

	(void)state;
	assert_string_equal(fragment(w, 4, 1, 0, true, 40), "forward_fragment");
	w->context.now_ns -= 1;
	assert_string_equal(fragment(w, 4, 1, 3, false, 4), "drop_tear_drop");
	world_free(w);
}

/* 65535 bytes, the last of a datagram's eighths. */
static void tear_reaches_to_the_end_of_a_datagram(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TEAR_DROP);

	(void)state;
	assert_string_equal(fragment(w, 6, 1, 8191, false, 8), "forward_fragment");
	assert_string_equal(fragment(w, 6, 1, 8191, false, 8), "forward_fragment");
	assert_string_equal(fragment(w, 6, 1, 8190, false, 16), "drop_tear_drop");
	assert_string_equal(fragment(w, 6, 1, 8190, false, 24), "forward_fragment"); /* ping-death's */
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_tear_drop_is_an_overlap),
		cmocka_unit_test(ids_tear_drop_is_a_fragment_within_another),
		cmocka_unit_test(ids_tear_drop_makes_room),
		cmocka_unit_test(ids_tear_drop_watches_what_is_unfinished),
		cmocka_unit_test(ids_tear_drop_is_of_one_datagram),
		cmocka_unit_test(ids_tear_drop_remembers_what_is_complete),
		cmocka_unit_test(ids_tear_drop_keeps_vlans_apart),
		cmocka_unit_test(ids_tear_drop_looks_behind_an_atomic_header),
		cmocka_unit_test(tear_gives_up_the_complete_before_the_oldest),
		cmocka_unit_test(tear_set_in_use_is_not_waited_for),
		cmocka_unit_test(tear_of_a_late_worker_is_not_forgotten),
		cmocka_unit_test(tear_reaches_to_the_end_of_a_datagram),
	};

	return RUN(tests);
}
