/* Links and bridges, by rtnetlink (through libmnl). Functions return 0 or a negative errno. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "../include/synscreen/snapshot.h"

struct screen_link {
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t flags;	 /* IFF_* */
	uint32_t master; /* ifindex of the bridge that it belongs to, or 0 */
	uint32_t rx_queues;
	uint8_t mac[6];
	bool ethernet;
	bool carrier;
	char ifname[SCREEN_IFNAME_SIZE];
	char kind[16];	 /* "veth", "bridge", ...; empty for hardware */
	char alias[128];
};

int screen_netlink_link(const char *ifname, struct screen_link *link);
int screen_netlink_link_by_index(uint32_t ifindex, struct screen_link *link);

/* Calls back for every link of this network namespace. */
int screen_netlink_each(void (*each)(const struct screen_link *, void *), void *data);

/* Sets the flags in mask to those in flags. */
int screen_netlink_set_flags(uint32_t ifindex, uint32_t flags, uint32_t mask);

/* Makes a bridge that is a wire: no learning of its own, no STP, no snooping. alias says whose. */
int screen_netlink_add_bridge(const char *ifname, const char *alias);
int screen_netlink_delete(uint32_t ifindex);

/* Puts a link under a bridge (0: takes it out) and, if put, makes the port flood, learn nothing and
 * forward the link-local group addresses that bridges normally keep (LLDP, LACP, EAPOL). */
int screen_netlink_enslave(uint32_t ifindex, uint32_t bridge);

/* Whether IPv6 is disabled on a link, and to set it. */
bool screen_ipv6_disabled(const char *ifname);
int screen_ipv6_disable(const char *ifname, bool disabled);

/* How many filters the clsact of a link has, -ENOENT when there is none. */
int screen_netlink_clsact(uint32_t ifindex);

/* A socket that is told of changes of links; -1 on failure. Read by screen_netlink_next(). */
int screen_netlink_watch(void);

/* Takes in one burst of messages from the socket and calls back for each link. Returns 1 when there
 * was one, 0 when there was none, a negative errno when some were lost. */
int screen_netlink_read(int fd, void (*changed)(const struct screen_link *, bool gone, void *),
			 void *data);
