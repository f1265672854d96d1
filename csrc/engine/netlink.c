#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

enum {
	BUFFER = 16384,
	GROUP_FORWARD = 0xfffd, /* all of 01-80-C2-00-00-0X but MAC pause */
};

static int parse_info(const struct nlattr *attribute, void *data)
{
	struct screen_link *link = data;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
		screen_text_copy(link->kind, sizeof(link->kind), mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

static int parse_attribute(const struct nlattr *attribute, void *data)
{
	struct screen_link *link = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		screen_text_copy(link->ifname, sizeof(link->ifname), mnl_attr_get_str(attribute));
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attribute);
		break;
	case IFLA_MASTER:
		link->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_NUM_RX_QUEUES:
		link->rx_queues = mnl_attr_get_u32(attribute);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attribute) == 6)
			memcpy(link->mac, mnl_attr_get_payload(attribute), 6);
		break;
	case IFLA_IFALIAS:
		screen_text_copy(link->alias, sizeof(link->alias), mnl_attr_get_str(attribute));
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, parse_info, data);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int parse_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct screen_link *link = data;

	memset(link, 0, sizeof(*link));
	link->ifindex = (uint32_t)info->ifi_index;
	link->flags = info->ifi_flags;
	link->ethernet = info->ifi_type == ARPHRD_ETHER;
	link->carrier = info->ifi_flags & IFF_LOWER_UP;
	mnl_attr_parse(message, sizeof(*info), parse_attribute, link);
	return MNL_CB_OK;
}

/* Sends one request and waits for its answer. */
static int talk(struct nlmsghdr *message, mnl_cb_t callback, void *data)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buffer[BUFFER] __attribute__((aligned(8)));
	int result = -1, error;
	ssize_t got;

	if (!socket)
		return -errno;
	message->nlmsg_seq = 1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		goto out;
	do {
		got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (got < 0)
			break;
		result = mnl_cb_run(buffer, (size_t)got, 1, mnl_socket_get_portid(socket), callback,
				    data);
	} while (result > MNL_CB_STOP);
out:
	error = errno;
	mnl_socket_close(socket);
	return result < 0 ? -error : 0;
}

static struct nlmsghdr *request(char *buffer, uint16_t type, uint16_t flags, uint32_t ifindex,
				struct ifinfomsg **info)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	*info = mnl_nlmsg_put_extra_header(message, sizeof(**info));
	(*info)->ifi_family = AF_UNSPEC;
	(*info)->ifi_index = (int)ifindex;
	return message;
}

int screen_netlink_link(const char *ifname, struct screen_link *link)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_GETLINK, 0, 0, &info);

	mnl_attr_put_strz(message, IFLA_IFNAME, ifname);
	return talk(message, parse_link, link);
}

int screen_netlink_link_by_index(uint32_t ifindex, struct screen_link *link)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;

	return talk(request(buffer, RTM_GETLINK, 0, ifindex, &info), parse_link, link);
}

struct each {
	void (*call)(const struct screen_link *, void *);
	void *data;
};

static int parse_each(const struct nlmsghdr *message, void *data)
{
	const struct each *each = data;
	struct screen_link link;

	parse_link(message, &link);
	each->call(&link, each->data);
	return MNL_CB_OK;
}

int screen_netlink_each(void (*each)(const struct screen_link *, void *), void *data)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct each both = { each, data };
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_GETLINK, NLM_F_DUMP, 0, &info);

	return talk(message, parse_each, &both);
}

int screen_netlink_set_flags(uint32_t ifindex, uint32_t flags, uint32_t mask)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_NEWLINK, 0, ifindex, &info);

	info->ifi_flags = flags;
	info->ifi_change = mask;
	return talk(message, NULL, NULL);
}

/* The kernel does not take an alias with the message that makes a link. */
static int set_alias(const char *ifname, const char *alias)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_NEWLINK, 0, 0, &info);

	mnl_attr_put_strz(message, IFLA_IFNAME, ifname);
	mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
	return talk(message, NULL, NULL);
}

int screen_netlink_add_bridge(const char *ifname, const char *alias)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message =
		request(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, &info);
	struct nlattr *outer, *inner;
	int result;

	mnl_attr_put_strz(message, IFLA_IFNAME, ifname);
	outer = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	inner = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(message, inner);
	mnl_attr_nest_end(message, outer);
	result = talk(message, NULL, NULL);
	return result ? result : set_alias(ifname, alias);
}

