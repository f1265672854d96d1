/*
 * The parser against its slow twin, on any bytes.
 */
#include "fuzz.h"
#include "slow.h"

enum { LONGEST = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen_packet p, q;
	enum screen_kind kind;

	if (size > LONGEST)
		return 0;
	kind = screen_parse(data, data + size, &p);
	PROMISE(kind == slow_parse(data, (uint32_t)size, &q));
	if (kind == SCREEN_KIND_MALFORMED || kind == SCREEN_KIND_DEEP_TAGS ||
	    kind == SCREEN_KIND_EXTENSIONS)
		return 0;
	PROMISE(p.l3 == q.l3 && p.tags == q.tags && p.vlan[0] == q.vlan[0] &&
		p.vlan[1] == q.vlan[1]);
	if (kind == SCREEN_KIND_NON_IP)
		return 0;
	PROMISE(p.family == q.family && p.protocol == q.protocol && p.l4 == q.l4 && p.end == q.end);
	PROMISE(p.end <= size);
	if (kind == SCREEN_KIND_NON_TCP)
		return 0;
	PROMISE(p.first_fragment == q.first_fragment && p.tcp_flags == q.tcp_flags &&
		p.sport == q.sport && p.dport == q.dport);
	if (kind == SCREEN_KIND_FRAGMENT)
		return 0;
	PROMISE(p.seq == q.seq && p.ack == q.ack && p.window == q.window && p.payload == q.payload);
	PROMISE(p.l4 + 20 <= p.payload && p.payload <= p.end);
	return 0;
}
