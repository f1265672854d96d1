#include "policy.h"

static bool prefix_matches(const struct screen_prefix_config *prefix, const uint8_t address[16])
{
	uint32_t whole = prefix->length / 8, rest = prefix->length % 8;

	if (memcmp(prefix->address, address, whole) != 0)
		return false;
	return rest == 0 || (prefix->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

/* What one list asks for and what of it has matched so far. */
struct match {
	bool wants[2], has[2];
};

static bool match_holds(const struct match *m)
{
	return (m->wants[0] || m->wants[1]) && (!m->wants[0] || m->has[0]) &&
	       (!m->wants[1] || m->has[1]);
}

bool screen_policy_white_listed(const struct screen_policy *policy,
				const struct screen_profile_config *profile,
				const uint8_t source[16], const uint8_t destination[16])
{
	struct match m = { 0 };
	uint32_t list = 0;

	for (uint32_t i = 0; i < profile->prefix_count; i++) {
		const struct screen_prefix_config *p = &policy->prefixes[profile->prefix_first + i];

		if (p->list != list) {
			if (match_holds(&m))
				return true;
			m = (struct match){ 0 };
			list = p->list;
		}
		m.wants[p->kind] = true;
		if (!m.has[p->kind])
			m.has[p->kind] = prefix_matches(
				p, p->kind == SCREEN_PREFIX_SOURCE ? source : destination);
	}
	return match_holds(&m);
}
