/*
 * The flow table: every TCP connection through a screened wire, in memory fixed at start, found by
 * any worker whichever direction it sees.
 *
 * A bucket is one cache line: a version and 15 slots of {tag, index}. Look-ups take no lock.
 * Installing claims the bucket by a compare-and-swap that makes the version odd, so that two workers
 * cannot install one connection twice; who finds it odd for too long gives up on that one frame. An
 * entry that was taken out is given out again only after every worker has passed a quiescent state
 * (`grace`), because one may still be reading it.
 *
 * Writers: constants of a splice are written by whoever moved the state to SCREEN_FLOW_OPENING,
 * before the release store of SCREEN_FLOW_SPLICED. side[] has one direction as its writer each.
 */
#pragma once

#include "atomics.h"

#include "packet.h"
#include "policy.h"
#include "session.h"
#include "siphash.h"
#include "../include/synscreen/engine.h"

enum {
	SCREEN_BUCKET_SLOTS = 15,
	SCREEN_FLOWS_PER_BUCKET = 4, /* on average, when the table is full */
	SCREEN_FLOW_NONE = 0,	     /* index 0 is never given out */
	SCREEN_FLOW_INDEX = 0x00ffffff, /* of a bucket's slot; the rest is the tag */

	/* Seconds without a segment after which a flow is forgotten, where the policy does not say.
	 * Unit: s. */
	SCREEN_TIMEOUT_RESET = 10,
	SCREEN_TIMEOUT_TOMBSTONE = 264, /* longer than a cookie lives: 2 epochs, at half speed */

	SCREEN_CLOSING_FIN_CLIENT = 1 << 0,
	SCREEN_CLOSING_FIN_SERVER = 1 << 1,
	SCREEN_CLOSING_RST_CLIENT = 1 << 2,
	SCREEN_CLOSING_RST_SERVER = 1 << 3,
	SCREEN_CLOSING_RST = SCREEN_CLOSING_RST_CLIENT | SCREEN_CLOSING_RST_SERVER,

	/* Of a flow's passing[]: the driver passes the side's segments, and the engine has none; it passes them,
	 * and the engine has some yet. Below, how many of an open flow the engine was handed: the first always,
	 * so that a short connection does not go from one to the other; those it keeps count of when an odd one
	 * begins the rest anew. */
	SCREEN_PASSING = 255,
	SCREEN_PASSING_BEGINS = 254,
	SCREEN_PASSING_FROM = 16,

	/* Half-open to us for good: the server answers by another way. Beside SCREEN_CLOSING_*. */
	SCREEN_ONE_WAY = 1 << 4,

	SCREEN_COUNTED_SESSION = 1 << 0,
	SCREEN_COUNTED_SILENT = 1 << 1, /* open, and the client has sent nothing yet */

	/* How far beyond the server's ISN an ACK that completes a handshake may be. Unit: bytes. */
	SCREEN_HANDSHAKE_WINDOW = 0xffff,
	/* How far from what is known of a side a segment may be to be believed. Unit: bytes. */
	SCREEN_NEAR = 1 << 24,
};

/* enum screen_flow_state of engine.h, and those that no row ever shows. */
enum {
	SCREEN_FLOW_FREE = 0,
	SCREEN_FLOW_OPENING = 6, /* one worker is writing the constants of the splice */
};

/* Both endpoints of a connection, the lower {address, port} first, so that both directions find it. */
struct screen_flow_key {
	uint8_t low[16], high[16]; /* IPv4 v4-mapped */
	uint16_t low_port, high_port;
	uint16_t vlan[2];
	uint16_t wire;
	uint16_t reserved[3];
};
_Static_assert(sizeof(struct screen_flow_key) == 48, "six words for SipHash");

struct screen_flow_side {
	_Atomic uint32_t seen_s; /* when its last segment came, in seconds of CLOCK_MONOTONIC */
	/* Of an open splice these are numbers from its opening on; else 0: nothing. */
	_Atomic uint32_t ack;	 /* the most that it has acknowledged, as it said it */
	_Atomic uint32_t next;	 /* behind the last byte that it has sent */
};

