#include "keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEX_SIZE = 64, FINGERPRINT_SIZE = 16 };

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int key_error(struct screen_error_info *error, const char *path, const char *what)
{
	return screen_error_set(error, SCREEN_ERROR_KEY, errno, "master.key", "%s: %s", path, what);
}

static int create_key(const char *path, struct screen_error_info *error)
{
	char *hex = sodium_malloc(HEX_SIZE + 2);
	uint8_t *raw = sodium_malloc(32);
	char fresh[SCREEN_PATH_SIZE + 48];
	int fd = -1, result = SCREEN_OK;

	errno = 0;
	if (!hex || !raw) {
		result = key_error(error, path, "no locked memory");
		goto out;
	}
	randombytes_buf(raw, 32);
	sodium_bin2hex(hex, HEX_SIZE + 1, raw, 32);
	hex[HEX_SIZE] = '\n';
	/* under another name first: a crash half-way must not leave half a key */
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, hex, HEX_SIZE + 1) != HEX_SIZE + 1 || fsync(fd) ||
	    (link(fresh, path) && errno != EEXIST))
		result = key_error(error, path, "cannot write a new master key");
	(void)unlink(fresh);
	if (fd >= 0)
		close(fd);
out:
	sodium_free(hex);
	sodium_free(raw);
	return result;
}

static int check_key_file(int fd, const char *path, struct screen_error_info *error)
{
	struct stat s;

	if (fstat(fd, &s))
		return key_error(error, path, "cannot be examined");
	errno = 0;
	if (!S_ISREG(s.st_mode))
		return key_error(error, path, "is not a file");
	if (s.st_uid != geteuid() && s.st_uid != 0)
		return key_error(error, path, "belongs to another user");
	if (s.st_mode & 077)
		return key_error(error, path, "others can read it: chmod 600, and replace the key "
					      "if they may have");
	return SCREEN_OK;
}

static int read_key(int fd, const char *path, uint8_t master[32], struct screen_error_info *error)
{
	char *hex = sodium_malloc(HEX_SIZE + 2);
	size_t got = 0;
	ssize_t n;
	int result = SCREEN_OK;

	errno = 0;
	if (!hex)
		return key_error(error, path, "no locked memory");
	n = read(fd, hex, HEX_SIZE + 2);
	errno = 0;
	if ((n != HEX_SIZE && !(n == HEX_SIZE + 1 && hex[HEX_SIZE] == '\n')) ||
	    sodium_hex2bin(master, 32, hex, HEX_SIZE, NULL, &got, NULL) || got != 32)
		result = key_error(error, path, "must hold 64 hex digits and a newline");
	sodium_free(hex);
	return result;
}

/* Which master key a floor belongs to, without saying anything about the key. */
static void fingerprint(const uint8_t master[32], char text[FINGERPRINT_SIZE + 1])
{
	uint8_t hash[16];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)"floor", 5, master, 32);
	sodium_bin2hex(text, FINGERPRINT_SIZE + 1, hash, FINGERPRINT_SIZE / 2);
}

static void floor_path(const struct screen_engine *engine, const char *suffix, char *path,
		       size_t size)
{
	snprintf(path, size, "%.*s/epoch.floor%s", SCREEN_PATH_SIZE - 1, engine->options.state_dir,
		 suffix);
}

