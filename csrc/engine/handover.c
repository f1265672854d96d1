#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

enum {
	INDEX_MASK = 0x00ffffff, /* of a bucket's slot */
	BUFFER_SIZE = 1 << 15,
	PATH_ROOM = SCREEN_PATH_SIZE + 32,
};

void screen_handover_path(const char *state_dir, char path[SCREEN_PATH_SIZE + 32])
{
	snprintf(path, PATH_ROOM, "%.*s/flows.handover", SCREEN_PATH_SIZE - 1, state_dir);
}

/* What is written, until it is whole. */
static void fresh_path(const char *state_dir, char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "%.*s/flows.handover.new", SCREEN_PATH_SIZE - 1, state_dir);
}

bool screen_handover_boot(char boot[SCREEN_HANDOVER_BOOT_SIZE])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	memset(boot, 0, SCREEN_HANDOVER_BOOT_SIZE);
	if (fd < 0)
		return false;
	got = read(fd, boot, SCREEN_HANDOVER_BOOT_SIZE - 1);
	close(fd);
	return got > 0;
}

void screen_handover_remove(const char *state_dir)
{
	char path[PATH_ROOM];

	screen_handover_path(state_dir, path);
	(void)unlink(path);
	fresh_path(state_dir, path);
	(void)unlink(path);
}

/* ---- the file under way ---------------------------------------------------------------------- */

/* Records go through a buffer: a table of millions is not copied as a whole. */
struct writer {
	struct screen_engine *engine;
	int fd;
	int failed; /* a negative errno */
	off_t at;
	uint32_t used;
	uint8_t zone[SCREEN_ZONES_MAX]; /* the place in the file of each zone of the engine */
	const struct screen_wire *wire[SCREEN_WIRES_MAX]; /* in the file's order */
	struct screen_handover_header header;
	crypto_generichash_state digest;
	uint8_t buffer[BUFFER_SIZE];
};

static void write_at(struct writer *w, const void *bytes, size_t size, off_t at)
{
	const uint8_t *from = bytes;

	while (size && w->failed == 0) {
		ssize_t n = pwrite(w->fd, from, size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->failed = n < 0 ? -errno : -ENOSPC;
			return;
		}
		from += n;
		size -= (size_t)n;
		at += n;
	}
}

static void flush(struct writer *w)
{
	write_at(w, w->buffer, w->used, w->at);
	crypto_generichash_update(&w->digest, w->buffer, w->used);
	w->at += w->used;
	w->used = 0;
}

static void put(struct writer *w, const void *record, uint32_t size)
{
	if (w->used + size > BUFFER_SIZE)
		flush(w);
	memcpy(w->buffer + w->used, record, size);
	w->used += size;
}

/* ---- records --------------------------------------------------------------------------------- */

static void put_wires(struct writer *w)
{
	struct screen_engine *e = w->engine;

	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		struct screen_handover_wire r = { 0 };

		if (!e->wires[i].used)
			continue;
		w->wire[w->header.wires++] = &e->wires[i];
		for (int j = 0; j < 2; j++)
			screen_text_copy(r.port[j], sizeof(r.port[j]),
					 e->ports[e->wires[i].port[j]].ifname);
		put(w, &r, sizeof(r));
	}
}

static void put_zones(struct writer *w)
{
	for (int i = 0; i < SCREEN_ZONES_MAX; i++) {
		struct screen_handover_zone r = { 0 };

		if (!w->engine->zones[i].used)
			continue;
		w->zone[i] = (uint8_t)w->header.zones++;
		screen_text_copy(r.name, sizeof(r.name), w->engine->zones[i].name);
		put(w, &r, sizeof(r));
	}
}

