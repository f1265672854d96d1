#include "keyring.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "floor.h"

enum {
	RETIRED_EPOCHS = 2,   /* whole ones, after the one in which it was retired */
	JUMPED_SHOWN_S = 60,
};

/* ---- one master key ------------------------------------------------------------------------ */

static void forget(struct screen_master *m)
{
	screen_keyfile_free(m->key);
	memset(m, 0, sizeof(*m));
}

/* A key enters the ring, which takes it: its cluster time goes on from what is noted of it. */
static int enter(const struct screen_keyring *ring, struct screen_master *m, screen_master_key key,
		 struct screen_clocks now, struct screen_error_info *error)
{
	struct screen_floor floor;
	int result;

	memset(m, 0, sizeof(*m));
	m->key = key;
	screen_keyfile_fingerprint(*key, m->fingerprint);
	result = screen_floor_read(ring->state_dir, m->fingerprint, &floor);
	if (result) {
		/* without it nobody knows which epochs are over */
		forget(m);
		return screen_error_set(error, SCREEN_ERROR_KEY, -result, "epoch.floor",
					"cannot be read in %s", ring->state_dir);
	}
	screen_cluster_start(&m->cluster, now.realtime, now.boot, floor.epoch);
	m->floor = floor.epoch;
	m->until = floor.until;
	return SCREEN_OK;
}

static bool same(const struct screen_master *a, const struct screen_master *b)
{
	return a->key && b->key && sodium_memcmp(a->key, b->key, SCREEN_MASTER_SIZE) == 0;
}

/* ---- files --------------------------------------------------------------------------------- */

static void path_of(const struct screen_keyring *ring, const char *name,
		    char path[SCREEN_PATH_SIZE + 32])
{
	snprintf(path, SCREEN_PATH_SIZE + 32, "%.*s/%s", SCREEN_PATH_SIZE - 1, ring->state_dir,
		 name);
}

static void remove_file(const struct screen_keyring *ring, const char *name)
{
	char path[SCREEN_PATH_SIZE + 32];

	path_of(ring, name, path);
	(void)unlink(path);
}

static int write_file(const struct screen_keyring *ring, const char *name,
		      const struct screen_master *m, struct screen_error_info *error)
{
	char path[SCREEN_PATH_SIZE + 32];

	path_of(ring, name, path);
	return screen_keyfile_write(path, *m->key, error);
}

/* master.key, made when it is missing. */
static int read_own(const struct screen_keyring *ring, screen_master_key *key,
		    struct screen_error_info *error)
{
	char path[SCREEN_PATH_SIZE + 32];
	struct stat s;
	int result;

	path_of(ring, "master.key", path);
	result = screen_keyfile_read(path, key, error);
	/* a link to what is not there yet is no missing key */
	if (result == 0 || error->errnum != ENOENT || lstat(path, &s) == 0)
		return result;
	result = screen_keyfile_random(key, error);
	if (result == 0)
		result = screen_keyfile_write(path, **key, error);
	if (result) {
		screen_keyfile_free(*key);
		*key = NULL;
	}
	return result;
}

/* A key that an earlier run left in the state directory; none is no error. */
static int read_left(struct screen_keyring *ring, const char *name, struct screen_master *m,
		     struct screen_clocks now, struct screen_error_info *error)
{
	char path[SCREEN_PATH_SIZE + 32];
	screen_master_key key;
	int result;

	memset(m, 0, sizeof(*m));
	path_of(ring, name, path);
	result = screen_keyfile_read(path, &key, error);
	if (result == 0)
		return enter(ring, m, key, now, error);
	if (error->errnum == ENOENT)
		return SCREEN_OK;
	/* not the fault of a key-file that the configuration names */
	screen_text_copy(error->object, sizeof(error->object), name);
	return result;
}

/* Takes a key as the retired one; or frees it, when it is the active one or its time is over. */
static void retire_left(struct screen_keyring *ring, struct screen_master *m, uint64_t until)
{
	m->until = until && until < m->floor + RETIRED_EPOCHS ? until : m->floor + RETIRED_EPOCHS;
	if (same(m, &ring->active) || screen_master_epoch(m) > m->until) {
		forget(m);
		return;
	}
	forget(&ring->other);
	ring->other = *m;
	ring->other_kind = SCREEN_OTHER_KEY_RETIRED;
	memset(m, 0, sizeof(*m)); /* it is the ring's now */
}

/* The key that was minted with when the last run ended. If it is another than the one that is selected
 * now, a commit would have retired it. */
static int restore_active(struct screen_keyring *ring, struct screen_clocks now,
			  struct screen_error_info *error)
{
	struct screen_master m;
	int result = read_left(ring, "active.key", &m, now, error);

