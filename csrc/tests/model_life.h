/*
 * The life of a modelled connection, and what its two ends say: data and old data, acknowledgements, SACK,
 * keepalives, FIN and RST, with options at every alignment. Nothing here knows of 32 bits.
 */
#pragma once

#include "model.h"
#include "world.h"

enum { FLIGHT = 8, LIFE_MAX = 1000, EARLY_MAX = 4, STEP_MAX = 1 << 22, BODY_MAX = 1400 };

struct end {
	uint64_t next, clock; /* of its stream and its clock */
	uint64_t acked;	      /* of the other's stream */
	bool closed;
};

struct life {
	struct world *w;
	struct random *r;
	struct model m;
	struct end end[2];
	struct model_segment flight[FLIGHT];
	uint32_t in_flight, early;
	uint32_t tick; /* how far the server's clock goes, at most, from segment to segment */
	struct model_segment first[EARLY_MAX];
	uint16_t client_window;
	/* what has got through */
	uint64_t high[2], acked[2], recent, opened_ms, syn_ns;
	bool fin[2], reset[2];
	uint8_t syn_s;
	struct frame_spec syn, syn_ack, ack;
};

static inline bool life_chance(struct life *l, uint32_t one_in)
{
	return random_below(l->r, one_in) == 0;
}

static inline void life_say_flags(struct life *l, struct model_segment *g)
{
	g->flags = SCREEN_TCP_ACK;
	if (life_chance(l, 2))
		g->flags |= (uint8_t)(random_8(l->r) & (SCREEN_TCP_PSH | SCREEN_TCP_ECE | SCREEN_TCP_CWR));
	if (life_chance(l, 16)) {
		g->flags |= SCREEN_TCP_URG;
		g->urgent = (uint16_t)random_32(l->r);
	}
	if (life_chance(l, 16))
		g->reserved = random_8(l->r) & 0x0f;
}

static inline void life_say_length(struct life *l, struct model_segment *g)
{
	if (life_chance(l, 2))
		return;
	g->length = (uint16_t)(life_chance(l, 12) ? random_below(l->r, BODY_MAX + 1) :
					       random_below(l->r, 40));
	if (g->from == SERVER && life_chance(l, 12) && l->m.longest <= BODY_MAX)
		g->length = (uint16_t)(l->m.longest - 40 + random_below(l->r, 41)); /* the edge of MSS */
}

/* Where in its stream: new data, an old piece once more, or a keepalive. */
static inline void life_say_place(struct life *l, struct model_segment *g)
{
	struct end *e = &l->end[g->from];
	uint64_t back;

	if (!e->closed && e->next - l->high[g->from] < STEP_MAX && life_chance(l, 4))
		e->next += random_below(l->r, STEP_MAX); /* others went another way */
	g->seq = e->next;
	life_say_length(l, g);
	if (life_chance(l, 12)) {
		g->seq = e->next - 1;
		g->length = (uint16_t)random_below(l->r, 2);
	} else if (e->closed || life_chance(l, 6)) {
		back = random_below(l->r, BODY_MAX);
		g->seq = e->next > back + 1 ? e->next - back : 1;
		if (g->seq + g->length > e->next)
			g->length = (uint16_t)(e->next - g->seq);
	} else {
		e->next += g->length;
	}
}

static inline void life_say_ack(struct life *l, struct model_segment *g)
{
	struct end *e = &l->end[g->from];
	uint64_t most = l->end[!g->from].next;

	if (most > l->acked[g->from] + STEP_MAX)
		most = l->acked[g->from] + STEP_MAX;
	if (most > e->acked && life_chance(l, 2))
		e->acked += 1 + random_below(l->r, (uint32_t)(most - e->acked));
	g->ack = e->acked;
	if (life_chance(l, 10) && e->acked > STEP_MAX)
		g->ack -= random_below(l->r, 5000);
}

