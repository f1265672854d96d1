/*
 * What a test hands to the cookie code and what comes of it, on the host and in the kernel.
 */
#pragma once

#include "cookie.h"

struct cookie_record {
	struct screen_tuple tuple;
	struct screen_zone_keys keys;
	uint64_t epoch; /* of keys.current */

	/* the SYN */
	struct screen_agreed offered;
	uint32_t client_isn;

	/* the ACK, and the RST of a safe reset */
	uint32_t seq, ack, tsecr, reset_seq;
	uint32_t timestamps;

	/* what came of it */
	struct screen_cookie minted;
	uint32_t result; /* enum screen_cookie_result */
	struct screen_agreed agreed;
	uint32_t safe_reset;
	uint32_t safe_reset_result; /* enum screen_cookie_result */
};

screen_inline void cookie_record_mint(struct cookie_record *r)
{
	r->minted = screen_cookie_mint(&r->keys.current, r->epoch, &r->tuple, r->client_isn,
				       &r->offered);
}

screen_inline void cookie_record_check(struct cookie_record *r)
{
	r->result = screen_cookie_check(&r->keys, r->epoch, &r->tuple, r->seq, r->ack,
					r->timestamps, r->tsecr, &r->agreed);
}

screen_inline void cookie_record_safe_reset(struct cookie_record *r)
{
	r->safe_reset = screen_cookie_safe_reset(&r->keys.current, r->epoch, &r->tuple,
						 r->client_isn);
}

screen_inline void cookie_record_check_safe_reset(struct cookie_record *r)
{
	r->safe_reset_result = screen_cookie_check_safe_reset(&r->keys, r->epoch, &r->tuple,
							      r->reset_seq);
}
