/* What the benchmark and its programs in the kernel both know. */
#pragma once

enum {
	PEER_FRAMES = 64,
	PEER_ROOM = 128, /* bytes for a frame */
	PEER_SYN4 = 74, PEER_SYN6 = 94, /* with the options of a Linux SYN */
	PEER_ACK4 = 66, PEER_ACK6 = 86, /* with timestamps */
};

struct peer_frame {
	unsigned char data[PEER_ROOM];
};