	if (result == 0 && !m.key)
		result = read_left(ring, "master.key", &m, now, error);
	if (result == 0 && m.key && !same(&m, &ring->active) && m.floor) {
		retire_left(ring, &m, 0);
		if (ring->other.key)
			result = write_file(ring, "retired.key", &ring->other, error);
	}
	forget(&m);
	return result;
}

static int restore_retired(struct screen_keyring *ring, struct screen_clocks now,
			   struct screen_error_info *error)
{
	struct screen_master m;
	int result = read_left(ring, "retired.key", &m, now, error);

	if (result == 0 && m.key)
		retire_left(ring, &m, m.until);
	if (result == 0 && !ring->other.key)
		remove_file(ring, "retired.key");
	return result;
}

static int restore_staged(struct screen_keyring *ring, struct screen_clocks now,
			  struct screen_error_info *error)
{
	struct screen_master m;
	int result = read_left(ring, "staged.key", &m, now, error);

	if (result || !m.key)
		return result;
	m.until = 0;
	/* it is active already, or another has taken the place: a crash half-way */
	if (ring->other.key || same(&m, &ring->active)) {
		remove_file(ring, "staged.key");
		forget(&m);
		return SCREEN_OK;
	}
	ring->other = m;
	ring->other_kind = SCREEN_OTHER_KEY_STAGED;
	return SCREEN_OK;
}

/* ---- the ring ------------------------------------------------------------------------------ */

void screen_keyring_init(struct screen_keyring *ring, const char *state_dir)
{
	memset(ring, 0, sizeof(*ring));
	snprintf(ring->state_dir, sizeof(ring->state_dir), "%s", state_dir);
}

void screen_keyring_close(struct screen_keyring *ring)
{
	forget(&ring->active);
	forget(&ring->other);
	forget(&ring->candidate);
	ring->other_kind = SCREEN_OTHER_KEY_NONE;
}

static int busy(const struct screen_keyring *ring, struct screen_error_info *error)
{
	struct screen_key_status s;

	screen_keyring_status(ring, &s);
	if (ring->other_kind == SCREEN_OTHER_KEY_STAGED)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					"another key (%s) is staged: activate that one first, or "
					"stage this one in its place", s.other);
	return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
				"the key before (%s) is still accepted, and no third one is: try "
				"again in %u s", s.other, s.other_left_s);
}

/* Whether `next` may take the active key's place, which takes the other one's. */
static bool may_activate(const struct screen_keyring *ring, const struct screen_master *next)
{
	return ring->other_kind == SCREEN_OTHER_KEY_NONE || same(&ring->other, next);
}

/* What a failed activation has written: as it was. */
static void undo(struct screen_keyring *ring)
{
	struct screen_error_info ignored;

	if (ring->other_kind == SCREEN_OTHER_KEY_RETIRED)
		(void)write_file(ring, "retired.key", &ring->other, &ignored);
	else
		remove_file(ring, "retired.key");
}

/* Puts *next in the active key's place and that in the other one's. retired.key and the floors are on
 * disk before; what was the other key, if any, is *next. */
static int activate(struct screen_keyring *ring, struct screen_master *next, bool own_file,
		    struct screen_error_info *error)
{
	struct screen_floor floors[2] = {
		{ .epoch = screen_master_epoch(next) }, { .epoch = screen_master_epoch(&ring->active) },
	};
	struct screen_master was;
	int result;

	floors[1].until = floors[1].epoch + RETIRED_EPOCHS;
	memcpy(floors[0].fingerprint, next->fingerprint, sizeof(floors[0].fingerprint));
	memcpy(floors[1].fingerprint, ring->active.fingerprint, sizeof(floors[1].fingerprint));
	result = write_file(ring, "retired.key", &ring->active, error);
	if (result)
		return result;
	result = screen_floor_write(ring->state_dir, floors, 2);
	if (result)
		result = screen_error_set(error, SCREEN_ERROR_KEY, -result, "epoch.floor",
					  "%s cannot be written", ring->state_dir);
	if (result == 0)
		result = write_file(ring, own_file ? "master.key" : "active.key", next, error);
	if (result) {
		undo(ring);
		return result;
	}
	if (own_file)
		remove_file(ring, "active.key");
	remove_file(ring, "staged.key");
	was = ring->active;
	ring->active = *next;
	ring->active.until = 0;
	ring->active.floor = floors[0].epoch;
	if (next != &ring->other)
		forget(&ring->other);
	memset(next, 0, sizeof(*next));
	ring->other = was;
	ring->other.until = floors[1].until;
	ring->other.floor = floors[1].epoch;
	ring->other_kind = SCREEN_OTHER_KEY_RETIRED;
	ring->serial++;
	return SCREEN_OK;
}

