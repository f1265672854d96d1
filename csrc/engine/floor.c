#include "floor.h"

#include <errno.h>
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

/* All that can be read; lines that cannot are left out. */
static int read_all(const char *state_dir, struct screen_floor floors[SCREEN_FLOORS_MAX],
		    uint32_t *count)
{
	char path[SCREEN_PATH_SIZE + 32], line[LINE_SIZE];
	FILE *file;

	*count = 0;
	path_of(state_dir, path);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (*count < SCREEN_FLOORS_MAX && fgets(line, sizeof(line), file)) {
		struct screen_floor *f = &floors[*count];
		unsigned long long epoch = 0, until = 0;

		memset(f, 0, sizeof(*f));
		if (sscanf(line, "%19s %llu %llu", f->fingerprint, &epoch, &until) < 2 ||
		    epoch > EPOCH_MAX || until > EPOCH_MAX)
			continue;
		f->epoch = epoch;
		f->until = until;
		(*count)++;
	}
	fclose(file);
	return 0;
}

static struct screen_floor *find(struct screen_floor *floors, uint32_t count,
				 const char *fingerprint)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(floors[i].fingerprint, fingerprint) == 0)
			return &floors[i];
	return NULL;
}

int screen_floor_read(const char *state_dir, const char *fingerprint, struct screen_floor *floor)
{
	struct screen_floor floors[SCREEN_FLOORS_MAX], *found;
	uint32_t count;
	int result = read_all(state_dir, floors, &count);

	memset(floor, 0, sizeof(*floor));
	found = find(floors, count, fingerprint);
	if (found)
		*floor = *found;
	return result;
}

/* The line that is given up for another. */
static struct screen_floor *oldest(struct screen_floor *floors, uint32_t count)
{
	struct screen_floor *o = &floors[0];

	for (uint32_t i = 1; i < count; i++)
		if (floors[i].epoch < o->epoch)
			o = &floors[i];
	return o;
}

static uint32_t put(struct screen_floor *floors, uint32_t count, const struct screen_floor *floor)
{
	struct screen_floor *to = find(floors, count, floor->fingerprint);

	if (!to)
		to = count < SCREEN_FLOORS_MAX ? &floors[count++] : oldest(floors, count);
	*to = *floor;
	return count;
}

int screen_floor_write(const char *state_dir, const struct screen_floor *floors, uint32_t count)
{
	char path[SCREEN_PATH_SIZE + 32], text[SCREEN_FLOORS_MAX * LINE_SIZE];
	struct screen_floor all[SCREEN_FLOORS_MAX];
	uint32_t total;
	int used = 0, result = read_all(state_dir, all, &total);

	if (result)
		return result;
	for (uint32_t i = 0; i < count; i++)
		total = put(all, total, &floors[i]);
	for (uint32_t i = 0; i < total; i++) {
		const struct screen_floor *f = &all[i];
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
