/*
 * The engine's ABI. Everything here is called by one control thread at a time, never by a worker.
 *
 * A configuration goes in by two steps: prepare (copy, validate, attach what is new, prove) and
 * publish (one atomic store, a grace period) or drop (undo what prepare did). A failure anywhere
 * leaves the running snapshot, its generation and its traffic as they were.
 *
 * Functions return 0 or a negative enum screen_error; what went wrong with which object is written
 * to a caller-owned struct screen_error_info. The engine keeps no pointer that it was passed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "snapshot.h"

#define SCREEN_API __attribute__((visibility("default")))

enum {
	SCREEN_ABI_VERSION = 7,
	SCREEN_TEXT_SIZE = 192,
	SCREEN_MESSAGE_SIZE = 512,
	SCREEN_FINGERPRINT_SIZE = 20, /* 16 hex digits, a NUL, padding */
	SCREEN_CODEC_SIZE = 16,
	SCREEN_QUEUES_MAX = 64, /* RX queues of a port, so workers of an engine */
};

enum screen_error {
	SCREEN_OK = 0,
	SCREEN_ERROR_ARGUMENT = -1, /* an argument is out of range */
	SCREEN_ERROR_MEMORY = -2,   /* memory could not be had or locked */
	SCREEN_ERROR_SNAPSHOT = -3, /* the snapshot's bytes do not validate */
	SCREEN_ERROR_ATTACH = -4,   /* a port or bridge could not be set up */
	SCREEN_ERROR_STATE = -5,    /* the call does not fit the engine's state */
	SCREEN_ERROR_KEY = -6,	    /* the master key could not be had */
	SCREEN_ERROR_SYSTEM = -7,   /* a system call failed */
};

struct screen_error_info {
	int32_t code;			/* enum screen_error */
	int32_t errnum;			/* errno, or 0 */
	char object[SCREEN_NAME_SIZE];	/* what it is about: an interface, a wire, a section */
	char message[SCREEN_MESSAGE_SIZE]; /* one sentence with the remedy where one is known */
};

/* How hard to ask the driver. What was obtained is in struct screen_port_status. */
enum screen_attach { SCREEN_ATTACH_NATIVE = 0, SCREEN_ATTACH_GENERIC = 1 };
enum screen_bind { SCREEN_BIND_AUTO = 0, SCREEN_BIND_COPY = 1, SCREEN_BIND_ZEROCOPY = 2 };

struct screen_engine_options {
	uint32_t abi_version;	   /* SCREEN_ABI_VERSION */
	uint32_t size;		   /* sizeof(struct screen_engine_options) */
	char state_dir[SCREEN_PATH_SIZE]; /* holds master.key, epoch.floor, attached.ports and, between
					   * two engines, flows.handover */
	uint32_t flows_max;	   /* entries of the flow table; a power of two, 2^10 to 2^24 */
	uint32_t frames_per_worker;/* UMEM chunks of a worker; a power of two, 2^11 to 2^18 */
	uint32_t chunk_size;	   /* bytes, 2048 or 4096; a frame may have chunk_size - 278 of MTU */
	uint8_t attach;		   /* enum screen_attach */
	uint8_t bind;		   /* enum screen_bind */
	uint16_t learning_s;	   /* the learning period after start, 0-3600 */
	uint32_t learning_rate;	   /* unknown segments a second that pass in it, per worker */
	uint32_t busy_poll_us;	   /* for so long after its last frame a worker looks into its queues
				    * itself and does not sleep; 0: never, at most 1,000,000 */
	uint32_t status_size;	   /* sizeof(struct screen_engine_status): grows with the counters */
};

/* Three-valued: a "could not tell" is never taken for a yes, and never remembered. */
enum screen_answer { SCREEN_UNKNOWN = 0, SCREEN_YES = 1, SCREEN_NO = 2 };

struct screen_proof {
	uint32_t answer;	       /* enum screen_answer */
	char reason[SCREEN_TEXT_SIZE]; /* when not yes: why */
};

struct screen_port_proof {
	char ifname[SCREEN_IFNAME_SIZE];
	uint32_t published; /* 1: in the running snapshot too, 0: only staged */
	struct screen_proof tx;
	struct screen_proof answer; /* the driver sends what is redirected back to the port: replies */
	struct screen_proof pass;   /* what its peer redirects to it is sent */
};

