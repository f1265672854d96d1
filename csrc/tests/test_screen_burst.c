/* Frames of one connection in one burst: cookies are dealt with at its end, and no order is lost. */
#include "script.h"

/* One frame of a burst, as the worker has it. */
struct in_burst {
	struct screen_frame frame;
	struct screen_decision d;
	uint8_t data[FRAME_MAX + SCREEN_SYNTHETIC_MAX];
};

static void put_in_burst(struct world *w, struct in_burst *b, uint8_t flags, uint32_t seq,
			 uint32_t ack, uint16_t payload)
{
	struct frame_spec f = w->client;

	f.flags = flags;
	f.seq = seq;
	f.ack = ack;
	f.payload_length = payload;
	b->frame = (struct screen_frame){ .data = b->data, .length = frame_build(b->data, &f) };
	screen_decide(&w->context, &b->frame, &b->d);
}

/* All that is undecided, in its order. */
static void end_burst(struct world *w, struct in_burst *b, uint32_t count)
{
	struct screen_frame *frames[4];
	struct screen_decision *decisions[4];
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!b[i].d.undecided)
			continue;
		frames[n] = &b[i].frame;
		decisions[n++] = &b[i].d;
	}
	screen_check(&w->context, frames, decisions, n);
	for (uint32_t i = 0; i < n; i++) {
		screen_resume(&w->context, frames[i], decisions[i]);
		assert_false(decisions[i]->undecided);
	}
}

/* Floods the client's destination and has the client challenged: the cookie, and the client's next
 * sequence number. */
static uint32_t challenged(struct world *w, uint32_t *next)
{
	struct script s = script_new(w);
	struct screen_packet p;

	SCRIPT(&s, "flood 100", "< S seq C mss 1460 -> reply_challenge");
	(void)screen_parse(w->out.data, w->out.data + w->out.length, &p);
	*next = p.ack;
	return p.seq;
}

static void assert_reason(const struct in_burst *b, const char *reason)
{
	assert_string_equal(screen_reason_name(b->d.reason), reason);
}

/* A health check connects and aborts: ACK and RST in one burst. The splice must not outlive it. */
static void burst_keeps_a_reset_behind_the_ack_that_it_ends(void **state)
{
	static struct in_burst b[3];
	struct world *w = world_new(4, 0);
	uint32_t cookie, next;

	(void)state;
	cookie = challenged(w, &next);
	put_in_burst(w, &b[0], SCREEN_TCP_ACK, next, cookie + 1, 0);
	put_in_burst(w, &b[1], SCREEN_TCP_RST | SCREEN_TCP_ACK, next, cookie + 1, 0);
	assert_true(b[0].d.undecided && b[1].d.undecided);
	end_burst(w, b, 2);
	assert_reason(&b[0], "forward_splice_syn");
	assert_reason(&b[1], "forward_spliced");
	assert_int_equal(screen_flow_state_get(&w->flows.flows[b[0].d.flow]), SCREEN_FLOW_CLOSED);
	/* a RST with nobody before it does not wait */
	put_in_burst(w, &b[2], SCREEN_TCP_RST, 9, 0, 0);
	assert_false(b[2].d.undecided);
	world_free(w);
}

/* ACK, request and more of it in one burst: the first opens, the others are held in order. */
static void burst_opens_with_the_ack_and_holds_what_follows(void **state)
{
	static struct in_burst b[4];
	struct world *w = world_new(6, 1);
	uint32_t cookie, next;

	(void)state;
	cookie = challenged(w, &next);
	put_in_burst(w, &b[0], SCREEN_TCP_ACK, next, cookie + 1, 0);
	put_in_burst(w, &b[1], SCREEN_TCP_ACK | SCREEN_TCP_PSH, next, cookie + 1, 10);
	put_in_burst(w, &b[2], SCREEN_TCP_ACK | SCREEN_TCP_PSH, next + 10, cookie + 1, 10);
	put_in_burst(w, &b[3], SCREEN_TCP_ACK, 77, cookie + 5, 0); /* forged */
	end_burst(w, b, 4);
	assert_reason(&b[0], "forward_splice_syn");
	assert_reason(&b[1], "hold_splice_pending");
	assert_reason(&b[2], "hold_splice_pending");
	assert_reason(&b[3], "drop_splice_pending");
	assert_int_equal(b[1].d.flow, b[0].d.flow);
	assert_int_equal(b[2].d.flow, b[0].d.flow);
	world_free(w);
}

/* A client that was admitted in calm, in a zone that floods elsewhere: its request is not overtaken. */
static void burst_keeps_a_reset_behind_data_of_a_half_open_flow(void **state)
{
	static struct in_burst b[2];
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100");
	w->client.destination[3]++;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 1460 -> forward_flow");
	put_in_burst(w, &b[0], SCREEN_TCP_ACK | SCREEN_TCP_PSH, script_number(&s, 'C') + 1,
		     script_number(&s, 'S') + 1, 10);
	put_in_burst(w, &b[1], SCREEN_TCP_RST | SCREEN_TCP_ACK, script_number(&s, 'C') + 11,
		     script_number(&s, 'S') + 1, 0);
	assert_true(b[0].d.undecided && b[1].d.undecided);
	end_burst(w, b, 2);
	assert_reason(&b[0], "forward_flow");
	assert_reason(&b[1], "forward_flow");
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_keeps_a_reset_behind_the_ack_that_it_ends),
		cmocka_unit_test(burst_opens_with_the_ack_and_holds_what_follows),
		cmocka_unit_test(burst_keeps_a_reset_behind_data_of_a_half_open_flow),
	};

	return RUN(tests);
}
