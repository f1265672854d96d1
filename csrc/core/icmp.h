/*
 * ICMP and ICMPv6 errors about TCP segments (RFC 792, RFC 4443): which segment, and what the two ends of
 * a splice must read there. What an error quotes is as its sender saw it; who gets it looks for the
 * sequence number that it sent itself (RFC 5927 section 4.1).
 */
#pragma once

#include "splice.h"

/*
 * Whether the packet at data, parsed as p, is an error that quotes a TCP header with at least its ports
 * and sequence number. Fills *about: l3, l4, end (of what is quoted), family, vlan, tags, ports, seq; ack
 * where it is there, else 0.
 */
bool screen_icmp_about(const uint8_t *data, const struct screen_packet *p,
		       struct screen_packet *about);

/* Whether its checksums are right. */
bool screen_icmp_intact(const uint8_t *data, const struct screen_packet *p);

/* Whether the error says that nobody is there: a connection attempt fails by it (RFC 5461). */
bool screen_icmp_unreachable(const uint8_t *data, const struct screen_packet *p);

/* Translates the quoted header of an error that goes to the server (SCREEN_TO_SERVER: about a segment of
 * its own) or to the client, in place, with all checksums. A path MTU that the server is told leaves room
 * for stamps (stamp.h). */
void screen_icmp_translate(struct screen_flow *f, enum screen_direction direction,
			   uint8_t *data, const struct screen_packet *p,
			   const struct screen_packet *about);
