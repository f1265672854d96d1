package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// journal is a log without times, read line by line.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes one record.
func (j *journal) Write(record []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(record)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return attr
		},
	}))
}

// take gives the lines since the last take.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := strings.FieldsFunc(j.text.String(), func(r rune) bool { return r == '\n' })
	j.text.Reset()
	return append([]string{}, lines...)
}

func zoneAt(flooding uint32, alarms, attacks uint64) dataplane.Status {
	return dataplane.Status{Zones: []dataplane.ZoneStatus{{
		Name: "z", Profile: "web", SynRate: 900, Flooding: flooding, Alarms: alarms, Attacks: attacks,
	}}}
}

func symmetryAt(symmetry dataplane.Symmetry, one, two uint32) dataplane.Status {
	return dataplane.Status{Zones: []dataplane.ZoneStatus{{Name: "z", Symmetry: symmetry, OneWay: one, TwoWay: two}}}
}

func mtuAt(mtu uint32) dataplane.Status {
	return dataplane.Status{ChunkSize: 2048, Ports: []dataplane.PortStatus{{
		Interface: "eth1", Wire: "w1", Carrier: true, MTU: mtu,
	}}}
}

func portAt(carrier bool) dataplane.Status {
	return dataplane.Status{Ports: []dataplane.PortStatus{{
		Interface: "eth1", Peer: "eth2", Wire: "w1", Carrier: carrier,
	}}}
}

func lateAt(workers uint32) dataplane.Status {
	return dataplane.Status{Workers: 2, WorkersLate: workers}
}

func hostAt(carrier bool) dataplane.Status {
	return dataplane.Status{Ports: []dataplane.PortStatus{{Interface: "eth0", Host: true, Carrier: carrier}}}
}

func clusterAt(state dataplane.ClusterState, jumps uint64) dataplane.Status {
	return dataplane.Status{ClusterState: state, ClusterJumps: jumps, ClusterOffset: 1500 * time.Millisecond,
		CheckEpoch: 100}
}

func keysAt(active string, kind dataplane.OtherKey, other string) dataplane.Status {
	return dataplane.Status{Key: dataplane.KeyStatus{
		File: "/s/master.key", Active: active, OtherKind: kind, Other: other, OtherLeft: 131 * time.Second,
	}}
}

func handedOver(result dataplane.HandoverResult) dataplane.Status {
	return dataplane.Status{Handover: dataplane.Handover{Result: result, Flows: 7, Left: 2, Servers: 3}}
}

