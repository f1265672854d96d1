/* An engine without ports, in a state directory of its own. */
#pragma once

#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"
#include "state.h"

/* In a directory that is there already. */
static inline struct screen_engine *test_engine_create_in(const char *state_dir, uint32_t flows_max)
{
	struct screen_engine_options o = {
		.abi_version = SCREEN_ABI_VERSION,
		.size = sizeof(o),
		.status_size = sizeof(struct screen_engine_status),
		.flows_max = flows_max,
		.frames_per_worker = 1 << 11,
		.chunk_size = 2048,
	};
	struct screen_error_info error = { 0 };
	struct screen_engine *e = NULL;
	int result;

	snprintf(o.state_dir, sizeof(o.state_dir), "%s", state_dir);
	result = screen_engine_create(&o, &e, &error);
	if (result)
		print_error("%s: %s\n", error.object, error.message);
	assert_int_equal(result, 0);
	return e;
}

static inline struct screen_engine *test_engine_create(void)
{
	char state_dir[] = "/tmp/screen-test-XXXXXX";

	assert_non_null(mkdtemp(state_dir));
	return test_engine_create_in(state_dir, 1 << 10);
}

/* Gives it a keyset, as its first configuration would. */
static inline void test_engine_keys(struct screen_engine *e)
{
	struct screen_error_info error = { 0 };

	pthread_mutex_lock(&e->lock);
	assert_int_equal(screen_keyring_select(&e->keyring, "", 2, screen_clocks_now(), &error), 0);
	assert_int_equal(screen_keyring_commit(&e->keyring, &error), 0);
	assert_true(screen_keeper_rotate(e));
	pthread_mutex_unlock(&e->lock);
}

static inline void test_engine_destroy(struct screen_engine *e)
{
	char directory[SCREEN_PATH_SIZE], path[SCREEN_PATH_SIZE + 32];
	const char *const files[] = { "master.key", "active.key", "staged.key", "retired.key",
				      "epoch.floor", "attached.ports", "flows.handover" };

	memcpy(directory, e->options.state_dir, sizeof(directory));
	screen_engine_destroy(e, SCREEN_LEAVE_NOTHING);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(directory), 0);
}

/* Commits a configuration without ports. */
static inline int test_engine_commit(struct screen_engine *e, uint64_t generation,
				     struct screen_error_info *error)
{
	struct screen_snapshot_header h = {
		.magic = SCREEN_SNAPSHOT_MAGIC,
		.version = SCREEN_SNAPSHOT_VERSION,
		.header_size = sizeof(h),
		.total_size = sizeof(h),
		.generation = generation,
		.zones.offset = sizeof(h),
		.ports.offset = sizeof(h),
		.wires.offset = sizeof(h),
		.profiles.offset = sizeof(h),
		.prefixes.offset = sizeof(h),
		.servers.offset = sizeof(h),
		.time_wait_s = 150,
		.initial_timeout_s = 20,
		.inactivity_timeout_s = 14400,
		.validated_timeout_s = 120,
		.admission = SCREEN_ADMISSION_SPLICE,
		.host_admission = SCREEN_ADMISSION_KERNEL,
	};
	int result;

	crypto_hash_sha256(h.digest, (const uint8_t *)&h + SCREEN_SNAPSHOT_DIGEST_FROM,
			   sizeof(h) - SCREEN_SNAPSHOT_DIGEST_FROM);
	result = screen_engine_prepare(e, &h, sizeof(h), error);
	return result ? result : screen_engine_publish(e, error);
}
