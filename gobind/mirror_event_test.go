package gobind_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/gobind"
	"synscreen/pkg/dataplane"
)

// Go's mirror of struct screen_event.
type event struct {
	RealtimeNs  uint64
	Kind        uint32
	Ids         uint32
	Zone        name
	Ifname      ifname
	Source      [16]uint8
	Destination [16]uint8
	Sport       uint16
	Dport       uint16
	Protocol    uint8
	Dropped     uint8
	Looks       uint8
	Reserved    uint8
	Count       uint64
	DurationNs  uint64
}

func TestEveryScreenAndKindOfEventHasTheValueOfItsEnumerator(t *testing.T) {
	want := map[string]int64{
		"SCREEN_IDS_ICMP_FLOOD":            int64(dataplane.ScreenICMPFlood),
		"SCREEN_IDS_UDP_FLOOD":             int64(dataplane.ScreenUDPFlood),
		"SCREEN_IDS_WINNUKE":               int64(dataplane.ScreenWinNuke),
		"SCREEN_IDS_TCP_PORT_SCAN":         int64(dataplane.ScreenTCPPortScan),
		"SCREEN_IDS_UDP_PORT_SCAN":         int64(dataplane.ScreenUDPPortScan),
		"SCREEN_IDS_IP_SWEEP":              int64(dataplane.ScreenIPSweep),
		"SCREEN_IDS_TCP_SWEEP":             int64(dataplane.ScreenTCPSweep),
		"SCREEN_IDS_UDP_SWEEP":             int64(dataplane.ScreenUDPSweep),
		"SCREEN_IDS_TEAR_DROP":             int64(dataplane.ScreenTearDrop),
		"SCREEN_IDS_SYN_FLOOD":             int64(dataplane.ScreenSynFlood),
		"SCREEN_IDS_SYN_FLOOD_SOURCE":      int64(dataplane.ScreenSynFloodSource),
		"SCREEN_IDS_SYN_FLOOD_DESTINATION": int64(dataplane.ScreenSynFloodDestination),
		"SCREEN_IDS_PING_DEATH":            int64(dataplane.ScreenPingDeath),
		"SCREEN_IDS_SOURCE_ROUTE":          int64(dataplane.ScreenSourceRoute),
		"SCREEN_IDS_LAND":                  int64(dataplane.ScreenLand),
		"SCREEN_IDS_SYN_FRAG":              int64(dataplane.ScreenSynFragment),
		"SCREEN_IDS_NO_FLAG":               int64(dataplane.ScreenNoFlag),
		"SCREEN_IDS_UNKNOWN_PROTOCOL":      int64(dataplane.ScreenUnknownProtocol),
		"SCREEN_IDS_BAD_OPTION":            int64(dataplane.ScreenBadOption),
		"SCREEN_IDS_RECORD_ROUTE":          int64(dataplane.ScreenRecordRoute),
		"SCREEN_IDS_TIMESTAMP":             int64(dataplane.ScreenTimestamp),
		"SCREEN_IDS_SECURITY":              int64(dataplane.ScreenSecurity),
		"SCREEN_IDS_LOOSE_SOURCE_ROUTE":    int64(dataplane.ScreenLooseSourceRoute),
		"SCREEN_IDS_STRICT_SOURCE_ROUTE":   int64(dataplane.ScreenStrictSourceRoute),
		"SCREEN_IDS_STREAM":                int64(dataplane.ScreenStream),
		"SCREEN_IDS_ICMP_FRAGMENT":         int64(dataplane.ScreenICMPFragment),
		"SCREEN_IDS_ICMP_LARGE":            int64(dataplane.ScreenICMPLarge),
		"SCREEN_IDS_SYN_FIN":               int64(dataplane.ScreenSynFin),
		"SCREEN_IDS_FIN_NO_ACK":            int64(dataplane.ScreenFinNoAck),
		"SCREEN_IDS_SOURCE_SESSIONS":       int64(dataplane.ScreenSourceSessions),
		"SCREEN_IDS_DESTINATION_SESSIONS":  int64(dataplane.ScreenDestinationSessions),
		"SCREEN_IDS_SYN_ACK_ACK":           int64(dataplane.ScreenSynAckAck),
		"SCREEN_IDS_BLOCK_FRAG":            int64(dataplane.ScreenBlockFragment),
		"SCREEN_IDS_EXTENSION_HEADER":      int64(dataplane.ScreenExtensionHeader),
		"SCREEN_IDS_EXTENSION_LIMIT":       int64(dataplane.ScreenExtensionLimit),
		"SCREEN_IDS_IPV6_MALFORMED":        int64(dataplane.ScreenIPv6Malformed),
		"SCREEN_IDS_ICMPV6_MALFORMED":      int64(dataplane.ScreenICMPv6Malformed),
		"SCREEN_IDS":                       int64(dataplane.ScreenCount),
		"SCREEN_EVENT_ALARM":               int64(dataplane.EventAlarm),
		"SCREEN_EVENT_FLOOD_START":         int64(dataplane.EventFloodStart),
		"SCREEN_EVENT_FLOOD_END":           int64(dataplane.EventFloodEnd),
		"SCREEN_EVENT_SCREEN":              int64(dataplane.EventScreen),
	}
	if diff := cmp.Diff(gobind.EventEnumerators(), want); diff != "" {
		t.Errorf("C (-) and Go (+) differ:\n%s", diff)
	}
}
