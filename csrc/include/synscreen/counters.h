/*
 * The reasons of the screen: every frame that a worker takes from a receive ring gets exactly one
 * verdict and one of these reasons, and each reason is a counter per port.
 *
 * The names that operators see are screen_reason_name()'s. docs/counters.md lists them all, and a
 * test compares that list with this one.
 */
#pragma once

/* What happens to a frame. Every reason belongs to exactly one verdict. */
enum screen_verdict {
	SCREEN_FORWARD,	  /* leaves by the other port of its wire */
	SCREEN_REPLY,	  /* rewritten in place, leaves by the port it came in */
	SCREEN_CHALLENGE, /* a SYN to be answered with a cookie: a reply once it is minted */
	SCREEN_HOLD,	  /* kept until the splice that it belongs to is open */
	SCREEN_DROP,	  /* its memory goes back to the fill ring */
	SCREEN_VERDICTS,
};

enum screen_reason {
	/* forwarded */
	SCREEN_FORWARD_UNSCREENED,    /* no zone of the wire has a SYN-flood screen */
	SCREEN_FORWARD_NON_IP,	      /* ARP, LLDP, ... */
	SCREEN_FORWARD_NON_TCP,	      /* IP, but not TCP */
	SCREEN_FORWARD_FRAGMENT,      /* an IP fragment (offset != 0 or MF set) */
	SCREEN_FORWARD_DEEP_TAGS,     /* more than two VLAN tags: not parsed */
	SCREEN_FORWARD_SYN_CALM,      /* a SYN admitted because its destination is calm */
	SCREEN_FORWARD_SYN_WHITE_LIST,/* a SYN admitted by a white-list while flooding */
	SCREEN_FORWARD_SYN_VALIDATED, /* a SYN admitted while flooding: its client has answered before */
	SCREEN_FORWARD_SYN_PROBE,     /* a SYN to a flooding port that nobody has seen answer: to learn */
	SCREEN_FORWARD_SYN_OUTBOUND,  /* a SYN from the protected side */
	SCREEN_FORWARD_SYN_KNOWN,     /* a SYN of a flow that is in the table */
	SCREEN_FORWARD_FLOW,	      /* a segment of a tracked flow */
	SCREEN_FORWARD_SPLICED,	      /* a segment of a spliced flow, translated */
	SCREEN_FORWARD_SPLICED_ICMP,  /* an ICMP error about a spliced flow, translated */
	SCREEN_FORWARD_SPLICE_SYN,    /* an ACK with a valid cookie: became the SYN to the server */
	SCREEN_FORWARD_LEARNED,	      /* a protected side's segment that made its flow known */
	SCREEN_FORWARD_LEARNING,      /* a client's unknown segment in the learning period */
	SCREEN_FORWARD_NO_SYN_CHECK,  /* a client's unknown segment, permitted by no-syn-check */
	SCREEN_FORWARD_UNTRACKED,     /* the flow table is full: forwarded without state */
	/* replies */
	SCREEN_REPLY_CHALLENGE,	      /* SYN-ACK with a cookie */
	SCREEN_REPLY_SERVER_ACK,      /* the server's SYN-ACK of a splice, acknowledged */
	SCREEN_REPLY_RESET,	      /* RST to a client that is validated by this ACK (admission reset) */
	SCREEN_REPLY_CLOSED_PORT,     /* RST to a SYN whose port has just refused another */
	SCREEN_REPLY_STALE_HALF,      /* RST to a server that still holds a half of an old connection */
	/* held */
	SCREEN_HOLD_SPLICE_PENDING,   /* client data that came before the server answered */
	/* dropped: what the screen is for */
	SCREEN_DROP_COOKIE_INVALID,   /* an ACK whose cookie does not check while flooding */
	SCREEN_DROP_VALIDATED,	      /* a RST that has answered a safe-reset challenge: used up */
	SCREEN_DROP_NO_FLOW,	      /* a segment of no known flow, after the learning period */
	SCREEN_DROP_SYN_FLOOD,	      /* the excess over attack-threshold, without syn-cookie; or
				       * more SYNs of live flows than pass */
	SCREEN_DROP_SOURCE_THRESHOLD, /* admitted SYNs of one source above source-threshold */
	SCREEN_DROP_DESTINATION_THRESHOLD, /* admitted SYNs to one address above its threshold */
	SCREEN_DROP_SYN_FRAGMENT,     /* a fragmented SYN to a flooding destination, or
				       * any under tcp syn-frag */
	SCREEN_DROP_SYN_MSS,	      /* an MSS below 216 cannot be challenged (cookie.h) */
	SCREEN_DROP_SYN_MD5,	      /* a TCP-MD5 or TCP-AO SYN cannot be challenged */
	SCREEN_DROP_SYN_SOURCE,	      /* a SYN from a group address or to one: never answered */
	SCREEN_DROP_NO_KEYSET,	      /* nothing to mint or check with: closed */
	SCREEN_DROP_REPLY_RATE,	      /* a reply above syn-cookie reply-rate or reply-prefix-rate */
	SCREEN_DROP_REPLY_BUDGET,     /* the reply would have used what forwarding needs */
	SCREEN_DROP_SPLICE_LIMIT,     /* flow table or pending list full: the client repeats its ACK */
	SCREEN_DROP_SPLICE_PENDING,   /* a bare or surplus segment while the server is asked */
	SCREEN_DROP_HOLD_LIMIT,	      /* more early data than is held */
	SCREEN_DROP_SPLICE_CLOSED,    /* a segment of a splice that has ended */
	/* dropped: the other screens of a profile, in the order of enum screen_ids */
	SCREEN_DROP_ICMP_FLOOD,	      /* icmp flood: ICMP to one address above the threshold */
	SCREEN_DROP_UDP_FLOOD,	      /* udp flood: likewise */
	SCREEN_DROP_TCP_PORT_SCAN,    /* tcp port-scan: a source that tried ten ports of one address */
	SCREEN_DROP_UDP_PORT_SCAN,    /* udp port-scan */
	SCREEN_DROP_IP_SWEEP,	      /* icmp ip-sweep: a source that tried ten addresses */
	SCREEN_DROP_TCP_SWEEP,	      /* tcp tcp-sweep */
	SCREEN_DROP_UDP_SWEEP,	      /* udp udp-sweep */
	SCREEN_DROP_TEAR_DROP,	      /* ip tear-drop: a fragment that overlaps another */
	SCREEN_DROP_PING_DEATH,	      /* icmp ping-death: a fragment beyond 65535 bytes */
	SCREEN_DROP_SOURCE_ROUTE,     /* ip source-route-option, loose or strict */
	SCREEN_DROP_LAND,	      /* tcp land: source and destination address are the same */
	SCREEN_DROP_NO_FLAG,	      /* tcp tcp-no-flag */
	SCREEN_DROP_UNKNOWN_PROTOCOL, /* ip unknown-protocol: above 137, 139 over IPv6 */
	SCREEN_DROP_BAD_OPTION,	      /* ip bad-option: IPv4 options that do not add up */
	SCREEN_DROP_RECORD_ROUTE,     /* ip record-route-option */
	SCREEN_DROP_TIMESTAMP,	      /* ip timestamp-option */
	SCREEN_DROP_SECURITY,	      /* ip security-option */
	SCREEN_DROP_LOOSE_SOURCE_ROUTE,  /* ip loose-source-route-option */
	SCREEN_DROP_STRICT_SOURCE_ROUTE, /* ip strict-source-route-option */
	SCREEN_DROP_STREAM,	      /* ip stream-option */
	SCREEN_DROP_ICMP_FRAGMENT,    /* icmp fragment */
	SCREEN_DROP_ICMP_LARGE,	      /* icmp large: over 1024 bytes */
	SCREEN_DROP_SYN_FIN,	      /* tcp syn-fin */
	SCREEN_DROP_FIN_NO_ACK,	      /* tcp fin-no-ack */
	SCREEN_DROP_SOURCE_SESSIONS,  /* limit-session source-ip-based */
	SCREEN_DROP_DESTINATION_SESSIONS, /* limit-session destination-ip-based */
	SCREEN_DROP_SYN_ACK_ACK,      /* tcp syn-ack-ack-proxy: a source's connections without data */
	SCREEN_DROP_BLOCK_FRAG,	      /* ip block-frag: any fragment */
	SCREEN_DROP_EXTENSION_HEADER, /* ip ipv6-extension-header: one that is not wanted */
	SCREEN_DROP_EXTENSION_LIMIT,  /* ip ipv6-extension-header-limit: more than wanted */
	SCREEN_DROP_IPV6_MALFORMED,   /* ip ipv6-malformed-header */
	SCREEN_DROP_ICMPV6_MALFORMED, /* icmp icmpv6-malformed */
	/* dropped: broken frames */
	SCREEN_DROP_MALFORMED,	      /* headers that do not fit into the frame or each other */
	SCREEN_DROP_CHECKSUM,	      /* IP or TCP checksum of a frame to be answered is wrong */
	SCREEN_DROP_EXTENSION_HEADERS,/* more than 8 IPv6 extension headers */
	SCREEN_DROP_DEEP_TAGS,	      /* more than two VLAN tags, from a screened port */
	SCREEN_DROP_LEARNING_LIMIT,   /* unknown segments above the learning period's rate */
	/* dropped: no room */
	SCREEN_DROP_TX_FULL,	      /* the other port's TX ring is full */
	SCREEN_DROP_NO_PEER,	      /* the other port is not attached */
	SCREEN_REASONS,
};

