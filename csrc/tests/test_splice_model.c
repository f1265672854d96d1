/*
 * Whole lives of spliced connections against a translator that knows no 32-bit number (model.h): two ends
 * that each count for themselves, and between them the screen and a network that loses, doubles and
 * overtakes. Everything that leaves the screen is held against what must, byte for byte.
 *
 * SCREEN_SEED=n repeats a run, SCREEN_SEGMENTS=n says how many segments.
 */
#include "model_life.h"

/* Sanitizers and measured builds take ten times as long. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
enum { SEGMENTS = 10000000 };
#else
enum { SEGMENTS = 300000 };
#endif

static uint8_t body[BODY_MAX + 64];
static uint64_t counted[SCREEN_REASONS];

/* Lives in which a stream or a clock went over 2^32, or over 2^31, where signed comparisons turn. */
enum { STREAM_CLIENT, STREAM_COOKIE, STREAM_SERVER, CLOCK_CLIENT, CLOCK_COOKIE, CLOCK_SERVER, SPACES };
static uint64_t crossed[SPACES];

static void assert_frame(const struct life *l, const uint8_t *in, uint32_t in_length,
			 const uint8_t *got, uint32_t got_length, const uint8_t *want,
			 uint32_t want_length)
{
	const uint8_t *frames[] = { in, got, want };
	const uint32_t lengths[] = { in_length, got_length, want_length };
	static const char *const names[] = { "in  ", "got ", "want" };

	if (got_length == want_length && memcmp(got, want, want_length) == 0)
		return;
	for (int i = 0; i < 3; i++) {
		print_error("%s", names[i]);
		for (uint32_t j = 0; j < lengths[i] && j < 160; j++)
			print_error("%s%02x", j % 4 ? "" : " ", frames[i][j]);
		print_error("\n");
	}
	fail_msg("family %d, scales %d %d %d, server: timestamps %d SACK %d ECN %d", l->m.path.family,
		 l->m.client_scale, l->m.promised_scale, l->m.server_scale, l->m.server_timestamps,
		 l->m.server_sack, l->m.server_ecn);
}

static void assert_reason(enum screen_reason got, enum screen_reason want)
{
	counted[got]++;
	if (got != want)
		fail_msg("%s, not %s", screen_reason_name(got), screen_reason_name(want));
}

/* What the screen writes itself has no ID (RFC 6864), and its replies no flow label. */
static uint32_t build_own(uint8_t *data, const struct frame_spec *f, bool labelled)
{
	uint8_t *ip = data + 14 + 4 * f->tags;
	uint32_t length = frame_build(data, f);

	if (f->family == 4) {
		frame_put16(ip + 4, 0);
		frame_put16(ip + 10, frame_checksum_ipv4(ip));
	} else if (!labelled) {
		frame_put32(ip, 0x60000000u | (uint32_t)f->class << 20);
	}
	return length;
}

/* ---- the life of a connection ---------------------------------------------------------------- */

static bool over(const struct life *l)
{
	return l->reset[0] || l->reset[1] || (l->fin[0] && l->fin[1]);
}

static bool near(uint64_t a, uint64_t b)
{
	return a > b ? a - b <= SCREEN_NEAR : b - a <= SCREEN_NEAR;
}

/* RFC 5961 section 3.2: where the other expects it, or right behind what was sent. */
static void note_end(struct life *l, const struct model_segment *g)
{
	int from = g->from;

	if (g->flags & SCREEN_TCP_RST) {
		if (g->seq == l->acked[!from] || g->seq == l->high[from])
			l->reset[from] = true;
	} else if ((g->flags & SCREEN_TCP_FIN) && !l->fin[from]) {
		l->fin[from] = true;
	} else {
		l->reset[from] = false;
	}
}

static void note(struct life *l, const struct model_segment *g)
{
	uint64_t end = g->seq + g->length + ((g->flags & SCREEN_TCP_FIN) != 0);

	note_end(l, g);
	if ((g->flags & (SCREEN_TCP_ACK | SCREEN_TCP_RST)) == SCREEN_TCP_ACK &&
	    near(end, l->high[g->from]) && near(g->ack, l->acked[g->from])) {
		if (end > l->high[g->from])
			l->high[g->from] = end;
		if (g->ack > l->acked[g->from])
			l->acked[g->from] = g->ack;
	}
	/* RFC 7323 section 4.3: the segment that holds what the server acknowledged last */
	if (g->from == CLIENT && g->timestamps && g->seq <= l->acked[SERVER] &&
	    l->acked[SERVER] <= g->seq + g->length && g->tsval > l->recent)
		l->recent = g->tsval;
}