static uint64_t read_floor(const struct screen_engine *engine)
{
	char path[SCREEN_PATH_SIZE + 32], wanted[FINGERPRINT_SIZE + 1],
		found[FINGERPRINT_SIZE + 1] = "";
	unsigned long long epoch = 0;
	FILE *file;

	floor_path(engine, "", path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return 0;
	fingerprint(*engine->master_key, wanted);
	if (fscanf(file, "%16s %llu", found, &epoch) != 2 || strcmp(found, wanted) != 0)
		epoch = 0; /* another master key: its floor does not bind this one */
	fclose(file);
	return epoch;
}

static int write_floor(struct screen_engine *engine, uint64_t epoch)
{
	char path[SCREEN_PATH_SIZE + 32], fresh[SCREEN_PATH_SIZE + 32],
		text[FINGERPRINT_SIZE + 1];
	FILE *file;
	int bad;

	if (epoch <= engine->floor_epoch)
		return 0;
	floor_path(engine, "", path, sizeof(path));
	floor_path(engine, ".new", fresh, sizeof(fresh));
	file = fopen(fresh, "we");
	if (!file)
		return -errno;
	fingerprint(*engine->master_key, text);
	bad = fprintf(file, "%s %llu\n", text, (unsigned long long)epoch) < 0;
	bad |= fflush(file) != 0 || fsync(fileno(file)) != 0;
	bad |= fclose(file) != 0;
	if (bad || rename(fresh, path))
		return -errno;
	engine->floor_epoch = epoch;
	return 0;
}

int screen_keyring_open(struct screen_engine *engine, struct screen_error_info *error)
{
	char path[SCREEN_PATH_SIZE + 32];
	int fd, result;

	if (sodium_init() < 0)
		return screen_error_set(error, SCREEN_ERROR_SYSTEM, 0, "libsodium",
					"cannot be initialised");
	snprintf(path, sizeof(path), "%.*s/master.key", SCREEN_PATH_SIZE - 1,
		 engine->options.state_dir);
	engine->master_key = sodium_malloc(32);
	errno = 0;
	if (!engine->master_key)
		return key_error(error, path, "no locked memory");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		result = create_key(path, error);
		if (result)
			return result;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return key_error(error, path, "cannot be opened");
	result = check_key_file(fd, path, error);
	if (!result)
		result = read_key(fd, path, *engine->master_key, error);
	close(fd);
	if (result)
		return result;
	engine->floor_epoch = read_floor(engine);
	screen_cluster_start(&engine->cluster, clock_ns(CLOCK_REALTIME), clock_ns(CLOCK_BOOTTIME),
			     engine->floor_epoch);
	return SCREEN_OK;
}

void screen_keyring_close(struct screen_engine *engine)
{
	sodium_free(engine->master_key);
	engine->master_key = NULL;
}

void screen_keyring_derive(const uint8_t master[32], const char *zone, uint64_t epoch,
			   struct screen_cookie_key *key)
{
	uint8_t zone_key[32], epoch_key[16];

	crypto_generichash(zone_key, sizeof(zone_key), (const uint8_t *)zone, strlen(zone), master,
			   32);
	crypto_kdf_derive_from_key(epoch_key, sizeof(epoch_key), epoch, "synscrn1", zone_key);
	key->k0 = screen_load_le64(epoch_key);
	key->k1 = screen_load_le64(epoch_key + 8);
	sodium_memzero(zone_key, sizeof(zone_key));
	sodium_memzero(epoch_key, sizeof(epoch_key));
}

struct screen_keyset *screen_keyring_keyset(struct screen_engine *engine)
{
	struct screen_keyset *k;
	uint64_t epoch = screen_cluster_check_epoch(&engine->cluster);

	if (write_floor(engine, epoch))
		return NULL;
	k = sodium_malloc(sizeof(*k));
	if (!k)
		return NULL;
	memset(k, 0, sizeof(*k));
	k->check_epoch = epoch;
	k->mint_epoch = screen_cluster_mint_epoch(&engine->cluster,
						  SCREEN_EPOCH_SKEW_S * 1000000000ull);
	k->zones = SCREEN_ZONES_MAX;
	for (uint32_t i = 0; i < SCREEN_ZONES_MAX; i++) {
		if (!engine->zones[i].used)
			continue;
		screen_keyring_derive(*engine->master_key, engine->zones[i].name, epoch,
				      &k->zone[i].current);
		screen_keyring_derive(*engine->master_key, engine->zones[i].name, epoch - 1,
				      &k->zone[i].previous);
	}
	sodium_mprotect_readonly(k);
	return k;
}

void screen_keyset_free(struct screen_keyset *keyset)
{
	sodium_free(keyset);
}

bool screen_keyring_due(struct screen_engine *engine)
{
	uint64_t skew = SCREEN_EPOCH_SKEW_S * 1000000000ull;

	engine->cluster_state = screen_cluster_advance(&engine->cluster, clock_ns(CLOCK_REALTIME),
						       clock_ns(CLOCK_BOOTTIME));
	return !engine->keyset ||
	       engine->keyset->check_epoch != screen_cluster_check_epoch(&engine->cluster) ||
	       engine->keyset->mint_epoch != screen_cluster_mint_epoch(&engine->cluster, skew);
}
