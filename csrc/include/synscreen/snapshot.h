/*
 * Snapshot format: one configuration of the engine as one flat, pointer-free, versioned buffer.
 *
 * The control plane encodes it, the engine copies it and validates its copy totally before it
 * believes a byte. Integers are in host order: the buffer never leaves the machine. Sections
 * follow the header in the order zones, ports, wires, profiles, prefixes, servers, each 8-byte aligned
 * and without gaps, so that one configuration has exactly one encoding. Reserved bytes are zero. Names
 * are NUL-terminated and padded with NULs. A zone index, a port index and so on is a position in its
 * section.
 */
#pragma once

#include <stdint.h>

enum {
	SCREEN_SNAPSHOT_MAGIC = 0x53594e53, /* "SNYS" in memory */
	SCREEN_SNAPSHOT_VERSION = 6,
	SCREEN_NAME_SIZE = 68,	  /* 64 characters, a NUL, padding */
	SCREEN_IFNAME_SIZE = 16,  /* IFNAMSIZ */
	SCREEN_PATH_SIZE = 256,	  /* of a file's name, NUL included */
	SCREEN_SKEW_MAX = 20,	  /* seconds that the clocks of peers may be apart */
	SCREEN_DIGEST_SIZE = 32,  /* SHA-256 */
	SCREEN_ZONES_MAX = 64,
	SCREEN_PORTS_MAX = 64,
	SCREEN_WIRES_MAX = 32,
	SCREEN_PROFILES_MAX = 64,
	SCREEN_PREFIXES_MAX = 16384,
	SCREEN_WHITE_LIST_MAX = 4096, /* prefixes in one profile's white-lists */
	SCREEN_LISTS_MAX = 64,	    /* white-lists of one profile */
	SCREEN_SERVERS_MAX = 64,    /* server-profile statements */
	SCREEN_NONE = 0xffff,	    /* "no such index" */
};

/* security flow syn-flood-protection-mode, as far as the gate admitted it. */
enum screen_mode {
	SCREEN_MODE_DROP = 0,	    /* no cookies: the excess over attack-threshold is dropped */
	SCREEN_MODE_SYN_COOKIE = 1,
};

enum screen_activation {
	SCREEN_ACTIVATION_THRESHOLD = 0, /* challenge while the destination's meter floods */
	SCREEN_ACTIVATION_ALWAYS = 1,	 /* challenge every unknown SYN */
	SCREEN_ACTIVATION_KERNEL = 2,	 /* on host ports: while a listener's queue overflows. Wires have
					  * no listeners: there it is THRESHOLD */
};

/* What a valid answer to a challenge leads to: security flow syn-cookie admission. */
enum screen_admission {
	SCREEN_ADMISSION_UNSET = 0,	 /* as one level up: destination, zone, all */
	SCREEN_ADMISSION_SPLICE = 1,	 /* the connection is opened to the server, and translated */
	SCREEN_ADMISSION_RESET = 2,	 /* it is reset; the client's next one passes */
	SCREEN_ADMISSION_SAFE_RESET = 3, /* the challenge is one that the client's stack resets itself */
	SCREEN_ADMISSION_KERNEL = 4,	 /* host ports: the listener gets a socket at once */
	SCREEN_ADMISSION_KERNEL_COOKIES = 5, /* host ports: no challenge of ours; the kernel's own */
};

/* Who answers, checks and, on wires, forwards: security flow syn-cookie offload. */
enum screen_offload {
	SCREEN_OFFLOAD_AUTO = 0,   /* the XDP program, as far as it is proved that it can */
	SCREEN_OFFLOAD_ENGINE = 1, /* the engine alone */
	SCREEN_OFFLOAD_DRIVER = 2, /* the XDP program; refused where that is not proved */
};

enum screen_on_failure {
	SCREEN_ON_FAILURE_OPEN = 0,   /* the kernel bridge carries on */
	SCREEN_ON_FAILURE_CLOSED = 1, /* everything is dropped */
};

enum screen_prefix_kind {
	SCREEN_PREFIX_SOURCE = 0,
	SCREEN_PREFIX_DESTINATION = 1,
};

/* The screens of a profile, as bits of screen_profile_config.armed, and the rows of a zone's
 * statistics: Junos's attack types, in its order. */
