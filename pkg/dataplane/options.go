package dataplane

import "time"

// Attach is how hard to ask the driver for the XDP program.
type Attach int

// The values of enum screen_attach.
const (
	AttachNative Attach = iota
	AttachGeneric
)

func attachNames() names { return names{"native", "generic"} }

// String gives "native" or "generic".
func (a Attach) String() string { return attachNames().of(int(a)) }

// MarshalText gives the word.
func (a Attach) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the word.
func (a *Attach) UnmarshalText(text []byte) error {
	value, err := attachNames().parse("attach mode", text)
	*a = Attach(value)
	return err
}

// Bind is how to ask for the sockets' memory.
type Bind int

// The values of enum screen_bind.
const (
	BindAuto Bind = iota
	BindCopy
	BindZeroCopy
)

func bindNames() names { return names{"auto", "copy", "zero-copy"} }

// String gives "auto", "copy" or "zero-copy".
func (b Bind) String() string { return bindNames().of(int(b)) }

// MarshalText gives the word.
func (b Bind) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the word.
func (b *Bind) UnmarshalText(text []byte) error {
	value, err := bindNames().parse("bind mode", text)
	*b = Bind(value)
	return err
}

// EngineOptions is what an engine is made with and keeps for its life.
type EngineOptions struct {
	StateDir        string // holds the master key and what a restart must recognise
	FlowsMax        uint32 // entries of the flow table, a power of two
	FramesPerWorker uint32 // chunks of a worker, a power of two
	ChunkSize       uint32 // bytes, 2048 or 4096
	Attach          Attach
	Bind            Bind
	LearningSeconds uint16
	LearningRate    uint32        // unknown segments a second that pass meanwhile, per worker
	BusyPoll        time.Duration // for so long a worker looks into its queues itself before it sleeps
}

// Leave is how the end of an engine leaves the interfaces.
type Leave int

// The values of enum screen_leave.
const (
	LeaveByFailureMode Leave = iota // bridges of `on-failure open` wires carry on
	LeaveNothing                    // everything that the engine made is taken away
)
