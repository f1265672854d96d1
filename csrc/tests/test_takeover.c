/*
 * A handover is input: whatever is not right in it, nothing of it is taken, and the file is gone.
 */
#include "handover_of.h"

enum { FLOWS = 3, SERVERS = 2 };

/* A file of an engine that has ended, and the engine that comes after it. */
struct fixture {
	struct screen_engine *next;
	uint8_t *good, *bytes; /* as it was written, and to be changed */
	size_t size;
};

static struct fixture fixture_new(void)
{
	struct screen_engine *old = handover_old(1 << 10);
	struct random r = { 7 };
	struct fixture x;

	handover_wire(old, 0, 3, 0, "eth1", 1, "eth2");
	handover_zone(old, 0, "outside");
	for (int i = 0; i < FLOWS; i++)
		(void)handover_add(old, &r, 3, 0, SCREEN_FLOW_SPLICED);
	for (uint16_t i = 0; i < SERVERS; i++)
		screen_server_learn(handover_add_server(old, 0, (const uint8_t[16]){ 1 }, i),
				    (struct screen_server_profile){ 0 }, handover_now());
	assert_int_equal(handover_end(old), FLOWS);
	x.next = handover_next(old, 1 << 10);
	handover_wire(x.next, 0, 1, 0, "eth1", 1, "eth2");
	handover_zone(x.next, 0, "outside");
	x.good = handover_read(x.next, &x.size);
	x.bytes = malloc(x.size + 1);
	memcpy(x.bytes, x.good, x.size);
	x.bytes[x.size] = 0;
	return x;
}

static void fixture_free(struct fixture *x)
{
	/* what the changes were made to is good */
	handover_write_file(x->next, x->good, x->size);
	screen_handover_take(x->next);
	assert_int_equal(x->next->handover.result, SCREEN_HANDOVER_TAKEN);
	assert_int_equal(x->next->handover.flows, FLOWS);
	assert_int_equal(x->next->handover.servers, SERVERS);
	test_engine_destroy(x->next);
	free(x->good);
	free(x->bytes);
}

/* Nothing is taken. Returns what is said about it. */
static enum screen_handover refused(struct fixture *x, size_t size)
{
	handover_write_file(x->next, x->bytes, size);
	screen_handover_take(x->next);
	assert_int_equal(x->next->flows.used, 0);
	assert_int_equal(x->next->handover.flows, 0);
	assert_int_equal(x->next->handover.servers, 0);
	assert_false(handover_file_is_there(x->next));
	memcpy(x->bytes, x->good, x->size);
	return x->next->handover.result;
}

static void change_of_any_bit_is_refused(void **state)
{
	const size_t version = offsetof(struct screen_handover_header, version);
	const size_t wires = offsetof(struct screen_handover_header, wires);
	struct fixture x = fixture_new();

	(void)state;
	for (size_t at = 0; at < x.size; at++)
		for (int bit = 0; bit < 8; bit++) {
			x.bytes[at] ^= (uint8_t)(1 << bit);
			assert_int_equal(refused(&x, x.size),
					 at >= version && at < wires ? SCREEN_HANDOVER_OTHER_VERSION :
								       SCREEN_HANDOVER_DAMAGED);
		}
	fixture_free(&x);
}

static void file_of_any_other_length_is_refused(void **state)
{
	struct fixture x = fixture_new();

	(void)state;
	for (size_t size = 0; size < x.size; size++)
		assert_int_equal(refused(&x, size), SCREEN_HANDOVER_DAMAGED);
	assert_int_equal(refused(&x, x.size + 1), SCREEN_HANDOVER_DAMAGED);
	fixture_free(&x);
}

/* One value that nothing here would write, under a right digest. */
struct wrong {
	const char *what;
	size_t at, size;
	uint64_t value;
};

#define HEADER(field) offsetof(struct screen_handover_header, field), \
		      sizeof(((struct screen_handover_header *)0)->field)