struct screen_flow {
	struct screen_flow_key key;
	_Atomic uint32_t state;
	_Atomic uint32_t generation; /* changes when the entry is freed */
	uint32_t created_s;
	uint8_t client_low;  /* the client is the key's lower endpoint */
	uint8_t client_slot; /* the port that its segments come in by */
	uint16_t half_open_s; /* how long it may stay half-open, as configured when it was made */
	/* 64 */
	struct screen_flow_side side[2]; /* 0: client, 1: server */
	_Atomic uint16_t held;		 /* frames that wait for the server's answer */
	_Atomic uint16_t owner;		 /* the worker that asks the server, plus 1; 0: nobody, it was
					  * handed over */
	/* constants of the splice */
	uint32_t client_isn;
	uint32_t cookie_isn;
	uint32_t server_isn;
	uint32_t ts_delta;     /* client's view of the server's clock = the server's + this (one that
				* has none: milliseconds); before it has answered, the cookie's TSval */
	uint32_t client_tsval; /* of the ACK; the client's last one where its server has no clock */
	union {
		uint16_t client_window; /* of the ACK, as on the wire */
		/* of what is no splice: a side whose segments the driver passes (bpf/shim_pass.h). By a program
		 * that may still have found an entry that was taken out meanwhile: nothing else may depend on
		 * it. */
		_Atomic uint8_t passing[2];
	};
	uint16_t mss;	       /* the client's; when the server has answered, the smaller of both. A
				* path that is too narrow makes it smaller still (icmp.c) */
	uint8_t client_wscale; /* as agreed with the client; SCREEN_WSCALE_NONE */
	uint8_t our_wscale;
	uint8_t server_wscale; /* SCREEN_WSCALE_NONE: the server does not scale */
	uint8_t agreed;	       /* of a splice: enum SCREEN_AGREED_* with the client; else what the
				* client's SYN offered, enum screen_option_flag */
	uint8_t server_flags;  /* enum screen_option_flag of the server's SYN-ACK */
	_Atomic uint8_t counted; /* SCREEN_COUNTED_*: what of it is in the sessions */
	_Atomic uint8_t closing; /* SCREEN_CLOSING_*, SCREEN_ONE_WAY */
	_Atomic uint8_t syn_s;	 /* the second, mod 256, of the last SYN that was let through */
	uint32_t next_free; /* index in the free stack, or in a list of those that were taken out */
};
_Static_assert(sizeof(struct screen_flow) == 128, "two cache lines");

struct screen_bucket {
	_Atomic uint32_t version; /* odd: being installed into */
	_Atomic uint32_t slot[SCREEN_BUCKET_SLOTS]; /* tag << 24 | index; 0 is empty */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct screen_bucket) == 64, "one cache line");

/* Which buckets may have flows, a bit each: a fraction of the table, which stays in a processor's cache when
 * the buckets do not. Set before the first flow of a bucket is in it, and taken back by the sweep: a bucket
 * without a mark has none. */
struct screen_marks {
	_Atomic uint64_t word[16];
};

enum { SCREEN_MARKS = 16 * 64 }; /* buckets that one has the marks of */

struct screen_flows {
	struct screen_marks *marks;
	struct screen_bucket *buckets;
	struct screen_flow *flows;
	uint32_t buckets_count; /* a power of two */
	uint32_t flows_max;	/* entries, index 0 included */
	uint64_t key[2];	/* secret, random */
	_Atomic uint64_t free;	/* tag << 32 | index: a stack through next_free */
	_Atomic uint64_t used;
	_Atomic uint64_t installed, expired, refused;
	struct screen_sessions *sessions; /* NULL: not counted */
};

/* Bytes that screen_flows_init() needs for max flows (a power of two, 2^10 to 2^24). */
size_t screen_flows_size(uint32_t max);

/* How many screen_marks a table has. They come first in its memory, then buckets, then flows. */
screen_inline uint32_t screen_marks_count(uint32_t buckets_count)
{
	return (buckets_count + SCREEN_MARKS - 1) / SCREEN_MARKS;
}

/* Whether the bucket may have flows. marks: the one that has its mark. */
screen_inline bool screen_marked(const struct screen_marks *marks, uint32_t bucket)
{
	return atomic_load_explicit(&marks->word[bucket / 64 % 16], memory_order_relaxed) >> bucket % 64 & 1;
}

