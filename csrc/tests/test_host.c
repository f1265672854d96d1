/* Host ports: what comes by the rings is answered or dropped, never forwarded, and tracked nowhere. */
#include "script.h"

#define OPTIONS "mss 1400 sack ts 100 0 nop ws 10"

/* Port 0 is the machine's own. */
static void host_port(struct world *w, enum screen_admission admission)
{
	w->context.validated = w->validated;
	w->policy.port[0] = (struct screen_port_policy){
		.used = 1, .host = 1, .peer = SCREEN_SLOT_NONE, .profile = 0,
		.admission = (uint8_t)admission,
	};
	w->syn_ring = true;
}

static void challenged_for_the_kernel(struct world *w, struct script *s)
{
	host_port(w, SCREEN_ADMISSION_KERNEL);
	SCRIPT(s, "< S seq C win 64000 " OPTIONS " -> reply_challenge"
	       " = SA seq K ack C+1 mss M sack ts T 100 nop ws 7");
	assert_int_equal(w->flows.used, 0);
	assert_int_equal(w->meters->zone[0].challenged, 1);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 1);
	assert_true(w->meters->zone[0].flood_last_ns == w->context.now_ns);
}

static void host_syn_is_challenged_below_any_threshold(void **state)
{
	(void)state;
	script_everywhere(challenged_for_the_kernel);
}

/* What the kernel could not admit comes by the other ring. */
static void challenged_safely(struct world *w, struct script *s)
{
	host_port(w, SCREEN_ADMISSION_KERNEL);
	w->syn_ring = false;
	SCRIPT(s, "< S seq C win 64000 " OPTIONS " -> reply_challenge = A seq N ack V",
	       "< R seq V+1 -> drop_cookie_invalid", "< R seq V bad -> drop_cookie_invalid",
	       "< R seq V -> drop_validated");
	assert_int_equal(w->validated->count[SCREEN_VALIDATED_INSERTED], 1);
	assert_int_equal(w->flows.used, 0);
}

static void host_syn_of_the_other_ring_is_challenged_by_a_safe_reset(void **state)
{
	(void)state;
	script_everywhere(challenged_safely);
}

static void resetting(struct world *w, struct script *s)
{
	host_port(w, SCREEN_ADMISSION_RESET);
	SCRIPT(s, "< S seq C win 64000 " OPTIONS " -> reply_challenge"
	       " = SA seq K ack C+1 mss M sack ts T 100 nop ws 7");
	w->syn_ring = false;
	SCRIPT(s, "< A seq C+1 ack K win 500 ts 105 T -> drop_cookie_invalid",
	       "< A seq C+1 ack K+1 win 500 ts 105 T -> reply_reset = R seq K+1 ack 0 win 0");
	assert_int_equal(w->validated->count[SCREEN_VALIDATED_INSERTED], 1);
	assert_int_equal(w->meters->zone[0].cookies_valid, 1);
	assert_int_equal(w->meters->zone[0].cookies_invalid, 1);
	assert_int_equal(w->flows.used, 0);
}

static void host_client_is_reset_and_validated(void **state)
{
	(void)state;
	script_everywhere(resetting);
}

/* Also in the learning period, in which wires let unknown segments pass. */
static void nothing_of_a_host_port_is_forwarded(void **state)
{
	struct world *w = world_new(4, 0);
	struct random r = { 77 };

	(void)state;
	host_port(w, SCREEN_ADMISSION_RESET);
	w->context.learning_until_ns = UINT64_MAX;
	w->context.learning_rate = UINT32_MAX;
	for (int i = 0; i < 20000; i++) {
		struct frame_spec f = w->client;
		uint8_t data[FRAME_MAX];

		f.sport = (uint16_t)random_32(&r);
		f.flags = (uint8_t)random_32(&r);
		f.seq = random_32(&r);
		f.ack = random_32(&r);
		w->syn_ring = random_32(&r) & 1;
		(void)world_decide(w, data, frame_build(data, &f), 0);
		assert_int_not_equal(w->d.verdict, SCREEN_FORWARD);
		assert_int_not_equal(w->d.verdict, SCREEN_HOLD);
	}
	assert_int_equal(w->flows.used, 0);
	world_free(w);
}

static void host_port_whose_zone_lost_its_screen_drops(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	host_port(w, SCREEN_ADMISSION_KERNEL);
	w->policy.port[0].profile = SCREEN_NONE;
	SCRIPT(&s, "< S seq C mss 1460 -> drop_no_peer", "< A seq C ack S -> drop_no_peer");
	world_free(w);
}

/* The listener's own window is not exceeded, and it has what it promised itself. */
static void challenge_of_a_host_port_promises_what_its_listener_does(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	struct screen_server_profile said = {
		.mss = 1460, .window = 5840, .wscale = 3,
		.known = SCREEN_SERVER_MSS | SCREEN_SERVER_WINDOW | SCREEN_SERVER_WSCALE |
			 SCREEN_SERVER_TIMESTAMPS | SCREEN_SERVER_SACK,
		.has = SCREEN_SERVER_WSCALE | SCREEN_SERVER_TIMESTAMPS,
	};
	uint8_t address[16] = { [10] = 0xff, [11] = 0xff };
	uint64_t hash;
	uint32_t at;

	(void)state;
	host_port(w, SCREEN_ADMISSION_KERNEL);
	w->policy.servers_count = 0;
	memcpy(address + 12, w->client.destination, 4);
	hash = screen_meters_server(w->meters, 0, address, 443);
	at = screen_server_make(&w->meters->servers, hash, address, 443, 1000);
	screen_server_learn(&w->meters->servers.server[at], said, 1000);
	SCRIPT(&s, "< S seq C win 64000 " OPTIONS " -> reply_challenge"
	       " = SA seq K ack C+1 win 5840 mss 1460 nop nop ts T 100 nop ws 3");
	world_free(w);
}

/* What was learned of a listener, or is assumed of it, the machine may not do any more. */
static void challenge_of_a_host_port_promises_nothing_that_the_machine_lacks(void **state)
{
	static const struct { uint32_t lacks; const char *says; } row[] = {
		{ 0, "mss M sack ts T 100 nop ws 7" },
		{ SCREEN_SERVER_SACK, "mss M nop nop ts T 100 nop ws 7" },
		{ SCREEN_SERVER_WSCALE, "mss M sack ts T 100" },
		{ SCREEN_SERVER_TIMESTAMPS, "mss M" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct world *w = world_new(4, 0);
		struct script s = script_new(w);
		char line[160];

		host_port(w, SCREEN_ADMISSION_KERNEL);
		w->meters->host_lacks = row[i].lacks;
		snprintf(line, sizeof(line), "< S seq C win 64000 " OPTIONS " -> reply_challenge"
			 " = SA seq K ack C+1 %s", row[i].says);
		SCRIPT(&s, line);
		world_free(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_syn_is_challenged_below_any_threshold),
		cmocka_unit_test(host_syn_of_the_other_ring_is_challenged_by_a_safe_reset),
		cmocka_unit_test(host_client_is_reset_and_validated),
		cmocka_unit_test(nothing_of_a_host_port_is_forwarded),
		cmocka_unit_test(host_port_whose_zone_lost_its_screen_drops),
		cmocka_unit_test(challenge_of_a_host_port_promises_what_its_listener_does),
		cmocka_unit_test(challenge_of_a_host_port_promises_nothing_that_the_machine_lacks),
	};

	return RUN(tests);
}
