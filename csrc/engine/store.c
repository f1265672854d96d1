#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/synscreen/engine.h"

enum { PATH_ROOM = SCREEN_PATH_SIZE + 64 };

/* A rename is on disk when its directory is. */
static void sync_directory(const char *path)
{
	char directory[PATH_ROOM];
	char *slash;
	int fd;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = 0;
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int write_fresh(const char *fresh, const void *bytes, size_t size)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), result = 0;
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, bytes, size);
	if (written < 0 || (size_t)written != size)
		result = written < 0 ? -errno : -ENOSPC;
	if (result == 0 && fsync(fd))
		result = -errno;
	close(fd);
	return result;
}

int screen_store_write(const char *path, const void *bytes, size_t size)
{
	char fresh[PATH_ROOM];
	int result;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh); /* of a process that was killed here */
	result = write_fresh(fresh, bytes, size);
	if (result == 0 && rename(fresh, path))
		result = -errno;
	if (result) {
		(void)unlink(fresh);
		return result;
	}
	sync_directory(path);
	return 0;
}
