/*
 * What two ends of a splice say to each other, in numbers that do not wrap: 64 bits wide, from the
 * handshake on. Each end counts from where it saw the other begin; what one says is written down once as
 * it says it and once as the other must hear it. That is all of the translation, and shares no code with
 * the core.
 */
#pragma once

#include "frame.h"

enum { CLIENT, SERVER };

enum { MODEL_UNSCALED = 15, MODEL_BLOCKS = 4, MODEL_STAMP_AHEAD = 1000 };

struct model {
	struct frame_spec path; /* addresses and ports, from the client */
	/* where streams and clocks begin: the client's, and the server's as the client and as the server
	 * itself see it */
	uint64_t client_isn, cookie_isn, server_isn;
	uint64_t client_clock, cookie_clock, server_clock;
	bool timestamps, sack, ecn; /* as the client has them; it scales unless MODEL_UNSCALED */
	uint8_t client_scale, promised_scale;
	bool server_timestamps, server_sack, server_ecn;
	uint8_t server_scale;
	uint16_t longest; /* payload and options of a segment that may be stamped */
};

/* One segment, as numbers of its stream: 0 is the SYN, 1 the first byte. */
struct model_segment {
	uint8_t from; /* CLIENT or SERVER */
	uint8_t flags, class, reserved;
	uint64_t seq, ack;
	uint64_t tsval, tsecr; /* ticks of either clock since the handshake */
	bool timestamps, echoes; /* else TSecr is 0 */
	uint8_t blocks;
	uint64_t edge[2 * MODEL_BLOCKS];
	uint16_t window, urgent, length;
	uint8_t nops[3]; /* before timestamps, between, and behind SACK */
	uint8_t headers; /* IPv4: words of options; IPv6: an extension header */
	uint8_t padding;
};

/* What a stamp says, at its time. */
struct model_stamp {
	uint64_t tsval, tsecr; /* ms since the splice was opened; of the client's clock */
};

static inline bool model_lacks_timestamps(const struct model *m)
{
	return m->timestamps && !m->server_timestamps;
}

static inline uint64_t model_isn(const struct model *m, int of, int viewer)
{
	if (of == CLIENT)
		return m->client_isn;
	return viewer == CLIENT ? m->cookie_isn : m->server_isn;
}

static inline uint64_t model_clock(const struct model *m, int of, int viewer)
{
	if (of == CLIENT)
		return m->client_clock;
	return viewer == CLIENT ? m->cookie_clock : m->server_clock;
}

/* Bytes of a window, and the field that says so many: rounded down, but never to nothing. */
static inline uint16_t model_window(uint16_t field, uint8_t from, uint8_t to)
{
	uint64_t unit_from = from == MODEL_UNSCALED ? 1 : 1ull << from;
	uint64_t unit_to = to == MODEL_UNSCALED ? 1 : 1ull << to;
	uint64_t bytes = field * unit_from, fields = bytes / unit_to;

	if (bytes > 0 && fields == 0)
		return 1;
	return fields > 65535 ? 65535 : (uint16_t)fields;
}

static inline uint16_t model_window_heard(const struct model *m, const struct model_segment *g)
{
	if (g->flags & SCREEN_TCP_SYN) /* never scaled */
		return g->window;
	if (g->from == SERVER)
		return model_window(g->window, m->server_scale, m->promised_scale);
	/* a server that does not scale reads them as bytes */
	return model_window(g->window, m->client_scale,
			    m->server_scale == MODEL_UNSCALED ? MODEL_UNSCALED : m->client_scale);
}

static inline void model_put_nops(struct frame_spec *f, uint32_t count)
{
	memset(f->options + f->options_length, 1, count);
	f->options_length = (uint8_t)(f->options_length + count);
}

static inline void model_put_timestamps(struct frame_spec *f, uint32_t tsval, uint32_t tsecr)
{
	uint8_t *o = f->options + f->options_length;

	o[0] = 8;
	o[1] = 10;
	frame_put32(o + 2, tsval);
	frame_put32(o + 6, tsecr);
	f->options_length = (uint8_t)(f->options_length + 10);
}

static inline void model_put_sack(const struct model *m, struct frame_spec *f,
				  const struct model_segment *g, uint32_t blocks, int viewer)
{
	uint8_t *o = f->options + f->options_length;

	o[0] = 5;
	o[1] = (uint8_t)(2 + 8 * blocks);
	for (uint32_t i = 0; i < 2 * blocks; i++)
		frame_put32(o + 2 + 4 * i, (uint32_t)(model_isn(m, !g->from, viewer) + g->edge[i]));
	f->options_length = (uint8_t)(f->options_length + o[1]);
}

static inline uint32_t model_tsecr(const struct model *m, const struct model_segment *g, int viewer)
{
	uint32_t said = (uint32_t)(model_clock(m, !g->from, g->from) + g->tsecr);

	/* TSecr means something only beside ACK (RFC 7323 section 3.2); there 0 is no echo */
	if (!g->echoes || !(g->flags & SCREEN_TCP_ACK) || said == 0)
		return g->echoes && !(g->flags & SCREEN_TCP_ACK) ? said : 0;
	return (uint32_t)(model_clock(m, !g->from, viewer) + g->tsecr);
}

