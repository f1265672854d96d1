/* What may answer a challenge: forged, old, of other keys, or valid. */
#pragma once

#include "twins_frame.h"

/* A client that no flow is of. */
static inline struct frame_spec stranger(struct twins *t, uint8_t flags)
{
	struct frame_spec f = t->core->client;

	f.sport = (uint16_t)(1024 + random_below(&t->core->random, 60000));
	f.seq = random_32(&t->core->random);
	f.ack = random_32(&t->core->random);
	f.flags = flags;
	return f;
}

/* An answer to a challenge of an epoch; zone 7's keys are those of the other master key. */
static inline struct frame_spec answer_of(struct twins *t, uint64_t epoch, uint64_t zone, uint8_t as)
{
	struct screen_agreed none = { .mss = 1460, .client_wscale = SCREEN_WSCALE_NONE,
				      .our_wscale = SCREEN_WSCALE_NONE };
	struct screen_cookie_key key = world_key(epoch, zone);
	struct frame_spec f = stranger(t, as);
	struct screen_tuple tuple = { .sport = f.sport, .dport = f.dport, .family = f.family };

	memcpy(tuple.source, f.source, f.family == 4 ? 4 : 16);
	memcpy(tuple.destination, f.destination, f.family == 4 ? 4 : 16);
	f.ack = screen_cookie_mint(&key, epoch, &tuple, f.seq - 1, &none).isn + 1;
	if (as == SCREEN_TCP_RST)
		f.seq = screen_cookie_safe_reset(&key, epoch, &tuple, f.seq);
	return f;
}

static inline void send_answer(struct twins *t, uint64_t epoch, uint64_t zone, uint8_t as)
{
	struct frame_spec f = answer_of(t, epoch, zone, as);

	(void)twins_send(t, &f, 0);
}

/* The other master key is accepted, too. */
static inline void other_keys(struct twins *t)
{
	struct screen_keyset *k = &t->core->keyset;

	k->accepts_other = true;
	k->other_epoch = 900;
	k->other[0].current = world_key(900, 7);
	k->other[0].previous = world_key(899, 7);
	twins_keys(t, TWINS_NEVER_NS, TWINS_NEVER_NS);
}

/* What the shim does with a frame that the engine is too busy to look at. */
static inline uint32_t at_once(struct twins *t, const struct frame_spec *f)
{
	uint8_t data[FRAME_MAX];

	return twins_shim(t, data, frame_build(data, f), 0);
}
