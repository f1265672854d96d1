/*
 * A stream of frames for the twins: floods, what answers challenges and what only looks like it, and
 * connections with all that can happen to them; some of them damaged.
 */
#pragma once

#include "twins_frame.h"

enum { STREAM_SERVERS = 6, STREAM_TALKS = 64, STREAM_ANSWERS = 256 };

/* A connection, as its ends know it. */
struct talk {
	struct frame_spec client;
	uint32_t next[2]; /* what each side sends next: client, server */
};

struct stream {
	struct twins *t;
	struct random *r;
	struct talk talk[STREAM_TALKS];
	struct frame_spec answer[STREAM_ANSWERS]; /* to challenges */
	uint32_t talks, answers;
};

static inline bool stream_one_in(struct stream *s, uint32_t n)
{
	return random_below(s->r, n) == 0;
}

/* ---- frames --------------------------------------------------------------------------------- */

/* Somebody who speaks to a server. The first two servers are those that flood most. */
static inline struct frame_spec stream_client(struct stream *s, uint32_t server)
{
	static const uint16_t ports[] = { 443, 139, 80 };
	struct world *w = s->t->core;
	struct frame_spec f;

	world_family(w, server % 2 ? 6 : 4, (uint8_t)(server % 3));
	f = w->client;
	f.destination[f.family == 4 ? 3 : 15] = (uint8_t)(1 + server);
	f.dport = ports[server % 3];
	f.source[f.family == 4 ? 1 : 7] = random_8(s->r);
	f.source[f.family == 4 ? 3 : 15] = random_8(s->r);
	f.sport = (uint16_t)random_32(s->r);
	f.seq = random_32(s->r);
	f.ack = random_32(s->r);
	f.window = (uint16_t)random_32(s->r);
	return f;
}

static inline uint32_t stream_server(struct stream *s)
{
	return stream_one_in(s, 3) ? random_below(s->r, STREAM_SERVERS) : random_below(s->r, 2);
}

static inline void stream_put_options(struct frame_spec *f, uint8_t length, const uint8_t *options)
{
	f->options_length = length;
	memcpy(f->options, options, length);
}

/* A SYN's: some of each kind in any order, or anything at all. */
static inline void stream_options(struct stream *s, struct frame_spec *f)
{
	static const uint8_t options[][12] = {
		{ 2, 4, 5, 0xb4 }, { 1, 3, 3, 7 }, { 4, 2, 1, 1 }, { 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 },
		{ 1, 1, 8, 10, 9, 9, 9, 9, 1, 1, 1, 1 }, { 0, 0, 0, 0 }, { 2, 4, 0, 100 },
		{ 1, 3, 3, 15 }, { 5, 10, 1, 1 }, { 254, 4, 1, 1 }, { 2, 4, 2, 0x18 }, { 19, 2, 1, 1 },
	};
	uint32_t count = random_below(s->r, 4), length = 0;

	if (stream_one_in(s, 8)) {
		f->options_length = (uint8_t)(4 * random_below(s->r, 11));
		random_bytes(s->r, f->options, f->options_length);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t which = random_below(s->r, stream_one_in(s, 4) ? 12 : 5);
		uint32_t size = which == 3 || which == 4 ? 12 : 4;

		memcpy(f->options + length, options[which], size);
		length += size;
	}
	f->options_length = (uint8_t)length;
}

/* Changes one byte, anywhere. */
static inline void stream_mutate(struct stream *s, uint8_t *data, uint32_t length)
{
	data[random_below(s->r, length)] ^= (uint8_t)(1 + random_below(s->r, 255));
}

/* What may be odd about any frame. */
static inline void stream_odd(struct stream *s, struct frame_spec *f)
{
	if (stream_one_in(s, 40))
		f->ip_option_words = f->extensions = 1;
	if (stream_one_in(s, 80))
		f->more_fragments = true;
	if (stream_one_in(s, 30))
		f->padding = (uint8_t)random_below(s->r, 24);
	if (stream_one_in(s, 40))
		f->flags ^= (uint8_t)(1u << random_below(s->r, 8));
}

/* Sends it. */
static inline enum screen_reason stream_send(struct stream *s, const struct frame_spec *spec, uint8_t slot)
{
	enum damage damage = stream_one_in(s, 16) ? random_below(s->r, DAMAGES) : DAMAGE_NONE;
	struct frame_spec f = *spec;
	uint8_t data[FRAME_MAX];
	uint32_t length;

	stream_odd(s, &f);
	damage_ends(&f, damage);
	length = frame_build(data, &f);
	damage_bytes(data, length, damage);
	if (stream_one_in(s, 24))
		stream_mutate(s, data, length);
	if (stream_one_in(s, 4)) /* a frame waits, or does not any more */
		s->t->port[slot].control->handed[0] = s->t->port[slot].control->done[0] + stream_one_in(s, 2);
	return twins_decide(s->t, data, length, slot);
}

/* ---- challenges and their answers ----------------------------------------------------------- */

