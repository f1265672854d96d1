/*
 * Packet scripts that read like the wire. One line is one frame and what is to come of it:
 *
 *   "+0.5 < S seq C win 64240 mss 1460 ts 100 0 -> reply_challenge = SA seq K ack C+1 ts T 100"
 *
 * [+seconds] [< from the screened side | > from the protected one] flags (any of SFRPAUEW) and
 *   seq X  ack X  win N  len N  mss N  ws N  sack (permitted)  ts X X  block X X  nop  md5
 *   port N (the client's)  spoof (addresses of the other side)  frag (MF set)  bad (checksum)
 * -> reason, then optionally = and the frame that leaves, whose flags, seq, ack and options must be
 * exactly these, win and len when they are given. X is a number or a letter with + or - a number; a
 * bare letter on the right that has no value yet is given one. The other lines:
 *
 *   "flood N"        N spoofed SYNs to the client's destination
 *   "release -> .."  the oldest held frame comes in again
 *   "syn = .."       the SYN that was to be sent to the server
 *   "abandon = .."   the server never answered
 */
#pragma once

#include <ctype.h>

#include "world.h"

struct script {
	struct world *w;
	const char *line, *at;
	uint64_t value[26];
	bool known[26];
};

struct script_segment {
	struct frame_spec f;
	bool has_win, has_len, spoof, bad;
};

#define SCRIPT_FAIL(s, ...)                                       \
	do {                                                      \
		print_error("%s\n", (s)->line);                   \
		fail_msg(__VA_ARGS__);                            \
	} while (0)

static inline bool script_word(struct script *s, char word[32])
{
	size_t n = 0;

	while (*s->at == ' ')
		s->at++;
	while (*s->at && *s->at != ' ' && n < 31)
		word[n++] = *s->at++;
	word[n] = 0;
	return n > 0;
}

static inline uint32_t script_value(struct script *s, uint32_t otherwise)
{
	char word[32];
	uint64_t value;
	int letter;

	if (!script_word(s, word))
		SCRIPT_FAIL(s, "a value is missing");
	if (!isupper((unsigned char)word[0]))
		return (uint32_t)strtoul(word, NULL, 0);
	letter = word[0] - 'A';
	if (!s->known[letter]) {
		if (word[1])
			SCRIPT_FAIL(s, "%c has no value", word[0]);
		s->known[letter] = true;
		s->value[letter] = otherwise;
	}
	value = s->value[letter];
	if (word[1])
		value += (uint64_t)strtol(word + 1, NULL, 0);
	return (uint32_t)value;
}

static inline uint8_t script_flags(struct script *s, const char *word)
{
	static const char letters[] = "FSRPAUEW";
	uint8_t flags = 0;

	for (; *word; word++) {
		const char *found = strchr(letters, *word);

		if (!found)
			SCRIPT_FAIL(s, "%c is no flag", *word);
		flags |= (uint8_t)(1u << (found - letters));
	}
	return flags;
}

static inline void script_option(struct frame_spec *f, const uint8_t *bytes, uint8_t count)
{
	memcpy(f->options + f->options_length, bytes, count);
	f->options_length = (uint8_t)(f->options_length + count);
}

/* Two numbers of 32 bits behind kind and length. like: the option as it was found, to capture. */
static inline void script_pair(struct script *s, struct frame_spec *f, uint8_t kind,
			       uint32_t like_first, uint32_t like_second)
{
	uint8_t bytes[10] = { kind, 10 };

	frame_put32(bytes + 2, script_value(s, like_first));
	frame_put32(bytes + 6, script_value(s, like_second));
	script_option(f, bytes, 10);
}

