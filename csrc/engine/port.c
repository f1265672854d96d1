#include "port.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>

#include "admitter.h"
#include "attach.h"
#include "busypoll.h"
#include "ethtool.h"
#include "hostmaps.h"
#include "netlink.h"
#include "residue.h"
#include "sent.h"
#include "worker.h"

enum {
	/* Ethernet header and two tags, and what the kernel keeps free before a frame. */
	CHUNK_OVERHEAD = 14 + 8 + 256,
};

uint32_t screen_port_queues(const char *ifname, uint32_t fallback)
{
	int queues = screen_ethtool_rx_queues(ifname);

	if (queues > 0)
		return (uint32_t)queues;
	return fallback ? fallback : 1;
}

/* What a host port cannot be: frames for these come in by others, or are another's. */
static int check_host(struct screen_engine *engine, struct screen_port *port,
		      const struct screen_link *link, struct screen_error_info *error)
{
	static const char *const refused[] = { "vlan", "bond", "bridge", "team", "macvlan", "ipvlan",
					       "vrf" };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(link->kind, refused[i]) == 0)
			return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
						"is a %s: AF_XDP has no queues of it; name the "
						"interface that its frames come in by, untagged, and not "
						"one that belongs to a bond or bridge", link->kind);
	if (link->master)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"belongs to a bond or bridge, whose addresses its frames are for: "
					"take it out, or name another");
	return screen_hostmaps_check(engine, error);
}

static int check(struct screen_engine *engine, struct screen_port *port,
		 const struct screen_link *link, struct screen_error_info *error)
{
	uint32_t limit = engine->options.chunk_size - CHUNK_OVERHEAD;

	if (!link->ethernet)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"is not an Ethernet interface: name another");
	if (link->mtu > limit)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"its MTU %u is above the %u that frames of %u bytes can "
					"carry: lower it%s", link->mtu, limit,
					engine->options.chunk_size,
					engine->options.chunk_size < 4096 ?
						", or run with --chunk-size 4096" : "");
	if (port->queues_count > SCREEN_QUEUES_MAX)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"has %u RX queues, more than %d: reduce them "
					"(ethtool -L)", port->queues_count, SCREEN_QUEUES_MAX);
	return SCREEN_OK;
}

static int change_settings(struct screen_engine *engine, struct screen_port *port,
			   struct screen_error_info *error)
{
	int result = screen_residue_note(engine->options.state_dir, port->ifname, port->is_host);

	if (result)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, -result, port->ifname,
					"cannot record its settings in the state directory");
	/* a tag that hardware strips is lost on the way through AF_XDP */
	result = screen_ethtool_feature_set(port->ifname, SCREEN_FEATURE_RX_VLAN, false);
	if (result == 0)
		result = screen_ethtool_feature_set(port->ifname, SCREEN_FEATURE_RX_STAG, false);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
					"cannot turn VLAN stripping off (ethtool -K %s rxvlan off)",
					port->ifname);
	if (port->is_host)
		return SCREEN_OK;
	/* no router solicitations, no MLD reports of our own on the wire */
	(void)screen_ipv6_disable(port->ifname, true);
	result = screen_netlink_set_flags(port->ifindex, IFF_UP | IFF_PROMISC,
					  IFF_UP | IFF_PROMISC);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
					"cannot be set up");
	return SCREEN_OK;
}

/* Any bound socket of the worker's UMEM, or -1. */
static int shared_socket(struct screen_engine *engine, uint32_t queue)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *p = &engine->ports[i];

		if (p->queues && queue < p->queues_count && p->queues[queue].main.fd >= 0)
			return p->queues[queue].main.fd;
	}
	return -1;
}

static int enter(struct screen_port *port, uint32_t key, int fd)
{
	return bpf_map_update_elem(port->xsks_fd, &key, &fd, BPF_ANY) ?
		       -errno : 0;
}

static int open_queue(struct screen_engine *engine, struct screen_port *port, uint32_t i,
		      struct screen_error_info *error)
{
	struct screen_queue *q = &port->queues[i];
	const struct screen_umem *umem = screen_worker_umem(engine->workers[i]);
	uint32_t busy_us = engine->options.busy_poll_us;
	int shared = shared_socket(engine, i), result;

