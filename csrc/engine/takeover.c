/* The other end of a handover: read, judged as a whole, and taken over. */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cookie.h"
#include "options.h"

enum {
	CLOSING_ALL = SCREEN_CLOSING_FIN_CLIENT | SCREEN_CLOSING_FIN_SERVER | SCREEN_CLOSING_RST,
	COUNTED_ALL = SCREEN_COUNTED_SESSION | SCREEN_COUNTED_SILENT,
};

/* The file, and where its records are. */
struct takeover {
	struct screen_engine *engine;
	const uint8_t *bytes;
	size_t size;
	struct screen_handover_header header;
	const struct screen_handover_wire *wires;
	const struct screen_handover_zone *zones;
	const struct screen_handover_flow *flows;
	const struct screen_handover_server *servers;
	uint32_t written_s;
};

/* ---- the file -------------------------------------------------------------------------------- */

/* Nobody else can have written it. */
static bool safe(const struct stat *s)
{
	return S_ISREG(s->st_mode) && (s->st_uid == geteuid() || s->st_uid == 0) &&
	       (s->st_mode & 077) == 0;
}

/* Opens the file and takes it away, so that nothing in it is taken over twice. */
static enum screen_handover open_file(struct takeover *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum screen_handover result = SCREEN_HANDOVER_DAMAGED;
	struct stat s;
	void *map;

	if (fd < 0)
		return errno == ENOENT ? SCREEN_HANDOVER_NONE : SCREEN_HANDOVER_UNSAFE;
	if (fstat(fd, &s) || !safe(&s)) {
		result = SCREEN_HANDOVER_UNSAFE;
	} else if ((size_t)s.st_size >= sizeof(t->header)) {
		map = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			t->bytes = map;
			t->size = (size_t)s.st_size;
			memcpy(&t->header, map, sizeof(t->header));
			result = SCREEN_HANDOVER_TAKEN;
		}
	}
	close(fd);
	return result;
}

/* Where each kind of records begins; whether they fill the file. The counts are bounded, so that no sum
 * overflows. */
static bool lay_out(struct takeover *t)
{
	const struct screen_handover_header *h = &t->header;
	size_t at = sizeof(*h);

	if (h->wires > SCREEN_WIRES_MAX || h->zones > SCREEN_ZONES_MAX || h->flows > 1 << 24 ||
	    h->servers > SCREEN_SERVERS)
		return false;
	t->wires = (const void *)(t->bytes + at);
	at += h->wires * sizeof(*t->wires);
	t->zones = (const void *)(t->bytes + at);
	at += h->zones * sizeof(*t->zones);
	t->flows = (const void *)(t->bytes + at);
	at += h->flows * sizeof(*t->flows);
	t->servers = (const void *)(t->bytes + at);
	at += h->servers * sizeof(*t->servers);
	return at == t->size;
}

static bool digest_ok(const struct takeover *t)
{
	const size_t header = sizeof(t->header);
	uint8_t digest[SCREEN_HANDOVER_DIGEST_SIZE];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, t->bytes + header, t->size - header);
	crypto_generichash_update(&state, (const uint8_t *)&t->header,
				  offsetof(struct screen_handover_header, digest));
	crypto_generichash_final(&state, digest, sizeof(digest));
	return memcmp(digest, t->header.digest, sizeof(digest)) == 0;
}

/* Versions do not read each other's files. */
static bool version_ok(const struct screen_handover_header *h)
{
	return h->version == SCREEN_HANDOVER_VERSION && h->header_size == sizeof(*h) &&
	       h->wire_size == sizeof(struct screen_handover_wire) &&
	       h->zone_size == sizeof(struct screen_handover_zone) &&
	       h->flow_size == sizeof(struct screen_handover_flow) &&
	       h->server_size == sizeof(struct screen_handover_server);
}

static enum screen_handover check_header(struct takeover *t)
{
	const struct screen_handover_header *h = &t->header;
	char boot[SCREEN_HANDOVER_BOOT_SIZE];
	uint64_t now = screen_now_ns();

	if (h->magic != SCREEN_HANDOVER_MAGIC)
		return SCREEN_HANDOVER_DAMAGED;
	if (!version_ok(h))
		return SCREEN_HANDOVER_OTHER_VERSION;
	if (!lay_out(t) || !digest_ok(t))
		return SCREEN_HANDOVER_DAMAGED;
	if (!screen_handover_boot(boot) || memcmp(boot, h->boot, sizeof(boot)) != 0)
		return SCREEN_HANDOVER_OTHER_BOOT;
	if (h->written_ns > now)
		return SCREEN_HANDOVER_DAMAGED;
	if (now - h->written_ns > SCREEN_HANDOVER_LIFE * 1000000000ull)
		return SCREEN_HANDOVER_OLD;
	t->written_s = (uint32_t)(h->written_ns / 1000000000u);
	return SCREEN_HANDOVER_TAKEN;
}

