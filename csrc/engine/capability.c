#include "capability.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "checksum.h"
#include "faults.h"
#include "netlink.h"
#include "proof.h"
#include "splice.h"
#include "symmetry.h"
#include "worker.h"

enum { PROBE_WAIT_MS = 1000, PROBE_STEP_MS = 1 };

/* One row of testdata/vectors/cookie-v1.tsv, all of master key 00 01 .. 1f and zone "untrust". */
struct known {
	uint64_t epoch;
	uint8_t source[16], destination[16];
	uint32_t client_isn;
	struct screen_agreed agreed;
	struct screen_cookie cookie;
	uint8_t family;
};

static const struct known KNOWN[] = {
	{
		.family = 4,
		.epoch = 41,
		.source = { 198, 51, 100, 7 },
		.destination = { 203, 0, 113, 1 },
		.client_isn = 0x11223344,
		.agreed = { .mss = 1460, .client_wscale = 15, .our_wscale = 15 },
		.cookie = { .isn = 0xf719f2c7 },
	},
	{
		.family = 4,
		.epoch = 41,
		.source = { 198, 51, 100, 7 },
		.destination = { 203, 0, 113, 1 },
		.client_isn = 0x11223344,
		.agreed = { .mss = 536, .client_wscale = 7, .our_wscale = 10, .timestamps = true,
			    .sack = true },
		.cookie = { .isn = 0x23cf464c, .tsval = 0xb0925297 },
	},
	{
		.family = 6,
		.epoch = 8589934592,
		.source = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 },
		.destination = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 },
		.client_isn = 0xfffffffe,
		.agreed = { .mss = 1440, .client_wscale = 0, .our_wscale = 14, .timestamps = true },
		.cookie = { .isn = 0x31b9b8d2, .tsval = 0xe1595780 },
	},
};

enum { KNOWN_COUNT = sizeof(KNOWN) / sizeof(KNOWN[0]) };

static struct screen_tuple known_tuple(const struct known *k)
{
	struct screen_tuple t = { .sport = 40000, .dport = 443, .family = k->family };

	memcpy(t.source, k->source, 16);
	memcpy(t.destination, k->destination, 16);
	return t;
}

int screen_capability_row(const struct screen_capabilities *c, const char *ifname)
{
	for (uint32_t i = 0; i < c->ports_count; i++)
		if (strcmp(c->ports[i].ifname, ifname) == 0)
			return (int)i;
	return -1;
}

/* ---- cookies: known answers, by the scalar code and by each codec that this processor has --- */

/* A keyset in which the known answers' zone has index 0. */
static struct screen_keyset *known_keyset(void)
{
	struct screen_keyset *k = calloc(1, sizeof(*k));

	if (k)
		k->zones = 1;
	return k;
}

static void known_epoch(struct screen_keyset *k, uint64_t epoch)
{
	uint8_t master[SCREEN_MASTER_SIZE];

	for (uint8_t i = 0; i < SCREEN_MASTER_SIZE; i++)
		master[i] = i;
	k->check_epoch = k->mint_epoch = epoch;
	screen_keyring_derive(master, "untrust", epoch, &k->zone[0].current);
	screen_keyring_derive(master, "untrust", epoch - 1, &k->zone[0].previous);
}

/* Room for a burst, which a stack has no place for. */
struct bench {
	struct screen_lanes lanes;
	struct screen_mint mints[SCREEN_CODEC_BURST];
	struct screen_check checks[SCREEN_CODEC_BURST];
};

static bool mints(const struct screen_codec *codec, struct bench *b, struct screen_keyset *keyset,
		  const struct known *k)
{
	known_epoch(keyset, k->epoch);
	for (int i = 0; i < SCREEN_CODEC_BURST; i++)
		b->mints[i] = (struct screen_mint){ .tuple = known_tuple(k),
						    .client_isn = k->client_isn,
						    .agreed = k->agreed };
	screen_codec_mint(codec, &b->lanes, keyset, 0, b->mints, SCREEN_CODEC_BURST);
	for (int i = 0; i < SCREEN_CODEC_BURST; i++) {
		struct screen_cookie c = b->mints[i].cookie;

		if (screen_fault(SCREEN_FAULT_MINT))
			c.isn ^= 1;
		if (c.isn != k->cookie.isn || c.tsval != k->cookie.tsval)
			return false;
	}
	return true;
}

/* Whether all of a burst say that the known cookie is valid (or not) when `age` epochs old, its ISN
 * changed by the low half of `flip`, its TSval by the upper. */
