package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// dump writes a typed configuration as stable text: every field on a line, positions behind an @.
func dump(c *Config) string {
	var d dumper
	d.line("host-name %q", c.HostName)
	d.line("dataplane-type %s%s", c.DataplaneType, at(c.DataplanePos))
	for _, z := range c.Zones {
		d.zone(z)
	}
	for _, s := range c.Screens {
		d.screen(s)
	}
	f := c.Flow
	d.line("flow mode=%s%s no-syn-check=%t time-wait=%d initial=%d", f.ProtectionMode,
		at(f.ProtectionModePos), f.NoSynCheck, f.TimeWaitSeconds, f.InitialTimeoutSeconds)
	d.line("    syn-cookie activation=%s%s epoch-skew=%d key-file=%q%s", f.Activation, at(f.ActivationPos),
		f.EpochSkewSeconds, f.KeyFile, at(f.KeyFilePos))
	if f.PassiveSeconds != 1 || f.FloodSeconds != 1 {
		d.line("    passive-timer=%d flood-timer=%d", f.PassiveSeconds, f.FloodSeconds)
	}
	if f.Offload != OffloadAuto || f.OffloadPos.IsValid() {
		d.line("    offload=%s%s", f.Offload, at(f.OffloadPos))
	}
	d.admission(f)
	for _, p := range f.ServerProfiles {
		d.serverProfile(p)
	}
	d.tcpSession(f)
	for _, w := range c.Wires {
		d.line("%s%s: %s%s - %s%s on-failure=%s%s", w.Path(), at(w.Pos), w.InterfaceA, at(w.PosA),
			w.InterfaceB, at(w.PosB), w.OnFailure, at(w.OnFailurePos))
	}
	return d.String()
}

type dumper struct{ strings.Builder }

func (d *dumper) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

func (d *dumper) zone(z Zone) {
	d.line("%s%s: screen=%q%s", z.Path(), at(z.Pos), z.Screen, at(z.ScreenPos))
	for _, i := range z.Interfaces {
		d.line("    interface %s%s", i.Name, at(i.Pos))
	}
}

func (d *dumper) serverProfile(p ServerProfile) {
	d.line("    server-profile %s%s: every-port=%t%s", p.Prefix, at(p.Pos), p.EveryPort, p.ServerOptions)
	for _, port := range p.Ports {
		d.line("        port %d%s:%s", port.Port, at(port.Pos), port.ServerOptions)
	}
}

// String writes what is said of servers for the dump.
func (o ServerOptions) String() string {
	var b strings.Builder
	if o.MSS != 0 {
		fmt.Fprintf(&b, " mss=%d", o.MSS)
	}
	if o.WindowScale != SettingLearned {
		fmt.Fprintf(&b, " wscale=%s/%d", o.WindowScale, o.Shift)
	}
	if o.Admission != AdmissionUnset {
		fmt.Fprintf(&b, " admission=%s", o.Admission)
	}
	for _, option := range []struct {
		name string
		Setting
	}{{"sack", o.SACK}, {"timestamps", o.Timestamps}, {"ecn", o.ECN}} {
		if option.Setting != SettingLearned {
			fmt.Fprintf(&b, " %s=%s", option.name, option.Setting)
		}
	}
	return b.String()
}

// admission writes what is not the default.
func (d *dumper) admission(f Flow) {
	if f.Admission != AdmissionUnset || f.ValidatedSeconds != 120 || f.ReplyRate+f.ReplyPrefixRate > 0 {
		d.line("    admission %s%s validated=%d reply-rate=%d reply-prefix-rate=%d", f.Admission,
			at(f.AdmissionPos), f.ValidatedSeconds, f.ReplyRate, f.ReplyPrefixRate)
	}
	for _, z := range f.Zones {
		d.line("    zone %s%s: admission=%q", z.Zone, at(z.Pos), z.Admission)
	}
}

// tcpSession writes what is not the default.
func (d *dumper) tcpSession(f Flow) {
	if f.HalfClose || f.InactivityTimeoutSeconds != 14400 {
		d.line("    tcp-session half-close=%t inactivity=%d", f.HalfClose, f.InactivityTimeoutSeconds)
	}
}

func (d *dumper) screen(s Screen) {
	d.line("%s%s: description=%q%s", s.Path(), at(s.Pos), s.Description, dryRun(s))
	d.group("icmp", s.ICMP)
	d.group("ip", s.IP)
	d.group("ip ipv6-extension-header", s.IP.ExtensionHeaders)
	d.group("tcp", s.TCP)
	d.group("udp", s.UDP)
	d.group("limit-session", s.LimitSession)
	for _, a := range s.Armed {
		d.line("    armed%s %s", at(a.Pos), a.Screen)
	}
	if s.SynFlood == nil {
		return
	}
	f := s.SynFlood
	d.line("    syn-flood%s alarm=%d attack=%d source=%d destination=%d timeout=%d queue=%d", at(f.Pos),
		f.AlarmThreshold, f.AttackThreshold, f.SourceThreshold, f.DestinationThreshold, f.TimeoutSeconds,
		f.QueueSize)
	for _, w := range f.WhiteLists {
		d.line("    %s%s: source=%s destination=%s", s.WhiteListPath(w.Name), at(w.Pos), join(w.Source),
			join(w.Destination))
	}
}

func dryRun(s Screen) string {
	if !s.AlarmWithoutDrop {
		return ""
	}
	return " alarm-without-drop" + at(s.AlarmWithoutDropPos)
}

// group writes what is not zero in a group of screens.
func (d *dumper) group(name string, group any) {
	v := reflect.ValueOf(group)
	var fields []string
	for i := range v.NumField() {
		field := v.Field(i)
		_, isGroup := field.Interface().(ExtensionHeaders)
		if _, isPos := field.Interface().(Pos); isPos || isGroup || field.IsZero() {
			continue
		}
		if field.Kind() == reflect.Pointer {
			field = field.Elem()
		}
		fields = append(fields, fmt.Sprintf("%s=%v", v.Type().Field(i).Name, field.Interface()))
	}
	if len(fields) > 0 {
		d.line("    %s%s %s", name, at(v.FieldByName("Pos").Interface().(Pos)), strings.Join(fields, " "))
	}
}

// String writes a range of header types for the dump.
func (h HeaderTypes) String() string { return fmt.Sprintf("%d-%d%s", h.First, h.Last, at(h.Pos)) }

func at(p Pos) string {
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf("@%d:%d", p.Line, p.Col)
}

func join(prefixes []netip.Prefix) string {
	words := make([]string, len(prefixes))
	for i, p := range prefixes {
		words[i] = p.String()
	}
	return "[" + strings.Join(words, " ") + "]"
}
