/*
 * The parser once more, slow and obvious: a cursor that knows when it has run off the end. It
 * shares nothing with the core but the names of the answers.
 */
#pragma once

#include "frame.h"

struct slow {
	const uint8_t *bytes;
	uint32_t at, limit;
	bool ran_off;
};

static inline uint32_t slow_take(struct slow *s, uint32_t count)
{
	uint32_t value = 0;

	while (count--) {
		if (s->at >= s->limit) {
			s->ran_off = true;
			return 0;
		}
		value = value << 8 | s->bytes[s->at++];
	}
	return value;
}

static inline void slow_skip(struct slow *s, uint32_t count)
{
	while (count--)
		(void)slow_take(s, 1);
}

static inline enum screen_kind slow_tcp(struct slow *s, struct screen_packet *p, bool fragment)
{
	uint32_t start = s->at, header;
	struct screen_packet q = *p;

	if (s->limit > p->end)
		s->limit = p->end;
	q.sport = (uint16_t)slow_take(s, 2);
	q.dport = (uint16_t)slow_take(s, 2);
	q.seq = slow_take(s, 4);
	q.ack = slow_take(s, 4);
	header = (slow_take(s, 1) >> 4) * 4;
	q.tcp_flags = (uint8_t)slow_take(s, 1);
	q.window = (uint16_t)slow_take(s, 2);
	slow_skip(s, 4);
	if (s->ran_off || header < 20 || start > SCREEN_HEADERS_MAX)
		return SCREEN_KIND_MALFORMED;
	if (!fragment) {
		slow_skip(s, header - 20);
		if (s->ran_off)
			return SCREEN_KIND_MALFORMED;
	}
	q.payload = (uint16_t)(start + header);
	*p = q;
	return fragment ? SCREEN_KIND_FRAGMENT : SCREEN_KIND_TCP;
}

static inline enum screen_kind slow_transport(struct slow *s, struct screen_packet *p,
					      bool fragment)
{
	p->l4 = (uint16_t)s->at;
	if (p->protocol == 6 && (!fragment || p->first_fragment))
		return slow_tcp(s, p, fragment);
	return fragment ? SCREEN_KIND_FRAGMENT : SCREEN_KIND_NON_TCP;
}

static inline enum screen_kind slow_ipv4(struct slow *s, struct screen_packet *p)
{
	uint32_t first = slow_take(s, 1), header = first % 16 * 4, total, field;

	slow_skip(s, 1);
	total = slow_take(s, 2);
	slow_skip(s, 2);
	field = slow_take(s, 2);
	slow_skip(s, 1);
	p->protocol = (uint8_t)slow_take(s, 1);
	slow_skip(s, 10);
	if (s->ran_off || first / 16 != 4 || header < 20 || total < header ||
	    p->l3 + total > s->limit)
		return SCREEN_KIND_MALFORMED;
	slow_skip(s, header - 20);
	p->family = 4;
	p->end = (uint16_t)(p->l3 + total);
	p->first_fragment = field % 0x2000 == 0 && field / 0x2000 % 2;
	if (field % 0x2000 == 1 && p->protocol == 6)
		return SCREEN_KIND_MALFORMED;
	return slow_transport(s, p, field % 0x2000 || field / 0x2000 % 2);
}

static inline bool slow_is_extension(uint32_t next)
{
	static const uint8_t list[] = { 0, 43, 44, 51, 60, 135 };

	for (size_t i = 0; i < sizeof(list); i++)
		if (list[i] == next)
			return true;
	return false;
}