/* The reason's name in show, metrics and docs, such as "forward_syn_calm"; NULL when out of range.
 * The string is static. [any] */
__attribute__((visibility("default"))) const char *screen_reason_name(unsigned int reason);

/* The verdict that a reason belongs to. [any] */
__attribute__((visibility("default"))) enum screen_verdict screen_reason_verdict(unsigned int reason);

/* Causes counted by the XDP shim, which sees frames before any worker does. */
enum screen_shim_counter {
	SCREEN_SHIM_TO_ENGINE,	   /* redirected to the main receive ring */
	SCREEN_SHIM_SYN_TO_ENGINE, /* redirected to the receive ring for SYNs */
	SCREEN_SHIM_PASSED_STAGED, /* passed: attached, but no configuration is published yet */
	SCREEN_SHIM_PASSED_STALE,  /* passed by on-failure open: the engine's heartbeat is old */
	SCREEN_SHIM_DROPPED_STALE, /* dropped by on-failure closed, likewise */
	SCREEN_SHIM_DROPPED_STAGED,/* dropped by on-failure closed while staged */
	SCREEN_SHIM_DROPPED_UNBOUND,/* no socket on the queue while the engine lives */
	/* on host ports: SYNs that the kernel gets */
	SCREEN_SHIM_HOST_NO_LISTENER, /* nobody listens: it answers RST, or forwards */
	SCREEN_SHIM_HOST_SOCKET,      /* their addresses and ports have a socket, in TIME-WAIT or live; or
				       * nothing but the kernel can admit them */
	SCREEN_SHIM_HOST_CALM,	      /* to a listener that does not flood */
	SCREEN_SHIM_HOST_WHITE_LIST,  /* to one that floods, by a white-list */
	SCREEN_SHIM_HOST_VALIDATED,   /* likewise, of a client that has answered before */
	SCREEN_SHIM_HOST_PUNTED,      /* likewise, to be answered by the kernel's cookies, or under
				       * alarm-without-drop */
	/* and SYNs that it does not get */
	SCREEN_SHIM_HOST_DROPPED_FLOOD,	 /* the excess over attack-threshold, without syn-cookie */
	SCREEN_SHIM_HOST_DROPPED_SOCKET, /* more of those than pass while flooding */
	SCREEN_SHIM_HOST_DROPPED_HIDDEN, /* frames of which the kernel might make a SYN that nobody sees */
	/* the answers to challenges, as the admitter sees them */
	SCREEN_SHIM_HOST_ADMITTED,	 /* a valid cookie: the listener gets a connection */
	SCREEN_SHIM_HOST_NOT_ADMITTED,	 /* a valid cookie, but the kernel refuses it: dropped */
	SCREEN_SHIM_HOST_KERNEL_COOKIE,	 /* not ours, but the kernel's own: passed */
	SCREEN_SHIM_HOST_COOKIE_INVALID, /* neither, while flooding: dropped */
	SCREEN_SHIM_HOST_ASKED,		 /* times that the kernel was asked whether a listener overflows */
	/* on wires: what the driver does in the engine's place */
	SCREEN_SHIM_CHALLENGED,	    /* a SYN to a flooding destination, answered */
	SCREEN_SHIM_COOKIE_INVALID, /* an ACK of no flow whose cookie does not check, dropped while flooding */
	SCREEN_SHIM_PASSED_FLOW,    /* a segment of a flow, sent on to the other port */
	SCREEN_SHIM_REPLY_RATE,	    /* a challenge above reply-rate or reply-prefix-rate, dropped */
	SCREEN_SHIM_COUNTERS,
};

/* The shim counter's name, such as "shim_to_engine"; NULL when out of range. [any] */
__attribute__((visibility("default"))) const char *screen_shim_counter_name(unsigned int counter);