screen_inline bool screen_flow_marked(const struct screen_flows *t, uint32_t bucket)
{
	return screen_marked(&t->marks[bucket / SCREEN_MARKS], bucket);
}

/* Lays the table out in memory (zeroed, 64-byte aligned, screen_flows_size(max) bytes), which the
 * caller keeps for as long as the table lives. */
void screen_flows_init(struct screen_flows *t, void *memory, uint32_t max, const uint64_t key[2]);

/* The v4-mapped source (which = 0) or destination (1) address of a packet. */
screen_inline void screen_flow_address(const uint8_t *data, const struct screen_packet *p, int which,
				       uint8_t address[16])
{
	const uint8_t *ip = data + p->l3;

	if (p->family == 6) {
		memcpy(address, ip + 8 + which * 16, 16);
		return;
	}
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	memcpy(address + 12, ip + 12 + which * 4, 4);
}

/* Whether endpoint a is the lower one: addresses as numbers, then ports. */
screen_inline bool screen_flow_is_low(const uint8_t a[16], uint16_t a_port, const uint8_t b[16],
				      uint16_t b_port)
{
	uint64_t a_high = screen_load_be64(a), b_high = screen_load_be64(b);
	uint64_t a_low = screen_load_be64(a + 8), b_low = screen_load_be64(b + 8);

	if (a_high != b_high)
		return a_high < b_high;
	return a_low != b_low ? a_low < b_low : a_port <= b_port;
}

/* The key of a packet's connection, whose addresses (v4-mapped) have been taken out. Returns whether the
 * packet's source is its lower endpoint. */
screen_inline bool screen_flow_key_of(const uint8_t source[16], const uint8_t destination[16],
				      const struct screen_packet *p, uint16_t wire, struct screen_flow_key *key)
{
	bool low = screen_flow_is_low(source, p->sport, destination, p->dport);

	memset(key, 0, sizeof(*key));
	memcpy(key->low, low ? source : destination, 16);
	memcpy(key->high, low ? destination : source, 16);
	key->low_port = low ? p->sport : p->dport;
	key->high_port = low ? p->dport : p->sport;
	key->vlan[0] = p->vlan[0];
	key->vlan[1] = p->vlan[1];
	key->wire = wire;
	return low;
}

/* The same of a packet. */
screen_inline bool screen_flow_key(const uint8_t *data, const struct screen_packet *p, uint16_t wire,
				   struct screen_flow_key *key)
{
	uint8_t source[16], destination[16];

	screen_flow_address(data, p, 0, source);
	screen_flow_address(data, p, 1, destination);
	return screen_flow_key_of(source, destination, p, wire, key);
}

/* What of a key is hashed: what is the same in all keys of IPv4 is not. Returns how many words, 3 or 6. */
screen_inline uint32_t screen_flow_key_words(const struct screen_flow_key *key, uint64_t words[6])
{
	memcpy(words, key, 6 * sizeof(words[0]));
	if (words[0] | words[2] | (uint32_t)(words[1] ^ SCREEN_MAPPED_IPV4) |
	    (uint32_t)(words[3] ^ SCREEN_MAPPED_IPV4))
		return 6;
	words[0] = words[1] >> 32 | (words[3] >> 32) << 32;
	words[1] = words[4];
	words[2] = words[5];
	return 3;
}

/* The hash of a key under a secret. */
screen_inline uint64_t screen_flow_key_hash(const uint64_t secret[2], const struct screen_flow_key *key)
{
	uint64_t words[6];

	/* a constant count each: the verifier and the unroller want one */
	if (screen_flow_key_words(key, words) == 3)
		return screen_siphash13_words(secret[0], secret[1], words, 3);
	return screen_siphash13_words(secret[0], secret[1], words, 6);
}

/* Where flows with this hash are, and what marks them there. */
screen_inline uint32_t screen_flow_bucket(uint32_t buckets_count, uint64_t hash)
{
	return (uint32_t)hash & (buckets_count - 1);
}

