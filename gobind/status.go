package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"cmp"
	"slices"
	"time"

	"synscreen/pkg/dataplane"
)

// Status is screen_engine_status().
func (e *Engine) Status() (dataplane.Status, error) {
	if err := e.check(); err != nil {
		return dataplane.Status{}, err
	}
	raw := new(C.struct_screen_engine_status)
	if rc := C.screen_engine_status(e.handle, raw); rc < 0 {
		return dataplane.Status{}, newError(rc, &C.struct_screen_error_info{})
	}
	return e.tables.newStatus(raw), nil
}

func (t *tables) newStatus(raw *C.struct_screen_engine_status) dataplane.Status {
	return dataplane.Status{
		Generation:      uint64(raw.generation),
		Mode:            dataplane.Mode(raw.mode),
		Uptime:          since(raw.now_ns, raw.start_ns),
		Learning:        raw.learning != 0,
		KeysetLate:      raw.keyset_late != 0,
		WorkersLate:     uint32(raw.workers_late),
		CheckEpoch:      uint64(raw.check_epoch),
		MintEpoch:       uint64(raw.mint_epoch),
		EpochSkew:       time.Duration(raw.epoch_skew_s) * time.Second,
		ClusterOffset:   time.Duration(raw.cluster_offset_ns),
		ClusterState:    dataplane.ClusterState(raw.cluster_state),
		ClusterJumps:    uint64(raw.cluster_jumps),
		Key:             newKeyStatus(&raw.key),
		Codec:           text(raw.codec[:]),
		Workers:         uint32(raw.workers),
		FramesPerWorker: uint32(raw.frames_per_worker),
		ChunkSize:       uint32(raw.chunk_size),
		Flows: dataplane.FlowTable{
			Used:      uint64(raw.flows),
			Capacity:  uint64(raw.flows_max),
			Installed: uint64(raw.flows_installed),
			Spliced:   uint64(raw.flows_spliced),
			Expired:   uint64(raw.flows_expired),
			Refused:   uint64(raw.flows_refused),
		},
		Handover: newHandover(&raw.handover),
		Splices: dataplane.SpliceTotals{
			Opened:       uint64(raw.splice_opened),
			Refused:      uint64(raw.splice_refused),
			TimedOut:     uint64(raw.splice_timeout),
			HeldFrames:   uint64(raw.held_frames),
			HeldCapacity: uint64(raw.held_max),
		},
		Validated: dataplane.ValidatedTotals{
			Inserted: uint64(raw.validated_inserted),
			Renewed:  uint64(raw.validated_renewed),
			Refused:  uint64(raw.validated_refused),
			Capacity: uint64(raw.validated_max),
		},
		Ports: t.newPorts(bounded(raw.ports[:], raw.ports_count)),
		Wires: newWires(bounded(raw.wires[:], raw.wires_count)),
		Zones: newZones(bounded(raw.zones[:], raw.zones_count), raw.now_ns),
	}
}

func newHandover(raw *C.struct_screen_handover_status) dataplane.Handover {
	return dataplane.Handover{
		Result:  dataplane.HandoverResult(raw.result),
		Flows:   uint64(raw.flows),
		Left:    uint64(raw.left),
		Servers: uint32(raw.servers),
	}
}

func (t *tables) newPorts(raw []C.struct_screen_port_status) []dataplane.PortStatus {
	ports := make([]dataplane.PortStatus, len(raw))
	for i := range raw {
		ports[i] = t.newPort(&raw[i])
	}
	slices.SortFunc(ports, func(a, b dataplane.PortStatus) int {
		return cmp.Compare(a.Interface, b.Interface)
	})
	return ports
}

