/*
 * The screen: what happens to a frame. The only policy code.
 *
 *   (policy, keyset, flows, meters, now, frame) -> verdict, reason, and the frame rewritten in place
 *
 * A worker calls screen_look() for a burst and screen_judge() for each of its frames, between
 * screen_gather() and screen_settle(). Cookies are dealt with together at its end: screen_challenge() mints
 * those of all frames whose verdict was SCREEN_CHALLENGE; screen_check() checks those of all frames that
 * were left undecided, each of which screen_resume() then decides.
 */
#pragma once

#include "meter.h"
#include "place.h"
#include "policy.h"
#include "reply.h"
#include "streak.h"
#include "talkers.h"
#include "validated.h"

enum {
	SCREEN_KNOWN_SYNS_MAX = 64, /* a second: SYNs of live flows that pass in a flooding zone */
	SCREEN_ASKED_MAX = 512, /* splices of one share that wait for a server */
};

/* The destination that was metered last, and what was found of its server, for the frames of one port in one
 * burst: they come from clients, and change nothing of it. */
struct screen_recent {
	struct screen_hashed hashed;
	uint64_t looked;     /* the hash whose server was looked up; 0: none yet */
	struct screen_server_profile server;
	uint8_t slot;	     /* where the frames come in */
	uint8_t standing;    /* enum step_standing */
	uint8_t preset;	     /* its admission */
	uint8_t admission;   /* what it comes to, enum screen_admission; SCREEN_ADMISSION_UNSET: not asked */
};

/* What a worker brings along. One per worker, nothing in it is shared but what says so. */
struct screen_context {
	const struct screen_policy *policy;
	const struct screen_keyset *keyset; /* NULL: nothing published, so closed */
	const struct screen_codec *codec;
	struct screen_lanes *lanes;	    /* the codec's working memory. Secret */
	struct screen_flows *flows;	    /* shared by all workers */
	struct screen_meters *meters;	    /* shared by all workers */
	struct screen_validated *validated; /* shared by all workers; NULL: nobody is */
	struct screen_talkers *talkers;	    /* NULL: not counted */
	struct screen_events *events;	    /* NULL: not told */
	uint64_t now_ns;		    /* CLOCK_MONOTONIC, one per burst */
	uint64_t learning_until_ns;
	uint32_t learning_rate;	   /* unknown segments a second */
	uint32_t learning_second;  /* the second that learning_count is of */
	uint32_t learning_count;
	uint32_t worker;
	/* Splices whose server has not answered, by destination: who makes one server silent must not
	 * use up what is there for all. The worker takes them off. */
	uint16_t asked[256];
	struct screen_recent recent;
	struct screen_streak streak;
	uint32_t undecided; /* frames since the last screen_check() */
	bool releasing;	  /* this frame was held, and its flow is open now */
	bool splice_full; /* the worker cannot keep one more splice that waits */
	/* Flows taken out of the table by the last decision: the caller gives them back after a
	 * grace period. */
	uint32_t retired[2];
	uint32_t retired_count;
};

/* Beside the verdict, what the worker has to do. */
enum screen_action {
	SCREEN_ACTION_NONE,
	SCREEN_ACTION_ASK_SERVER,  /* a splice began: send syn[] to the peer port, repeat it until the
				    * server answers, then forget it */
	SCREEN_ACTION_WAKE_OWNER,  /* the server has answered: its owner may have frames to release */
};

/* What is known of the cookie that a segment may carry. */
enum screen_cookie_state {
	SCREEN_COOKIE_UNCHECKED,
	SCREEN_COOKIE_IS_VALID,
	SCREEN_COOKIE_IS_INVALID,
};

struct screen_decision {
	/* Until the burst's cookies are checked: nothing else here means anything. */
	bool undecided;
	enum screen_cookie_state cookie;
	enum screen_verdict verdict;
	enum screen_reason reason;
	enum screen_action action;
	uint32_t length; /* of the frame now */
	uint32_t flow;	 /* SCREEN_HOLD and the actions: which flow */
	enum screen_kind kind;
	struct screen_packet packet;
	struct screen_place place; /* of a segment of TCP, or what a frame is about */
	struct screen_options options;
	struct screen_agreed agreed; /* SCREEN_CHALLENGE, or a valid cookie's */
	uint64_t epoch;		     /* likewise */
	struct screen_server_profile server; /* SCREEN_CHALLENGE: in whose place */
	uint8_t admission;	     /* likewise: enum screen_admission */
	uint16_t victim;	     /* SCREEN_CHALLENGE: the destination's entry, if it has one */
	bool rationed;		     /* SCREEN_REPLY: only as far as the reply budget goes */
	uint8_t share;		     /* SCREEN_ACTION_ASK_SERVER: of context->asked */
	uint32_t syn_length;	     /* likewise */
	uint8_t syn[SCREEN_SYNTHETIC_MAX];
};

/* A burst begins: what its SYNs add to the meters may wait until screen_settle(), which must follow,
 * before the policy or the clock changes. Without it each SYN is counted at once. [worker] */
static inline void screen_gather(struct screen_context *context)
{
	context->streak.gathering = true;
	context->recent.looked = 0;
}

static inline void screen_settle(struct screen_context *context)
{
	screen_streak_end(&context->streak, context->meters);
	context->streak.gathering = false;
}

/* Looks at count frames of one port, at most SCREEN_CODEC_BURST, before they are decided one after the
 * other: they are parsed, and what will be needed of the flow table is fetched. [worker] */
void screen_look(struct screen_context *context, const struct screen_frame *frames,
		 struct screen_decision *decisions, uint32_t count);

/* Decides about one frame that was looked at. [worker] */
void screen_judge(struct screen_context *context, struct screen_frame *frame,
		  struct screen_decision *d);

/* Looks at one frame, and decides about it. [worker] */
static inline void screen_decide(struct screen_context *context, struct screen_frame *frame,
				 struct screen_decision *d)
{
	screen_look(context, frame, d, 1);
	screen_judge(context, frame, d);
}

/* Checks the cookies of count undecided frames of one port, at most SCREEN_CODEC_BURST. [worker] */
void screen_check(struct screen_context *context, struct screen_frame *const frames[],
		  struct screen_decision *const decisions[], uint32_t count);

/* Decides about a frame whose cookie has been checked. [worker] */
void screen_resume(struct screen_context *context, struct screen_frame *frame,
		   struct screen_decision *d);

/* Mints the cookies of count challenges of one port, at most SCREEN_CODEC_BURST, and writes the
 * replies in place; sets each length. A keyset is there: screen_decide() saw to it. [worker] */
void screen_challenge(struct screen_context *context, struct screen_frame *const frames[],
		      struct screen_decision *const decisions[], uint32_t count);

/* A challenge that the reply budget does not allow: counted. [worker] */
void screen_refuse(struct screen_context *context, const struct screen_frame *frame,
		   const struct screen_decision *d);

/* Gives up a splice that the server did not answer: the flow becomes a tombstone. Writes to `to` the
 * RST for the client, made of the SYN that was sent. Returns its length; 0, and nothing is changed,
 * when the flow is not pending any more. [worker] */
uint32_t screen_abandon(struct screen_context *context, uint32_t flow, const uint8_t *syn,
			uint32_t syn_length, uint8_t *to);
