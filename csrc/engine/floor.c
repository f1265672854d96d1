#include "floor.h"

#include <stdio.h>
#include <string.h>

#include "store.h"

enum {
	LINE_SIZE = 80, /* of a line that was written here */
	/* Far from where ns of cluster time do not fit 64 bits: nobody wrote that, and to believe it
	 * would be to start anywhere. */
	EPOCH_MAX = 1 << 28,
};

static void path_of(const char *state_dir, char path[SCREEN_PATH_SIZE + 32])
{
	snprintf(path, SCREEN_PATH_SIZE + 32, "%.*s/epoch.floor", SCREEN_PATH_SIZE - 1, state_dir);
}

void screen_floor_read(const char *state_dir, const char *fingerprint, struct screen_floor *floor)
{
	char path[SCREEN_PATH_SIZE + 32], line[LINE_SIZE], found[SCREEN_FINGERPRINT_SIZE];
	FILE *file;

	memset(floor, 0, sizeof(*floor));
	path_of(state_dir, path);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long epoch = 0, until = 0;

		if (sscanf(line, "%19s %llu %llu", found, &epoch, &until) < 2 ||
		    strcmp(found, fingerprint) != 0 || epoch > EPOCH_MAX || until > EPOCH_MAX)
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
	char path[SCREEN_PATH_SIZE + 32], text[SCREEN_FLOORS_MAX * LINE_SIZE];
	int used = 0;

	for (uint32_t i = 0; i < count && i < SCREEN_FLOORS_MAX; i++) {
		const struct screen_floor *f = &floors[i];
		size_t room = sizeof(text) - (size_t)used;

		used += f->until ? snprintf(text + used, room, "%s %llu %llu\n", f->fingerprint,
					    (unsigned long long)f->epoch,
					    (unsigned long long)f->until) :
				   snprintf(text + used, room, "%s %llu\n", f->fingerprint,
					    (unsigned long long)f->epoch);
	}
	path_of(state_dir, path);
	return screen_store_write(path, text, (size_t)used);
}
