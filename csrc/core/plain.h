/*
 * Plain segments: what nearly all frames are, TCP behind untagged IPv4 or IPv6 without options or extension
 * headers, and the options that common systems send, read without a walk. What comes out is what packet.h
 * and options.h say; whatever is not plain is left to them.
 */
#pragma once

#include "options.h"
#include "packet.h"

enum {
	SCREEN_PLAIN_IPV4 = SCREEN_ETH_SIZE + 20, /* where TCP begins */
	SCREEN_PLAIN_IPV6 = SCREEN_ETH_SIZE + 40,
};

screen_inline uint16_t screen_load_le16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

screen_inline uint32_t screen_load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* The TCP header at l4 of a packet that has `size` bytes of the frame. */
screen_inline bool screen_plain_tcp(const uint8_t *data, const uint8_t *end, uint8_t family, uint32_t l4,
				    uint32_t size, struct screen_packet *p)
{
	const uint8_t *tcp = data + l4;
	uint32_t header;

	if (size < l4 + 20 || !screen_fits(tcp, 20, end))
		return false;
	header = (tcp[12] >> 4) * 4u;
	if (header < 20 || l4 + header > size)
		return false;
	*p = (struct screen_packet){
		.l3 = SCREEN_ETH_SIZE, .l4 = (uint16_t)l4, .payload = (uint16_t)(l4 + header),
		.end = (uint16_t)size, .family = family, .protocol = SCREEN_PROTO_TCP,
		.sport = screen_load_be16(tcp), .dport = screen_load_be16(tcp + 2),
		.seq = screen_load_be32(tcp + 4), .ack = screen_load_be32(tcp + 8),
		.window = screen_load_be16(tcp + 14), .tcp_flags = tcp[13],
	};
	return true;
}

/* Whether the frame in [data, end) is plain; then it is parsed. */
screen_inline bool screen_plain_parse(const uint8_t *data, const uint8_t *end, struct screen_packet *p)
{
	uint32_t length = (uint32_t)(end - data), size;
	const uint8_t *ip = data + SCREEN_ETH_SIZE;

	if (length < SCREEN_PLAIN_IPV4 + 20 || length > SCREEN_END_MAX ||
	    !screen_fits(data, SCREEN_PLAIN_IPV4 + 20, end))
		return false;
	/* the Ethertype and the first byte of the header, which has version and length */
	if (screen_load_be16(data + 12) == SCREEN_ETHERTYPE_IPV4 && ip[0] == 0x45) {
		size = SCREEN_ETH_SIZE + screen_load_be16(ip + 2);
		return ip[9] == SCREEN_PROTO_TCP && !(screen_load_be16(ip + 6) & 0x3fff) &&
		       size <= length && screen_plain_tcp(data, end, 4, SCREEN_PLAIN_IPV4, size, p);
	}
	if (screen_load_be16(data + 12) == SCREEN_ETHERTYPE_IPV6 && ip[0] >> 4 == 6) {
		size = SCREEN_PLAIN_IPV6 + screen_load_be16(ip + 4);
		return ip[6] == SCREEN_PROTO_TCP && size <= length &&
		       screen_plain_tcp(data, end, 6, SCREEN_PLAIN_IPV6, size, p);
	}
	return false;
}

screen_inline void screen_plain_timestamps(const uint8_t *bytes, uint8_t at, struct screen_options *o)
{
	o->tsval = screen_load_be32(bytes + at + 2);
	o->tsecr = screen_load_be32(bytes + at + 6);
	o->timestamps = at;
	o->flags |= SCREEN_HAS_TIMESTAMPS;
}

screen_inline void screen_plain_wscale(uint8_t shift, struct screen_options *o)
{
	o->wscale = shift > SCREEN_WSCALE_MAX ? SCREEN_WSCALE_MAX : shift;
	o->flags |= SCREEN_HAS_WSCALE;
}

/* Kind and length of an option, or of two, as they lie in memory. Of an MSS and a window scale the values
 * are left out. */
