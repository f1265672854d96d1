/*
 * The engine on a real wire with two queues: frames of all kinds from both sides at full speed, while
 * configurations are swapped, the wire is taken off and put on, and status and flows are read. For the
 * sanitizers, and for the ledger: in the end every frame of every worker is where it belongs.
 */
#include "run.h"

#include <pthread.h>
#include <stdatomic.h>

#include "wire_of.h"

enum { COMMITS = 12, FRAMES_A_COMMIT = 4000 };

struct blaster {
	struct test_wire *wire;
	int side;
	uint64_t seed;
	_Atomic bool stop;
	_Atomic uint64_t sent;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A SYN, a SYN-ACK, an ACK with data, a FIN or a RST, of few addresses, so that flows meet. */
static size_t random_frame(uint64_t *random, int side, uint8_t *data)
{
	static const uint8_t flags[] = { SCREEN_TCP_SYN, SCREEN_TCP_SYN,
					 SCREEN_TCP_SYN | SCREEN_TCP_ACK, SCREEN_TCP_ACK,
					 SCREEN_TCP_ACK | SCREEN_TCP_PSH,
					 SCREEN_TCP_ACK | SCREEN_TCP_FIN, SCREEN_TCP_RST,
					 SCREEN_TCP_RST | SCREEN_TCP_ACK };
	uint64_t r = next_random(random);
	struct screen_packet q = { .l3 = 14, .family = 4 };
	struct screen_segment s = { .seq = (uint32_t)(r >> 32), .ack = (uint32_t)(r >> 8),
				    .flags = flags[r & 7], .window = 1000 };
	struct screen_agreed a = { .timestamps = r & 8, .sack = r & 16, .client_wscale = 7 };
	uint8_t from[SCREEN_SYNTHETIC_MAX] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint32_t size;

	from[22] = 64;
	memcpy(from + 26, (uint8_t[]){ 192, 0, 2, (uint8_t)(r >> 40 & 31) }, 4);
	memcpy(from + 30, (uint8_t[]){ 203, 0, 113, (uint8_t)(r >> 48 & 3) }, 4);
	q.sport = (uint16_t)(1024 + (r >> 52 & 63));
	q.dport = 80;
	if (side == RIGHT) {
		uint8_t swap[4];

		memcpy(swap, from + 26, 4);
		memcpy(from + 26, from + 30, 4);
		memcpy(from + 30, swap, 4);
		q.dport = q.sport;
		q.sport = 80;
	}
	s.options_length = screen_put_options(s.options, s.flags & SCREEN_TCP_SYN ? 1460 : 0, &a,
						s.flags & SCREEN_TCP_SYN ? 7 : SCREEN_WSCALE_NONE,
						(uint32_t)r, (uint32_t)(r >> 16));
	size = screen_reply_onward(data, from, &q, &s);
	if (r >> 60 == 0)
		data[20 + (r >> 56 & 15)] ^= 0x55; /* broken ones as well */
	return size;
}

static void *blast(void *arg)
{
	struct blaster *b = arg;
	uint8_t data[SCREEN_SYNTHETIC_MAX];

	while (!atomic_load(&b->stop)) {
		size_t size = random_frame(&b->seed, b->side, data);

		test_send(b->wire->raw[b->side], data, size);
		atomic_fetch_add(&b->sent, 1);
	}
	return NULL;
}

/* Whether every frame of a port has exactly one reason. */
static bool all_counted(const struct screen_port_status *port)
{
	uint64_t reasons = 0;

	for (int r = 0; r < SCREEN_REASONS; r++)
		reasons += port->reasons[r];
	return reasons == port->rx_frames;
}

/* Enough of everything came through for the rest to mean something. */
static void check_traffic(struct screen_engine *engine, uint64_t frames)
{
	static struct screen_engine_status status;
	uint64_t challenges = 0, received = 0;
	bool counted = false;

	/* a burst may be under way */
	for (int tries = 0; tries < 1000 && !counted; tries++) {
		(void)usleep(1000);
		assert_int_equal(screen_engine_status(engine, &status), 0);
		counted = true;
		for (uint32_t i = 0; i < status.ports_count; i++)
			counted &= all_counted(&status.ports[i]);
	}
	assert_true(counted);
	for (uint32_t i = 0; i < status.ports_count; i++) {
		received += status.ports[i].rx_frames;
		challenges += status.ports[i].reasons[SCREEN_REPLY_CHALLENGE];
	}
	print_message("%llu frames received, %llu challenged\n", (unsigned long long)received,
		      (unsigned long long)challenges);
	assert_true(received > frames);
	assert_true(challenges > frames / 20);
}

static void read_everything(struct screen_engine *engine)
{
	static struct screen_engine_status status;
	static struct screen_flow_row rows[256];
	uint64_t cursor = 0;

	assert_int_equal(screen_engine_status(engine, &status), 0);
	while (screen_engine_flows(engine, &cursor, rows, 256) > 0)
		;
}

static void wire_survives_commits_under_traffic_and_loses_no_frame(void **state)
{
	struct test_wire t;
	struct screen_error_info error = { 0 };
	struct blaster b[2] = { { .wire = &t, .side = LEFT, .seed = 0x9e3779b97f4a7c15ull },
				{ .wire = &t, .side = RIGHT, .seed = 0xbf58476d1ce4e5b9ull } };
	pthread_t threads[2];

	(void)state;
	test_wire_open(&t);
	assert_int_equal(test_wire_commit(&t, SCREEN_ACTIVATION_ALWAYS, 0, 200, &error), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, blast, &b[i]), 0);
	for (int i = 0; i < COMMITS; i++) {
		uint64_t target = atomic_load(&b[LEFT].sent) + FRAMES_A_COMMIT;

		while (atomic_load(&b[LEFT].sent) < target)
			read_everything(t.engine);
		if (i % 4 == 3)
			assert_int_equal(test_engine_commit(t.engine, ++t.generation, &error), 0);
		else
			assert_int_equal(test_wire_commit(&t, i & 1, (i & 2) != 0, 1 + (uint32_t)i,
							  &error), 0);
	}
	for (int i = 0; i < 2; i++) {
		atomic_store(&b[i].stop, true);
		pthread_join(threads[i], NULL);
	}
	assert_int_equal(test_wire_commit(&t, SCREEN_ACTIVATION_ALWAYS, 0, 200, &error), 0);
	check_traffic(t.engine, FRAMES_A_COMMIT);
	/* off: all that the rings had comes back, then nobody touches the ledger any more */
	assert_int_equal(test_engine_commit(t.engine, ++t.generation, &error), 0);
	screen_worker_stop_all(t.engine);
	test_wire_check_ledger(t.engine);
	test_wire_close(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_survives_commits_under_traffic_and_loses_no_frame),
	};

	test_wire_cables();
	return RUN(tests);
}