/* Whether a zone's connections can be spliced: both directions of them must come by. */
struct screen_zone_proof {
	char name[SCREEN_NAME_SIZE];
	struct screen_proof splice;
};

/* What the engine proved for the staged configuration, or the running one when none is staged. */
struct screen_capabilities {
	struct screen_proof mint;     /* known answers, each path that this CPU runs */
	struct screen_proof validate; /* known answers and a round trip */
	struct screen_proof splice;   /* the translation's known answers */
	struct screen_proof keyset;   /* keys of the current epoch are published */
	/* of host ports; UNKNOWN without any */
	struct screen_proof kernel_admission; /* a connection was made in a namespace of its own */
	struct screen_proof kernel_cookies;   /* net.ipv4.tcp_syncookies can be written */
	uint32_t ports_count;
	uint32_t staged; /* 1 when this is about a staged configuration */
	struct screen_port_proof ports[SCREEN_PORTS_MAX];
	uint32_t zones_count;
	struct screen_zone_proof zones[SCREEN_ZONES_MAX]; /* those that are screened */
};

enum screen_port_state {
	SCREEN_PORT_FREE = 0,
	SCREEN_PORT_STAGED = 1,
	SCREEN_PORT_PUBLISHED = 2,
};

/* What the XDP program of a port does itself, as bits. */
enum screen_port_offload {
	SCREEN_PORT_ANSWERS = 1, /* SYNs to flooding destinations are answered */
	SCREEN_PORT_CHECKS = 2,	 /* segments of no connection are checked while flooding */
	SCREEN_PORT_PASSES = 4,	 /* segments of flows that need no translation go to the other port */
};

struct screen_port_status {
	char ifname[SCREEN_IFNAME_SIZE];
	char peer[SCREEN_IFNAME_SIZE]; /* the other port of its wire */
	char zone[SCREEN_NAME_SIZE];
	char wire[SCREEN_NAME_SIZE];
	uint32_t state; /* enum screen_port_state */
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t queues;
	uint8_t carrier;
	uint8_t held_down;   /* taken down because the other port lost its link */
	uint8_t native;	     /* 1: driver mode, 0: generic */
	uint8_t zerocopy;    /* 1: zero-copy, 0: copy */
	uint8_t dispatcher;  /* 1: under libxdp's dispatcher, 0: the only program */
	uint8_t on_failure;  /* enum screen_on_failure */
	uint8_t host;	     /* 1: a host port, without peer and wire */
	uint8_t admission;   /* of a host port in the running configuration: enum screen_admission */
	uint8_t offload;     /* enum screen_port_offload, bits: what the driver does now */
	uint8_t napi_queues;   /* busy polling: queues whose NAPI instance the kernel has told */
	uint8_t irqs_deferred; /* 1: the device's interrupts stay off between two looks */
	uint8_t reserved;
	uint32_t busy_poll_us; /* as its sockets have it; 0: they are not busy polled */
	char offload_reason[SCREEN_TEXT_SIZE]; /* why not all of them; empty when all, or when offload engine
						* is configured */
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
	uint64_t replies_in_reserve;  /* that took a slot or frame of forwarding's: none, unless there is a fault */
	uint64_t kernel_rx_dropped;   /* XDP_STATISTICS: the main receive ring was full */
	uint64_t kernel_syn_dropped;  /* likewise that for SYNs */
	uint64_t kernel_fill_empty;   /* XDP_STATISTICS: no free chunk for a frame */
	uint64_t reasons[SCREEN_REASONS];
	uint64_t shim[SCREEN_SHIM_COUNTERS];
};

struct screen_wire_status {
	char name[SCREEN_NAME_SIZE];
	char port[2][SCREEN_IFNAME_SIZE];
	char bridge[SCREEN_IFNAME_SIZE]; /* empty under on-failure closed */
	uint32_t on_failure;
};

struct screen_zone_status {
	char name[SCREEN_NAME_SIZE];
	char profile[SCREEN_NAME_SIZE];
	uint32_t flooding;	/* 1 while some destination floods */
	uint32_t syn_rate;	/* SYNs of the last whole second */
	uint64_t flooding_since_ns; /* CLOCK_MONOTONIC; 0 when calm */
	uint64_t alarms;	/* destinations that reached alarm-threshold, one a second each */
	uint64_t attacks;	/* times a destination went from calm to flooding */
	uint64_t challenged;	/* challenges sent, or that would have been (alarm-without-drop) */
	uint64_t cookies_valid;
	uint64_t cookies_invalid; /* ACKs to flooding destinations whose cookie did not check */
	uint64_t refused;	/* challenges that the reply budget did not allow */
	uint32_t symmetry;	/* enum screen_symmetry: what its flows say of the way back */
	uint32_t one_way, two_way; /* flows of the last 10 to 20 minutes that were seen so */
	uint32_t reserved;
	uint64_t ids[SCREEN_IDS]; /* hits of each screen */
};

