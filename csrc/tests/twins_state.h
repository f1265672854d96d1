/* What the twins remember and have counted must be alike, too, but for what they need not know equally
 * well: times that the shim notes once a millisecond, leases, and what is looked up again at any time. */
#pragma once

#include "twins.h"

/* Compares two values, number `at` of what there are of the kind. */
static inline void twins_same(const char *what, uint32_t at, const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;
	size_t i = 0;

	if (same_bytes(a, b, size))
		return;
	while (x[i] == y[i])
		i++;
	print_error("%s %u differs from byte %zu on: %u, %u\n", what, at, i, x[i], y[i]);
	fail();
}

static inline void twins_same_flow(uint32_t at, const struct screen_flow *a, const struct screen_flow *b)
{
	struct screen_flow x, y;

	memcpy((void *)&x, (const void *)a, sizeof(x));
	memcpy((void *)&y, (const void *)b, sizeof(y));
	/* passing[]: only a shim passes */
	if (x.state == SCREEN_FLOW_HALF_OPEN || x.state == SCREEN_FLOW_OPEN)
		x.client_window = y.client_window = 0;
	twins_same("flow", at, &x, &y, sizeof(x));
}

static inline void twins_same_flows(struct twins *t)
{
	const struct screen_flows *a = &t->core->flows, *b = &t->both->flows;

	twins_same("flows' place", 0, (const void *)&a->free, (const void *)&b->free,
		   offsetof(struct screen_flows, sessions) - offsetof(struct screen_flows, free));
	twins_same("marks", 0, a->marks, b->marks, screen_marks_count(a->buckets_count) * sizeof(*a->marks));
	twins_same("bucket", 0, a->buckets, b->buckets, a->buckets_count * sizeof(*a->buckets));
	for (uint32_t i = 1; i < WORLD_FLOWS; i++)
		twins_same_flow(i, &a->flows[i], &b->flows[i]);
	twins_same("sessions", 0, (void *)t->core->sessions, (void *)t->both->sessions,
		   sizeof(*t->core->sessions));
}

static inline void twins_same_zone(uint32_t at, const struct screen_zone_meter *a,
				   const struct screen_zone_meter *b)
{
	struct screen_zone_meter x, y;

	memcpy((void *)&x, (const void *)a, sizeof(x));
	memcpy((void *)&y, (const void *)b, sizeof(y));
	x.flood_last_ns = y.flood_last_ns = 0;
	twins_same("zone", at, &x, &y, sizeof(x));
}

static inline void twins_same_victim(uint32_t at, const struct screen_victim *a,
				     const struct screen_victim *b)
{
	struct screen_victim x, y;

	memcpy((void *)&x, (const void *)a, sizeof(x));
	memcpy((void *)&y, (const void *)b, sizeof(y));
	x.last_ns = y.last_ns = x.offer = y.offer = x.lease = y.lease = 0;
	twins_same("victim", at, &x, &y, sizeof(x));
}

static inline void twins_same_server(uint32_t at, const struct screen_server *a,
				     const struct screen_server *b)
{
	struct screen_server x, y;

	memcpy((void *)&x, (const void *)a, sizeof(x));
	memcpy((void *)&y, (const void *)b, sizeof(y));
	x.preset = y.preset = 0;
	twins_same("server", at, &x, &y, sizeof(x));
}

static inline void twins_same_state(struct twins *t)
{
	const struct screen_meters *a = t->core->meters, *b = t->both->meters;

	twins_gathered(t);
	twins_same_flows(t);
	twins_same("sketch", 0, &a->attack, &b->attack, sizeof(a->attack));
	twins_same("sketch", 1, &a->by_source, &b->by_source, sizeof(a->by_source));
	twins_same("sketch", 2, &a->by_destination, &b->by_destination, sizeof(a->by_destination));
	twins_same("sketch", 3, &a->by_validated, &b->by_validated, sizeof(a->by_validated));
	twins_same("sketch", 4, &a->replies, &b->replies, sizeof(a->replies));
	twins_same("replies of a port", 0, (const void *)a->port_replies, (const void *)b->port_replies,
		   sizeof(a->port_replies));
	twins_same("scan", 0, &a->tcp_ports, &b->tcp_ports, sizeof(a->tcp_ports));
	twins_same("scan", 1, &a->tcp_addresses, &b->tcp_addresses, sizeof(a->tcp_addresses));
	for (uint32_t i = 0; i < SCREEN_METER_ZONES; i++)
		twins_same_zone(i, &a->zone[i], &b->zone[i]);
	for (uint32_t i = 0; i < SCREEN_VICTIMS; i++)
		twins_same_victim(i, &a->victims.victim[i], &b->victims.victim[i]);
	for (uint32_t i = 0; i < SCREEN_SERVERS; i++)
		twins_same_server(i, &a->servers.server[i], &b->servers.server[i]);
	twins_same("validated", 0, (void *)t->core->validated, (void *)t->both->validated,
		   sizeof(*t->core->validated));
}
