/* Screens on IP: IPv4 options, protocols, fragments, IPv6 extension headers. */
#include "ids.h"

enum {
	/* RFC 791 section 3.1 and RFC 1108: options' types, copied flag included. */
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RECORD_ROUTE = 7,
	OPTION_TIMESTAMP = 68,
	OPTION_SECURITY = 130,
	OPTION_LOOSE_SOURCE_ROUTE = 131,
	OPTION_EXTENDED_SECURITY = 133,
	OPTION_STREAM = 136,
	OPTION_STRICT_SOURCE_ROUTE = 137,

	/* Above these a protocol is unknown to Junos. */
	PROTOCOL_KNOWN_IPV4 = 137,
	PROTOCOL_KNOWN_IPV6 = 139,

	HEADERS_MAX = 64, /* a walk over extension headers ends here, whatever comes */
};

/* ---- IPv4 options -------------------------------------------------------------------------- */

/* The screens that an option's type is for. */
static bool option_hit(struct step *s, uint8_t type)
{
	bool loose = type == OPTION_LOOSE_SOURCE_ROUTE, strict = type == OPTION_STRICT_SOURCE_ROUTE;

	if (loose && ids_armed(s, SCREEN_IDS_LOOSE_SOURCE_ROUTE))
		return ids_hit(s, SCREEN_IDS_LOOSE_SOURCE_ROUTE);
	if (strict && ids_armed(s, SCREEN_IDS_STRICT_SOURCE_ROUTE))
		return ids_hit(s, SCREEN_IDS_STRICT_SOURCE_ROUTE);
	if ((loose || strict) && ids_armed(s, SCREEN_IDS_SOURCE_ROUTE))
		return ids_hit(s, SCREEN_IDS_SOURCE_ROUTE);
	if (type == OPTION_RECORD_ROUTE && ids_armed(s, SCREEN_IDS_RECORD_ROUTE))
		return ids_hit(s, SCREEN_IDS_RECORD_ROUTE);
	if (type == OPTION_TIMESTAMP && ids_armed(s, SCREEN_IDS_TIMESTAMP))
		return ids_hit(s, SCREEN_IDS_TIMESTAMP);
	if ((type == OPTION_SECURITY || type == OPTION_EXTENDED_SECURITY) &&
	    ids_armed(s, SCREEN_IDS_SECURITY))
		return ids_hit(s, SCREEN_IDS_SECURITY);
	if (type == OPTION_STREAM && ids_armed(s, SCREEN_IDS_STREAM))
		return ids_hit(s, SCREEN_IDS_STREAM);
	return false;
}

static bool options_ipv4(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *ip = s->frame->data + p->l3;
	uint32_t end = (ip[0] & 15u) * 4, at = 20, length;

	while (at < end && ip[at] != OPTION_END) {
		if (ip[at] == OPTION_NOP) {
			at++;
			continue;
		}
		length = at + 1 < end ? ip[at + 1] : 0;
		if (length < 2 || at + length > end)
			return ids_armed(s, SCREEN_IDS_BAD_OPTION) &&
			       ids_hit(s, SCREEN_IDS_BAD_OPTION);
		if (option_hit(s, ip[at]))
			return true;
		at += length;
	}
	return false;
}

/* ---- IPv6 extension headers ---------------------------------------------------------------- */

static bool wanted_header(const struct step *s, uint8_t type)
{
	return !(step_profile(s)->extension_headers[type / 64] >> type % 64 & 1);
}

/* Goes over one extension header. */
static void skip(uint8_t type, const uint8_t *header, uint32_t *at, uint8_t *next)
{
	*next = header[0];
	*at += type == SCREEN_PROTO_FRAGMENT ? 8 : screen_extension_size(type, header[1]);
}

const uint8_t *ids_extension(const struct step *s, uint8_t type)
{
	const uint8_t *data = s->frame->data;
	uint32_t at = s->d->packet.l3 + 40u;
	uint8_t next = data[s->d->packet.l3 + 6];

	for (int i = 0; i < HEADERS_MAX && screen_is_extension(next); i++) {
		if (ids_bytes_from(s, at) < 8)
			break;
		/* one that says that the packet is whole (RFC 6946) is skipped */
		if (next == type && (next != SCREEN_PROTO_FRAGMENT ||
				     (screen_load_be16(data + at + 2) & 0xfff9)))
			return data + at;
		if (next == SCREEN_PROTO_FRAGMENT && (screen_load_be16(data + at + 2) & 0xfff8))
			break; /* what follows is no header */
		skip(next, data + at, &at, &next);
	}
	return NULL;
}

/* The headers between the fixed one and what is carried: their types and number. "No next header"
 * (59) and those that the parser does not go over (ESP, HIP, shim6) are the last. */
