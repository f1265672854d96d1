#include "syncookies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hostmaps.h"
#include "store.h"

static const char SYSCTL[] = "/proc/sys/net/ipv4/tcp_syncookies";

enum { ALWAYS = 2 };

static void note_path(const char *state_dir, char *path, size_t size)
{
	snprintf(path, size, "%.*s/tcp_syncookies", SCREEN_PATH_SIZE - 1, state_dir);
}

static int read_number(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return got > 0 && text[0] >= '0' && text[0] <= '9' ? atoi(text) : -1;
}

static int write_sysctl(int value)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d\n", value);
	int fd = open(SYSCTL, O_WRONLY | O_CLOEXEC), result = 0;

	if (fd < 0 || write(fd, text, (size_t)size) != size)
		result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

int screen_syncookies_read(void)
{
	return read_number(SYSCTL);
}

int screen_syncookies_probe(void)
{
	int value = screen_syncookies_read();

	return value < 0 ? -ENOENT : write_sysctl(value);
}

void screen_syncookies_restore(const char *state_dir)
{
	char path[SCREEN_PATH_SIZE + 32];
	int before;

	note_path(state_dir, path, sizeof(path));
	before = read_number(path);
	/* who has changed it since is right */
	if (before >= 0 && screen_syncookies_read() == ALWAYS)
		(void)write_sysctl(before);
	(void)unlink(path);
}

/* Whether a zone whose SYNs the kernel answers floods, or did until just now. */
static bool wanted(struct screen_engine *e, uint64_t now_ns)
{
	for (int i = 0; i < SCREEN_ZONES_MAX; i++)
		if (e->host.policy.zone[i].act == SCREEN_HOST_PUNT &&
		    screen_zone_flooded(&e->meters->zone[i], now_ns))
			return true;
	return false;
}

static void punt(struct screen_engine *e)
{
	char path[SCREEN_PATH_SIZE + 32], text[16];
	int before = screen_syncookies_read();

	if (before < 0 || before == ALWAYS)
		return;
	note_path(e->options.state_dir, path, sizeof(path));
	/* noted first: a crash in between puts back what it is */
	if (screen_store_write(path, text, (size_t)snprintf(text, sizeof(text), "%d\n", before)) == 0 &&
	    write_sysctl(ALWAYS) == 0)
		e->host.punting = true;
}

/* Somebody may have set it to 0 since it was proved: a client that was told that it is connected would be
 * reset by the kernel. Until it is put right its next SYN is waited for, as with safe-reset. */
static void heed(struct screen_engine *e)
{
	bool refuses = screen_syncookies_read() == 0;

	if (!e->running || refuses == e->host.refuses)
		return;
	e->host.refuses = refuses;
	if (screen_hostmaps_policy(e, e->running))
		e->host.refuses = !refuses; /* tried again */
}

void screen_syncookies_settle(struct screen_engine *e)
{
	bool want = wanted(e, screen_now_ns());

	heed(e);
	if (want && !e->host.punting)
		punt(e);
	else if (!want && e->host.punting) {
		screen_syncookies_restore(e->options.state_dir);
		e->host.punting = false;
	}
}
