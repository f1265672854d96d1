/* Clients that pass a flood: on a white-list, or validated. */
#pragma once

#include "host_maps.h"
#include "scratch.h"
#include "shim_answer.h"

__noinline int is_white(const struct screen_host_policy *p)
{
	struct scratch *s = scratch_of();
	__u32 zone;
	const struct screen_host_zone *c = zone_of_port(p, &zone);

	return s && c && c->white && white_listed(c->profile, s->packet.family, s->source, s->destination);
}

__noinline int is_validated(__u32 zone)
{
	struct screen_validated_client client = { .zone = (__u16)zone };
	struct screen_validated *t = validated_of();
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();
	struct screen_validated_key key;

	if (!s || !t || !m || atomic_load_explicit(&t->last_ms, memory_order_relaxed) <= s->now_ns / 1000000)
		return 0;
	memcpy(client.source, s->source, 16);
	memcpy(client.destination, s->destination, 16);
	client.port = s->packet.dport;
	key = screen_validated_key(t, &client);
	/* one address that has answered must not be a way round the screen */
	return screen_validated_find(t, key, s->now_ns / 1000000) &&
	       screen_sketch_count(&m->by_validated, key.hash, s->now_s, SCREEN_VALIDATED_SYNS_MAX).count <=
		       SCREEN_VALIDATED_SYNS_MAX;
}
