/*
 * Places: where in the flow table the connections of a burst's segments are. They are computed for the whole
 * burst, side by side as its cookies are, and what will be read of the table is fetched meanwhile: bucket,
 * then flow, which otherwise are waited for one after the other.
 *
 * A look into the table stays what it is, at the moment when a frame is decided: what was seen ahead is
 * believed only while the bucket's version is the same, so that a flow made by the frame before is found.
 */
#pragma once

#include "codec.h"
#include "flow.h"

struct screen_place {
	struct screen_flow_key key;
	uint64_t hash;
	uint32_t version;  /* of the bucket when it was looked at ahead */
	uint16_t likely;   /* bits: the slots with this tag then */
	bool from_low;     /* the segment's source is the key's lower endpoint */
};

/* screen_flow_key() of IPv4, in words. */
static inline bool screen_place_key_ipv4(const uint8_t *data, const struct screen_packet *p, uint16_t wire,
					 struct screen_flow_key *key)
{
	uint32_t source, destination;
	uint64_t words[6];
	bool low;

	memcpy(&source, data + p->l3 + 12, 4);
	memcpy(&destination, data + p->l3 + 16, 4);
	low = source == destination ? p->sport <= p->dport :
				      __builtin_bswap32(source) < __builtin_bswap32(destination);
	words[0] = words[2] = 0;
	words[1] = SCREEN_MAPPED_IPV4 | (uint64_t)(low ? source : destination) << 32;
	words[3] = SCREEN_MAPPED_IPV4 | (uint64_t)(low ? destination : source) << 32;
	words[4] = (uint64_t)p->vlan[1] << 48 | (uint64_t)p->vlan[0] << 32 |
		   (uint32_t)(low ? p->dport : p->sport) << 16 | (low ? p->sport : p->dport);
	words[5] = wire;
	memcpy(key, words, sizeof(*key));
	return low;
}

/* Sets the key of a packet's connection. */
static inline void screen_place_key(const uint8_t *data, const struct screen_packet *p, uint16_t wire,
				    struct screen_place *place)
{
	place->from_low = p->family == 4 ? screen_place_key_ipv4(data, p, wire, &place->key) :
					   screen_flow_key(data, p, wire, &place->key);
}

/* Sets hash, version and likely of count places with keys, at most SCREEN_CODEC_BURST, and has the
 * processor fetch what is there. */
void screen_places(const struct screen_codec *codec, struct screen_lanes *lanes, struct screen_flows *t,
		   struct screen_place *const places[], uint32_t count);

/* The index of the flow in this place now, SCREEN_FLOW_NONE when there is none. */
uint32_t screen_place_find(struct screen_flows *t, const struct screen_place *place);
