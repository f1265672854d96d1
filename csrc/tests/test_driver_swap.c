/*
 * Keys and policy are swapped while SYNs are answered: each challenge is of one policy alone, and of an
 * epoch, with the key of that epoch, that was published while it was made.
 */
#include "run.h"

#include <pthread.h>

#include "twins_frame.h"

enum { RUN_MS = 3000, CHALLENGES_MIN = 2000, SWAPS_MIN = 10, THRESHOLD = 5, FIRST_EPOCH = 100 };

/* What each of the two zones' servers promises. */
static const uint16_t promised[2] = { 1111, 1222 };

struct swap {
	struct twins *t;
	struct frame_spec syn;
	uint64_t hash[2]; /* of its destination in each zone */
	/* no epoch before `oldest` is there any more, and none after `newest` yet */
	_Atomic uint64_t oldest, newest;
	_Atomic uint32_t policies, stop;
	uint64_t challenges[2];
};

/* Every other one mints in the epoch before. */
static uint64_t mint_epoch(uint64_t check_epoch)
{
	return check_epoch - check_epoch % 2;
}

static void publish_keys(struct swap *s, uint64_t epoch)
{
	struct screen_host_keys k = { .check_epoch = epoch, .mint_epoch = mint_epoch(epoch),
				      .valid_until_ns = TWINS_NEVER_NS, .mint_until_ns = TWINS_NEVER_NS };

	for (uint32_t zone = 0; zone < 2; zone++) {
		k.zone[zone].current = world_key(epoch, zone);
		k.zone[zone].previous = world_key(epoch - 1, zone);
	}
	atomic_store(&s->newest, epoch);
	assert_int_equal(screen_hostmaps_swap(s->t->e->host.keys, &k, sizeof(k)), 0);
	atomic_store(&s->oldest, epoch);
}

/* The port is in the one zone or the other. */
static void publish_policy(struct swap *s, uint32_t zone)
{
	struct screen_host_policy p = s->t->e->host.policy;

	p.offload.generation = 1 + zone;
	p.offload.port[0].zone = (uint16_t)zone;
	assert_int_equal(screen_hostmaps_swap(s->t->e->host.policies, &p, sizeof(p)), 0);
}

static void *swap_keys(void *data)
{
	struct swap *s = data;

	for (uint64_t epoch = FIRST_EPOCH + 1; !atomic_load(&s->stop); epoch++)
		publish_keys(s, epoch);
	return NULL;
}

static void *swap_policies(void *data)
{
	struct swap *s = data;

	while (!atomic_load(&s->stop))
		publish_policy(s, atomic_fetch_add(&s->policies, 1) % 2);
	return NULL;
}

/* The destination floods in both zones, and is let to the driver by the policy of each. */
static void keep_let(struct swap *s, uint32_t now_s)
{
	struct screen_meters *m = s->t->both->meters;

	for (uint32_t zone = 0; zone < 2; zone++) {
		const struct screen_server_profile promise = { .mss = promised[zone], .window = 1000 };
		const uint8_t address[16] = { (uint8_t)zone };
		uint32_t at = screen_victim_make(&m->victims, s->hash[zone], address, zone << 16, 1);
		uint64_t offer;

		memcpy(&offer, &promise, sizeof(offer));
		assert_int_not_equal(at, SCREEN_VICTIM_NONE);
		screen_victim_let(&m->victims.victim[at], offer, 1 + zone, now_s);
		while (screen_sketch_estimate(&m->attack, s->hash[zone], now_s) < THRESHOLD)
			(void)screen_sketch_meter(&m->attack, s->hash[zone], now_s, THRESHOLD, 0);
	}
}