/* Whether both directions of a zone's connections come by. */
enum screen_symmetry {
	SCREEN_SYMMETRY_UNKNOWN = 0,
	SCREEN_SYMMETRY_BOTH = 1,
	SCREEN_SYMMETRY_PARTLY = 2,  /* a tenth or more of the flows go another way back */
	SCREEN_SYMMETRY_ONE_WAY = 3, /* nothing can be spliced: safe-reset takes its place */
};

/* What the answers to challenges say of a flood. */
enum screen_looks {
	SCREEN_LOOKS_UNKNOWN = 0, /* too few challenges to say */
	SCREEN_LOOKS_SPOOFED = 1, /* hardly any challenge comes back valid: forged sources */
	SCREEN_LOOKS_MIXED = 2,
	SCREEN_LOOKS_CROWD = 3,	  /* most come back: many real clients */
};

/* A destination that floods, or did until just now. */
struct screen_destination_row {
	char zone[SCREEN_NAME_SIZE];
	uint8_t address[16]; /* IPv4 v4-mapped */
	uint16_t port;
	uint8_t flooding;
	uint8_t looks;	     /* enum screen_looks, of the last whole 10 s */
	uint64_t since_ns;   /* CLOCK_MONOTONIC: entered flooding */
	uint32_t syn_rate;   /* SYNs of the last whole second */
	uint32_t peak_rate;
	uint64_t syns, challenged, valid, invalid, refused;
};

/* A source prefix (IPv4 /24, IPv6 /64) of SYNs to flooding destinations. */
struct screen_source_row {
	char zone[SCREEN_NAME_SIZE];
	uint8_t address[16]; /* IPv4 v4-mapped */
	uint8_t length;	     /* 120 (v4-mapped /24) or 64 */
	uint8_t reserved[7];
	uint64_t syns;	     /* an estimate, never above the truth, of the last minute or so */
};

enum screen_event_kind {
	SCREEN_EVENT_ALARM = 1,	      /* a destination reached alarm-threshold, once a second */
	SCREEN_EVENT_FLOOD_START = 2, /* a destination went from calm to flooding */
	SCREEN_EVENT_FLOOD_END = 3,   /* and back */
	SCREEN_EVENT_SCREEN = 4,      /* another screen has acted, once a second for each zone */
};

/* Something to log. */
struct screen_event {
	uint64_t realtime_ns;
	uint32_t kind; /* enum screen_event_kind */
	uint32_t ids;  /* enum screen_ids */
	char zone[SCREEN_NAME_SIZE];
	char ifname[SCREEN_IFNAME_SIZE];
	uint8_t source[16], destination[16]; /* IPv4 v4-mapped; zeros: does not matter */
	uint16_t sport, dport;
	uint8_t protocol; /* IP's */
	uint8_t dropped;  /* 0: alarm-without-drop, or nothing was to be dropped */
	uint8_t looks;	  /* enum screen_looks, of floods */
	uint8_t reserved;
	uint64_t count;	      /* frames in this second; of FLOOD_END: SYNs in all */
	uint64_t duration_ns; /* FLOOD_END */
};

enum screen_tap_side { SCREEN_TAP_IN = 0, SCREEN_TAP_OUT = 1 };

/* Which frames are copied for a look. */
struct screen_tap_filter {
	char ifname[SCREEN_IFNAME_SIZE]; /* empty: any port */
	uint32_t snap_length;		 /* bytes of a frame at most; 0: none, its fate alone */
	uint8_t has_tuple;		 /* 1: only frames between these two, either way */
	uint8_t reserved[3];
	uint8_t address[2][16]; /* IPv4 v4-mapped */
	uint16_t port[2];
};