enum screen_ids {
	SCREEN_IDS_ICMP_FLOOD,
	SCREEN_IDS_UDP_FLOOD,
	SCREEN_IDS_WINNUKE,
	SCREEN_IDS_TCP_PORT_SCAN,
	SCREEN_IDS_UDP_PORT_SCAN,
	SCREEN_IDS_IP_SWEEP,
	SCREEN_IDS_TCP_SWEEP,
	SCREEN_IDS_UDP_SWEEP,
	SCREEN_IDS_TEAR_DROP,
	SCREEN_IDS_SYN_FLOOD, /* armed: tcp syn-flood; the row counts what the threshold acted on */
	SCREEN_IDS_SYN_FLOOD_SOURCE,	  /* a row only: source-threshold */
	SCREEN_IDS_SYN_FLOOD_DESTINATION, /* likewise */
	SCREEN_IDS_PING_DEATH,
	SCREEN_IDS_SOURCE_ROUTE,
	SCREEN_IDS_LAND,
	SCREEN_IDS_SYN_FRAG,
	SCREEN_IDS_NO_FLAG,
	SCREEN_IDS_UNKNOWN_PROTOCOL,
	SCREEN_IDS_BAD_OPTION,
	SCREEN_IDS_RECORD_ROUTE,
	SCREEN_IDS_TIMESTAMP,
	SCREEN_IDS_SECURITY,
	SCREEN_IDS_LOOSE_SOURCE_ROUTE,
	SCREEN_IDS_STRICT_SOURCE_ROUTE,
	SCREEN_IDS_STREAM,
	SCREEN_IDS_ICMP_FRAGMENT,
	SCREEN_IDS_ICMP_LARGE,
	SCREEN_IDS_SYN_FIN,
	SCREEN_IDS_FIN_NO_ACK,
	SCREEN_IDS_SOURCE_SESSIONS,
	SCREEN_IDS_DESTINATION_SESSIONS,
	SCREEN_IDS_SYN_ACK_ACK,
	SCREEN_IDS_BLOCK_FRAG,
	SCREEN_IDS_EXTENSION_HEADER,
	SCREEN_IDS_EXTENSION_LIMIT,
	SCREEN_IDS_IPV6_MALFORMED,
	SCREEN_IDS_ICMPV6_MALFORMED,
	SCREEN_IDS,
};

struct screen_section {
	uint32_t offset; /* bytes from the start of the header */
	uint32_t count;	 /* entries */
};

struct screen_snapshot_header {
	uint32_t magic;
	uint16_t version;
	uint16_t header_size; /* sizeof(struct screen_snapshot_header) */
	uint32_t total_size;  /* bytes, header included */
	uint32_t reserved0;
	uint8_t digest[SCREEN_DIGEST_SIZE]; /* SHA-256 of all bytes after this field */
	uint64_t generation;		    /* larger than that of every snapshot before */
	struct screen_section zones, ports, wires, profiles, prefixes, servers;
	uint8_t mode;	    /* enum screen_mode */
	uint8_t activation; /* enum screen_activation */
	uint8_t no_syn_check;
	uint8_t offload; /* enum screen_offload */
	uint16_t time_wait_s;	   /* tcp-session time-wait-state session-timeout, 2-600 */
	uint16_t initial_timeout_s;/* tcp-session tcp-initial-timeout, 4-300 */
	uint8_t epoch_skew_s;	   /* syn-cookie epoch-skew, 0-SCREEN_SKEW_MAX */
	uint8_t half_close; /* 1: tcp-session time-wait-state apply-to-half-close-state */
	uint8_t admission;  /* syn-cookie admission, on wires: SPLICE, RESET or SAFE_RESET */
	uint8_t host_admission; /* and on host ports: RESET, SAFE_RESET, KERNEL or KERNEL_COOKIES */
	uint32_t inactivity_timeout_s; /* tcp-session inactivity-timeout, 60-86400 */
	uint32_t reply_rate;	       /* syn-cookie reply-rate: replies/s of a port, 0: no ceiling */
	uint32_t reply_prefix_rate;    /* and to one IPv4 /24 or IPv6 /48 */
	uint16_t validated_timeout_s;  /* syn-cookie validated-timeout, 0-3600; 0: nobody is */
	uint16_t passive_timer_s;      /* syn-cookie passive-timer, 0-3600: KERNEL only */
	uint16_t flood_timer_s;	       /* syn-cookie flood-timer, 0-3600; both 0: as ALWAYS */
	uint16_t reserved3;
	char key_file[SCREEN_PATH_SIZE]; /* syn-cookie key-file; empty: state_dir/master.key */
};

struct screen_zone_config {
	char name[SCREEN_NAME_SIZE];
	uint16_t profile; /* SCREEN_NONE: the zone is not screened */
	uint8_t admission; /* enum screen_admission; one that fits all ports of the zone */
	uint8_t reserved;
};

struct screen_port_config {
	char ifname[SCREEN_IFNAME_SIZE];
	uint16_t zone;
	uint16_t wire; /* SCREEN_NONE: a host port */
	uint32_t reserved;
};

