/* Frames that are about a flow without being its segments: ICMP errors, and first fragments. */
#include "icmp.h"
#include "step.h"

/* An error comes from beyond the receiver of what it quotes, and goes to its sender. */
static bool from_the_right_side(const struct step *s, const struct screen_flow *f, bool client_sent)
{
	return client_sent == (s->frame->slot != f->client_slot);
}

/* The server cannot be reached: the client, which believes that it is connected, is told so at the
 * sequence number that it expects. Only who has seen our SYN knows its number. */
static bool unreachable(struct step *s, struct screen_flow *f, const struct screen_packet *about)
{
	struct screen_decision *d = s->d;

	if (about->seq != f->client_isn || !screen_icmp_unreachable(s->frame->data, &d->packet) ||
	    !screen_icmp_intact(s->frame->data, &d->packet))
		return false;
	/* another worker may have the server's answer in its hands: then it can be reached */
	if (!step_end_pending(s))
		return false;
	d->length = screen_reply_unreachable(s->frame->data, &d->packet, about, f->cookie_isn + 1,
					     f->client_isn + 1);
	step_forward(s, SCREEN_FORWARD_SPLICED_ICMP);
	return true;
}

bool step_icmp(struct step *s)
{
	struct screen_packet *p = &s->d->packet, about;
	struct screen_flow *f;
	bool client_sent;
	uint32_t state;

	if (!s->port->screened || !screen_icmp_about(s->frame->data, p, &about))
		return false;
	step_find(s, &about);
	if (s->flow == SCREEN_FLOW_NONE)
		return false;
	f = step_flow(s);
	client_sent = s->d->place.from_low == f->client_low;
	if (!from_the_right_side(s, f, client_sent))
		return false;
	state = screen_flow_state_get(f);
	if (state == SCREEN_FLOW_PENDING && client_sent)
		return unreachable(s, f, &about);
	if (state != SCREEN_FLOW_SPLICED)
		return false;
	screen_icmp_translate(f, client_sent ? SCREEN_TO_CLIENT : SCREEN_TO_SERVER, s->frame->data,
			      p, &about);
	step_forward(s, SCREEN_FORWARD_SPLICED_ICMP);
	return true;
}

/* The TCP header is in the first fragment alone, with the checksum of the whole segment, which is
 * brought up to date like any other. */
bool step_first_fragment(struct step *s)
{
	struct screen_decision *d = s->d;
	struct screen_packet *p = &d->packet;
	struct screen_flow *f;
	uint32_t state;

	if (!s->port->screened || !p->first_fragment || p->protocol != SCREEN_PROTO_TCP)
		return false;
	step_find(s, p);
	if (s->flow == SCREEN_FLOW_NONE || step_wrong_side(s))
		return false;
	f = step_flow(s);
	state = screen_flow_state_get(f);
	if (state == SCREEN_FLOW_PENDING || state == SCREEN_FLOW_OPENING) {
		step_drop(s, SCREEN_DROP_SPLICE_PENDING); /* in pieces it cannot be held */
		return true;
	}
	if (state != SCREEN_FLOW_SPLICED)
		return false;
	if (p->payload > p->end) {
		step_drop(s, SCREEN_DROP_MALFORMED); /* options in two pieces cannot be translated */
		return true;
	}
	screen_flow_seen(f, s->d->place.from_low == f->client_low ? 0 : 1, step_seconds(s));
	screen_options_walk(s->frame->data + p->l4 + 20, screen_packet_options_length(p),
			    &d->options);
	screen_splice_translate(f, s->d->place.from_low == f->client_low ? SCREEN_TO_SERVER : SCREEN_TO_CLIENT,
				s->frame->data, p, &d->options);
	step_forward(s, SCREEN_FORWARD_FRAGMENT);
	return true;
}
