/*
 * What the programs of ports and the engine share: the shapes of their maps. What the programs do in the
 * engine's place see offload.h.
 *
 * Policy and keys are swapped as a whole, each as the one inner map of an array of maps: no frame sees
 * half a snapshot, or an epoch with another epoch's key. Meters and validated clients are the engine's
 * own, in memory that both write to.
 */
#pragma once

#include "../include/synscreen/engine.h"
#include "cookie.h"
#include "offload.h"

/* What becomes of SYNs to listeners of a zone that flood. */
enum screen_host_act {
	SCREEN_HOST_PASS,      /* nothing: the zone has no SYN-flood screen */
	SCREEN_HOST_CHALLENGE, /* they are answered with a cookie */
	SCREEN_HOST_DROP,      /* the excess is dropped: syn-cookie is not proved */
	SCREEN_HOST_PUNT,      /* they are the kernel's: admission kernel-cookies */
	SCREEN_HOST_DRY,       /* likewise: alarm-without-drop */
};

struct screen_host_zone {
	uint8_t act;	     /* enum screen_host_act */
	uint8_t activation;  /* enum screen_activation */
	uint8_t admission;   /* enum screen_admission, of its host ports */
	uint8_t white;	     /* 1: there is a white-list */
	uint16_t profile;
	uint8_t peers;	   /* 1: others mint with the same key, at any time */
	uint8_t validates; /* 1: who has answered passes, for a while */
	uint8_t refuses;   /* 1: the kernel admits nobody by a cookie, whatever the admission */
	uint32_t attack_threshold, alarm_threshold; /* SYN/s */
	uint64_t passive_ns, flood_ns;		    /* KERNEL */
};

struct screen_host_policy {
	struct screen_host_zone zone[SCREEN_ZONES_MAX];
	uint8_t zone_of[SCREEN_PORTS_MAX]; /* of each slot; SCREEN_ZONES_MAX: of no zone */
	struct screen_offload_policy offload;
};

/* What cookies are minted and checked with. Secret. */
struct screen_host_keys {
	uint64_t check_epoch, other_epoch, mint_epoch;
	uint64_t valid_until_ns; /* CLOCK_BOOTTIME: then even the newer epoch's cookies are too old */
	uint64_t mint_until_ns;	 /* likewise: the next epoch has begun, and nothing is minted with this one */
	uint32_t accepts_other;
	uint32_t reserved;
	struct screen_zone_keys zone[SCREEN_ZONES_MAX], other[SCREEN_ZONES_MAX];
};

/* A prefix of a white-list, as the trie has it. Those of IPv4 are v4-mapped, and no part of an IPv6
 * prefix. */
struct screen_host_prefix {
	uint32_t length; /* bits of what follows */
	uint16_t profile;
	uint8_t kind; /* enum screen_prefix_kind */
	uint8_t family;
	uint8_t address[16];
};

enum { SCREEN_HOST_PREFIX_FIXED = 32 }; /* bits before the address */

/* An address and port of this machine whose connections live elsewhere: NAT has led them there. */
struct screen_host_end {
	uint8_t address[16]; /* v4-mapped */
	uint16_t port;
	uint16_t zone;
	uint32_t reserved;
};

enum { SCREEN_HOST_TRANSLATED = 1024 }; /* of them; the ones not heard of for longest go first */

/* What the kernel's side has to say. */
enum screen_host_news_kind {
	SCREEN_HOST_ALARM = 1, /* a destination reached alarm-threshold */
	SCREEN_HOST_START = 2, /* it floods */
	SCREEN_HOST_SERVER = 3, /* a listener has answered */
	SCREEN_HOST_OVERFLOW = 4, /* a listener's queue overflows, though no destination reached
				   * attack-threshold */
	SCREEN_HOST_RELIEF = 5,	  /* it does not any more */
};

/* What the kernel says of a zone's listeners, as the zone's meter keeps it. */
enum screen_host_overflow {
	SCREEN_HOST_RELIEVED = 0,
	SCREEN_HOST_OVERFLOWS = 1,	/* the destination's own flood has been told */
	SCREEN_HOST_OVERFLOWS_TOLD = 2, /* it has been told as OVERFLOW */
};

struct screen_host_news {
	uint64_t now_ns;
	uint32_t kind; /* enum screen_host_news_kind */
	uint32_t count;
	uint8_t slot, zone;
	uint16_t sport, dport; /* of the SYN; of SERVER: sport is the listener's */
	uint16_t reserved;
	uint8_t source[16], destination[16];
	struct screen_server_profile profile; /* SERVER */
};

enum { SCREEN_HOST_NEWS_SIZE = 1 << 18 }; /* bytes of their ring */