/* ---- records --------------------------------------------------------------------------------- */

static bool text_ok(const char *text, size_t size)
{
	return text[0] && memchr(text, 0, size);
}

static bool names_ok(const struct takeover *t)
{
	for (uint32_t i = 0; i < t->header.wires; i++)
		for (int j = 0; j < 2; j++)
			if (!text_ok(t->wires[i].port[j], SCREEN_IFNAME_SIZE))
				return false;
	for (uint32_t i = 0; i < t->header.zones; i++)
		if (!text_ok(t->zones[i].name, SCREEN_NAME_SIZE))
			return false;
	return true;
}

static bool state_ok(uint8_t state)
{
	return state == SCREEN_FLOW_HALF_OPEN || state == SCREEN_FLOW_OPEN ||
	       state == SCREEN_FLOW_PENDING || state == SCREEN_FLOW_SPLICED ||
	       state == SCREEN_FLOW_CLOSED;
}

/* Nothing was seen after the file was written: an entry of the future would not end. */
static bool times_ok(const struct takeover *t, const struct screen_handover_flow *r)
{
	uint32_t last = t->written_s;

	return r->created_s <= last && r->side[0].seen_s <= last && r->side[1].seen_s <= last;
}

/* As screen_flow_key() makes it: another order is found by nobody. */
static bool key_ok(const struct screen_handover_flow *r)
{
	return screen_flow_is_low(r->low, r->low_port, r->high, r->high_port) && r->vlan[0] < 4096 &&
	       r->vlan[1] < 4096;
}

static bool splice_ok(const struct screen_handover_flow *r)
{
	const uint8_t agreed = SCREEN_AGREED_TIMESTAMPS | SCREEN_AGREED_SACK | SCREEN_AGREED_ECN;

	if (r->state == SCREEN_FLOW_HALF_OPEN || r->state == SCREEN_FLOW_OPEN)
		return true;
	return (r->agreed & ~agreed) == 0;
}

static bool flow_ok(const struct takeover *t, const struct screen_handover_flow *r)
{
	return r->wire < t->header.wires && r->client_port <= 1 && r->client_low <= 1 &&
	       state_ok(r->state) && key_ok(r) && times_ok(t, r) && splice_ok(r) &&
	       r->client_wscale <= SCREEN_WSCALE_NONE && r->our_wscale <= SCREEN_WSCALE_NONE &&
	       r->server_wscale <= SCREEN_WSCALE_NONE && (r->closing & ~CLOSING_ALL) == 0 &&
	       (r->counted & ~COUNTED_ALL) == 0 && r->reserved[0] == 0 && r->reserved[1] == 0;
}

static bool server_ok(const struct takeover *t, const struct screen_handover_server *r)
{
	static const uint8_t zeros[sizeof(r->reserved)];
	const struct screen_server_profile *p = &r->profile;

	return r->zone < t->header.zones && r->seen_s <= t->written_s &&
	       r->closed_s <= t->written_s && (p->known & ~SCREEN_SERVER_FLAGS) == 0 &&
	       (p->has & ~p->known) == 0 && p->wscale <= SCREEN_WSCALE_MAX && p->reserved == 0 &&
	       (!(p->known & SCREEN_SERVER_MSS) || p->mss >= SCREEN_MSS_MIN) &&
	       memcmp(r->reserved, zeros, sizeof(zeros)) == 0;
}

static bool records_ok(const struct takeover *t)
{
	if (!names_ok(t))
		return false;
	for (uint32_t i = 0; i < t->header.flows; i++)
		if (!flow_ok(t, &t->flows[i]))
			return false;
	for (uint32_t i = 0; i < t->header.servers; i++)
		if (!server_ok(t, &t->servers[i]))
			return false;
	return true;
}

/* ---- taking over ----------------------------------------------------------------------------- */

/* What a wire of the file is here. */
struct here {
	bool there;
	uint16_t id;
	uint8_t slot[2]; /* of its ports, in the file's order */
};

static struct here wire_here(const struct screen_engine *e, const struct screen_handover_wire *r)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		const struct screen_wire *w = &e->wires[i];

		for (int j = 0; w->used && j < 2; j++)
			if (strcmp(e->ports[w->port[j]].ifname, r->port[0]) == 0 &&
			    strcmp(e->ports[w->port[!j]].ifname, r->port[1]) == 0)
				return (struct here){ true, w->id, { w->port[j], w->port[!j] } };
	}
	return (struct here){ .there = false };
}