static uint32_t load(const _Atomic uint32_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static uint8_t load8(const _Atomic uint8_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

/* A half-open flow whose server has not answered is no use: the answer may pass while nobody looks,
 * and its entry would not become open by what comes after it. The next engine learns it. */
static bool worth(const struct writer *w, const struct screen_flow *f)
{
	uint32_t state = screen_flow_state_get(f);

	if (state == SCREEN_FLOW_OPENING ||
	    (state == SCREEN_FLOW_HALF_OPEN && load(&f->side[1].seen_s) == 0))
		return false;
	return !screen_flow_expired(f, (uint32_t)(w->header.written_ns / 1000000000u),
				    w->engine->running->policy);
}

static void fill(struct screen_handover_flow *r, const struct screen_flow *f)
{
	memcpy(r->low, f->key.low, 16);
	memcpy(r->high, f->key.high, 16);
	memcpy(r->vlan, f->key.vlan, sizeof(r->vlan));
	r->low_port = f->key.low_port;
	r->high_port = f->key.high_port;
	r->client_low = f->client_low;
	r->state = (uint8_t)screen_flow_state_get(f);
	r->created_s = f->created_s;
	for (int i = 0; i < 2; i++)
		r->side[i] = (struct screen_handover_side){ load(&f->side[i].seen_s),
							    load(&f->side[i].ack),
							    load(&f->side[i].next) };
	r->client_isn = f->client_isn;
	r->cookie_isn = f->cookie_isn;
	r->server_isn = f->server_isn;
	r->ts_delta = f->ts_delta;
	r->client_tsval = f->client_tsval;
	/* of what is no splice these bits say what a driver does */
	if (r->state != SCREEN_FLOW_HALF_OPEN && r->state != SCREEN_FLOW_OPEN)
		r->client_window = f->client_window;
	r->mss = f->mss;
	r->half_open_s = f->half_open_s;
	r->client_wscale = f->client_wscale;
	r->our_wscale = f->our_wscale;
	r->server_wscale = f->server_wscale;
	r->agreed = f->agreed;
	r->server_flags = f->server_flags;
	r->counted = load8(&f->counted);
	r->closing = load8(&f->closing);
	r->syn_s = load8(&f->syn_s);
}

static void put_flow(struct writer *w, const struct screen_flow *f)
{
	struct screen_handover_flow r = { 0 };

	for (uint32_t i = 0; i < w->header.wires; i++) {
		if (w->wire[i]->id != f->key.wire)
			continue;
		fill(&r, f);
		r.wire = (uint8_t)i;
		r.client_port = w->wire[i]->port[0] != f->client_slot;
		put(w, &r, sizeof(r));
		w->header.flows++;
		return;
	}
}

static void put_flows(struct writer *w)
{
	struct screen_flows *t = &w->engine->flows;

	for (uint32_t b = 0; b < t->buckets_count && w->failed == 0; b++)
		for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
			uint32_t index = load(&t->buckets[b].slot[i]) & INDEX_MASK;

			if (index != SCREEN_FLOW_NONE && worth(w, &t->flows[index]))
				put_flow(w, &t->flows[index]);
		}
}

static void put_server(struct writer *w, struct screen_server *v)
{
	uint32_t zone_port = load(&v->zone_port), zone = zone_port >> 16;
	struct screen_handover_server r = {
		.port = (uint16_t)zone_port,
		.seen_s = load(&v->seen_s),
		.closed_s = (uint32_t)(atomic_load_explicit(&v->closed_ns, memory_order_relaxed) /
				       1000000000u),
	};
	uint64_t profile = atomic_load_explicit(&v->profile, memory_order_relaxed);

	if (zone >= SCREEN_ZONES_MAX || !w->engine->zones[zone].used)
		return;
	for (int i = 0; i < 2; i++) {
		uint64_t word = atomic_load_explicit(&v->address[i], memory_order_relaxed);

		memcpy(r.address + 8 * i, &word, 8);
	}
	memcpy(&r.profile, &profile, sizeof(r.profile));
	r.zone = w->zone[zone];
	put(w, &r, sizeof(r));
	w->header.servers++;
}

static void put_servers(struct writer *w)
{
	uint64_t now_ns = w->header.written_ns;
	uint32_t now_s = (uint32_t)(now_ns / 1000000000u);

	for (uint32_t i = 0; i < SCREEN_SERVERS; i++) {
		struct screen_server *v = &w->engine->meters->servers.server[i];

		if (atomic_load_explicit(&v->hash, memory_order_relaxed) &&
		    (screen_server_answers(v, now_s) || screen_server_is_closed(v, now_ns)))
			put_server(w, v);
	}
}

static void put_header(struct writer *w)
{
	crypto_generichash_update(&w->digest, (const uint8_t *)&w->header,
				  offsetof(struct screen_handover_header, digest));
	crypto_generichash_final(&w->digest, w->header.digest, sizeof(w->header.digest));
	write_at(w, &w->header, sizeof(w->header), 0);
}

static int write_records(struct screen_engine *engine, int fd, uint32_t *flows)
{
	struct writer w = {
		.engine = engine,
		.fd = fd,
		.at = sizeof(struct screen_handover_header),
		.header = {
			.magic = SCREEN_HANDOVER_MAGIC,
			.version = SCREEN_HANDOVER_VERSION,
			.header_size = sizeof(struct screen_handover_header),
			.wire_size = sizeof(struct screen_handover_wire),
			.zone_size = sizeof(struct screen_handover_zone),
			.flow_size = sizeof(struct screen_handover_flow),
			.server_size = sizeof(struct screen_handover_server),
			.written_ns = screen_now_ns(),
		},
	};

	if (!screen_handover_boot(w.header.boot))
		return -ENODATA;
	crypto_generichash_init(&w.digest, NULL, 0, SCREEN_HANDOVER_DIGEST_SIZE);
	put_wires(&w);
	put_zones(&w);
	put_flows(&w);
	put_servers(&w);
	flush(&w);
	put_header(&w);
	*flows = w.header.flows;
	return w.failed;
}

int screen_handover_write(struct screen_engine *engine, struct screen_error_info *error)
{
	char path[PATH_ROOM], fresh[PATH_ROOM];
	uint32_t flows = 0;
	int fd, result;

	screen_handover_path(engine->options.state_dir, path);
	fresh_path(engine->options.state_dir, fresh);
	(void)unlink(fresh); /* of a process that was killed here */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	result = fd < 0 ? -errno : write_records(engine, fd, &flows);
	if (fd >= 0 && close(fd) && result == 0)
		result = -errno;
	if (result == 0 && rename(fresh, path))
		result = -errno;
	if (result == 0)
		return (int)flows;
	screen_handover_remove(engine->options.state_dir);
	return screen_error_set(error, SCREEN_ERROR_SYSTEM, -result, "flows.handover",
				"cannot be written to %s", engine->options.state_dir);
}