/* Whether it begins behind all that a client has sent that has ended, and may be of its next
 * connection. */
static bool of_another(const struct life *l, const struct model_segment *g)
{
	const uint8_t kind = SCREEN_TCP_ACK | SCREEN_TCP_RST;
	bool checked = l->w->context.now_ns < l->syn_ns + SCREEN_COOKIE_LIFE_NS;

	return g->from == CLIENT && over(l) && checked && (g->flags & kind) == SCREEN_TCP_ACK &&
	       g->seq > l->high[CLIENT];
}

/* Lets a segment through, or one that was held: what comes out is what the other must hear. */
static void pass(struct life *l, const struct model_segment *g, bool held)
{
	uint8_t said[FRAME_MAX], heard[FRAME_MAX];
	struct model_stamp stamp = { .tsval = l->w->context.now_ns / 1000000 - l->opened_ms,
				     .tsecr = l->recent };
	uint32_t length = model_write(&l->m, g, g->from, NULL, body + (g->seq & 63), said), wanted;
	bool dropped = of_another(l, g);
	enum screen_reason got = held ? world_release(l->w) :
					world_decide(l->w, said, length, g->from);

	assert_reason(got, dropped ? SCREEN_DROP_COOKIE_INVALID : SCREEN_FORWARD_SPLICED);
	if (dropped)
		return;
	note(l, g);
	wanted = model_write(&l->m, g, !g->from, &stamp, body + (g->seq & 63), heard);
	assert_frame(l, said, length, l->w->out.data, l->w->out.length, heard, wanted);
}

/* ---- handshakes ------------------------------------------------------------------------------ */

static void put(struct frame_spec *f, const uint8_t *bytes, uint8_t count)
{
	memcpy(f->options + f->options_length, bytes, count);
	f->options_length = (uint8_t)(f->options_length + count);
}

