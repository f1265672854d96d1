package userspace

import (
	"bytes"
	"cmp"
	"slices"

	"synscreen/pkg/config"
)

// serverProfiles makes an entry of each prefix and each port of one, in the order in which the engine
// looks for the first that covers a server.
func (c *compiler) serverProfiles() {
	for _, p := range c.cfg.Flow.ServerProfiles {
		if p.EveryPort {
			c.out.servers = append(c.out.servers, server{prefix: p.Prefix, profile: serverRecord(p.ServerOptions)})
		}
		for _, port := range p.Ports {
			c.out.servers = append(c.out.servers, server{
				prefix: p.Prefix, port: port.Port, profile: serverRecord(port.Over(p.ServerOptions)),
			})
		}
	}
	slices.SortFunc(c.out.servers, func(a, b server) int {
		x, y := a.record(), b.record()
		return cmp.Or(cmp.Compare(y.Length, x.Length), bytes.Compare(x.Address[:], y.Address[:]),
			cmp.Compare(y.Port, x.Port))
	})
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
