/*
 * One turn of a worker after the other, on rings in memory: what a flood of SYNs may take, and what is
 * left to everything else.
 */
#include "run.h"

#include "ledger_of.h"
#include "rings_of.h"

enum {
	CHUNKS = 1 << 13,
	RESERVED = SCREEN_RING_TX / 4, /* docs/limits.md: a quarter of the ring */
	RESERVED_FRAMES = 128,
};

static void flood(struct rings *r, uint32_t syns)
{
	while (syns--)
		(void)rings_receive_syn(r);
}

static void forward(struct rings *r, uint8_t slot, uint32_t frames)
{
	while (frames--)
		(void)rings_receive_other(r, slot);
}

static void no_reply_takes_a_slot_that_is_reserved(void **state)
{
	struct rings *r = rings_new(CHUNKS);
	uint64_t syns = 0;

	(void)state;
	/* the kernel sends nothing: the ring fills up, and what is left ends amid a burst */
	for (int turn = 0; turn < 60; turn++) {
		flood(r, SCREEN_BURST - 3);
		syns += screen_worker_turn(r->worker);
		ledger_check(r->worker);
	}
	assert_int_equal(rings_sent(r, OUTER), SCREEN_RING_TX - RESERVED);
	assert_true(syns > SCREEN_RING_TX);
	assert_int_equal(rings_count(r, OUTER, SCREEN_REPLY_CHALLENGE), SCREEN_RING_TX - RESERVED);
	assert_int_equal(rings_count(r, OUTER, SCREEN_DROP_REPLY_BUDGET),
			 syns - rings_count(r, OUTER, SCREEN_REPLY_CHALLENGE) -
				 rings_count(r, OUTER, SCREEN_FORWARD_SYN_CALM));
	/* all of the rest is forwarding's, with the flood going on */
	for (int turn = 0; turn < 10; turn++) {
		flood(r, SCREEN_BURST);
		forward(r, INNER, SCREEN_BURST);
		(void)screen_worker_turn(r->worker);
		ledger_check(r->worker);
	}
	assert_int_equal(rings_sent(r, OUTER), SCREEN_RING_TX);
	assert_int_equal(rings_count(r, INNER, SCREEN_FORWARD_NON_IP), RESERVED);
	assert_int_equal(rings_count(r, INNER, SCREEN_DROP_TX_FULL), 10 * SCREEN_BURST - RESERVED);
	assert_int_equal(r->worker->counters[OUTER].replies_in_reserve, 0);
	rings_free(r);
}

/* A driver that passes segments on itself overtakes none: what it handed over is dealt with when it is sent,
 * and what has not come yet is not. */
static void handed_over_is_dealt_with_when_it_is_sent(void **state)
{
	struct rings *r = rings_new(CHUNKS);
	struct screen_shim_control *c = &r->end[OUTER].control;

	(void)state;
	(void)screen_worker_turn(r->worker); /* fills the fill rings */
	c->handed[0] = 8;
	forward(r, OUTER, 5); /* the others are on their way */
	for (int turn = 0; turn < 3; turn++) {
		(void)screen_worker_turn(r->worker);
		assert_int_equal(c->done[0], 0); /* the kernel sends nothing */
	}
	rings_drain(r, INNER);
	for (int turn = 0; turn < 2; turn++)
		(void)screen_worker_turn(r->worker);
	assert_int_equal(c->done[0], 5);
	assert_int_equal(c->emptied[0], 8);
	forward(r, OUTER, 3);
	(void)screen_worker_turn(r->worker);
	assert_int_equal(c->done[0], 5);
	rings_drain(r, INNER);
	for (int turn = 0; turn < 2; turn++)
		(void)screen_worker_turn(r->worker);
	assert_int_equal(c->done[0], c->handed[0]);
	assert_int_equal(r->end[INNER].control.done[0], 0);
	rings_free(r);
}

/* Frames that stay with somebody else: replies stop before the last ones, forwarding goes on. */
static void no_reply_is_sent_while_only_reserved_frames_are_free(void **state)
{
	struct rings *r = rings_new(CHUNKS);
	uint64_t replies;

	(void)state;
	flood(r, 1);
	(void)screen_worker_turn(r->worker);
	flood(r, SCREEN_BURST);
	(void)screen_worker_turn(r->worker);
	replies = rings_count(r, OUTER, SCREEN_REPLY_CHALLENGE);
	assert_in_range(replies, SCREEN_BURST - 2, SCREEN_BURST);
	while (screen_frames_free(r->worker) > RESERVED_FRAMES)
		screen_frame_own(r->worker, screen_frame_take(r->worker), SCREEN_OWNER_HELD);
	for (int turn = 0; turn < 20; turn++) {
		flood(r, SCREEN_BURST);
		forward(r, OUTER, 8);
		(void)screen_worker_turn(r->worker);
		ledger_check(r->worker);
		assert_in_range(screen_frames_free(r->worker), RESERVED_FRAMES, r->worker->umem.chunks);
	}
	assert_int_equal(rings_count(r, OUTER, SCREEN_REPLY_CHALLENGE), replies);
	assert_true(rings_count(r, OUTER, SCREEN_DROP_REPLY_BUDGET) > SCREEN_BURST);
	assert_int_equal(rings_count(r, OUTER, SCREEN_FORWARD_NON_IP), 20 * 8);
	assert_int_equal(r->worker->counters[OUTER].replies_in_reserve, 0);
	rings_free(r);
}

