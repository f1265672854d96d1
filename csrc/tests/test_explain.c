/* Offline answers: the known answers through the ABI, and a session replayed. */
#include <fcntl.h>
#include <unistd.h>

#include "frame.h"
#include "snapshots.h"
#include "vectors.h"

#include "../include/synscreen/explain.h"

static char key_path[64];

static void write_key(const char *hex)
{
	int fd;

	snprintf(key_path, sizeof(key_path), "/tmp/screen-test-XXXXXX");
	fd = mkstemp(key_path); /* mode 0600 */
	assert_true(fd >= 0);
	assert_int_equal(write(fd, hex, strlen(hex)), (ssize_t)strlen(hex));
	assert_int_equal(write(fd, "\n", 1), 1);
	close(fd);
}

static struct screen_cookie_query query_of(const struct vectors *v)
{
	struct screen_cookie_query q = { .epoch = vectors_number(v, "epoch", 10) };
	struct screen_tuple t = vectors_tuple(v);

	snprintf(q.key_file, sizeof(q.key_file), "%s", key_path);
	snprintf(q.zone, sizeof(q.zone), "%s", vectors_get(v, "zone"));
	memcpy(q.source, t.source, 16);
	memcpy(q.destination, t.destination, 16);
	q.sport = t.sport;
	q.dport = t.dport;
	q.family = t.family;
	q.client_isn = (uint32_t)vectors_number(v, "client_isn", 16);
	q.client_wscale = q.our_wscale = SCREEN_WSCALE_NONE;
	return q;
}

static void read_terms(const struct vectors *v, struct screen_cookie_query *q)
{
	const char *wscale = vectors_get(v, "wscale");

	if (strcmp(vectors_get(v, "mss"), "-") != 0)
		q->mss = (uint16_t)vectors_number(v, "mss", 10);
	if (strcmp(wscale, "-") == 0)
		return;
	q->timestamps = 1;
	q->sack = vectors_number(v, "sack", 10) != 0;
	q->ecn = vectors_number(v, "ecn", 10) != 0;
	if (strcmp(wscale, "none") == 0)
		return;
	q->client_wscale = (uint8_t)vectors_number(v, "wscale", 10);
	q->our_wscale = (uint8_t)vectors_number(v, "our_wscale", 10);
}

/* In its epoch and the next it is valid and says which; then it has expired, and the answer says so. */
static void assert_life(struct screen_cookie_query *q, uint64_t epoch)
{
	struct screen_cookie_answer a;

	char expired[64];

	snprintf(expired, sizeof(expired), "expired: minted in epoch %llu,",
		 (unsigned long long)epoch);
	for (uint64_t age = 0; age <= 40; age++) {
		q->epoch = epoch + age;
		assert_int_equal(screen_cookie_explain_check(q, &a, NULL), SCREEN_OK);
		assert_int_equal(a.valid, age < 2);
		if (a.valid)
			assert_true(a.epoch == epoch && !a.reason[0]);
		else
			assert_non_null(strstr(a.reason, expired));
	}
	q->epoch = epoch - 1;
	assert_int_equal(screen_cookie_explain_check(q, &a, NULL), SCREEN_OK);
	assert_false(a.valid);
	assert_non_null(strstr(a.reason, "in a later epoch"));
	q->epoch = epoch;
}

static void explain_knows_every_vector(void **state)
{
	struct vectors v;

	(void)state;
	vectors_open(&v, SCREEN_TESTDATA "/vectors/cookie-v1.tsv");
	while (vectors_next(&v)) {
		struct screen_cookie_query q;
		struct screen_cookie_answer a;

		write_key(vectors_get(&v, "master_key"));
		q = query_of(&v);
		read_terms(&v, &q);
		assert_int_equal(screen_cookie_explain_mint(&q, &a, NULL), SCREEN_OK);
		assert_int_equal(a.isn, vectors_number(&v, "cookie_isn", 16));
		if (q.timestamps)
			assert_int_equal(a.tsval, vectors_number(&v, "cookie_tsval", 16));
		q.seq = q.client_isn + 1;
		q.ack = a.isn + 1;
		q.tsecr = a.tsval;
		assert_life(&q, q.epoch);
		q.ack ^= 4;
		assert_int_equal(screen_cookie_explain_check(&q, &a, NULL), SCREEN_OK);
		assert_false(a.valid);
		assert_non_null(strstr(a.reason, "does not match in any epoch"));
		unlink(key_path);
	}
	vectors_open(&v, SCREEN_TESTDATA "/vectors/safe-reset-v1.tsv");
	while (vectors_next(&v)) {
		struct screen_cookie_query q;
		struct screen_cookie_answer a;

		write_key(vectors_get(&v, "master_key"));
		q = query_of(&v);
		q.safe_reset = 1;
		assert_int_equal(screen_cookie_explain_mint(&q, &a, NULL), SCREEN_OK);
		assert_int_equal(a.isn, vectors_number(&v, "value", 16));
		q.seq = a.isn;
		assert_life(&q, q.epoch);
		unlink(key_path);
	}
}

