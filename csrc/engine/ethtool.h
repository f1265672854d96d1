/* A device's queues and offloads, by the ethtool ioctls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* RX queues that are in use: combined and RX-only channels. 0 or less: the device does not say. */
int screen_ethtool_rx_queues(const char *ifname);

enum screen_offload {
	SCREEN_OFFLOAD_RX_VLAN,	 /* rx-vlan-offload */
	SCREEN_OFFLOAD_RX_STAG,	 /* rx-vlan-stag-hw-parse */
	SCREEN_OFFLOADS,
};

/* Whether an offload is on. False also when the device does not know it. */
bool screen_ethtool_offload(const char *ifname, enum screen_offload offload);

/* Switches an offload and reads it back. 0 when it is as asked, else a negative errno. */
int screen_ethtool_offload_set(const char *ifname, enum screen_offload offload, bool on);