#define IN(base, type, field) (base) + offsetof(struct type, field), sizeof(((struct type *)0)->field)

static void values_out_of_range_are_refused_under_a_right_digest(void **state)
{
	const size_t wire = sizeof(struct screen_handover_header);
	const size_t zone = wire + sizeof(struct screen_handover_wire);
	const size_t flow = zone + sizeof(struct screen_handover_zone) +
			    sizeof(struct screen_handover_flow); /* not the first */
	const size_t server = zone + sizeof(struct screen_handover_zone) +
			      FLOWS * sizeof(struct screen_handover_flow);
	const struct wrong all[] = {
		{ "wires", HEADER(wires), 0 },
		{ "wires", HEADER(wires), 33 },
		{ "zones", HEADER(zones), 0xffffffff },
		{ "flows", HEADER(flows), FLOWS + 1 },
		{ "flows", HEADER(flows), 0xffffffff },
		{ "servers", HEADER(servers), SERVERS - 1 },
		{ "written_ns", HEADER(written_ns), UINT64_MAX },
		{ "a port without a name", wire, 1, 0 },
		{ "a zone without a name", zone, 1, 0 },
		{ "low", IN(flow, screen_handover_flow, low[0]), 0xff },
		{ "vlan[0]", IN(flow, screen_handover_flow, vlan[0]), 4096 },
		{ "vlan[1]", IN(flow, screen_handover_flow, vlan[1]), 4096 },
		{ "wire", IN(flow, screen_handover_flow, wire), 1 },
		{ "client_port", IN(flow, screen_handover_flow, client_port), 2 },
		{ "client_low", IN(flow, screen_handover_flow, client_low), 2 },
		{ "state", IN(flow, screen_handover_flow, state), 0 },
		{ "state", IN(flow, screen_handover_flow, state), SCREEN_FLOW_OPENING },
		{ "state", IN(flow, screen_handover_flow, state), 7 },
		{ "created_s", IN(flow, screen_handover_flow, created_s), 0xffffffff },
		{ "seen_s", IN(flow, screen_handover_flow, side[0].seen_s), 0xffffffff },
		{ "seen_s", IN(flow, screen_handover_flow, side[1].seen_s), 0xffffffff },
		{ "client_wscale", IN(flow, screen_handover_flow, client_wscale), 16 },
		{ "our_wscale", IN(flow, screen_handover_flow, our_wscale), 16 },
		{ "server_wscale", IN(flow, screen_handover_flow, server_wscale), 16 },
		{ "agreed", IN(flow, screen_handover_flow, agreed), 8 },
		{ "counted", IN(flow, screen_handover_flow, counted), 4 },
		{ "closing", IN(flow, screen_handover_flow, closing), 16 },
		{ "reserved", IN(flow, screen_handover_flow, reserved[1]), 1 },
		{ "mss", IN(server, screen_handover_server, profile.known), SCREEN_SERVER_MSS },
		{ "wscale", IN(server, screen_handover_server, profile.wscale), 15 },
		{ "known", IN(server, screen_handover_server, profile.known), 64 },
		{ "has", IN(server, screen_handover_server, profile.has), SCREEN_SERVER_SACK },
		{ "profile.reserved", IN(server, screen_handover_server, profile.reserved), 1 },
		{ "seen_s", IN(server, screen_handover_server, seen_s), 0xffffffff },
		{ "closed_s", IN(server, screen_handover_server, closed_s), 0xffffffff },
		{ "zone", IN(server, screen_handover_server, zone), 1 },
		{ "reserved", IN(server, screen_handover_server, reserved[4]), 1 },
	};
	struct fixture x = fixture_new();

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		enum screen_handover result;

		memcpy(x.bytes + all[i].at, &all[i].value, all[i].size);
		handover_sign(x.bytes, x.size);
		result = refused(&x, x.size);
		if (result != SCREEN_HANDOVER_DAMAGED)
			print_error("%s %llu\n", all[i].what, (unsigned long long)all[i].value);
		assert_int_equal(result, SCREEN_HANDOVER_DAMAGED);
	}
	memset(x.bytes + wire, 'x', SCREEN_IFNAME_SIZE); /* a name without an end */
	handover_sign(x.bytes, x.size);
	assert_int_equal(refused(&x, x.size), SCREEN_HANDOVER_DAMAGED);
	fixture_free(&x);
}

