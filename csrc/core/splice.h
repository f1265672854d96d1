/*
 * The splice: between what a challenge told the client and what the server says.
 *
 *   client                       screen                      server
 *     |  SYN  isn=C                |                            |
 *     |--------------------------->|                            |
 *     |  SYN-ACK isn=K (a cookie)  |                            |
 *     |<---------------------------|                            |
 *     |  ACK C+1, K+1              |  SYN isn=C                 |
 *     |--------------------------->|--------------------------->|
 *     |                            |  SYN-ACK isn=S             |
 *     |                            |<---------------------------|
 *     |  data seq=C+1 (held)       |  ACK C+1, S+1 ; data       |
 *     |--------------------------->|--------------------------->|
 *     |  seq - S + K               |  seq=S+1 ...               |
 *     |<---------------------------|<---------------------------|
 *
 * The client's sequence numbers are real for both ends; the server's are shifted by K - S, its clock
 * by the cookie's TSval minus its own first one, and windows are rescaled where the two scales
 * differ. All functions work in place; checksums are updated by difference (RFC 1624).
 */
#pragma once

#include "flow.h"
#include "reply.h"

enum screen_direction {
	SCREEN_TO_SERVER,
	SCREEN_TO_CLIENT,
};

/* Notes in f what a valid ACK (p, options o) and its cookie say of the client. */
void screen_splice_begin(struct screen_flow *f, const struct screen_packet *p,
			 const struct screen_options *o, const struct screen_agreed *a);

/* Writes the SYN to the server, as if the client's own had arrived, to `to` (at least
 * SCREEN_SYNTHETIC_MAX bytes). data and p are the client's ACK; server is what is known of it: unless
 * that it has a clock, the SYN's MSS leaves room for timestamps of ours. Returns its length. */
uint32_t screen_splice_syn(const struct screen_flow *f, uint8_t *to, const uint8_t *data,
			   const struct screen_packet *p,
			   const struct screen_server_profile *server);

/* What that SYN offered: enum screen_option_flag. */
uint8_t screen_splice_offered(const struct screen_flow *f);

/* Once for a splice: notes what the server's SYN-ACK agreed to, and how far the two views are apart. */
void screen_splice_open(struct screen_flow *f, const struct screen_packet *p,
			const struct screen_options *o, uint64_t now_ns);

/* Turns the server's SYN-ACK into the ACK that completes its handshake. Returns the new length. */
uint32_t screen_splice_ack(const struct screen_flow *f, uint8_t *data,
			   const struct screen_packet *p, const struct screen_options *o);

/* Translates a segment of an open splice in place. Its checksum must be whole, or, of a first fragment,
 * be that of the whole segment. */
void screen_splice_translate(struct screen_flow *f, enum screen_direction direction,
			     uint8_t *data, const struct screen_packet *p,
			     const struct screen_options *o);

/* Turns the server's RST in answer to our SYN into one that the client believes: the sequence number
 * must be exactly what it expects (RFC 5961 section 3.2). */
void screen_splice_refuse(const struct screen_flow *f, uint8_t *data,
			  const struct screen_packet *p);

/* The window field that says to a reader with scale `to` what `window` says to one with scale
 * `from` (SCREEN_WSCALE_NONE: not scaled). A window that is not zero never becomes zero. */
uint16_t screen_splice_window(uint16_t window, uint8_t from, uint8_t to);
