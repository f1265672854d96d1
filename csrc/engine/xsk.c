#include "xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

#ifndef XDP_MAX_TX_SKB_BUDGET /* Linux 6.17; Debian 12's headers are older */
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

enum {
	BUSY_TRIES = 100, /* rebinding a queue just closed answers EBUSY for a moment */
	BUSY_WAIT_MS = 10,
	KICK_TRIES = 64,
	TX_BUDGET = 256, /* frames per sendto in copy mode, where the kernel lets us choose */
};

static int set_ring(int fd, int option, uint32_t size)
{
	return setsockopt(fd, SOL_XDP, option, &size, sizeof(size));
}

static void *map_ring(struct screen_xsk *x, int i, const struct xdp_ring_offset *o, uint32_t count,
		      size_t entry, off_t page)
{
	void *map;

	x->map_size[i] = o->desc + count * entry;
	map = mmap(NULL, x->map_size[i], PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, x->fd,
		   page);
	x->map[i] = map == MAP_FAILED ? NULL : map;
	return x->map[i];
}

static void place_prod(struct xsk_ring_prod *r, uint8_t *map, const struct xdp_ring_offset *o,
		       uint32_t size)
{
	r->mask = size - 1;
	r->size = size;
	r->producer = (uint32_t *)(void *)(map + o->producer);
	r->consumer = (uint32_t *)(void *)(map + o->consumer);
	r->flags = (uint32_t *)(void *)(map + o->flags);
	r->ring = map + o->desc;
	r->cached_prod = *r->producer;
	/* as libxdp has it: consumer plus size, so that the free count is a subtraction */
	r->cached_cons = *r->consumer + size;
}

static void place_cons(struct xsk_ring_cons *r, uint8_t *map, const struct xdp_ring_offset *o,
		       uint32_t size)
{
	r->mask = size - 1;
	r->size = size;
	r->producer = (uint32_t *)(void *)(map + o->producer);
	r->consumer = (uint32_t *)(void *)(map + o->consumer);
	r->flags = (uint32_t *)(void *)(map + o->flags);
	r->ring = map + o->desc;
	r->cached_prod = *r->producer;
	r->cached_cons = *r->consumer;
}

static int map_rings(struct screen_xsk *x, uint32_t rx, bool all)
{
	struct xdp_mmap_offsets o;
	socklen_t size = sizeof(o);

	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &o, &size))
		return -1;
	if (!map_ring(x, 0, &o.rx, rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING))
		return -1;
	place_cons(&x->rx, x->map[0], &o.rx, rx);
	if (!all)
		return 0;
	if (!map_ring(x, 1, &o.tx, SCREEN_RING_TX, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING) ||
	    !map_ring(x, 2, &o.fr, SCREEN_RING_FILL, sizeof(uint64_t),
		      (off_t)XDP_UMEM_PGOFF_FILL_RING) ||
	    !map_ring(x, 3, &o.cr, SCREEN_RING_COMPLETION, sizeof(uint64_t),
		      (off_t)XDP_UMEM_PGOFF_COMPLETION_RING))
		return -1;
	place_prod(&x->tx, x->map[1], &o.tx, SCREEN_RING_TX);
	place_prod(&x->fill, x->map[2], &o.fr, SCREEN_RING_FILL);
	place_cons(&x->completion, x->map[3], &o.cr, SCREEN_RING_COMPLETION);
	return 0;
}

static int bind_patiently(int fd, const struct sockaddr_xdp *address)
{
	const struct timespec wait = { .tv_nsec = BUSY_WAIT_MS * 1000000L };

	for (int i = 0; i < BUSY_TRIES; i++) {
		if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		if (errno != EBUSY)
			return -1;
		nanosleep(&wait, NULL);
	}
	errno = EBUSY;
	return -1;
}

static uint16_t bind_flags(enum screen_bind how)
{
	if (how == SCREEN_BIND_COPY)
		return XDP_USE_NEED_WAKEUP | XDP_COPY;
	if (how == SCREEN_BIND_ZEROCOPY)
		return XDP_USE_NEED_WAKEUP | XDP_ZEROCOPY;
	return XDP_USE_NEED_WAKEUP;
}

/* The step that failed, with the likely reasons and what to do. */
static const char *bind_failed(enum screen_bind how)
{
	if (errno == EOPNOTSUPP && how == SCREEN_BIND_ZEROCOPY)
		return "bind to the queue: its driver has no zero-copy (try --bind auto)";
	return "bind to the queue (taken by another program, or no zero-copy where the first port "
	       "has it: try --bind copy)";
}