	result = screen_xsk_open(&q->main, umem, port->ifindex, i, shared, engine->options.bind, error);
	if (result == 0)
		result = screen_xsk_open_second(&q->syn, &q->main, umem, port->ifindex, i, error);
	if (result == 0 && busy_us)
		result = screen_busypoll_set(q->main.fd, busy_us, error);
	if (result == 0 && busy_us)
		result = screen_busypoll_set(q->syn.fd, busy_us, error);
	if (result) {
		if (error)
			screen_text_copy(error->object, sizeof(error->object), port->ifname);
		return result;
	}
	if (engine->options.bind == SCREEN_BIND_ZEROCOPY && !q->main.zerocopy)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"zero-copy was asked for, the driver gave copy mode");
	result = enter(port, i, q->main.fd);
	if (result == 0)
		result = enter(port, SCREEN_SHIM_SYN_KEY + i, q->syn.fd);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
					"cannot enter its sockets into the shim's map");
	return SCREEN_OK;
}

static void close_queues(struct screen_port *port)
{
	for (uint32_t i = 0; port->queues && i < port->queues_count; i++) {
		screen_xsk_close(&port->queues[i].syn);
		screen_xsk_close(&port->queues[i].main);
	}
	free(port->queues);
	port->queues = NULL;
}

static int replace_orphan(struct screen_port *port, struct screen_error_info *error)
{
	char name[16] = "";
	int result = screen_detach_orphan(port->ifindex, name);

	if (result >= 0)
		return SCREEN_OK;
	if (result == -EBUSY)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"another XDP program (%s) is attached alone: take it off "
					"(ip link set %s xdp off)", name, port->ifname);
	if (result == -EEXIST)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
					"another synscreen runs on it: stop that one first");
	return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
				"cannot take an earlier shim off");
}

int screen_port_open(struct screen_engine *engine, uint8_t slot, const char *ifname, bool is_host,
		     enum screen_on_failure on_failure, struct screen_error_info *error)
{
	struct screen_port *port = &engine->ports[slot];
	struct screen_link link;
	int result = screen_netlink_link(ifname, &link);

	memset(port, 0, sizeof(*port));
	port->slot = slot;
	port->peer = SCREEN_SLOT_NONE;
	port->is_host = is_host;
	port->on_failure = on_failure;
	screen_text_copy(port->ifname, sizeof(port->ifname), ifname);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, ifname,
					"no such interface: make it, or name another");
	port->ifindex = link.ifindex;
	port->mtu = link.mtu;
	port->carrier = link.carrier;
	memcpy(port->mac, link.mac, 6);
	port->queues_count = screen_port_queues(ifname, link.rx_queues);
	result = check(engine, port, &link, error);
	if (result == 0 && is_host)
		result = check_host(engine, port, &link, error);
	if (result)
		return result;
	result = screen_worker_ensure(engine, port->queues_count, error);
	if (result == 0)
		result = replace_orphan(port, error);
	if (result == 0)
		result = change_settings(engine, port, error);
	if (result == 0)
		result = screen_attach_shim(engine, port, error);
	if (result)
		goto restore;
	if (is_host)
		result = screen_admitter_attach(engine, port, error);
	if (result)
		goto detach;
	port->queues = calloc(port->queues_count, sizeof(*port->queues));
	if (!port->queues) {
		result = screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, ifname, "queues");
		goto detach;
	}
	for (uint32_t i = 0; i < port->queues_count; i++)
		port->queues[i].main.fd = port->queues[i].syn.fd = -1;
	for (uint32_t i = 0; i < port->queues_count && result == 0; i++)
		result = open_queue(engine, port, i, error);
	if (result == 0) {
		port->state = SCREEN_PORT_STAGED;
		return SCREEN_OK;
	}
	close_queues(port);
detach:
	screen_admitter_detach(port);
	screen_detach_shim(port);
restore:
	screen_residue_restore(engine->options.state_dir, ifname);
	port->state = SCREEN_PORT_FREE;
	return result;
}

void screen_port_close(struct screen_engine *engine, struct screen_port *port, bool restore)
{
	if (port->state == SCREEN_PORT_FREE)
		return;
	screen_sent_forget(engine, port);
	screen_admitter_detach(port);
	screen_detach_shim(port);
	close_queues(port);
	if (restore)
		screen_residue_restore(engine->options.state_dir, port->ifname);
	else if (port->held_down)
		(void)screen_netlink_set_flags(port->ifindex, IFF_UP, IFF_UP);
	port->state = SCREEN_PORT_FREE;
}

void screen_port_publish(struct screen_port *port, enum screen_on_failure on_failure)
{
	port->on_failure = on_failure;
	port->state = SCREEN_PORT_PUBLISHED;
	screen_shim_set(port, SCREEN_SHIM_ENGINE, on_failure);
}