screen_inline uint32_t screen_flow_slot(uint64_t hash, uint32_t index)
{
	return (uint32_t)(hash >> 56) << 24 | index;
}

static inline uint64_t screen_flow_hash(const struct screen_flows *t, const struct screen_flow_key *key)
{
	return screen_flow_key_hash(t->key, key);
}

/* The index of the flow, SCREEN_FLOW_NONE when there is none. */
uint32_t screen_flow_find(struct screen_flows *t, const struct screen_flow_key *key, uint64_t hash);

/*
 * Takes a free entry that only the caller sees, until it is installed or given back. Fields but
 * key, generation and next_free are zero. SCREEN_FLOW_NONE when the table is full.
 */
uint32_t screen_flow_take(struct screen_flows *t);

/* Whether no entry is free. */
bool screen_flows_full(const struct screen_flows *t);

/* Makes room in the bucket of this hash: takes out a tombstone, else a flow that is over, else one
 * that is half-open. SCREEN_FLOW_NONE when there is none. The caller retires what it gets. */
uint32_t screen_flow_evict(struct screen_flows *t, uint64_t hash);

/* Gives back an entry that nobody else can be reading. */
void screen_flow_give(struct screen_flows *t, uint32_t index);

enum screen_install {
	SCREEN_INSTALL_DONE,
	SCREEN_INSTALL_EXISTS, /* *other is the flow that is already there */
	SCREEN_INSTALL_FULL,   /* the bucket has no room, or is claimed for too long */
};

/* Installs a taken entry whose key and state are set. replaces (or SCREEN_FLOW_NONE) is a flow of
 * the same key that it takes the place of: the caller retires that one. */
enum screen_install screen_flow_install(struct screen_flows *t, uint32_t index, uint64_t hash,
					uint32_t replaces, uint32_t *other);

/* Takes a flow out of the table. Returns whether the caller was the one who did, and so retires it
 * (after a grace period: screen_flow_give). */
bool screen_flow_remove(struct screen_flows *t, uint32_t index, uint64_t hash);

/* The seconds of silence after which this flow is forgotten. */
uint32_t screen_flow_timeout(const struct screen_flow *f, const struct screen_policy *policy);

/* Whether the flow has been silent for too long. */
bool screen_flow_expired(const struct screen_flow *f, uint32_t now_s,
			 const struct screen_policy *policy);

/* Whether both sides have said that they are done, or one has reset it. */
bool screen_flow_over(const struct screen_flow *f);

/* Looks at one bucket and takes out what has expired: indices into expired[], returns how many. */
uint32_t screen_flow_sweep(struct screen_flows *t, uint32_t bucket, uint32_t now_s,
			   const struct screen_policy *policy,
			   uint32_t expired[SCREEN_BUCKET_SLOTS]);

/* Notes the time on one side of a flow; a store only when the second has changed. */
screen_inline void screen_flow_seen(struct screen_flow *f, int side, uint32_t now_s)
{
	_Atomic uint32_t *seen = &f->side[side].seen_s;

	if (atomic_load_explicit(seen, memory_order_relaxed) != now_s)
		atomic_store_explicit(seen, now_s, memory_order_relaxed);
}

/* The hash of an end of a flow's key in the sessions: an address on a wire. */
uint64_t screen_flow_end_hash(const struct screen_flows *t, const struct screen_flow_key *key,
			      bool low);

/* Counts a flow, once for each bit of SCREEN_COUNTED_*; and takes off what of it is counted. */
void screen_flow_count(struct screen_flows *t, struct screen_flow *f, uint8_t what);
void screen_flow_uncount(struct screen_flows *t, struct screen_flow *f, uint8_t what);

screen_inline uint32_t screen_flow_state_get(const struct screen_flow *f)
{
	return atomic_load_explicit(&f->state, memory_order_acquire);
}

static inline void screen_flow_state_set(struct screen_flow *f, uint32_t state)
{
	atomic_store_explicit(&f->state, state, memory_order_release);
}

static inline bool screen_flow_state_move(struct screen_flow *f, uint32_t from, uint32_t to)
{
	return atomic_compare_exchange_strong_explicit(&f->state, &from, to, memory_order_acq_rel,
						       memory_order_acquire);
}
