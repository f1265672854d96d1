#include "stamp.h"

#include "checksum.h"

/* The last blocks of a SACK option that leave no room for timestamps go (RFC 2018 section 3: the least
 * recent stand last). Options as they will be, behind the timestamps; returns their length, with which
 * the header becomes no shorter. */
static uint32_t fit(uint8_t *options, uint32_t length, const struct screen_options *o)
{
	uint32_t sack = o->sack_length, had = length;

	if (!(o->flags & SCREEN_HAS_SACK))
		return length; /* the caller leaves a segment without room alone */
	while (length + SCREEN_STAMP_SIZE > SCREEN_OPTIONS_MAX && sack >= 2 + 2 * 8) {
		uint32_t block = o->sack + sack - 8u;

		memmove(options + block, options + block + 8, length - block - 8);
		sack -= 8;
		length -= 8;
	}
	options[o->sack + 1] = (uint8_t)sack;
	while (length + SCREEN_STAMP_SIZE < had)
		options[length++] = SCREEN_OPTION_NOP;
	return length;
}

/* RFC 6691: MSS counts payload and options. What has no payload is no longer than it must be. */
static bool too_long(const struct screen_flow *f, const struct screen_packet *p, uint32_t options)
{
	uint32_t payload = screen_packet_payload_length(p);

	return payload && payload + options > __atomic_load_n(&f->mss, __ATOMIC_RELAXED);
}

/* The difference that a header of these bytes makes to a TCP checksum. Headers begin at even offsets
 * of the segment and have even lengths. */
static void replace(struct screen_difference *d, uint64_t before, uint64_t after)
{
	d->sum += (uint16_t)~screen_fold(before);
	d->sum += screen_fold(after);
}

static void lengthen_ipv4(uint8_t *ip, uint32_t more)
{
	struct screen_difference d = { 0 };

	screen_rewrite16(ip, 2, (uint16_t)(screen_load_be16(ip + 2) + more), &d);
	screen_difference_apply(ip + 10, &d);
}

static void lengthen_ip(uint8_t *data, const struct screen_packet *p, uint32_t more)
{
	uint8_t *ip = data + p->l3;

	if (p->family == 4)
		lengthen_ipv4(ip, more);
	else
		screen_store_be16(ip + 4, (uint16_t)(screen_load_be16(ip + 4) + more));
}

void screen_stamp(const struct screen_flow *f, struct screen_frame *frame,
		  const struct screen_packet *p, const struct screen_options *o, uint64_t now_ns)
{
	uint32_t had = screen_packet_options_length(p), length, grown;
	uint8_t options[SCREEN_OPTIONS_MAX + SCREEN_STAMP_SIZE], *tcp;
	struct screen_difference d = { 0 };
	uint64_t before;

	if (p->tcp_flags & SCREEN_TCP_RST || (o->flags & SCREEN_HAS_TIMESTAMPS))
		return;
	memcpy(options + SCREEN_STAMP_SIZE, frame->data + p->l4 + 20, had);
	length = fit(options + SCREEN_STAMP_SIZE, had, o) + SCREEN_STAMP_SIZE;
	if (length > SCREEN_OPTIONS_MAX || too_long(f, p, length))
		return;
	(void)screen_reply_timestamps(options, (uint32_t)(now_ns / 1000000) + f->ts_delta,
				      __atomic_load_n(&f->client_tsval, __ATOMIC_RELAXED));
	before = screen_sum(frame->data + p->l4, 20 + had, 0);
	grown = length - had;
	frame->data -= grown;
	frame->length += grown;
	memmove(frame->data, frame->data + grown, p->l4 + 20u);
	lengthen_ip(frame->data, p, grown);
	tcp = frame->data + p->l4;
	tcp[12] = (uint8_t)((tcp[12] & 0x0f) | (20 + length) / 4 << 4);
	memcpy(tcp + 20, options, length);
	replace(&d, before, screen_sum(tcp, 20 + length, 0));
	/* the pseudo-header's length */
	screen_difference_add(&d, 0, __builtin_bswap32(grown), 0);
	screen_difference_apply(tcp + 16, &d);
}
