/*
 * Meters: how many SYNs in the current second, and whether that is a flood.
 *
 * A sketch is two rows of cells; a key has one cell in each, and its estimate is the smaller one:
 * never below the truth, above it only by what collides in both rows (Cormode and Muthukrishnan,
 * "An improved data stream summary", 2005). All workers count into the same cells, so N workers do
 * not mean N times the configured rate. Memory is fixed and nothing is ever inserted or evicted.
 *
 * Each cell keeps the two states calm and flooding itself: it floods when a window reaches the
 * threshold, and calms when a whole window stayed under half of it. A key floods when both its cells
 * do.
 */
#pragma once

#include "atomics.h"

#include "contact.h"
#include "event.h"
#include "pace.h"
#include "scan.h"
#include "server.h"
#include "session.h"
#include "siphash.h"
#include "tear.h"
#include "victim.h"

enum {
	SCREEN_SKETCH_ROWS = 2,
	SCREEN_SKETCH_CELLS = 8192, /* a row; a power of two */
	SCREEN_METER_ZONES = 64,
	SCREEN_METER_WINDOWS = 0x7fffffff,
	SCREEN_METER_AHEAD = 60, /* seconds that a worker's burst cannot have lasted */
	/* How long after the last SYN to a flooding destination an ACK may still carry a cookie: two
	 * epochs and the largest skew, 148 s, at the half speed that cluster time may go. Unit: s. */
	SCREEN_COOKIE_LIFE = 296,
};

static const uint64_t SCREEN_COOKIE_LIFE_NS = SCREEN_COOKIE_LIFE * 1000000000ull;

/* One cell: bit 63 flooding | bits 62..32 window, in seconds | bits 31..0 SYNs in that window. */
typedef _Atomic uint64_t screen_cell;

struct screen_sketch {
	screen_cell cell[SCREEN_SKETCH_ROWS][SCREEN_SKETCH_CELLS];
};

struct screen_meter_reading {
	uint32_t count; /* in this window, this one included */
	bool flooding;
	bool entered; /* this SYN was the one that made it flood */
	bool alarm;   /* this SYN was the one that reached it */
};

/* How many seconds a cell's window is behind; negative: ahead, as a worker whose burst began after the
 * window turned has been there. Windows have 31 bits, and go round. */
screen_inline int32_t screen_cell_since(uint64_t cell, uint32_t window)
{
	uint32_t since = (window - (uint32_t)(cell >> 32)) & SCREEN_METER_WINDOWS;

	/* 0: one that was never used */
	if (cell && since > SCREEN_METER_WINDOWS - SCREEN_METER_AHEAD)
		return (int32_t)since - SCREEN_METER_WINDOWS - 1;
	return (int32_t)since;
}

screen_inline bool screen_cell_flooding(uint64_t cell, uint32_t window, uint32_t threshold)
{
	int32_t since = screen_cell_since(cell, window);

	if (!(cell >> 63))
		return false;
	if (since <= 0)
		return true;
	/* A whole window without any SYN, or the last one under half. Written as a product so that
	 * threshold 1 can leave, too. */
	return !(since >= 2 || 2ULL * (uint32_t)cell < threshold);
}

screen_stage uint64_t screen_cell_next(uint64_t cell, uint32_t window, uint32_t threshold)
{
	int32_t since = screen_cell_since(cell, window);
	uint32_t count = since == 0 ? (uint32_t)cell : 0;
	bool flooding = screen_cell_flooding(cell, window, threshold);

	/* A worker whose burst began before the window turned counts into the new window. */
	if (since < 0)
		return cell + ((uint32_t)cell != UINT32_MAX);
	if (count != UINT32_MAX)
		count++;
	if (count >= threshold)
		flooding = true;
	return (uint64_t)flooding << 63 | (uint64_t)(window & SCREEN_METER_WINDOWS) << 32 | count;
}

screen_inline screen_cell *screen_sketch_cell(struct screen_sketch *s, uint64_t hash, int row)
{
	uint32_t at = (uint32_t)(row ? hash >> 32 : hash) & (SCREEN_SKETCH_CELLS - 1);

	return &s->cell[row][at];
}

screen_inline uint64_t screen_cell_count(screen_cell *cell, uint32_t window, uint32_t threshold,
					 uint64_t *next)
{
	uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);
	uint32_t tries = 0;

	do
		*next = screen_cell_next(old, window, threshold);
	/* in order: who sees another's count in the second row sees it in the first one, too */
	while (!atomic_compare_exchange_weak_explicit(cell, &old, *next, memory_order_acq_rel,
						      memory_order_relaxed) &&
	       screen_again(&tries));
	return old;
}

