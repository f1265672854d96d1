/*
 * Servers: what each (address, port) behind a screened zone agrees to, learned from its own SYN-ACKs,
 * so that a challenge promises what the server would; and whether it answers at all, so that a closed
 * port does not look open.
 *
 * A fixed number. Only the protected side makes and changes entries, except that a SYN to a flooding
 * port may make one that says "asked": those are the first to go, and one that has answered within its
 * life is never given up for another. Workers look up without a lock; who makes an entry holds the
 * set's `busy`. A SYN-ACK noted in an entry that was just given to another server is lost to the one
 * and wrong for the other until its next: a wrong guess, which a splice makes good.
 */
#pragma once

#include "atomics.h"

#include "policy.h"
#include "scan.h"

enum {
	SCREEN_SERVER_WAYS = 4,
	SCREEN_SERVER_SETS = 4096, /* a power of two */
	SCREEN_SERVERS = SCREEN_SERVER_WAYS * SCREEN_SERVER_SETS,
	SCREEN_SERVER_NONE = 0xffffffff,

	SCREEN_SERVER_LIFE = 4 * 3600, /* what a SYN-ACK said is believed for so long. Unit: s. */
	SCREEN_SERVER_CLOSED = 2,      /* and that a port is closed. Unit: s. */
	SCREEN_SERVER_FIRM = 10,       /* no refusal closes a port that has just answered. Unit: s. */
	SCREEN_SERVER_ASKED_MAX = 4096,/* SYNs a second of a zone that may learn whether a port is open */

	/* What is assumed of a server that nothing is known of. SHIFT: its window scale. */
	SCREEN_SERVER_MSS_IPV4 = 1460,
	SCREEN_SERVER_MSS_IPV6 = 1440,
	SCREEN_SERVER_SHIFT = 7,
};

struct screen_server {
	_Atomic uint64_t hash; /* of zone, address and port; 0: free */
	_Atomic uint64_t address[2];
	_Atomic uint64_t profile; /* struct screen_server_profile: read and written as one */
	_Atomic uint64_t preset;  /* generation << 8 | place in policy->server + 1, SCREEN_SERVERS_MAX + 1:
				   * none; the last generation that was looked up. XOR hash, so that
				   * what was looked up for who had the entry before is not believed */
	/* CLOCK_MONOTONIC; 0: never */
	_Atomic uint64_t closed_ns; /* it refused a connection */
	_Atomic uint32_t seen_s;    /* its last SYN-ACK */
	_Atomic uint32_t asked_s;   /* a SYN went through to see */
	_Atomic uint32_t zone_port; /* zone << 16 | port */
	uint32_t reserved;
};
_Static_assert(sizeof(struct screen_server) == 64, "one cache line");

struct screen_servers {
	_Atomic uint32_t busy[SCREEN_SERVER_SETS];
	struct screen_server server[SCREEN_SERVERS];
};

screen_inline uint32_t screen_server_first(uint64_t hash)
{
	return (uint32_t)(hash >> 20 & (SCREEN_SERVER_SETS - 1)) * SCREEN_SERVER_WAYS;
}

screen_inline uint32_t screen_server_find(struct screen_servers *t, uint64_t hash)
{
	uint32_t first = screen_server_first(hash);

	for (uint32_t i = first; i < first + SCREEN_SERVER_WAYS; i++)
		if (atomic_load_explicit(&t->server[i].hash, memory_order_acquire) == hash)
			return i;
	return SCREEN_SERVER_NONE;
}

/* Whether so many seconds have passed since `then`; of "never" they have. A worker's clock may be a
 * second behind the one that noted. */
screen_inline bool screen_server_past(uint32_t then, uint32_t now_s, uint32_t seconds)
{
	return then == 0 || (now_s > then && now_s - then > seconds);
}

screen_inline bool screen_server_answers(const struct screen_server *v, uint32_t now_s)
{
	return !screen_server_past(atomic_load_explicit(&v->seen_s, memory_order_relaxed), now_s,
				   SCREEN_SERVER_LIFE);
}

screen_inline bool screen_server_is_closed(const struct screen_server *v, uint64_t now_ns)
{
	uint64_t then = atomic_load_explicit(&v->closed_ns, memory_order_relaxed);

	return then != 0 && now_ns < then + SCREEN_SERVER_CLOSED * 1000000000ull;
}

/* The entry of a server, made if there is none: of the four of its set the first that is free, else
 * the one that has been asked or refused longest ago and does not answer. SCREEN_SERVER_NONE when all
 * answer, or another worker makes one nearby. */
uint32_t screen_server_make(struct screen_servers *t, uint64_t hash, const uint8_t address[16],
			    uint32_t zone_port, uint32_t now_s);

/* A SYN-ACK says these things; what it does not say stays. Whether something is new. */
bool screen_server_learn(struct screen_server *v, struct screen_server_profile said, uint32_t now_s);

/* It refused a connection: it is not known to answer any more. Unless it has just answered: then it
 * refuses a client, and who gets himself refused must not close the port for all. Whether it is closed. */
bool screen_server_refused(struct screen_server *v, uint64_t now_ns);

/* Whether a SYN may go through to this server that is not known to answer: one a second. The caller
 * has a budget beside. */
screen_inline bool screen_server_ask(struct screen_server *v, uint32_t now_s)
{
	uint32_t then = atomic_load_explicit(&v->asked_s, memory_order_relaxed);

	return screen_server_past(then, now_s, 0) &&
	       atomic_compare_exchange_strong_explicit(&v->asked_s, &then, now_s,
						       memory_order_relaxed, memory_order_relaxed);
}

/* The preset of the server with this hash in the policy; NULL when there is none. Its entry v (or
 * NULL) remembers it. */
const struct screen_server_config *screen_server_preset(const struct screen_policy *policy,
							struct screen_server *v, uint64_t hash,
							const uint8_t address[16], uint16_t port);

/* What challenges promise: what is preset, else learned within its life, else assumed. v and preset may
 * be NULL. known tells what is not assumed. */
struct screen_server_profile screen_server_profile(const struct screen_server *v,
						   const struct screen_server_config *preset,
						   uint8_t family, uint32_t now_s);
