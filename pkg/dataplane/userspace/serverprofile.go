package userspace

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// serverProfiles makes an entry of each prefix and each port of one, in the order in which the engine
// looks for the first that covers a server.
func (c *compiler) serverProfiles() {
	for _, p := range c.cfg.Flow.ServerProfiles {
		if p.EveryPort {
			c.out.servers = append(c.out.servers, newServer(p.Prefix, 0, p.ServerOptions))
		}
		for _, port := range p.Ports {
			c.out.servers = append(c.out.servers, newServer(p.Prefix, port.Port,
				port.Over(p.ServerOptions)))
		}
	}
	slices.SortFunc(c.out.servers, func(a, b server) int {
		x, y := a.record(), b.record()
		return cmp.Or(cmp.Compare(y.Length, x.Length), bytes.Compare(x.Address[:], y.Address[:]),
			cmp.Compare(y.Port, x.Port))
	})
}

func newServer(prefix netip.Prefix, port int, o config.ServerOptions) server {
	return server{
		prefix: prefix, port: port, profile: serverRecord(o),
		admission: dataplane.Admission(o.Admission), answers: o.Answer(),
	}
}

func serverRecord(o config.ServerOptions) ServerProfileRecord {
	record := ServerProfileRecord{Mss: uint16(o.MSS), Wscale: uint8(o.Shift)}
	if o.MSS != 0 {
		record.Known |= ServerMSS
	}
	for _, option := range []struct {
		setting config.Setting
		flag    uint8
	}{
		{o.WindowScale, ServerWScale}, {o.SACK, ServerSACK}, {o.Timestamps, ServerTimestamps}, {o.ECN, ServerECN},
	} {
		if option.setting != config.SettingLearned {
			record.Known |= option.flag
		}
		if option.setting == config.SettingOn {
			record.Has |= option.flag
		}
	}
	return record
}