/* Whether a cell has counted so many in this window. */
screen_inline bool screen_cell_reached(uint64_t cell, uint32_t window, uint32_t count)
{
	return screen_cell_since(cell, window) <= 0 && (uint32_t)cell >= count;
}

/* What a SYN did to a row. */
struct screen_row {
	uint64_t next; /* the cell as it left it */
	bool floods;   /* made it flood */
	bool reached;  /* made it reach alarm */
};

screen_inline struct screen_row screen_row_count(screen_cell *cell, uint32_t window, uint32_t threshold,
						 uint32_t alarm)
{
	struct screen_row r;
	uint64_t old = screen_cell_count(cell, window, threshold, &r.next);

	r.floods = r.next >> 63 && !screen_cell_flooding(old, window, threshold);
	r.reached = alarm && !screen_cell_reached(old, window, alarm) &&
		    screen_cell_reached(r.next, window, alarm);
	return r;
}

/* Of a change that a SYN made in a row, and of whether the other row had it: was the key's the last one?
 * Of workers that count at the same time one is told so: the one that takes the second row there, as the
 * first is there before it; or, where other keys have taken the second row further, the one that takes the
 * first there. */
screen_inline bool screen_sketch_last(bool first_changed, bool second_changed, bool first_has,
				      bool second_had)
{
	return (first_changed && second_had) || (second_changed && first_has);
}

/* Counts one SYN of the key with this hash in the window (in seconds). threshold is at least 1.
 * r.alarm: with this SYN the estimate has come to alarm (0: never). */
screen_inline struct screen_meter_reading screen_sketch_meter(struct screen_sketch *s, uint64_t hash,
							      uint32_t window, uint32_t threshold,
							      uint32_t alarm)
{
	screen_cell *one = screen_sketch_cell(s, hash, 0), *two = screen_sketch_cell(s, hash, 1);
	uint64_t second = atomic_load_explicit(two, memory_order_relaxed), first;
	struct screen_row a = screen_row_count(one, window, threshold, alarm);
	struct screen_row b = screen_row_count(two, window, threshold, alarm);
	struct screen_meter_reading r;

	first = atomic_load_explicit(one, memory_order_relaxed);
	r.count = (uint32_t)a.next < (uint32_t)b.next ? (uint32_t)a.next : (uint32_t)b.next;
	r.entered = screen_sketch_last(a.floods, b.floods, screen_cell_flooding(first, window, threshold),
				       screen_cell_flooding(second, window, threshold));
	/* another worker may have taken the first row there since this one counted in it */
	r.flooding = r.entered || (a.next & b.next) >> 63;
	r.alarm = screen_sketch_last(a.reached, b.reached, screen_cell_reached(first, window, alarm),
				     screen_cell_reached(second, window, alarm));
	return r;
}

screen_inline struct screen_meter_reading screen_sketch_count(struct screen_sketch *s, uint64_t hash,
							      uint32_t window, uint32_t threshold)
{
	return screen_sketch_meter(s, hash, window, threshold, 0);
}

/* Counts n more of a key that was counted in this window before, and whose estimate is above both
 * thresholds: nothing begins or ends by it, and where the window is over they count nowhere. Returns the
 * estimate; 0: it is over. */
screen_inline uint32_t screen_sketch_add(struct screen_sketch *s, uint64_t hash, uint32_t window, uint32_t n)
{
	uint32_t estimate = UINT32_MAX;

	for (int row = 0; row < SCREEN_SKETCH_ROWS; row++) {
		screen_cell *cell = screen_sketch_cell(s, hash, row);
		uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);

		if (screen_cell_since(old, window))
			return 0;
		/* so far from the end that all workers together do not get there */
		if ((uint32_t)old < UINT32_MAX / 2)
			old = atomic_fetch_add_explicit(cell, n, memory_order_acq_rel) + n;
		if ((uint32_t)old < estimate)
			estimate = (uint32_t)old;
	}
	return estimate;
}

/* Whether the key floods, without counting. */
screen_inline bool screen_sketch_flooding(struct screen_sketch *s, uint64_t hash, uint32_t window,
					  uint32_t threshold)
{
	uint64_t first = atomic_load_explicit(screen_sketch_cell(s, hash, 0), memory_order_relaxed);
	uint64_t second = atomic_load_explicit(screen_sketch_cell(s, hash, 1), memory_order_relaxed);

	return screen_cell_flooding(first, window, threshold) &&
	       screen_cell_flooding(second, window, threshold);
}