static inline uint32_t model_nops(const struct model_segment *g)
{
	return (uint32_t)(g->nops[0] + g->nops[1] + g->nops[2]);
}

/* How many SACK blocks there is room for beside `other` bytes. */
static inline uint32_t model_room(uint32_t blocks, uint32_t other)
{
	while (blocks > 1 && other + 2 + 8 * blocks > 40)
		blocks--;
	return blocks;
}

/* Options as the viewer sees them. stamp: NULL, or what is put before them. */
static inline void model_options(const struct model *m, struct frame_spec *f,
				 const struct model_segment *g, int viewer,
				 const struct model_stamp *stamp)
{
	bool hears = viewer != g->from;
	uint32_t nops = model_nops(g), blocks = g->blocks, had;

	f->options_length = 0;
	had = nops + (g->timestamps ? 10 : 0) + (blocks ? 2 + 8 * blocks : 0);
	if (stamp) {
		model_put_nops(f, 2);
		model_put_timestamps(f, (uint32_t)(m->cookie_clock + MODEL_STAMP_AHEAD + stamp->tsval),
				     (uint32_t)(m->client_clock + stamp->tsecr));
		blocks = model_room(blocks, nops + 12);
	}
	model_put_nops(f, g->nops[0]);
	if (g->timestamps && hears && viewer == SERVER && !m->server_timestamps)
		model_put_nops(f, 10);
	else if (g->timestamps)
		model_put_timestamps(f, (uint32_t)(model_clock(m, g->from, viewer) + g->tsval),
				     model_tsecr(m, g, viewer));
	model_put_nops(f, g->nops[1]);
	if (blocks && hears && viewer == SERVER && !m->server_sack)
		model_put_nops(f, 2 + 8 * blocks);
	else if (blocks)
		model_put_sack(m, f, g, blocks, viewer);
	model_put_nops(f, g->nops[2]);
	if (f->options_length < had) /* a header becomes no shorter */
		model_put_nops(f, had - f->options_length);
}

/* Whether the segment, of so many bytes of options, is to get a stamp on its way to the client. */
static inline bool model_is_stamped(const struct model *m, const struct model_segment *g)
{
	uint32_t nops = model_nops(g);
	uint32_t blocks = model_room(g->blocks, nops + 12), options, had;

	if (g->from == CLIENT || !model_lacks_timestamps(m) || (g->flags & SCREEN_TCP_RST))
		return false;
	had = nops + (g->blocks ? 2u + 8 * g->blocks : 0);
	options = 12 + nops + (blocks ? 2 + 8 * blocks : 0);
	if (options < had)
		options = had;
	return options <= 40 && (g->length == 0 || g->length + options <= m->longest);
}

/* What no frame_spec knows: reserved bits and the urgent pointer. */
static inline void model_patch(uint8_t *data, const struct frame_spec *f, uint32_t length,
			       const struct model_segment *g)
{
	struct screen_packet p = { .family = f->family, .protocol = 6 };

	if (!g->urgent && !g->reserved)
		return;
	p.l3 = (uint16_t)(14 + 4 * f->tags);
	p.l4 = (uint16_t)(p.l3 + (f->family == 4 ? 20 + 4 * f->ip_option_words : 40 + 8 * f->extensions));
	p.end = (uint16_t)(length - f->padding);
	data[p.l4 + 12] |= g->reserved;
	frame_put16(data + p.l4 + 18, g->urgent);
	frame_write_tcp_checksum(data, &p);
}

/* Writes the segment as the viewer sees it: who says it, or who hears it, then with the stamp that is
 * put in on the way. Returns the frame's length. */
static inline uint32_t model_write(const struct model *m, const struct model_segment *g, int viewer,
				   const struct model_stamp *stamp, const uint8_t *body,
				   uint8_t *data)
{
	struct frame_spec f = m->path;
	uint32_t length;

	if (g->from == SERVER)
		frame_mirror(&f);
	f.flags = g->flags;
	f.class = g->class;
	if (f.family == 4)
		f.ip_option_words = g->headers;
	else
		f.extensions = g->headers & 1;
	f.seq = (uint32_t)(model_isn(m, g->from, viewer) + g->seq);
	f.ack = (uint32_t)(model_isn(m, !g->from, g->flags & SCREEN_TCP_ACK ? viewer : g->from) + g->ack);
	f.window = viewer == g->from ? g->window : model_window_heard(m, g);
	/* the server would not tell the client of congestion: what is not capable is dropped */
	if (viewer == SERVER && g->from == CLIENT && m->ecn && !m->server_ecn)
		f.class &= 0xfc;
	f.payload = body;
	f.payload_length = g->length;
	f.padding = g->padding;
	model_options(m, &f, g, viewer, viewer == CLIENT && model_is_stamped(m, g) ? stamp : NULL);
	length = frame_build(data, &f);
	model_patch(data, &f, length, g);
	return length;
}
