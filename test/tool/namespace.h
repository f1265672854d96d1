// Where a test's program runs: those that would harm a real network refuse to, outside of a namespace
// that was made for them.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

// Has this network namespace a name that `ip netns` gave it?
static inline bool in_named_namespace(const struct stat *own)
{
	DIR *dir = opendir("/run/netns");
	bool found = false;
	struct dirent *entry;
	struct stat named;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' &&
			!fstatat(dirfd(dir), entry->d_name, &named, 0) &&
			named.st_ino == own->st_ino && named.st_dev == own->st_dev;
	if (dir)
		closedir(dir);
	return found;
}

// Where process 1 may not be looked at, only a name proves that the namespace is a made one.
static inline bool in_initial_namespace(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own))
		return true;
	if (!stat("/proc/1/ns/net", &first))
		return own.st_ino == first.st_ino && own.st_dev == first.st_dev;
	return !in_named_namespace(&own);
}