func (t *tables) newPort(raw *C.struct_screen_port_status) dataplane.PortStatus {
	return dataplane.PortStatus{
		Interface:        text(raw.ifname[:]),
		Peer:             text(raw.peer[:]),
		Zone:             text(raw.zone[:]),
		Wire:             text(raw.wire[:]),
		State:            dataplane.PortState(raw.state),
		Index:            uint32(raw.ifindex),
		MTU:              uint32(raw.mtu),
		Queues:           uint32(raw.queues),
		Carrier:          raw.carrier != 0,
		HeldDown:         raw.held_down != 0,
		Native:           raw.native != 0,
		ZeroCopy:         raw.zerocopy != 0,
		Dispatcher:       raw.dispatcher != 0,
		OnFailure:        dataplane.OnFailure(raw.on_failure),
		Host:             raw.host != 0,
		Admission:        dataplane.Admission(raw.admission),
		Offload:          dataplane.Offload(raw.offload),
		OffloadReason:    text(raw.offload_reason[:]),
		BusyPoll:         time.Duration(raw.busy_poll_us) * time.Microsecond,
		NAPIQueues:       uint32(raw.napi_queues),
		IRQsDeferred:     raw.irqs_deferred != 0,
		RxFrames:         uint64(raw.rx_frames),
		RxBytes:          uint64(raw.rx_bytes),
		TxFrames:         uint64(raw.tx_frames),
		TxBytes:          uint64(raw.tx_bytes),
		RepliesInReserve: uint64(raw.replies_in_reserve),
		KernelRxDropped:  uint64(raw.kernel_rx_dropped),
		KernelSynDropped: uint64(raw.kernel_syn_dropped),
		KernelFillEmpty:  uint64(raw.kernel_fill_empty),
		Frames:           t.frames(raw.reasons[:]),
		Shim:             t.shimFrames(raw.shim[:]),
	}
}

func newWires(raw []C.struct_screen_wire_status) []dataplane.WireStatus {
	wires := make([]dataplane.WireStatus, len(raw))
	for i := range raw {
		wires[i] = dataplane.WireStatus{
			Name:      text(raw[i].name[:]),
			Ports:     [2]string{text(raw[i].port[0][:]), text(raw[i].port[1][:])},
			Bridge:    text(raw[i].bridge[:]),
			OnFailure: dataplane.OnFailure(raw[i].on_failure),
		}
	}
	slices.SortFunc(wires, func(a, b dataplane.WireStatus) int { return cmp.Compare(a.Name, b.Name) })
	return wires
}

func newZones(raw []C.struct_screen_zone_status, now C.uint64_t) []dataplane.ZoneStatus {
	zones := make([]dataplane.ZoneStatus, len(raw))
	for i := range raw {
		zones[i] = dataplane.ZoneStatus{
			Name:           text(raw[i].name[:]),
			Profile:        text(raw[i].profile[:]),
			Flooding:       uint32(raw[i].flooding),
			FloodingFor:    since(now, raw[i].flooding_since_ns),
			SynRate:        uint32(raw[i].syn_rate),
			Alarms:         uint64(raw[i].alarms),
			Attacks:        uint64(raw[i].attacks),
			Challenged:     uint64(raw[i].challenged),
			CookiesValid:   uint64(raw[i].cookies_valid),
			CookiesInvalid: uint64(raw[i].cookies_invalid),
			Refused:        uint64(raw[i].refused),
			Symmetry:       dataplane.Symmetry(raw[i].symmetry),
			OneWay:         uint32(raw[i].one_way),
			TwoWay:         uint32(raw[i].two_way),
			IDs:            newHits(&raw[i].ids),
		}
	}
	slices.SortFunc(zones, func(a, b dataplane.ZoneStatus) int { return cmp.Compare(a.Name, b.Name) })
	return zones
}

// newHits are the hits of each screen, in the order of dataplane.Screen.
func newHits(raw *[C.SCREEN_IDS]C.uint64_t) []uint64 {
	hits := make([]uint64, len(raw))
	for i, n := range raw {
		hits[i] = uint64(n)
	}
	return hits
}

// since is the time from then to now; 0 when there is no then.
func since(now, then C.uint64_t) time.Duration {
	if then == 0 || then > now {
		return 0
	}
	return time.Duration(now - then)
}