/* All flows of the table are such as the packet path may believe in. */
static void believable(struct screen_engine *e)
{
	for (uint32_t i = 1; i < e->flows.flows_max; i++) {
		const struct screen_flow *f = &e->flows.flows[i];

		if (f->state == SCREEN_FLOW_FREE)
			continue;
		assert_true(f->client_slot <= 1 && f->client_low <= 1 && f->key.wire == 1);
		assert_true(f->client_wscale <= 15 && f->our_wscale <= 15 && f->server_wscale <= 15);
		assert_true(f->created_s <= handover_now() && f->side[0].seen_s <= handover_now() &&
			    f->side[1].seen_s <= handover_now());
		assert_true(f->held == 0 && f->owner == 0);
	}
}

static void random_values_under_a_right_digest_do_no_harm(void **state)
{
	enum { TURNS = 4000, FROM = offsetof(struct screen_handover_header, wires) };
	const struct screen_flow_filter all = { .states = 0 };
	struct screen_error_info error = { 0 };
	struct random r = random_seeded();
	struct fixture x = fixture_new();
	uint32_t taken = 0;

	(void)state;
	for (int i = 0; i < TURNS; i++) {
		for (uint32_t n = 1 + random_below(&r, 4); n; n--) {
			size_t at = FROM + random_below(&r, (uint32_t)x.size - FROM);

			x.bytes[at] = random_below(&r, 2) ? random_8(&r) : (uint8_t)(x.bytes[at] + 1);
		}
		handover_sign(x.bytes, x.size);
		handover_write_file(x.next, x.bytes, x.size);
		screen_handover_take(x.next);
		assert_int_equal(x.next->flows.used, x.next->handover.flows);
		taken += x.next->handover.result == SCREEN_HANDOVER_TAKEN;
		believable(x.next);
		assert_int_equal(screen_engine_clear_flows(x.next, &all, &error), x.next->handover.flows);
		(void)screen_engine_clear_servers(x.next);
		memset(x.next->flows_memory, 0, x.next->flows_size);
		screen_flows_init(&x.next->flows, x.next->flows_memory, 1 << 10, (uint64_t[]){ 1, 2 });
		memset(&x.next->handover, 0, sizeof(x.next->handover));
		memcpy(x.bytes, x.good, x.size);
	}
	/* most of a flow may be anything */
	assert_in_range(taken, TURNS / 10, TURNS);
	fixture_free(&x);
}

static void file_of_another_boot_is_refused(void **state)
{
	struct fixture x = fixture_new();
	struct screen_handover_header *h = (void *)x.bytes;

	(void)state;
	h->boot[0] = h->boot[0] == '0' ? '1' : '0';
	handover_sign(x.bytes, x.size);
	assert_int_equal(refused(&x, x.size), SCREEN_HANDOVER_OTHER_BOOT);
	fixture_free(&x);
}