/* Blocks of what is not acknowledged yet, and D-SACKs of what is (RFC 2883). */
static inline void life_say_sack(struct life *l, struct model_segment *g)
{
	g->blocks = (uint8_t)(1 + random_below(l->r, MODEL_BLOCKS));
	for (uint32_t i = 0; i < 2u * g->blocks; i++)
		g->edge[i] = l->end[g->from].acked + random_below(l->r, 1 << 20);
	if (life_chance(l, 3)) {
		g->edge[1] = g->ack - (g->ack ? random_below(l->r, 2) : 0);
		g->edge[0] = g->edge[1] - (g->edge[1] > 2000 ? random_below(l->r, 2000) : 0);
	}
}

static inline bool life_has_timestamps(const struct life *l, int from)
{
	return l->m.timestamps && (from == CLIENT || l->m.server_timestamps);
}

static inline void life_say_timestamps(struct life *l, struct model_segment *g)
{
	struct end *e = &l->end[g->from];

	e->clock += random_below(l->r, life_chance(l, 30) ? 1 << 22 : g->from == SERVER ? l->tick : 500);
	g->timestamps = true;
	g->tsval = e->clock;
	g->echoes = !life_chance(l, 50);
	g->tsecr = l->end[!g->from].clock;
	if (life_chance(l, 3) && g->tsecr > 5000)
		g->tsecr -= random_below(l->r, 5000);
}

/* Options at every alignment, as far as they fit. */
static inline void life_say_options(struct life *l, struct model_segment *g)
{
	bool sack = l->m.sack && (g->from == CLIENT || l->m.server_sack);
	uint32_t length, room;

	if (life_has_timestamps(l, g->from))
		life_say_timestamps(l, g);
	if (sack && life_chance(l, 3))
		life_say_sack(l, g);
	while ((g->timestamps ? 10 : 0) + 2 + 8 * g->blocks > 40)
		g->blocks--;
	length = (g->timestamps ? 10u : 0) + (g->blocks ? 2u + 8 * g->blocks : 0);
	for (int i = 0; i < 2; i++) {
		room = 40 - length < 3 ? 40 - length : 3;
		g->nops[i] = (uint8_t)random_below(l->r, room + 1);
		length += g->nops[i];
	}
	g->nops[2] = (uint8_t)((4 - length % 4) % 4);
	length += g->nops[2];
	if (length <= 36 && life_chance(l, 4))
		g->nops[2] = (uint8_t)(g->nops[2] + 4 * (1 + random_below(l->r, (40 - length) / 4)));
}

static inline void life_say_end(struct life *l, struct model_segment *g)
{
	struct end *e = &l->end[g->from];

	if (g->seq + g->length == e->next && !e->closed) {
		g->flags |= SCREEN_TCP_FIN;
		e->next++;
		e->closed = true;
	}
}

/* A RST where it counts or elsewhere, with ACK or without. */
static inline void life_say_reset(struct life *l, struct model_segment *g)
{
	g->flags = SCREEN_TCP_RST;
	if (life_chance(l, 2))
		g->flags |= SCREEN_TCP_ACK;
	g->length = 0;
	if (life_chance(l, 3))
		g->seq = l->acked[!g->from];
	else if (life_chance(l, 3))
		g->seq = l->high[g->from];
	if (life_chance(l, 2)) {
		g->timestamps = false;
		g->blocks = 0;
		memset(g->nops, 0, sizeof(g->nops));
	}
}

static inline struct model_segment life_say(struct life *l, int from)
{
	struct model_segment g = { .from = (uint8_t)from };

	life_say_flags(l, &g);
	life_say_place(l, &g);
	life_say_ack(l, &g);
	life_say_options(l, &g);
	g.window = life_chance(l, 10) ? 0 : (uint16_t)random_edgy(l->r);
	g.class = random_8(l->r);
	g.padding = (uint8_t)(life_chance(l, 8) ? random_below(l->r, 7) : 0);
	g.headers = (uint8_t)(life_chance(l, 8) ? random_below(l->r, 11) : 0);
	if (life_chance(l, 300))
		life_say_end(l, &g);
	if (life_chance(l, 400))
		life_say_reset(l, &g);
	return g;
}
