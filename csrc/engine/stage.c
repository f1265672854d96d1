#include "stage.h"

#include <errno.h>
#include <linux/if.h>
#include <time.h>

#include "attach.h"
#include "bridge.h"
#include "clients.h"
#include "capability.h"
#include "config.h"
#include "driverproof.h"
#include "handover.h"
#include "hostmaps.h"
#include "netlink.h"
#include "port.h"
#include "residue.h"
#include "view.h"
#include "worker.h"

enum { WAIT_MS = 2000 };

static void pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

/* ---- zones --------------------------------------------------------------------------------- */

static int zone_id(struct screen_engine *engine, const char *name)
{
	int free_id = -1;

	for (int i = SCREEN_ZONES_MAX - 1; i >= 0; i--) {
		if (!engine->zones[i].used)
			free_id = i;
		else if (strcmp(engine->zones[i].name, name) == 0)
			return i;
	}
	if (free_id >= 0) {
		engine->zones[free_id].used = true;
		screen_text_copy(engine->zones[free_id].name, SCREEN_NAME_SIZE, name);
		memset(&engine->meters->zone[free_id], 0, sizeof(engine->meters->zone[free_id]));
		engine->meters->zone[free_id].first_ns = screen_now_ns();
	}
	return free_id;
}

static int stage_zones(struct screen_engine *engine, struct screen_config *c,
		       struct screen_error_info *error)
{
	for (uint32_t i = 0; i < c->snapshot.header->zones.count; i++) {
		int id = zone_id(engine, c->snapshot.zones[i].name);

		if (id < 0)
			return screen_error_set(error, SCREEN_ERROR_STATE, 0,
						c->snapshot.zones[i].name,
						"more zones at a time than %d, old ones included: "
						"delete some in a commit of its own first",
						SCREEN_ZONES_MAX);
		c->zone_id[i] = (uint8_t)id;
	}
	return SCREEN_OK;
}

static bool zone_in(const struct screen_config *c, int id)
{
	for (uint32_t i = 0; c && i < c->snapshot.header->zones.count; i++)
		if (c->zone_id[i] == id)
			return true;
	return false;
}

static void forget_zones(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_ZONES_MAX; i++)
		if (!zone_in(engine->running, i) && !zone_in(engine->staged, i))
			engine->zones[i].used = false;
}

/* ---- ports --------------------------------------------------------------------------------- */

static struct screen_port *port_named(struct screen_engine *engine, const char *ifname)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE &&
		    strcmp(engine->ports[i].ifname, ifname) == 0)
			return &engine->ports[i];
	return NULL;
}

/* Whether frames that a former port of this slot left in rings are all back. */
static bool slot_clean(struct screen_engine *engine, int slot)
{
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++)
		if (atomic_load(&engine->workers[i]->reclaim) >> slot & 1)
			return false;
	return true;
}

static int free_slot(struct screen_engine *engine)
{
	for (int tries = 0; tries < WAIT_MS; tries++) {
		for (int i = 0; i < SCREEN_PORTS_MAX; i++)
			if (engine->ports[i].state == SCREEN_PORT_FREE && slot_clean(engine, i))
				return i;
		pause_ms(1);
	}
	return -1;
}

static void close_port(struct screen_engine *engine, struct screen_port *port, bool restore)
{
	uint8_t slot = port->slot;

	screen_port_close(engine, port, restore);
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++) {
		atomic_fetch_or(&engine->workers[i]->reclaim, 1ull << slot);
		screen_worker_wake(engine->workers[i]);
	}
}

/* Ports that are attached while a commit is under way: new ones come before old ones go. */
static uint32_t ports_together(struct screen_engine *engine, const struct screen_config *c)
{
	uint32_t count = c->snapshot.header->ports.count;

	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		bool stays = engine->ports[i].state == SCREEN_PORT_FREE;

		for (uint32_t j = 0; j < c->snapshot.header->ports.count; j++)
			stays |= strcmp(c->snapshot.ports[j].ifname, engine->ports[i].ifname) == 0;
		count += !stays;
	}
	return count;
}

static int stage_ports(struct screen_engine *engine, struct screen_config *c,
		       struct screen_error_info *error)
{
	uint32_t chunks = engine->options.frames_per_worker;
	uint32_t most = chunks / 8 * 7 / screen_frames_share(chunks);

	uint32_t together = ports_together(engine, c);