static void explain_refuses_what_is_out_of_range(void **state)
{
	struct screen_cookie_query good = { .zone = "untrust", .family = 4, .epoch = 41 }, q;
	struct screen_error_info error;
	struct screen_cookie_answer a;

	(void)state;
	write_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	snprintf(good.key_file, sizeof(good.key_file), "%s", key_path);
	assert_int_equal(screen_cookie_explain_mint(&good, &a, &error), SCREEN_OK);
#define BAD(field, value)                                                                    \
	do {                                                                                 \
		q = good;                                                                    \
		q.field = (value);                                                           \
		assert_int_equal(screen_cookie_explain_mint(&q, &a, &error),                 \
				 SCREEN_ERROR_ARGUMENT);                                     \
	} while (0)
	BAD(family, 5);
	BAD(mss, 215);
	BAD(sack, 1);
	BAD(ecn, 1);
	BAD(zone[0], 0);
	BAD(key_file[0], 0);
	good.timestamps = 1;
	good.client_wscale = good.our_wscale = 14;
	assert_int_equal(screen_cookie_explain_mint(&good, &a, &error), SCREEN_OK);
	BAD(client_wscale, 15);
	BAD(our_wscale, 15);
	memset(q.zone, 'x', sizeof(q.zone));
	assert_int_equal(screen_cookie_explain_check(&q, &a, &error), SCREEN_ERROR_ARGUMENT);
	unlink(key_path);
	assert_int_equal(screen_cookie_explain_check(&good, &a, &error), SCREEN_ERROR_KEY);
}

/* ---- replay -------------------------------------------------------------------------------- */

struct session {
	struct screen_replay *replay;
	struct screen_replay_result result;
	struct screen_replay_output out;
	struct frame_spec client;
	uint64_t now_ns;
};

static void open_session(struct session *s, uint8_t family)
{
	static struct snapshot_bytes b;
	struct screen_error_info error;

	memset(s, 0, sizeof(*s));
	snapshot_make(&b);
	b.profiles[0].attack_threshold = 1;
	b.profiles[0].prefix_count = 0;
	b.profiles[1].prefix_first = 0;
	b.profiles[1].prefix_count = SNAPSHOT_PREFIXES;
	for (int i = 0; i < SNAPSHOT_PREFIXES; i++)
		b.prefixes[i].list = 0;
	snapshot_seal(&b);
	write_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	if (screen_replay_open(key_path, 41, &b, sizeof(b), &s->replay, &error))
		fail_msg("%s: %s", error.object, error.message);
	unlink(key_path);
	s->client = (struct frame_spec){
		.family = family, .ttl = 64, .sport = 40000, .dport = 443, .window = 64240,
		.source_mac = { 2, 0, 0, 0, 0, 1 }, .destination_mac = { 2, 0, 0, 0, 0, 2 },
	};
	memset(s->client.source, 0x0a, 16);
	memset(s->client.destination, 0x0b, 16);
}

static const char *put(struct session *s, const char *port, const struct frame_spec *f)
{
	struct screen_error_info error;
	uint8_t data[FRAME_MAX];

	s->now_ns += 1000000;
	assert_int_equal(screen_replay_frame(s->replay, port, s->now_ns, data,
					     frame_build(data, f), &s->result, &error), SCREEN_OK);
	return screen_reason_name(s->result.reason);
}

