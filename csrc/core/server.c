#include "server.h"

static uint64_t word_of(struct screen_server_profile p)
{
	uint64_t word;

	memcpy(&word, &p, sizeof(word));
	return word;
}

static struct screen_server_profile profile_of(uint64_t word)
{
	struct screen_server_profile p;

	memcpy(&p, &word, sizeof(p));
	return p;
}

/* How long nothing has been heard of an entry that does not answer; -1: it answers and stays. */
static int64_t idle(const struct screen_server *v, uint32_t now_s)
{
	uint64_t closed_ns = atomic_load_explicit(&v->closed_ns, memory_order_relaxed);
	uint32_t closed = (uint32_t)(closed_ns / 1000000000u);
	uint32_t asked = atomic_load_explicit(&v->asked_s, memory_order_relaxed);
	uint32_t last = closed > asked ? closed : asked;

	if (screen_server_answers(v, now_s))
		return -1;
	return last < now_s ? now_s - last : 0;
}

static uint32_t room(struct screen_servers *t, uint32_t first, uint32_t now_s)
{
	uint32_t best = SCREEN_SERVER_NONE;
	int64_t longest = -1;

	for (uint32_t i = first; i < first + SCREEN_SERVER_WAYS; i++) {
		const struct screen_server *v = &t->server[i];

		if (atomic_load_explicit(&v->hash, memory_order_relaxed) == 0)
			return i;
		if (idle(v, now_s) > longest) {
			longest = idle(v, now_s);
			best = i;
		}
	}
	return best;
}

static void begin(struct screen_server *v, uint64_t hash, const uint8_t address[16],
		  uint32_t zone_port)
{
	uint64_t words[2];

	memcpy(words, address, 16);
	/* nobody finds it while it changes: what follows stays behind */
	(void)atomic_exchange_explicit(&v->hash, 0, memory_order_acq_rel);
	atomic_store_explicit(&v->address[0], words[0], memory_order_relaxed);
	atomic_store_explicit(&v->address[1], words[1], memory_order_relaxed);
	atomic_store_explicit(&v->profile, 0, memory_order_relaxed);
	atomic_store_explicit(&v->preset, 0, memory_order_relaxed);
	atomic_store_explicit(&v->zone_port, zone_port, memory_order_relaxed);
	atomic_store_explicit(&v->seen_s, 0, memory_order_relaxed);
	atomic_store_explicit(&v->closed_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&v->asked_s, 0, memory_order_relaxed);
	atomic_store_explicit(&v->hash, hash, memory_order_release);
}

uint32_t screen_server_make(struct screen_servers *t, uint64_t hash, const uint8_t address[16],
			    uint32_t zone_port, uint32_t now_s)
{
	uint32_t found = screen_server_find(t, hash), first = screen_server_first(hash);
	_Atomic uint32_t *busy = &t->busy[first / SCREEN_SERVER_WAYS];

	if (found != SCREEN_SERVER_NONE)
		return found;
	if (atomic_exchange_explicit(busy, 1, memory_order_acquire))
		return SCREEN_SERVER_NONE;
	found = screen_server_find(t, hash);
	if (found == SCREEN_SERVER_NONE) {
		found = room(t, first, now_s);
		if (found != SCREEN_SERVER_NONE)
			begin(&t->server[found], hash, address, zone_port);
	}
	atomic_store_explicit(busy, 0, memory_order_release);
	return found;
}

/* b where it knows, else a. */
static struct screen_server_profile over(struct screen_server_profile a,
					 struct screen_server_profile b)
{
	if (b.known & SCREEN_SERVER_MSS)
		a.mss = b.mss;
	if (b.known & SCREEN_SERVER_WINDOW)
		a.window = b.window;
	if (b.known & SCREEN_SERVER_WSCALE)
		a.wscale = b.wscale;
	a.has = (uint8_t)((a.has & ~b.known) | b.has);
	a.known |= b.known;
	return a;
}

static void note_second(_Atomic uint32_t *to, uint32_t now_s)
{
	if (atomic_load_explicit(to, memory_order_relaxed) != now_s)
		atomic_store_explicit(to, now_s, memory_order_relaxed);
}

bool screen_server_learn(struct screen_server *v, struct screen_server_profile said, uint32_t now_s)
{
	uint64_t before = atomic_load_explicit(&v->profile, memory_order_relaxed), after;
	struct screen_server_profile old = { 0 };
	bool answers = screen_server_answers(v, now_s);

	if (answers)
		old = profile_of(before);
	after = word_of(over(old, said));
	if (after != before)
		atomic_store_explicit(&v->profile, after, memory_order_relaxed);
	if (atomic_load_explicit(&v->closed_ns, memory_order_relaxed))
		atomic_store_explicit(&v->closed_ns, 0, memory_order_relaxed);
	note_second(&v->seen_s, now_s);
	return !answers || after != before;
}

bool screen_server_refused(struct screen_server *v, uint64_t now_ns)
{
	uint32_t seen = atomic_load_explicit(&v->seen_s, memory_order_relaxed);

	if (!screen_server_past(seen, (uint32_t)(now_ns / 1000000000u), SCREEN_SERVER_FIRM))
		return false;
	atomic_store_explicit(&v->closed_ns, now_ns, memory_order_relaxed);
	if (seen)
		atomic_store_explicit(&v->seen_s, 0, memory_order_relaxed);
	return true;
}

static bool covers(const struct screen_server_config *c, const uint8_t address[16], uint16_t port)
{
	uint32_t whole = c->length / 8, rest = c->length % 8;

	if (c->port && c->port != port)
		return false;
	if (memcmp(c->address, address, whole) != 0)
		return false;
	return rest == 0 || ((c->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static uint32_t first_covering(const struct screen_policy *policy, const uint8_t address[16],
			       uint16_t port)
{
	for (uint32_t i = 0; i < policy->servers_count; i++)
		if (covers(&policy->server[i], address, port))
			return i;
	return SCREEN_SERVERS_MAX;
}

const struct screen_server_config *screen_server_preset(const struct screen_policy *policy,
							struct screen_server *v, uint64_t hash,
							const uint8_t address[16], uint16_t port)
{
	uint64_t noted;
	uint32_t at;

	if (policy->servers_count == 0)
		return NULL;
	noted = v ? atomic_load_explicit(&v->preset, memory_order_relaxed) ^ hash : 0;
	if (noted >> 8 == policy->generation) {
		at = (uint32_t)(noted & 0xff) - 1;
	} else {
		at = first_covering(policy, address, port);
		if (v)
			atomic_store_explicit(&v->preset,
					      (policy->generation << 8 | (at + 1)) ^ hash,
					      memory_order_relaxed);
	}
	return at < policy->servers_count ? &policy->server[at] : NULL;
}

struct screen_server_profile screen_server_profile(const struct screen_server *v,
						   const struct screen_server_config *preset,
						   uint8_t family, uint32_t now_s)
{
	struct screen_server_profile p = {
		.mss = family == 4 ? SCREEN_SERVER_MSS_IPV4 : SCREEN_SERVER_MSS_IPV6,
		.wscale = SCREEN_SERVER_SHIFT,
		.has = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS,
	};

	if (v && screen_server_answers(v, now_s))
		p = over(p, profile_of(atomic_load_explicit(&v->profile, memory_order_relaxed)));
	return preset ? over(p, preset->profile) : p;
}
