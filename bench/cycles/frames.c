#include "frames.h"

static void make_syns(struct frames *f, struct rig *r)
{
	for (uint32_t i = 0; i < RIG_FRAMES; i++) {
		struct frame_spec *s = &f->spec[i];

		*s = rig_spec(f->family, random_32(&r->random), (uint16_t)random_32(&r->random));
		s->seq = random_32(&r->random);
		rig_syn(s, random_32(&r->random));
		f->syn.length = frame_build(f->syn.frame[i].data, s);
	}
}

/* The ACK that answers a SYN-ACK, and one with any number in its place, as in a flood of ACKs. */
static void make_ack(const struct frames *f, uint32_t i, const uint8_t *answer, uint32_t length,
		     struct kernel_frames *right, struct kernel_frames *wrong)
{
	struct frame_spec s = f->spec[i];
	struct screen_options o = { 0 };
	struct screen_packet p;

	if (screen_parse(answer, answer + length, &p) != SCREEN_KIND_TCP ||
	    !frame_checksums_right(answer, &p) || p.ack != s.seq + 1 ||
	    p.tcp_flags != (SCREEN_TCP_SYN | SCREEN_TCP_ACK))
		rig_fail("an answer is no right SYN-ACK");
	screen_options_walk(answer + p.l4 + 20, screen_packet_options_length(&p), &o);
	if (o.wscale != 7 || !(o.flags & SCREEN_HAS_SACK_OK) ||
	    o.tsecr != frame_get32(s.options + 8))
		rig_fail("an answer does not offer what the SYN did");
	s.seq++;
	s.ack = p.seq + 1;
	rig_ack(&s, o.tsecr + 1, o.tsval);
	right->length = frame_build(right->frame[i].data, &s);
	s.ack = ~s.ack * 2654435761u;
	wrong->length = frame_build(wrong->frame[i].data, &s);
}

static void make_ours(struct frames *f, struct rig *r)
{
	frames_put(r, &f->syn);
	rig_burst(r, 0, RIG_FRAMES, true);
	if (rig_count(r, SCREEN_REPLY_CHALLENGE) != RIG_FRAMES)
		rig_fail("a SYN of the flood was not challenged");
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		make_ack(f, i, r->frame[i].data, r->decision[i].length, &f->ours,
			 &f->ours_wrong);
}

static void make_theirs(struct frames *f, struct kernel *kernel)
{
	uint8_t answer[PEER_ROOM];

	for (uint32_t i = 0; i < RIG_FRAMES; i++) {
		kernel_answer(kernel, f->family, f->syn.frame[i].data, f->syn.length, answer);
		make_ack(f, i, answer, f->syn.length, &f->theirs, &f->theirs_wrong);
	}
}

/* As many SYNs as make their destination flood. */
static void make_flood(struct frames *f, struct rig *r)
{
	for (uint32_t i = 0; i < 4; i++) {
		frames_put(r, &f->syn);
		rig_burst(r, 0, RIG_FRAMES, true);
	}
	/* those that passed in calm have made flows: other frames will be measured */
	make_syns(f, r);
}

void frames_make(struct frames *f, uint8_t family, struct rig *r, struct kernel *kernel)
{
	memset(f, 0, sizeof(*f));
	f->family = family;
	make_syns(f, r);
	make_flood(f, r);
	make_ours(f, r);
	if (kernel)
		make_theirs(f, kernel);
}
