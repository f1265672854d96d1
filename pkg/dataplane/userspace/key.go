package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// ChangeKey takes one step on the way of a master key and gives the keys that are in use then. An error
// says so if the step was taken all the same.
func (m *Manager) ChangeKey(change dataplane.KeyChange) (dataplane.KeyStatus, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.changeKey(change); err != nil {
		return dataplane.KeyStatus{}, fmt.Errorf("%s: %w", change.Action, err)
	}
	status, err := m.engine.Status()
	if err != nil {
		return dataplane.KeyStatus{}, fmt.Errorf("the master key was changed, but which are in use is not known: "+
			"read the engine's status: %w", err)
	}
	return status.Key, nil
}

func (m *Manager) changeKey(change dataplane.KeyChange) error {
	switch change.Action {
	case dataplane.StageKey:
		return m.engine.StageKey(change.File)
	case dataplane.ActivateKey:
		return m.engine.ActivateKey()
	case dataplane.RotateKey:
		return m.engine.RotateKey()
	}
	return fmt.Errorf("%s is no step that the engine knows", change.Action)
}