/* How many SYNs of the key were counted in this window, without counting. */
screen_inline uint32_t screen_sketch_estimate(struct screen_sketch *s, uint64_t hash, uint32_t window)
{
	uint64_t first = atomic_load_explicit(screen_sketch_cell(s, hash, 0), memory_order_relaxed);
	uint64_t second = atomic_load_explicit(screen_sketch_cell(s, hash, 1), memory_order_relaxed);
	uint32_t a = screen_cell_since(first, window) <= 0 ? (uint32_t)first : 0;
	uint32_t b = screen_cell_since(second, window) <= 0 ? (uint32_t)second : 0;

	return a < b ? a : b;
}

/* What a zone's SYNs amount to, for show and for the question whether cookies may be under way; and
 * the rows of its statistics. */
struct screen_zone_meter {
	uint64_t first_ns;		 /* when the zone came; 0: not known, long ago */
	struct screen_pace rate;	 /* of SYNs, a second */
	_Atomic uint64_t flood_first_ns; /* since when some destination floods; 0: calm */
	_Atomic uint64_t flood_last_ns;	 /* the last SYN to a flooding destination */
	struct screen_pace one_way, two_way; /* flows seen so, in windows of SCREEN_SYMMETRY_S */
	_Atomic uint64_t other_last_ns;	 /* the last one challenged that no victim's meter tells of */
	struct screen_pace asked;	 /* SYNs to learn whether a port is open */
	struct screen_pace known;	 /* SYNs of live flows to flooding destinations */
	/* activation kernel: when it was asked last, whether it said no, what follows (bpf/host.h), and SYNs
	 * to listeners */
	_Atomic uint64_t asked_ns, eased, overflows;
	screen_cell listeners;
	_Atomic uint64_t alarms, attacks;
	_Atomic uint64_t challenged, cookies_valid, cookies_invalid, refused;
	_Atomic uint64_t ids[SCREEN_IDS];
	_Atomic uint64_t logged[SCREEN_IDS]; /* second << 32 | low half of ids[] then */
};

/* Whether cookies of ours may be under way to the zone: for as long as they live after the last flood, or
 * after the start, as an earlier process may have minted them. */
screen_inline bool screen_zone_cookies(const struct screen_zone_meter *z, uint64_t now_ns)
{
	uint64_t last = atomic_load_explicit(&z->flood_last_ns, memory_order_relaxed);

	return now_ns < z->first_ns + SCREEN_COOKIE_LIFE_NS ||
	       (last && now_ns < last + SCREEN_COOKIE_LIFE_NS);
}

/* Whether a SYN to a flooding destination came just now. */
screen_inline bool screen_zone_flooded(const struct screen_zone_meter *z, uint64_t now_ns)
{
	uint64_t last = atomic_load_explicit(&z->flood_last_ns, memory_order_relaxed);

	return last && now_ns < last + SCREEN_FLOOD_LINGER * 1000000000ull;
}

/* How many hits there were since the record that left this behind. The statistics may have been
 * cleared in between. */
screen_inline uint32_t screen_hits_since(uint64_t total, uint64_t logged)
{
	uint32_t hits = (uint32_t)total - (uint32_t)logged;

	return (int32_t)hits > 0 ? hits : (uint32_t)total;
}

/* What is noted with a record: its second, and the hits until then. */
screen_inline uint64_t screen_hits_logged(uint32_t now_s, uint64_t total)
{
	return (uint64_t)now_s << 32 | (uint32_t)total;
}

struct screen_meters {
	uint64_t key[2];		     /* secret, random: nobody can choose collisions */
	uint64_t talkers_key;		     /* likewise, odd */
	struct screen_sketch attack;	     /* all SYNs by destination address and port */
	struct screen_sketch by_source;	     /* admitted SYNs by source address */
	struct screen_sketch by_destination; /* admitted SYNs by destination address */
	struct screen_sketch by_validated;   /* SYNs that passed so, by client and destination */
	struct screen_sketch replies;	     /* by the prefix that they go to */
	struct screen_pace port_replies[SCREEN_PORTS_MAX];
	struct screen_sketch icmp, udp;	     /* packets by destination address */
	struct screen_scan tcp_ports, udp_ports, ip_addresses, tcp_addresses, udp_addresses;
	struct screen_contacts contacts;
	struct screen_tear fragments;
	struct screen_victims victims;
	struct screen_servers servers;
	struct screen_zone_meter zone[SCREEN_METER_ZONES];
	_Atomic uint32_t host_lacks; /* SCREEN_SERVER_*: what this machine's own TCP does not do now */
};

/* Of an address and port (0: of all of them) in a zone: what meters and servers are found by. */
screen_inline uint64_t screen_meters_hash(const struct screen_meters *m, uint16_t zone,
					  const uint8_t address[16], uint16_t port)
{
	uint64_t words[3];

	memcpy(words, address, 16);
	words[2] = (uint64_t)zone << 16 | port;
	return screen_siphash13_words(m->key[0], m->key[1], words, 3);
}

