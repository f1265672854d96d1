#include "keeper.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clients.h"
#include "driverwatch.h"
#include "hostmaps.h"
#include "hostnews.h"
#include "look.h"
#include "netlink.h"
#include "qsbr.h"
#include "hosttcp.h"
#include "syncookies.h"
#include "view.h"

enum {
	PERIOD_MS = 100,
	LINK_WAIT_S = 30, /* for a port that was let up to find its link */
	RECHECK_S = 5,	  /* links are looked at this often, whatever was heard */
};

bool screen_keeper_rotate(struct screen_engine *engine)
{
	struct screen_view *v = atomic_load(&engine->view);
	struct screen_keyset *keyset;

	screen_keyring_advance(&engine->keyring, screen_clocks_now());
	screen_clients_follow(engine->validated, &engine->keyring, &engine->keys_ended);
	if (screen_keyring_current(&engine->keyring, engine->keyset)) {
		engine->keyset_late = false;
		return true;
	}
	keyset = screen_keyring_keyset(&engine->keyring, engine->zones);
	/* Without a floor on disk no epoch is used: the old keyset stays for as long as anything in it
	 * is valid, then there is none; and it is tried again. */
	engine->keyset_late = !keyset;
	if (!keyset) {
		if (screen_keyring_outlived(&engine->keyring, engine->keyset))
			screen_view_renew(engine, v->policy, NULL);
		return false;
	}
	screen_view_renew(engine, v->policy, keyset);
	return true;
}

static struct screen_port *port_by_index(struct screen_engine *engine, uint32_t ifindex)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE &&
		    engine->ports[i].ifindex == ifindex)
			return &engine->ports[i];
	return NULL;
}

static void read_carrier(struct screen_port *port)
{
	struct screen_link link;

	port->carrier = screen_netlink_link_by_index(port->ifindex, &link) == 0 && link.carrier;
}

/* Events were lost, or it is time to make sure that none was. */
static void read_carriers(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state != SCREEN_PORT_FREE)
			read_carrier(&engine->ports[i]);
}

static void hold_down(struct screen_port *port)
{
	port->held_down = true;
	(void)screen_netlink_set_flags(port->ifindex, 0, IFF_UP);
}

static void let_up(struct screen_port *port)
{
	port->held_down = false;
	port->carrier = false; /* until it is heard */
	port->released_ns = screen_now_ns();
	(void)screen_netlink_set_flags(port->ifindex, IFF_UP, IFF_UP);
}

/* A wire whose one port loses its link takes the other down with it, and back, so that neighbours
 * on both sides can fail over. A port that was just let up may need a while to find its link. */
static void settle_link(struct screen_engine *engine, struct screen_port *port)
{
	struct screen_port *peer = port->peer < SCREEN_PORTS_MAX ? &engine->ports[port->peer] : NULL;

	if (!peer || peer->state != SCREEN_PORT_PUBLISHED || port->held_down)
		return;
	if (port->carrier) {
		port->released_ns = 0; /* it has found its link: the next loss counts at once */
		if (peer->held_down)
			let_up(peer);
	} else if (!peer->held_down &&
		   (port->released_ns == 0 ||
		    screen_now_ns() - port->released_ns > LINK_WAIT_S * 1000000000ull)) {
		/* what was heard may be old news */
		read_carrier(port);
		if (!port->carrier)
			hold_down(peer);
	}
}

static void settle_links(struct screen_engine *engine)
{
	for (int i = 0; i < SCREEN_PORTS_MAX; i++)
		if (engine->ports[i].state == SCREEN_PORT_PUBLISHED)
			settle_link(engine, &engine->ports[i]);
}

static void link_changed(const struct screen_link *link, bool gone, void *data)
{
	struct screen_port *port = port_by_index(data, link->ifindex);

	if (port)
		port->carrier = link->carrier && !gone;
}

/* Until the next look at links, or the next epoch if that comes before. */
static int pause_ms(struct screen_engine *engine)
{
	uint64_t next;

	pthread_mutex_lock(&engine->lock);
	next = screen_keyring_next_ns(&engine->keyring) / 1000000 + 1;
	pthread_mutex_unlock(&engine->lock);
	return next < PERIOD_MS ? (int)next : PERIOD_MS;
}

/* What the kernel's side of host ports has to say, and what it is to be told. */
static void look_after_host(struct screen_engine *engine)
{
	if (!screen_hostmaps_used(engine) && !engine->host.punting)
		return;
	screen_hostnews_take(engine);
	screen_syncookies_settle(engine);
	screen_hosttcp_settle(engine);
}

static void *run(void *data)
{
	struct screen_engine *engine = data;
	struct pollfd fds[2] = {
		{ .fd = engine->watch_fd, .events = POLLIN },
		{ .fd = engine->keeper_event, .events = POLLIN },
	};
	uint64_t checked = screen_now_ns();

	while (!atomic_load(&engine->stop)) {
		uint64_t started;
		int heard = 0;

		(void)poll(fds, 2, pause_ms(engine));
		pthread_mutex_lock(&engine->lock);
		if (fds[0].revents & POLLIN)
			while ((heard = screen_netlink_read(engine->watch_fd, link_changed,
							    engine)) > 0)
				;
		if (heard < 0 || screen_now_ns() - checked > RECHECK_S * 1000000000ull) {
			read_carriers(engine);
			checked = screen_now_ns();
		}
		settle_links(engine);
		(void)screen_keeper_rotate(engine);
		if (engine->host.keys_late)
			screen_hostmaps_keys(engine, engine->keyset, true);
		look_after_host(engine);
		screen_driver_look(engine);
		screen_look_calm(engine);
		screen_look_hits(engine);
		pthread_mutex_unlock(&engine->lock);
		started = atomic_fetch_add(&engine->grace_started, 1) + 1;
		screen_qsbr_wait();
		/* ports' programs read flows, too, and have passed with this (a grace period of RCU) */
		(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		atomic_store_explicit(&engine->grace_done, started, memory_order_release);
	}
	return NULL;
}

int screen_keeper_start(struct screen_engine *engine, struct screen_error_info *error)
{
	sigset_t all, before;
	int result;

	engine->watch_fd = screen_netlink_watch();
	engine->keeper_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->watch_fd < 0 || engine->keeper_event < 0)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, errno, "keeper",
					"cannot watch the links");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&engine->keeper, NULL, run, engine);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, result, "keeper",
					"cannot start the thread");
	pthread_setname_np(engine->keeper, "screen-keeper");
	engine->keeper_runs = true;
	return SCREEN_OK;
}

void screen_keeper_stop(struct screen_engine *engine)
{
	uint64_t one = 1;

	atomic_store(&engine->stop, 1);
	if (engine->keeper_runs) {
		(void)!write(engine->keeper_event, &one, sizeof(one));
		pthread_join(engine->keeper, NULL);
		engine->keeper_runs = false;
	}
	if (engine->watch_fd >= 0)
		close(engine->watch_fd);
	if (engine->keeper_event >= 0)
		close(engine->keeper_event);
	engine->watch_fd = engine->keeper_event = -1;
}
