/* The kernel's cookie helper in a BPF program, run by BPF_PROG_TEST_RUN. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"

enum kernel_work {
	KERNEL_SYN_BASE,   /* a SYN is put in place, no more */
	KERNEL_SYN_MINT,   /* parsed, its cookie minted, nothing written */
	KERNEL_SYN_ANSWER, /* and the SYN-ACK written in place */
	KERNEL_ACK_BASE,
	KERNEL_ACK_CHECK,
	KERNEL_WORKS,
};

/* What the programs answer to. */
struct kernel_frames {
	struct peer_frame frame[PEER_FRAMES];
	uint32_t length;
};

struct kernel;

/* Loads the programs. NULL, and says why, where the kernel cannot. */
struct kernel *kernel_open(void);
void kernel_close(struct kernel *k);

/* The ns that one run of a program takes, of `repeat`: the kernel's own reading, whole ns. A look at the
 * clock around the call would see it put the program behind its dispatcher, which takes ms. All or
 * (passes = false) none of the frames must have been answered, or have had a valid cookie. */
double kernel_run(struct kernel *k, enum kernel_work work, int family,
		  const struct kernel_frames *frames, uint32_t repeat, bool passes);

/* Has the first frame answered, and gives the answer. */
void kernel_answer(struct kernel *k, int family, const uint8_t *syn, uint32_t length,
		   uint8_t answer[PEER_ROOM]);