static int register_umem(int fd, const struct screen_umem *umem)
{
	struct xdp_umem_reg reg = {
		.addr = (uint64_t)(uintptr_t)umem->area,
		.len = umem->size,
		.chunk_size = umem->chunk_size,
	};

	return setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg));
}

static bool read_zerocopy(int fd)
{
	struct xdp_options options = { 0 };
	socklen_t size = sizeof(options);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &size) == 0 &&
	       (options.flags & XDP_OPTIONS_ZEROCOPY);
}

static int fail(struct screen_xsk *x, struct screen_error_info *error, const char *what)
{
	int code = screen_error_set(error, SCREEN_ERROR_ATTACH, errno, NULL, "AF_XDP: cannot %s",
				    what);

	screen_xsk_close(x);
	return code;
}

int screen_xsk_open(struct screen_xsk *x, const struct screen_umem *umem, uint32_t ifindex,
		    uint32_t queue, int shared_fd, enum screen_bind how,
		    struct screen_error_info *error)
{
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_ifindex = ifindex,
					.sxdp_queue_id = queue };
	uint32_t budget = TX_BUDGET, rx = screen_ring_rx(umem->chunks);
	int sndbuf = 1 << 26; /* the default caps the frames in flight */

	memset(x, 0, sizeof(*x));
	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return fail(x, error, "make a socket");
	if (shared_fd < 0 && register_umem(x->fd, umem))
		return fail(x, error, "register frame memory (CAP_IPC_LOCK or a memlock limit?)");
	if (set_ring(x->fd, XDP_UMEM_FILL_RING, SCREEN_RING_FILL) ||
	    set_ring(x->fd, XDP_UMEM_COMPLETION_RING, SCREEN_RING_COMPLETION) ||
	    set_ring(x->fd, XDP_RX_RING, rx) ||
	    set_ring(x->fd, XDP_TX_RING, SCREEN_RING_TX))
		return fail(x, error, "make rings");
	(void)setsockopt(x->fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf));
	(void)setsockopt(x->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
	if (map_rings(x, rx, true))
		return fail(x, error, "map rings");
	address.sxdp_flags = bind_flags(how);
	if (shared_fd >= 0) {
		/* modes are inherited from the first socket of the UMEM */
		address.sxdp_flags = XDP_SHARED_UMEM;
		address.sxdp_shared_umem_fd = (uint32_t)shared_fd;
	}
	if (bind_patiently(x->fd, &address))
		return fail(x, error, bind_failed(how));
	x->zerocopy = read_zerocopy(x->fd);
	return 0;
}

int screen_xsk_open_second(struct screen_xsk *x, const struct screen_xsk *main,
			   const struct screen_umem *umem, uint32_t ifindex, uint32_t queue,
			   struct screen_error_info *error)
{
	uint32_t rx = screen_ring_rx_syn(umem->chunks);
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_ifindex = ifindex,
					.sxdp_queue_id = queue, .sxdp_flags = XDP_SHARED_UMEM,
					.sxdp_shared_umem_fd = (uint32_t)main->fd };

	memset(x, 0, sizeof(*x));
	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return fail(x, error, "make a socket for SYNs");
	if (set_ring(x->fd, XDP_RX_RING, rx) || map_rings(x, rx, false))
		return fail(x, error, "make a ring for SYNs");
	if (bind_patiently(x->fd, &address))
		return fail(x, error, "bind a second socket for SYNs to the queue");
	x->zerocopy = main->zerocopy;
	return 0;
}

void screen_xsk_close(struct screen_xsk *x)
{
	if (x->fd < 0)
		return;
	for (int i = 0; i < 4; i++)
		if (x->map[i])
			munmap(x->map[i], x->map_size[i]);
	close(x->fd);
	memset(x, 0, sizeof(*x));
	x->fd = -1;
}

bool screen_xsk_lost(const struct screen_xsk *x, uint64_t *lost, uint64_t *fill_empty)
{
	struct xdp_statistics s = { 0 };
	socklen_t size = sizeof(s);

	if (getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &s, &size))
		return false;
	*lost = s.rx_dropped + s.rx_ring_full;
	if (fill_empty)
		*fill_empty = s.rx_fill_ring_empty_descs;
	return true;
}

int screen_xsk_kick(struct screen_xsk *x)
{
	if (!xsk_ring_prod__needs_wakeup(&x->tx))
		return 0;
	for (int i = 0; i < KICK_TRIES; i++) {
		if (sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
			return 0;
		/* EAGAIN: the budget of one call is used up, there is more in the ring */
		if (errno != EAGAIN)
			return errno == EBUSY || errno == ENOBUFS ? 0 : -errno;
	}
	return 0;
}
