/* Validated clients: when they are forgotten, and as show and clear see them. [control, keeper] */
#pragma once

#include "state.h"

/* How a zone of a configuration admits clients. Another way, and those validated by it are forgotten. */
struct screen_protection {
	uint8_t mode, activation, admission;
	uint8_t screened;
	uint16_t validated_s;
	uint16_t servers; /* server profiles with an admission of their own */
	uint8_t digest[SCREEN_DIGEST_SIZE]; /* of those */
};

/* The protection of the i-th zone of a configuration. */
struct screen_protection screen_clients_protection(const struct screen_config *config, uint32_t i);

/* A configuration takes the place of another (or NULL): forgets the clients of the zones that it protects
 * in another way, and of those that it does not have. */
void screen_clients_commit(struct screen_validated *t, const struct screen_config *before,
			   const struct screen_config *after);

/* Forgets all clients when a retired master key has ended since the last call: whoever was validated by
 * one of its cookies, which a thief of the key could mint, is not any more. */
void screen_clients_follow(struct screen_validated *t, const struct screen_keyring *ring,
			   uint64_t *ended);
