#include "../include/synscreen/counters.h"

#include <stddef.h>

struct row {
	const char *name;
	enum screen_verdict verdict;
};

static const struct row reasons[] = {
	[SCREEN_FORWARD_UNSCREENED] = { "forward_unscreened", SCREEN_FORWARD },
	[SCREEN_FORWARD_NON_IP] = { "forward_non_ip", SCREEN_FORWARD },
	[SCREEN_FORWARD_NON_TCP] = { "forward_non_tcp", SCREEN_FORWARD },
	[SCREEN_FORWARD_FRAGMENT] = { "forward_fragment", SCREEN_FORWARD },
	[SCREEN_FORWARD_DEEP_TAGS] = { "forward_deep_tags", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_CALM] = { "forward_syn_calm", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_WHITE_LIST] = { "forward_syn_white_list", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_VALIDATED] = { "forward_syn_validated", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_PROBE] = { "forward_syn_probe", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_OUTBOUND] = { "forward_syn_outbound", SCREEN_FORWARD },
	[SCREEN_FORWARD_SYN_KNOWN] = { "forward_syn_known", SCREEN_FORWARD },
	[SCREEN_FORWARD_FLOW] = { "forward_flow", SCREEN_FORWARD },
	[SCREEN_FORWARD_SPLICED] = { "forward_spliced", SCREEN_FORWARD },
	[SCREEN_FORWARD_SPLICED_ICMP] = { "forward_spliced_icmp", SCREEN_FORWARD },
	[SCREEN_FORWARD_SPLICE_SYN] = { "forward_splice_syn", SCREEN_FORWARD },
	[SCREEN_FORWARD_LEARNED] = { "forward_learned", SCREEN_FORWARD },
	[SCREEN_FORWARD_LEARNING] = { "forward_learning", SCREEN_FORWARD },
	[SCREEN_FORWARD_NO_SYN_CHECK] = { "forward_no_syn_check", SCREEN_FORWARD },
	[SCREEN_FORWARD_UNTRACKED] = { "forward_untracked", SCREEN_FORWARD },
	[SCREEN_REPLY_CHALLENGE] = { "reply_challenge", SCREEN_CHALLENGE },
	[SCREEN_REPLY_SERVER_ACK] = { "reply_server_ack", SCREEN_REPLY },
	[SCREEN_REPLY_RESET] = { "reply_reset", SCREEN_REPLY },
	[SCREEN_REPLY_CLOSED_PORT] = { "reply_closed_port", SCREEN_REPLY },
	[SCREEN_REPLY_STALE_HALF] = { "reply_stale_half", SCREEN_REPLY },
	[SCREEN_HOLD_SPLICE_PENDING] = { "hold_splice_pending", SCREEN_HOLD },
	[SCREEN_DROP_COOKIE_INVALID] = { "drop_cookie_invalid", SCREEN_DROP },
	[SCREEN_DROP_VALIDATED] = { "drop_validated", SCREEN_DROP },
	[SCREEN_DROP_NO_FLOW] = { "drop_no_flow", SCREEN_DROP },
	[SCREEN_DROP_SYN_FLOOD] = { "drop_syn_flood", SCREEN_DROP },
	[SCREEN_DROP_SOURCE_THRESHOLD] = { "drop_source_threshold", SCREEN_DROP },
	[SCREEN_DROP_DESTINATION_THRESHOLD] = { "drop_destination_threshold", SCREEN_DROP },
	[SCREEN_DROP_SYN_FRAGMENT] = { "drop_syn_fragment", SCREEN_DROP },
	[SCREEN_DROP_SYN_MSS] = { "drop_syn_mss", SCREEN_DROP },
	[SCREEN_DROP_SYN_MD5] = { "drop_syn_md5", SCREEN_DROP },
	[SCREEN_DROP_SYN_SOURCE] = { "drop_syn_source", SCREEN_DROP },
	[SCREEN_DROP_NO_KEYSET] = { "drop_no_keyset", SCREEN_DROP },
	[SCREEN_DROP_REPLY_RATE] = { "drop_reply_rate", SCREEN_DROP },
	[SCREEN_DROP_REPLY_BUDGET] = { "drop_reply_budget", SCREEN_DROP },
	[SCREEN_DROP_SPLICE_LIMIT] = { "drop_splice_limit", SCREEN_DROP },
	[SCREEN_DROP_SPLICE_PENDING] = { "drop_splice_pending", SCREEN_DROP },
	[SCREEN_DROP_HOLD_LIMIT] = { "drop_hold_limit", SCREEN_DROP },
	[SCREEN_DROP_SPLICE_CLOSED] = { "drop_splice_closed", SCREEN_DROP },
	[SCREEN_DROP_ICMP_FLOOD] = { "drop_icmp_flood", SCREEN_DROP },
	[SCREEN_DROP_UDP_FLOOD] = { "drop_udp_flood", SCREEN_DROP },
	[SCREEN_DROP_TCP_PORT_SCAN] = { "drop_tcp_port_scan", SCREEN_DROP },
	[SCREEN_DROP_UDP_PORT_SCAN] = { "drop_udp_port_scan", SCREEN_DROP },
	[SCREEN_DROP_IP_SWEEP] = { "drop_ip_sweep", SCREEN_DROP },
	[SCREEN_DROP_TCP_SWEEP] = { "drop_tcp_sweep", SCREEN_DROP },
	[SCREEN_DROP_UDP_SWEEP] = { "drop_udp_sweep", SCREEN_DROP },
	[SCREEN_DROP_TEAR_DROP] = { "drop_tear_drop", SCREEN_DROP },
	[SCREEN_DROP_PING_DEATH] = { "drop_ping_death", SCREEN_DROP },
	[SCREEN_DROP_SOURCE_ROUTE] = { "drop_source_route", SCREEN_DROP },
	[SCREEN_DROP_LAND] = { "drop_land", SCREEN_DROP },
	[SCREEN_DROP_NO_FLAG] = { "drop_no_flag", SCREEN_DROP },
	[SCREEN_DROP_UNKNOWN_PROTOCOL] = { "drop_unknown_protocol", SCREEN_DROP },
	[SCREEN_DROP_BAD_OPTION] = { "drop_bad_option", SCREEN_DROP },
	[SCREEN_DROP_RECORD_ROUTE] = { "drop_record_route", SCREEN_DROP },
	[SCREEN_DROP_TIMESTAMP] = { "drop_timestamp", SCREEN_DROP },
	[SCREEN_DROP_SECURITY] = { "drop_security", SCREEN_DROP },
	[SCREEN_DROP_LOOSE_SOURCE_ROUTE] = { "drop_loose_source_route", SCREEN_DROP },
	[SCREEN_DROP_STRICT_SOURCE_ROUTE] = { "drop_strict_source_route", SCREEN_DROP },
	[SCREEN_DROP_STREAM] = { "drop_stream", SCREEN_DROP },
	[SCREEN_DROP_ICMP_FRAGMENT] = { "drop_icmp_fragment", SCREEN_DROP },
	[SCREEN_DROP_ICMP_LARGE] = { "drop_icmp_large", SCREEN_DROP },
	[SCREEN_DROP_SYN_FIN] = { "drop_syn_fin", SCREEN_DROP },
	[SCREEN_DROP_FIN_NO_ACK] = { "drop_fin_no_ack", SCREEN_DROP },
	[SCREEN_DROP_SOURCE_SESSIONS] = { "drop_source_sessions", SCREEN_DROP },
	[SCREEN_DROP_DESTINATION_SESSIONS] = { "drop_destination_sessions", SCREEN_DROP },
	[SCREEN_DROP_SYN_ACK_ACK] = { "drop_syn_ack_ack", SCREEN_DROP },
	[SCREEN_DROP_BLOCK_FRAG] = { "drop_block_frag", SCREEN_DROP },
	[SCREEN_DROP_EXTENSION_HEADER] = { "drop_extension_header", SCREEN_DROP },
	[SCREEN_DROP_EXTENSION_LIMIT] = { "drop_extension_limit", SCREEN_DROP },
	[SCREEN_DROP_IPV6_MALFORMED] = { "drop_ipv6_malformed", SCREEN_DROP },
	[SCREEN_DROP_ICMPV6_MALFORMED] = { "drop_icmpv6_malformed", SCREEN_DROP },
	[SCREEN_DROP_MALFORMED] = { "drop_malformed", SCREEN_DROP },
	[SCREEN_DROP_CHECKSUM] = { "drop_checksum", SCREEN_DROP },
	[SCREEN_DROP_EXTENSION_HEADERS] = { "drop_extension_headers", SCREEN_DROP },
	[SCREEN_DROP_DEEP_TAGS] = { "drop_deep_tags", SCREEN_DROP },
	[SCREEN_DROP_LEARNING_LIMIT] = { "drop_learning_limit", SCREEN_DROP },
	[SCREEN_DROP_TX_FULL] = { "drop_tx_full", SCREEN_DROP },
	[SCREEN_DROP_NO_PEER] = { "drop_no_peer", SCREEN_DROP },
};
_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == SCREEN_REASONS, "one row a reason");

