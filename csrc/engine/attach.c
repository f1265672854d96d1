#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "shim.skel.h"

static const char PROGRAM[] = "screen_shim";

enum { BUSY_TRIES = 50, BUSY_WAIT_MS = 20 };

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static int silent_xdp(enum libxdp_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static int map_control(struct screen_port *port)
{
	void *map = mmap(NULL, sizeof(struct screen_shim_control), PROT_READ | PROT_WRITE,
			 MAP_SHARED, bpf_map__fd(port->shim->maps.control), 0);

	if (map == MAP_FAILED)
		return -errno;
	port->control = map;
	return 0;
}

static int attach_patiently(struct screen_port *port, enum xdp_attach_mode mode)
{
	const struct timespec wait = { .tv_nsec = BUSY_WAIT_MS * 1000000L };
	int result = 0;

	for (int i = 0; i < BUSY_TRIES; i++) {
		result = xdp_program__attach(port->program, (int)port->ifindex, mode, 0);
		if (result != -EBUSY)
			break;
		/* what a killed process had bound is let go of a moment later */
		nanosleep(&wait, NULL);
	}
	return result;
}

static bool under_dispatcher(uint32_t ifindex)
{
	struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex((int)ifindex);
	bool is = all && !libxdp_get_error(all) && !xdp_multiprog__is_legacy(all);

	xdp_multiprog__close(all);
	return is;
}

int screen_attach_shim(struct screen_port *port, enum screen_attach how,
		       struct screen_error_info *error)
{
	enum xdp_attach_mode mode = how == SCREEN_ATTACH_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
	const char *remedy = "";
	int result;

	libbpf_set_print(silent);
	libxdp_set_print(silent_xdp);
	port->shim = shim__open();
	if (!port->shim)
		return screen_error_set(error, SCREEN_ERROR_ATTACH, errno, port->ifname,
					"cannot open the XDP shim");
	port->program = xdp_program__from_bpf_obj(port->shim->obj, "xdp");
	if (!port->program || libxdp_get_error(port->program)) {
		port->program = NULL;
		result = -EINVAL;
		goto fail;
	}
	result = attach_patiently(port, mode);
	if (result) {
		if (result == -ERANGE || result == -EINVAL)
			remedy = " (an MTU too large for native XDP, or a driver without it: "
				 "lower the MTU or try --attach generic)";
		goto fail;
	}
	result = map_control(port);
	if (result) {
		(void)xdp_program__detach(port->program, (int)port->ifindex, mode, 0);
		goto fail;
	}
	port->native = mode == XDP_MODE_NATIVE;
	port->dispatcher = under_dispatcher(port->ifindex);
	port->counters_fd = bpf_map__fd(port->shim->maps.counters);
	return SCREEN_OK;
fail:
	screen_error_set(error, SCREEN_ERROR_ATTACH, -result, port->ifname,
			 "cannot attach the XDP shim%s", remedy);
	if (port->program)
		xdp_program__close(port->program);
	port->program = NULL;
	shim__destroy(port->shim);
	port->shim = NULL;
	return SCREEN_ERROR_ATTACH;
}

void screen_detach_shim(struct screen_port *port)
{
	if (!port->program)
		return;
	(void)xdp_program__detach(port->program, (int)port->ifindex,
				  port->native ? XDP_MODE_NATIVE : XDP_MODE_SKB, 0);
	if (port->control)
		munmap(port->control, sizeof(*port->control));
	xdp_program__close(port->program);
	shim__destroy(port->shim);
	port->program = NULL;
	port->control = NULL;
	port->shim = NULL;
}

/* The only program on an interface. */
static int detach_alone(struct xdp_multiprog *all, uint32_t ifindex, char name[16])
{
	struct xdp_program *main = xdp_multiprog__main_prog(all);
	uint32_t flags = xdp_multiprog__attach_mode(all) == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE :
									   XDP_FLAGS_DRV_MODE;

	screen_text_copy(name, 16, xdp_program__name(main));
	if (strcmp(name, PROGRAM) != 0)
		return -EBUSY;
	return bpf_xdp_detach((int)ifindex, flags, NULL) ? -errno : 1;
}

int screen_detach_orphan(uint32_t ifindex, char name[16])
{
	struct xdp_multiprog *all;
	struct xdp_program *program = NULL;
	int result = 0;

	libbpf_set_print(silent);
	libxdp_set_print(silent_xdp);
	all = xdp_multiprog__get_from_ifindex((int)ifindex);
	if (!all || libxdp_get_error(all))
		return 0;
	if (xdp_multiprog__is_legacy(all)) {
		result = detach_alone(all, ifindex, name);
		goto out;
	}
	while ((program = xdp_multiprog__next_prog(program, all))) {
		if (strcmp(xdp_program__name(program), PROGRAM) != 0)
			continue;
		result = xdp_program__detach(program, (int)ifindex,
					     xdp_multiprog__attach_mode(all), 0);
		result = result ? result : 1;
		break;
	}
out:
	xdp_multiprog__close(all);
	return result;
}

void screen_shim_set(struct screen_port *port, enum screen_shim_mode mode,
		     enum screen_on_failure on_failure)
{
	__atomic_store_n(&port->control->on_failure, on_failure, __ATOMIC_RELAXED);
	__atomic_store_n(&port->control->mode, mode, __ATOMIC_RELEASE);
}

void screen_shim_read(const struct screen_port *port, uint64_t counters[SCREEN_SHIM_COUNTERS])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;

	memset(counters, 0, SCREEN_SHIM_COUNTERS * sizeof(*counters));
	for (uint32_t i = 0; values && i < SCREEN_SHIM_COUNTERS; i++) {
		if (bpf_map_lookup_elem(port->counters_fd, &i, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			counters[i] += values[cpu];
	}
	free(values);
}