/* The next frame that leaves, by that port; its headers to *p. */
static void take(struct session *s, const char *port, struct screen_packet *p)
{
	assert_int_equal(screen_replay_output(s->replay, &s->out), 1);
	assert_string_equal(s->out.ifname, port);
	assert_int_equal(screen_parse(s->out.data, s->out.data + s->out.length, p),
			 SCREEN_KIND_TCP);
}

static struct frame_spec segment(const struct session *s, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct frame_spec f = s->client;

	f.flags = flags;
	f.seq = seq;
	f.ack = ack;
	return f;
}

static struct frame_spec from_server(const struct session *s, uint8_t flags, uint32_t seq,
				     uint32_t ack)
{
	struct frame_spec f = segment(s, flags, seq, ack);

	memcpy(f.source, s->client.destination, 16);
	memcpy(f.destination, s->client.source, 16);
	memcpy(f.source_mac, s->client.destination_mac, 6);
	memcpy(f.destination_mac, s->client.source_mac, 6);
	f.sport = s->client.dport;
	f.dport = s->client.sport;
	return f;
}

static void replay_one(uint8_t family)
{
	struct screen_packet challenge, p;
	struct frame_spec f;
	struct session s;

	open_session(&s, family);
	f = segment(&s, SCREEN_TCP_SYN, 100, 0);
	f.sport = 1;
	(void)put(&s, "eth1", &f);
	f = segment(&s, SCREEN_TCP_SYN, 100, 0);
	assert_string_equal(put(&s, "eth1", &f), "reply_challenge");
	take(&s, "eth1", &challenge);
	assert_int_equal(s.result.cookie, 1);
	assert_int_equal(s.result.terms.isn, challenge.seq);
	assert_true(s.result.terms.epoch == 41);
	f = segment(&s, SCREEN_TCP_ACK, 101, challenge.seq + 2);
	assert_string_equal(put(&s, "eth1", &f), "drop_cookie_invalid");
	assert_int_equal(s.result.cookie, 0);
	assert_int_equal(screen_replay_output(s.replay, &s.out), 0);
	/* the request comes with the cookie: it is held, and the server is asked */
	f = segment(&s, SCREEN_TCP_ACK | SCREEN_TCP_PSH, 101, challenge.seq + 1);
	f.payload_length = 9;
	assert_string_equal(put(&s, "eth1", &f), "hold_splice_pending");
	assert_int_equal(s.result.cookie, 2);
	assert_int_equal(s.result.terms.mss, family == 4 ? 536 : 1220);
	take(&s, "eth2", &p);
	assert_int_equal(p.tcp_flags, SCREEN_TCP_SYN);
	assert_int_equal(p.seq, 100);
	/* it answers, is acknowledged, and gets the request */
	f = from_server(&s, SCREEN_TCP_SYN | SCREEN_TCP_ACK, 7000, 101);
	assert_string_equal(put(&s, "eth2", &f), "reply_server_ack");
	take(&s, "eth2", &p);
	assert_int_equal(p.ack, 7001);
	take(&s, "eth2", &p);
	assert_int_equal(p.seq, 101);
	assert_int_equal(p.ack, 7001);
	assert_int_equal(screen_replay_output(s.replay, &s.out), 0);
	screen_replay_close(s.replay);
}

static void replay_of_a_session_under_flood(void **state)
{
	(void)state;
	replay_one(4);
	replay_one(6);
}

