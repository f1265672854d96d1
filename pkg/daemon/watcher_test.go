package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

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

func portAt(carrier bool) dataplane.Status {
	return dataplane.Status{Ports: []dataplane.PortStatus{{
		Interface: "eth1", Peer: "eth2", Wire: "w1", Carrier: carrier,
	}}}
}

func TestWatcherLogsWhatChanged(t *testing.T) {
	const zone = " tag=RT_SCREEN_TCP zone=z profile=web syn_rate=900 "
	for _, test := range []struct {
		name     string
		readings []dataplane.Status
		want     []string // of the last reading
	}{
		{"calm at first", []dataplane.Status{zoneAt(0, 0, 0)}, []string{}},
		{"alarms without a flood, one record", []dataplane.Status{zoneAt(0, 2, 0), zoneAt(0, 5, 0)},
			[]string{`level=WARN msg="SYN flood alarm"` + zone + `alarms=3 flooding_destinations=0`}},
		{"a flood begins", []dataplane.Status{zoneAt(0, 2, 0), zoneAt(1, 3, 1)}, []string{
			`level=WARN msg="SYN flood alarm"` + zone + `alarms=1 flooding_destinations=1`,
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
		{"a link at first", []dataplane.Status{portAt(true)}, []string{}},
		{"no link at first", []dataplane.Status{portAt(false)},
			[]string{`level=WARN msg="port has no link" port=eth1 wire=w1 held_down=false peer=eth2`}},
		{"still no link", []dataplane.Status{portAt(false), portAt(false)}, []string{}},
		{"a link is back", []dataplane.Status{portAt(false), portAt(true)},
			[]string{`level=INFO msg="port has its link again" port=eth1 wire=w1`}},
		{"a port that left is new when it comes back",
			[]dataplane.Status{portAt(false), {}, portAt(false)},
			[]string{`level=WARN msg="port has no link" port=eth1 wire=w1 held_down=false peer=eth2`}},
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