static bool checks(const struct screen_codec *codec, struct bench *b, struct screen_keyset *keyset,
		   const struct known *k, uint64_t age, uint64_t flip, bool want)
{
	known_epoch(keyset, k->epoch + age);
	for (int i = 0; i < SCREEN_CODEC_BURST; i++)
		b->checks[i] = (struct screen_check){ .tuple = known_tuple(k),
						      .seq = k->client_isn + 1,
						      .ack = (k->cookie.isn ^ (uint32_t)flip) + 1,
						      .tsecr = k->cookie.tsval ^
							       (uint32_t)(flip >> 32),
						      .timestamps = k->agreed.timestamps };
	screen_codec_check(codec, &b->lanes, keyset, 0, b->checks, SCREEN_CODEC_BURST);
	for (int i = 0; i < SCREEN_CODEC_BURST; i++) {
		const struct screen_check *c = &b->checks[i];

		if ((c->valid != screen_fault(SCREEN_FAULT_CHECK)) != want)
			return false;
		if (want && (c->epoch != k->epoch || c->agreed.mss != k->agreed.mss ||
			     c->agreed.client_wscale != k->agreed.client_wscale ||
			     c->agreed.our_wscale != k->agreed.our_wscale ||
			     c->agreed.sack != k->agreed.sack))
			return false;
	}
	return true;
}

static void prove_codec(const struct screen_codec *codec, struct bench *b,
			struct screen_keyset *keyset, struct screen_proof *mint,
			struct screen_proof *validate)
{
	for (int i = 0; i < KNOWN_COUNT; i++) {
		const struct known *k = &KNOWN[i];

		/* the first failure is the one that is told */
		if (mint->answer == SCREEN_YES && !mints(codec, b, keyset, k))
			screen_proof_set(mint, SCREEN_NO, "known answer %d is minted wrongly by the %s "
				 "codec", i, codec->name);
		if (validate->answer != SCREEN_YES)
			continue;
		if (!checks(codec, b, keyset, k, 0, 0, true) ||
		    !checks(codec, b, keyset, k, 1, 0, true))
			screen_proof_set(validate, SCREEN_NO, "known answer %d is refused by the %s codec",
				 i, codec->name);
		else if (!checks(codec, b, keyset, k, 2, 0, false) ||
		    !checks(codec, b, keyset, k, 0, 1, false) ||
		    !checks(codec, b, keyset, k, 0, 1u << 31, false) ||
		    (k->agreed.timestamps && (!checks(codec, b, keyset, k, 0, 1ull << 63, false) ||
					      !checks(codec, b, keyset, k, 0, 1ull << 42, false))))
			screen_proof_set(validate, SCREEN_NO, "known answer %d is accepted by the %s codec "
				 "when it is two epochs old or changed", i, codec->name);
	}
}

static void prove_cookies(struct screen_proof *mint, struct screen_proof *validate)
{
	struct bench *b = aligned_alloc(_Alignof(struct bench), sizeof(*b));
	struct screen_keyset *keyset = known_keyset();

	screen_proof_yes(mint);
	screen_proof_yes(validate);
	for (int i = 0; b && keyset && i < SCREEN_CODECS; i++)
		if (screen_codecs[i].available())
			prove_codec(&screen_codecs[i], b, keyset, mint, validate);
	if (!b || !keyset) {
		screen_proof_set(mint, SCREEN_UNKNOWN, "no memory");
		screen_proof_set(validate, SCREEN_UNKNOWN, "no memory");
	}
	free(b);
	free(keyset);
}

