/*
 * Replies: a challenge or a reset, written in place into the frame that it answers, and segments
 * that the splice says in a client's name.
 *
 * A reply goes back the way its frame came: link-layer addresses swapped, the same VLAN tags, no IP
 * options or extension headers. DSCP, ECN and the flow label are not reflected.
 */
#pragma once

#include "challenge.h"
#include "server.h"

enum {
	/* tags, IPv6 and TCP with all options: no reply and no synthesized SYN is longer */
	SCREEN_SYNTHETIC_MAX = 14 + 8 + 40 + 60,
};

/* A timestamps option behind two NOPs (RFC 7323 appendix A): 12 bytes. */
uint8_t screen_reply_timestamps(uint8_t options[SCREEN_OPTIONS_MAX], uint32_t tsval,
				uint32_t tsecr);

/*
 * Rewrites the frame at data, parsed as p, into an answer from its destination to its source.
 * Returns the new length of the frame. The frame's memory must hold SCREEN_SYNTHETIC_MAX bytes.
 */
uint32_t screen_reply_write(uint8_t *data, const struct screen_packet *p,
			    const struct screen_segment *segment);

/*
 * Writes a frame to `to` that goes the same way as the parsed frame at data: same link-layer and IP
 * addresses, tags, TTL, traffic class and flow label, but no IP options. Returns its length, at most
 * SCREEN_SYNTHETIC_MAX.
 */
uint32_t screen_reply_onward(uint8_t *to, const uint8_t *data, const struct screen_packet *p,
			     const struct screen_segment *segment);

/* Turns a SYN into the challenge that answers it in the server's place. options are the SYN's. Returns
 * the new length. */
uint32_t screen_reply_challenge(uint8_t *data, const struct screen_packet *p,
				const struct screen_options *options,
				const struct screen_agreed *a,
				const struct screen_server_profile *server,
				struct screen_cookie cookie);

/*
 * Turns the frame at data, an ICMP error parsed as p about a segment parsed as `about` (whose IP header
 * is at about->l3), into a RST for that segment's sender in its receiver's name. Returns the new length,
 * which is never more than the error's was.
 */
uint32_t screen_reply_unreachable(uint8_t *data, const struct screen_packet *p,
				  const struct screen_packet *about, uint32_t seq, uint32_t ack);

/* Turns a SYN into the challenge that its own sender resets: an ACK of `ack`, which it has not sent
 * (RFC 9293 section 3.10.7.3), as RFC 5961 section 4 has them. Returns the new length. */
uint32_t screen_reply_safe_reset(uint8_t *data, const struct screen_packet *p, uint32_t ack);

/* Turns any frame, but a RST, into the RST that refuses it (RFC 9293 section 3.5.2): seq is what the
 * receiver expects. */
uint32_t screen_reply_reset(uint8_t *data, const struct screen_packet *p, uint32_t seq,
			    uint32_t ack, bool with_ack);
