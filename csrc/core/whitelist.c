#include "whitelist.h"

#include "siphash.h"

static uint32_t entries_for(uint32_t prefixes)
{
	uint32_t entries = 2;

	while (entries < 2 * prefixes)
		entries *= 2;
	return entries;
}

size_t screen_white_list_size(uint32_t prefixes)
{
	return sizeof(struct screen_white_list) +
	       entries_for(prefixes) * sizeof(struct screen_white_entry);
}

/* The address without the bits behind the prefix. */
static void cut(const uint8_t address[16], uint32_t length, uint8_t to[16])
{
	uint32_t whole = length / 8;

	memset(to, 0, 16);
	memcpy(to, address, whole);
	if (length % 8)
		to[whole] = address[whole] & (uint8_t)(0xff00u >> length % 8);
}

/* Who makes the configuration chooses what is in the table; who sends packets, only what is asked. */
static uint32_t place(const struct screen_white_list *w, const uint8_t address[16],
		      uint32_t profile, uint32_t kind, uint32_t length)
{
	uint64_t words[3];

	memcpy(words, address, 16);
	words[2] = (uint64_t)profile << 32 | kind << 8 | length;
	return (uint32_t)screen_siphash_words(0, 0, words, 3) & w->mask;
}

/* The entry of a prefix, or the free one where it belongs. */
static struct screen_white_entry *find(const struct screen_white_list *w, const uint8_t address[16],
				       uint32_t profile, uint32_t kind, uint32_t length)
{
	uint32_t at = place(w, address, profile, kind, length);

	for (;; at = (at + 1) & w->mask) {
		const struct screen_white_entry *e = &w->entry[at];

		if (e->lists == 0 || (e->profile == profile && e->kind == kind &&
				      e->length == length && memcmp(e->address, address, 16) == 0))
			return (struct screen_white_entry *)e;
	}
}

void screen_white_list_build(struct screen_white_list *w,
			     const struct screen_profile_config *profiles, uint32_t profiles_count,
			     const struct screen_prefix_config *prefixes, uint32_t prefixes_count)
{
	w->mask = entries_for(prefixes_count) - 1;
	for (uint32_t i = 0; i < profiles_count; i++) {
		struct screen_white_profile *p = &w->profile[i];
		uint64_t all = 0, has[2] = { 0, 0 };

		for (uint32_t j = 0; j < profiles[i].prefix_count; j++) {
			const struct screen_prefix_config *c = &prefixes[profiles[i].prefix_first + j];
			struct screen_white_entry *e = find(w, c->address, i, c->kind, c->length);

			memcpy(e->address, c->address, 16);
			e->profile = (uint16_t)i;
			e->kind = c->kind;
			e->length = c->length;
			e->lists |= 1ull << c->list;
			p->lengths[c->kind][c->length / 64] |= 1ull << c->length % 64;
			all |= 1ull << c->list;
			has[c->kind] |= 1ull << c->list;
		}
		p->any[0] = all & ~has[0];
		p->any[1] = all & ~has[1];
	}
}

/* The bits of lengths that prefixes of an address may have. One of IPv6, such as ::/0, has the v4-mapped
 * addresses in it, and does not mean them. */
static uint64_t lengths_of(const uint8_t address[16], uint32_t word)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	if (memcmp(address, mapped, sizeof(mapped)) != 0)
		return ~0ull;
	return word == 0 ? 0 : word == 1 ? ~0ull << (96 - 64) : ~0ull;
}

/* The lists that an address is on. */
static uint64_t lists_of(const struct screen_white_list *w, uint32_t profile, uint32_t kind,
			 const uint8_t address[16])
{
	const struct screen_white_profile *p = &w->profile[profile];
	uint64_t lists = p->any[kind];
	uint8_t prefix[16];

	for (uint32_t i = 0; i < 3; i++)
		for (uint64_t rest = p->lengths[kind][i] & lengths_of(address, i); rest;
		     rest &= rest - 1) {
			uint32_t length = i * 64 + (uint32_t)__builtin_ctzll(rest);

			cut(address, length, prefix);
			lists |= find(w, prefix, profile, kind, length)->lists;
		}
	return lists;
}

bool screen_white_listed(const struct screen_white_list *w, uint32_t profile,
			 const uint8_t source[16], const uint8_t destination[16])
{
	uint64_t lists = lists_of(w, profile, SCREEN_PREFIX_SOURCE, source);

	return lists && (lists & lists_of(w, profile, SCREEN_PREFIX_DESTINATION, destination));
}
