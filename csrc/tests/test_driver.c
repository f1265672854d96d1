/*
 * What the driver does in the engine's place, frame by frame: the shim and the core for what it leaves
 * are, to anyone outside, the core alone. Here each kind of frame is told apart: who deals with it, and
 * what becomes of it.
 */
#include "run.h"

#include "twins_frame.h"
#include "twins_state.h"

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

static const struct syn_row syns[] = {
	{ "MSS", "reply_challenge", true, OPTIONS(2, 4, 5, 0xb4) },
	{ "no options", "reply_challenge", true, .words = 0 },
	{ "all options", "reply_challenge", true,
	  OPTIONS(2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7) },
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
	{ "MSS too small", "drop_syn_mss", false, OPTIONS(2, 4, 0, 215) },
	{ "MSS 0", "drop_syn_mss", false, OPTIONS(2, 4, 0, 0) },
	{ "MD5", "drop_syn_md5", false, OPTIONS(19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1) },
	{ "wrong checksum", "drop_checksum", false, OPTIONS(2, 4, 5, 0xb4), .damage = DAMAGE_SUM },
	{ "wrong IP checksum", "drop_checksum", false, .damage = DAMAGE_IP_SUM, .family = 4 },
	{ "payload", "reply_challenge", false, OPTIONS(2, 4, 5, 0xb4), .payload = 7 },
	{ "PSH", "reply_challenge", false, .more_flags = SCREEN_TCP_PSH },
	{ "URG", "reply_challenge", false, .more_flags = SCREEN_TCP_URG },
	{ "IP options", "reply_challenge", false, .words = 1, .family = 4 },
	{ "extension header", "reply_challenge", false, .extensions = 1, .family = 6 },
	{ "group MAC", "drop_syn_source", false, .damage = DAMAGE_GROUP_MAC },
	{ "group address", "drop_syn_source", false, .damage = DAMAGE_GROUP_SOURCE },
	{ "no address", "drop_syn_source", false, .damage = DAMAGE_NO_SOURCE },
	{ "land", "reply_challenge", false, .damage = DAMAGE_SAME_ENDS },
	{ "RST", "drop_no_flow", false, .more_flags = SCREEN_TCP_RST },
	{ "FIN", "drop_no_flow", false, .more_flags = SCREEN_TCP_FIN },
	{ "SYN-ACK", "drop_cookie_invalid", true, .more_flags = SCREEN_TCP_ACK },
	{ "SYN-ACK with FIN", "drop_cookie_invalid", false, .more_flags = SCREEN_TCP_ACK | SCREEN_TCP_FIN },
	{ "SYN-ACK with RST", "drop_cookie_invalid", true, .more_flags = SCREEN_TCP_ACK | SCREEN_TCP_RST },
};

static void send_syn(struct twins *t, const struct syn_row *row)
{
	struct frame_spec f = t->core->client;
	enum screen_reason reason;

	f.flags = SCREEN_TCP_SYN | row->more_flags;
	f.seq = random_32(&t->core->random);
	f.sport = (uint16_t)(1024 + random_below(&t->core->random, 60000));
	f.options_length = row->options_length;
	memcpy(f.options, row->options, sizeof(f.options));
	f.payload_length = row->payload;
	f.ip_option_words = row->words;
	f.extensions = row->extensions;
	f.padding = row->padding;
	reason = twins_damaged(t, &f, row->damage, 0);
	if (strcmp(screen_reason_name(reason), row->reason) != 0 || t->by_shim != row->by_shim)
		fail_msg("IPv%u, %u tags, %s: %s by the %s", f.family, f.tags, row->what,
			 screen_reason_name(reason), t->by_shim ? "shim" : "engine");
}

static void shim_answers_what_is_plain_as_the_core_would(void **state)
{
	struct twins *t = twins_new(4, 0);

	(void)state;
	for (int variant = 0; variant < 6; variant++) {
		world_family(t->core, variant % 2 ? 6 : 4, (uint8_t)(variant / 2));
		for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++) {
			if (syns[i].family && syns[i].family != t->core->client.family)
				continue;
			twins_flood(t);
			send_syn(t, &syns[i]);
		}
	}
	twins_same_state(t);
	twins_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_answers_what_is_plain_as_the_core_would),
	};

	return RUN(tests);
}
