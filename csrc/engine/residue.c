#include "residue.h"

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "admitter.h"
#include "ethtool.h"
#include "netlink.h"
#include "store.h"

enum { LINE_SIZE = 128 }; /* of a line that was written here */

static void record_path(const char *state_dir, char *path, size_t size)
{
	snprintf(path, size, "%.*s/attached.ports", SCREEN_PATH_SIZE - 1, state_dir);
}

void screen_residue_read(const char *state_dir, struct screen_residues *all)
{
	char path[SCREEN_PATH_SIZE + 32], line[160];
	FILE *file;

	memset(all, 0, sizeof(*all));
	record_path(state_dir, path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return;
	while (all->count < SCREEN_RESIDUES_MAX && fgets(line, sizeof(line), file)) {
		struct screen_residue *r = &all->row[all->count];
		int up, promiscuous, vlan, stag, ipv6, host = 0, clsact = 0;

		if (sscanf(line, "%15s up=%d promisc=%d rxvlan=%d rxstag=%d noipv6=%d host=%d clsact=%d",
			   r->ifname, &up, &promiscuous, &vlan, &stag, &ipv6, &host, &clsact) < 6)
			continue;
		r->up = up;
		r->promiscuous = promiscuous;
		r->rx_vlan = vlan;
		r->rx_stag = stag;
		r->ipv6_disabled = ipv6;
		r->host = host;
		r->clsact = clsact;
		all->count++;
	}
	fclose(file);
}

int screen_residue_write(const char *state_dir, const struct screen_residues *all)
{
	char path[SCREEN_PATH_SIZE + 32], text[SCREEN_RESIDUES_MAX * LINE_SIZE];
	int used = 0;

	for (uint32_t i = 0; i < all->count; i++) {
		const struct screen_residue *r = &all->row[i];

		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "%s up=%d promisc=%d rxvlan=%d rxstag=%d noipv6=%d host=%d "
				 "clsact=%d\n", r->ifname, r->up, r->promiscuous, r->rx_vlan,
				 r->rx_stag, r->ipv6_disabled, r->host, r->clsact);
	}
	record_path(state_dir, path, sizeof(path));
	return screen_store_write(path, text, (size_t)used);
}

struct screen_residue *screen_residue_find(struct screen_residues *all, const char *ifname)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (strcmp(all->row[i].ifname, ifname) == 0)
			return &all->row[i];
	return NULL;
}

int screen_residue_note(const char *state_dir, const char *ifname, bool host)
{
	struct screen_residues all;
	struct screen_residue *r;
	struct screen_link link;
	int result;

	screen_residue_read(state_dir, &all);
	if (screen_residue_find(&all, ifname))
		return 0;
	if (all.count == SCREEN_RESIDUES_MAX)
		return -ENOSPC;
	result = screen_netlink_link(ifname, &link);
	if (result)
		return result;
	r = &all.row[all.count++];
	screen_text_copy(r->ifname, sizeof(r->ifname), ifname);
	r->up = link.flags & IFF_UP;
	r->promiscuous = link.flags & IFF_PROMISC;
	r->rx_vlan = screen_ethtool_feature(ifname, SCREEN_FEATURE_RX_VLAN);
	r->rx_stag = screen_ethtool_feature(ifname, SCREEN_FEATURE_RX_STAG);
	r->ipv6_disabled = screen_ipv6_disabled(ifname);
	r->host = host;
	r->clsact = host && screen_admitter_clsact(link.ifindex);
	return screen_residue_write(state_dir, &all);
}

static void restore_link(const struct screen_link *link, const struct screen_residue *r)
{
	uint32_t flags = (r->up ? IFF_UP : 0u) | (r->promiscuous ? IFF_PROMISC : 0u);

	(void)screen_ipv6_disable(link->ifname, r->ipv6_disabled);
	(void)screen_netlink_set_flags(link->ifindex, flags, IFF_UP | IFF_PROMISC);
}

void screen_residue_restore(const char *state_dir, const char *ifname)
{
	struct screen_residues all;
	struct screen_residue *r;
	struct screen_link link;

	screen_residue_read(state_dir, &all);
	r = screen_residue_find(&all, ifname);
	if (!r)
		return;
	if (screen_netlink_link(ifname, &link) == 0) {
		(void)screen_ethtool_feature_set(ifname, SCREEN_FEATURE_RX_VLAN, r->rx_vlan);
		(void)screen_ethtool_feature_set(ifname, SCREEN_FEATURE_RX_STAG, r->rx_stag);
		if (r->host)
			screen_admitter_sweep(link.ifindex, !r->clsact);
		else
			restore_link(&link, r);
	}
	*r = all.row[--all.count];
	(void)screen_residue_write(state_dir, &all);
}