/* Before each frame's bytes in what screen_engine_tap_read() writes; records begin 8-byte aligned. */
struct screen_tap_record {
	uint64_t realtime_ns;
	uint32_t size;	   /* of the record, this header and padding included */
	uint32_t length;   /* of the frame */
	uint32_t captured; /* bytes that follow */
	uint8_t slot;	   /* the port's place in the list of ports */
	uint8_t side;	   /* enum screen_tap_side */
	uint8_t verdict;   /* enum screen_verdict; of a frame that came in */
	uint8_t reserved;
	uint32_t reason; /* enum screen_reason; likewise */
	char ifname[SCREEN_IFNAME_SIZE];
	uint32_t reserved2;
};

/* How cluster time, in which epochs are counted, stands to this machine's clock. */
enum screen_cluster_state {
	SCREEN_CLUSTER_FOLLOWS = 0,
	SCREEN_CLUSTER_JUMPED = 1, /* was more than 15 min behind, and jumped forward in the last minute */
	SCREEN_CLUSTER_AHEAD = 2,  /* is more than 15 min ahead: goes at half speed until it is not */
};

/* A master key beside the one that is minted with. */
enum screen_other_key {
	SCREEN_OTHER_KEY_NONE = 0,
	SCREEN_OTHER_KEY_STAGED = 1,  /* accepted, not yet minted with */
	SCREEN_OTHER_KEY_RETIRED = 2, /* was minted with; accepted for two epochs more */
};

struct screen_key_status {
	char file[SCREEN_PATH_SIZE];		   /* where the active one is read from */
	char active[SCREEN_FINGERPRINT_SIZE];	   /* a hash; empty: no key was opened yet */
	char other[SCREEN_FINGERPRINT_SIZE];
	uint32_t other_kind;			   /* enum screen_other_key */
	uint32_t other_left_s;			   /* until a retired key is forgotten, at most */
};

/* What became of the flows that the engine before handed over. */
enum screen_handover {
	SCREEN_HANDOVER_NONE = 0,	   /* there are none, or nothing has been published yet */
	SCREEN_HANDOVER_TAKEN = 1,
	SCREEN_HANDOVER_UNSAFE = 2,	   /* not taken: somebody else could write the file, or it cannot
					    * be opened */
	SCREEN_HANDOVER_DAMAGED = 3,
	SCREEN_HANDOVER_OTHER_VERSION = 4, /* of the format */
	SCREEN_HANDOVER_OTHER_BOOT = 5,
	SCREEN_HANDOVER_OLD = 6,	   /* more than five minutes */
};

struct screen_handover_status {
	uint32_t result;  /* enum screen_handover */
	uint32_t servers; /* taken over: what was learned of so many */
	uint64_t flows;	  /* likewise */
	uint64_t left;	  /* flows that were not: their ports are no wire here, or there was no room */
};

struct screen_engine_status {
	uint64_t generation; /* of the running snapshot, 0 when none */
	uint64_t now_ns;     /* CLOCK_MONOTONIC at the call */
	uint64_t start_ns;
	uint64_t check_epoch, mint_epoch;
	int64_t cluster_offset_ns; /* cluster time minus CLOCK_REALTIME */
	uint64_t cluster_jumps;	   /* times that cluster time jumped forward */
	uint32_t cluster_state;	   /* enum screen_cluster_state */
	uint32_t epoch_skew_s;
	struct screen_key_status key;
	char codec[SCREEN_CODEC_SIZE]; /* which code computes cookies: avx512, avx2 or scalar */
	uint64_t flows, flows_max;
	uint64_t flows_installed, flows_spliced, flows_expired, flows_refused;
	struct screen_handover_status handover;
	uint64_t splice_opened, splice_refused, splice_timeout;
	uint64_t held_frames, held_max;
	uint64_t validated_inserted, validated_renewed, validated_refused;
	uint64_t validated_max;
	uint32_t workers;
	uint32_t ports_count, wires_count, zones_count;
	uint8_t mode;
	uint8_t learning; /* 1 in the learning period */
	uint8_t keyset_late; /* 1: the state directory cannot be written, so no new epoch is used */
	uint8_t workers_late; /* that have not beaten for a second: the shim takes them for gone */
	uint32_t frames_per_worker, chunk_size;
	struct screen_port_status ports[SCREEN_PORTS_MAX];
	struct screen_wire_status wires[SCREEN_WIRES_MAX];
	struct screen_zone_status zones[SCREEN_ZONES_MAX];
};

