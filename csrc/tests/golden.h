/*
 * Frames as they were on the wire, each under the line that tcpdump would print of it, and what the
 * parser is to make of them.
 */
#pragma once

#include "packet.h"

struct golden {
	const char *what, *hex;
	enum screen_kind kind;
	struct screen_packet packet;
};

static const struct golden golden[] = {
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: Flags [S], win 64240, options [mss "
			"1460,sackOK,TS val 100 ecr 0,nop,wscale 10]",
		.hex =
			"02000000000202000000000108004500003c123440004006c24bc6336407cb0071019c40"
			"01bb1122334400000000a002faf0040a0000020405b40402080a00000064000000000103"
			"030a",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 34,
			    .payload = 74, .end = 74, .family = 4, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "vlan 100, p 3, 198.51.100.7.40000 > 203.0.113.1.443: Flags [.], ack 5, win "
			"500",
		.hex =
			"02000000000202000000000181006064080045000028123440004006c25fc6336407cb00"
			"71019c4001bb1122334400000005501001f4653d0000",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 18, .l4 = 38,
			    .payload = 58, .end = 58, .family = 4, .protocol = 6, .tcp_flags = 16, .tags = 1,
			    .vlan = { 100 }, .ack = 5, .window = 500 },
	},
	{
		.what = "vlan 200 (0x88a8), vlan 300, 198.51.100.7.40000 > 203.0.113.1.443: Flags "
			"[P.], length 5",
		.hex =
			"02000000000202000000000188a800c88100012c08004500002d123440004006c25ac633"
			"6407cb0071019c4001bb11223344000000095018faf0285d000068656c6c6f",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 22, .l4 = 42,
			    .payload = 62, .end = 67, .family = 4, .protocol = 6, .tcp_flags = 24, .tags = 2,
			    .vlan = { 200, 300 }, .ack = 9, .window = 64240 },
	},
	{
		.what = "vlan 0 (priority), 198.51.100.7.40000 > 203.0.113.1.443: Flags [S]",
		.hex =
			"0200000000020200000000018100e000080045000028123440004006c25fc6336407cb00"
			"71019c4001bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 18, .l4 = 38,
			    .payload = 58, .end = 58, .family = 4, .protocol = 6, .tcp_flags = 2, .tags = 1,
			    .vlan = { 0 }, .window = 64240 },
	},
	{
		.what = "vlan 1, vlan 2, vlan 3, 198.51.100.7.40000 > 203.0.113.1.443: Flags [S]",
		.hex =
			"020000000002020000000001810000018100000281000003080045000028123440004006"
			"c25fc6336407cb0071019c4001bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_DEEP_TAGS,
		.packet = { .tags = 3 },
	},
	{
		.what = "IP (options RR), 198.51.100.7.40000 > 203.0.113.1.443: Flags [S], options "
			"[mss 1460]",
		.hex =
			"020000000002020000000001080047000034123440004006b54bc6336407cb0071010707"
			"0400000000019c4001bb11223344000000006002faf054970000020405b4",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 42,
			    .payload = 66, .end = 66, .family = 4, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP (40 bytes of options), 198.51.100.7.40000 > 203.0.113.1.443: Flags [S.], "
			"length 1",
		.hex =
			"02000000000202000000000108004f000051123440004006a422c6336407cb0071010101"
			"010101010101010101010101010101010101010101010101010101010101010101010101"
			"01019c4001bb11223344000000005012faf0f441000078",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 74,
			    .payload = 94, .end = 95, .family = 4, .protocol = 6, .tcp_flags = 18, .window =
			    64240 },
	},
	{
		.what = "IP (flags [none]: no DF is no fragment), 198.51.100.7.40000 > "
			"203.0.113.1.443: Flags [S]",
		.hex =
			"0200000000020200000000010800450000281234000040060260c6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 34,
			    .payload = 54, .end = 54, .family = 4, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP (flags [evil]: bit 15 is no fragment either), 198.51.100.7.40000 > "
			"203.0.113.1.443: Flags [S]",
		.hex =
			"020000000002020000000001080045000028123480004006825fc6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 34,
			    .payload = 54, .end = 54, .family = 4, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: Flags [F.], length 0, padded to 60",
		.hex =
			"020000000002020000000001080045000028123440004006c25fc6336407cb0071019c40"
			"01bb11223344000000075011faf06c3d0000eeeeeeeeeeee",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 34,
			    .payload = 54, .end = 54, .family = 4, .protocol = 6, .tcp_flags = 17, .ack = 7,
			    .window = 64240 },
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: Flags [SFRPUEW.] all set, 40 NOPs",
		.hex =
			"020000000002020000000001080045000050123440004006c237c6336407cb0071019c40"
			"01bb1122334400000000f0fffaf0b7190000010101010101010101010101010101010101"
			"01010101010101010101010101010101010101010101",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 34,
			    .payload = 94, .end = 94, .family = 4, .protocol = 6, .tcp_flags = 255, .window =
			    64240 },
	},
	{
		.what = "IP (frag offset 0, flags [+]), 198.51.100.7.40000 > 203.0.113.1.443: Flags "
			"[S]",
		.hex =
			"020000000002020000000001080045000044123420004006e243c6336407cb0071019c40"
			"01bb1122334400000000a002faf046340000020405b40402080a00000064000000000103"
			"030a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .sport = 40000, .dport = 443, .l3 = 14, .l4 = 34, .family = 4,
			    .protocol = 6, .first_fragment = 1, .tcp_flags = 2, .end = 82 },
	},
	{
		.what = "IP (frag offset 0, flags [+]), 198.51.100.7.40000 > 203.0.113.1.443: Flags "
			"[S], ends among the options",
		.hex =
			"02000000000202000000000108004500002c123420004006e25bc6336407cb0071019c40"
			"01bb1122334400000000a002faf046340000020405b4",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .sport = 40000, .dport = 443, .l3 = 14, .l4 = 34, .family = 4,
			    .protocol = 6, .first_fragment = 1, .tcp_flags = 2, .end = 58 },
	},
	{
		.what = "IP (frag offset 0, flags [+]), 198.51.100.7.40000 > 203.0.113.1.443: 16 "
			"bytes of TCP",
		.hex =
			"020000000002020000000001080045000024123420004006e263c6336407cb0071019c40"
			"01bb1122334400000000a002faf0",
		.kind = SCREEN_KIND_MALFORMED,
		.packet = { .family = 4 },
	},
	{
		.what = "IP (frag offset 48, flags [+]), proto TCP",
		.hex =
			"020000000002020000000001080045000024123420064006e25dc6336407cb0071019c40"
			"01bb1122334400000000a002faf0",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .l3 = 14, .l4 = 34, .family = 4, .protocol = 6, .end = 50 },
	},
	{
		.what = "IP (frag offset 64), proto TCP",
		.hex =
			"020000000002020000000001080045000024123400084006025cc6336407cb0071017a7a"
			"7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .l3 = 14, .l4 = 34, .family = 4, .protocol = 6, .end = 50 },
	},
	{
		.what = "IP (frag offset 0, flags [+]), proto UDP",
		.hex =
			"020000000002020000000001080045000024123420004011e258c6336407cb0071010000"
			"0000000000000000000000000000",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .family = 4, .protocol = 17, .first_fragment = 1, .l3 = 14, .l4 = 34,
			    .end = 50 },
	},
	{
		.what = "198.51.100.7.53 > 203.0.113.1.53: UDP, length 4",
		.hex =
			"020000000002020000000001080045000020123440004011c25cc6336407cb0071010035"
			"0035000c000061626364",
		.kind = SCREEN_KIND_NON_TCP,
		.packet = { .l3 = 14, .l4 = 34, .end = 46, .family = 4, .protocol = 17 },
	},
	{
		.what = "198.51.100.7 > 203.0.113.1: ICMP echo request",
		.hex =
			"02000000000202000000000108004500001c123440004001c270c6336407cb0071010800"
			"f7ff00000000",
		.kind = SCREEN_KIND_NON_TCP,
		.packet = { .l3 = 14, .l4 = 34, .end = 42, .family = 4, .protocol = 1 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: Flags [S], options [mss 1440]",
		.hex =
			"02000000000202000000000186dd600000000018064020010db800000000000000000000"
			"000720010db80001000000000000000000019c4001bb11223344000000006002faf05f6d"
			"0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 54,
			    .payload = 78, .end = 78, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 1 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000203c4020010db800000000000000000000"
			"000720010db800010000000000000000000106000104000000009c4001bb112233440000"
			"00006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 62,
			    .payload = 86, .end = 86, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 2 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000283c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c0001040000000006000104000000009c40"
			"01bb11223344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 70,
			    .payload = 94, .end = 94, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 3 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000303c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000000600"
			"0104000000009c4001bb11223344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 78,
			    .payload = 102, .end = 102, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 4 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000383c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"01040000000006000104000000009c4001bb11223344000000006002faf05f6d00000204"
			"05a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 86,
			    .payload = 110, .end = 110, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 5 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000403c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"0104000000003c0001040000000006000104000000009c4001bb11223344000000006002"
			"faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 94,
			    .payload = 118, .end = 118, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 6 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000483c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"0104000000003c000104000000003c0001040000000006000104000000009c4001bb1122"
			"3344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 102,
			    .payload = 126, .end = 126, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 7 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000503c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"0104000000003c000104000000003c000104000000003c00010400000000060001040000"
			"00009c4001bb11223344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 110,
			    .payload = 134, .end = 134, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 8 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000583c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"0104000000003c000104000000003c000104000000003c000104000000003c0001040000"
			"000006000104000000009c4001bb11223344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 118,
			    .payload = 142, .end = 142, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: 9 destination options, Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000603c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c000104000000003c000104000000003c00"
			"0104000000003c000104000000003c000104000000003c000104000000003c0001040000"
			"00003c0001040000000006000104000000009c4001bb11223344000000006002faf05f6d"
			"0000020405a0",
		.kind = SCREEN_KIND_EXTENSIONS,
		.packet = { .family = 6 },
	},
	{
		.what = "vlan 7, IP6 2001:db8::7.40000 > 2001:db8:1::1.443: hop-by-hop (24), routing "
			"(40), destination options (16), Flags [.]",
		.hex =
			"0200000000020200000000018100000786dd600000000067004020010db8000000000000"
			"00000000000720010db80001000000000000000000012b02011400000000000000000000"
			"000000000000000000003c04040000000000000000000000000000000000000000000000"
			"00000000000000000000000000000601010c0000000000000000000000009c4001bb1122"
			"3344000000005010faf0b2a10000616263",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 18, .l4 = 138,
			    .payload = 158, .end = 161, .family = 6, .protocol = 6, .tcp_flags = 16, .tags =
			    1, .vlan = { 7 }, .window = 64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: AH (24 bytes), Flags [S]",
		.hex =
			"02000000000202000000000186dd600000000030334020010db800000000000000000000"
			"000720010db8000100000000000000000001060400000707070707070707070707070707"
			"0707070707079c4001bb11223344000000006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 78,
			    .payload = 102, .end = 102, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: mobility (8), Flags [S]",
		.hex =
			"02000000000202000000000186dd600000000020874020010db800000000000000000000"
			"000720010db800010000000000000000000106000000000000009c4001bb112233440000"
			"00006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 62,
			    .payload = 86, .end = 86, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: frag (0x0:0), an atomic fragment, "
			"Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000202c4020010db800000000000000000000"
			"000720010db800010000000000000000000106000000000000099c4001bb112233440000"
			"00006002faf05f6d0000020405a0",
		.kind = SCREEN_KIND_TCP,
		.packet = { .sport = 40000, .dport = 443, .seq = 0x11223344, .l3 = 14, .l4 = 62,
			    .payload = 86, .end = 86, .family = 6, .protocol = 6, .tcp_flags = 2, .window =
			    64240 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: frag (0|48), Flags [S]",
		.hex =
			"02000000000202000000000186dd6000000000382c4020010db800000000000000000000"
			"000720010db800010000000000000000000106000001000000099c4001bb112233440000"
			"0000a002faf050f60000020405b40402080a00000064000000000103030a7a7a7a7a7a7a"
			"7a7a",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .sport = 40000, .dport = 443, .l3 = 14, .l4 = 62, .family = 6,
			    .protocol = 6, .first_fragment = 1, .tcp_flags = 2, .end = 110 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: frag (0|16), too short for its "
			"flags",
		.hex =
			"02000000000202000000000186dd6000000000182c4020010db800000000000000000000"
			"000720010db800010000000000000000000106000001000000099c4001bb112233440000"
			"0000a002faf0",
		.kind = SCREEN_KIND_MALFORMED,
		.packet = { .family = 6 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: frag (48|16)",
		.hex =
			"02000000000202000000000186dd6000000000182c4020010db800000000000000000000"
			"000720010db800010000000000000000000106000031000000097a7a7a7a7a7a7a7a7a7a"
			"7a7a7a7a7a7a",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .l3 = 14, .l4 = 62, .family = 6, .protocol = 6, .end = 78 },
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: frag (0|16), next header "
			"destination options",
		.hex =
			"02000000000202000000000186dd6000000000282c4020010db800000000000000000000"
			"000720010db80001000000000000000000013c0000010000000906000104000000009c40"
			"01bb1122334400000000a002faf050f60000020405b4",
		.kind = SCREEN_KIND_FRAGMENT,
		.packet = { .sport = 40000, .dport = 443, .l3 = 14, .l4 = 70, .family = 6,
			    .protocol = 6, .first_fragment = 1, .tcp_flags = 2, .end = 94 },
	},
	{
		.what = "IP6 fe80::1 > ff02::1: ICMP6, neighbor solicitation",
		.hex =
			"02000000000202000000000186dd6000000000183a4020010db800000000000000000000"
			"000720010db8000100000000000000000001870000000000000000000000000000000000"
			"000000000000",
		.kind = SCREEN_KIND_NON_TCP,
		.packet = { .l3 = 14, .l4 = 54, .end = 78, .family = 6, .protocol = 58 },
	},
	{
		.what = "IP6 no next header",
		.hex =
			"02000000000202000000000186dd6000000000003b4020010db800000000000000000000"
			"000720010db8000100000000000000000001",
		.kind = SCREEN_KIND_NON_TCP,
		.packet = { .l3 = 14, .l4 = 54, .end = 54, .family = 6, .protocol = 59 },
	},
	{
		.what = "ARP, Request who-has 203.0.113.1",
		.hex =
			"02000000000202000000000108060001080006040001020000000001c633640700000000"
			"0000cb007101",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 14 },
	},
	{
		.what = "LLDP",
		.hex =
			"02000000000202000000000188cc0207040200000000010000",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 14 },
	},
	{
		.what = "vlan 5, PPPoE session",
		.hex =
			"0200000000020200000000018100000588641100000100020021",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 18, .tags = 1, .vlan = { 5 } },
	},
	{
		.what = "STP 802.1d, length 38",
		.hex =
			"020000000002020000000001002642420300000000000000000000000000000000000000"
			"00000000000000000000000000000000",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 14 },
	},
	{
		.what = "802.3, length 0",
		.hex =
			"020000000002020000000001000000000000000000000000000000000000000000000000"
			"000000000000000000000000000000000000000000000000",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 14 },
	},
	{
		.what = "802.3, length 1",
		.hex =
			"020000000002020000000001000100000000000000000000000000000000000000000000"
			"000000000000000000000000000000000000000000000000",
		.kind = SCREEN_KIND_NON_IP,
		.packet = { .l3 = 14 },
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: IHL 4",
		.hex =
			"020000000002020000000001080044000028123440004006c35fc6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: IHL 15 of a packet of 40 bytes",
		.hex =
			"02000000000202000000000108004f000028123440004006b85fc6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: total length behind the frame",
		.hex =
			"020000000002020000000001080045000029123440004006c25ec6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: total length 19",
		.hex =
			"020000000002020000000001080045000013123440004006c274c6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: total length 0",
		.hex =
			"020000000002020000000001080045000000123440004006c287c6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: total length ends in the TCP header",
		.hex =
			"020000000002020000000001080045000027123440004006c260c6336407cb0071019c40"
			"01bb11223344000000005002faf06c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: data offset 4",
		.hex =
			"020000000002020000000001080045000028123440004006c25fc6336407cb0071019c40"
			"01bb11223344000000004002faf07c530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: data offset 0",
		.hex =
			"020000000002020000000001080045000028123440004006c25fc6336407cb0071019c40"
			"01bb11223344000000000002faf0bc530000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "198.51.100.7.40000 > 203.0.113.1.443: data offset 6 of 20 bytes, padded",
		.hex =
			"020000000002020000000001080045000028123440004006c25fc6336407cb0071019c40"
			"01bb11223344000000006002faf05c530000000000000000",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP6 in an IPv4 Ethertype",
		.hex =
			"0200000000020200000000010800600000000040064020010db800000000000000000000"
			"000720010db80001000000000000000000019c4001bb1122334400000000a002faf050f6"
			"0000020405b40402080a00000064000000000103030a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
			"7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP in an IPv6 Ethertype",
		.hex =
			"02000000000202000000000186dd45000054123440004006c233c6336407cb0071019c40"
			"01bb1122334400000000a002faf046340000020405b40402080a00000064000000000103"
			"030a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: payload length behind the frame",
		.hex =
			"02000000000202000000000186dd600000000041064020010db800000000000000000000"
			"000720010db80001000000000000000000019c4001bb1122334400000000a002faf050f6"
			"0000020405b40402080a00000064000000000103030a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
			"7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: payload length ends in the TCP "
			"header",
		.hex =
			"02000000000202000000000186dd600000000013064020010db800000000000000000000"
			"000720010db80001000000000000000000019c4001bb1122334400000000a002faf050f6"
			"0000020405b40402080a00000064000000000103030a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
			"7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: jumbo payload length 0",
		.hex =
			"02000000000202000000000186dd600000000000064020010db800000000000000000000"
			"000720010db80001000000000000000000019c4001bb1122334400000000a002faf050f6"
			"0000020405b40402080a00000064000000000103030a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
			"7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
	{
		.what = "IP6 2001:db8::7.40000 > 2001:db8:1::1.443: hop-by-hop behind the packet",
		.hex =
			"02000000000202000000000186dd600000000048004020010db800000000000000000000"
			"000720010db800010000000000000000000106ff0000000000009c4001bb112233440000"
			"0000a002faf050f60000020405b40402080a00000064000000000103030a7a7a7a7a7a7a"
			"7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
		.kind = SCREEN_KIND_MALFORMED,
	},
};
