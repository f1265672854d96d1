/*
 * Contacts: to which UDP ends the protected side has sent something lately. What those send back is an
 * answer, and no scan, though a busy name server answers ten ports in less than any threshold. A table
 * of cells without chains: a contact that loses its place to another is none.
 */
#pragma once

#include "atomics.h"

#include "compat.h"

enum {
	SCREEN_CONTACTS = 1 << 16,
	SCREEN_CONTACT_LIFE_S = 60, /* as Junos's session of UDP */

	/* a cell: a mark, 19 bits of the hash, 12 bits of the second */
	SCREEN_CONTACT_SECONDS = 0xfff,
};

struct screen_contacts {
	_Atomic uint32_t cell[SCREEN_CONTACTS];
};

static inline _Atomic uint32_t *screen_contact_cell(struct screen_contacts *c, uint64_t hash)
{
	return &c->cell[hash & (SCREEN_CONTACTS - 1)];
}

static inline uint32_t screen_contact_tag(uint64_t hash)
{
	return 1u << 31 | (uint32_t)(hash >> 45) << 12;
}

static inline void screen_contact_note(struct screen_contacts *c, uint64_t hash, uint32_t now_s)
{
	_Atomic uint32_t *cell = screen_contact_cell(c, hash);
	uint32_t value = screen_contact_tag(hash) | (now_s & SCREEN_CONTACT_SECONDS);

	if (atomic_load_explicit(cell, memory_order_relaxed) != value)
		atomic_store_explicit(cell, value, memory_order_relaxed);
}

static inline bool screen_contact_known(struct screen_contacts *c, uint64_t hash, uint32_t now_s)
{
	uint32_t value = atomic_load_explicit(screen_contact_cell(c, hash), memory_order_relaxed);
	uint32_t age = (now_s - value) & SCREEN_CONTACT_SECONDS;

	/* another worker's burst may have begun a second later */
	return (value & ~(uint32_t)SCREEN_CONTACT_SECONDS) == screen_contact_tag(hash) &&
	       (age <= SCREEN_CONTACT_LIFE_S || age == SCREEN_CONTACT_SECONDS);
}
