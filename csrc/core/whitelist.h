/*
 * The white-lists of all profiles as one hash table: a prefix is found by its address, length, kind and
 * profile, and says on which of the profile's lists it is. A look-up asks for each length that the
 * profile has; what it costs does not depend on how many prefixes there are.
 */
#pragma once

#include "snapshot.h"

struct screen_white_entry {
	uint64_t lists; /* bits; 0: free */
	uint8_t address[16];
	uint16_t profile;
	uint8_t kind; /* enum screen_prefix_kind */
	uint8_t length;
	uint32_t reserved;
};

struct screen_white_profile {
	uint64_t lengths[2][3]; /* bits 0-128, for each kind */
	uint64_t any[2];	/* lists that have no prefix of the kind: every address is on them */
};

struct screen_white_list {
	uint32_t mask; /* entries - 1 */
	uint32_t reserved;
	struct screen_white_profile profile[SCREEN_PROFILES_MAX];
	struct screen_white_entry entry[];
};

/* Bytes for a table of so many prefixes. */
size_t screen_white_list_size(uint32_t prefixes);

/* Makes the table in zeroed memory of that size. */
void screen_white_list_build(struct screen_white_list *to,
			     const struct screen_profile_config *profiles, uint32_t profiles_count,
			     const struct screen_prefix_config *prefixes, uint32_t prefixes_count);

/*
 * Whether a SYN from source to destination (v4-mapped) is on one of the profile's white-lists: it must
 * match a prefix of each kind that the list has.
 */
bool screen_white_listed(const struct screen_white_list *w, uint32_t profile,
			 const uint8_t source[16], const uint8_t destination[16]);
