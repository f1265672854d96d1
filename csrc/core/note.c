/* What a flow remembers of its segments: how far each side has come, and whether it has ended. */
#include "progress.h"
#include "step.h"

/* Whether a RST is where its receiver expects it: at what that has acknowledged (RFC 5961 section
 * 3.2), or, with data still on its way, right behind what its sender has sent. Who forges blindly
 * knows neither. */
static bool exact_reset(const struct screen_flow *f, int side, uint32_t seq)
{
	uint32_t state = screen_flow_state_get(f);
	uint32_t acked = atomic_load_explicit(&f->side[!side].ack, memory_order_relaxed);
	uint32_t next = atomic_load_explicit(&f->side[side].next, memory_order_relaxed);

	if (state == SCREEN_FLOW_HALF_OPEN)
		return true;
	if (state != SCREEN_FLOW_SPLICED)
		return (acked && seq == acked) || (next && seq == next);
	/* the client has acknowledged the cookie's sequence space */
	if (side == 1)
		acked += f->server_isn - f->cookie_isn;
	return seq == acked || seq == next;
}

static void note_closing(struct step *s, struct screen_flow *f, int side)
{
	const struct screen_packet *p = &s->d->packet;
	uint8_t bits = atomic_load_explicit(&f->closing, memory_order_relaxed), add = 0;
	uint8_t reset = side == 0 ? SCREEN_CLOSING_RST_CLIENT : SCREEN_CLOSING_RST_SERVER;

	if (p->tcp_flags & SCREEN_TCP_RST)
		add = exact_reset(f, side, p->seq) ? reset : 0;
	else if (p->tcp_flags & SCREEN_TCP_FIN)
		add = side == 0 ? SCREEN_CLOSING_FIN_CLIENT : SCREEN_CLOSING_FIN_SERVER;
	if (add & ~bits)
		atomic_fetch_or_explicit(&f->closing, add, memory_order_relaxed);
	/* Who goes on talking did not send that RST: a forged one does not end a flow. Nor does a
	 * segment that nobody will believe keep it. */
	else if (!(p->tcp_flags & SCREEN_TCP_RST) && (bits & reset) &&
		 screen_checksum_ok(s->frame->data, p)) {
		atomic_fetch_and_explicit(&f->closing, (uint8_t)~reset, memory_order_relaxed);
		screen_flow_count(s->c->flows, f, SCREEN_COUNTED_SESSION);
	}
}

void step_note(struct step *s, struct screen_flow *f, int side)
{
	note_closing(s, f, side);
	screen_progress(f, side, &s->d->packet);
	if (side == 0 && screen_packet_payload_length(&s->d->packet) > 0)
		screen_flow_uncount(s->c->flows, f, SCREEN_COUNTED_SILENT);
	if (screen_flow_over(f))
		screen_flow_uncount(s->c->flows, f,
				    SCREEN_COUNTED_SESSION | SCREEN_COUNTED_SILENT);
}