enum screen_flow_state {
	SCREEN_FLOW_HALF_OPEN = 1, /* a SYN went by */
	SCREEN_FLOW_OPEN = 2,	   /* both sides have spoken, or it was learned */
	SCREEN_FLOW_PENDING = 3,   /* spliced: the server has been sent the SYN */
	SCREEN_FLOW_SPLICED = 4,   /* spliced and open */
	SCREEN_FLOW_CLOSED = 5,	   /* spliced and refused, kept as a tombstone */
};

struct screen_flow_row {
	uint8_t client[16], server[16]; /* IPv4 v4-mapped */
	uint16_t client_port, server_port;
	uint16_t outer_vlan, inner_vlan;
	uint32_t state; /* enum screen_flow_state */
	uint32_t age_s, idle_s, timeout_s;
	uint8_t closing; /* bit 0: FIN from the client, bit 1: FIN from the server, bit 2: RST */
	uint8_t reserved[3];
	char wire[SCREEN_NAME_SIZE];
};

/* Which flows: all that match every condition that is set. Prefixes are v4-mapped, length 0 is any. */
struct screen_flow_filter {
	uint8_t client[16], server[16];
	uint8_t client_length, server_length; /* 0-128 */
	uint16_t client_port, server_port;    /* 0: any */
	uint16_t states;		      /* bits 1 << enum screen_flow_state; 0: any */
	char wire[SCREEN_NAME_SIZE];	      /* empty: any */
	uint32_t reserved;
};

/* A server behind a screened zone, as it answers. */
struct screen_server_row {
	char zone[SCREEN_NAME_SIZE]; /* its clients' */
	uint8_t address[16];	     /* IPv4 v4-mapped */
	uint16_t port;
	uint8_t closed; /* 1: it has just refused a connection */
	uint8_t preset; /* bits of enum screen_server_flag: what is configured and not learned */
	uint32_t idle_s; /* since its last SYN-ACK; UINT32_MAX: none was seen */
	uint32_t left_s; /* until what was learned is forgotten */
	struct screen_server_profile profile; /* as challenges use it; known 0: assumed */
};

/* A client that passes without a challenge. */
struct screen_validated_row {
	char zone[SCREEN_NAME_SIZE];
	uint8_t source[16], destination[16]; /* IPv4 v4-mapped */
	uint16_t port;			     /* the destination's */
	uint16_t reserved;
	uint32_t left_ms;
};

/* How destroy leaves the interfaces. */
enum screen_leave {
	SCREEN_LEAVE_BY_FAILURE_MODE = 0, /* bridges of `on-failure open` wires carry on */
	SCREEN_LEAVE_NOTHING = 1,	  /* everything that the engine made is taken away */
};

struct screen_engine;

/* The ABI version that the library was built with. [any] */
SCREEN_API uint32_t screen_abi_version(void);

/* Makes an engine without ports: memory and the keyset thread. Gives *engine;
 * screen_engine_destroy() takes it. [control] */
SCREEN_API int screen_engine_create(const struct screen_engine_options *options,
				    struct screen_engine **engine, struct screen_error_info *error);

/* Stages a snapshot: copies it, validates the copy, reads the master key from the snapshot's key_file
 * (from state_dir/master.key, made when missing, if that is empty), attaches new ports with a passing
 * shim, proves transmission on every port. A key that differs from the running one is activated by
 * publish. Borrows snapshot for the call. On failure it is dropped. A staged
 * configuration must be published or dropped before the next. [control] */
SCREEN_API int screen_engine_prepare(struct screen_engine *engine, const void *snapshot,
				     size_t size, struct screen_error_info *error);

/* Makes the staged snapshot the running one, waits until no worker uses the old one, frees that and
 * detaches the ports that left. [control] */
SCREEN_API int screen_engine_publish(struct screen_engine *engine, struct screen_error_info *error);

/* Undoes prepare; but while nothing runs, bridges of `on-failure open` wires stay and carry. A no-op
 * when nothing is staged. [control] */
SCREEN_API void screen_engine_drop(struct screen_engine *engine);

/* [control] */
SCREEN_API int screen_engine_capabilities(struct screen_engine *engine,
					  struct screen_capabilities *capabilities);

/* [control] */
SCREEN_API int screen_engine_status(struct screen_engine *engine,
				    struct screen_engine_status *status);

/* Writes up to rows_max flows from *cursor (0 at first) on and moves the cursor; returns the number
 * written, 0 at the end. A flow that comes or goes meanwhile may be missed. [control] */
