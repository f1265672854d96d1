#include "driver.h"

#include <stdio.h>

#include "capability.h"
#include "packet.h"

/* Whether SYNs that come in by the port are challenged in a flood: not where the kernel itself does. */
static bool challenges(const struct screen_policy *policy, const struct screen_port_policy *port)
{
	const struct screen_profile_config *profile;

	if (port->profile == SCREEN_NONE || policy->mode != SCREEN_MODE_SYN_COOKIE ||
	    port->admission == SCREEN_ADMISSION_KERNEL_COOKIES)
		return false;
	profile = &policy->profile[port->profile];
	return (profile->armed >> SCREEN_IDS_SYN_FLOOD & 1) && !profile->alarm_without_drop;
}

/* Whether a screen counts and drops segments for being TCP: one on IPv6's next headers may name it. */
static bool screens_tcp(const struct screen_policy *policy, const struct screen_port_policy *port)
{
	const struct screen_profile_config *profile;

	if (port->profile == SCREEN_NONE)
		return false;
	profile = &policy->profile[port->profile];
	return (profile->armed >> SCREEN_IDS_EXTENSION_HEADER & 1) &&
	       (profile->extension_headers[0] >> SCREEN_PROTO_TCP & 1);
}

/* What is of use on the port, were it possible. */
static uint8_t wanted(const struct screen_policy *policy, uint8_t slot)
{
	const struct screen_port_policy *port = &policy->port[slot];
	uint8_t want = 0;

	if (policy->offload == SCREEN_OFFLOAD_ENGINE || !port->used)
		return 0;
	if (challenges(policy, port))
		want |= SCREEN_PORT_ANSWERS | SCREEN_PORT_CHECKS;
	if (port->host) /* from which nothing is passed, and where no other screen has a say */
		return want;
	if (!port->screened || port->peer == SCREEN_SLOT_NONE || screens_tcp(policy, port))
		return 0;
	return want | SCREEN_PORT_PASSES;
}

/* What is possible: frames are passed by what is proved of the other port. */
static uint8_t possible(const struct screen_engine *e, const struct screen_port_policy *port, uint8_t slot)
{
	uint8_t passes = port->host ? 0 : e->ports[port->peer].can & SCREEN_PORT_PASSES;

	if (!e->host.there || !e->ports[slot].native || atomic_load(&e->tap))
		return 0;
	return (uint8_t)(SCREEN_PORT_CHECKS | (e->ports[slot].can & SCREEN_PORT_ANSWERS) | passes);
}

/* Bytes of a frame that the kernel lets a redirect to a port have: its MTU, and one tag. */
static uint16_t longest_by(const struct screen_port *port)
{
	return (uint16_t)(port->mtu + 14 + 4);
}

static void fill_port(const struct screen_engine *e, const struct screen_policy *policy, uint8_t slot,
		      struct screen_offload_port *to)
{
	const struct screen_port_policy *port = &policy->port[slot];

	if (!wanted(policy, slot))
		return;
	*to = (struct screen_offload_port){
		.does = wanted(policy, slot) & possible(e, port, slot),
		.always = policy->activation == SCREEN_ACTIVATION_ALWAYS,
		.host = port->host,
		.zone = port->zone,
		.wire = port->wire,
		.longest = port->host ? 0 : longest_by(&e->ports[port->peer]),
	};
	if (!challenges(policy, port))
		return;
	to->screens = 1;
	to->profile = port->profile;
	to->white = policy->profile[port->profile].prefix_count > 0;
	to->attack_threshold = policy->profile[port->profile].attack_threshold;
	to->alarm_threshold = policy->profile[port->profile].alarm_threshold;
}

void screen_driver_policy(const struct screen_engine *e, const struct screen_config *config,
			  struct screen_offload_policy *to)
{
	const struct screen_policy *policy = config->policy;

	to->generation = policy->generation;
	to->learning_until_ns = e->start_ns + e->options.learning_s * 1000000000ull;
	memcpy(to->flow_key, e->flows.key, sizeof(to->flow_key));
	to->buckets = e->flows.buckets_count;
	to->reply_rate = policy->reply_rate;
	to->reply_prefix_rate = policy->reply_prefix_rate;
	for (uint8_t i = 0; i < SCREEN_PORTS_MAX; i++)
		fill_port(e, policy, i, &to->port[i]);
}

static const struct screen_port_proof *proof_of(const struct screen_engine *e, uint8_t slot)
{
	static const struct screen_port_proof none;
	int row = screen_capability_row(&e->proved, e->ports[slot].ifname);

	return row < 0 ? &none : &e->proved.ports[row];
}

uint8_t screen_driver_does(const struct screen_engine *e, const struct screen_port *port,
			   char reason[SCREEN_TEXT_SIZE])
{
	const struct screen_policy *policy = e->running ? e->running->policy : e->empty_policy;
	uint8_t slot = port->slot, want = wanted(policy, slot), can;

	reason[0] = 0;
	if (!want)
		return 0;
	can = possible(e, &policy->port[slot], slot);
	if (!e->host.there)
		snprintf(reason, SCREEN_TEXT_SIZE,
			 "the kernel does not give the maps for it (CAP_BPF, Linux 5.19 or later)");
	else if (!port->native)
		snprintf(reason, SCREEN_TEXT_SIZE, "%s is attached in generic mode", port->ifname);
	else if (atomic_load(&e->tap))
		snprintf(reason, SCREEN_TEXT_SIZE, "somebody looks at frames, and is to see all of them");
	else if (want & ~can & SCREEN_PORT_ANSWERS)
		screen_text_copy(reason, SCREEN_TEXT_SIZE, proof_of(e, slot)->answer.reason);
	else if (want & ~can & SCREEN_PORT_PASSES)
		screen_text_copy(reason, SCREEN_TEXT_SIZE, proof_of(e, port->peer)->pass.reason);
	return want & can;
}
