/* SYNs that are told apart by how they look, and the plain ones, which a driver answers. */
#pragma once

#include "twins_frame.h"

struct syn_row {
	const char *what, *reason;
	bool by_shim;
	uint8_t more_flags, options_length, options[40];
	uint16_t payload;
	uint8_t words, extensions, padding;
	enum damage damage;
	uint8_t family; /* 0: both */
};

#define OPTIONS(...) .options_length = sizeof((uint8_t[]){ __VA_ARGS__ }), .options = { __VA_ARGS__ }

static const struct syn_row plain_syns[] = {
	{ "MSS", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4) },
	{ "no options", "reply_challenge", true, .words = 0 },
	{ "all options", "reply_challenge", true,
	  OPTIONS(2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7) },
	{ "all options and padding", "reply_challenge", true, .padding = 9,
	  OPTIONS(2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7) },
	{ "macOS's options", "reply_challenge", true,
	  OPTIONS(2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 4, 2, 0, 0) },
	{ "timestamps alone", "reply_challenge", true, OPTIONS(8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 1) },
	{ "scale without timestamps", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4, 1, 3, 3, 7) },
	{ "scale above 14", "reply_challenge", true,
	  OPTIONS(3, 3, 99, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 2, 4, 5, 0xb4, 1, 1, 1) },
	{ "40 bytes of NOPs", "reply_challenge", true, .options_length = 40,
	  .options = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5, 0xb4 } },
	{ "end before MSS", "reply_challenge", true, OPTIONS(0, 0, 0, 0, 2, 4, 1, 1) },
	{ "length 0", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4, 9, 0, 2, 4) },
	{ "length beyond the end", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4, 8, 10, 1, 1) },
	{ "MSS of length 3", "reply_challenge", true, OPTIONS(2, 3, 5, 1) },
	{ "MSS twice", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4, 2, 4, 2, 0x18) },
	{ "ECN", "reply_challenge", true, .more_flags = SCREEN_TCP_ECE | SCREEN_TCP_CWR,
	  OPTIONS(2, 4, 5, 0xb4, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 1) },
	{ "ECE alone", "reply_challenge", true, .more_flags = SCREEN_TCP_ECE, OPTIONS(2, 4, 5, 0xb4) },
	{ "smallest MSS", "reply_challenge", true, OPTIONS(2, 4, 0, 216) },
	{ "padding", "reply_challenge", true, .padding = 20 },
	{ "partial checksum", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4), .damage = DAMAGE_PARTIAL },
	{ "reserved flag", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4), .damage = DAMAGE_RESERVED },
};

enum { PLAIN_SYNS = sizeof(plain_syns) / sizeof(plain_syns[0]) };

static inline void send_syn(struct twins *t, const struct syn_row *row)
{
	struct frame_spec f = t->core->client;

	f.flags = SCREEN_TCP_SYN | row->more_flags;
	f.seq = random_32(&t->core->random);
	f.sport = (uint16_t)(1024 + random_below(&t->core->random, 60000));
	f.options_length = row->options_length;
	memcpy(f.options, row->options, sizeof(f.options));
	f.payload_length = row->payload;
	f.ip_option_words = row->words;
	f.extensions = row->extensions;
	f.padding = row->padding;
	(void)twins_damaged(t, &f, row->damage, 0);
	twins_expect(t, row->what, row->reason, row->by_shim);
}
