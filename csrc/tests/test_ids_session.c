/* Limits of sessions. */
#include "made.h"

static const char *segment_of(struct world *w, uint16_t sport, uint8_t flags, uint32_t seq,
			      uint32_t ack, uint16_t payload, bool from_server)
{
	struct frame_spec f = w->client, mirror;
	uint8_t data[FRAME_MAX];

	f.sport = sport;
	f.flags = flags;
	f.seq = seq;
	f.ack = ack;
	f.payload_length = payload;
	mirror = f;
	if (from_server) {
		memcpy(mirror.source, f.destination, 16);
		memcpy(mirror.destination, f.source, 16);
		memcpy(mirror.source_mac, f.destination_mac, 6);
		memcpy(mirror.destination_mac, f.source_mac, 6);
		mirror.sport = f.dport;
		mirror.dport = f.sport;
	}
	return screen_reason_name(world_decide(w, data, frame_build(data, &mirror), from_server));
}

static void open_one(struct world *w, uint16_t sport)
{
	(void)segment_of(w, sport, SCREEN_TCP_SYN, 100, 0, 0, false);
	(void)segment_of(w, sport, SCREEN_TCP_SYN | SCREEN_TCP_ACK, 500, 101, 0, true);
	(void)segment_of(w, sport, SCREEN_TCP_ACK, 101, 501, 0, false);
}

static void assert_nothing_counted(const struct world *w)
{
	for (int row = 0; row < SCREEN_SESSION_ROWS; row++)
		for (int i = 0; i < SCREEN_SESSION_CELLS; i++)
			assert_int_equal(w->sessions->source.cell[row][i] |
						 w->sessions->destination.cell[row][i] |
						 w->sessions->silent.cell[row][i], 0);
}

static void session_limit(enum screen_ids ids, const char *reason, bool same_source)
{
	struct world *w = armed_world(1ull << ids);

	for (uint16_t i = 0; i < 3; i++) {
		if (!same_source)
			w->client.source[3] = (uint8_t)(10 + i);
		open_one(w, (uint16_t)(1000 + i));
	}
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false), reason);
	/* one ends: there is room for one */
	(void)segment_of(w, 1002, SCREEN_TCP_RST, 101, 0, 0, false);
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "forward_syn_calm");
	assert_string_equal(segment_of(w, 2001, SCREEN_TCP_SYN, 1, 0, 0, false), reason);
	/* what is silent for long ends, too */
	world_wait(w, 5 * 3600);
	for (uint32_t b = 0; b < w->flows.buckets_count; b++) {
		uint32_t expired[SCREEN_BUCKET_SLOTS];
		uint32_t n = screen_flow_sweep(&w->flows, b,
					       (uint32_t)(w->context.now_ns / 1000000000u),
					       &w->policy, expired);

		while (n)
			screen_flow_give(&w->flows, expired[--n]);
	}
	assert_nothing_counted(w);
	world_free(w);
}

static void ids_session_limits_count_what_is_open(void **state)
{
	(void)state;
	session_limit(SCREEN_IDS_SOURCE_SESSIONS, "drop_source_sessions", true);
	session_limit(SCREEN_IDS_DESTINATION_SESSIONS, "drop_destination_sessions", false);
}

static void ids_syn_ack_ack_counts_connections_without_data(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_SYN_ACK_ACK);

	(void)state;
	for (uint16_t i = 0; i < 3; i++)
		open_one(w, (uint16_t)(1000 + i));
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "drop_syn_ack_ack");
	(void)segment_of(w, 1001, SCREEN_TCP_ACK | SCREEN_TCP_PSH, 101, 501, 10, false);
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "forward_syn_calm");
	world_free(w);
}

/* A RST that the server does not believe ends nothing: a connection that goes on counts as before. */
static void ids_forged_reset_is_no_way_round_a_session_limit(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_SOURCE_SESSIONS);

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		(void)segment_of(w, (uint16_t)(1000 + i), SCREEN_TCP_SYN, 100, 0, 0, false);
		(void)segment_of(w, (uint16_t)(1000 + i), SCREEN_TCP_RST, 77777, 0, 0, false);
		(void)segment_of(w, (uint16_t)(1000 + i), SCREEN_TCP_SYN | SCREEN_TCP_ACK, 500, 101, 0, true);
		(void)segment_of(w, (uint16_t)(1000 + i), SCREEN_TCP_ACK, 101, 501, 0, false);
	}
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "drop_source_sessions");
	(void)segment_of(w, 1001, SCREEN_TCP_RST, 101, 0, 0, false);
	assert_string_equal(segment_of(w, 2000, SCREEN_TCP_SYN, 1, 0, 0, false),
			    "forward_syn_calm");
	world_free(w);
}

/* One that ends while another worker opens it is not counted for ever. */
static void flow_that_is_given_back_is_counted_nowhere(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_SYN_ACK_ACK);
	uint32_t index;

	(void)state;
	open_one(w, 1000);
	for (index = 1; w->flows.flows[index].state != SCREEN_FLOW_OPEN; index++)
		;
	assert_true(screen_flow_remove(&w->flows, index,
				       screen_flow_hash(&w->flows, &w->flows.flows[index].key)));
	screen_flow_count(&w->flows, &w->flows.flows[index], SCREEN_COUNTED_SILENT);
	screen_flow_give(&w->flows, index);
	assert_nothing_counted(w);
	world_free(w);
}

static void sessions_use_all_of_their_cells(void **state)
{
	struct screen_session_sketch *s = calloc(1, sizeof(*s));

	(void)state;
	for (int row = 0; row < SCREEN_SESSION_ROWS; row++)
		for (uint64_t bit = 1; bit < SCREEN_SESSION_CELLS; bit <<= 1)
			assert_ptr_not_equal(screen_session_cell(s, bit << 32 * row, row),
					     screen_session_cell(s, 0, row));
	/* what collides in one row alone does not count */
	screen_session_add(s, 1 | 5ull << 32, true);
	assert_int_equal(screen_session_count(s, 1 | 6ull << 32), 0);
	assert_int_equal(screen_session_count(s, 2 | 5ull << 32), 0);
	assert_int_equal(screen_session_count(s, 1 | 5ull << 32), 1);
	free(s);
}

/* replay counts none. */
static void ids_session_limits_without_sessions_limit_nothing(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_SOURCE_SESSIONS);

	(void)state;
	w->flows.sessions = NULL;
	for (uint16_t i = 0; i < 9; i++)
		assert_string_equal(segment_of(w, (uint16_t)(1000 + i), SCREEN_TCP_SYN, 1, 0, 0, false),
				    "forward_syn_calm");
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_session_limits_count_what_is_open),
		cmocka_unit_test(ids_syn_ack_ack_counts_connections_without_data),
		cmocka_unit_test(sessions_use_all_of_their_cells),
		cmocka_unit_test(ids_session_limits_without_sessions_limit_nothing),
		cmocka_unit_test(ids_forged_reset_is_no_way_round_a_session_limit),
		cmocka_unit_test(flow_that_is_given_back_is_counted_nowhere),
	};

	return RUN(tests);
}
