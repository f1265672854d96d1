#include "bridge.h"

#include <errno.h>
#include <linux/if.h>
#include <sodium.h>
#include <stdio.h>

#include "netlink.h"

static const char ALIAS[] = "synscreen wire ";

/* "ss-" and the wire's name where it fits into an interface name, else its start and a hash. */
static void bridge_name(const char *wire, char name[SCREEN_IFNAME_SIZE])
{
	uint8_t hash[16];
	char hex[7];

	if (strlen(wire) <= SCREEN_IFNAME_SIZE - 4) {
		snprintf(name, SCREEN_IFNAME_SIZE, "ss-%.12s", wire);
	} else {
		crypto_generichash(hash, sizeof(hash), (const uint8_t *)wire, strlen(wire), NULL, 0);
		sodium_bin2hex(hex, sizeof(hex), hash, 3);
		snprintf(name, SCREEN_IFNAME_SIZE, "ss-%.5s-%s", wire, hex);
	}
	for (char *c = name; *c; c++)
		if (*c == '/' || *c == ' ' || *c == ':')
			*c = '_';
}

bool screen_bridge_is_ours(const struct screen_link *link)
{
	return strcmp(link->kind, "bridge") == 0 &&
	       strncmp(link->alias, ALIAS, sizeof(ALIAS) - 1) == 0;
}

static int fail(struct screen_wire *wire, struct screen_error_info *error, int result,
		const char *what)
{
	return screen_error_set(error, SCREEN_ERROR_ATTACH, -result, wire->name,
				"bridge %s: cannot %s", wire->bridge, what);
}

static bool in_use(const struct screen_engine *engine, const struct screen_wire *but,
		   const char *bridge)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++)
		if (engine->wires[i].used && &engine->wires[i] != but &&
		    strcmp(engine->wires[i].bridge, bridge) == 0)
			return true;
	return false;
}

int screen_bridge_clear(struct screen_engine *engine, struct screen_wire *wire,
			struct screen_error_info *error)
{
	for (int i = 0; i < 2; i++) {
		struct screen_port *port = &engine->ports[wire->port[i]];
		struct screen_link link, master;

		if (screen_netlink_link_by_index(port->ifindex, &link) || !link.master ||
		    screen_netlink_link_by_index(link.master, &master))
			continue;
		if (!screen_bridge_is_ours(&master))
			return screen_error_set(error, SCREEN_ERROR_ATTACH, 0, port->ifname,
						"belongs to %s: take it out (ip link set %s "
						"nomaster)", master.ifname, port->ifname);
		if (wire->on_failure == SCREEN_ON_FAILURE_CLOSED)
			(void)screen_netlink_delete(master.ifindex);
	}
	return SCREEN_OK;
}

static int make(struct screen_wire *wire, const char *alias, struct screen_link *link)
{
	int result = screen_netlink_add_bridge(wire->bridge, alias);

	return result ? result : screen_netlink_link(wire->bridge, link);
}

int screen_bridge_build(struct screen_engine *engine, struct screen_wire *wire,
			struct screen_error_info *error)
{
	char alias[sizeof(ALIAS) + SCREEN_NAME_SIZE];
	struct screen_link link;
	int result;

	bridge_name(wire->name, wire->bridge);
	snprintf(alias, sizeof(alias), "%s%s", ALIAS, wire->name);
	result = screen_netlink_link(wire->bridge, &link);
	if (result == 0 &&
	    (strcmp(link.alias, alias) != 0 || in_use(engine, wire, wire->bridge))) {
		screen_error_set(error, SCREEN_ERROR_ATTACH, 0, wire->name,
				 "its bridge %s exists already and is not this wire's: rename the "
				 "wire, or take the bridge away", wire->bridge);
		wire->bridge[0] = 0;
		return SCREEN_ERROR_ATTACH;
	}
	if (result)
		result = make(wire, alias, &link);
	if (result)
		return fail(wire, error, result, "make it");
	(void)screen_ipv6_disable(wire->bridge, true);
	for (int i = 0; i < 2 && result == 0; i++)
		result = screen_netlink_enslave(engine->ports[wire->port[i]].ifindex,
						link.ifindex);
	if (result)
		return fail(wire, error, result, "add a port");
	result = screen_netlink_set_flags(link.ifindex, IFF_UP, IFF_UP);
	return result ? fail(wire, error, result, "set it up") : SCREEN_OK;
}

void screen_bridge_remove(struct screen_wire *wire)
{
	struct screen_link link;

	if (wire->bridge[0] && screen_netlink_link(wire->bridge, &link) == 0 &&
	    screen_bridge_is_ours(&link))
		(void)screen_netlink_delete(link.ifindex);
	wire->bridge[0] = 0;
}
