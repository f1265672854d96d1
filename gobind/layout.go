package gobind

// #include <synscreen/engine.h>
import "C"

import "reflect"

// layouts gives each ABI struct as the C compiler laid it out, for the comparison with Go's mirrors.
func layouts() map[string]reflect.Type {
	return map[string]reflect.Type{
		"screen_section":         reflect.TypeFor[C.struct_screen_section](),
		"screen_snapshot_header": reflect.TypeFor[C.struct_screen_snapshot_header](),
		"screen_zone_config":     reflect.TypeFor[C.struct_screen_zone_config](),
		"screen_port_config":     reflect.TypeFor[C.struct_screen_port_config](),
		"screen_wire_config":     reflect.TypeFor[C.struct_screen_wire_config](),
		"screen_profile_config":  reflect.TypeFor[C.struct_screen_profile_config](),
		"screen_prefix_config":   reflect.TypeFor[C.struct_screen_prefix_config](),
		"screen_error_info":      reflect.TypeFor[C.struct_screen_error_info](),
		"screen_engine_options":  reflect.TypeFor[C.struct_screen_engine_options](),
		"screen_proof":           reflect.TypeFor[C.struct_screen_proof](),
		"screen_port_proof":      reflect.TypeFor[C.struct_screen_port_proof](),
		"screen_capabilities":    reflect.TypeFor[C.struct_screen_capabilities](),
		"screen_port_status":     reflect.TypeFor[C.struct_screen_port_status](),
		"screen_wire_status":     reflect.TypeFor[C.struct_screen_wire_status](),
		"screen_zone_status":     reflect.TypeFor[C.struct_screen_zone_status](),
		"screen_engine_status":   reflect.TypeFor[C.struct_screen_engine_status](),
		"screen_flow_row":        reflect.TypeFor[C.struct_screen_flow_row](),
	}
}

// enumerators gives the enumerators that Go has as constants of its own.
func enumerators() map[string]int64 {
	return map[string]int64{
		"SCREEN_SNAPSHOT_MAGIC":        C.SCREEN_SNAPSHOT_MAGIC,
		"SCREEN_SNAPSHOT_VERSION":      C.SCREEN_SNAPSHOT_VERSION,
		"SCREEN_NAME_SIZE":             C.SCREEN_NAME_SIZE,
		"SCREEN_IFNAME_SIZE":           C.SCREEN_IFNAME_SIZE,
		"SCREEN_DIGEST_SIZE":           C.SCREEN_DIGEST_SIZE,
		"SCREEN_ZONES_MAX":             C.SCREEN_ZONES_MAX,
		"SCREEN_PORTS_MAX":             C.SCREEN_PORTS_MAX,
		"SCREEN_WIRES_MAX":             C.SCREEN_WIRES_MAX,
		"SCREEN_PROFILES_MAX":          C.SCREEN_PROFILES_MAX,
		"SCREEN_PREFIXES_MAX":          C.SCREEN_PREFIXES_MAX,
		"SCREEN_WHITE_LIST_MAX":        C.SCREEN_WHITE_LIST_MAX,
		"SCREEN_NONE":                  C.SCREEN_NONE,
		"SCREEN_MODE_DROP":             C.SCREEN_MODE_DROP,
		"SCREEN_MODE_SYN_COOKIE":       C.SCREEN_MODE_SYN_COOKIE,
		"SCREEN_ACTIVATION_THRESHOLD":  C.SCREEN_ACTIVATION_THRESHOLD,
		"SCREEN_ACTIVATION_ALWAYS":     C.SCREEN_ACTIVATION_ALWAYS,
		"SCREEN_ON_FAILURE_OPEN":       C.SCREEN_ON_FAILURE_OPEN,
		"SCREEN_ON_FAILURE_CLOSED":     C.SCREEN_ON_FAILURE_CLOSED,
		"SCREEN_PREFIX_SOURCE":         C.SCREEN_PREFIX_SOURCE,
		"SCREEN_PREFIX_DESTINATION":    C.SCREEN_PREFIX_DESTINATION,
		"SCREEN_UNKNOWN":               C.SCREEN_UNKNOWN,
		"SCREEN_YES":                   C.SCREEN_YES,
		"SCREEN_NO":                    C.SCREEN_NO,
		"SCREEN_ATTACH_NATIVE":         C.SCREEN_ATTACH_NATIVE,
		"SCREEN_ATTACH_GENERIC":        C.SCREEN_ATTACH_GENERIC,
		"SCREEN_BIND_AUTO":             C.SCREEN_BIND_AUTO,
		"SCREEN_BIND_COPY":             C.SCREEN_BIND_COPY,
		"SCREEN_BIND_ZEROCOPY":         C.SCREEN_BIND_ZEROCOPY,
		"SCREEN_PORT_FREE":             C.SCREEN_PORT_FREE,
		"SCREEN_PORT_STAGED":           C.SCREEN_PORT_STAGED,
		"SCREEN_PORT_PUBLISHED":        C.SCREEN_PORT_PUBLISHED,
		"SCREEN_FLOW_HALF_OPEN":        C.SCREEN_FLOW_HALF_OPEN,
		"SCREEN_FLOW_OPEN":             C.SCREEN_FLOW_OPEN,
		"SCREEN_FLOW_PENDING":          C.SCREEN_FLOW_PENDING,
		"SCREEN_FLOW_SPLICED":          C.SCREEN_FLOW_SPLICED,
		"SCREEN_FLOW_CLOSED":           C.SCREEN_FLOW_CLOSED,
		"SCREEN_FORWARD":               C.SCREEN_FORWARD,
		"SCREEN_REPLY":                 C.SCREEN_REPLY,
		"SCREEN_CHALLENGE":             C.SCREEN_CHALLENGE,
		"SCREEN_HOLD":                  C.SCREEN_HOLD,
		"SCREEN_DROP":                  C.SCREEN_DROP,
		"SCREEN_LEAVE_BY_FAILURE_MODE": C.SCREEN_LEAVE_BY_FAILURE_MODE,
		"SCREEN_LEAVE_NOTHING":         C.SCREEN_LEAVE_NOTHING,
		"SCREEN_ERROR_ARGUMENT":        C.SCREEN_ERROR_ARGUMENT,
		"SCREEN_ERROR_MEMORY":          C.SCREEN_ERROR_MEMORY,
		"SCREEN_ERROR_SNAPSHOT":        C.SCREEN_ERROR_SNAPSHOT,
		"SCREEN_ERROR_ATTACH":          C.SCREEN_ERROR_ATTACH,
		"SCREEN_ERROR_STATE":           C.SCREEN_ERROR_STATE,
		"SCREEN_ERROR_KEY":             C.SCREEN_ERROR_KEY,
		"SCREEN_ERROR_SYSTEM":          C.SCREEN_ERROR_SYSTEM,
	}
}
