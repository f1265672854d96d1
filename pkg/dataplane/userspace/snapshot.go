package userspace

import (
	"net/netip"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// snapshot is one configuration as the engine sees it: sorted lists that refer to each other by
// position. Two equal configurations give equal snapshots.
type snapshot struct {
	mode                       dataplane.Mode
	activation                 config.Activation
	offload                    config.Offload // on wires
	passiveS, floodS           int            // between questions to the kernel
	epochSkewS                 int
	admission                  dataplane.Admission // of wires
	hostAdmission              dataplane.Admission
	validatedS                 int
	replyRate, replyPrefixRate int
	keyFile                    string // empty: that of the state directory
	noSynCheck                 bool
	timeWaitS                  int
	initialTimeoutS            int
	halfClose                  bool // half-closed connections end by timeWaitS, too
	inactivityTimeoutS         int
	zones                      []zone
	ports                      []port
	wires                      []wire
	profiles                   []profile
	prefixes                   []prefix
	servers                    []server // the first that covers a server counts
}

type zone struct {
	name      string
	admission dataplane.Admission // AdmissionUnset: that of all wires, or host ports
	profile   int                 // NoIndex: not screened
}

type port struct {
	ifname string
	zone   int // NoIndex: in no zone
	wire   int // NoIndex: a host port
}

type wire struct {
	name      string
	ports     [2]int
	onFailure dataplane.OnFailure
}

type profile struct {
	name        string
	screens     ProfileRecord // what is armed, and its numbers
	prefixFirst int
	prefixCount int
}

// server is what is configured of the servers in a prefix.
type server struct {
	prefix    netip.Prefix
	port      int // 0: any
	profile   ServerProfileRecord
	admission dataplane.Admission
	answers   bool // it is known to, and need not be seen to
}

type prefix struct {
	prefix netip.Prefix
	kind   uint8
	list   int
}
