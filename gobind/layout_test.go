package gobind_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/gobind"
	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// mirrors gives Go's mirror of each ABI struct.
func mirrors() map[string]reflect.Type {
	return map[string]reflect.Type{
		"screen_section":         reflect.TypeFor[userspace.SectionRecord](),
		"screen_snapshot_header": reflect.TypeFor[userspace.HeaderRecord](),
		"screen_zone_config":     reflect.TypeFor[userspace.ZoneRecord](),
		"screen_port_config":     reflect.TypeFor[userspace.PortRecord](),
		"screen_wire_config":     reflect.TypeFor[userspace.WireRecord](),
		"screen_profile_config":  reflect.TypeFor[userspace.ProfileRecord](),
		"screen_prefix_config":   reflect.TypeFor[userspace.PrefixRecord](),
		"screen_server_profile":  reflect.TypeFor[userspace.ServerProfileRecord](),
		"screen_server_config":   reflect.TypeFor[userspace.ServerRecord](),
		"screen_flow_filter":     reflect.TypeFor[flowFilter](),
		"screen_zone_proof":      reflect.TypeFor[zoneProof](),
		"screen_validated_row":   reflect.TypeFor[validatedRow](),
		"screen_server_row":      reflect.TypeFor[serverRow](),
		"screen_error_info":      reflect.TypeFor[errorInfo](),
		"screen_engine_options":  reflect.TypeFor[engineOptions](),
		"screen_proof":           reflect.TypeFor[proof](),
		"screen_port_proof":      reflect.TypeFor[portProof](),
		"screen_capabilities":    reflect.TypeFor[capabilities](),
		"screen_port_status":     reflect.TypeFor[portStatus](),
		"screen_wire_status":     reflect.TypeFor[wireStatus](),
		"screen_zone_status":     reflect.TypeFor[zoneStatus](),
		"screen_key_status":      reflect.TypeFor[keyStatus](),
		"screen_handover_status": reflect.TypeFor[handoverStatus](),
		"screen_engine_status":   reflect.TypeFor[engineStatus](),
		"screen_flow_row":        reflect.TypeFor[flowRow](),
		"screen_destination_row": reflect.TypeFor[destinationRow](),
		"screen_source_row":      reflect.TypeFor[sourceRow](),
		"screen_tap_filter":      reflect.TypeFor[tapFilter](),
		"screen_tap_record":      reflect.TypeFor[tapRecord](),
		"screen_event":           reflect.TypeFor[event](),
		"screen_cookie_query":    reflect.TypeFor[cookieQuery](),
		"screen_cookie_answer":   reflect.TypeFor[cookieAnswer](),
		"screen_replay_result":   reflect.TypeFor[replayResult](),
		"screen_replay_output":   reflect.TypeFor[replayOutput](),
	}
}

func TestEveryStructIsLaidOutAsItsMirror(t *testing.T) {
	layouts, mirrors := gobind.Layouts(), mirrors()
	if diff := cmp.Diff(keys(layouts), keys(mirrors)); diff != "" {
		t.Fatalf("structs without a mirror (-) or mirrors without a struct (+):\n%s", diff)
	}
	for _, name := range keys(layouts) {
		if diff := cmp.Diff(describe(layouts[name]), describe(mirrors[name])); diff != "" {
			t.Errorf("struct %s: C (-) and Go (+) differ:\n%s", name, diff)
		}
	}
}

// describe lists size and fields of a struct: offset, size, name without case and underscores.
func describe(layout reflect.Type) []string {
	lines := []string{fmt.Sprintf("size %d", layout.Size())}
	for i := range layout.NumField() {
		field := layout.Field(i)
		if strings.Trim(field.Name, "_") == "" || strings.HasPrefix(field.Name, "_cgo") {
			continue // padding
		}
		name := strings.ToLower(strings.ReplaceAll(field.Name, "_", ""))
		lines = append(lines, fmt.Sprintf("%d: %s, %d bytes", field.Offset, name, field.Type.Size()))
	}
	return lines
}