/* Whether the challenge is the policy's of a zone, in one of the epochs. */
static bool made_in(const struct swap *s, const struct screen_packet *p, uint32_t zone, uint64_t oldest,
		    uint64_t newest)
{
	struct screen_agreed none = { .mss = 1460, .client_wscale = SCREEN_WSCALE_NONE,
				      .our_wscale = SCREEN_WSCALE_NONE };
	struct screen_tuple tuple = { .sport = s->syn.sport, .dport = s->syn.dport, .family = 4 };

	memcpy(tuple.source, s->syn.source, 4);
	memcpy(tuple.destination, s->syn.destination, 4);
	for (uint64_t epoch = oldest; epoch <= newest; epoch++) {
		struct screen_cookie_key key = world_key(mint_epoch(epoch), zone);

		if (screen_cookie_mint(&key, mint_epoch(epoch), &tuple, s->syn.seq, &none).isn == p->seq)
			return true;
	}
	return false;
}

static void send_one(struct swap *s)
{
	const struct world_frame *out = &s->t->out;
	uint64_t oldest = atomic_load(&s->oldest);
	struct screen_options o;
	uint8_t data[FRAME_MAX];
	struct screen_packet p;
	uint32_t length, zone;

	s->syn.seq = random_32(&s->t->core->random);
	s->syn.sport = (uint16_t)random_32(&s->t->core->random);
	length = frame_build(data, &s->syn);
	if (twins_shim(s->t, data, length, 0) != SCREEN_SHIM_CHALLENGED)
		return;
	assert_int_equal(screen_parse(out->data, out->data + out->length, &p), SCREEN_KIND_TCP);
	screen_options_walk(out->data + p.l4 + 20, screen_packet_options_length(&p), &o);
	zone = o.mss == promised[1];
	assert_int_equal(o.mss, promised[zone]);
	assert_true(made_in(s, &p, zone, oldest, atomic_load(&s->newest)));
	s->challenges[zone]++;
}

static void begin(struct swap *s)
{
	struct world *w = s->t->core;
	struct screen_port_policy *port = &w->policy.port[0];
	uint8_t address[16] = { [10] = 0xff, 0xff };

	w->policy.profile[0].attack_threshold = w->policy.profile[0].alarm_threshold = THRESHOLD;
	twins_policy(s->t);
	s->syn = w->client;
	s->syn.flags = SCREEN_TCP_SYN;
	s->syn.options_length = 4;
	memcpy(s->syn.options, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	memcpy(address + 12, s->syn.destination, 4);
	for (uint16_t zone = 0; zone < 2; zone++)
		s->hash[zone] = screen_meters_server(s->t->both->meters, zone, address, s->syn.dport);
	assert_int_equal(port->zone, 0);
	publish_keys(s, FIRST_EPOCH);
}

static void challenges_are_of_one_policy_and_one_keyset_while_both_are_swapped(void **state)
{
	struct swap s = { .t = twins_new(4, 0) };
	pthread_t keys, policies;
	uint64_t end;

	(void)state;
	begin(&s);
	assert_int_equal(pthread_create(&keys, NULL, swap_keys, &s), 0);
	assert_int_equal(pthread_create(&policies, NULL, swap_policies, &s), 0);
	for (end = twins_now() + RUN_MS * 1000000ull; twins_now() < end;) {
		keep_let(&s, (uint32_t)(twins_now() / TWINS_SECOND_NS));
		send_one(&s);
	}
	atomic_store(&s.stop, 1);
	pthread_join(keys, NULL);
	pthread_join(policies, NULL);
	print_message("%llu and %llu challenges, %llu keysets, %u policies\n",
		      (unsigned long long)s.challenges[0], (unsigned long long)s.challenges[1],
		      (unsigned long long)(atomic_load(&s.newest) - FIRST_EPOCH), atomic_load(&s.policies));
	assert_in_range(s.challenges[0], CHALLENGES_MIN, UINT32_MAX);
	assert_in_range(s.challenges[1], CHALLENGES_MIN, UINT32_MAX);
	assert_in_range(atomic_load(&s.newest) - FIRST_EPOCH, SWAPS_MIN, UINT32_MAX);
	assert_in_range(atomic_load(&s.policies), SWAPS_MIN, UINT32_MAX);
	twins_free(s.t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges_are_of_one_policy_and_one_keyset_while_both_are_swapped),
	};

	return RUN(tests);
}