static bool extensions_ipv6(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *data = s->frame->data;
	uint32_t at = p->l3 + 40u, count = 0;
	uint8_t next = data[p->l3 + 6];

	for (; count < HEADERS_MAX; count++) {
		if (ids_armed(s, SCREEN_IDS_EXTENSION_HEADER) && !wanted_header(s, next) &&
		    ids_hit(s, SCREEN_IDS_EXTENSION_HEADER))
			return true;
		if (!screen_is_extension(next) || ids_bytes_from(s, at) < 8)
			break;
		if (next == SCREEN_PROTO_FRAGMENT && (screen_load_be16(data + at + 2) & 0xfff8)) {
			count++;
			break; /* what follows is no header */
		}
		skip(next, data + at, &at, &next);
	}
	return ids_armed(s, SCREEN_IDS_EXTENSION_LIMIT) &&
	       count > step_profile(s)->extension_limit && ids_hit(s, SCREEN_IDS_EXTENSION_LIMIT);
}

/* ---- fragments ----------------------------------------------------------------------------- */

struct ids_fragment ids_fragment_of(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	const uint8_t *data = s->frame->data, *header;
	struct ids_fragment f = { .length = ids_bytes_from(s, p->l4) };

	if (p->family == 4) {
		f.before = (uint32_t)p->l4 - p->l3;
		f.id = screen_load_be16(data + p->l3 + 4);
		f.offset = (screen_load_be16(data + p->l3 + 6) & 0x1fffu) * 8;
		f.more = screen_load_be16(data + p->l3 + 6) & 0x2000;
		return f;
	}
	/* The parser has been here: the fragment header lies right before what is carried, unless
	 * other headers follow the first fragment's. */
	header = ids_extension(s, SCREEN_PROTO_FRAGMENT);
	if (!header)
		return f;
	f.before = (uint32_t)(header - data) - (p->l3 + 40u);
	f.id = screen_load_be32(header + 4);
	f.offset = screen_load_be16(header + 2) & 0xfff8u;
	f.more = screen_load_be16(header + 2) & 1;
	f.length = ids_bytes_from(s, (uint32_t)(header + 8 - data));
	return f;
}

static uint64_t datagram_hash(const struct step *s, uint32_t id)
{
	uint64_t words[6] = { 0 };
	uint8_t address[16];

	screen_flow_address(s->frame->data, &s->d->packet, 0, address);
	memcpy(words, address, 16);
	screen_flow_address(s->frame->data, &s->d->packet, 1, address);
	memcpy(words + 2, address, 16);
	words[4] = (uint64_t)id << 32 | (uint32_t)s->port->wire << 8 | s->d->packet.family;
	/* the protocol is part of an IPv4 datagram's name (RFC 791 section 3.2) */
	words[5] = s->d->packet.family == 4 ? s->d->packet.protocol : 0;
	words[5] |= (uint64_t)s->d->packet.vlan[0] << 16 | (uint64_t)s->d->packet.vlan[1] << 32;
	return screen_siphash13_words(s->c->meters->key[0], s->c->meters->key[1], words, 6) |
	       SCREEN_HASH_MARK;
}

static bool tears(struct step *s)
{
	struct ids_fragment f = ids_fragment_of(s);
	struct screen_tear_piece p = {
		.first = f.offset / 8,
		.end = (f.offset + f.length + 7) / 8,
		.last = !f.more,
	};

	if (p.end > SCREEN_TEAR_UNITS)
		return false; /* ping-death's */
	return screen_tear_overlaps(&s->c->meters->fragments, datagram_hash(s, f.id), &p,
				    step_seconds(s));
}

static bool fragments(struct step *s)
{
	if (ids_armed(s, SCREEN_IDS_BLOCK_FRAG) && ids_hit(s, SCREEN_IDS_BLOCK_FRAG))
		return true;
	return ids_armed(s, SCREEN_IDS_TEAR_DROP) && tears(s) && ids_hit(s, SCREEN_IDS_TEAR_DROP);
}

/* -------------------------------------------------------------------------------------------- */

/* A frame that is IPv6 by its Ethertype, but cannot be parsed. */
static bool malformed_ipv6(const struct step *s)
{
	const struct screen_packet *p = &s->d->packet;

	return p->l3 >= SCREEN_ETH_SIZE && p->l3 <= s->frame->length &&
	       screen_load_be16(s->frame->data + p->l3 - 2) == SCREEN_ETHERTYPE_IPV6;
}

bool ids_ip(struct step *s, enum screen_kind kind)
{
	const struct screen_packet *p = &s->d->packet;
	uint8_t known = p->family == 4 ? PROTOCOL_KNOWN_IPV4 : PROTOCOL_KNOWN_IPV6;

	if (kind == SCREEN_KIND_MALFORMED)
		return ids_armed(s, SCREEN_IDS_IPV6_MALFORMED) && malformed_ipv6(s) &&
		       ids_hit(s, SCREEN_IDS_IPV6_MALFORMED);
	if (p->family == 4 && p->l4 - p->l3 > 20 && options_ipv4(s))
		return true;
	if (p->family == 6 && extensions_ipv6(s))
		return true;
	if (kind == SCREEN_KIND_EXTENSIONS)
		return false;
	if (p->protocol > known && ids_armed(s, SCREEN_IDS_UNKNOWN_PROTOCOL) &&
	    ids_hit(s, SCREEN_IDS_UNKNOWN_PROTOCOL))
		return true;
	return kind == SCREEN_KIND_FRAGMENT && fragments(s);
}
