package userspace

import (
	"errors"
	"fmt"
	"syscall"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// commit is one way of a configuration to the engine: stage, prove, then publish or drop.
type commit struct {
	manager    *Manager
	source     string
	config     *config.Config
	snapshot   *snapshot
	cookieOnly bool // give up rather than run without cookies
	proved     *dataplane.Capabilities
}

// run publishes the configuration, or leaves everything as it was.
func (c *commit) run() error {
	admission, err := c.admit()
	if err == nil {
		err = c.engine().Publish()
		err = c.blame("publish", err)
	}
	if err != nil {
		c.engine().Drop()
		return err
	}
	c.manager.running = c.record(admission)
	return nil
}

func (c *commit) engine() Engine { return c.manager.engine }

// admit stages the configuration in the mode that the gate admits.
func (c *commit) admit() (Admission, error) {
	if err := c.stage(dataplane.ModeSynCookie); err != nil {
		return Admission{}, err
	}
	proved, err := c.engine().Capabilities()
	if err == nil {
		c.proved = &proved
	}
	admission, refusals := deriveUserspaceCapabilities(c.config, c.proved, c.manager.running)
	switch {
	case len(refusals) > 0:
		return Admission{}, &RefusedError{Refusals: refusals, cause: err}
	case admission.Degraded && c.cookieOnly:
		return Admission{}, ErrDegraded
	case admission.Mode == dataplane.ModeSynCookie:
		return admission, nil
	}
	c.engine().Drop()
	return admission, c.stage(admission.Mode)
}

func (c *commit) stage(mode dataplane.Mode) error {
	c.snapshot.mode = mode
	encoded := encode(c.snapshot, c.manager.running.Generation+1)
	return c.blame("prepare", c.engine().Prepare(encoded))
}

// record is what runs after publishing.
func (c *commit) record(admission Admission) Running {
	running := Running{
		Source:     c.source,
		Generation: c.manager.running.Generation + 1,
		Mode:       admission.Mode,
		Degraded:   admission.Degraded,
		Warnings:   append([]Refusal{}, admission.Warnings...),
		config:     c.config,
	}
	if admission.Mode == dataplane.ModeSynCookie {
		for _, need := range answerers(c.config) {
			running.answering = append(running.answering, need.ifname)
		}
	}
	if c.config.Flow.Offload == config.OffloadDriver {
		running.driven = driven(c.config)
	}
	return running
}

// blame finds the statement that an error of the engine is about.
func (c *commit) blame(step string, err error) error {
	if err == nil {
		return nil
	}
	refusal := Refusal{Reason: fmt.Sprintf("%s the configuration: %v", step, err)}
	var engineErr *dataplane.EngineError
	if errors.As(err, &engineErr) {
		if path, pos, ok := blamed(c.config, engineErr); ok {
			refusal = Refusal{Path: path, At: at(pos), Reason: engineErr.Error()}
		}
		refusal.Remedy = remedy(c.config, engineErr)
	}
	return &RefusedError{Refusals: []Refusal{refusal}, cause: err}
}

// keyObject is what the engine's errors call a master key, whichever file it is in.
const keyObject = "master key"

// blamed finds the statement that an error is about. The master key of the state directory has none: the
// error names the file.
func blamed(cfg *config.Config, err *dataplane.EngineError) (path string, pos config.Pos, ok bool) {
	if err.Object == keyObject {
		return cfg.Flow.KeyFilePath(), cfg.Flow.KeyFilePos, cfg.Flow.KeyFile != ""
	}
	return locate(cfg, err.Object)
}

// remedy is what to do about an error whose message cannot know it.
func remedy(cfg *config.Config, err *dataplane.EngineError) string {
	switch {
	case err.Code == dataplane.ErrorSnapshot:
		return "commit again; if that does not help, install the program and libsynscreen.so from one build"
	case err.Code == dataplane.ErrorKey && err.Object == keyObject && cfg.Flow.KeyFile != "":
		return "mend the file or name another one, then commit again"
	case err.Code == dataplane.ErrorKey:
		return "mend it, then commit again"
	case errors.Is(err, syscall.EPERM):
		return "run the daemon as root"
	}
	return ""
}

// locate finds the statement that names an interface, a wire, a zone or a profile.
func locate(cfg *config.Config, object string) (path string, pos config.Pos, ok bool) {
	for _, w := range cfg.Wires {
		if w.InterfaceA == object || w.InterfaceB == object {
			return w.InterfacePath(), w.Pos, true
		}
		if w.Name == object {
			return w.Path(), w.Pos, true
		}
	}
	for _, z := range cfg.Zones {
		for _, i := range z.Interfaces {
			if i.Name == object {
				return z.InterfacePath(i.Name), i.Pos, true
			}
		}
		if z.Name == object {
			return z.Path(), z.Pos, true
		}
	}
	for _, s := range cfg.Screens {
		if s.Name == object {
			return s.Path(), s.Pos, true
		}
	}
	return "", config.Pos{}, false
}