/* A frame that has grown to the front comes out whole. */
static void replay_shows_stamped_segments(void **state)
{
	struct screen_packet challenge, p;
	struct frame_spec f;
	struct session s;
	uint32_t tsval;

	(void)state;
	open_session(&s, 6);
	f = segment(&s, SCREEN_TCP_SYN, 100, 0);
	f.sport = 1;
	(void)put(&s, "eth1", &f);
	f = segment(&s, SCREEN_TCP_SYN, 100, 0);
	f.options_length = 16;
	memcpy(f.options, (uint8_t[]){ 2, 4, 5, 0xb4, 1, 1, 8, 10, 0, 0, 0, 7 }, 12);
	assert_string_equal(put(&s, "eth1", &f), "reply_challenge");
	take(&s, "eth1", &challenge);
	tsval = frame_get32(s.out.data + challenge.l4 + 20 + 8);
	f = segment(&s, SCREEN_TCP_ACK, 101, challenge.seq + 1);
	f.options_length = 12;
	memcpy(f.options, (uint8_t[]){ 1, 1, 8, 10, 0, 0, 0, 9 }, 8);
	frame_put32(f.options + 8, tsval);
	assert_string_equal(put(&s, "eth1", &f), "forward_splice_syn");
	f = from_server(&s, SCREEN_TCP_SYN | SCREEN_TCP_ACK, 7000, 101);
	assert_string_equal(put(&s, "eth2", &f), "reply_server_ack");
	f = from_server(&s, SCREEN_TCP_ACK, 7001, 101);
	f.payload_length = 333;
	assert_string_equal(put(&s, "eth2", &f), "forward_spliced");
	take(&s, "eth1", &p);
	assert_int_equal(p.seq, challenge.seq + 1);
	assert_int_equal(p.payload - p.l4, 32);
	assert_int_equal(p.end - p.payload, 333);
	assert_int_equal(p.end, s.out.length);
	assert_int_equal(frame_get32(s.out.data + p.l4 + 28), 9);
	assert_true(frame_checksums_right(s.out.data, &p));
	screen_replay_close(s.replay);
}

/* Opens a splice of another client, whose request is held. Returns how many copies of it are. */
static int held_of_one(struct session *s, uint16_t port, int copies)
{
	struct screen_packet challenge;
	struct frame_spec f;
	int held = 0;

	s->client.sport = port;
	s->client.source[3] = (uint8_t)port; /* one that has answered before would just pass */
	f = segment(s, SCREEN_TCP_SYN, 100, 0);
	assert_string_equal(put(s, "eth1", &f), "reply_challenge");
	take(s, "eth1", &challenge);
	f = segment(s, SCREEN_TCP_ACK | SCREEN_TCP_PSH, 101, challenge.seq + 1);
	f.payload_length = 9;
	for (int i = 0; i < copies; i++)
		held += strcmp(put(s, "eth1", &f), "hold_splice_pending") == 0;
	return held;
}

static void replay_holds_as_much_as_the_engine(void **state)
{
	struct frame_spec f;
	struct session s;
	int held = 0;

	(void)state;
	open_session(&s, 4);
	f = segment(&s, SCREEN_TCP_SYN, 100, 0);
	(void)put(&s, "eth1", &f);
	assert_int_equal(held_of_one(&s, 1, 40), 16);
	for (uint16_t port = 2; port < 10; port++)
		held += held_of_one(&s, port, 16);
	assert_int_equal(held, 64 - 16);
	/* servers that have not answered for 15 s are given up */
	s.now_ns += 20000000000ull;
	assert_int_equal(held_of_one(&s, 11, 40), 16);
	screen_replay_close(s.replay);
}

static void replay_refuses_unknown_ports_and_sizes(void **state)
{
	static uint8_t data[SCREEN_REPLAY_FRAME_MAX + 1];
	struct screen_error_info error;
	struct session s;

	(void)state;
	open_session(&s, 4);
	assert_int_equal(screen_replay_frame(s.replay, "eth9", 0, data, 60, &s.result, &error),
			 SCREEN_ERROR_ARGUMENT);
	assert_int_equal(screen_replay_frame(s.replay, "eth1", 0, data, 0, &s.result, &error),
			 SCREEN_OK);
	assert_int_equal(s.result.reason, SCREEN_DROP_MALFORMED);
	assert_int_equal(screen_replay_frame(s.replay, "eth1", 0, data, sizeof(data), &s.result,
					     &error), SCREEN_ERROR_ARGUMENT);
	assert_int_equal(screen_replay_frame(s.replay, "eth1", 0, data, sizeof(data) - 1,
					     &s.result, &error), SCREEN_OK);
	screen_replay_close(s.replay);
	assert_int_equal(screen_replay_open("/nonexistent", 41, data, 10, &s.replay, &error),
			 SCREEN_ERROR_KEY);
	screen_replay_close(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explain_knows_every_vector),
		cmocka_unit_test(explain_refuses_what_is_out_of_range),
		cmocka_unit_test(replay_of_a_session_under_flood),
		cmocka_unit_test(replay_shows_stamped_segments),
		cmocka_unit_test(replay_holds_as_much_as_the_engine),
		cmocka_unit_test(replay_refuses_unknown_ports_and_sizes),
	};

	return RUN(tests);
}
