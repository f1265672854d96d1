#include "ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const device_features[SCREEN_FEATURES] = {
	[SCREEN_FEATURE_RX_VLAN] = "rx-vlan-hw-parse",
	[SCREEN_FEATURE_RX_STAG] = "rx-vlan-stag-hw-parse",
};

static int call(const char *ifname, void *command)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, ifname, IFNAMSIZ - 1);
	request.ifr_data = command;
	result = ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
	close(fd);
	return result;
}

int screen_ethtool_rx_queues(const char *ifname)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (call(ifname, &channels))
		return 0;
	return (int)(channels.rx_count + channels.combined_count);
}

/* The device's feature names; *count of them, ETH_GSTRING_LEN bytes each. Free it. */
static struct ethtool_gstrings *feature_names(const char *ifname, uint32_t *count)
{
	/* the structure ends in an array: here of one, the count of features */
	_Alignas(8) uint32_t words[sizeof(struct ethtool_sset_info) / sizeof(uint32_t) + 1] = { 0 };
	struct ethtool_sset_info *info = (struct ethtool_sset_info *)words;
	struct ethtool_gstrings *names;

	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1ull << ETH_SS_FEATURES;
	if (call(ifname, info) || !info->sset_mask)
		return NULL;
	*count = info->data[0];
	names = calloc(1, sizeof(*names) + (size_t)*count * ETH_GSTRING_LEN);
	if (!names)
		return NULL;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = *count;
	if (call(ifname, names)) {
		free(names);
		return NULL;
	}
	return names;
}

static int feature_index(const char *ifname, enum screen_feature feature, uint32_t *count)
{
	struct ethtool_gstrings *names = feature_names(ifname, count);
	int index = -1;

	for (uint32_t i = 0; names && i < *count; i++)
		if (strncmp((const char *)names->data + i * ETH_GSTRING_LEN, device_features[feature],
			    ETH_GSTRING_LEN) == 0)
			index = (int)i;
	free(names);
	return index;
}

bool screen_ethtool_feature(const char *ifname, enum screen_feature feature)
{
	struct ethtool_gfeatures *features;
	uint32_t count = 0, blocks;
	int index = feature_index(ifname, feature, &count);
	bool on = false;

	if (index < 0)
		return false;
	blocks = (count + 31) / 32;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		return false;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	if (call(ifname, features) == 0)
		on = features->features[index / 32].active >> (index % 32) & 1;
	free(features);
	return on;
}

int screen_ethtool_feature_set(const char *ifname, enum screen_feature feature, bool on)
{
	struct ethtool_sfeatures *features;
	uint32_t count = 0, blocks;
	int index, result;

	if (screen_ethtool_feature(ifname, feature) == on)
		return 0;
	index = feature_index(ifname, feature, &count);
	if (index < 0)
		return on ? -EOPNOTSUPP : 0;
	blocks = (count + 31) / 32;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_SFEATURES;
	features->size = blocks;
	features->features[index / 32].valid = 1u << (index % 32);
	if (on)
		features->features[index / 32].requested = 1u << (index % 32);
	result = call(ifname, features);
	free(features);
	if (result < 0)
		return result;
	return screen_ethtool_feature(ifname, feature) == on ? 0 : -EOPNOTSUPP;
}
