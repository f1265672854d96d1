/*
 * The reply budget in a simulated worker: one TX ring and one free list, shared by replies to a
 * flood and by what is forwarded.
 */
#include "budget.h"
#include "random.h"
#include "run.h"

enum {
	RING = 256,    /* TX descriptors */
	FRAMES = 1024, /* chunks of the worker */
	ROUNDS = 10000,
	FORWARDS = 24, /* frames to forward that arrive in a round */
	DRAINED = 32,  /* frames that the kernel sends in a round: less than all that is wanted */
	FLOOD = 512,   /* SYNs to be answered in a round */
};

struct simulation {
	struct screen_budget budget;
	uint32_t slots_free, frames_free;
	uint64_t forwarded, forward_refused, replied, reply_refused;
};

/* A received frame already has a chunk; sending it keeps that chunk until completion. */
static bool take(struct simulation *s)
{
	if (s->slots_free == 0 || s->frames_free == 0)
		return false;
	s->slots_free--;
	s->frames_free--;
	return true;
}

static void reply(struct simulation *s)
{
	if (screen_budget_allows(&s->budget, s->slots_free, s->frames_free) && take(s))
		s->replied++;
	else
		s->reply_refused++;
}

static void forward(struct simulation *s)
{
	if (take(s))
		s->forwarded++;
	else
		s->forward_refused++;
}

static void complete(struct simulation *s)
{
	uint32_t used = RING - s->slots_free, sent = used < DRAINED ? used : DRAINED;

	s->slots_free += sent;
	s->frames_free += sent;
}

static struct simulation run(struct screen_budget budget, uint32_t frames)
{
	struct simulation s = { .budget = budget, .slots_free = RING, .frames_free = frames };
	struct random r = random_seeded();

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t forwards = FORWARDS, replies = FLOOD;

		/* the two arrive interleaved, in random order */
		while (forwards + replies)
			if (random_below(&r, forwards + replies) < forwards) {
				forward(&s);
				forwards--;
			} else {
				reply(&s);
				replies--;
			}
		complete(&s);
	}
	assert_int_equal(s.forwarded + s.forward_refused, (uint64_t)ROUNDS * FORWARDS);
	assert_int_equal(s.replied + s.reply_refused, (uint64_t)ROUNDS * FLOOD);
	return s;
}

static void syn_cookie_budget_drop_does_not_starve_tx(void **state)
{
	struct screen_budget budget = { .slots_reserved = 64, .frames_reserved = 64 };
	struct simulation s = run(budget, FRAMES);

	(void)state;
	assert_int_equal(s.forward_refused, 0);
	/* replies get what is left, and what they do not get is counted */
	assert_in_range(s.replied, (uint64_t)ROUNDS * (DRAINED - FORWARDS) / 2, UINT32_MAX);
	assert_in_range(s.reply_refused, 1, UINT32_MAX);
	/* the same when frames are scarcer than descriptors */
	s = run(budget, RING / 2);
	assert_int_equal(s.forward_refused, 0);
	assert_in_range(s.replied, (uint64_t)ROUNDS * (DRAINED - FORWARDS) / 2, UINT32_MAX);
}

/* The simulation can fail: without a reserve the flood's answers take the forwarding's place. */
static void budget_of_nothing_starves_tx(void **state)
{
	struct simulation s = run((struct screen_budget){ 0, 0 }, FRAMES);

	(void)state;
	assert_in_range(s.forward_refused, (uint64_t)ROUNDS * FORWARDS / 4, UINT32_MAX);
	s = run((struct screen_budget){ .slots_reserved = 64 }, RING / 2);
	assert_in_range(s.forward_refused, (uint64_t)ROUNDS * FORWARDS / 4, UINT32_MAX);
}

static void budget_refuses_at_the_reserve_exactly(void **state)
{
	struct screen_budget b = { .slots_reserved = 8, .frames_reserved = 16 };

	(void)state;
	assert_true(screen_budget_allows(&b, 9, 17));
	assert_false(screen_budget_allows(&b, 8, 17));
	assert_false(screen_budget_allows(&b, 9, 16));
	assert_false(screen_budget_allows(&b, 0, 0));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cookie_budget_drop_does_not_starve_tx),
		cmocka_unit_test(budget_of_nothing_starves_tx),
		cmocka_unit_test(budget_refuses_at_the_reserve_exactly),
	};

	return RUN(tests);
}