int screen_netlink_delete(uint32_t ifindex)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;

	return talk(request(buffer, RTM_DELLINK, 0, ifindex, &info), NULL, NULL);
}

static int set_bridge_port(uint32_t ifindex)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_SETLINK, 0, ifindex, &info);
	struct nlattr *nest;

	info->ifi_family = AF_BRIDGE;
	nest = mnl_attr_nest_start(message, IFLA_PROTINFO);
	mnl_attr_put_u8(message, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(message, IFLA_BRPORT_UNICAST_FLOOD, 1);
	mnl_attr_put_u8(message, IFLA_BRPORT_MCAST_FLOOD, 1);
	mnl_attr_put_u8(message, IFLA_BRPORT_BCAST_FLOOD, 1);
	mnl_attr_put_u16(message, IFLA_BRPORT_GROUP_FWD_MASK, GROUP_FORWARD);
	mnl_attr_nest_end(message, nest);
	return talk(message, NULL, NULL);
}

int screen_netlink_enslave(uint32_t ifindex, uint32_t bridge)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct ifinfomsg *info;
	struct nlmsghdr *message = request(buffer, RTM_NEWLINK, 0, ifindex, &info);
	int result;

	mnl_attr_put_u32(message, IFLA_MASTER, bridge);
	result = talk(message, NULL, NULL);
	return result || bridge == 0 ? result : set_bridge_port(ifindex);
}

static int ipv6_open(const char *ifname, int mode)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", ifname);
	return open(path, mode | O_CLOEXEC);
}

bool screen_ipv6_disabled(const char *ifname)
{
	int fd = ipv6_open(ifname, O_RDONLY);
	char value = '1'; /* no such file: no IPv6 */

	if (fd < 0)
		return true;
	if (read(fd, &value, 1) != 1)
		value = '0';
	close(fd);
	return value == '1';
}

int screen_ipv6_disable(const char *ifname, bool disabled)
{
	int fd = ipv6_open(ifname, O_WRONLY), result = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, disabled ? "1" : "0", 1) != 1)
		result = -errno;
	close(fd);
	return result;
}

/* ---- clsact -------------------------------------------------------------------------------- */

struct clsact {
	uint32_t ifindex;
	bool there;
	int filters;
};

static int parse_kind(const struct nlattr *attribute, void *data)
{
	struct clsact *c = data;

	if (mnl_attr_get_type(attribute) == TCA_KIND &&
	    strcmp(mnl_attr_get_str(attribute), "clsact") == 0)
		c->there = true;
	return MNL_CB_OK;
}

static int parse_qdisc(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct clsact *c = data;

	if (tc->tcm_ifindex == (int)c->ifindex)
		mnl_attr_parse(message, sizeof(*tc), parse_kind, c);
	return MNL_CB_OK;
}

static int parse_filter(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct clsact *c = data;

	c->filters += tc->tcm_handle != 0; /* without: the chain that it is in */
	return MNL_CB_OK;
}

static int dump_tc(uint16_t type, uint32_t parent, mnl_cb_t callback, struct clsact *c)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(message, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)c->ifindex;
	tc->tcm_parent = parent;
	return talk(message, callback, c);
}

int screen_netlink_clsact(uint32_t ifindex)
{
	const uint32_t parents[] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
				     TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };
	struct clsact c = { .ifindex = ifindex };
	int result = dump_tc(RTM_GETQDISC, 0, parse_qdisc, &c);

	if (result)
		return result;
	if (!c.there)
		return -ENOENT;
	for (int i = 0; i < 2 && result == 0; i++)
		result = dump_tc(RTM_GETTFILTER, parents[i], parse_filter, &c);
	return result ? result : c.filters;
}

int screen_netlink_watch(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

int screen_netlink_read(int fd, void (*changed)(const struct screen_link *, bool gone, void *),
			 void *data)
{
	char buffer[BUFFER] __attribute__((aligned(8)));
	ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
	const struct nlmsghdr *message = (const void *)buffer;
	int left = (int)got;

	if (got < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (; got > 0 && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		struct screen_link link;

		if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
			continue;
		/* a bridge port's own messages repeat what the link's say */
		if (((const struct ifinfomsg *)mnl_nlmsg_get_payload(message))->ifi_family ==
		    AF_BRIDGE)
			continue;
		parse_link(message, &link);
		changed(&link, message->nlmsg_type == RTM_DELLINK, data);
	}
	return 1;
}
