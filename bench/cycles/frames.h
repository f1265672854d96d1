/* The frames of a run: SYNs, and the ACKs that would answer the challenges to them. */
#pragma once

#include "kernel.h"
#include "rig.h"

struct frames {
	uint8_t family;
	struct frame_spec spec[RIG_FRAMES];
	struct kernel_frames syn;
	struct kernel_frames ours, ours_wrong;	   /* ACKs of what synscreen minted */
	struct kernel_frames theirs, theirs_wrong; /* of what the kernel did; no kernel: zero */
};

/* Makes them all; kernel may be NULL. Whoever answers, the answer is held against the SYN. */
void frames_make(struct frames *f, uint8_t family, struct rig *r, struct kernel *kernel);

/* Puts a set of frames into the rig's chunks. */
static inline void frames_put(struct rig *r, const struct kernel_frames *f)
{
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		rig_put(r, i, f->frame[i].data, f->length, 0);
}
