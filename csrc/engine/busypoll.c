#include "busypoll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "burst.h"

static const char *remedy(int errnum)
{
	if (errnum == ENOPROTOOPT)
		return "this kernel has none (Linux 5.11 with CONFIG_NET_RX_BUSY_POLL has): run "
		       "without --busy-poll";
	if (errnum == EPERM)
		return "CAP_NET_ADMIN is needed: give it, or run without --busy-poll";
	return "run without --busy-poll";
}

int screen_busypoll_set(int fd, uint32_t us, struct screen_error_info *error)
{
	const struct {
		int option, value;
	} wanted[] = {
		{ SO_PREFER_BUSY_POLL, 1 },
		/* the kernel's own look is one round whatever the time: how long is the worker's to say */
		{ SO_BUSY_POLL, (int)us },
		{ SO_BUSY_POLL_BUDGET, SCREEN_BURST }, /* frames of a round; 8 if not said */
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (setsockopt(fd, SOL_SOCKET, wanted[i].option, &wanted[i].value, sizeof(int)))
			return screen_error_set(error, SCREEN_ERROR_ATTACH, errno, NULL,
						"AF_XDP: cannot busy poll: %s", remedy(errno));
	return SCREEN_OK;
}

void screen_busypoll_look(int fd)
{
	(void)recvfrom(fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

/* 0: not set, or not known. */
static uint32_t option_of(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) || value < 0 ? 0 : (uint32_t)value;
}

/* 0 also when it cannot be read. */
static unsigned long setting_of(const char *ifname, const char *name)
{
	char path[96], text[24] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", ifname, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return strtoul(text, NULL, 10);
}

void screen_busypoll_status(const struct screen_port *port, struct screen_port_status *s)
{
	for (uint32_t i = 0; i < port->queues_count; i++) {
		int fd = port->queues[i].main.fd;

		if (!option_of(fd, SO_PREFER_BUSY_POLL))
			continue;
		s->busy_poll_us = option_of(fd, SO_BUSY_POLL);
		s->napi_queues = (uint8_t)(s->napi_queues + (option_of(fd, SO_INCOMING_NAPI_ID) != 0));
	}
	/* Documentation/networking/napi.rst: interrupts stay off between two looks where both are set */
	s->irqs_deferred = s->busy_poll_us && setting_of(port->ifname, "napi_defer_hard_irqs") &&
			   setting_of(port->ifname, "gro_flush_timeout");
}
