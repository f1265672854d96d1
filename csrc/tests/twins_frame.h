/* Frames for the twins: what a description of a frame cannot say, and how it is sent. */
#pragma once

#include "twins_state.h"

/* What is done to a frame when it has been built. */
enum damage {
	DAMAGE_NONE,
	DAMAGE_SUM,	     /* of TCP */
	DAMAGE_PARTIAL,	     /* of TCP: the bare pseudo-header's, as a local stack leaves it */
	DAMAGE_IP_SUM,	     /* IPv4's header */
	DAMAGE_GROUP_MAC,    /* it comes from a group */
	DAMAGE_GROUP_SOURCE, /* likewise, by its IP address */
	DAMAGE_NO_SOURCE,    /* or from no address */
	DAMAGE_SAME_ENDS,    /* it comes from whom it goes to */
	DAMAGE_RESERVED,     /* a reserved flag is set */
	DAMAGES,
};

/* The pseudo-header's sum, not complemented. */
static inline uint16_t partial_sum(const uint8_t *data, const struct screen_packet *p)
{
	uint32_t length = (uint32_t)p->end - p->l4, size = p->family == 4 ? 8 : 32;
	const uint8_t last[4] = { (uint8_t)(length >> 8), (uint8_t)length, 0, 6 };

	return (uint16_t)frame_sum(last, 4, frame_sum(data + p->l3 + (p->family == 4 ? 12 : 8), size, 0));
}

/* Before it is built. */
static inline void damage_ends(struct frame_spec *f, enum damage damage)
{
	uint32_t size = f->family == 4 ? 4 : 16;

	if (damage == DAMAGE_GROUP_MAC)
		f->source_mac[0] |= 1;
	if (damage == DAMAGE_GROUP_SOURCE)
		f->source[0] = f->family == 4 ? 224 : 0xff;
	if (damage == DAMAGE_NO_SOURCE)
		memset(f->source, 0, size);
	if (damage == DAMAGE_SAME_ENDS)
		memcpy(f->source, f->destination, size);
}

/* And afterwards. */
static inline void damage_bytes(uint8_t *data, uint32_t length, enum damage damage)
{
	struct screen_packet p;

	if (screen_parse(data, data + length, &p) != SCREEN_KIND_TCP)
		return;
	if (damage == DAMAGE_SUM)
		data[p.l4 + 17] ^= 0x10;
	if (damage == DAMAGE_PARTIAL)
		frame_put16(data + p.l4 + 16, partial_sum(data, &p));
	if (damage == DAMAGE_IP_SUM && p.family == 4)
		data[p.l3 + 11] ^= 1;
	if (damage == DAMAGE_RESERVED) {
		data[p.l4 + 12] |= 1;
		frame_write_tcp_checksum(data, &p);
	}
}

static inline enum screen_reason twins_damaged(struct twins *t, const struct frame_spec *spec,
					       enum damage damage, uint8_t slot)
{
	struct frame_spec f = *spec;
	uint8_t data[FRAME_MAX];
	uint32_t length;

	damage_ends(&f, damage);
	length = frame_build(data, &f);
	damage_bytes(data, length, damage);
	return twins_decide(t, data, length, slot);
}

static inline enum screen_reason twins_send(struct twins *t, const struct frame_spec *f, uint8_t slot)
{
	return twins_damaged(t, f, DAMAGE_NONE, slot);
}

/* A SYN of the client, but from a random source. */
static inline enum screen_reason twins_spoofed_syn(struct twins *t)
{
	struct frame_spec f = t->core->client;
	struct random *r = &t->core->random;

	random_bytes(r, f.source + 1, 3);
	f.sport = (uint16_t)random_32(r);
	f.seq = random_32(r);
	f.flags = SCREEN_TCP_SYN;
	f.options_length = 4;
	memcpy(f.options, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	return twins_send(t, &f, 0);
}

/* Waits until there is time enough in this second for what a test does in one. */
static inline void twins_early(void)
{
	while (twins_now() % TWINS_SECOND_NS > TWINS_SECOND_NS / 10 * 7)
		usleep(1000);
}

/* Floods the client's destination, until the shim answers in this second. */
static inline void twins_flood(struct twins *t)
{
	twins_early();
	for (int i = 0; i < 10000; i++) {
		(void)twins_spoofed_syn(t);
		if (t->by_shim)
			return;
	}
	fail_msg("the shim does not answer");
}

/* What became of the last frame, and by whom. */
static inline void twins_expect(const struct twins *t, const char *what, const char *reason, bool by_shim)
{
	const struct frame_spec *c = &t->core->client;
	const char *got = screen_reason_name(t->core->d.reason);

	if (strcmp(got, reason) != 0 || t->by_shim != by_shim)
		fail_msg("IPv%u, %u tags, %s: %s by the %s", c->family, c->tags, what, got,
			 t->by_shim ? "shim" : "engine");
}

/* Runs a test's body for both families and 0 to 2 tags, in calm each time. */
static inline void twins_everywhere(struct twins *t, void (*body)(struct twins *t))
{
	for (int i = 0; i < 6; i++) {
		twins_forget(t);
		world_family(t->core, i & 1 ? 6 : 4, (uint8_t)(i / 2));
		body(t);
		twins_same_state(t);
	}
}
