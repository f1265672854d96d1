#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>

#include "peer.skel.h"
#include "rig.h"

struct kernel {
	struct peer *programs;
	int fd[KERNEL_WORKS][2]; /* IPv4, IPv6 */
};

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

struct kernel *kernel_open(void)
{
	struct kernel *k = rig_memory(sizeof(*k));
	struct peer *p;

	libbpf_set_print(quiet);
	p = k->programs = peer__open_and_load();
	if (!p) {
		free(k);
		return NULL;
	}
	const struct bpf_program *programs[KERNEL_WORKS][2] = {
		[KERNEL_SYN_BASE] = { p->progs.syn_base4, p->progs.syn_base6 },
		[KERNEL_SYN_MINT] = { p->progs.syn_mint4, p->progs.syn_mint6 },
		[KERNEL_SYN_ANSWER] = { p->progs.syn_answer4, p->progs.syn_answer6 },
		[KERNEL_ACK_BASE] = { p->progs.ack_base4, p->progs.ack_base6 },
		[KERNEL_ACK_CHECK] = { p->progs.ack_check4, p->progs.ack_check6 },
	};

	for (int i = 0; i < KERNEL_WORKS; i++)
		for (int v6 = 0; v6 < 2; v6++)
			k->fd[i][v6] = bpf_program__fd(programs[i][v6]);
	return k;
}

void kernel_close(struct kernel *k)
{
	if (k)
		peer__destroy(k->programs);
	free(k);
}

static void put(struct kernel *k, uint32_t at, const struct peer_frame *frame)
{
	if (bpf_map_update_elem(bpf_map__fd(k->programs->maps.frames), &at, frame, BPF_ANY))
		rig_fail("a frame could not be given to the kernel");
}

double kernel_run(struct kernel *k, enum kernel_work work, int family,
		  const struct kernel_frames *frames, uint32_t repeat, bool passes)
{
	uint64_t before;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frames->frame[0].data,
		    .data_size_in = frames->length, .repeat = (int)repeat);

	for (uint32_t i = 0; i < PEER_FRAMES; i++)
		put(k, i, &frames->frame[i]);
	k->programs->bss->next = 0;
	before = k->programs->bss->passed;
	if (bpf_prog_test_run_opts(k->fd[work][family == 6], &o))
		rig_fail("BPF_PROG_TEST_RUN");
	if (k->programs->bss->passed - before != (passes ? repeat : 0))
		rig_fail("the kernel's program did not do what is measured");
	return o.duration;
}

void kernel_answer(struct kernel *k, int family, const uint8_t *syn, uint32_t length,
		   uint8_t answer[PEER_ROOM])
{
	struct peer_frame frame = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame.data, .data_size_in = length,
		    .data_out = answer, .data_size_out = PEER_ROOM, .repeat = 1);

	memcpy(frame.data, syn, length);
	k->programs->bss->next = 0;
	put(k, 0, &frame);
	if (bpf_prog_test_run_opts(k->fd[KERNEL_SYN_ANSWER][family == 6], &o) || o.retval != 3)
		rig_fail("the kernel's program did not answer");
}
