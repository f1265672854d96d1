/* A device's queues and features, by the ethtool ioctls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* RX queues that are in use: combined and RX-only channels. 0 or less: the device does not say. */
int screen_ethtool_rx_queues(const char *ifname);

enum screen_feature {
	SCREEN_FEATURE_RX_VLAN,	 /* rx-vlan-offload */
	SCREEN_FEATURE_RX_STAG,	 /* rx-vlan-stag-hw-parse */
	SCREEN_FEATURES,
};

/* Whether a feature is on. False also when the device does not know it. */
bool screen_ethtool_feature(const char *ifname, enum screen_feature feature);

/* Switches a feature and reads it back. 0 when it is as asked, else a negative errno. */
int screen_ethtool_feature_set(const char *ifname, enum screen_feature feature, bool on);
