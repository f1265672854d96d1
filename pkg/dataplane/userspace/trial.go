package userspace

import "synscreen/pkg/config"

// Check does all that Commit does except publish: the configuration is staged, has to prove what it
// needs, and is dropped. It tells what would run. An error, always a RefusedError, is not remembered as
// the last rejection, because nobody asked for a commit.
func (m *Manager) Check(source string, cfg *config.Config) (Running, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	snapshot, refusals := compile(cfg)
	if refusals = append(refusals, refuseMode(cfg)...); len(refusals) > 0 {
		return m.running, &RefusedError{Refusals: refusals}
	}
	c := commit{manager: m, source: source, config: cfg, snapshot: snapshot}
	admission, err := c.admit()
	c.engine().Drop()
	if err != nil {
		return m.running, err
	}
	return c.record(admission), nil
}
