/* What a valid answer to a challenge leads to, and who is validated by it. */
#include "step.h"
#include "symmetry.h"

/* Where only one direction comes by, nothing can be spliced. */
static enum screen_admission by_wire(struct step *s)
{
	uint8_t admission = s->port->admission;

	if (s->admission != SCREEN_ADMISSION_UNSET)
		admission = s->admission;
	if (admission == SCREEN_ADMISSION_SPLICE &&
	    screen_symmetry(step_zone(s), step_seconds(s)) == SCREEN_SYMMETRY_ONE_WAY)
		return SCREEN_ADMISSION_SAFE_RESET;
	return (enum screen_admission)admission;
}

enum screen_admission step_admission(struct step *s)
{
	struct screen_recent *recent = &s->c->recent;

	(void)step_server(s);
	/* the shim knows what the kernel would not admit, and sends it by the other ring */
	if (s->port->host)
		return s->frame->syn_ring ? (enum screen_admission)s->port->admission :
					    SCREEN_ADMISSION_SAFE_RESET;
	if (recent->looked != s->target)
		return by_wire(s);
	if (recent->admission == SCREEN_ADMISSION_UNSET)
		recent->admission = (uint8_t)by_wire(s);
	return (enum screen_admission)recent->admission;
}

static void client_of(const struct step *s, struct screen_validated_client *c)
{
	screen_flow_address(s->frame->data, &s->d->packet, 0, c->source);
	screen_flow_address(s->frame->data, &s->d->packet, 1, c->destination);
	c->port = s->d->packet.dport;
	c->zone = s->port->zone;
}

static uint64_t now_ms(const struct step *s)
{
	return s->c->now_ns / 1000000;
}

bool step_is_validated(struct step *s)
{
	struct screen_validated *t = s->c->validated;
	struct screen_validated_client c;
	struct screen_validated_key key;

	/* nobody is: a flood need not look */
	if (!t || atomic_load_explicit(&t->last_ms, memory_order_relaxed) <= now_ms(s))
		return false;
	client_of(s, &c);
	key = screen_validated_key(t, &c);
	return screen_validated_find(t, key, now_ms(s)) &&
	       screen_sketch_count(&s->c->meters->by_validated, key.hash, step_seconds(s),
				   SCREEN_VALIDATED_SYNS_MAX)
			       .count <= SCREEN_VALIDATED_SYNS_MAX;
}

void step_validate(struct step *s)
{
	struct screen_validated_client c;

	if (!s->c->validated || s->c->policy->validated_s == 0)
		return;
	client_of(s, &c);
	(void)screen_validated_insert(s->c->validated, &c, now_ms(s),
				      s->c->policy->validated_s * 1000ull);
}

bool step_reply_rate(struct step *s)
{
	const struct screen_policy *policy = s->c->policy;
	uint8_t source[16];

	if (!(policy->reply_rate | policy->reply_prefix_rate))
		return false;
	screen_flow_address(s->frame->data, &s->d->packet, 0, source);
	return screen_meters_reply(s->c->meters, s->frame->slot, s->port->zone, s->d->packet.family, source,
				   policy->reply_rate, policy->reply_prefix_rate, step_seconds(s));
}

/* The client's next connection passes, from whichever port it comes. Its segments that are on their way
 * are answered alike. */
static void reset(struct step *s)
{
	struct screen_decision *d = s->d;

	if (step_over_source_threshold(s))
		return step_drop(s, SCREEN_DROP_SOURCE_THRESHOLD);
	step_count_answer(s, true);
	step_validate(s);
	if (step_reply_rate(s))
		return step_drop(s, SCREEN_DROP_REPLY_RATE);
	d->rationed = true;
	d->length = screen_reply_reset(s->frame->data, &d->packet, d->packet.ack, 0, false);
	step_decide(s, SCREEN_REPLY, SCREEN_REPLY_RESET);
}

void step_admit(struct step *s)
{
	/* one that was minted as a splice's may come back when it is not one any more */
	if (step_admission(s) != SCREEN_ADMISSION_SPLICE)
		return reset(s);
	step_splice(s);
}

static bool valid(const struct step *s)
{
	const struct screen_keyset *k = s->c->keyset;
	uint32_t zone = s->port->zone, seq = s->d->packet.seq;
	struct screen_tuple tuple;

	screen_tuple_of(s->frame->data, &s->d->packet, &tuple);
	if (screen_cookie_check_safe_reset(&k->zone[zone], k->check_epoch, &tuple, seq) ==
	    SCREEN_COOKIE_VALID)
		return true;
	return k->accepts_other &&
	       screen_cookie_check_safe_reset(&k->other[zone], k->other_epoch, &tuple, seq) ==
		       SCREEN_COOKIE_VALID;
}

bool step_safe_reset(struct step *s)
{
	const uint8_t kind = SCREEN_TCP_RST | SCREEN_TCP_ACK | SCREEN_TCP_SYN | SCREEN_TCP_FIN;

	if (!step_screened(s) || (s->d->packet.tcp_flags & kind) != SCREEN_TCP_RST ||
	    !step_cookies_under_way(s) || s->port->zone >= s->c->keyset->zones ||
	    step_admission(s) != SCREEN_ADMISSION_SAFE_RESET || !valid(s) ||
	    !screen_checksum_ok(s->frame->data, &s->d->packet))
		return false;
	step_count_answer(s, true);
	step_validate(s);
	step_drop(s, SCREEN_DROP_VALIDATED);
	return true;
}