SCREEN_API int screen_engine_flows(struct screen_engine *engine, uint64_t *cursor,
				   struct screen_flow_row *rows, uint32_t rows_max);

/* Takes the flows that match out of the table: their segments belong to no flow any more. Returns how
 * many there were, or an error. [control] */
SCREEN_API int screen_engine_clear_flows(struct screen_engine *engine,
					 const struct screen_flow_filter *filter,
					 struct screen_error_info *error);

/* Writes up to rows_max known servers from *cursor (0 at first) on and moves the cursor; returns the
 * number written, 0 at the end. [control] */
SCREEN_API int screen_engine_servers(struct screen_engine *engine, uint64_t *cursor,
				     struct screen_server_row *rows, uint32_t rows_max);

/* Forgets what was learned of all servers. Returns of how many. [control] */
SCREEN_API int screen_engine_clear_servers(struct screen_engine *engine);

/* Writes up to rows_max validated clients from *cursor (0 at first) on and moves the cursor; returns the
 * number written, 0 at the end. [control] */
SCREEN_API int screen_engine_validated(struct screen_engine *engine, uint64_t *cursor,
				       struct screen_validated_row *rows, uint32_t rows_max);

/* Forgets the validated clients of a zone; NULL: of all. [control] */
SCREEN_API int screen_engine_clear_validated(struct screen_engine *engine, const char *zone,
					     struct screen_error_info *error);

/* Reads a master key from the file at path and stages it: cookies minted with it are accepted, none is
 * minted. Another staged key is forgotten. Kept in state_dir. [control] */
SCREEN_API int screen_engine_stage_key(struct screen_engine *engine, const char *path,
				       struct screen_error_info *error);

/* Mints with the staged key from now on; the one before is accepted for two epochs more. Under a
 * key_file that file must hold the staged key already. [control] */
SCREEN_API int screen_engine_activate_key(struct screen_engine *engine,
					  struct screen_error_info *error);

/* Stages a new random key and activates it. Refused under a key_file. [control] */
SCREEN_API int screen_engine_rotate_key(struct screen_engine *engine,
					struct screen_error_info *error);

/* Writes up to rows_max destinations that flood. Returns the number written. [control] */
SCREEN_API int screen_engine_destinations(struct screen_engine *engine,
					  struct screen_destination_row *rows, uint32_t rows_max);

/* Writes up to rows_max source prefixes, those with the most SYNs first. Returns the number written.
 * [control] */
SCREEN_API int screen_engine_sources(struct screen_engine *engine, struct screen_source_row *rows,
				     uint32_t rows_max);

/* Takes up to events_max events; *lost is how many found no room since the last call. Returns the
 * number taken. [control] */
SCREEN_API int screen_engine_events(struct screen_engine *engine, struct screen_event *events,
				    uint32_t events_max, uint64_t *lost);

/* Copies frames from now on; NULL ends it. There is one tap: another filter replaces the one before.
 * [control] */
SCREEN_API int screen_engine_tap(struct screen_engine *engine,
				 const struct screen_tap_filter *filter,
				 struct screen_error_info *error);

/* Takes copied frames: records back to back, as many as fit into size bytes. *lost is how many frames
 * found no room since the last call. Returns the bytes written. [control] */
SCREEN_API int screen_engine_tap_read(struct screen_engine *engine, void *buffer, uint32_t size,
				      uint64_t *lost);

/* Sets the statistics of a zone to zero; NULL: of all zones. [control] */
SCREEN_API int screen_engine_clear(struct screen_engine *engine, const char *zone,
				   struct screen_error_info *error);

/* Ends the workers and writes what the next engine of this state_dir needs, so that no connection is
 * lost; it reads that at its first publish. Only screen_engine_destroy() may follow. Returns how many
 * flows are handed over, 0 also when no configuration runs, or an error. [control] */
SCREEN_API int screen_engine_hand_over(struct screen_engine *engine,
				       struct screen_error_info *error);

/* Ends the workers and gives back everything. A no-op on NULL. [control] */
SCREEN_API void screen_engine_destroy(struct screen_engine *engine, enum screen_leave leave);

/* Takes away what a dead engine left on this machine's interfaces (programs, bridges, settings), as
 * recorded in state_dir, and what it handed over. Returns the number of interfaces freed or an error.
 * [control] */
SCREEN_API int screen_detach(const char *state_dir, struct screen_error_info *error);
