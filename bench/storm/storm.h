/* What the storm and its programs both know. */
#pragma once

enum {
	STORM_LENGTH = 74, /* of a SYN, a SYN-ACK */
	STORM_SHORT = 66,  /* of all else */
	STORM_LATE_NS = 1000000,	/* a storm makes up for no more than this */
};

#define STORM_PREFIX 0xc6120000u /* 198.18.0.0/16 */

struct storm_template {
	unsigned char frame[STORM_LENGTH] __attribute__((aligned(8)));
	unsigned int ip_sum, tcp_sum; /* in memory order, unfolded */
};