/* What a process that was killed was writing. */
static void remove_halves(const struct screen_keyring *ring)
{
	static const char *const names[] = { "master.key.new", "active.key.new", "staged.key.new",
					     "retired.key.new", "epoch.floor.new" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_file(ring, names[i]);
}

static int open_ring(struct screen_keyring *ring, screen_master_key key, bool own_file,
		     struct screen_clocks now, struct screen_error_info *error)
{
	int result = enter(ring, &ring->active, key, now, error);

	if (result)
		return result;
	remove_halves(ring);
	ring->active.until = 0;
	result = restore_retired(ring, now, error);
	if (result == 0)
		result = restore_active(ring, now, error);
	if (result == 0)
		result = restore_staged(ring, now, error);
	if (result == 0 && !own_file)
		result = write_file(ring, "active.key", &ring->active, error);
	else if (result == 0)
		remove_file(ring, "active.key");
	if (result)
		screen_keyring_close(ring);
	return result;
}

int screen_keyring_select(struct screen_keyring *ring, const char *key_file, uint32_t skew_s,
			  struct screen_clocks now, struct screen_error_info *error)
{
	struct screen_error_info ignored;
	screen_master_key key;
	int result;

	error = error ? error : &ignored; /* errnum is looked at */
	screen_keyring_drop(ring);
	result = key_file[0] ? screen_keyfile_read(key_file, &key, error) :
			       read_own(ring, &key, error);
	if (result)
		return result;
	if (!ring->committed) {
		/* nothing was minted yet: this one is the first, whichever was selected before */
		screen_keyring_close(ring);
		result = open_ring(ring, key, !key_file[0], now, error);
		if (result)
			return result;
		ring->serial++;
		screen_text_copy(ring->key_file, sizeof(ring->key_file), key_file);
		ring->skew_s = skew_s;
	} else {
		result = enter(ring, &ring->candidate, key, now, error);
		if (same(&ring->candidate, &ring->active))
			forget(&ring->candidate);
		else if (result == 0 && !may_activate(ring, &ring->candidate))
			result = busy(ring, error);
	}
	if (result) {
		forget(&ring->candidate);
		return result;
	}
	ring->selected = true;
	screen_text_copy(ring->selected_file, sizeof(ring->selected_file), key_file);
	ring->selected_skew_s = skew_s;
	return SCREEN_OK;
}

int screen_keyring_commit(struct screen_keyring *ring, struct screen_error_info *error)
{
	if (!ring->selected)
		return SCREEN_OK;
	if (ring->candidate.key) {
		/* the one that is staged has the older cluster time, which never goes back */
		bool is_other = same(&ring->candidate, &ring->other);
		int result = activate(ring, is_other ? &ring->other : &ring->candidate,
				      !ring->selected_file[0], error);

		if (result)
			return result;
	}
	screen_text_copy(ring->key_file, sizeof(ring->key_file), ring->selected_file);
	ring->skew_s = ring->selected_skew_s;
	ring->committed = true;
	screen_keyring_drop(ring);
	return SCREEN_OK;
}

void screen_keyring_drop(struct screen_keyring *ring)
{
	ring->selected = false;
	forget(&ring->candidate);
}

/* ---- requests ------------------------------------------------------------------------------ */

static int may_change(const struct screen_keyring *ring, struct screen_error_info *error)
{
	if (!ring->active.key)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					"none is in use: commit a configuration first");
	if (ring->selected)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					"a commit is under way: try again when it is done");
	return SCREEN_OK;
}

static int stage_key(struct screen_keyring *ring, screen_master_key key, struct screen_clocks now,
		     struct screen_error_info *error)
{
	struct screen_master fresh;
	int result = enter(ring, &fresh, key, now, error);

	if (result)
		return result;
	fresh.until = 0;
	if (same(&fresh, &ring->active))
		result = screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					  "this is the active key already");
	else if (ring->other_kind == SCREEN_OTHER_KEY_RETIRED)
		result = busy(ring, error);
	else
		result = write_file(ring, "staged.key", &fresh, error);
	if (result) {
		forget(&fresh);
		return result;
	}
	forget(&ring->other);
	ring->other = fresh;
	ring->other_kind = SCREEN_OTHER_KEY_STAGED;
	ring->serial++;
	return SCREEN_OK;
}

int screen_keyring_stage(struct screen_keyring *ring, const char *path, struct screen_clocks now,
			 struct screen_error_info *error)
{
	screen_master_key key;
	int result = may_change(ring, error);

