/*
 * The key ring: the master key that is minted with, at most one other beside it, each with its own
 * cluster time, and the epochs' keys that derive from them.
 *
 *   none --stage--> staged --activate--> active --the next is activated--> retired --> forgotten
 *
 * A staged key is accepted and not minted with, so that peers can go together; a retired one is
 * accepted for two more epochs, so that no cookie in flight is rejected. Both are kept in the state
 * directory, as staged.key and retired.key, for a restart; and so is the active one of a key-file, as
 * active.key, because the file may hold another when the engine starts again.
 *
 * keyring.c has the life of the keys, keyset.c what is derived from them.
 *
 * Clocks come from outside. The engine's lock protects a ring; nothing here is for workers.
 */
#pragma once

#include "cluster.h"
#include "keyfile.h"
#include "keyset.h"

/* CLOCK_REALTIME and CLOCK_BOOTTIME, ns. */
struct screen_clocks {
	uint64_t realtime, boot;
};

struct screen_clocks screen_clocks_now(void);

struct screen_master {
	screen_master_key key; /* NULL: there is none */
	char fingerprint[SCREEN_FINGERPRINT_SIZE];
	struct screen_cluster cluster;
	uint64_t floor; /* the epoch that is on disk */
	uint64_t until; /* the last epoch in which it is accepted; 0: not retired */
};

/* Its check epoch now. */
static inline uint64_t screen_master_epoch(const struct screen_master *m)
{
	return screen_cluster_check_epoch(&m->cluster);
}

struct screen_keyring {
	char state_dir[SCREEN_PATH_SIZE];
	char key_file[SCREEN_PATH_SIZE]; /* empty: master.key in the state directory */
	uint32_t skew_s;
	uint64_t serial; /* counts changes of the two keys */
	uint64_t ended;	 /* counts retired keys whose time was over */
	struct screen_master active, other;
	enum screen_other_key other_kind;
	/* what a staged configuration asks for */
	bool selected;
	bool committed; /* a configuration has run: cookies may have been minted */
	char selected_file[SCREEN_PATH_SIZE];
	uint32_t selected_skew_s;
	struct screen_master candidate; /* differs from active; or none */
	/* cluster time of the active key */
	int64_t offset_ns; /* from the wall clock, when both were last read */
	uint64_t jumps, jumped_boot;
	bool ahead;
};

/* The zones by name, at the indices that they have in keysets. */
struct screen_zone_slot {
	bool used;
	char name[SCREEN_NAME_SIZE];
};

void screen_keyring_init(struct screen_keyring *ring, const char *state_dir);
void screen_keyring_close(struct screen_keyring *ring);

/* Reads the key that a configuration names (key_file empty: master.key, made when it is missing). The
 * first one is active at once; another than the active one becomes the candidate. */
int screen_keyring_select(struct screen_keyring *ring, const char *key_file, uint32_t skew_s,
			  struct screen_clocks now, struct screen_error_info *error);

/* What was selected runs: the candidate is activated. On failure nothing has changed. */
int screen_keyring_commit(struct screen_keyring *ring, struct screen_error_info *error);

/* What was selected is dropped. */
void screen_keyring_drop(struct screen_keyring *ring);

/* The operator's requests; see the ABI. On failure nothing has changed. */
int screen_keyring_stage(struct screen_keyring *ring, const char *path, struct screen_clocks now,
			 struct screen_error_info *error);
int screen_keyring_activate(struct screen_keyring *ring, struct screen_error_info *error);
int screen_keyring_rotate(struct screen_keyring *ring, struct screen_clocks now,
			  struct screen_error_info *error);

/* Moves the cluster times on, and forgets a retired key whose time is over. */
void screen_keyring_advance(struct screen_keyring *ring, struct screen_clocks now);

/* Whether a keyset is that of the ring now: its keys, their epochs. */
bool screen_keyring_current(const struct screen_keyring *ring, const struct screen_keyset *keyset);

/* Whether all that a keyset accepts is over by now, and only could not be replaced. */
bool screen_keyring_outlived(const struct screen_keyring *ring, const struct screen_keyset *keyset);

/* How much cluster time passes until the next keyset is due. */
uint64_t screen_keyring_next_ns(const struct screen_keyring *ring);

/* Makes the keyset of now. The epochs have been noted on disk when it returns: only then may it be
 * published. NULL when they could not be, or no memory can be locked. */
struct screen_keyset *screen_keyring_keyset(struct screen_keyring *ring,
					    const struct screen_zone_slot zones[SCREEN_ZONES_MAX]);
void screen_keyset_free(struct screen_keyset *keyset);

/* Derives the 16-byte key of one zone and epoch: docs/cookie.md. Pure. */
void screen_keyring_derive(const uint8_t master[SCREEN_MASTER_SIZE], const char *zone,
			   uint64_t epoch, struct screen_cookie_key *key);

void screen_keyring_status(const struct screen_keyring *ring, struct screen_key_status *status);

enum screen_cluster_state screen_keyring_cluster(const struct screen_keyring *ring);
