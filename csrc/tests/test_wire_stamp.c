/*
 * Frames that grow to the front, on a real wire: more of them than a worker has chunks, so that each chunk
 * goes out and comes back some bytes before where it was filled.
 */
#include "run.h"

#include "wire_of.h"

enum { STAMPED = 5000, ROUND = 25, WAIT_MS = 10000, PORTS = 64, C = 0xfffff000, S = 0x7ffff000 };

static const uint8_t body[200] = { 0x17, 0x2a, [199] = 0x99 };

struct talk {
	struct test_wire wire;
	struct frame_spec client, server;
	uint32_t isn, tsval; /* of the challenge */
};

static void talk_open(struct talk *t)
{
	struct screen_error_info error = { 0 };

	memset(t, 0, sizeof(*t));
	t->client = (struct frame_spec){
		.family = 4, .source_mac = { 2, 0, 0, 0, 0, 1 }, .destination_mac = { 2, 0, 0, 0, 0, 2 },
		.source = { 192, 0, 2, 1 }, .destination = { 203, 0, 113, 1 }, .ttl = 64,
		.dport = 443, .window = 1000,
	};
	test_wire_open(&t->wire);
	assert_int_equal(test_wire_commit(&t->wire, SCREEN_ACTIVATION_ALWAYS, 0, 1, &error), 0);
}

static void talk_send(struct talk *t, int side, const struct frame_spec *f)
{
	uint8_t data[FRAME_MAX];
	uint32_t length = frame_build(data, f);

	assert_int_equal(send(t->wire.raw[side], data, length, 0), length);
}

/* The next frame of the talk that comes out on either side, or on that of the mask; returns which. */
static int talk_receive(struct talk *t, int mask, uint8_t *data, struct screen_packet *p)
{
	struct pollfd fds[2] = { { .fd = t->wire.raw[LEFT], .events = POLLIN },
				 { .fd = t->wire.raw[RIGHT], .events = POLLIN } };

	while (poll(fds, 2, WAIT_MS) > 0)
		for (int side = 0; side < 2; side++) {
			ssize_t n = fds[side].revents ?
					    recv(fds[side].fd, data, FRAME_MAX, MSG_DONTWAIT) : -1;

			if (n > 0 && (mask >> side & 1) &&
			    screen_parse(data, data + n, p) == SCREEN_KIND_TCP) {
				assert_true(frame_checksums_right(data, p));
				return side;
			}
		}
	fail_msg("nothing came for %d ms", WAIT_MS);
	return -1;
}

/* The first SYN of a second goes through to a port that nobody has seen answer; the next is challenged. */
static void talk_challenge(struct talk *t)
{
	uint8_t data[FRAME_MAX];
	struct screen_packet p;

	t->client.flags = SCREEN_TCP_SYN;
	t->client.seq = C;
	t->client.options_length = 16;
	memcpy(t->client.options, (uint8_t[]){ 2, 4, 5, 0xb4, 1, 1, 8, 10, 0, 0, 0, 7 }, 12);
	for (uint16_t port = 1; port <= PORTS; port++) {
		t->client.sport = port;
		talk_send(t, LEFT, &t->client);
		if (talk_receive(t, 3, data, &p) == RIGHT)
			continue;
		t->isn = p.seq;
		t->tsval = frame_get32(data + p.l4 + 20 + 4 + 4);
		return;
	}
	fail_msg("no SYN was challenged");
}

/* The server turns out to have no timestamps. */
static void talk_begin(struct talk *t)
{
	uint8_t data[FRAME_MAX];
	struct screen_packet p;

	talk_challenge(t);
	t->client.flags = SCREEN_TCP_ACK;
	t->client.seq = C + 1;
	t->client.ack = t->isn + 1;
	t->client.options_length = 12;
	memcpy(t->client.options, (uint8_t[]){ 1, 1, 8, 10, 0, 0, 0, 9 }, 8);
	frame_put32(t->client.options + 8, t->tsval);
	talk_send(t, LEFT, &t->client);
	(void)talk_receive(t, 1 << RIGHT, data, &p);
	assert_int_equal(p.tcp_flags, SCREEN_TCP_SYN);
	assert_int_equal(p.sport, t->client.sport);
	t->server = t->client;
	memcpy(t->server.source_mac, t->client.destination_mac, 6);
	memcpy(t->server.destination_mac, t->client.source_mac, 6);
	memcpy(t->server.source, t->client.destination, 16);
	memcpy(t->server.destination, t->client.source, 16);
	t->server.sport = t->client.dport;
	t->server.dport = t->client.sport;
	t->server.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK;
	t->server.seq = S;
	t->server.ack = C + 1;
	t->server.options_length = 0;
	talk_send(t, RIGHT, &t->server);
	(void)talk_receive(t, 1 << RIGHT, data, &p);
	assert_int_equal(p.tcp_flags, SCREEN_TCP_ACK);
	assert_int_equal(p.ack, S + 1);
	t->server.flags = SCREEN_TCP_ACK;
	t->server.seq = S + 1;
	t->server.payload = body;
}

static void assert_stamped(const struct talk *t, const uint8_t *data, const struct screen_packet *p,
			   uint32_t seq, uint32_t length)
{
	const uint8_t *options = data + p->l4 + 20;

	assert_int_equal(p->seq, seq - S + t->isn);
	assert_int_equal(p->end - p->payload, length);
	assert_memory_equal(data + p->payload, body, length);
	assert_int_equal(p->payload - p->l4, 32);
	assert_memory_equal(options, ((uint8_t[]){ 1, 1, 8, 10 }), 4);
	/* within the hour: it goes on from the cookie's */
	assert_in_range(frame_get32(options + 4) - t->tsval, 1000, 3600000);
	assert_int_equal(frame_get32(options + 8), 9);
}

static void stamped_frames_go_back_to_where_they_came_from(void **state)
{
	struct screen_error_info error = { 0 };
	uint8_t data[FRAME_MAX];
	struct screen_packet p;
	struct talk t;

	(void)state;
	talk_open(&t);
	talk_begin(&t);
	for (uint32_t sent = 0; sent < STAMPED; sent += ROUND) {
		uint32_t seq = t.server.seq;

		for (uint16_t i = 0; i < ROUND; i++) {
			t.server.payload_length = (uint16_t)(i * 8 % sizeof(body));
			talk_send(&t, RIGHT, &t.server);
			t.server.seq += t.server.payload_length;
		}
		for (uint16_t i = 0; i < ROUND; i++) {
			uint16_t length = (uint16_t)(i * 8 % sizeof(body));

			(void)talk_receive(&t, 1 << LEFT, data, &p);
			assert_stamped(&t, data, &p, seq, length);
			seq += length;
		}
	}
	assert_int_equal(test_engine_commit(t.wire.engine, ++t.wire.generation, &error), 0);
	screen_worker_stop_all(t.wire.engine);
	test_wire_check_ledger(t.wire.engine);
	test_wire_close(&t.wire);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamped_frames_go_back_to_where_they_came_from),
	};

	test_wire_cables();
	return RUN(tests);
}