	if (together > most)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, "ports",
					"%u ports, those that are about to leave included, need "
					"more than the %u frames of a worker: delete wires in a "
					"commit of its own first, or run with a larger --frames",
					together, chunks);
	for (uint32_t i = 0; i < c->snapshot.header->ports.count; i++) {
		const char *ifname = c->snapshot.ports[i].ifname;
		uint32_t wire = c->snapshot.ports[i].wire;
		bool is_host = wire == SCREEN_NONE;
		struct screen_port *port = port_named(engine, ifname);
		struct screen_link link;
		int slot, result;

		if (port && screen_port_queues(ifname, port->queues_count) != port->queues_count)
			return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, ifname,
						"has another number of RX queues than when it was "
						"attached (%u): set it back (ethtool -L), or delete "
						"its wire in a commit of its own first",
						port->queues_count);
		if (port && port->is_host != is_host)
			return screen_error_set(error, SCREEN_ERROR_STATE, 0, ifname,
						"is %s of the running configuration: take it out in a "
						"commit of its own first",
						port->is_host ? "a host port" : "a wire's port");
		if (port && screen_netlink_link(ifname, &link) == 0 &&
		    link.ifindex != port->ifindex)
			return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, ifname,
						"was removed and made again: delete its wire in a "
						"commit of its own first");
		if (!port) {
			slot = free_slot(engine);
			if (slot < 0)
				return screen_error_set(error, SCREEN_ERROR_STATE, 0, ifname,
							"no free port slot");
			result = screen_port_open(engine, (uint8_t)slot, ifname, is_host,
						  is_host ? SCREEN_ON_FAILURE_OPEN :
							    c->snapshot.wires[wire].on_failure,
						  error);
			if (result)
				return result;
			port = &engine->ports[slot];
		}
		c->slot[i] = port->slot;
	}
	return SCREEN_OK;
}

/* ---- wires --------------------------------------------------------------------------------- */

static struct screen_wire *new_wire(struct screen_engine *engine, const char *name, uint8_t a,
				    uint8_t b)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		struct screen_wire *w = &engine->wires[i];

		if (w->used)
			continue;
		memset(w, 0, sizeof(*w));
		w->used = w->staged = true;
		w->id = ++engine->next_wire_id;
		w->port[0] = a;
		w->port[1] = b;
		screen_text_copy(w->name, sizeof(w->name), name);
		engine->ports[a].wire = engine->ports[b].wire = w->id;
		engine->ports[a].peer = b;
		engine->ports[b].peer = a;
		return w;
	}
	return NULL;
}

static int stage_wire(struct screen_engine *engine, const struct screen_config *c, uint32_t i,
		      struct screen_error_info *error)
{
	const struct screen_wire_config *config = &c->snapshot.wires[i];
	struct screen_port *a = &engine->ports[c->slot[config->port[0]]];
	struct screen_port *b = &engine->ports[c->slot[config->port[1]]];
	struct screen_wire *wire = screen_wire_of(engine, a->slot), *other = screen_wire_of(engine, b->slot);

	if (a->queues_count != b->queues_count)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, config->name,
					"%s has %u RX queues and %s has %u: a flow would be lost "
					"between them; make them equal (ethtool -L)", a->ifname,
					a->queues_count, b->ifname, b->queues_count);
	if (wire != other)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, config->name,
					"%s or %s belongs to another wire of the running "
					"configuration: delete that wire in a commit of its own "
					"first", a->ifname, b->ifname);
	if (!wire)
		wire = new_wire(engine, config->name, a->slot, b->slot);
	if (!wire)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, config->name,
					"no room for a wire");
	if (wire->staged) {
		int result;

		a->on_failure = b->on_failure = wire->on_failure = config->on_failure;
		result = screen_bridge_clear(engine, wire, error);
		if (result)
			return result;
		result = screen_shim_join(a, b);
		if (result)
			return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, config->name,
						"cannot tell the XDP programs of %s and %s of each other",
						a->ifname, b->ifname);
		screen_shim_set(a, SCREEN_SHIM_STAGED, config->on_failure);
		screen_shim_set(b, SCREEN_SHIM_STAGED, config->on_failure);
	}
	if (config->on_failure != SCREEN_ON_FAILURE_OPEN || wire->bridge[0])
		return SCREEN_OK;
	if (screen_bridge_clear(engine, wire, error))
		return SCREEN_ERROR_ATTACH;
	return screen_bridge_build(engine, wire, error);
}

/* What a configuration says of a wire, NULL when it does not have it. */
static const struct screen_wire_config *wire_config(const struct screen_config *c,
						    const struct screen_wire *wire)
{
	for (uint32_t i = 0; c && i < c->snapshot.header->wires.count; i++)
		if (c->slot[c->snapshot.wires[i].port[0]] == wire->port[0] ||
		    c->slot[c->snapshot.wires[i].port[0]] == wire->port[1])
			return &c->snapshot.wires[i];
	return NULL;
}

static bool port_in(const struct screen_config *c, uint8_t slot)
{
	for (uint32_t i = 0; c && i < c->snapshot.header->ports.count; i++)
		if (c->slot[i] == slot)
			return true;
	return false;
}

/* ---- prepare ------------------------------------------------------------------------------- */

