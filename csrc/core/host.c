/*
 * Host ports: what the shim has taken from the kernel, SYNs to listeners that flood and what may answer
 * their challenges. It is answered or dropped, never forwarded: there is no other port.
 */
#include "plain.h"
#include "step.h"

/* The shim has found the destination to flood, and its client neither white-listed nor validated. */
static void host_syn(struct step *s)
{
	step_count_ids(s, SCREEN_IDS_SYN_FLOOD);
	step_count_flooding(s);
	step_challenge(s);
}

void step_host_answer(struct step *s)
{
	enum screen_cookie_state cookie = step_cookie(s);

	if (cookie == SCREEN_COOKIE_UNCHECKED)
		return;
	if (cookie == SCREEN_COOKIE_IS_VALID)
		return step_admit(s);
	if (step_safe_reset(s))
		return;
	step_count_answer(s, false);
	step_drop(s, SCREEN_DROP_COOKIE_INVALID);
}

void step_host(struct step *s, enum screen_kind kind)
{
	const uint8_t kinds = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST | SCREEN_TCP_FIN;
	struct screen_packet *p = &s->d->packet;

	if (kind != SCREEN_KIND_TCP)
		return step_drop(s, SCREEN_DROP_MALFORMED);
	if (!step_screened(s)) /* it is not any more */
		return step_drop(s, SCREEN_DROP_NO_PEER);
	step_complete(s);
	screen_read_options(s->frame->data, p, &s->d->options);
	if ((p->tcp_flags & kinds) == SCREEN_TCP_SYN)
		return host_syn(s);
	step_host_answer(s);
}
