#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

enum {
	HEX_SIZE = 2 * SCREEN_MASTER_SIZE,
	FINGERPRINT_BYTES = 8,
	WIPED_STACK = 4096,
};

static int refuse(struct screen_error_info *error, const char *path, const char *what)
{
	return screen_error_set(error, SCREEN_ERROR_KEY, errno, "master key", "%s: %s", path, what);
}

static int check_file(int fd, const char *path, struct screen_error_info *error)
{
	struct stat s;

	if (fstat(fd, &s))
		return refuse(error, path, "cannot be examined");
	errno = 0;
	if (!S_ISREG(s.st_mode))
		return refuse(error, path, "is not a file");
	if (s.st_uid != geteuid() && s.st_uid != 0)
		return refuse(error, path, "belongs to another user");
	if (s.st_mode & 077)
		return refuse(error, path, "others can read it: chmod 600, and replace the key if "
					   "they may have");
	return SCREEN_OK;
}

static int take_memory(screen_master_key *key, struct screen_error_info *error)
{
	errno = 0;
	if (sodium_init() < 0)
		return refuse(error, "libsodium", "cannot be initialised");
	*key = sodium_malloc(SCREEN_MASTER_SIZE);
	/* sodium_malloc() locks if it can and does not say whether it could */
	if (!*key || sodium_mlock(*key, SCREEN_MASTER_SIZE)) {
		sodium_free(*key);
		*key = NULL;
		return refuse(error, "memory", "none can be locked: raise ulimit -l (LimitMEMLOCK)");
	}
	return SCREEN_OK;
}

static int read_hex(int fd, const char *path, screen_master_key key,
		    struct screen_error_info *error)
{
	char *hex = sodium_malloc(HEX_SIZE + 2);
	size_t got = 0;
	ssize_t n;
	int result = SCREEN_OK;

	errno = 0;
	if (!hex)
		return refuse(error, path, "no memory can be locked: see ulimit -l");
	n = read(fd, hex, HEX_SIZE + 2);
	errno = 0;
	if ((n != HEX_SIZE && !(n == HEX_SIZE + 1 && hex[HEX_SIZE] == '\n')) ||
	    sodium_hex2bin(*key, SCREEN_MASTER_SIZE, hex, HEX_SIZE, NULL, &got, NULL) ||
	    got != SCREEN_MASTER_SIZE)
		result = refuse(error, path, "must hold 64 hex digits and a newline");
	sodium_free(hex);
	screen_keyfile_wipe();
	return result;
}

int screen_keyfile_read(const char *path, screen_master_key *key, struct screen_error_info *error)
{
	/* not O_NOFOLLOW: secrets are commonly mounted as links */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;

	*key = NULL;
	if (fd < 0)
		return refuse(error, path, "cannot be opened");
	result = check_file(fd, path, error);
	if (result == 0)
		result = take_memory(key, error);
	if (result == 0)
		result = read_hex(fd, path, *key, error);
	close(fd);
	if (result) {
		screen_keyfile_free(*key);
		*key = NULL;
	}
	return result;
}

int screen_keyfile_write(const char *path, const uint8_t key[SCREEN_MASTER_SIZE],
			 struct screen_error_info *error)
{
	char *hex = sodium_malloc(HEX_SIZE + 2);
	int result;

	errno = 0;
	if (!hex)
		return refuse(error, path, "no memory can be locked: see ulimit -l");
	sodium_bin2hex(hex, HEX_SIZE + 1, key, SCREEN_MASTER_SIZE);
	hex[HEX_SIZE] = '\n';
	result = screen_store_write(path, hex, HEX_SIZE + 1);
	sodium_free(hex);
	errno = -result;
	return result ? refuse(error, path, "cannot be written") : SCREEN_OK;
}

int screen_keyfile_random(screen_master_key *key, struct screen_error_info *error)
{
	int result = take_memory(key, error);

	if (result == 0)
		randombytes_buf(*key, SCREEN_MASTER_SIZE);
	return result;
}

void screen_keyfile_free(screen_master_key key)
{
	sodium_free(key);
}

void screen_keyfile_fingerprint(const uint8_t key[SCREEN_MASTER_SIZE],
				char text[SCREEN_FINGERPRINT_SIZE])
{
	uint8_t hash[16];

	memset(text, 0, SCREEN_FINGERPRINT_SIZE);
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)"floor", 5, key,
			   SCREEN_MASTER_SIZE);
	sodium_bin2hex(text, 2 * FINGERPRINT_BYTES + 1, hash, FINGERPRINT_BYTES);
	screen_keyfile_wipe();
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static void wipe_upper_registers(void)
{
	__asm__ volatile("vpxorq %%zmm16, %%zmm16, %%zmm16\n\tvpxorq %%zmm17, %%zmm17, %%zmm17\n\t"
			 "vpxorq %%zmm18, %%zmm18, %%zmm18\n\tvpxorq %%zmm19, %%zmm19, %%zmm19\n\t"
			 "vpxorq %%zmm20, %%zmm20, %%zmm20\n\tvpxorq %%zmm21, %%zmm21, %%zmm21\n\t"
			 "vpxorq %%zmm22, %%zmm22, %%zmm22\n\tvpxorq %%zmm23, %%zmm23, %%zmm23\n\t"
			 "vpxorq %%zmm24, %%zmm24, %%zmm24\n\tvpxorq %%zmm25, %%zmm25, %%zmm25\n\t"
			 "vpxorq %%zmm26, %%zmm26, %%zmm26\n\tvpxorq %%zmm27, %%zmm27, %%zmm27\n\t"
			 "vpxorq %%zmm28, %%zmm28, %%zmm28\n\tvpxorq %%zmm29, %%zmm29, %%zmm29\n\t"
			 "vpxorq %%zmm30, %%zmm30, %%zmm30\n\tvpxorq %%zmm31, %%zmm31, %%zmm31" :::
			 "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
			 "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

static void wipe_registers(void)
{
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
				 "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
				 "xmm14", "xmm15");
	if (__builtin_cpu_supports("avx512f"))
		wipe_upper_registers();
}
#else
static void wipe_registers(void)
{
}
#endif

void screen_keyfile_wipe(void)
{
	sodium_stackzero(WIPED_STACK);
	wipe_registers();
}
