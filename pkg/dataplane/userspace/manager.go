package userspace

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// Manager owns an engine and the configuration that runs on it. Its methods may be called by any
// goroutine; they take turns, so that the engine sees one caller at a time.
type Manager struct {
	mu      sync.Mutex
	engine  Engine
	now     func() time.Time
	running Running
	last    *Rejection
	tap     tapping
}

// Running is the configuration that runs.
type Running struct {
	Source     string         `json:"source,omitempty"` // the file's name as it was given
	Generation uint64         `json:"generation"`       // 0: nothing runs
	Mode       dataplane.Mode `json:"mode"`
	Degraded   bool           `json:"degraded"` // syn-cookie was the default and could not be had
	Warnings   []Refusal      `json:"warnings"`

	config    *config.Config
	answering []string // ports that answer syn-cookie
	driven    []string // ports whose drivers must do what they can
}

// Rejection is the last commit that was refused after the last one that was not.
type Rejection struct {
	Source   string                  `json:"source"`
	At       time.Time               `json:"at"`
	Refusals []Refusal               `json:"refusals"`
	Proved   *dataplane.Capabilities `json:"proved,omitempty"` // what the engine had proved of it
}

// ErrDegraded says that another try for syn-cookie found the gate as it was.
var ErrDegraded = errors.New("syn-cookie is still not proved")

// NewManager takes an engine, which Close gives back. now is the clock of rejections.
func NewManager(engine Engine, now func() time.Time) *Manager {
	return &Manager{engine: engine, now: now, running: Running{Warnings: []Refusal{}}}
}

// Commit makes a configuration the running one. An error, always a RefusedError, leaves what ran
// before as it was.
func (m *Manager) Commit(source string, cfg *config.Config) (Running, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	snapshot, refusals := compile(cfg)
	if refusals = append(refusals, refuseMode(cfg)...); len(refusals) > 0 {
		return m.running, m.reject(source, nil, &RefusedError{Refusals: refusals})
	}
	c := commit{manager: m, source: source, config: cfg, snapshot: snapshot}
	if err := c.run(); err != nil {
		return m.running, m.reject(source, c.proved, err)
	}
	m.last = nil
	return m.running, nil
}

// Upgrade tries again for syn-cookie where a commit had to do without. It gives ErrDegraded, and
// changes nothing, when the gate still refuses.
func (m *Manager) Upgrade() (Running, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running.Degraded {
		return m.running, nil
	}
	snapshot, refusals := compile(m.running.config)
	if len(refusals) > 0 {
		return m.running, &RefusedError{Refusals: refusals}
	}
	c := commit{manager: m, source: m.running.Source, config: m.running.config, snapshot: snapshot,
		cookieOnly: true}
	if err := c.run(); err != nil {
		return m.running, err
	}
	return m.running, nil
}

// Running tells what runs.
func (m *Manager) Running() Running {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running
}

// Capabilities tells what runs, what the engine has proved of it, and what was refused since.
func (m *Manager) Capabilities() (Running, dataplane.Capabilities, *Rejection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	proved, err := m.engine.Capabilities()
	if err != nil {
		err = fmt.Errorf("read the engine's capabilities: %w", err)
	}
	return m.running, proved, m.last, err
}

// Status reads the engine's counters once.
func (m *Manager) Status() (dataplane.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	status, err := m.engine.Status()
	if err != nil {
		return status, fmt.Errorf("read the engine's status: %w", err)
	}
	return status, nil
}

// Close ends the engine, which hands its flows over to the next one, and gives their number. The
// interfaces are left as their wires' on-failure says.
func (m *Manager) Close() (flows int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	flows, err = m.engine.HandOver()
	m.engine.Close(dataplane.LeaveByFailureMode)
	if err != nil {
		err = fmt.Errorf("hand the flows over: %w", err)
	}
	return flows, err
}

// reject remembers a refusal and gives it as an error.
func (m *Manager) reject(source string, proved *dataplane.Capabilities, err error) error {
	var refused *RefusedError
	if !errors.As(err, &refused) {
		refused = &RefusedError{Refusals: []Refusal{{Reason: err.Error()}}, cause: err}
	}
	m.last = &Rejection{Source: source, At: m.now(), Refusals: refused.Refusals, Proved: proved}
	return refused
}
