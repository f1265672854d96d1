package daemon

import (
	"log/slog"
	"sync/atomic"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/metrics"
)

// Bounds of the log of events.
const (
	eventInterval = 200 * time.Millisecond
	eventsChunk   = 512 // events taken from the engine at once
	eventsReads   = 8   // such takings of one turn: others want theirs
	eventWindow   = time.Second
	tagRecordsMax = 20 // records of one tag in a window
)

// tagLost is the tag of the record about events that the engine had no room for.
const tagLost = "SYNSCREEN_EVENTS_LOST"

// eventLog tells the engine's events to the log and to syslog: of each tag a bounded number a second.
// One goroutine uses it; anyone may ask for its totals.
type eventLog struct {
	log    *slog.Logger
	syslog *syslogSender // nil: none
	window time.Time     // its beginning
	tags   map[string]*tagCount
	lost   uint64 // in this window
	failed bool   // the last reading

	logged, suppressed, lostTotal atomic.Uint64
}

// tagCount is what one tag had in this window.
type tagCount struct{ logged, suppressed uint64 }

// eventSource is what the log reads.
type eventSource interface {
	Events(limit int) ([]dataplane.Event, uint64, error)
}

func newEventLog(log *slog.Logger, syslog *syslogSender) *eventLog {
	return &eventLog{log: log, syslog: syslog, tags: map[string]*tagCount{}}
}

// poll takes what the engine has and tells of it. A window that is over is closed first.
func (e *eventLog) poll(now time.Time, source eventSource) {
	if passed := now.Sub(e.window); passed >= eventWindow || passed < 0 {
		e.close(now)
	}
	for range eventsReads {
		events, lost, err := source.Events(eventsChunk)
		if err != nil {
			e.fail(err)
			return
		}
		e.failed = false
		e.lost += lost
		e.lostTotal.Add(lost)
		for _, event := range events {
			e.tell(event)
		}
		if len(events) < eventsChunk {
			return
		}
	}
}

// fail logs that there are no events to be had, once.
func (e *eventLog) fail(err error) {
	if !e.failed {
		e.log.Error("engine gives no events", "error", err)
	}
	e.failed = true
}

// tell writes the record of an event, if its tag may have another in this window.
func (e *eventLog) tell(event dataplane.Event) {
	tag := event.Screen.Tag()
	count := e.tags[tag]
	if count == nil {
		count = &tagCount{}
		e.tags[tag] = count
	}
	if count.logged >= tagRecordsMax {
		count.suppressed++
		e.suppressed.Add(1)
		return
	}
	count.logged++
	e.logged.Add(1)
	e.write(newEventRecord(event))
}

// close ends a window: it tells what was left out, and gives every tag its records anew.
func (e *eventLog) close(now time.Time) {
	for _, tag := range sortedKeys(e.tags) {
		if n := e.tags[tag].suppressed; n > 0 {
			e.write(record{time: now, level: slog.LevelWarn, tag: tag, text: "records suppressed",
				fields: []field{{"suppressed", "suppressed", n}}})
		}
	}
	if e.lost > 0 {
		e.write(record{time: now, level: slog.LevelWarn, tag: tagLost,
			text:   "events lost: the engine had no room for them",
			fields: []field{{"lost", "lost", e.lost}}})
	}
	e.lost = 0
	clear(e.tags)
	e.window = now
}

// finish takes what is left when the daemon stops.
func (e *eventLog) finish(now time.Time, source eventSource) {
	e.poll(now, source)
	e.close(now)
}

func (e *eventLog) write(r record) {
	r.log(e.log)
	if e.syslog != nil {
		e.syslog.send(r)
	}
}

// totals gives what was told and left out since the start.
func (e *eventLog) totals() metrics.EventTotals {
	totals := metrics.EventTotals{
		Logged: e.logged.Load(), Suppressed: e.suppressed.Load(), Lost: e.lostTotal.Load(),
	}
	if e.syslog != nil {
		totals.SyslogSent, totals.SyslogDropped = e.syslog.sent.Load(), e.syslog.dropped.Load()
	}
	return totals
}
