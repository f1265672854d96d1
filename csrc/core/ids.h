/*
 * The other screens of a profile: what Junos calls IDS. Each looks at one frame that comes in by a
 * screened port and says whether it is one of those that it is for. Private to the screen.
 *
 * ids.c has their order; ids_ip.c, ids_tcp.c, ids_icmp.c and ids_rate.c the screens.
 */
#pragma once

#include "step.h"

static inline bool ids_armed(const struct step *s, enum screen_ids ids)
{
	return step_profile(s)->armed >> ids & 1;
}

/* A screen has found its frame: counts it, says so in the log, and decides to drop it. False under
 * alarm-without-drop, when nothing is decided. */
bool ids_hit(struct step *s, enum screen_ids ids);

/* True when the frame is dropped. */
bool ids_ip(struct step *s, enum screen_kind kind);
bool ids_tcp(struct step *s, enum screen_kind kind);
bool ids_icmp(struct step *s, enum screen_kind kind);
bool ids_rate(struct step *s, enum screen_kind kind);

/* The bytes of the IP packet from an offset in the frame on. */
static inline uint32_t ids_bytes_from(const struct step *s, uint32_t at)
{
	uint32_t end = s->d->packet.end;

	end = end < s->frame->length ? end : s->frame->length;
	return end > at ? end - at : 0;
}

/* The first extension header of a type in an IPv6 packet; NULL without. */
const uint8_t *ids_extension(const struct step *s, uint8_t type);

/* Where a fragment lies in its datagram. */
struct ids_fragment {
	uint32_t id;
	uint32_t before; /* bytes of headers that the datagram's length counts, but not the offset */
	uint32_t offset; /* bytes */
	uint32_t length; /* bytes of the datagram that it carries */
	bool more;	 /* others come behind it */
};

/* Reads it from a frame of SCREEN_KIND_FRAGMENT. */
struct ids_fragment ids_fragment_of(const struct step *s);