enum {
	SCREEN_PLAIN_MSS = 0x0402,
	SCREEN_PLAIN_TIMESTAMPS = 0x0a080101,	     /* two NOPs before them */
	SCREEN_PLAIN_SACK_TIMESTAMPS = 0x0a080204,
	SCREEN_PLAIN_WSCALE = 0x030301,		     /* a NOP before it */
	SCREEN_PLAIN_NOP_SACK = 0x02040101,
	SCREEN_PLAIN_SACK_END = 0x00000204,
};

/* MSS, SACK permitted, timestamps, NOP, window scale: 20 bytes. */
screen_inline bool screen_plain_linux(const uint8_t *bytes, struct screen_options *o)
{
	if (screen_load_le32(bytes + 4) != SCREEN_PLAIN_SACK_TIMESTAMPS ||
	    (screen_load_le32(bytes + 16) & 0xffffff) != SCREEN_PLAIN_WSCALE)
		return false;
	o->flags |= SCREEN_HAS_SACK_OK;
	screen_plain_timestamps(bytes, 6, o);
	screen_plain_wscale(bytes[19], o);
	return true;
}

/* MSS, NOP, window scale, NOP, NOP, SACK permitted: 12 bytes. */
screen_inline bool screen_plain_windows(const uint8_t *bytes, struct screen_options *o)
{
	if ((screen_load_le32(bytes + 4) & 0xffffff) != SCREEN_PLAIN_WSCALE ||
	    screen_load_le32(bytes + 8) != SCREEN_PLAIN_NOP_SACK)
		return false;
	screen_plain_wscale(bytes[7], o);
	o->flags |= SCREEN_HAS_SACK_OK;
	return true;
}

/* MSS, NOP, window scale, NOP, NOP, timestamps, SACK permitted, end: 24 bytes. */
screen_inline bool screen_plain_macos(const uint8_t *bytes, struct screen_options *o)
{
	if ((screen_load_le32(bytes + 4) & 0xffffff) != SCREEN_PLAIN_WSCALE ||
	    screen_load_le32(bytes + 8) != SCREEN_PLAIN_TIMESTAMPS ||
	    screen_load_le32(bytes + 20) != SCREEN_PLAIN_SACK_END)
		return false;
	screen_plain_wscale(bytes[7], o);
	screen_plain_timestamps(bytes, 10, o);
	o->flags |= SCREEN_HAS_SACK_OK;
	return true;
}

screen_inline bool screen_plain_syn(const uint8_t *bytes, uint32_t length, struct screen_options *o)
{
	o->flags = SCREEN_HAS_MSS;
	o->mss = screen_load_be16(bytes + 2);
	switch (length) {
	case 4:
		return true;
	case 12:
		return screen_plain_windows(bytes, o);
	case 20:
		return screen_plain_linux(bytes, o);
	case 24:
		return screen_plain_macos(bytes, o);
	default:
		return false;
	}
}

/* Whether the options are plain; then they are read. */
screen_inline bool screen_plain_options(const uint8_t *bytes, uint32_t length, struct screen_options *o)
{
	o->flags = 0;
	o->mss = 0;
	o->wscale = SCREEN_WSCALE_NONE;
	o->tsval = o->tsecr = 0;
	if (length == 0)
		return true;
	if (screen_load_le16(bytes) == SCREEN_PLAIN_MSS)
		return screen_plain_syn(bytes, length, o);
	/* of every segment of a connection with timestamps (RFC 7323 appendix A) */
	if (length == 12 && screen_load_le32(bytes) == SCREEN_PLAIN_TIMESTAMPS) {
		screen_plain_timestamps(bytes, 2, o);
		return true;
	}
	return false;
}

/* screen_parse() and screen_options_walk(), of any frame. */
screen_inline enum screen_kind screen_read(const uint8_t *data, const uint8_t *end, struct screen_packet *p)
{
	return screen_plain_parse(data, end, p) ? SCREEN_KIND_TCP : screen_parse(data, end, p);
}

screen_inline void screen_read_options(const uint8_t *data, const struct screen_packet *p,
				       struct screen_options *o)
{
	uint32_t length = screen_packet_options_length(p);

	if (!screen_plain_options(data + p->l4 + 20, length, o))
		screen_options_walk(data + p->l4 + 20, length, o);
}
