/*
 * Steps that scripts over splices share: a client with every option passes the challenge, and the
 * server answers.
 */
#pragma once

#include "script.h"

#define OPTIONS "mss 1400 sack ts 100 0 nop ws 10"
#define FLOODED                                                                           \
	"flood 100", "< S seq C win 64000 " OPTIONS " -> reply_challenge"                  \
		     " = SA seq K ack C+1 win 29200 mss M sack ts T 100 nop ws 7"
#define VALIDATED                                                                         \
	"< A seq C+1 ack K+1 win 500 ts 105 T -> forward_splice_syn"                       \
	" = S seq C ack 0 win 65535 len 0 mss 1400 sack ts 105 0 nop ws 10"
#define OPENED                                                                            \
	"> SA seq S ack C+1 win 65160 mss 1460 sack ts 7000 105 nop ws 9 -> reply_server_ack" \
	" = A seq C+1 ack S+1 win 500 ts 105 7000"