/* New ports have their fill rings filled by their workers. */
static int wait_ready(struct screen_engine *engine, struct screen_error_info *error)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];
		int tries = 0;

		if (port->state != SCREEN_PORT_STAGED)
			continue;
		for (uint32_t q = 0; q < port->queues_count; q++)
			while (!atomic_load(&port->queues[q].ready) && tries++ < WAIT_MS)
				pause_ms(1);
		if (tries >= WAIT_MS)
			return screen_error_set(error, SCREEN_ERROR_STATE, 0, port->ifname,
						"its workers did not take it up");
	}
	return SCREEN_OK;
}

static void prove(struct screen_engine *engine, const struct screen_config *c)
{
	struct screen_capabilities *all = &engine->staged_proved;

	memset(all, 0, sizeof(*all));
	all->staged = 1;
	screen_capability_prove_core(engine, all);
	for (uint32_t i = 0; i < c->snapshot.header->ports.count; i++) {
		struct screen_port *port = &engine->ports[c->slot[i]];
		struct screen_port_proof *proof = &all->ports[all->ports_count++];

		screen_text_copy(proof->ifname, sizeof(proof->ifname), port->ifname);
		proof->published = port->state == SCREEN_PORT_PUBLISHED;
		screen_capability_prove_tx(engine, port, &proof->tx);
		screen_driver_prove(engine, port, &proof->answer, &proof->pass);
	}
	screen_capability_prove_host(c, all);
	screen_capability_prove_zones(engine, c, all);
}

static const struct screen_policy *running_policy(const struct screen_engine *engine)
{
	return engine->running ? engine->running->policy : engine->empty_policy;
}

static int stage_policy(const struct screen_engine *engine, struct screen_config *c,
			struct screen_error_info *error)
{
	uint16_t wires[SCREEN_PORTS_MAX];

	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		wires[i] = engine->ports[i].wire;
	return screen_config_policy(c, wires, error);
}

static int stage(struct screen_engine *engine, struct screen_config *c,
		 struct screen_error_info *error)
{
	const struct screen_snapshot_header *h = c->snapshot.header;
	struct screen_keyset *keyset;
	int result = screen_keyring_select(&engine->keyring, h->key_file, h->epoch_skew_s,
					   screen_clocks_now(), error);

	if (result == 0)
		result = stage_zones(engine, c, error);
	if (result == 0)
		result = stage_ports(engine, c, error);
	for (uint32_t i = 0; result == 0 && i < c->snapshot.header->wires.count; i++)
		result = stage_wire(engine, c, i, error);
	if (result == 0)
		result = stage_policy(engine, c, error);
	if (result)
		return result;
	/* New zones need keys, new ports a worker: both before the policy that uses them. */
	keyset = screen_keyring_keyset(&engine->keyring, engine->zones);
	if (!keyset)
		return screen_error_set(error, SCREEN_ERROR_KEY, 0, "epoch.floor",
					"no keyset: the state directory cannot be written, or no "
					"locked memory is left");
	screen_view_renew(engine, running_policy(engine), keyset);
	result = wait_ready(engine, error);
	if (result == 0)
		prove(engine, c);
	return result;
}

int screen_stage_prepare(struct screen_engine *engine, const void *snapshot, size_t size,
			 struct screen_error_info *error)
{
	struct screen_config *c;
	int result;

	if (engine->staged)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "snapshot",
					"another one is staged: publish or drop it first");
	c = screen_config_read(snapshot, size, error);
	if (!c)
		return error && error->code ? error->code : SCREEN_ERROR_SNAPSHOT;
	if (engine->running &&
	    c->snapshot.header->generation <= engine->running->snapshot.header->generation) {
		screen_config_free(c);
		return screen_error_set(error, SCREEN_ERROR_SNAPSHOT, 0, "snapshot",
					"its generation is not above the running one");
	}
	memset(c->slot, SCREEN_SLOT_NONE, sizeof(c->slot));
	memset(c->zone_id, 0xff, sizeof(c->zone_id));
	engine->staged = c;
	result = stage(engine, c, error);
	if (result)
		screen_stage_drop(engine);
	return result;
}

/* Marks ports of a state that a configuration does not have. Returns how many. */
static int mark_leaving(struct screen_engine *engine, const struct screen_config *c,
			enum screen_port_state state)
{
	int count = 0;

	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];

		if (port->state != state || port_in(c, (uint8_t)i))
			continue;
		port->leaving = true;
		count++;
	}
	return count;
}

/* While nothing runs, the wires of a configuration that was refused carry on by on-failure: their
 * bridges stay, and with them the settings of their ports. A later configuration takes them over or
 * sweeps them away. */
static bool carries_on(struct screen_engine *engine, const struct screen_wire *wire)
{
	return !engine->running && wire && wire->bridge[0];
}

