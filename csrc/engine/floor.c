#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void path_of(const char *state_dir, const char *suffix, char path[SCREEN_PATH_SIZE + 32])
{
	snprintf(path, SCREEN_PATH_SIZE + 32, "%.*s/epoch.floor%s", SCREEN_PATH_SIZE - 1, state_dir,
		 suffix);
}

void screen_floor_read(const char *state_dir, const char *fingerprint, struct screen_floor *floor)
{
	char path[SCREEN_PATH_SIZE + 32], line[128], found[SCREEN_FINGERPRINT_SIZE];
	FILE *file;

	memset(floor, 0, sizeof(*floor));
	path_of(state_dir, "", path);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long epoch = 0, until = 0;

		if (sscanf(line, "%19s %llu %llu", found, &epoch, &until) < 2 ||
		    strcmp(found, fingerprint) != 0)
			continue;
		memcpy(floor->fingerprint, found, sizeof(found));
		floor->epoch = epoch;
		floor->until = until;
	}
	if (file)
		fclose(file);
}

int screen_floor_write(const char *state_dir, const struct screen_floor *floors, uint32_t count)
{
	char path[SCREEN_PATH_SIZE + 32], fresh[SCREEN_PATH_SIZE + 32];
	FILE *file;
	int bad = 0;

	path_of(state_dir, "", path);
	path_of(state_dir, ".new", fresh);
	file = fopen(fresh, "we");
	if (!file)
		return -errno;
	for (uint32_t i = 0; i < count; i++) {
		bad |= fprintf(file, "%s %llu", floors[i].fingerprint,
			       (unsigned long long)floors[i].epoch) < 0;
		if (floors[i].until)
			bad |= fprintf(file, " %llu", (unsigned long long)floors[i].until) < 0;
		bad |= fputc('\n', file) == EOF;
	}
	bad |= fflush(file) != 0 || fsync(fileno(file)) != 0;
	bad |= fclose(file) != 0;
	if (bad || rename(fresh, path))
		return errno ? -errno : -EIO;
	return 0;
}
