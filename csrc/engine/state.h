/*
 * The engine's own state, shared by its files.
 *
 * Threads: the control thread (whoever calls the ABI), the keeper (epochs, grace periods, links) and
 * one worker per queue index. The control thread and the keeper take `lock`; workers take nothing.
 * They read one pointer per burst, `view`; what it pointed to before is let go of after a QSBR grace
 * period.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"
#include "host.h"
#include "keyring.h"
#include "meter.h"
#include "policy.h"
#include "screen.h"
#include "shim.h"
#include "snapshot.h"
#include "xsk.h"

enum {
	SCREEN_WORKERS_MAX = SCREEN_QUEUES_MAX,
};

struct screen_worker;
struct screen_tap;
struct bpf_object;
struct ring_buffer;
struct sent;
struct xdp_program;

/* The question whether a queue transmits, asked by the control thread, answered by the worker. */
enum screen_probe {
	SCREEN_PROBE_IDLE,
	SCREEN_PROBE_ASKED,  /* by control */
	SCREEN_PROBE_SENT,   /* by the worker */
	SCREEN_PROBE_DONE,   /* the frame has completed */
	SCREEN_PROBE_FAILED, /* error has a negative errno */
};

struct screen_queue {
	struct screen_xsk main;
	struct screen_xsk syn;
	_Atomic uint32_t ready; /* the worker has filled the fill ring */
	_Atomic uint32_t probe; /* enum screen_probe */
	_Atomic int32_t probe_error;
	uint64_t probe_address; /* [worker] */
	uint32_t tx_queued;	/* [worker] descriptors written since the last kick */
	uint32_t with_kernel;	/* [worker] frames given to the fill ring and not yet received */
	uint32_t received, lost; /* [worker] of what the driver handed to the main ring: see order.h */
	uint64_t lost_ns;	/* [worker] when it looked for what was lost */
};

/* What was counted of one way by which frames leave a port when a span of time began: see driverwatch.c. */
struct screen_driver_span {
	uint64_t start_ns, sent, drops;
	uint64_t asked;	     /* redirected so, by the count of the program that does it */
	uint64_t asked_last; /* likewise, at the last look */
};

/* The port's driver, as the keeper watches it. */
struct screen_driver {
	struct screen_driver_span answer, pass;
	uint64_t tried_ns; /* its proofs; 0: now */
	bool carrier;	   /* at the last look */
};

struct screen_port {
	enum screen_port_state state;
	uint8_t slot;
	uint8_t peer; /* slot of the other port of its wire */
	uint16_t wire;
	uint32_t ifindex, mtu, queues_count;
	uint8_t mac[6];
	bool native, dispatcher, carrier, held_down;
	uint64_t released_ns; /* when it was let up again */
	bool leaving; /* no longer in views that are made */
	uint8_t can;  /* enum screen_port_offload: what is proved of its driver */
	char ifname[SCREEN_IFNAME_SIZE];
	enum screen_on_failure on_failure;
	bool is_host;		   /* it has no peer and no wire */
	struct bpf_object *object; /* of the XDP program */
	struct bpf_object *admit;  /* of a host port's TC programs */
	struct xdp_program *program;
	struct screen_shim_control *control; /* mapped */
	int xsks_fd, counters_fd, peer_fd;
	struct screen_driver driver;
	struct screen_queue *queues; /* queues_count */
};

/* One wire that the engine has built. */
struct screen_wire {
	bool used, staged;
	uint16_t id; /* in flow keys: never given out twice in the life of an engine */
	uint8_t port[2];
	enum screen_on_failure on_failure;
	char name[SCREEN_NAME_SIZE];
	char bridge[SCREEN_IFNAME_SIZE];
};

/* What all host ports share with the kernel: descriptors of maps, see hostmaps.h. */
struct screen_host_maps {
	bool there; /* else there can be no host ports: */
	int error;  /* errno */
	int meters, validated, policies, keys, whites, news, translated, flows;
	struct ring_buffer *reader;	  /* of the news */
	struct screen_host_policy policy; /* as it is published */
	struct screen_host_keys *keys_given; /* what the kernel has of them. Secret */
	bool keys_late;			  /* those of now could not be handed to the kernel */
	bool punting;			  /* net.ipv4.tcp_syncookies is 2 by our doing */
	bool refuses;			  /* it is 0: the kernel admits nobody */
};

/* What a worker sees in one burst. Immutable. */
struct screen_view {
	const struct screen_policy *policy;
	const struct screen_keyset *keyset;
	uint64_t serial; /* no two views of an engine have the same */
	uint32_t ports_count;
	struct screen_port *ports[SCREEN_PORTS_MAX]; /* attached, published or staged */
	struct screen_port *by_slot[SCREEN_PORTS_MAX];
};

/* A snapshot and what became of it. */
struct screen_config {
	uint8_t *buffer; /* the engine's own copy */
	struct screen_snapshot snapshot;
	struct screen_policy *policy;
	struct screen_white_list *white; /* the policy's */
	uint8_t zone_id[SCREEN_ZONES_MAX]; /* of each zone of the snapshot */
	uint8_t slot[SCREEN_PORTS_MAX];	   /* of each port of the snapshot */
};

struct screen_engine {
	struct screen_engine_options options;
	pthread_mutex_t lock;
	_Atomic(struct screen_view *) view;
	struct screen_view views[2]; /* the one that is published, and the next */
	uint64_t view_serial;

	struct screen_port ports[SCREEN_PORTS_MAX];
	struct screen_wire wires[SCREEN_WIRES_MAX];
	struct screen_zone_slot zones[SCREEN_ZONES_MAX];
	uint16_t next_wire_id;

	struct screen_config *running, *staged;
	struct screen_policy *empty_policy;
	struct screen_keyset *keyset;
	const struct screen_codec *codec;
	struct screen_capabilities proved; /* of the running configuration */
	struct screen_capabilities staged_proved;

	struct screen_keyring keyring;
	uint64_t keys_ended; /* of the ring, as clients.c knows it */
	bool keyset_late; /* the keyset of now could not be made: see the state directory */

	struct screen_flows flows;
	void *flows_memory;
	size_t flows_size;
	struct screen_host_maps host;
	bool drivers_changed; /* what ports can is to be told to their programs */
	struct sent *sent; /* NULL: nobody has asked yet, or the kernel does not give it */
	struct screen_meters *meters; /* and validated: see hostmaps.h */
	struct screen_sessions *sessions;
	struct screen_validated *validated;
	struct screen_events events; /* the keeper's */
	_Atomic(struct screen_tap *) tap; /* NULL: nobody looks */

	struct screen_worker *workers[SCREEN_WORKERS_MAX];
	_Atomic uint32_t workers_count;

	pthread_t keeper;
	bool keeper_runs;
	_Atomic uint32_t stop;
	int keeper_event; /* eventfd that ends the keeper's sleep */
	int watch_fd;
	_Atomic uint64_t grace_started, grace_done; /* for flows taken out of the table */

	struct screen_handover_status handover; /* of the engine before */
	uint64_t start_ns;
};

/* The wire that the port in this slot belongs to, or NULL. */
static inline struct screen_wire *screen_wire_of(struct screen_engine *engine, uint8_t slot)
{
	for (int i = 0; i < SCREEN_WIRES_MAX; i++)
		if (engine->wires[i].used &&
		    (engine->wires[i].port[0] == slot || engine->wires[i].port[1] == slot))
			return &engine->wires[i];
	return NULL;
}

/* CLOCK_MONOTONIC, ns. */
uint64_t screen_now_ns(void);
