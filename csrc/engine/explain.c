/* What a cookie is, offline: the ABI's explain.h. */
#include "../include/synscreen/explain.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "keyring.h"

enum { LOOK_BACK = 64 }; /* epochs in which an invalid cookie is looked for, to say how old it is */

static bool wscales_ok(const struct screen_cookie_query *q)
{
	bool none = q->client_wscale == SCREEN_WSCALE_NONE && q->our_wscale == SCREEN_WSCALE_NONE;

	return none || (q->client_wscale <= 14 && q->our_wscale <= 14);
}

static int check_query(const struct screen_cookie_query *q, bool mint,
		       struct screen_error_info *error)
{
	const char *wrong = NULL;

	if (memchr(q->key_file, 0, sizeof(q->key_file)) == NULL || !q->key_file[0])
		wrong = "the key file's name is empty or too long";
	else if (memchr(q->zone, 0, sizeof(q->zone)) == NULL || !q->zone[0])
		wrong = "the zone's name is empty or too long";
	else if (q->family != 4 && q->family != 6)
		wrong = "the family is neither 4 nor 6";
	else if (mint && !q->safe_reset && q->mss && q->mss < SCREEN_MSS_MIN)
		wrong = "an MSS below 216 cannot be challenged";
	else if (mint && q->timestamps && !wscales_ok(q))
		wrong = "window scales are 0 to 14, both or none";
	else if (mint && !q->timestamps && (q->sack || q->ecn))
		wrong = "SACK and ECN are agreed only together with timestamps";
	return wrong ? screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, "cookie", "%s", wrong) :
		       SCREEN_OK;
}

static struct screen_tuple tuple_of(const struct screen_cookie_query *q)
{
	struct screen_tuple t = { .sport = q->sport, .dport = q->dport, .family = q->family };
	size_t size = q->family == 4 ? 4 : 16;

	memcpy(t.source, q->source, size);
	memcpy(t.destination, q->destination, size);
	return t;
}

static struct screen_agreed agreed_of(const struct screen_cookie_query *q)
{
	struct screen_agreed a = {
		.mss = q->mss,
		.client_wscale = SCREEN_WSCALE_NONE,
		.our_wscale = SCREEN_WSCALE_NONE,
	};

	if (a.mss == 0)
		a.mss = q->family == 4 ? SCREEN_MSS_DEFAULT_IPV4 : SCREEN_MSS_DEFAULT_IPV6;
	if (!q->timestamps)
		return a;
	a.timestamps = true;
	a.sack = q->sack;
	a.ecn = q->ecn;
	a.client_wscale = q->client_wscale;
	a.our_wscale = q->our_wscale;
	return a;
}

int screen_cookie_explain_mint(const struct screen_cookie_query *q,
			       struct screen_cookie_answer *answer, struct screen_error_info *error)
{
	struct screen_cookie_key key;
	struct screen_tuple t = tuple_of(q);
	struct screen_agreed a = agreed_of(q);
	screen_master_key master;
	int result = check_query(q, true, error);

	memset(answer, 0, sizeof(*answer));
	if (result == 0)
		result = screen_keyfile_read(q->key_file, &master, error);
	if (result)
		return result;
	screen_keyring_derive(*master, q->zone, q->epoch, &key);
	if (q->safe_reset) {
		answer->isn = screen_cookie_safe_reset(&key, q->epoch, &t, q->client_isn);
	} else {
		struct screen_cookie c =
			screen_cookie_mint(&key, q->epoch, &t, q->client_isn, &a);

		answer->isn = c.isn;
		answer->tsval = c.tsval;
	}
	answer->epoch = q->epoch;
	sodium_memzero(&key, sizeof(key));
	screen_keyfile_free(master);
	return SCREEN_OK;
}

/* Whether it is valid when E is the check epoch. */
static bool valid_in(const struct screen_cookie_query *q, const uint8_t master[SCREEN_MASTER_SIZE],
		     uint64_t epoch, bool timestamps, struct screen_agreed *a)
{
	struct screen_tuple t = tuple_of(q);
	enum screen_cookie_result result;
	struct screen_zone_keys keys;

	screen_keyring_derive(master, q->zone, epoch, &keys.current);
	screen_keyring_derive(master, q->zone, epoch - 1, &keys.previous);
	if (q->safe_reset)
		result = screen_cookie_check_safe_reset(&keys, epoch, &t, q->seq);
	else
		result = screen_cookie_check(&keys, epoch, &t, q->seq, q->ack, timestamps,
					     q->tsecr, a);
	sodium_memzero(&keys, sizeof(keys));
	return result == SCREEN_COOKIE_VALID;
}

/* Which of E and E - 1 it is of: with E - 1 as the check epoch that of E is not known yet. */
static uint64_t epoch_of(const struct screen_cookie_query *q,
			 const uint8_t master[SCREEN_MASTER_SIZE], uint64_t epoch)
{
	struct screen_agreed ignored;

	return valid_in(q, master, epoch - 1, q->timestamps, &ignored) ? epoch - 1 : epoch;
}

static void say_why(const struct screen_cookie_query *q, const uint8_t master[SCREEN_MASTER_SIZE],
		    char *reason, size_t size)
{
	struct screen_agreed a;

	for (uint64_t age = 2; age <= LOOK_BACK; age += 2) {
		if (!valid_in(q, master, q->epoch - age, q->timestamps, &a))
			continue;
		snprintf(reason, size, "expired: minted in epoch %llu, and only %llu and %llu are "
			 "accepted", (unsigned long long)epoch_of(q, master, q->epoch - age),
			 (unsigned long long)q->epoch, (unsigned long long)q->epoch - 1);
		return;
	}
	if (valid_in(q, master, q->epoch + 2, q->timestamps, &a))
		snprintf(reason, size, "minted in a later epoch than %llu: are the clocks of the "
			 "peers further apart than epoch-skew?", (unsigned long long)q->epoch);
	else if (!q->safe_reset && q->timestamps && valid_in(q, master, q->epoch, false, &a))
		snprintf(reason, size, "it is valid without timestamps, which it was minted "
			 "without");
	else if (q->safe_reset)
		snprintf(reason, size, "the sequence number is that of no epoch accepted: another "
			 "zone, key, address or port, or forged");
	else
		snprintf(reason, size, "it does not match in any epoch: another zone, key, "
			 "address, port or client ISN, changed timestamps, or forged");
}

int screen_cookie_explain_check(const struct screen_cookie_query *q,
				struct screen_cookie_answer *answer,
				struct screen_error_info *error)
{
	struct screen_agreed a = { .mss = 0 };
	screen_master_key master;
	int result = check_query(q, false, error);

	memset(answer, 0, sizeof(*answer));
	if (result == 0)
		result = screen_keyfile_read(q->key_file, &master, error);
	if (result)
		return result;
	answer->valid = valid_in(q, *master, q->epoch, q->timestamps, &a);
	if (answer->valid) {
		answer->epoch = epoch_of(q, *master, q->epoch);
		answer->mss = a.mss;
		answer->client_wscale = a.client_wscale;
		answer->our_wscale = a.our_wscale;
		answer->timestamps = a.timestamps;
		answer->sack = a.sack;
		answer->ecn = a.ecn;
	} else {
		say_why(q, *master, answer->reason, sizeof(answer->reason));
	}
	screen_keyfile_free(master);
	return SCREEN_OK;
}