static const char *const shim_counters[] = {
	[SCREEN_SHIM_TO_ENGINE] = "shim_to_engine",
	[SCREEN_SHIM_SYN_TO_ENGINE] = "shim_syn_to_engine",
	[SCREEN_SHIM_PASSED_STAGED] = "shim_passed_staged",
	[SCREEN_SHIM_PASSED_STALE] = "shim_passed_stale",
	[SCREEN_SHIM_DROPPED_STALE] = "shim_dropped_stale",
	[SCREEN_SHIM_DROPPED_STAGED] = "shim_dropped_staged",
	[SCREEN_SHIM_DROPPED_UNBOUND] = "shim_dropped_unbound",
	[SCREEN_SHIM_HOST_NO_LISTENER] = "shim_host_no_listener",
	[SCREEN_SHIM_HOST_SOCKET] = "shim_host_socket",
	[SCREEN_SHIM_HOST_CALM] = "shim_host_calm",
	[SCREEN_SHIM_HOST_WHITE_LIST] = "shim_host_white_list",
	[SCREEN_SHIM_HOST_VALIDATED] = "shim_host_validated",
	[SCREEN_SHIM_HOST_PUNTED] = "shim_host_punted",
	[SCREEN_SHIM_HOST_DROPPED_FLOOD] = "shim_host_dropped_flood",
	[SCREEN_SHIM_HOST_DROPPED_SOCKET] = "shim_host_dropped_socket",
	[SCREEN_SHIM_HOST_DROPPED_HIDDEN] = "shim_host_dropped_hidden",
	[SCREEN_SHIM_HOST_ADMITTED] = "shim_host_admitted",
	[SCREEN_SHIM_HOST_NOT_ADMITTED] = "shim_host_not_admitted",
	[SCREEN_SHIM_HOST_KERNEL_COOKIE] = "shim_host_kernel_cookie",
	[SCREEN_SHIM_HOST_COOKIE_INVALID] = "shim_host_cookie_invalid",
	[SCREEN_SHIM_HOST_ASKED] = "shim_host_asked",
	[SCREEN_SHIM_CHALLENGED] = "shim_challenged",
	[SCREEN_SHIM_COOKIE_INVALID] = "shim_cookie_invalid",
	[SCREEN_SHIM_PASSED_FLOW] = "shim_forwarded_flow",
	[SCREEN_SHIM_REPLY_RATE] = "shim_reply_rate",
};
_Static_assert(sizeof(shim_counters) / sizeof(shim_counters[0]) == SCREEN_SHIM_COUNTERS,
	       "one row a counter");

const char *screen_reason_name(unsigned int reason)
{
	return reason < SCREEN_REASONS ? reasons[reason].name : NULL;
}

enum screen_verdict screen_reason_verdict(unsigned int reason)
{
	return reason < SCREEN_REASONS ? reasons[reason].verdict : SCREEN_DROP;
}

const char *screen_shim_counter_name(unsigned int counter)
{
	return counter < SCREEN_SHIM_COUNTERS ? shim_counters[counter] : NULL;
}