/* Likewise, for what is kept by name of a server. Never 0, which marks a free entry. */
screen_inline uint64_t screen_meters_server(const struct screen_meters *m, uint16_t zone,
					    const uint8_t address[16], uint16_t port)
{
	return screen_meters_hash(m, zone, address, port) | SCREEN_HASH_MARK;
}

/* The destination that was hashed last: of a flood most SYNs have one. */
struct screen_hashed {
	uint64_t address[2]; /* v4-mapped */
	uint64_t hash;	     /* 0: none yet */
	uint32_t zone_port;  /* zone << 16 | port */
};

/* screen_meters_server(), by way of what was hashed last, of the same meters. */
screen_inline uint64_t screen_meters_again(const struct screen_meters *m, struct screen_hashed *last,
					   uint16_t zone, const uint64_t address[2], uint16_t port)
{
	uint32_t zone_port = (uint32_t)zone << 16 | port;

	if (!last->hash || last->zone_port != zone_port || last->address[0] != address[0] ||
	    last->address[1] != address[1]) {
		last->hash = screen_meters_server(m, zone, (const uint8_t *)address, port);
		last->zone_port = zone_port;
		last->address[0] = address[0];
		last->address[1] = address[1];
	}
	return last->hash;
}

/* Counts a reply to a source by a port: whether it is above a ceiling, that of the port or that of the
 * source's prefix (IPv4 /24, IPv6 /48). Replies/s, 0: none. */
screen_inline bool screen_meters_reply(struct screen_meters *m, uint32_t slot, uint16_t zone, uint8_t family,
				       const uint8_t source[16], uint32_t rate, uint32_t prefix_rate,
				       uint32_t window)
{
	uint64_t words[2];

	if (rate && screen_pace_counted(&m->port_replies[slot & (SCREEN_PORTS_MAX - 1)], window) > rate)
		return true;
	if (!prefix_rate)
		return false;
	words[0] = family == 6 ? 1ull << 48 | screen_load_be64(source) >> 16 :
				 screen_load_be32(source + 12) >> 8;
	words[1] = zone;
	return screen_sketch_count(&m->replies, screen_siphash13_words(m->key[0], m->key[1], words, 2),
				   window, prefix_rate)
		       .count > prefix_rate;
}

screen_inline bool screen_meters_floods(struct screen_meters *m, struct screen_victim *v,
					uint32_t window)
{
	return screen_sketch_flooding(&m->attack,
				      atomic_load_explicit(&v->hash, memory_order_relaxed), window,
				      atomic_load_explicit(&v->threshold, memory_order_relaxed));
}

/* Whether a listed destination's flood is over, and nobody has been told: yes, once. */
screen_inline bool screen_meters_ended(struct screen_meters *m, struct screen_victim *v,
				       uint32_t window)
{
	return !screen_meters_floods(m, v, window) &&
	       atomic_exchange_explicit(&v->attacked, 0, memory_order_relaxed);
}

/* The zones that flood, a bit each: those with a listed destination whose meter says so; and for a while
 * after the last SYN those where SYNs are challenged for another reason. */
screen_inline uint64_t screen_meters_zones(struct screen_meters *m, uint64_t now_ns)
{
	uint64_t zones = 0;

	for (uint32_t i = 0; i < SCREEN_VICTIMS; i++) {
		struct screen_victim *v = &m->victims.victim[i];
		uint32_t zone = atomic_load_explicit(&v->zone_port, memory_order_relaxed) >> 16;

		if (atomic_load_explicit(&v->hash, memory_order_acquire) &&
		    screen_meters_floods(m, v, (uint32_t)(now_ns / 1000000000u)))
			zones |= 1ull << (zone % SCREEN_METER_ZONES);
	}
	for (uint32_t i = 0; i < SCREEN_METER_ZONES; i++)
		if (now_ns < atomic_load_explicit(&m->zone[i].other_last_ns, memory_order_relaxed) +
				     SCREEN_FLOOD_LINGER * 1000000000ull)
			zones |= 1ull << i;
	return zones;
}

/* What the keeper does in the end: zones that do not flood have not flooded since anything. */
screen_inline void screen_meters_calm(struct screen_meters *m, uint64_t now_ns)
{
	uint64_t zones = screen_meters_zones(m, now_ns);

	for (uint32_t i = 0; i < SCREEN_METER_ZONES; i++)
		if (!(zones >> i & 1))
			atomic_store_explicit(&m->zone[i].flood_first_ns, 0, memory_order_relaxed);
}
