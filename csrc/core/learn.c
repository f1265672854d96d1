/* What a decision learns of servers, and asks. */
#include "step.h"

uint16_t step_clients_zone(const struct step *s)
{
	return s->c->policy->port[s->port->peer].zone;
}

/* A server, to screened clients, and undamaged. */
static bool teaches(const struct step *s)
{
	return s->c->policy->port[s->port->peer].profile != SCREEN_NONE &&
	       screen_checksum_ok(s->frame->data, &s->d->packet);
}

/* The entry of the server that the frame comes from; NULL without room. */
static struct screen_server *speaker(struct step *s)
{
	struct screen_servers *t = &s->c->meters->servers;
	uint64_t hash = step_server_hash(s, 0);
	uint32_t at = screen_server_find(t, hash);
	uint8_t address[16];

	if (at == SCREEN_SERVER_NONE) {
		screen_flow_address(s->frame->data, &s->d->packet, 0, address);
		at = screen_server_make(t, hash, address,
					(uint32_t)step_clients_zone(s) << 16 | s->d->packet.sport,
					step_seconds(s));
	}
	return at == SCREEN_SERVER_NONE ? NULL : &t->server[at];
}

/* An option says yes by being there, and no by its absence only if it was offered. */
static void say(struct screen_server_profile *said, enum screen_server_flag what, bool there,
		bool offered)
{
	if (there || offered)
		said->known |= (uint8_t)what;
	if (there)
		said->has |= (uint8_t)what;
}

static struct screen_server_profile said_by(const struct step *s, uint8_t offered)
{
	const uint8_t ecn = SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	const struct screen_options *o = &s->d->options;
	const struct screen_packet *p = &s->d->packet;
	struct screen_server_profile said = { .mss = screen_options_mss(o, p->family) };

	if (said.mss >= SCREEN_MSS_MIN)
		said.known |= SCREEN_SERVER_MSS;
	else
		said.mss = 0;
	if (p->window) {
		said.window = p->window;
		said.known |= SCREEN_SERVER_WINDOW;
	}
	say(&said, SCREEN_SERVER_WSCALE, o->flags & SCREEN_HAS_WSCALE, offered & SCREEN_HAS_WSCALE);
	if (said.has & SCREEN_SERVER_WSCALE)
		said.wscale = o->wscale;
	say(&said, SCREEN_SERVER_SACK, o->flags & SCREEN_HAS_SACK_OK, offered & SCREEN_HAS_SACK_OK);
	say(&said, SCREEN_SERVER_TIMESTAMPS, o->flags & SCREEN_HAS_TIMESTAMPS,
	    offered & SCREEN_HAS_TIMESTAMPS);
	/* RFC 3168 section 6.1.1: ECE alone; both are a reflection, which is no yes */
	say(&said, SCREEN_SERVER_ECN, (p->tcp_flags & ecn) == SCREEN_TCP_ECE,
	    offered & SCREEN_HAS_ECN);
	return said;
}

/* The driver promises clients what the server has said until now. */
static void forbid_driver(struct step *s)
{
	screen_victim_forbid(&s->c->meters->victims, step_server_hash(s, 0));
}

void step_learn(struct step *s, uint8_t offered)
{
	struct screen_server *v;

	if (!teaches(s))
		return;
	v = speaker(s);
	if (v && screen_server_learn(v, said_by(s, offered), step_seconds(s)))
		forbid_driver(s);
}

void step_learn_refusal(struct step *s)
{
	struct screen_server *v;

	if (!teaches(s))
		return;
	v = speaker(s);
	if (v && screen_server_refused(v, s->c->now_ns))
		forbid_driver(s);
}

static enum step_standing look_up(struct step *s)
{
	const struct screen_packet *p = &s->d->packet;
	struct screen_servers *t = &s->c->meters->servers;
	uint64_t hash = step_server_hash(s, 1);
	uint32_t at = screen_server_find(t, hash), now_s = step_seconds(s);
	struct screen_server *v = at == SCREEN_SERVER_NONE ? NULL : &t->server[at];
	const struct screen_server_config *preset;
	uint8_t address[16];

	screen_flow_address(s->frame->data, p, 1, address);
	preset = screen_server_preset(s->c->policy, v, hash, address, p->dport);
	s->d->server = screen_server_profile(v, preset, p->family, now_s);
	s->admission = preset ? preset->admission : SCREEN_ADMISSION_UNSET;
	if (v && screen_server_is_closed(v, s->c->now_ns))
		return STEP_CLOSED;
	if ((preset && preset->no_probe) || (v && screen_server_answers(v, now_s)))
		return STEP_ANSWERS;
	return STEP_UNKNOWN;
}

/* Looks up once for all frames of the burst that come for the same server, one after the other. */
static enum step_standing look_up_once(struct step *s)
{
	uint64_t hash = step_server_hash(s, 1);
	struct screen_recent *recent = &s->c->recent;

	if (recent->looked != hash || recent->slot != s->frame->slot) {
		recent->standing = (uint8_t)look_up(s);
		recent->server = s->d->server;
		recent->preset = s->admission;
		recent->admission = SCREEN_ADMISSION_UNSET;
		recent->slot = s->frame->slot;
		recent->looked = s->c->streak.gathering ? hash : 0;
	}
	s->d->server = recent->server;
	s->admission = recent->preset;
	return (enum step_standing)recent->standing;
}

enum step_standing step_server(struct step *s)
{
	if (s->standing == STEP_NOT_LOOKED)
		s->standing = look_up_once(s);
	return s->standing;
}

bool step_ask(struct step *s)
{
	struct screen_servers *t = &s->c->meters->servers;
	uint8_t address[16];
	uint32_t at;

	screen_flow_address(s->frame->data, &s->d->packet, 1, address);
	at = screen_server_make(t, step_server_hash(s, 1), address,
				(uint32_t)s->port->zone << 16 | s->d->packet.dport, step_seconds(s));
	return at != SCREEN_SERVER_NONE && screen_server_ask(&t->server[at], step_seconds(s)) &&
	       step_asked(s) <= SCREEN_SERVER_ASKED_MAX;
}

uint8_t step_offered(const struct step *s)
{
	const uint8_t ecn = SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	const struct screen_packet *p = &s->d->packet;
	uint8_t offered = s->d->options.flags &
			  (SCREEN_HAS_MSS | SCREEN_HAS_WSCALE | SCREEN_HAS_SACK_OK |
			   SCREEN_HAS_TIMESTAMPS);

	/* with AE set it is Accurate ECN (RFC 9768), whose answers mean other things */
	if ((p->tcp_flags & ecn) == ecn && !(s->frame->data[p->l4 + 12] & 1))
		offered |= SCREEN_HAS_ECN;
	return offered;
}