/* How a client would answer the challenge that has just come of its SYN. */
static inline void stream_note_challenge(struct stream *s, const struct frame_spec *syn)
{
	const struct world_frame *out = &s->t->core->out;
	struct frame_spec *a = &s->answer[s->answers++ % STREAM_ANSWERS];
	struct screen_options o;
	struct screen_packet p;

	if (screen_parse(out->data, out->data + out->length, &p) != SCREEN_KIND_TCP)
		return;
	screen_options_walk(out->data + p.l4 + 20, screen_packet_options_length(&p), &o);
	*a = *syn;
	a->options_length = 0;
	a->flags = p.tcp_flags & SCREEN_TCP_SYN ? SCREEN_TCP_ACK : SCREEN_TCP_RST;
	a->seq = p.tcp_flags & SCREEN_TCP_SYN ? syn->seq + 1 : p.ack;
	a->ack = p.seq + 1;
	if (o.flags & SCREEN_HAS_TIMESTAMPS) {
		stream_put_options(a, 12, (uint8_t[]){ 1, 1, 8, 10, 1, 2, 3, 5, 0, 0, 0, 0 });
		frame_put32(a->options + 8, o.tsval);
	}
}

static inline void stream_syn(struct stream *s)
{
	struct frame_spec f = stream_client(s, stream_server(s));

	f.flags = SCREEN_TCP_SYN;
	if (stream_one_in(s, 4))
		f.flags |= SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	if (stream_one_in(s, 32))
		f.payload_length = (uint16_t)random_below(s->r, 20);
	stream_options(s, &f);
	if (stream_send(s, &f, 0) == SCREEN_REPLY_CHALLENGE)
		stream_note_challenge(s, &f);
}

/* What looks like an answer. */
static inline void stream_forged(struct stream *s)
{
	static const uint8_t flags[] = { SCREEN_TCP_ACK, SCREEN_TCP_ACK, SCREEN_TCP_ACK | SCREEN_TCP_PSH,
					 SCREEN_TCP_RST, SCREEN_TCP_ACK | SCREEN_TCP_RST,
					 SCREEN_TCP_ACK | SCREEN_TCP_SYN, SCREEN_TCP_ACK | SCREEN_TCP_FIN,
					 SCREEN_TCP_FIN, 0 };
	struct frame_spec f = stream_client(s, stream_server(s));

	f.flags = stream_one_in(s, 8) ? random_8(s->r) : flags[random_below(s->r, sizeof(flags))];
	if (stream_one_in(s, 3))
		stream_put_options(&f, 12, (uint8_t[]){ 1, 1, 8, 10, 1, 2, 3, 5, 7, 6, 5, 4 });
	if (stream_one_in(s, 8))
		f.payload_length = (uint16_t)random_below(s->r, 20);
	(void)stream_send(s, &f, stream_one_in(s, 50));
}

static inline struct screen_tuple stream_tuple(const struct frame_spec *f)
{
	struct screen_tuple t = { .sport = f->sport, .dport = f->dport, .family = f->family };

	memcpy(t.source, f->source, f->family == 4 ? 4 : 16);
	memcpy(t.destination, f->destination, f->family == 4 ? 4 : 16);
	return t;
}

/* An answer to a challenge of this epoch, one of the last few, or one of the other master key. */
static inline void stream_minted(struct stream *s)
{
	const struct screen_keyset *k = &s->t->core->keyset;
	struct frame_spec f = stream_client(s, stream_server(s));
	struct screen_agreed a = { .mss = 1460, .client_wscale = SCREEN_WSCALE_NONE,
				   .our_wscale = SCREEN_WSCALE_NONE };
	bool other = k->accepts_other && stream_one_in(s, 2);
	uint64_t epoch = (other ? k->other_epoch : k->check_epoch) - random_below(s->r, 3);
	struct screen_cookie_key key = world_key(epoch, other ? 7 : 0);
	struct screen_tuple tuple = stream_tuple(&f);

	f.flags = stream_one_in(s, 3) ? SCREEN_TCP_RST : SCREEN_TCP_ACK;
	f.ack = screen_cookie_mint(&key, epoch, &tuple, f.seq - 1, &a).isn + 1;
	if (f.flags == SCREEN_TCP_RST)
		f.seq = screen_cookie_safe_reset(&key, epoch, &tuple, f.seq);
	(void)stream_send(s, &f, 0);
}

/* The server that was asked accepts, or refuses. */
static inline void stream_server_answers(struct stream *s, const struct frame_spec *client)
{
	const struct world_frame *syn = &s->t->core->syn;
	struct frame_spec f = *client;
	struct screen_packet p;

	if (screen_parse(syn->data, syn->data + syn->length, &p) != SCREEN_KIND_TCP)
		return;
	frame_mirror(&f);
	f.payload_length = 0;
	f.ack = p.seq + 1;
	f.flags = SCREEN_TCP_ACK | (stream_one_in(s, 8) ? SCREEN_TCP_RST : SCREEN_TCP_SYN);
	stream_put_options(&f, 4, (uint8_t[]){ 2, 4, 5, 0xb4 });
	if (stream_one_in(s, 2))
		stream_options(s, &f);
	(void)stream_send(s, &f, 1);
}