func TestWatcherLogsWhatChanged(t *testing.T) {
	const zone = " tag=RT_SCREEN_TCP zone=z profile=web syn_rate=900 "
	const cluster = " offset_s=1.5 check_epoch=100"
	const jumped = `level=WARN msg="cluster time jumped forward: it was more than 15 min behind the clock; ` +
		`cookies that were in flight are rejected; check NTP here and on the peers"`
	const ahead = `level=WARN msg="cluster time is more than 15 min ahead of the clock: it goes at half speed ` +
		`until it is not, and peers whose clocks are right reject its cookies; check NTP here"`
	for _, test := range []struct {
		name     string
		readings []dataplane.Status
		want     []string // of the last reading
	}{
		{"calm at first", []dataplane.Status{zoneAt(0, 0, 0)}, []string{}},
		{"alarms without a flood are told by events", []dataplane.Status{zoneAt(0, 2, 0), zoneAt(0, 5, 0)},
			[]string{}},
		{"a flood begins", []dataplane.Status{zoneAt(0, 2, 0), zoneAt(1, 3, 1)}, []string{
			`level=WARN msg="zone is flooding"` + zone + `flooding_destinations=1 attacks=1`,
		}},
		{"a flood goes on", []dataplane.Status{zoneAt(1, 3, 1), zoneAt(2, 3, 2)}, []string{}},
		{"a flood ends", []dataplane.Status{zoneAt(1, 3, 1), zoneAt(0, 3, 1)}, []string{
			`level=INFO msg="zone is calm again"` + zone + `attacks_total=1 cookies_valid_total=0`,
		}},
		{"a flood came and went", []dataplane.Status{zoneAt(0, 0, 0), zoneAt(0, 0, 1)}, []string{
			`level=WARN msg="zone is flooding"` + zone + `flooding_destinations=0 attacks=1`,
			`level=INFO msg="zone is calm again"` + zone + `attacks_total=1 cookies_valid_total=0`,
		}},
		{"both directions at first", []dataplane.Status{symmetryAt(dataplane.SymmetryBoth, 0, 9)}, []string{}},
		{"one direction", []dataplane.Status{symmetryAt(dataplane.SymmetryUnknown, 3, 0),
			symmetryAt(dataplane.SymmetryOneWay, 20, 0)}, []string{
			`level=ERROR msg="servers' answers go another way: where a zone's admission is splice, safe-reset takes its place" ` +
				`zone=z answers_seen=0 connections_without=20 remedy="lead servers' answers through the wire, ` +
				`or set admission safe-reset or reset for the zone"`}},
		{"some go another way", []dataplane.Status{symmetryAt(dataplane.SymmetryBoth, 3, 90),
			symmetryAt(dataplane.SymmetryPartly, 20, 90)}, []string{
			`level=WARN msg="some of the servers' answers go another way: a splice breaks such connections" ` +
				`zone=z answers_seen=90 connections_without=20 remedy="lead servers' answers through the wire, ` +
				`or set admission safe-reset or reset for the zone"`}},
		{"they come by again", []dataplane.Status{symmetryAt(dataplane.SymmetryOneWay, 20, 0),
			symmetryAt(dataplane.SymmetryBoth, 3, 90)}, []string{
			`level=INFO msg="servers' answers come by again" zone=z answers_seen=90 connections_without=3`}},
		{"the largest MTU", []dataplane.Status{mtuAt(1500), mtuAt(1770)}, []string{}},
		{"an MTU that is too large", []dataplane.Status{mtuAt(1500), mtuAt(1771)}, []string{
			`level=ERROR msg="port's MTU is larger than what packet buffers hold: larger frames are lost" ` +
				`port=eth1 wire=w1 mtu=1771 mtu_max=1770 remedy="lower it, or start with a larger --chunk-size"`}},
		{"an MTU that is still too large", []dataplane.Status{mtuAt(1771), mtuAt(9000)}, []string{}},
		{"an MTU that fits again", []dataplane.Status{mtuAt(1771), mtuAt(1500)}, []string{
			`level=INFO msg="port's MTU fits again" port=eth1 wire=w1 mtu=1500 mtu_max=1770`}},
		{"a link at first", []dataplane.Status{portAt(true)}, []string{}},
		{"no link at first", []dataplane.Status{portAt(false)},
			[]string{`level=WARN msg="port has no link" port=eth1 wire=w1 held_down=false peer=eth2`}},
		{"no link at a host port", []dataplane.Status{hostAt(true), hostAt(false)},
			[]string{`level=WARN msg="port has no link" port=eth0 host=true`}},
		{"a link at a host port is back", []dataplane.Status{hostAt(false), hostAt(true)},
			[]string{`level=INFO msg="port has its link again" port=eth0 host=true`}},
		{"a worker stands still", []dataplane.Status{lateAt(0), lateAt(1)}, []string{
			`level=ERROR msg="workers stand still: their ports do as without an engine" workers_late=1 workers=2 ` +
				`remedy="give them processor time; if they stay so, restart the daemon"`}},
		{"it still does", []dataplane.Status{lateAt(1), lateAt(1)}, []string{}},
		{"one of two goes on", []dataplane.Status{lateAt(2), lateAt(1)}, []string{}},
		{"all go on", []dataplane.Status{lateAt(1), lateAt(0)}, []string{`level=INFO msg="all workers go on"`}},
		{"still no link", []dataplane.Status{portAt(false), portAt(false)}, []string{}},
		{"a link is back", []dataplane.Status{portAt(false), portAt(true)},
			[]string{`level=INFO msg="port has its link again" port=eth1 wire=w1`}},
		{"a port that left is new when it comes back",
			[]dataplane.Status{portAt(false), {}, portAt(false)},
			[]string{`level=WARN msg="port has no link" port=eth1 wire=w1 held_down=false peer=eth2`}},
		{"cluster time follows", []dataplane.Status{clusterAt(dataplane.ClusterFollows, 0)}, []string{}},
		{"cluster time jumps", []dataplane.Status{
			clusterAt(dataplane.ClusterFollows, 1), clusterAt(dataplane.ClusterJumped, 2),
		}, []string{jumped + cluster + " jumps=1"}},
		{"cluster time jumped before the first reading", []dataplane.Status{clusterAt(dataplane.ClusterFollows, 3)},
			[]string{jumped + cluster + " jumps=3"}},
		{"cluster time jumped and that is all", []dataplane.Status{
			clusterAt(dataplane.ClusterJumped, 2), clusterAt(dataplane.ClusterFollows, 2),
		}, []string{}},
		{"cluster time gets ahead", []dataplane.Status{
			clusterAt(dataplane.ClusterFollows, 0), clusterAt(dataplane.ClusterAhead, 0),
		}, []string{ahead + cluster}},
		{"cluster time is ahead at first", []dataplane.Status{clusterAt(dataplane.ClusterAhead, 0)},
			[]string{ahead + cluster}},
		{"cluster time stays ahead", []dataplane.Status{
			clusterAt(dataplane.ClusterAhead, 0), clusterAt(dataplane.ClusterAhead, 0),
		}, []string{}},
		{"cluster time is ahead no longer", []dataplane.Status{
			clusterAt(dataplane.ClusterAhead, 0), clusterAt(dataplane.ClusterFollows, 0),
		}, []string{`level=INFO msg="cluster time is no longer more than 15 min ahead of the clock"` + cluster}},
		{"nothing was handed over", []dataplane.Status{{}, handedOver(dataplane.HandoverNone)}, []string{}},
		{"flows are taken over", []dataplane.Status{{}, handedOver(dataplane.HandoverTaken)}, []string{
			`level=INFO msg="flows of the daemon before are taken over" flows=7 left=2 servers=3`,
		}},
		{"flows were taken over", []dataplane.Status{
			handedOver(dataplane.HandoverTaken), handedOver(dataplane.HandoverTaken),
		}, []string{}},
		{"flows are refused", []dataplane.Status{handedOver(dataplane.HandoverOtherBoot)}, []string{
			`level=WARN msg="flows of the daemon before are not taken over: its spliced connections are lost, ` +
				`others are learned anew" file=flows.handover reason=other-boot`,
		}},
		{"no key yet", []dataplane.Status{{}}, []string{}},
		{"a key at first", []dataplane.Status{{}, keysAt("aa", dataplane.OtherKeyNone, "")},
			[]string{`level=INFO msg="master key in use" fingerprint=aa file=/s/master.key`}},
		{"a key and a staged one at first", []dataplane.Status{keysAt("aa", dataplane.OtherKeyStaged, "bb")},
			[]string{
				`level=INFO msg="master key in use" fingerprint=aa file=/s/master.key`,
				`level=INFO msg="master key staged: its cookies are accepted" fingerprint=bb`,
			}},
		{"the same keys", []dataplane.Status{
			keysAt("aa", dataplane.OtherKeyStaged, "bb"), keysAt("aa", dataplane.OtherKeyStaged, "bb"),
		}, []string{}},
		{"another key is staged", []dataplane.Status{
			keysAt("aa", dataplane.OtherKeyStaged, "bb"), keysAt("aa", dataplane.OtherKeyStaged, "cc"),
		}, []string{
			`level=INFO msg="staged master key forgotten: its cookies are rejected" fingerprint=bb`,
			`level=INFO msg="master key staged: its cookies are accepted" fingerprint=cc`,
		}},
		{"the staged key is activated", []dataplane.Status{
			keysAt("aa", dataplane.OtherKeyStaged, "bb"), keysAt("bb", dataplane.OtherKeyRetired, "aa"),
		}, []string{
			`level=INFO msg="master key activated: cookies are minted with it" fingerprint=bb ` +
				`file=/s/master.key before=aa`,
			`level=INFO msg="master key retired: its cookies are still accepted" fingerprint=aa left_s=131`,
		}},
		{"a commit brings a key, and another is staged", []dataplane.Status{
			keysAt("aa", dataplane.OtherKeyStaged, "bb"), keysAt("cc", dataplane.OtherKeyRetired, "aa"),
		}, []string{
			`level=INFO msg="staged master key forgotten: its cookies are rejected" fingerprint=bb`,
			`level=INFO msg="master key activated: cookies are minted with it" fingerprint=cc ` +
				`file=/s/master.key before=aa`,
			`level=INFO msg="master key retired: its cookies are still accepted" fingerprint=aa left_s=131`,
		}},
		{"the retired key is forgotten", []dataplane.Status{
			keysAt("bb", dataplane.OtherKeyRetired, "aa"), keysAt("bb", dataplane.OtherKeyNone, ""),
		}, []string{`level=INFO msg="retired master key forgotten: its cookies are rejected" fingerprint=aa`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log journal
			w := newWatcher()
			for _, reading := range test.readings {
				log.take()
				w.observe(log.logger(), reading)
			}
			if diff := cmp.Diff(test.want, log.take()); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWatcherAlarmsWhenTheKeysOfAnEpochCannotBeUsed(t *testing.T) {
	journal, watcher := &journal{}, newWatcher()
	for _, test := range []struct {
		late bool
		want string
	}{
		{false, ""}, {true, "level=ERROR msg=\"keys of the new epoch cannot be used\""}, {true, ""},
		{false, "level=INFO msg=\"keys of the new epoch are in use\""},
	} {
		watcher.observe(journal.logger(), dataplane.Status{KeysetLate: test.late})
		got := strings.Join(journal.take(), "\n")
		if !strings.HasPrefix(got, test.want) || (test.want == "" && got != "") {
			t.Errorf("late %v: logged %q, want %q", test.late, got, test.want)
		}
	}
}