static void put_mss(struct frame_spec *f, uint16_t mss)
{
	put(f, (uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 4);
}

/* In the order in which the screen says them. */
static void put_agreed(struct frame_spec *f, bool timestamps, uint32_t tsval, uint32_t tsecr, bool sack,
		       uint8_t scale)
{
	if (!timestamps)
		return;
	put(f, sack ? (uint8_t[]){ 4, 2 } : (uint8_t[]){ 1, 1 }, 2);
	model_put_timestamps(f, tsval, tsecr);
	if (scale != MODEL_UNSCALED)
		put(f, (uint8_t[]){ 1, 3, 3, scale }, 4);
}

/* Begins so near to a wrap, of 2^31 or 2^32, that it is crossed; or anywhere. */
static uint64_t random_begin(struct life *l)
{
	uint32_t edge = random_below(l->r, 3) * 0x80000000u;
	uint32_t low = life_chance(l, 3) ? random_32(l->r) : edge - random_below(l->r, 1 << 24);

	return 1ull << 40 | low;
}

/* docs/cookie.md: an MSS is rounded down to one of eight. */
static uint16_t rounded(uint8_t family, uint16_t mss)
{
	static const uint16_t v4[] = { 216, 536, 1200, 1340, 1400, 1440, 1460, 8960 };
	static const uint16_t v6[] = { 216, 1220, 1300, 1360, 1400, 1420, 1440, 8940 };
	uint16_t found = 0;

	for (int i = 0; i < 8; i++)
		if ((family == 4 ? v4 : v6)[i] <= mss)
			found = (family == 4 ? v4 : v6)[i];
	return found;
}

/* What is set to be known of the server; a new one each time, so that nothing is learned. */
static struct screen_server_profile promise(struct life *l)
{
	struct screen_server_profile *p = &l->w->policy.server[0].profile;
	const uint8_t all = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS |
			    SCREEN_SERVER_ECN;
	struct screen_server_profile full;

	*p = (struct screen_server_profile){ .known = life_chance(l, 2) ? all : random_8(l->r) & all };
	p->has = p->known & (life_chance(l, 2) ? all : random_8(l->r));
	if (p->has & SCREEN_SERVER_WSCALE)
		p->wscale = (uint8_t)random_below(l->r, 15);
	if (life_chance(l, 2)) {
		p->known |= SCREEN_SERVER_MSS;
		p->mss = (uint16_t)(216 + random_below(l->r, life_chance(l, 2) ? 1300 : 9000));
	}
	l->w->policy.generation++;
	/* and what is assumed beside */
	full = *p;
	if (!(full.known & SCREEN_SERVER_MSS))
		full.mss = l->m.path.family == 4 ? 1460 : 1440;
	if (!(full.known & SCREEN_SERVER_WSCALE))
		full.wscale = 7;
	full.has |= (SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK | SCREEN_SERVER_TIMESTAMPS) &
		    (uint8_t)~full.known;
	return full;
}

static void client_offers(struct life *l, const struct screen_server_profile *server)
{
	struct model *m = &l->m;
	bool scales = !life_chance(l, 4), sack = !life_chance(l, 4), timestamps = !life_chance(l, 5);
	bool ecn = life_chance(l, 3);
	uint8_t scale = (uint8_t)random_below(l->r, 15);
	uint16_t mss = (uint16_t)(216 + random_below(l->r, life_chance(l, 4) ? 9000 : 1300));

	m->client_isn = random_begin(l);
	m->client_clock = random_begin(l);
	l->syn = m->path;
	l->syn.flags = SCREEN_TCP_SYN | (ecn ? SCREEN_TCP_ECE | SCREEN_TCP_CWR : 0);
	l->syn.seq = (uint32_t)m->client_isn;
	l->syn.class = 0;
	if (!life_chance(l, 10))
		put_mss(&l->syn, mss);
	else
		mss = l->syn.family == 4 ? 536 : 1220;
	if (timestamps)
		model_put_timestamps(&l->syn, (uint32_t)m->client_clock, 0);
	if (sack)
		put(&l->syn, (uint8_t[]){ 4, 2 }, 2);
	if (scales)
		put(&l->syn, (uint8_t[]){ 3, 3, scale }, 3);
	model_put_nops(&l->syn, (uint32_t)(-l->syn.options_length & 3));
	m->timestamps = timestamps && (server->has & SCREEN_SERVER_TIMESTAMPS);
	m->sack = m->timestamps && sack && (server->has & SCREEN_SERVER_SACK);
	m->ecn = m->timestamps && ecn && (server->has & SCREEN_SERVER_ECN);
	m->client_scale = m->promised_scale = MODEL_UNSCALED;
	if (m->timestamps && scales && (server->has & SCREEN_SERVER_WSCALE)) {
		m->client_scale = scale;
		m->promised_scale = server->wscale;
	}
	m->longest = rounded(l->syn.family, mss);
}

/* The SYN, and the challenge whose numbers are taken as they come; all else must be so. */
static void challenge(struct life *l, const struct screen_server_profile *server)
{
	struct frame_spec want = l->syn;
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = frame_build(data, &l->syn), wanted;
	const uint8_t *tcp = l->w->out.data + 14 + 4 * want.tags + (want.family == 4 ? 20 : 40);
	bool mss = l->syn.options[0] == 2;

	assert_reason(world_decide(l->w, data, length, 0), SCREEN_REPLY_CHALLENGE);
	l->syn_ns = l->w->context.now_ns;
	l->m.cookie_isn = 1ull << 40 | frame_get32(tcp + 4);
	l->m.cookie_clock = 1ull << 40;
	if (l->m.timestamps)
		l->m.cookie_clock |= frame_get32(tcp + 20 + (mss ? 4 : 0) + 4);
	frame_mirror(&want);
	want.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK | (l->m.ecn ? SCREEN_TCP_ECE : 0);
	want.seq = (uint32_t)l->m.cookie_isn;
	want.ack = (uint32_t)l->m.client_isn + 1;
	want.window = 29200;
	want.ttl = 64;
	want.options_length = 0;
	if (mss)
		put_mss(&want, server->mss);
	put_agreed(&want, l->m.timestamps, (uint32_t)l->m.cookie_clock, (uint32_t)l->m.client_clock,
		   l->m.sack, l->m.promised_scale);
	wanted = build_own(expected, &want, false);
	assert_frame(l, data, length, l->w->out.data, l->w->out.length, expected, wanted);
}

/* The first ACK, which opens the connection with or without data, and what follows before the server has
 * answered: held. */
static void acknowledge(struct life *l, const struct screen_server_profile *server)
{
	struct model_segment g = { .from = CLIENT, .seq = 1, .ack = 1, .flags = SCREEN_TCP_ACK,
				   .class = random_8(l->r) };
	const uint8_t clock = SCREEN_SERVER_TIMESTAMPS;
	struct frame_spec want = l->m.path;
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = 0, wanted, early = random_below(l->r, EARLY_MAX + 1);
	uint16_t mss = l->m.longest;

	/* none of its SYNs was let through: the first will be */
	l->syn_s = (uint8_t)(l->w->context.now_ns / 1000000000 - 1);
	l->client_window = g.window = (uint16_t)random_edgy(l->r);
	l->end[CLIENT].clock = g.tsval = random_below(l->r, 1000);
	g.timestamps = g.echoes = l->m.timestamps;
	g.nops[0] = l->m.timestamps ? 2 : 0;
	if (l->m.timestamps && !(server->known & server->has & clock))
		mss = (uint16_t)((server->mss < mss ? server->mss : mss) - 12);
	want.flags = SCREEN_TCP_SYN | (l->m.ecn ? SCREEN_TCP_ECE | SCREEN_TCP_CWR : 0);
	want.class = g.class & 0xfc;
	want.seq = (uint32_t)l->m.client_isn;
	want.window = model_window(g.window, l->m.client_scale, MODEL_UNSCALED);
	put_mss(&want, mss);
	put_agreed(&want, l->m.timestamps, (uint32_t)(l->m.client_clock + g.tsval), 0, l->m.sack,
		   l->m.client_scale);
	wanted = build_own(expected, &want, true);
	if (early == 0) {
		length = model_write(&l->m, &g, CLIENT, NULL, body, data);
		assert_reason(world_decide(l->w, data, length, 0), SCREEN_FORWARD_SPLICE_SYN);
		assert_frame(l, data, length, l->w->out.data, l->w->out.length, expected, wanted);
	}
	for (; l->early < early; l->early++) {
		g.length = (uint16_t)(1 + random_below(l->r, 100));
		l->first[l->early] = g;
		length = model_write(&l->m, &g, CLIENT, NULL, body + (g.seq & 63), data);
		assert_reason(world_decide(l->w, data, length, 0), SCREEN_HOLD_SPLICE_PENDING);
		g.seq += g.length;
		g.window = (uint16_t)random_edgy(l->r);
	}
	assert_frame(l, data, length, l->w->syn.data, l->w->syn.length, expected, wanted);
	l->end[CLIENT].next = g.seq;
	g.length = 0; /* once more, with nothing to say */
	length = model_write(&l->m, &g, CLIENT, NULL, body, data);
	assert_reason(world_decide(l->w, data, length, 0), SCREEN_DROP_SPLICE_PENDING);
}

/* What the server makes of what it was offered; or it says what nobody has asked for, and is not
 * believed. */
static void server_agrees(struct life *l)
{
	struct model *m = &l->m;
	bool unasked = life_chance(l, 20);
	uint8_t scale = (uint8_t)random_below(l->r, 15);

	m->server_isn = random_begin(l);
	m->server_clock = random_begin(l);
	m->server_timestamps = m->timestamps && !life_chance(l, 3);
	m->server_sack = m->sack && !life_chance(l, 4);
	m->server_ecn = m->ecn && !life_chance(l, 3);
	m->server_scale = m->client_scale != MODEL_UNSCALED && !life_chance(l, 4) ? scale : MODEL_UNSCALED;
	l->syn_ack = m->path;
	frame_mirror(&l->syn_ack);
	l->syn_ack.flags = SCREEN_TCP_SYN | SCREEN_TCP_ACK | (m->server_ecn ? SCREEN_TCP_ECE : 0);
	l->syn_ack.seq = (uint32_t)m->server_isn;
	l->syn_ack.ack = (uint32_t)m->client_isn + 1;
	l->syn_ack.window = (uint16_t)random_edgy(l->r);
	l->syn_ack.class = random_8(l->r);
	if (!life_chance(l, 10)) {
		uint16_t mss = (uint16_t)(216 + random_below(l->r, 1500));

		put_mss(&l->syn_ack, mss);
		if (mss < m->longest)
			m->longest = mss;
	}
	if (m->server_timestamps || (unasked && !m->timestamps))
		model_put_timestamps(&l->syn_ack, (uint32_t)m->server_clock,
				     (uint32_t)(m->client_clock + l->end[CLIENT].clock));
	if (m->server_sack || (unasked && !m->sack))
		put(&l->syn_ack, (uint8_t[]){ 4, 2 }, 2);
	if (m->server_scale != MODEL_UNSCALED || (unasked && m->client_scale == MODEL_UNSCALED))
		put(&l->syn_ack, (uint8_t[]){ 3, 3, scale }, 3);
	model_put_nops(&l->syn_ack, (uint32_t)(-l->syn_ack.options_length & 3));
	l->ack = m->path;
	l->ack.flags = SCREEN_TCP_ACK;
	l->ack.ttl = 64;
	l->ack.class = 0;
	l->ack.seq = (uint32_t)m->client_isn + 1;
	l->ack.ack = (uint32_t)m->server_isn + 1;
	l->ack.window = model_window(l->client_window, m->client_scale,
				     m->server_scale == MODEL_UNSCALED ? MODEL_UNSCALED :
									 m->client_scale);
	if (m->server_timestamps) {
		model_put_nops(&l->ack, 2);
		model_put_timestamps(&l->ack, (uint32_t)(m->client_clock + l->end[CLIENT].clock),
				     (uint32_t)m->server_clock);
	}
}

/* The SYN-ACK, the first time or again. */
static void server_answers(struct life *l)
{
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = frame_build(data, &l->syn_ack), wanted = build_own(expected, &l->ack, false);

	assert_reason(world_decide(l->w, data, length, 1), SCREEN_REPLY_SERVER_ACK);
	assert_frame(l, data, length, l->w->out.data, l->w->out.length, expected, wanted);
}

/* The client's SYN once more: one a second goes to the server, whose challenge ACK tells the client
 * (RFC 5961 section 4.2). */
static void repeat_syn(struct life *l)
{
	uint8_t data[FRAME_MAX], expected[FRAME_MAX], second;
	struct frame_spec want = l->syn;
	uint32_t length, wanted, at = l->syn.options[0] == 2 ? 4 : 0;

	if (over(l))
		return;
	second = (uint8_t)(l->w->context.now_ns / 1000000000);
	l->syn_ns = l->w->context.now_ns;
	length = frame_build(data, &l->syn);
	if (want.options[at] == 8 && !l->m.server_timestamps)
		memset(want.options + at, 1, 10);
	wanted = frame_build(expected, &want);
	assert_reason(world_decide(l->w, data, length, 0),
		      second == l->syn_s ? SCREEN_DROP_SYN_FLOOD : SCREEN_FORWARD_SYN_KNOWN);
	if (second != l->syn_s)
		assert_frame(l, data, length, l->w->out.data, l->w->out.length, expected, wanted);
	l->syn_s = second;
}

/* ---- schedules ------------------------------------------------------------------------------- */

static void pass_time(struct life *l)
{
	uint64_t ns = random_below(l->r, 3000000);

	if (life_chance(l, 100))
		ns = random_below(l->r, 2000) * 1000000ull;
	if (life_chance(l, 2000))
		ns = random_below(l->r, 20 * 24 * 3600) * 1000000000ull;
	l->w->context.now_ns += ns;
}

/* One turn: something is said, and something that is under way is lost, doubled or delivered, whichever
 * was said first. */
static void turn(struct life *l)
{
	uint32_t i;

	pass_time(l);
	if (l->in_flight < FLIGHT && !life_chance(l, 3))
		l->flight[l->in_flight++] = life_say(l, life_chance(l, 2));
	if (life_chance(l, 100))
		server_answers(l);
	if (life_chance(l, 100))
		repeat_syn(l);
	if (l->in_flight == 0)
		return;
	i = life_chance(l, 3) ? random_below(l->r, l->in_flight) : 0;
	if (!life_chance(l, 16))
		pass(l, &l->flight[i], false);
	if (life_chance(l, 10))
		return;
	l->in_flight--;
	memmove(&l->flight[i], &l->flight[i + 1], (l->in_flight - i) * sizeof(l->flight[0]));
}

static void forget_all(struct world *w)
{
	uint32_t expired[SCREEN_BUCKET_SLOTS], count;

	world_wait(w, 5 * 3600);
	for (uint32_t i = 0; i < w->flows.buckets_count; i++) {
		count = screen_flow_sweep(&w->flows, i, (uint32_t)(w->context.now_ns / 1000000000),
					  &w->policy, expired);
		while (count)
			screen_flow_give(&w->flows, expired[--count]);
	}
	assert_int_equal(w->flows.used, 0);
}

/* Seconds of CLOCK_MONOTONIC are 31 bits wide in a meter: no world gets as old as 60 years. */
static struct world *world_of_our_time(struct world *w)
{
	if (w && w->context.now_ns / 1000000000 < 60ull * 365 * 24 * 3600)
		return w;
	if (w)
		world_free(w);
	w = world_new(4, 0);
	w->policy.activation = SCREEN_ACTIVATION_ALWAYS;
	return w;
}

static void count_crossings(const struct life *l)
{
	const struct model *m = &l->m;
	const struct {
		uint64_t begin, gone;
	} spaces[SPACES] = {
		{ m->client_isn, l->high[CLIENT] },	 { m->cookie_isn, l->high[SERVER] },
		{ m->server_isn, l->high[SERVER] },	 { m->client_clock, l->end[CLIENT].clock },
		{ m->cookie_clock, l->end[SERVER].clock }, { m->server_clock, l->end[SERVER].clock },
	};

	for (int i = 0; i < SPACES; i++)
		crossed[i] += (spaces[i].begin + spaces[i].gone) >> 31 != spaces[i].begin >> 31;
}

static void live(struct world *w, struct random *r)
{
	struct life l = { .w = w, .r = r };
	struct screen_server_profile server;
	uint32_t turns;

	l.tick = life_chance(&l, 4) ? 1 << 24 : 500;
	world_family(w, life_chance(&l, 2) ? 4 : 6, (uint8_t)random_below(r, 3));
	w->client.sport = (uint16_t)(1024 + random_below(r, 60000));
	w->client.dport = (uint16_t)(1 + random_below(r, 65535));
	l.m.path = w->client;
	server = promise(&l);
	client_offers(&l, &server);
	challenge(&l, &server);
	world_wait(w, random_below(r, 2000) / 1000.0);
	acknowledge(&l, &server);
	server_agrees(&l);
	world_wait(w, random_below(r, 2000) / 1000.0);
	server_answers(&l);
	l.opened_ms = w->context.now_ns / 1000000;
	l.recent = l.end[CLIENT].clock;
	l.high[CLIENT] = l.high[SERVER] = l.acked[CLIENT] = l.acked[SERVER] = 1;
	l.end[SERVER].next = l.end[CLIENT].acked = l.end[SERVER].acked = 1;
	for (uint32_t i = 0; i < l.early; i++)
		pass(&l, &l.first[i], true);
	for (turns = random_below(r, LIFE_MAX); turns; turns--)
		turn(&l);
	count_crossings(&l);
	forget_all(w);
}

static void spliced_ends_hear_what_the_model_says(void **state)
{
	const char *given = getenv("SCREEN_SEGMENTS");
	uint64_t wanted = given ? strtoull(given, NULL, 0) : SEGMENTS;
	struct random r = random_seeded();
	struct world *w = NULL;

	(void)state;
	random_bytes(&r, body, sizeof(body));
	while (counted[SCREEN_FORWARD_SPLICED] < wanted) {
		w = world_of_our_time(w);
		live(w, &r);
	}
	for (int i = 0; i < SCREEN_REASONS; i++)
		if (counted[i])
			print_message("%-24s %llu\n", screen_reason_name((unsigned)i),
				      (unsigned long long)counted[i]);
	for (int i = 0; i < SPACES; i++) {
		print_message("space %d crossed in %llu lives\n", i, (unsigned long long)crossed[i]);
		assert_true(crossed[i] > wanted / 500000);
	}
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spliced_ends_hear_what_the_model_says),
	};

	return RUN(tests);
}
