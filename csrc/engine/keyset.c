/* The keysets of a key ring: keys of every zone, in the epochs of now. */
#include <sodium.h>

#include "floor.h"
#include "keyring.h"

/* Notes the epochs before they are used. */
static int write_floors(struct screen_keyring *ring)
{
	struct screen_floor floors[2];
	struct screen_master *of[2] = { &ring->active, &ring->other };
	uint32_t count = ring->other.key ? 2 : 1;
	bool stale = false;
	int result;

	for (uint32_t i = 0; i < count; i++) {
		memcpy(floors[i].fingerprint, of[i]->fingerprint, sizeof(floors[i].fingerprint));
		floors[i].epoch = screen_master_epoch(of[i]);
		floors[i].until = of[i]->until;
		stale |= floors[i].epoch != of[i]->floor;
	}
	if (!stale)
		return 0;
	result = screen_floor_write(ring->state_dir, floors, count);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		of[i]->floor = floors[i].epoch;
	return result;
}

static uint64_t mint_epoch(const struct screen_keyring *ring)
{
	return screen_cluster_mint_epoch(&ring->active.cluster, ring->skew_s * 1000000000ull);
}

bool screen_keyring_outlived(const struct screen_keyring *ring, const struct screen_keyset *k)
{
	return k && ring->active.key && screen_master_epoch(&ring->active) >= k->check_epoch + 2;
}

uint64_t screen_keyring_next_ns(const struct screen_keyring *ring)
{
	uint64_t time = ring->active.cluster.time_ns, skew = ring->skew_s * 1000000000ull;
	uint64_t check = SCREEN_EPOCH_NS - time % SCREEN_EPOCH_NS;
	uint64_t mint = time > skew ? SCREEN_EPOCH_NS - (time - skew) % SCREEN_EPOCH_NS : check;

	return check < mint ? check : mint;
}

bool screen_keyring_current(const struct screen_keyring *ring, const struct screen_keyset *k)
{
	if (!ring->active.key)
		return !k;
	if (!k || k->serial != ring->serial || k->check_epoch != screen_master_epoch(&ring->active) ||
	    k->mint_epoch != mint_epoch(ring))
		return false;
	return !k->accepts_other || k->other_epoch == screen_master_epoch(&ring->other);
}

void screen_keyring_derive(const uint8_t master[SCREEN_MASTER_SIZE], const char *zone,
			   uint64_t epoch, struct screen_cookie_key *key)
{
	uint8_t zone_key[32], epoch_key[16];

	crypto_generichash(zone_key, sizeof(zone_key), (const uint8_t *)zone, strlen(zone), master,
			   SCREEN_MASTER_SIZE);
	crypto_kdf_derive_from_key(epoch_key, sizeof(epoch_key), epoch, "synscrn1", zone_key);
	key->k0 = screen_load_le64(epoch_key);
	key->k1 = screen_load_le64(epoch_key + 8);
	sodium_memzero(zone_key, sizeof(zone_key));
	sodium_memzero(epoch_key, sizeof(epoch_key));
	screen_keyfile_wipe();
}

static void derive_zone(const struct screen_master *m, const char *zone,
			struct screen_zone_keys *keys)
{
	screen_keyring_derive(*m->key, zone, screen_master_epoch(m), &keys->current);
	screen_keyring_derive(*m->key, zone, screen_master_epoch(m) - 1, &keys->previous);
}

struct screen_keyset *screen_keyring_keyset(struct screen_keyring *ring,
					    const struct screen_zone_slot zones[SCREEN_ZONES_MAX])
{
	struct screen_keyset *k;

	if (!ring->active.key || write_floors(ring))
		return NULL;
	k = sodium_malloc(sizeof(*k));
	if (!k)
		return NULL;
	memset(k, 0, sizeof(*k));
	k->check_epoch = screen_master_epoch(&ring->active);
	k->mint_epoch = mint_epoch(ring);
	k->zones = SCREEN_ZONES_MAX;
	k->serial = ring->serial;
	k->accepts_other = ring->other.key != NULL;
	k->other_epoch = k->accepts_other ? screen_master_epoch(&ring->other) : 0;
	for (uint32_t i = 0; i < SCREEN_ZONES_MAX; i++) {
		if (!zones[i].used)
			continue;
		derive_zone(&ring->active, zones[i].name, &k->zone[i]);
		if (k->accepts_other)
			derive_zone(&ring->other, zones[i].name, &k->other[i]);
	}
	sodium_mprotect_readonly(k);
	return k;
}

void screen_keyset_free(struct screen_keyset *keyset)
{
	sodium_free(keyset);
}
