/* The engine's life, and the door of its ABI. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "attach.h"
#include "bridge.h"
#include "busypoll.h"
#include "capability.h"
#include "config.h"
#include "handover.h"
#include "hostmaps.h"
#include "keeper.h"
#include "netlink.h"
#include "residue.h"
#include "sent.h"
#include "stage.h"
#include "syncookies.h"
#include "tap.h"
#include "view.h"
#include "worker.h"

enum { LISTING_TRIES = 10 }; /* a listing is interrupted when links change meanwhile */

uint32_t screen_abi_version(void)
{
	return SCREEN_ABI_VERSION;
}

static bool power_of_two(uint32_t value, uint32_t low, uint32_t high)
{
	return value >= low && value <= high && (value & (value - 1)) == 0;
}

static int check_options(const struct screen_engine_options *o, struct screen_error_info *error)
{
	const char *wrong = NULL;

	if (o->abi_version != SCREEN_ABI_VERSION || o->size != sizeof(*o) ||
	    o->status_size != sizeof(struct screen_engine_status))
		wrong = "the caller was built for another ABI version";
	else if (strnlen(o->state_dir, SCREEN_PATH_SIZE) == SCREEN_PATH_SIZE || !o->state_dir[0])
		wrong = "state_dir is empty or too long";
	else if (!power_of_two(o->flows_max, 1 << 10, 1 << 24))
		wrong = "flows_max must be a power of two from 2^10 to 2^24";
	else if (!power_of_two(o->frames_per_worker, 1 << 11, 1 << 18))
		wrong = "frames_per_worker must be a power of two from 2^11 to 2^18";
	else if (o->chunk_size != 2048 && o->chunk_size != 4096)
		wrong = "chunk_size must be 2048 or 4096";
	else if (o->attach > SCREEN_ATTACH_GENERIC || o->bind > SCREEN_BIND_ZEROCOPY)
		wrong = "attach or bind is out of range";
	else if (o->learning_s > 3600)
		wrong = "learning_s must be 0 to 3600";
	else if (o->busy_poll_us > SCREEN_BUSY_POLL_US_MAX)
		wrong = "busy_poll_us must be 0 to 1000000";
	return wrong ? screen_error_set(error, SCREEN_ERROR_ARGUMENT, 0, "options", "%s", wrong) :
		       SCREEN_OK;
}

static int allocate(struct screen_engine *e, struct screen_error_info *error)
{
	uint64_t key[2];

	if (sodium_init() < 0)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, 0, "libsodium",
					"cannot be initialised");
	e->flows_size = screen_flows_size(e->options.flows_max);
	e->sessions = calloc(1, sizeof(*e->sessions));
	e->empty_policy = calloc(1, sizeof(*e->empty_policy));
	if (screen_hostmaps_create(e) || !e->sessions || !e->empty_policy)
		return screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "engine",
					"flow table and meters");
	e->empty_policy->time_wait_s = 150;
	e->empty_policy->inactivity_timeout_s = 14400;
	randombytes_buf(key, sizeof(key));
	screen_flows_init(&e->flows, e->flows_memory, e->options.flows_max, key);
	e->flows.sessions = e->sessions;
	randombytes_buf(e->meters->key, sizeof(e->meters->key));
	randombytes_buf(&e->meters->talkers_key, sizeof(e->meters->talkers_key));
	e->meters->talkers_key |= 1;
	randombytes_buf(e->validated->key, sizeof(e->validated->key));
	return SCREEN_OK;
}

int screen_engine_create(const struct screen_engine_options *options,
			 struct screen_engine **engine, struct screen_error_info *error)
{
	struct screen_engine *e;
	int result;

	if (!options || !engine)
		return SCREEN_ERROR_ARGUMENT;
	*engine = NULL;
	result = check_options(options, error);
	if (result)
		return result;
	e = calloc(1, sizeof(*e));
	if (!e)
		return screen_error_set(error, SCREEN_ERROR_MEMORY, ENOMEM, "engine", "state");
	e->options = *options;
	e->watch_fd = e->keeper_event = -1;
	e->start_ns = screen_now_ns();
	pthread_mutex_init(&e->lock, NULL);
	e->codec = screen_codec_best();
	screen_keyring_init(&e->keyring, options->state_dir);
	screen_syncookies_restore(options->state_dir); /* of an engine that was killed */
	result = allocate(e, error);
	if (result == 0) {
		/* no keys yet: what would need them is closed */
		screen_view_renew(e, e->empty_policy, NULL);
		result = screen_keeper_start(e, error);
	}
	if (result) {
		screen_engine_destroy(e, SCREEN_LEAVE_NOTHING);
		return result;
	}
	*engine = e;
	return SCREEN_OK;
}

int screen_engine_prepare(struct screen_engine *engine, const void *snapshot, size_t size,
			  struct screen_error_info *error)
{
	int result;

	pthread_mutex_lock(&engine->lock);
	result = screen_stage_prepare(engine, snapshot, size, error);
	pthread_mutex_unlock(&engine->lock);
	return result;
}

int screen_engine_publish(struct screen_engine *engine, struct screen_error_info *error)
{
	int result;

	pthread_mutex_lock(&engine->lock);
	result = screen_stage_publish(engine, error);
	pthread_mutex_unlock(&engine->lock);
	return result;
}

void screen_engine_drop(struct screen_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	screen_stage_drop(engine);
	pthread_mutex_unlock(&engine->lock);
}