static inline bool script_take_option(struct script *s, const char *word, struct frame_spec *f,
				      const struct screen_options *like)
{
	if (strcmp(word, "mss") == 0) {
		uint32_t mss = script_value(s, like->mss);

		script_option(f, (uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 4);
	} else if (strcmp(word, "ws") == 0) {
		script_option(f, (uint8_t[]){ 3, 3, (uint8_t)script_value(s, like->wscale) }, 3);
	} else if (strcmp(word, "sack") == 0) {
		script_option(f, (uint8_t[]){ 4, 2 }, 2);
	} else if (strcmp(word, "nop") == 0) {
		script_option(f, (uint8_t[]){ 1 }, 1);
	} else if (strcmp(word, "md5") == 0) {
		script_option(f, (uint8_t[18]){ 19, 18 }, 18);
	} else if (strcmp(word, "ts") == 0) {
		script_pair(s, f, 8, like->tsval, like->tsecr);
	} else if (strcmp(word, "block") == 0) {
		script_pair(s, f, 5, 0, 0);
	} else {
		return false;
	}
	return true;
}

/* Flags and what follows, up to "->", "=" or the end. Returns the word that ended it. */
static inline void script_segment(struct script *s, struct script_segment *g,
				  const struct screen_packet *like_p,
				  const struct screen_options *like, char word[32])
{
	struct frame_spec *f = &g->f;

	if (!script_word(s, word))
		SCRIPT_FAIL(s, "flags are missing");
	f->flags = script_flags(s, word);
	while (script_word(s, word) && strcmp(word, "->") != 0 && strcmp(word, "=") != 0) {
		if (strcmp(word, "seq") == 0) {
			f->seq = script_value(s, like_p->seq);
		} else if (strcmp(word, "ack") == 0) {
			f->ack = script_value(s, like_p->ack);
		} else if (strcmp(word, "win") == 0) {
			f->window = (uint16_t)script_value(s, like_p->window);
			g->has_win = true;
		} else if (strcmp(word, "len") == 0) {
			f->payload_length = (uint16_t)script_value(s, 0);
			g->has_len = true;
		} else if (strcmp(word, "port") == 0) {
			f->sport = (uint16_t)script_value(s, 0);
		} else if (strcmp(word, "spoof") == 0) {
			g->spoof = true;
		} else if (strcmp(word, "frag") == 0) {
			f->more_fragments = true;
		} else if (strcmp(word, "bad") == 0) {
			g->bad = true;
		} else if (!script_take_option(s, word, f, like)) {
			SCRIPT_FAIL(s, "what is %s?", word);
		}
	}
	while (f->options_length % 4)
		script_option(f, (uint8_t[]){ 1 }, 1);
}

static inline void script_expect_number(struct script *s, const char *what, uint32_t got,
					uint32_t want)
{
	if (got != want)
		SCRIPT_FAIL(s, "%s is %u (0x%x), not %u (0x%x)", what, got, got, want, want);
}

static inline void script_expect_options(struct script *s, const struct screen_options *got,
					 const struct screen_options *want, const uint8_t *sack_got,
					 const uint8_t *sack_want)
{
	script_expect_number(s, "the set of options", got->flags, want->flags);
	script_expect_number(s, "mss", got->mss, want->mss);
	script_expect_number(s, "ws", got->wscale, want->wscale);
	script_expect_number(s, "tsval", got->tsval, want->tsval);
	script_expect_number(s, "tsecr", got->tsecr, want->tsecr);
	if (!(want->flags & SCREEN_HAS_SACK))
		return;
	script_expect_number(s, "left edge", frame_get32(sack_got + got->sack + 2),
			     frame_get32(sack_want + want->sack + 2));
	script_expect_number(s, "right edge", frame_get32(sack_got + got->sack + 6),
			     frame_get32(sack_want + want->sack + 6));
}

/* Reads the right side of "=" and holds the frame against it. */
static inline void script_expect(struct script *s, const struct world_frame *out)
{
	struct screen_options o, want;
	struct screen_packet p;
	struct script_segment g = { 0 };
	char word[32];
	const uint8_t *options;

	assert_int_equal(screen_parse(out->data, out->data + out->length, &p), SCREEN_KIND_TCP);
	if (!frame_checksums_right(out->data, &p))
		SCRIPT_FAIL(s, "a checksum of the frame that leaves is wrong");
	options = out->data + p.l4 + 20;
	screen_options_walk(options, screen_packet_options_length(&p), &o);
	script_segment(s, &g, &p, &o, word);
	screen_options_walk(g.f.options, g.f.options_length, &want);
	script_expect_number(s, "flags", p.tcp_flags, g.f.flags);
	script_expect_number(s, "seq", p.seq, g.f.seq);
	script_expect_number(s, "ack", p.ack, g.f.ack);
	if (g.has_win)
		script_expect_number(s, "win", p.window, g.f.window);
	if (g.has_len)
		script_expect_number(s, "len", screen_packet_payload_length(&p),
				     g.f.payload_length);
	script_expect_options(s, &o, &want, options, g.f.options);
}

static inline void script_outcome(struct script *s, enum screen_reason reason)
{
	char word[32];

	if (!script_word(s, word))
		SCRIPT_FAIL(s, "a reason is missing");
	if (strcmp(screen_reason_name(reason), word) != 0)
		SCRIPT_FAIL(s, "the reason is %s", screen_reason_name(reason));
	if (script_word(s, word))
		script_expect(s, &s->w->out);
}

static inline void script_frame(struct script *s, bool from_client)
{
	static const struct screen_packet no_packet;
	static const struct screen_options no_options;
	struct script_segment g = { .f = s->w->client };
	uint8_t data[FRAME_MAX];
	uint32_t length;
	char word[32];

	script_segment(s, &g, &no_packet, &no_options, word);
	if (strcmp(word, "->") != 0)
		SCRIPT_FAIL(s, "-> is missing");
	if (from_client == g.spoof)
		frame_mirror(&g.f);
	length = frame_build(data, &g.f);
	if (g.bad)
		data[length - 1] ^= 0x40;
	script_outcome(s, world_decide(s->w, data, length, from_client ? 0 : 1));
}

static inline void script_release(struct script *s)
{
	char word[32];

	if (s->w->held_count == 0)
		SCRIPT_FAIL(s, "nothing is held");
	(void)script_word(s, word);
	script_outcome(s, world_release(s->w));
}

static inline void script_abandon(struct script *s)
{
	struct world *w = s->w;
	char word[32];

	w->out.length = screen_abandon(&w->context, w->syn_flow, w->syn.data, w->syn.length,
				       w->out.data);
	(void)script_word(s, word);
	script_expect(s, &w->out);
}

static inline void script_line(struct script *s)
{
	char word[32];

	s->at = s->line;
	if (!script_word(s, word))
		return;
	if (word[0] == '+') {
		world_wait(s->w, strtod(word + 1, NULL));
		if (!script_word(s, word))
			return;
	}
	if (strcmp(word, "<") == 0 || strcmp(word, ">") == 0) {
		script_frame(s, word[0] == '<');
	} else if (strcmp(word, "flood") == 0) {
		world_flood(s->w, script_value(s, 0));
	} else if (strcmp(word, "release") == 0) {
		script_release(s);
	} else if (strcmp(word, "abandon") == 0) {
		script_abandon(s);
	} else if (strcmp(word, "syn") == 0) {
		(void)script_word(s, word);
		script_expect(s, &s->w->syn);
	} else {
		SCRIPT_FAIL(s, "what is %s?", word);
	}
}

/* Gives a letter its value. */
static inline void script_set(struct script *s, char letter, uint32_t value)
{
	s->known[letter - 'A'] = true;
	s->value[letter - 'A'] = value;
}

static inline uint32_t script_number(const struct script *s, char letter)
{
	return (uint32_t)s->value[letter - 'A'];
}

/* A script whose client's and server's first sequence numbers are C and S, near the wrap. */
static inline struct script script_new(struct world *w)
{
	struct script s = { .w = w };

	script_set(&s, 'C', 0xfffffff0);
	script_set(&s, 'S', 0x7ffffff8);
	return s;
}

/* Runs lines, of which the last is NULL. */
static inline void script_play(struct script *s, const char *const *lines)
{
	for (; *lines; lines++) {
		s->line = *lines;
		script_line(s);
	}
}

#define SCRIPT(s, ...) script_play(s, (const char *const[]){ __VA_ARGS__, NULL })

/* Runs a test's body for both families and 0 to 2 tags. */
static inline void script_everywhere(void (*body)(struct world *w, struct script *s))
{
	for (int i = 0; i < 6; i++) {
		struct world *w = world_new(i & 1 ? 6 : 4, (uint8_t)(i / 2));
		struct script s = script_new(w);

		body(w, &s);
		world_free(w);
	}
}
