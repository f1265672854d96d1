/*
 * Offline answers: what a cookie is, and what the engine would do with a frame. Nothing here needs an
 * engine, an interface or a privilege beyond reading the key file. The master key is opened and read
 * on this side, kept in locked memory and wiped.
 */
#pragma once

#include "engine.h"

enum { SCREEN_REPLAY_FRAME_MAX = 65536 };

/* A question about one cookie. Addresses in wire order, IPv4 in the first four bytes. */
struct screen_cookie_query {
	char key_file[SCREEN_PATH_SIZE];
	char zone[SCREEN_NAME_SIZE];
	uint64_t epoch; /* to mint in; to check: the check epoch E, E and E - 1 are tried */
	uint8_t source[16], destination[16]; /* the client, the server */
	uint16_t sport, dport;
	uint8_t family;	    /* 4 or 6 */
	uint8_t safe_reset; /* 1: the safe-reset variant */
	uint8_t timestamps; /* mint: agreed; check: the segment carries tsecr */
	uint8_t sack, ecn;  /* mint, with timestamps */
	uint8_t client_wscale, our_wscale; /* mint, with timestamps; 0-14, or both 15: none */
	uint8_t reserved;
	uint16_t mss;	     /* mint: the client's, 0: no MSS option */
	uint32_t client_isn; /* mint */
	uint32_t seq, ack;   /* check: of the ACK; seq alone of the RST that answers a safe-reset */
	uint32_t tsecr;	     /* check, with timestamps */
};

struct screen_cookie_answer {
	uint64_t epoch;	 /* check: of the cookie */
	uint32_t isn;	 /* mint: the challenge's ISN; its ACK number under safe_reset */
	uint32_t tsval;	 /* mint, with timestamps */
	uint16_t mss;	 /* check: the client's, rounded down to the table */
	uint8_t valid;	 /* check */
	uint8_t client_wscale, our_wscale; /* check; 15: none */
	uint8_t sack, ecn;
	uint8_t timestamps; /* of a valid or minted one: whether it came with timestamps */
	char reason[SCREEN_TEXT_SIZE]; /* check, not valid: why */
};

/* Mints. Fails when the key cannot be had or the query is out of range. [any] */
SCREEN_API int screen_cookie_explain_mint(const struct screen_cookie_query *query,
					  struct screen_cookie_answer *answer,
					  struct screen_error_info *error);

/* Checks. An invalid cookie is an answer, no failure. [any] */
SCREEN_API int screen_cookie_explain_check(const struct screen_cookie_query *query,
					   struct screen_cookie_answer *answer,
					   struct screen_error_info *error);

struct screen_replay;

/* What became of one frame. */
struct screen_replay_result {
	uint32_t verdict; /* enum screen_verdict */
	uint32_t reason;  /* enum screen_reason */
	uint8_t cookie;	  /* 0: none, 1: minted for this SYN, 2: this segment's, which is valid */
	uint8_t reserved[7];
	struct screen_cookie_answer terms; /* of the cookie */
};

/* One frame that leaves. */
struct screen_replay_output {
	char ifname[SCREEN_IFNAME_SIZE]; /* the port that it leaves by */
	uint32_t length;
	uint32_t reserved;
	uint8_t data[SCREEN_REPLAY_FRAME_MAX];
};

/* Makes a screen without ports for a snapshot, whose key_file is not looked at: the key is that of
 * key_file here, and epoch stays both the check and the mint epoch. Gives *replay;
 * screen_replay_close() takes it. [any] */
SCREEN_API int screen_replay_open(const char *key_file, uint64_t epoch, const void *snapshot,
				  size_t size, struct screen_replay **replay,
				  struct screen_error_info *error);

/* Puts one frame through: it came in by the port ifname at now_ns, which never goes back. [one thread
 * at a time] */
SCREEN_API int screen_replay_frame(struct screen_replay *replay, const char *ifname,
				   uint64_t now_ns, const uint8_t *frame, uint32_t length,
				   struct screen_replay_result *result,
				   struct screen_error_info *error);

/* Gives the next frame that left because of the last call of screen_replay_frame(): 1, or 0 when there
 * is none. */
SCREEN_API int screen_replay_output(struct screen_replay *replay,
				    struct screen_replay_output *output);

/* A no-op on NULL. */
SCREEN_API void screen_replay_close(struct screen_replay *replay);
