#include "driverwatch.h"

#include "attach.h"
#include "driverproof.h"
#include "proof.h"
#include "sent.h"

enum {
	LOST_MS = 1000,	  /* frames were dropped for so long and none was sent: it does not hold any more */
	AGAIN_MS = 10000, /* what is not proved is tried again */
};

static const uint64_t MS = 1000000;

/* The port's row of what is proved of the running configuration, or -1. */
static int row_of(const struct screen_engine *engine, const struct screen_port *port)
{
	for (uint32_t i = 0; i < engine->proved.ports_count; i++)
		if (strcmp(engine->proved.ports[i].ifname, port->ifname) == 0)
			return (int)i;
	return -1;
}

bool screen_driver_answers(const struct screen_engine *engine, const struct screen_port *port)
{
	int row = row_of(engine, port);

	return row >= 0 && engine->proved.ports[row].answer.answer == SCREEN_YES;
}

bool screen_driver_passes(const struct screen_engine *engine, const struct screen_port *port)
{
	int row = row_of(engine, port);

	return row >= 0 && engine->proved.ports[row].pass.answer == SCREEN_YES;
}

/* Whether a span has ended in which frames were dropped, or given to a driver that the kernel did not even
 * ask, and none was sent. `now` is of this look: sent and drops were read before asked; `asked` is of the
 * look before: what that has, has been sent by now if it was. */
static bool lost(struct screen_driver_span *span, const struct screen_driver_span *now, uint64_t asked)
{
	bool failed;

	if (span->start_ns && span->sent == now->sent && now->start_ns - span->start_ns < LOST_MS * MS)
		return false;
	failed = span->start_ns && span->sent == now->sent &&
		 (span->drops != now->drops || span->asked != asked);
	*span = *now;
	return failed;
}

static void take_back(struct screen_port *port, struct screen_proof *proof, uint64_t now_ns)
{
	screen_proof_set(proof, SCREEN_NO, "for a second the driver of %s took none of the frames of its "
			 "XDP program%s", port->ifname, screen_driver_remedy(port));
	port->driver.tried_ns = now_ns;
}

static void judge(struct screen_engine *engine, struct screen_port *port, struct screen_port_proof *proof)
{
	struct screen_driver *d = &port->driver;
	struct screen_driver_span answer = { .start_ns = screen_now_ns() }, pass = answer;
	struct screen_sent sent;
	uint64_t asked = d->asked;

	screen_sent_read(engine, port, &sent);
	d->asked = screen_shim_count(&engine->ports[port->peer], SCREEN_SHIM_PASSED_FLOW);
	answer.sent = sent.answer.sent;
	answer.drops = sent.answer.drops;
	pass.sent = sent.pass.sent;
	pass.drops = sent.pass.drops;
	pass.asked = d->asked;
	if (lost(&d->answer, &answer, 0) && proof->answer.answer == SCREEN_YES)
		take_back(port, &proof->answer, answer.start_ns);
	if (lost(&d->pass, &pass, asked) && proof->pass.answer == SCREEN_YES)
		take_back(port, &proof->pass, pass.start_ns);
}

static bool due(const struct screen_port *port, const struct screen_port_proof *proof)
{
	bool whole = proof->answer.answer == SCREEN_YES && proof->pass.answer == SCREEN_YES;

	return port->driver.tried_ns == 0 ||
	       (!whole && screen_now_ns() - port->driver.tried_ns > AGAIN_MS * MS);
}

/* What was proved before a link was lost was proved of another neighbour, perhaps. */
static void hear_link(struct screen_engine *engine, struct screen_port *port)
{
	if (port->carrier && !port->driver.carrier)
		port->driver.tried_ns = engine->ports[port->peer].driver.tried_ns = 0;
	port->driver.carrier = port->carrier;
}

static bool watched(const struct screen_port *port)
{
	return port->state == SCREEN_PORT_PUBLISHED && !port->is_host && port->peer < SCREEN_PORTS_MAX;
}

void screen_driver_look(struct screen_engine *engine)
{
	if (!engine->running || engine->running->policy->offload == SCREEN_OFFLOAD_ENGINE)
		return;
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (watched(&engine->ports[i]))
			hear_link(engine, &engine->ports[i]);
	for (int i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];
		int row = watched(port) ? row_of(engine, port) : -1;
		struct screen_port_proof *proof = row < 0 ? NULL : &engine->proved.ports[row];

		if (!proof)
			continue;
		judge(engine, port, proof);
		if (due(port, proof))
			screen_driver_prove(engine, port, &proof->answer, &proof->pass);
	}
}
