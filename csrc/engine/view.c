#include "view.h"

#include <stdlib.h>

#include "keyring.h"
#include "qsbr.h"
#include "worker.h"

#if defined(__SANITIZE_THREAD__)
char screen_qsbr_order;
#endif

int screen_view_renew(struct screen_engine *engine, const struct screen_policy *policy,
		      struct screen_keyset *keyset)
{
	struct screen_view *fresh = calloc(1, sizeof(*fresh)), *old;
	uint32_t workers = atomic_load(&engine->workers_count);

	if (!fresh)
		return SCREEN_ERROR_MEMORY;
	fresh->policy = policy;
	fresh->keyset = keyset;
	fresh->serial = ++engine->view_serial;
	for (uint32_t i = 0; i < SCREEN_PORTS_MAX; i++) {
		struct screen_port *port = &engine->ports[i];

		if (port->state == SCREEN_PORT_FREE || port->leaving)
			continue;
		fresh->ports[fresh->ports_count++] = port;
		fresh->by_slot[i] = port;
	}
	old = atomic_exchange_explicit(&engine->view, fresh, memory_order_acq_rel);
	for (uint32_t i = 0; i < workers; i++)
		screen_worker_wake(engine->workers[i]);
	screen_qsbr_wait();
	if (engine->keyset != keyset) {
		screen_keyset_free(engine->keyset);
		engine->keyset = keyset;
	}
	free(old);
	return SCREEN_OK;
}

void screen_view_free(struct screen_engine *engine)
{
	free(atomic_exchange(&engine->view, NULL));
	screen_keyset_free(engine->keyset);
	engine->keyset = NULL;
}