func TestEveryConstantHasTheValueOfItsEnumerator(t *testing.T) {
	want := map[string]int64{
		"SCREEN_SNAPSHOT_MAGIC":           userspace.SnapshotMagic,
		"SCREEN_SNAPSHOT_VERSION":         userspace.SnapshotVersion,
		"SCREEN_NAME_SIZE":                userspace.NameSize,
		"SCREEN_IFNAME_SIZE":              userspace.InterfaceSize,
		"SCREEN_PATH_SIZE":                userspace.PathSize,
		"SCREEN_SKEW_MAX":                 userspace.SkewMax,
		"SCREEN_DIGEST_SIZE":              userspace.DigestSize,
		"SCREEN_ZONES_MAX":                userspace.ZonesMax,
		"SCREEN_PORTS_MAX":                userspace.PortsMax,
		"SCREEN_WIRES_MAX":                userspace.WiresMax,
		"SCREEN_PROFILES_MAX":             userspace.ProfilesMax,
		"SCREEN_PREFIXES_MAX":             userspace.PrefixesMax,
		"SCREEN_WHITE_LIST_MAX":           userspace.WhiteListMax,
		"SCREEN_LISTS_MAX":                userspace.ListsMax,
		"SCREEN_SERVERS_MAX":              userspace.ServersMax,
		"SCREEN_NONE":                     userspace.NoIndex,
		"SCREEN_MODE_DROP":                int64(dataplane.ModeDrop),
		"SCREEN_MODE_SYN_COOKIE":          int64(dataplane.ModeSynCookie),
		"SCREEN_ACTIVATION_THRESHOLD":     int64(config.ActivationThreshold),
		"SCREEN_ACTIVATION_ALWAYS":        int64(config.ActivationAlways),
		"SCREEN_ACTIVATION_KERNEL":        int64(config.ActivationKernel),
		"SCREEN_OFFLOAD_AUTO":             int64(config.OffloadAuto),
		"SCREEN_OFFLOAD_ENGINE":           int64(config.OffloadEngine),
		"SCREEN_OFFLOAD_DRIVER":           int64(config.OffloadDriver),
		"SCREEN_ADMISSION_UNSET":          int64(dataplane.AdmissionUnset),
		"SCREEN_ADMISSION_SPLICE":         int64(dataplane.AdmissionSplice),
		"SCREEN_ADMISSION_RESET":          int64(dataplane.AdmissionReset),
		"SCREEN_ADMISSION_SAFE_RESET":     int64(dataplane.AdmissionSafeReset),
		"SCREEN_ADMISSION_KERNEL":         int64(dataplane.AdmissionKernel),
		"SCREEN_ADMISSION_KERNEL_COOKIES": int64(dataplane.AdmissionKernelCookies),
		"SCREEN_SYMMETRY_UNKNOWN":         int64(dataplane.SymmetryUnknown),
		"SCREEN_SYMMETRY_BOTH":            int64(dataplane.SymmetryBoth),
		"SCREEN_SYMMETRY_PARTLY":          int64(dataplane.SymmetryPartly),
		"SCREEN_SYMMETRY_ONE_WAY":         int64(dataplane.SymmetryOneWay),
		"SCREEN_ON_FAILURE_OPEN":          int64(dataplane.FailOpen),
		"SCREEN_ON_FAILURE_CLOSED":        int64(dataplane.FailClosed),
		"SCREEN_PREFIX_SOURCE":            userspace.PrefixSource,
		"SCREEN_PREFIX_DESTINATION":       userspace.PrefixDestination,
		"SCREEN_UNKNOWN":                  int64(dataplane.Unknown),
		"SCREEN_YES":                      int64(dataplane.Yes),
		"SCREEN_NO":                       int64(dataplane.No),
		"SCREEN_ATTACH_NATIVE":            int64(dataplane.AttachNative),
		"SCREEN_ATTACH_GENERIC":           int64(dataplane.AttachGeneric),
		"SCREEN_BIND_AUTO":                int64(dataplane.BindAuto),
		"SCREEN_BIND_COPY":                int64(dataplane.BindCopy),
		"SCREEN_BIND_ZEROCOPY":            int64(dataplane.BindZeroCopy),
		"SCREEN_PORT_FREE":                int64(dataplane.PortFree),
		"SCREEN_PORT_STAGED":              int64(dataplane.PortStaged),
		"SCREEN_PORT_PUBLISHED":           int64(dataplane.PortPublished),
		"SCREEN_PORT_ANSWERS":             int64(dataplane.OffloadAnswer),
		"SCREEN_PORT_CHECKS":              int64(dataplane.OffloadCheck),
		"SCREEN_PORT_PASSES":              int64(dataplane.OffloadPass),
		"SCREEN_FLOW_HALF_OPEN":           int64(dataplane.FlowHalfOpen),
		"SCREEN_FLOW_OPEN":                int64(dataplane.FlowOpen),
		"SCREEN_FLOW_PENDING":             int64(dataplane.FlowPending),
		"SCREEN_FLOW_SPLICED":             int64(dataplane.FlowSpliced),
		"SCREEN_FLOW_CLOSED":              int64(dataplane.FlowClosed),
		"SCREEN_FORWARD":                  int64(dataplane.Forward),
		"SCREEN_REPLY":                    int64(dataplane.Reply),
		"SCREEN_CHALLENGE":                int64(dataplane.Challenge),
		"SCREEN_HOLD":                     int64(dataplane.Hold),
		"SCREEN_DROP":                     int64(dataplane.Drop),
		"SCREEN_LOOKS_UNKNOWN":            int64(dataplane.LooksUnknown),
		"SCREEN_LOOKS_SPOOFED":            int64(dataplane.LooksSpoofed),
		"SCREEN_LOOKS_MIXED":              int64(dataplane.LooksMixed),
		"SCREEN_LOOKS_CROWD":              int64(dataplane.LooksCrowd),
		"SCREEN_TAP_IN":                   int64(dataplane.TapIn),
		"SCREEN_TAP_OUT":                  int64(dataplane.TapOut),
		"SCREEN_CLUSTER_FOLLOWS":          int64(dataplane.ClusterFollows),
		"SCREEN_CLUSTER_JUMPED":           int64(dataplane.ClusterJumped),
		"SCREEN_CLUSTER_AHEAD":            int64(dataplane.ClusterAhead),
		"SCREEN_OTHER_KEY_NONE":           int64(dataplane.OtherKeyNone),
		"SCREEN_OTHER_KEY_STAGED":         int64(dataplane.OtherKeyStaged),
		"SCREEN_OTHER_KEY_RETIRED":        int64(dataplane.OtherKeyRetired),
		"SCREEN_HANDOVER_NONE":            int64(dataplane.HandoverNone),
		"SCREEN_HANDOVER_TAKEN":           int64(dataplane.HandoverTaken),
		"SCREEN_HANDOVER_UNSAFE":          int64(dataplane.HandoverUnsafe),
		"SCREEN_HANDOVER_DAMAGED":         int64(dataplane.HandoverDamaged),
		"SCREEN_HANDOVER_OTHER_VERSION":   int64(dataplane.HandoverOtherVersion),
		"SCREEN_HANDOVER_OTHER_BOOT":      int64(dataplane.HandoverOtherBoot),
		"SCREEN_HANDOVER_OLD":             int64(dataplane.HandoverOld),
		"SCREEN_REPLAY_FRAME_MAX":         dataplane.ReplayFrameMax,
		"SCREEN_LEAVE_BY_FAILURE_MODE":    int64(dataplane.LeaveByFailureMode),
		"SCREEN_LEAVE_NOTHING":            int64(dataplane.LeaveNothing),
		"SCREEN_ERROR_ARGUMENT":           int64(dataplane.ErrorArgument),
		"SCREEN_ERROR_MEMORY":             int64(dataplane.ErrorMemory),
		"SCREEN_ERROR_SNAPSHOT":           int64(dataplane.ErrorSnapshot),
		"SCREEN_ERROR_ATTACH":             int64(dataplane.ErrorAttach),
		"SCREEN_ERROR_STATE":              int64(dataplane.ErrorState),
		"SCREEN_ERROR_KEY":                int64(dataplane.ErrorKey),
		"SCREEN_ERROR_SYSTEM":             int64(dataplane.ErrorSystem),
	}
	if diff := cmp.Diff(gobind.Enumerators(), want); diff != "" {
		t.Errorf("C (-) and Go (+) differ:\n%s", diff)
	}
}

func TestLibraryIsOfTheHeadersVersion(t *testing.T) {
	if gobind.LibraryVersion() != gobind.ABIVersion {
		t.Errorf("library %d, headers %d", gobind.LibraryVersion(), gobind.ABIVersion)
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