	if (result == 0)
		result = screen_keyfile_read(path, &key, error);
	return result ? result : stage_key(ring, key, now, error);
}

/* Under key-file the file is the operator's: a restart reads it, so that it must hold the key. */
static int file_holds(const struct screen_keyring *ring, const struct screen_master *m,
		      struct screen_error_info *error)
{
	struct screen_master found = { .key = NULL };
	int result = screen_keyfile_read(ring->key_file, &found.key, error);

	if (result == 0 && !same(&found, m))
		result = screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					  "%s does not hold the staged key, and a restart would "
					  "read it: write the key there first", ring->key_file);
	forget(&found);
	return result;
}

int screen_keyring_activate(struct screen_keyring *ring, struct screen_error_info *error)
{
	int result = may_change(ring, error);

	if (result)
		return result;
	if (ring->other_kind != SCREEN_OTHER_KEY_STAGED)
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					"none is staged: stage one first");
	if (ring->key_file[0])
		result = file_holds(ring, &ring->other, error);
	return result ? result : activate(ring, &ring->other, !ring->key_file[0], error);
}

int screen_keyring_rotate(struct screen_keyring *ring, struct screen_clocks now,
			  struct screen_error_info *error)
{
	screen_master_key key;
	int result = may_change(ring, error);

	if (result)
		return result;
	if (ring->key_file[0])
		return screen_error_set(error, SCREEN_ERROR_STATE, 0, "master key",
					"%s is yours: write a new key there and commit, or stage and "
					"activate it", ring->key_file);
	if (ring->other_kind != SCREEN_OTHER_KEY_NONE)
		return busy(ring, error);
	result = screen_keyfile_random(&key, error);
	if (result == 0)
		result = stage_key(ring, key, now, error);
	if (result)
		return result;
	result = screen_keyring_activate(ring, error);
	if (result) {
		remove_file(ring, "staged.key");
		forget(&ring->other);
		ring->other_kind = SCREEN_OTHER_KEY_NONE;
		ring->serial++;
	}
	return result;
}

/* ---- time ---------------------------------------------------------------------------------- */

void screen_keyring_advance(struct screen_keyring *ring, struct screen_clocks now)
{
	enum screen_cluster_state state;

	if (!ring->active.key)
		return;
	state = screen_cluster_advance(&ring->active.cluster, now.realtime, now.boot);
	ring->offset_ns = (int64_t)(ring->active.cluster.time_ns - now.realtime);
	ring->ahead = state == SCREEN_CLUSTER_AHEAD;
	if (state == SCREEN_CLUSTER_JUMPED) {
		ring->jumps++;
		ring->jumped_boot = now.boot;
	}
	if (ring->candidate.key)
		(void)screen_cluster_advance(&ring->candidate.cluster, now.realtime, now.boot);
	if (!ring->other.key)
		return;
	(void)screen_cluster_advance(&ring->other.cluster, now.realtime, now.boot);
	if (ring->other.until && screen_master_epoch(&ring->other) > ring->other.until) {
		forget(&ring->other);
		ring->other_kind = SCREEN_OTHER_KEY_NONE;
		ring->serial++;
		ring->ended++;
		remove_file(ring, "retired.key");
	}
}

enum screen_cluster_state screen_keyring_cluster(const struct screen_keyring *ring)
{
	uint64_t boot = ring->active.cluster.boot_ns;

	if (ring->ahead)
		return SCREEN_CLUSTER_AHEAD;
	if (ring->jumps && boot - ring->jumped_boot < JUMPED_SHOWN_S * 1000000000ull)
		return SCREEN_CLUSTER_JUMPED;
	return SCREEN_CLUSTER_FOLLOWS;
}

void screen_keyring_status(const struct screen_keyring *ring, struct screen_key_status *s)
{
	const struct screen_master *other = &ring->other;
	uint64_t end;

	memset(s, 0, sizeof(*s));
	if (!ring->active.key)
		return;
	if (ring->key_file[0])
		screen_text_copy(s->file, sizeof(s->file), ring->key_file);
	else
		snprintf(s->file, sizeof(s->file), "%.*s/master.key",
			 (int)(sizeof(s->file) - sizeof("/master.key")), ring->state_dir);
	memcpy(s->active, ring->active.fingerprint, sizeof(s->active));
	memcpy(s->other, other->fingerprint, sizeof(s->other));
	s->other_kind = ring->other_kind;
	end = (other->until + 1) * SCREEN_EPOCH_NS;
	if (ring->other_kind == SCREEN_OTHER_KEY_RETIRED && end > other->cluster.time_ns)
		s->other_left_s =
			(uint32_t)((end - other->cluster.time_ns + 999999999u) / 1000000000u);
}