/* The machine may have been up for less than that. */
static void file_that_is_too_old_is_refused(void **state)
{
	const uint64_t life = SCREEN_HANDOVER_LIFE * 1000000000ull;
	struct fixture x = fixture_new();
	struct screen_handover_header *h = (void *)x.bytes;
	struct screen_handover_flow *flow = (void *)(x.bytes + sizeof(*h) +
						     sizeof(struct screen_handover_wire) +
						     sizeof(struct screen_handover_zone));
	struct screen_handover_server *server = (void *)(flow + FLOWS);

	(void)state;
	h->written_ns -= life + 1;
	for (int i = 0; i < FLOWS; i++)
		flow[i].created_s = flow[i].side[0].seen_s = flow[i].side[1].seen_s = 0;
	for (int i = 0; i < SERVERS; i++)
		server[i].seen_s = 0;
	handover_sign(x.bytes, x.size);
	assert_int_equal(refused(&x, x.size),
			 screen_now_ns() > life + 1 ? SCREEN_HANDOVER_OLD : SCREEN_HANDOVER_DAMAGED);
	fixture_free(&x);
}

static void file_that_others_could_have_written_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0620, 0604, 0602, 0660, 0666 };
	struct fixture x = fixture_new();
	char path[SCREEN_PATH_SIZE + 32], elsewhere[SCREEN_PATH_SIZE + 40];

	(void)state;
	screen_handover_path(x.next->options.state_dir, path);
	snprintf(elsewhere, sizeof(elsewhere), "%s.link", path);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		handover_write_file(x.next, x.good, x.size);
		assert_int_equal(chmod(path, modes[i]), 0);
		screen_handover_take(x.next);
		assert_int_equal(x.next->handover.result, SCREEN_HANDOVER_UNSAFE);
		assert_int_equal(x.next->flows.used, 0);
		assert_false(handover_file_is_there(x.next));
	}
	/* a link to a good one */
	handover_write_file(x.next, x.good, x.size);
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	screen_handover_take(x.next);
	assert_int_equal(x.next->handover.result, SCREEN_HANDOVER_UNSAFE);
	assert_int_equal(unlink(elsewhere), 0);
	if (geteuid() == 0) {
		handover_write_file(x.next, x.good, x.size);
		assert_int_equal(chown(path, 1, (gid_t)-1), 0);
		screen_handover_take(x.next);
		assert_int_equal(x.next->handover.result, SCREEN_HANDOVER_UNSAFE);
	}
	assert_int_equal(x.next->flows.used, 0);
	fixture_free(&x);
}

static void without_a_file_there_is_nothing_to_say(void **state)
{
	struct fixture x = fixture_new();

	(void)state;
	screen_handover_remove(x.next->options.state_dir);
	screen_handover_take(x.next);
	assert_int_equal(x.next->handover.result, SCREEN_HANDOVER_NONE);
	fixture_free(&x);
}

static void one_connection_twice_is_taken_once(void **state)
{
	struct fixture x = fixture_new();
	struct screen_handover_flow *flow = (void *)(x.bytes + sizeof(struct screen_handover_header) +
						     sizeof(struct screen_handover_wire) +
						     sizeof(struct screen_handover_zone));

	(void)state;
	flow[1] = flow[0];
	handover_sign(x.bytes, x.size);
	handover_write_file(x.next, x.bytes, x.size);
	screen_handover_take(x.next);
	assert_int_equal(x.next->handover.result, SCREEN_HANDOVER_TAKEN);
	assert_int_equal(x.next->handover.flows, FLOWS - 1);
	assert_int_equal(x.next->handover.left, 1);
	assert_int_equal(x.next->flows.used, FLOWS - 1);
	test_engine_destroy(x.next);
	free(x.good);
	free(x.bytes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_of_any_bit_is_refused),
		cmocka_unit_test(file_of_any_other_length_is_refused),
		cmocka_unit_test(values_out_of_range_are_refused_under_a_right_digest),
		cmocka_unit_test(random_values_under_a_right_digest_do_no_harm),
		cmocka_unit_test(file_of_another_boot_is_refused),
		cmocka_unit_test(file_that_is_too_old_is_refused),
		cmocka_unit_test(file_that_others_could_have_written_is_refused),
		cmocka_unit_test(without_a_file_there_is_nothing_to_say),
		cmocka_unit_test(one_connection_twice_is_taken_once),
	};

	return RUN(tests);
}
