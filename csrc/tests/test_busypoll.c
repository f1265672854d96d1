/*
 * Busy polling: that a worker does it, and what is said where it cannot be had.
 */
#include "run.h"

#include "busypoll.h"
#include "rings_of.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* From now on setsockopt() answers so, as a kernel does that has no such option. */
static int break_setsockopt(int errnum)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_setsockopt, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What a process of its own is told. */
static void ask(int errnum, struct screen_error_info *error)
{
	int ends[2], status, fd;

	assert_int_equal(pipe(ends), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (fork() == 0) {
		struct screen_error_info said = { 0 };

		if (break_setsockopt(errnum) ||
		    screen_busypoll_set(fd, 50, &said) != SCREEN_ERROR_ATTACH)
			_exit(1);
		_exit(write(ends[1], &said, sizeof(said)) != sizeof(said));
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], error, sizeof(*error)), sizeof(*error));
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void kernel_without_busy_polling_is_told_of_with_the_remedy(void **state)
{
	struct screen_error_info error;

	(void)state;
	ask(ENOPROTOOPT, &error);
	assert_int_equal(error.errnum, ENOPROTOOPT);
	assert_non_null(strstr(error.message, "Linux 5.11 with CONFIG_NET_RX_BUSY_POLL has): run "
					      "without --busy-poll"));
}

static void refused_busy_polling_is_told_of_with_the_capability(void **state)
{
	struct screen_error_info error;

	(void)state;
	ask(EPERM, &error);
	assert_int_equal(error.errnum, EPERM);
	assert_non_null(strstr(error.message, "CAP_NET_ADMIN is needed"));
}

static void more_than_a_second_of_busy_polling_is_out_of_range(void **state)
{
	struct screen_engine *e = test_engine_create(), *other = NULL;
	struct screen_engine_options o = e->options;
	struct screen_error_info error = { 0 };

	(void)state;
	o.busy_poll_us = 1000001;
	assert_int_equal(screen_engine_create(&o, &other, &error), SCREEN_ERROR_ARGUMENT);
	assert_non_null(strstr(error.message, "busy_poll_us must be 0 to 1000000"));
	test_engine_destroy(e);
}

/* A look takes a datagram out of the socket that stands for the queue's. */
static bool looked(struct rings *r, int far, uint32_t us)
{
	int near = r->end[INNER].queue.main.fd;

	r->engine->options.busy_poll_us = us;
	assert_int_equal(send(far, "", 1, 0), 1);
	(void)screen_worker_turn(r->worker);
	return recv(near, NULL, 0, MSG_DONTWAIT) < 0;
}

static void worker_looks_into_its_queues_in_each_turn_only_when_it_is_to(void **state)
{
	struct rings *r = rings_new(1 << 13);
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	r->end[INNER].queue.main.fd = ends[0];
	assert_false(looked(r, ends[1], 0));
	assert_true(looked(r, ends[1], 50));
	assert_true(looked(r, ends[1], 50));
	r->end[INNER].queue.main.fd = -1;
	close(ends[0]);
	close(ends[1]);
	rings_free(r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_without_busy_polling_is_told_of_with_the_remedy),
		cmocka_unit_test(refused_busy_polling_is_told_of_with_the_capability),
		cmocka_unit_test(worker_looks_into_its_queues_in_each_turn_only_when_it_is_to),
		cmocka_unit_test(more_than_a_second_of_busy_polling_is_out_of_range),
	};

	return RUN(tests);
}
