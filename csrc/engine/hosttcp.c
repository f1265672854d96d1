#include "hosttcp.h"

#include <fcntl.h>
#include <unistd.h>

/* Whether a sysctl is 0. One that cannot be read is not. */
static bool is_off(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	return got > 0 && text[0] == '0';
}

void screen_hosttcp_settle(struct screen_engine *e)
{
	static const struct { uint32_t option; const char *path; } row[] = {
		{ SCREEN_SERVER_TIMESTAMPS, "/proc/sys/net/ipv4/tcp_timestamps" },
		{ SCREEN_SERVER_SACK, "/proc/sys/net/ipv4/tcp_sack" },
		{ SCREEN_SERVER_WSCALE, "/proc/sys/net/ipv4/tcp_window_scaling" },
		{ SCREEN_SERVER_ECN, "/proc/sys/net/ipv4/tcp_ecn" },
	};
	uint32_t lacks = 0;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (is_off(row[i].path))
			lacks |= row[i].option;
	/* what was promised before may be refused now */
	if (atomic_exchange_explicit(&e->meters->host_lacks, lacks, memory_order_relaxed) != lacks)
		screen_victims_forbid(&e->meters->victims);
}