/* What came behind thousands of SYNs leaves before the first of them is answered. */
static void syns_are_served_last(void **state)
{
	struct rings *r = rings_new(1 << 15);
	uint32_t waiting;

	(void)state;
	(void)screen_worker_turn(r->worker);
	flood(r, SCREEN_RING_RX_SYN_MAX);
	waiting = r->end[OUTER].rx_syn.producer;
	assert_int_equal(waiting, screen_ring_rx_syn(1 << 15));
	forward(r, INNER, 10);
	assert_int_equal(screen_worker_turn(r->worker), 10 + SCREEN_BURST);
	/* all of them went to one transmit ring: a frame that was forwarded is 60 bytes long */
	for (uint32_t i = 0; i < 10 + SCREEN_BURST / 2; i++)
		assert_int_equal(r->end[OUTER].tx.desc[i].len == 60, i < 10);
	/* a worker that has its hands full looks at few */
	forward(r, INNER, 3 * SCREEN_BURST);
	assert_int_equal(screen_worker_turn(r->worker), SCREEN_BURST + SCREEN_BUSY_SYNS);
	assert_int_equal(screen_worker_turn(r->worker), SCREEN_BURST + SCREEN_BUSY_SYNS);
	assert_int_equal(screen_worker_turn(r->worker), SCREEN_BURST + SCREEN_BUSY_SYNS);
	assert_int_equal(screen_worker_turn(r->worker), SCREEN_BURST);
	rings_free(r);
}

/* A ring of SYNs that is full does not have the frames that everything else is received in. */
static void full_ring_of_syns_leaves_frames_to_receive_others_in(void **state)
{
	(void)state;
	for (uint32_t chunks = 1 << 11; chunks <= 1 << 18; chunks *= 2) {
		struct rings *r;

		assert_in_range(screen_ring_rx(chunks) + screen_ring_rx_syn(chunks), 1,
				screen_frames_share(chunks) - 1);
		if (chunks > 1 << 15)
			continue;
		r = rings_new(chunks);
		(void)screen_worker_turn(r->worker);
		flood(r, 2 * SCREEN_RING_RX_SYN_MAX);
		assert_false(rings_receive_syn(r));
		for (uint32_t i = 0; i < screen_ring_rx(chunks); i++)
			assert_true(rings_receive_other(r, OUTER));
		rings_free(r);
	}
}

/* Turn after turn, with more of both than there is time for. */
static void overloaded_worker_loses_nothing_that_is_forwarded(void **state)
{
	struct rings *r = rings_new(CHUNKS);
	uint64_t forwarded = 0;

	(void)state;
	(void)screen_worker_turn(r->worker);
	for (int turn = 0; turn < 1000; turn++) {
		flood(r, 4 * SCREEN_BURST);
		for (uint32_t i = 0; i < SCREEN_BURST - 1; i++)
			assert_true(rings_receive_other(r, OUTER));
		for (uint32_t i = 0; i < SCREEN_BURST - 1; i++)
			assert_true(rings_receive_other(r, INNER));
		forwarded += SCREEN_BURST - 1;
		(void)screen_worker_turn(r->worker);
		rings_drain(r, OUTER);
		rings_drain(r, INNER);
	}
	assert_int_equal(rings_count(r, OUTER, SCREEN_FORWARD_NON_IP), forwarded);
	assert_int_equal(rings_count(r, INNER, SCREEN_FORWARD_NON_IP), forwarded);
	assert_true(rings_count(r, OUTER, SCREEN_REPLY_CHALLENGE) > forwarded / 2);
	ledger_check(r->worker);
	rings_free(r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_reply_takes_a_slot_that_is_reserved),
		cmocka_unit_test(handed_over_is_dealt_with_when_it_is_sent),
		cmocka_unit_test(no_reply_is_sent_while_only_reserved_frames_are_free),
		cmocka_unit_test(syns_are_served_last),
		cmocka_unit_test(full_ring_of_syns_leaves_frames_to_receive_others_in),
		cmocka_unit_test(overloaded_worker_loses_nothing_that_is_forwarded),
	};

	return RUN(tests);
}