static void fill(struct screen_flow *f, const struct screen_handover_flow *r, const struct here *wire)
{
	memcpy(f->key.low, r->low, 16);
	memcpy(f->key.high, r->high, 16);
	memcpy(f->key.vlan, r->vlan, sizeof(r->vlan));
	f->key.low_port = r->low_port;
	f->key.high_port = r->high_port;
	f->key.wire = wire->id;
	memset(f->key.reserved, 0, sizeof(f->key.reserved));
	f->client_slot = wire->slot[r->client_port];
	f->client_low = r->client_low;
	f->created_s = r->created_s;
	for (int i = 0; i < 2; i++) {
		atomic_store_explicit(&f->side[i].seen_s, r->side[i].seen_s, memory_order_relaxed);
		atomic_store_explicit(&f->side[i].ack, r->side[i].ack, memory_order_relaxed);
		atomic_store_explicit(&f->side[i].next, r->side[i].next, memory_order_relaxed);
	}
	f->client_isn = r->client_isn;
	f->cookie_isn = r->cookie_isn;
	f->server_isn = r->server_isn;
	f->ts_delta = r->ts_delta;
	f->client_tsval = r->client_tsval;
	f->client_window = r->client_window;
	f->mss = r->mss;
	f->half_open_s = r->half_open_s;
	f->client_wscale = r->client_wscale;
	f->our_wscale = r->our_wscale;
	f->server_wscale = r->server_wscale;
	f->agreed = r->agreed;
	f->server_flags = r->server_flags;
	atomic_store_explicit(&f->closing, r->closing, memory_order_relaxed);
	atomic_store_explicit(&f->syn_s, r->syn_s, memory_order_relaxed);
	atomic_store_explicit(&f->state, r->state, memory_order_relaxed);
}

/* Whether it is in the table. */
static bool take_flow(struct screen_flows *t, const struct screen_handover_flow *r,
		      const struct here *wire)
{
	uint32_t index = screen_flow_take(t), other;
	struct screen_flow *f = &t->flows[index];

	if (index == SCREEN_FLOW_NONE)
		return false;
	fill(f, r, wire);
	if (r->counted)
		screen_flow_count(t, f, r->counted);
	if (screen_flow_install(t, index, screen_flow_hash(t, &f->key), SCREEN_FLOW_NONE, &other) ==
	    SCREEN_INSTALL_DONE)
		return true;
	screen_flow_uncount(t, f, COUNTED_ALL);
	screen_flow_give(t, index);
	return false;
}

static void take_flows(struct takeover *t)
{
	struct screen_handover_status *s = &t->engine->handover;
	struct here here[SCREEN_WIRES_MAX];

	for (uint32_t i = 0; i < t->header.wires; i++)
		here[i] = wire_here(t->engine, &t->wires[i]);
	for (uint32_t i = 0; i < t->header.flows; i++) {
		const struct screen_handover_flow *r = &t->flows[i];

		if (here[r->wire].there && take_flow(&t->engine->flows, r, &here[r->wire]))
			s->flows++;
		else
			s->left++;
	}
}

static int zone_here(const struct screen_engine *e, const char *name)
{
	for (int i = 0; i < SCREEN_ZONES_MAX; i++)
		if (e->zones[i].used && strcmp(e->zones[i].name, name) == 0)
			return i;
	return -1;
}

static void take_server(struct takeover *t, const struct screen_handover_server *r, int zone)
{
	struct screen_meters *m = t->engine->meters;
	uint64_t hash = screen_meters_server(m, (uint16_t)zone, r->address, r->port);
	uint32_t at = screen_server_make(&m->servers, hash, r->address,
					 (uint32_t)zone << 16 | r->port, t->written_s);
	struct screen_server *v;

	if (at == SCREEN_SERVER_NONE)
		return;
	v = &m->servers.server[at];
	screen_server_learn(v, r->profile, r->seen_s);
	atomic_store_explicit(&v->closed_ns, r->closed_s * 1000000000ull, memory_order_relaxed);
	t->engine->handover.servers++;
}

static void take_servers(struct takeover *t)
{
	for (uint32_t i = 0; i < t->header.servers; i++) {
		int zone = zone_here(t->engine, t->zones[t->servers[i].zone].name);

		if (zone >= 0)
			take_server(t, &t->servers[i], zone);
	}
}

void screen_handover_take(struct screen_engine *engine)
{
	struct takeover t = { .engine = engine };
	char path[SCREEN_PATH_SIZE + 32];
	enum screen_handover result;

	screen_handover_path(engine->options.state_dir, path);
	result = open_file(&t, path);
	screen_handover_remove(engine->options.state_dir);
	if (result == SCREEN_HANDOVER_TAKEN)
		result = check_header(&t);
	if (result == SCREEN_HANDOVER_TAKEN && !records_ok(&t))
		result = SCREEN_HANDOVER_DAMAGED;
	if (result == SCREEN_HANDOVER_TAKEN) {
		take_flows(&t);
		take_servers(&t);
	}
	engine->handover.result = result;
	if (t.bytes)
		munmap((void *)(uintptr_t)t.bytes, t.size);
}