/* A segment of the server's, as the client must see it; and back. */
static void prove_splice(struct screen_proof *p)
{
	static const uint8_t frame[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	struct screen_flow f = { .cookie_isn = 0xfffffff0, .server_isn = 0x10, .ts_delta = 1000,
				 .client_wscale = 7, .our_wscale = 7, .server_wscale = 9,
				 .server_flags = SCREEN_HAS_TIMESTAMPS | SCREEN_HAS_SACK_OK };
	struct screen_segment s = { .seq = 0x11, .ack = 0x55, .flags = SCREEN_TCP_ACK,
				    .window = 3 };
	uint8_t from[SCREEN_SYNTHETIC_MAX] = { 0 }, data[SCREEN_SYNTHETIC_MAX] = { 0 };
	struct screen_packet q = { .l3 = 14, .family = 4, .sport = 443, .dport = 40000 };
	struct screen_options o;
	uint32_t length;

	memcpy(from, frame, sizeof(frame));
	from[14] = 0x45;
	s.options_length = screen_reply_timestamps(s.options, 7, 9);
	length = screen_reply_onward(data, from, &q, &s);
	if (screen_parse(data, data + length, &q) != SCREEN_KIND_TCP)
		return screen_proof_set(p, SCREEN_NO, "a segment written by the engine does not parse");
	screen_options_walk(data + q.l4 + 20, screen_packet_options_length(&q), &o);
	screen_splice_translate(&f, SCREEN_TO_CLIENT, data, &q, &o);
	(void)screen_parse(data, data + length, &q);
	screen_options_walk(data + q.l4 + 20, screen_packet_options_length(&q), &o);
	if (q.seq != 0xfffffff1 || q.ack != 0x55 || o.tsval != 1007 || q.window != 12 ||
	    !screen_checksum_ok(data, &q))
		return screen_proof_set(p, SCREEN_NO, "the known segment is translated wrongly");
	screen_proof_yes(p);
}

static void prove_keyset(const struct screen_engine *engine, struct screen_proof *p)
{
	if (!engine->keyset)
		return screen_proof_set(p, SCREEN_NO, "no keyset is published: no configuration has "
				"named a master key that can be read");
	if (engine->keyset_late)
		return screen_proof_set(p, SCREEN_NO, "the keyset of this epoch could not be made: %s "
				"cannot be written, or no memory can be locked",
				engine->options.state_dir);
	screen_proof_yes(p);
}

void screen_capability_prove_core(const struct screen_engine *engine,
				  struct screen_capabilities *c)
{
	prove_cookies(&c->mint, &c->validate);
	prove_splice(&c->splice);
	prove_keyset(engine, &c->keyset);
}

/* ---- symmetry ------------------------------------------------------------------------------ */

static void prove_zone(struct screen_zone_meter *z, struct screen_zone_proof *proof)
{
	uint32_t now_s = (uint32_t)(screen_now_ns() / 1000000000u);

	switch (screen_symmetry(z, now_s)) {
	case SCREEN_SYMMETRY_ONE_WAY:
		return screen_proof_set(&proof->splice, SCREEN_NO,
				"of the last %u connections not one answer of a server came by: they "
				"go back another way", screen_symmetry_count(&z->one_way, now_s));
	case SCREEN_SYMMETRY_BOTH:
	case SCREEN_SYMMETRY_PARTLY:
		return screen_proof_yes(&proof->splice);
	case SCREEN_SYMMETRY_UNKNOWN:
	default:
		return screen_proof_set(&proof->splice, SCREEN_UNKNOWN,
				"no connection has shown yet whether both directions come by");
	}
}

/* Whether connections of a zone's clients go through wires. */
static bool has_wire(const struct screen_snapshot *s, uint32_t zone)
{
	for (uint32_t i = 0; i < s->header->ports.count; i++)
		if (s->ports[i].zone == zone && s->ports[i].wire != SCREEN_NONE)
			return true;
	return false;
}

void screen_capability_prove_zones(const struct screen_engine *engine,
				   const struct screen_config *config,
				   struct screen_capabilities *c)
{
	const struct screen_snapshot *s = &config->snapshot;

	c->zones_count = 0;
	for (uint32_t i = 0; i < s->header->zones.count; i++) {
		struct screen_zone_proof *proof = &c->zones[c->zones_count];

		if (s->zones[i].profile == SCREEN_NONE || !has_wire(s, i))
			continue;
		c->zones_count++;
		screen_text_copy(proof->name, sizeof(proof->name), s->zones[i].name);
		prove_zone(&engine->meters->zone[config->zone_id[i]], proof);
	}
}

/* ---- transmission -------------------------------------------------------------------------- */

static uint32_t wait_for_queue(struct screen_queue *q)
{
	const struct timespec step = { .tv_nsec = PROBE_STEP_MS * 1000000L };
	uint32_t probe = SCREEN_PROBE_IDLE;

	for (int i = 0; i < PROBE_WAIT_MS; i += PROBE_STEP_MS) {
		probe = atomic_load_explicit(&q->probe, memory_order_acquire);
		if (probe == SCREEN_PROBE_DONE)
			break;
		nanosleep(&step, NULL);
	}
	return probe;
}

void screen_capability_prove_tx(struct screen_engine *engine, struct screen_port *port,
				struct screen_proof *proof)
{
	struct screen_link link;

	if (screen_netlink_link_by_index(port->ifindex, &link))
		return screen_proof_set(proof, SCREEN_NO, "the interface is gone");
	/* without carrier a frame completes that nobody has sent */
	if (!link.carrier)
		return screen_proof_set(proof, SCREEN_UNKNOWN, "%s has no link", port->ifname);
	for (uint32_t i = 0; i < port->queues_count; i++) {
		struct screen_queue *q = &port->queues[i];
		uint32_t probe;
		int failed;

		atomic_store_explicit(&q->probe_error, 0, memory_order_relaxed);
		atomic_store(&q->probe, screen_fault_of(engine, port, SCREEN_FAULT_TX) ? SCREEN_PROBE_SENT :
								  SCREEN_PROBE_ASKED);
		screen_worker_wake(engine->workers[i]);
		probe = wait_for_queue(q);
		failed = atomic_load_explicit(&q->probe_error, memory_order_relaxed);
		atomic_store_explicit(&q->probe, SCREEN_PROBE_IDLE, memory_order_release);
		if (failed)
			return screen_proof_set(proof, SCREEN_NO, "queue %u of %s: the kernel refuses to "
					"send: %s", i, port->ifname, strerror(-failed));
		if (probe != SCREEN_PROBE_DONE)
			return screen_proof_set(proof, SCREEN_NO, "queue %u of %s: a probe frame did not "
					"complete within %d ms", i, port->ifname, PROBE_WAIT_MS);
	}
	if (screen_netlink_link_by_index(port->ifindex, &link) || !link.carrier)
		return screen_proof_set(proof, SCREEN_UNKNOWN, "%s lost its link meanwhile", port->ifname);
	screen_proof_yes(proof);
}
