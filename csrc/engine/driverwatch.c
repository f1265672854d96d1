#include "driverwatch.h"

#include "attach.h"
#include "capability.h"
#include "driverproof.h"
#include "hostmaps.h"
#include "proof.h"
#include "sent.h"

enum {
	LOST_MS = 1000,	  /* frames were dropped for so long and none was sent: it does not hold any more */
	AGAIN_MS = 10000, /* what is not proved is tried again */
};

static const uint64_t MS = 1000000;

/* The port's row of what is proved of the running configuration. */
static struct screen_port_proof *proof_of(struct screen_engine *engine, const struct screen_port *port)
{
	int row = screen_capability_row(&engine->proved, port->ifname);

	return row < 0 ? NULL : &engine->proved.ports[row];
}

/* Whether a span has ended in which frames were dropped, or redirected without the kernel's asking the
 * driver, and none was sent. `asked` was counted by the program after `sent` was read; what the last look
 * has seen of it has been sent by now, if it was. */
static bool lost(struct screen_driver_span *span, const struct screen_sent_way *way, uint64_t asked)
{
	uint64_t now_ns = screen_now_ns(), asked_before = span->asked_last;
	bool sent = span->sent != way->sent, failed;

	span->asked_last = asked;
	if (span->start_ns && !sent && now_ns - span->start_ns < LOST_MS * MS)
		return false;
	failed = span->start_ns && !sent && (span->drops != way->drops || span->asked != asked_before);
	*span = (struct screen_driver_span){ now_ns, way->sent, way->drops, asked, asked };
	return failed;
}

static void take_back(struct screen_port *port, struct screen_proof *proof,
		      enum screen_port_offload bit)
{
	if (proof->answer != SCREEN_YES)
		return;
	screen_proof_set(proof, SCREEN_NO, "for a second the driver of %s took no frames of its XDP "
			 "program%s", port->ifname, screen_driver_remedy(port));
	port->can &= (uint8_t)~bit;
	port->driver.tried_ns = screen_now_ns();
}

static void judge(struct screen_engine *engine, struct screen_port *port, struct screen_port_proof *proof)
{
	struct screen_driver *d = &port->driver;
	struct screen_sent sent;

	screen_sent_read(engine, port, &sent);
	if (lost(&d->answer, &sent.answer, screen_shim_count(port, SCREEN_SHIM_CHALLENGED)))
		take_back(port, &proof->answer, SCREEN_PORT_ANSWERS);
	if (port->peer < SCREEN_PORTS_MAX &&
	    lost(&d->pass, &sent.pass,
		 screen_shim_count(&engine->ports[port->peer], SCREEN_SHIM_PASSED_FLOW)))
		take_back(port, &proof->pass, SCREEN_PORT_PASSES);
}

static bool due(const struct screen_port *port, const struct screen_port_proof *proof)
{
	bool whole = proof->answer.answer == SCREEN_YES &&
		     (port->is_host || proof->pass.answer == SCREEN_YES);

	return port->driver.tried_ns == 0 ||
	       (!whole && screen_now_ns() - port->driver.tried_ns > AGAIN_MS * MS);
}

/* What was proved before a link was lost was proved of another neighbour, perhaps. */
static void hear_link(struct screen_engine *engine, struct screen_port *port)
{
	if (port->carrier && !port->driver.carrier) {
		port->driver.tried_ns = 0;
		if (port->peer < SCREEN_PORTS_MAX)
			engine->ports[port->peer].driver.tried_ns = 0;
	}
	port->driver.carrier = port->carrier;
}

static bool watched(const struct screen_port *port)
{
	return port->state == SCREEN_PORT_PUBLISHED && (port->is_host || port->peer < SCREEN_PORTS_MAX);
}

static void look(struct screen_engine *engine, struct screen_port *port)
{
	struct screen_port_proof *proof = proof_of(engine, port);
	uint8_t could = port->can;

	if (!proof)
		return;
	judge(engine, port, proof);
	if (due(port, proof))
		screen_driver_prove(engine, port, &proof->answer, &proof->pass);
	engine->drivers_changed |= port->can != could;
}

void screen_driver_look(struct screen_engine *engine)
{
	if (!engine->running || engine->running->policy->offload == SCREEN_OFFLOAD_ENGINE)
		return;
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (watched(&engine->ports[i]))
			hear_link(engine, &engine->ports[i]);
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (watched(&engine->ports[i]))
			look(engine, &engine->ports[i]);
	if (engine->drivers_changed)
		engine->drivers_changed = screen_hostmaps_policy(engine, engine->running) != 0;
}