static void close_leaving(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].leaving)
			close_port(engine, &engine->ports[i],
				   !carries_on(engine, screen_wire_of(engine, (uint8_t)i)));
}

/* Bridges that the running configuration does not want, and wires that it does not have. */
static void settle_wires(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		struct screen_wire *wire = &engine->wires[i];
		const struct screen_wire_config *config;

		if (!wire->used)
			continue;
		config = wire_config(engine->running, wire);
		if (config ? config->on_failure == SCREEN_ON_FAILURE_CLOSED :
			     !carries_on(engine, wire))
			screen_bridge_remove(wire);
		if (!config) {
			memset(wire, 0, sizeof(*wire));
			continue;
		}
		wire->staged = false;
		wire->on_failure = config->on_failure;
		screen_text_copy(wire->name, sizeof(wire->name), config->name);
	}
}

void screen_stage_drop(struct screen_engine *engine)
{
	struct screen_config *c = engine->staged;

	if (!c)
		return;
	engine->staged = NULL;
	screen_keyring_drop(&engine->keyring);
	if (mark_leaving(engine, engine->running, SCREEN_PORT_STAGED))
		screen_view_renew(engine, running_policy(engine), engine->keyset);
	close_leaving(engine); /* looks at the wires */
	settle_wires(engine);
	forget_zones(engine);
	screen_config_free(c);
}

/* What earlier engines left on interfaces that this configuration does not name. */
static void sweep_residue(struct screen_engine *engine)
{
	struct screen_residues all;

	screen_residue_read(engine->options.state_dir, &all);
	for (uint32_t i = 0; i < all.count; i++) {
		struct screen_link link, master;
		char name[16];

		if (port_named(engine, all.row[i].ifname))
			continue;
		if (screen_netlink_link(all.row[i].ifname, &link) == 0) {
			if (screen_detach_orphan(link.ifindex, name) == -EEXIST)
				continue; /* another engine's, and alive */
			if (link.master &&
			    screen_netlink_link_by_index(link.master, &master) == 0 &&
			    screen_bridge_is_ours(&master))
				(void)screen_netlink_delete(master.ifindex);
		}
		screen_residue_restore(engine->options.state_dir, all.row[i].ifname);
	}
}

int screen_stage_publish(struct screen_engine *engine, struct screen_error_info *error)
{
	struct screen_config *c = engine->staged, *old = engine->running;
	struct screen_keyset *keyset;
	int result;

	if (!c)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "snapshot",
					"nothing is staged");
	result = screen_hostmaps_policy(engine, c);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, -result, "host ports",
					"cannot hand their policy to the kernel");
	result = screen_keyring_commit(&engine->keyring, error);
	if (result) {
		(void)screen_hostmaps_policy(engine, engine->running);
		return result;
	}
	/* If none can be made now, the keeper tries again. */
	keyset = screen_keyring_keyset(&engine->keyring, engine->zones);
	(void)mark_leaving(engine, c, SCREEN_PORT_PUBLISHED);
	screen_view_renew(engine, c->policy, keyset ? keyset : engine->keyset);
	engine->running = c;
	engine->staged = NULL;
	screen_clients_commit(engine->validated, old, c);
	settle_wires(engine);
	if (!old)
		screen_handover_take(engine); /* before the ports give frames to the workers */
	for (uint32_t i = 0; i < c->snapshot.header->ports.count; i++) {
		struct screen_wire *wire = screen_wire_of(engine, c->slot[i]);

		screen_port_publish(&engine->ports[c->slot[i]],
				    wire ? wire->on_failure : SCREEN_ON_FAILURE_OPEN);
	}
	close_leaving(engine);
	forget_zones(engine);
	screen_config_free(old);
	sweep_residue(engine);
	engine->proved = engine->staged_proved;
	engine->proved.staged = 0;
	for (uint32_t i = 0; i < engine->proved.ports_count; i++)
		engine->proved.ports[i].published = 1;
	return SCREEN_OK;
}

void screen_stage_pass(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state == SCREEN_PORT_PUBLISHED)
			screen_shim_set(&engine->ports[i], SCREEN_SHIM_STAGED,
					engine->ports[i].on_failure);
}

void screen_stage_leave(struct screen_engine *engine, enum screen_leave leave)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];
		bool stays = leave == SCREEN_LEAVE_BY_FAILURE_MODE &&
			     port->on_failure == SCREEN_ON_FAILURE_OPEN && !port->is_host &&
			     port->state == SCREEN_PORT_PUBLISHED;

		screen_port_close(engine, port, !stays);
	}
	for (int i = 0; i < SCREEN_WIRES_MAX; i++) {
		struct screen_wire *wire = &engine->wires[i];

		if (wire->used && (leave == SCREEN_LEAVE_NOTHING ||
				   wire->on_failure == SCREEN_ON_FAILURE_CLOSED))
			screen_bridge_remove(wire);
	}
}