static inline enum screen_kind slow_extensions(struct slow *s, struct screen_packet *p,
					       uint32_t next)
{
	bool fragment = false;

	for (int count = 0; slow_is_extension(next); count++) {
		uint32_t kind = next, length, field;

		if (count == 8)
			return SCREEN_KIND_EXTENSIONS;
		if (s->at > SCREEN_HEADERS_MAX)
			return SCREEN_KIND_MALFORMED;
		next = slow_take(s, 1);
		length = slow_take(s, 1);
		field = slow_take(s, 2);
		slow_skip(s, 4);
		if (s->ran_off)
			return SCREEN_KIND_MALFORMED;
		if (kind == 44) {
			bool first = field / 8 == 0, more = field % 2;

			if (first && !more)
				continue;
			fragment = true;
			p->first_fragment = first;
			if (field / 8 == 1 && next == 6)
				return SCREEN_KIND_MALFORMED;
			if (!first)
				break;
			continue;
		}
		/* it may end behind the frame; what follows finds out */
		s->at += kind == 51 ? (length + 2) * 4 - 8 : length * 8;
	}
	p->protocol = (uint8_t)next;
	return slow_transport(s, p, fragment);
}

static inline enum screen_kind slow_ipv6(struct slow *s, struct screen_packet *p)
{
	uint32_t first = slow_take(s, 1), length, next;

	slow_skip(s, 3);
	length = slow_take(s, 2);
	next = slow_take(s, 1);
	slow_skip(s, 33);
	if (s->ran_off || first / 16 != 6 || p->l3 + 40u + length > s->limit)
		return SCREEN_KIND_MALFORMED;
	p->family = 6;
	p->end = (uint16_t)(p->l3 + 40u + length);
	return slow_extensions(s, p, next);
}

static inline enum screen_kind slow_parse(const uint8_t *data, uint32_t length,
					  struct screen_packet *p)
{
	struct slow s = { .bytes = data, .limit = length };
	uint32_t type;

	memset(p, 0, sizeof(*p));
	slow_skip(&s, 12);
	type = slow_take(&s, 2);
	while (!s.ran_off && (type == 0x8100 || type == 0x88a8)) {
		if (p->tags == 2)
			return SCREEN_KIND_DEEP_TAGS;
		p->vlan[p->tags++] = (uint16_t)(slow_take(&s, 2) % 4096);
		type = slow_take(&s, 2);
	}
	if (s.ran_off)
		return SCREEN_KIND_MALFORMED;
	p->l3 = (uint16_t)s.at;
	if (type == 0x0800)
		return slow_ipv4(&s, p);
	if (type == 0x86dd)
		return slow_ipv6(&s, p);
	return SCREEN_KIND_NON_IP;
}

/* TCP options, byte by byte. Linux's rule: what stands before a malformed option counts, the last
 * of two of a kind wins. */
static inline void slow_options(const uint8_t *bytes, uint32_t length, struct screen_options *o)
{
	uint32_t i = 0;

	memset(o, 0, sizeof(*o));
	o->wscale = 15;
	while (i < length && bytes[i] != 0) {
		uint32_t kind = bytes[i], size;

		if (kind == 1) {
			i++;
			continue;
		}
		if (i + 1 == length)
			return;
		size = bytes[i + 1];
		if (size < 2 || size > length - i)
			return;
		if (kind == 2 && size == 4) {
			o->mss = (uint16_t)frame_get16(bytes + i + 2);
			o->flags |= SCREEN_HAS_MSS;
		}
		if (kind == 3 && size == 3) {
			o->wscale = bytes[i + 2] < 14 ? bytes[i + 2] : 14;
			o->flags |= SCREEN_HAS_WSCALE;
		}
		if (kind == 4 && size == 2)
			o->flags |= SCREEN_HAS_SACK_OK;
		if (kind == 5 && size >= 10 && size % 8 == 2) {
			o->sack = (uint8_t)i;
			o->sack_length = (uint8_t)size;
			o->flags |= SCREEN_HAS_SACK;
		}
		if (kind == 8 && size == 10) {
			o->timestamps = (uint8_t)i;
			o->tsval = frame_get32(bytes + i + 2);
			o->tsecr = frame_get32(bytes + i + 6);
			o->flags |= SCREEN_HAS_TIMESTAMPS;
		}
		if (kind == 19 || kind == 29)
			o->flags |= SCREEN_HAS_SIGNATURE;
		i += size;
	}
}
