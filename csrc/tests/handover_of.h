/* Engines that hand over to each other: wires by name only, flows and servers that a test has put in. */
#pragma once

#include <fcntl.h>

#include "run.h"

#include "engine_of.h"
#include "handover.h"
#include "random.h"

/* An engine with a running configuration, in a directory of its own. */
static inline struct screen_engine *handover_old(uint32_t flows_max)
{
	char state_dir[] = "/tmp/screen-test-XXXXXX";
	struct screen_error_info error = { 0 };
	struct screen_engine *e;

	assert_non_null(mkdtemp(state_dir));
	e = test_engine_create_in(state_dir, flows_max);
	assert_int_equal(test_engine_commit(e, 1, &error), 0);
	return e;
}

/* Ends it as a daemon does, and makes the one that comes after it. Returns how many flows went over. */
static inline int handover_end(struct screen_engine *e)
{
	struct screen_error_info error = { 0 };
	int flows = screen_engine_hand_over(e, &error);

	if (flows < 0)
		print_error("%s: %s\n", error.object, error.message);
	return flows;
}

static inline struct screen_engine *handover_next(struct screen_engine *old, uint32_t flows_max)
{
	char state_dir[SCREEN_PATH_SIZE];

	memcpy(state_dir, old->options.state_dir, sizeof(state_dir));
	screen_engine_destroy(old, SCREEN_LEAVE_BY_FAILURE_MODE);
	return test_engine_create_in(state_dir, flows_max);
}

static inline void handover_wire(struct screen_engine *e, int at, uint16_t id, uint8_t a, const char *name_a,
				 uint8_t b, const char *name_b)
{
	e->wires[at] = (struct screen_wire){ .used = true, .id = id, .port = { a, b } };
	snprintf(e->ports[a].ifname, SCREEN_IFNAME_SIZE, "%s", name_a);
	snprintf(e->ports[b].ifname, SCREEN_IFNAME_SIZE, "%s", name_b);
}

static inline void handover_zone(struct screen_engine *e, int at, const char *name)
{
	e->zones[at].used = true;
	snprintf(e->zones[at].name, SCREEN_NAME_SIZE, "%s", name);
}

static inline uint32_t handover_now(void)
{
	return (uint32_t)(screen_now_ns() / 1000000000u);
}

/* A live flow of some state with every field at random, as far as it goes. */
static inline void handover_fill(struct random *r, struct screen_flow *f, uint16_t wire, uint8_t slot,
				 uint32_t state)
{
	uint32_t now = handover_now();
	int order;

	random_bytes(r, f->key.low, sizeof(f->key.low));
	random_bytes(r, f->key.high, sizeof(f->key.high));
	order = memcmp(f->key.low, f->key.high, 16);
	if (order > 0) {
		memcpy(f->key.low, f->key.high, 16);
		memset(f->key.high, 0xff, 16);
	}
	f->key.low_port = (uint16_t)random_32(r);
	f->key.high_port = (uint16_t)random_32(r);
	f->key.vlan[0] = (uint16_t)random_below(r, 4096);
	f->key.vlan[1] = (uint16_t)random_below(r, 4096);
	f->key.wire = wire;
	f->client_low = random_8(r) & 1;
	f->client_slot = slot;
	f->created_s = now - random_below(r, 5);
	f->half_open_s = (uint16_t)(20 + random_below(r, 30));
	for (int i = 0; i < 2; i++) {
		f->side[i].seen_s = now - random_below(r, 5);
		f->side[i].ack = random_32(r);
		f->side[i].next = random_32(r);
	}
	f->client_isn = random_32(r);
	f->cookie_isn = random_32(r);
	f->server_isn = random_32(r);
	f->ts_delta = random_32(r);
	f->client_tsval = random_32(r);
	if (state != SCREEN_FLOW_HALF_OPEN && state != SCREEN_FLOW_OPEN)
		f->client_window = (uint16_t)random_32(r);
	f->mss = (uint16_t)random_32(r);
	f->client_wscale = (uint8_t)random_below(r, 16);
	f->our_wscale = (uint8_t)random_below(r, 16);
	f->server_wscale = (uint8_t)random_below(r, 16);
	f->agreed = random_8(r) & 7;
	f->server_flags = random_8(r);
	f->closing = random_8(r) & SCREEN_CLOSING_FIN_CLIENT;
	f->syn_s = random_8(r);
	f->state = state;
}

/* Installs a taken entry. */
static inline void handover_install(struct screen_engine *e, uint32_t index)
{
	struct screen_flow *f = &e->flows.flows[index];
	uint32_t other;

	screen_flow_count(&e->flows, f, SCREEN_COUNTED_SESSION);
	assert_int_equal(screen_flow_install(&e->flows, index, screen_flow_hash(&e->flows, &f->key),
					     SCREEN_FLOW_NONE, &other), SCREEN_INSTALL_DONE);
}

static inline struct screen_flow *handover_add(struct screen_engine *e, struct random *r, uint16_t wire,
					       uint8_t slot, uint32_t state)
{
	uint32_t index = screen_flow_take(&e->flows);
	struct screen_flow *f = &e->flows.flows[index];

	assert_int_not_equal(index, SCREEN_FLOW_NONE);
	handover_fill(r, f, wire, slot, state);
	handover_install(e, index);
	return f;
}

static inline struct screen_server *handover_add_server(struct screen_engine *e, uint16_t zone,
							const uint8_t address[16], uint16_t port)
{
	struct screen_servers *t = &e->meters->servers;
	uint64_t hash = screen_meters_server(e->meters, zone, address, port);
	uint32_t at = screen_server_make(t, hash, address, (uint32_t)zone << 16 | port, handover_now());

	assert_int_not_equal(at, SCREEN_SERVER_NONE);
	return &t->server[at];
}

static inline bool handover_file_is_there(const struct screen_engine *e)
{
	char path[SCREEN_PATH_SIZE + 32];

	screen_handover_path(e->options.state_dir, path);
	return access(path, F_OK) == 0;
}

/* The whole file, malloced. */
static inline uint8_t *handover_read(const struct screen_engine *e, size_t *size)
{
	char path[SCREEN_PATH_SIZE + 32];
	struct stat s;
	uint8_t *bytes;
	int fd;

	screen_handover_path(e->options.state_dir, path);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &s) == 0);
	*size = (size_t)s.st_size;
	bytes = malloc(*size);
	assert_int_equal(read(fd, bytes, *size), s.st_size);
	close(fd);
	return bytes;
}

static inline void handover_write_file(const struct screen_engine *e, const uint8_t *bytes, size_t size)
{
	char path[SCREEN_PATH_SIZE + 32];
	int fd;

	screen_handover_path(e->options.state_dir, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

/* Puts the right digest into a file that was changed. */
static inline void handover_sign(uint8_t *bytes, size_t size)
{
	struct screen_handover_header *h = (void *)bytes;
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(h->digest));
	crypto_generichash_update(&state, bytes + sizeof(*h), size - sizeof(*h));
	crypto_generichash_update(&state, bytes, offsetof(struct screen_handover_header, digest));
	crypto_generichash_final(&state, h->digest, sizeof(h->digest));
}