static inline void stream_answer(struct stream *s)
{
	struct frame_spec f;
	enum screen_reason reason;

	if (!s->answers)
		return;
	f = s->answer[random_below(s->r, s->answers < STREAM_ANSWERS ? s->answers : STREAM_ANSWERS)];
	if (stream_one_in(s, 4))
		f.payload_length = (uint16_t)random_below(s->r, 20);
	if (stream_one_in(s, 6))
		f.ack += stream_one_in(s, 2) ? 1 : 1u << random_below(s->r, 32);
	if (stream_one_in(s, 8))
		f.flags = SCREEN_TCP_SYN; /* once more */
	reason = stream_send(s, &f, 0);
	if ((reason == SCREEN_FORWARD_SPLICE_SYN || reason == SCREEN_HOLD_SPLICE_PENDING) &&
	    !stream_one_in(s, 8))
		stream_server_answers(s, &f);
}

/* ---- connections ---------------------------------------------------------------------------- */

/* A segment of a side of a connection: 0: the client's. */
static inline struct frame_spec stream_segment(const struct talk *k, int side, uint8_t flags)
{
	struct frame_spec f = k->client;

	f.options_length = 0;
	f.payload_length = 0;
	if (side)
		frame_mirror(&f);
	f.seq = k->next[side];
	f.ack = k->next[!side];
	f.flags = flags;
	return f;
}

static inline void stream_open(struct stream *s)
{
	struct talk k = { .client = stream_client(s, random_below(s->r, STREAM_SERVERS)) };
	struct frame_spec f;

	k.next[0] = random_32(s->r);
	k.next[1] = random_32(s->r);
	f = stream_segment(&k, 0, SCREEN_TCP_SYN);
	f.ack = 0;
	if (twins_send(s->t, &f, 0) == SCREEN_REPLY_CHALLENGE)
		return stream_note_challenge(s, &f);
	k.next[0]++;
	f = stream_segment(&k, 1, SCREEN_TCP_SYN | SCREEN_TCP_ACK);
	stream_options(s, &f);
	(void)twins_send(s->t, &f, 1);
	k.next[1]++;
	f = stream_segment(&k, 0, SCREEN_TCP_ACK);
	if (twins_send(s->t, &f, 0) == SCREEN_FORWARD_FLOW)
		s->talk[s->talks++ % STREAM_TALKS] = k;
}

static inline struct talk *stream_talk(struct stream *s)
{
	if (!s->talks)
		return NULL;
	return &s->talk[random_below(s->r, s->talks < STREAM_TALKS ? s->talks : STREAM_TALKS)];
}

/* Somebody says something, or pretends to be who does. */
static inline void stream_say(struct stream *s)
{
	static const uint8_t odd[] = { SCREEN_TCP_RST, SCREEN_TCP_RST | SCREEN_TCP_ACK,
				       SCREEN_TCP_FIN | SCREEN_TCP_ACK, SCREEN_TCP_SYN,
				       SCREEN_TCP_SYN | SCREEN_TCP_ACK, SCREEN_TCP_URG | SCREEN_TCP_ACK,
				       SCREEN_TCP_ECE | SCREEN_TCP_ACK, 0 };
	struct talk *k = stream_talk(s);
	int side = stream_one_in(s, 2);
	struct frame_spec f;

	if (!k)
		return;
	f = stream_segment(k, side, SCREEN_TCP_ACK | (stream_one_in(s, 3) ? SCREEN_TCP_PSH : 0));
	if (stream_one_in(s, 2))
		k->next[side] += f.payload_length = (uint16_t)random_below(s->r, 24);
	if (stream_one_in(s, 40))
		f.flags = odd[random_below(s->r, sizeof(odd))];
	if (stream_one_in(s, 30)) /* out of the window, or a keep-alive */
		f.seq = stream_one_in(s, 2) ? f.seq - 1 : random_edgy(s->r);
	if (stream_one_in(s, 60))
		f.ack = random_edgy(s->r);
	(void)stream_send(s, &f, (uint8_t)(stream_one_in(s, 50) ? !side : side));
}

static inline void stream_garbage(struct stream *s)
{
	uint8_t data[200];
	uint32_t length = 14 + random_below(s->r, sizeof(data) - 14);

	random_bytes(s->r, data, length);
	frame_put16(data + 12, stream_one_in(s, 2) ? 0x0800 : 0x86dd);
	if (length > 14)
		data[14] = stream_one_in(s, 2) ? 0x45 : 0x60;
	(void)twins_decide(s->t, data, length, stream_one_in(s, 2));
}

/* The next frame, or the few of a handshake. */
static inline void stream_next(struct stream *s)
{
	uint32_t what = random_below(s->r, 100);

	if (what < 40)
		return stream_syn(s);
	if (what < 60)
		return stream_forged(s);
	if (what < 84)
		return stream_say(s);
	if (what < 88)
		return stream_open(s);
	if (what < 93)
		return stream_answer(s);
	if (what < 98)
		return stream_minted(s);
	stream_garbage(s);
}
