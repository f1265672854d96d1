#include "view.h"

#include "hostmaps.h"
#include "qsbr.h"
#include "worker.h"

#if defined(__SANITIZE_THREAD__)
char screen_qsbr_order;
#endif

void screen_view_renew(struct screen_engine *engine, const struct screen_policy *policy,
		       struct screen_keyset *keyset)
{
	uint64_t serial = ++engine->view_serial;
	/* the other one is free: nobody has used it since the last grace period */
	struct screen_view *fresh = &engine->views[serial & 1];

	memset(fresh, 0, sizeof(*fresh));
	fresh->policy = policy;
	fresh->keyset = keyset;
	fresh->serial = serial;
	for (uint32_t i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];

		if (port->state == SCREEN_PORT_FREE || port->leaving)
			continue;
		fresh->ports[fresh->ports_count++] = port;
		fresh->by_slot[i] = port;
	}
	/* before anybody mints with them */
	screen_hostmaps_keys(engine, keyset, false);
	atomic_store(&engine->view, fresh);
	for (uint32_t i = 0; i < atomic_load(&engine->workers_count); i++)
		screen_worker_wake(engine->workers[i]);
	screen_qsbr_wait();
	screen_hostmaps_keys(engine, keyset, true);
	if (engine->keyset != keyset) {
		screen_keyset_free(engine->keyset);
		engine->keyset = keyset;
	}
}

void screen_view_free(struct screen_engine *engine)
{
	atomic_store(&engine->view, NULL);
	screen_keyset_free(engine->keyset);
	engine->keyset = NULL;
}