/* A request that changed the ring: effective when it returns. */
static int take_effect(struct screen_engine *e, struct screen_error_info *error)
{
	if (screen_keeper_rotate(e))
		return SCREEN_OK;
	return screen_error_set(error, SCREEN_ERROR_KEY, 0, "epoch.floor",
				"done, but not in use yet, and tried again: %s cannot be written, or "
				"no memory can be locked", e->options.state_dir);
}

int screen_engine_stage_key(struct screen_engine *engine, const char *path,
			    struct screen_error_info *error)
{
	int result;

	pthread_mutex_lock(&engine->lock);
	result = screen_keyring_stage(&engine->keyring, path, screen_clocks_now(), error);
	if (result == 0)
		result = take_effect(engine, error);
	pthread_mutex_unlock(&engine->lock);
	return result;
}

int screen_engine_activate_key(struct screen_engine *engine, struct screen_error_info *error)
{
	int result;

	pthread_mutex_lock(&engine->lock);
	result = screen_keyring_activate(&engine->keyring, error);
	if (result == 0)
		result = take_effect(engine, error);
	pthread_mutex_unlock(&engine->lock);
	return result;
}

int screen_engine_rotate_key(struct screen_engine *engine, struct screen_error_info *error)
{
	int result;

	pthread_mutex_lock(&engine->lock);
	result = screen_keyring_rotate(&engine->keyring, screen_clocks_now(), error);
	if (result == 0)
		result = take_effect(engine, error);
	pthread_mutex_unlock(&engine->lock);
	return result;
}

int screen_engine_capabilities(struct screen_engine *engine,
			       struct screen_capabilities *capabilities)
{
	if (!engine || !capabilities)
		return SCREEN_ERROR_ARGUMENT;
	pthread_mutex_lock(&engine->lock);
	if (!engine->running)
		screen_capability_prove_core(engine, &engine->proved);
	*capabilities = engine->staged ? engine->staged_proved : engine->proved;
	/* what connections show goes on */
	if (!engine->staged && engine->running)
		screen_capability_prove_zones(engine, engine->running, capabilities);
	pthread_mutex_unlock(&engine->lock);
	return SCREEN_OK;
}

static void free_engine(struct screen_engine *e)
{
	screen_view_free(e);
	screen_config_free(e->running);
	screen_config_free(e->staged);
	screen_keyring_close(&e->keyring);
	screen_hostmaps_destroy(e);
	screen_sent_close(e);
	free(e->sessions);
	screen_tap_free(atomic_load(&e->tap));
	free(e->empty_policy);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* From here on frames go by on-failure, and no thread but this one has the engine. */
static void stop(struct screen_engine *engine)
{
	if (engine->staged)
		screen_engine_drop(engine);
	screen_stage_pass(engine);
	screen_keeper_stop(engine);
	screen_worker_stop_all(engine);
}

int screen_engine_hand_over(struct screen_engine *engine, struct screen_error_info *error)
{
	if (!engine)
		return SCREEN_ERROR_ARGUMENT;
	stop(engine);
	return engine->running ? screen_handover_write(engine, error) : 0;
}

void screen_engine_destroy(struct screen_engine *engine, enum screen_leave leave)
{
	if (!engine)
		return;
	stop(engine);
	screen_stage_leave(engine, leave);
	if (engine->host.punting)
		screen_syncookies_restore(engine->options.state_dir);
	screen_worker_free_all(engine);
	free_engine(engine);
}

/* Links that an engine may have left something on. Listed first, changed afterwards: a change in the
 * middle of a listing breaks it off. */
struct listing {
	struct screen_link *links;
	size_t count, room;
	bool failed;
};

static void list_link(const struct screen_link *link, void *data)
{
	struct listing *l = data;

	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct screen_link *more = realloc(l->links, room * sizeof(*more));

		l->failed |= !more;
		if (!more)
			return;
		l->links = more;
		l->room = room;
	}
	l->links[l->count++] = *link;
}

static bool spared(const struct listing *all, uint32_t bridge)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->links[i].master == bridge && all->links[i].ifindex == 0)
			return true;
	return false;
}

/* Ports first: those whose engine lives are left as they are, and so are their bridges. */
static int detach_all(const char *state_dir, struct listing *all)
{
	char name[16];
	int freed = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct screen_link *link = &all->links[i];
		int result = 0;

		if (link->ethernet && !screen_bridge_is_ours(link))
			result = screen_detach_orphan(link->ifindex, name);
		if (result == -EEXIST)
			link->ifindex = 0; /* spared */
		else
			screen_residue_restore(state_dir, link->ifname);
		freed += result > 0;
	}
	for (size_t i = 0; i < all->count; i++)
		if (screen_bridge_is_ours(&all->links[i]) && !spared(all, all->links[i].ifindex))
			freed += screen_netlink_delete(all->links[i].ifindex) == 0;
	return freed;
}

int screen_detach(const char *state_dir, struct screen_error_info *error)
{
	struct listing all = { .links = NULL };
	int result = -EINTR, freed = 0;

	if (sodium_init() < 0)
		return SCREEN_ERROR_SYSTEM;
	for (int i = 0; i < LISTING_TRIES && result == -EINTR; i++) {
		all.count = 0;
		result = screen_netlink_each(list_link, &all);
	}
	if (result == 0 && all.failed)
		result = -ENOMEM;
	if (result == 0)
		freed = detach_all(state_dir, &all);
	screen_handover_remove(state_dir);
	screen_syncookies_restore(state_dir);
	free(all.links);
	if (result)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, -result, "netlink",
					"cannot list the interfaces");
	return freed;
}
