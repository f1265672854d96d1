/*
 * Timestamps in a server's place: what a challenge promised (RFC 7323) and the server behind turned
 * out not to have. Each segment to the client gets the option, with a clock that goes on from the
 * cookie's in milliseconds, and the client's own last TSval back; what the client sends has its option
 * overwritten by NOPs (splice.c).
 */
#pragma once

#include "splice.h"

enum {
	/* How far ahead of the cookie's TSval that clock begins: the client must not see it go back
	 * behind the cookie (RFC 7323 section 5.3) in what a worker says whose burst began before
	 * that of the one which opened the splice. Unit: ms. */
	SCREEN_STAMP_AHEAD = 1000,
};

/* Whether segments to the client of an open splice need timestamps of ours. */
static inline bool screen_stamps(const struct screen_flow *f)
{
	return (f->agreed & SCREEN_AGREED_TIMESTAMPS) && !(f->server_flags & SCREEN_HAS_TIMESTAMPS);
}

/*
 * Inserts the option into a translated segment of the server, whose headers move up to
 * SCREEN_STAMP_SIZE bytes to the front: frame->data and frame->length change. A RST is left as it is
 * (RFC 7323 section 3.2), and so is a segment that would become longer than the client allows, or than
 * the server takes itself, whose link then might not carry it. A server that was not known to have a
 * clock sends none such: its SYN had an MSS that is smaller by the option (splice.c).
 */
void screen_stamp(const struct screen_flow *f, struct screen_frame *frame,
		  const struct screen_packet *p, const struct screen_options *o, uint64_t now_ns);