struct screen_wire_config {
	char name[SCREEN_NAME_SIZE];
	uint16_t port[2];
	uint8_t on_failure; /* enum screen_on_failure */
	uint8_t reserved[7];
};

/* One ids-option. Values of what is not armed are 0. */
struct screen_profile_config {
	char name[SCREEN_NAME_SIZE];
	uint32_t prefix_first; /* its white-list: entries of the prefix section */
	uint32_t prefix_count;
	uint32_t reserved0;
	uint64_t armed; /* bits of enum screen_ids; rows only are 0 */
	/* SYN_FLOOD */
	uint32_t alarm_threshold;	/* SYN/s, 1-500000 */
	uint32_t attack_threshold;	/* SYN/s, 1-500000 */
	uint32_t source_threshold;	/* SYN/s, 4-1000000 */
	uint32_t destination_threshold; /* SYN/s, 4-1000000 */
	uint32_t timeout_s;		/* life of a half-open flow, 1-50 */
	/* rates towards one destination address */
	uint32_t icmp_flood, udp_flood; /* packets/s, 1-1000000 */
	/* ten targets of one source within so many microseconds, 1000-1000000 */
	uint32_t tcp_port_scan_us, udp_port_scan_us;
	uint32_t ip_sweep_us, tcp_sweep_us, udp_sweep_us;
	/* connections at a time */
	uint32_t syn_ack_ack;			    /* 1-250000 */
	uint32_t source_sessions, destination_sessions; /* 1-2000000 */
	uint8_t extension_limit;		    /* IPv6 extension headers, 0-32 */
	uint8_t alarm_without_drop;		    /* 1: everything is counted, nothing is done */
	uint8_t reserved1[2];
	uint64_t extension_headers[4]; /* EXTENSION_HEADER: bits of next-header values */
};

/* One prefix of a white-list. IPv4 is v4-mapped (::ffff:a.b.c.d, length 96-128). A SYN is on a list
 * when it matches one of the list's prefixes of each kind that the list has. */
struct screen_prefix_config {
	uint8_t address[16]; /* host bits are zero */
	uint8_t length;	     /* 0-128 */
	uint8_t kind;	     /* enum screen_prefix_kind */
	uint16_t list;	     /* lists of one profile are numbered from 0, in order */
	uint32_t reserved;
};

/* What is known of a server, as bits of known and has. */
enum screen_server_flag {
	SCREEN_SERVER_MSS = 1 << 0,	   /* mss; known is enough */
	SCREEN_SERVER_WSCALE = 1 << 1,	   /* has: wscale */
	SCREEN_SERVER_SACK = 1 << 2,
	SCREEN_SERVER_TIMESTAMPS = 1 << 3,
	SCREEN_SERVER_ECN = 1 << 4,
	SCREEN_SERVER_WINDOW = 1 << 5,	   /* window; known is enough; never configured */
	SCREEN_SERVER_FLAGS = (1 << 6) - 1,
};

/* What a server agrees to in a SYN-ACK. Values of what is not known are 0. */
struct screen_server_profile {
	uint16_t mss;	 /* 216-65535 */
	uint16_t window; /* of its SYN-ACKs, not scaled; at least 1 */
	uint8_t wscale;	 /* 0-14 */
	uint8_t known;	 /* bits of enum screen_server_flag */
	uint8_t has;	 /* likewise, within known; MSS and WINDOW never */
	uint8_t reserved;
};

/* One syn-cookie server-profile: what is set here is neither learned nor taken from the zone. Ordered by
 * decreasing length, then by address, then by decreasing port: the first that matches a server counts. */
struct screen_server_config {
	uint8_t address[16]; /* v4-mapped like a prefix; host bits are zero */
	uint8_t length;	     /* 0-128 */
	uint8_t admission;   /* enum screen_admission: on wires only, so not KERNEL and KERNEL_COOKIES */
	uint16_t port;	     /* 0: any */
	uint8_t no_probe;    /* 1: SYNs are challenged though nobody has seen the port answer */
	uint8_t reserved[3];
	struct screen_server_profile profile;
};

_Static_assert(sizeof(struct screen_snapshot_header) == 392, "ABI");
_Static_assert(sizeof(struct screen_zone_config) == 72, "ABI");
_Static_assert(sizeof(struct screen_port_config) == 24, "ABI");
_Static_assert(sizeof(struct screen_wire_config) == 80, "ABI");
_Static_assert(sizeof(struct screen_profile_config) == 184, "ABI");
_Static_assert(sizeof(struct screen_prefix_config) == 24, "ABI");
_Static_assert(sizeof(struct screen_server_profile) == 8, "ABI");
_Static_assert(sizeof(struct screen_server_config) == 32, "ABI");
