package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"synscreen/pkg/dataplane"
)

// families lists every family; the order is that of the engine's own description of itself.
func families() []metric {
	var all []metric
	all = append(all, engineFamilies()...)
	all = append(all, cookieFamilies()...)
	all = append(all, flowFamilies()...)
	all = append(all, portFamilies()...)
	return append(all, zoneFamilies()...)
}

func engineFamilies() []metric {
	return []metric{
		gauge("generation", "Generation of the running configuration; 0 when none runs.",
			func(s *dataplane.Status) float64 { return float64(s.Generation) }),
		gauge("syn_cookie_mode", "Whether SYNs to flooding destinations are challenged, not dropped.",
			func(s *dataplane.Status) float64 { return truth(s.Mode == dataplane.ModeSynCookie) }),
		gauge("learning", "Whether the learning period lasts.",
			func(s *dataplane.Status) float64 { return truth(s.Learning) }),
		gauge("uptime_seconds", "Time since the engine was made.",
			func(s *dataplane.Status) float64 { return s.Uptime.Seconds() }),
		gauge("workers", "Worker threads, one for each receive queue of a port.",
			func(s *dataplane.Status) float64 { return float64(s.Workers) }),
		gauge("workers_late", "Worker threads that stand still: without a heartbeat for a second.",
			func(s *dataplane.Status) float64 { return float64(s.WorkersLate) }),
	}
}

func flowFamilies() []metric {
	return []metric{
		gauge("flows", "Flows in the table.",
			func(s *dataplane.Status) float64 { return float64(s.Flows.Used) }),
		gauge("flows_capacity", "Entries of the flow table.",
			func(s *dataplane.Status) float64 { return float64(s.Flows.Capacity) }),
		counter("flows_installed_total", "Flows installed.",
			func(s *dataplane.Status) uint64 { return s.Flows.Installed }),
		counter("flows_spliced_total", "Flows installed by a splice.",
			func(s *dataplane.Status) uint64 { return s.Flows.Spliced }),
		counter("flows_expired_total", "Flows that ended by their timeout.",
			func(s *dataplane.Status) uint64 { return s.Flows.Expired }),
		counter("flows_refused_total", "Flows that found no room in the table.",
			func(s *dataplane.Status) uint64 { return s.Flows.Refused }),
		counter("flows_taken_over_total", "Flows that the daemon before handed over.",
			func(s *dataplane.Status) uint64 { return s.Handover.Flows }),
		gauge("handover_refused", "Whether what the daemon before handed over was not taken.",
			func(s *dataplane.Status) float64 { return truth(s.Handover.Result.Refused()) }),
		counter("splices_opened_total", "Splices that the server answered.",
			func(s *dataplane.Status) uint64 { return s.Splices.Opened }),
		counter("splices_refused_total", "Splices that the server refused.",
			func(s *dataplane.Status) uint64 { return s.Splices.Refused }),
		counter("splices_timed_out_total", "Splices that the server did not answer.",
			func(s *dataplane.Status) uint64 { return s.Splices.TimedOut }),
		counter("validated_clients_inserted_total", "Clients validated by an answer to a challenge.",
			func(s *dataplane.Status) uint64 { return s.Validated.Inserted }),
		counter("validated_clients_renewed_total", "Answers of clients that were validated already.",
			func(s *dataplane.Status) uint64 { return s.Validated.Renewed }),
		counter("validated_clients_refused_total", "Clients whose prefix had all the entries that it may have.",
			func(s *dataplane.Status) uint64 { return s.Validated.Refused }),
		gauge("validated_clients_capacity", "Clients that may be validated at a time.",
			func(s *dataplane.Status) float64 { return float64(s.Validated.Capacity) }),
		gauge("held_frames", "Frames of early data that wait for a server.",
			func(s *dataplane.Status) float64 { return float64(s.Splices.HeldFrames) }),
		gauge("held_frames_capacity", "Frames of early data that may wait.",
			func(s *dataplane.Status) float64 { return float64(s.Splices.HeldCapacity) }),
	}
}

func portFamilies() []metric {
	return []metric{
		family("port_info", "Always 1; the labels describe the port.", prometheus.GaugeValue,
			[]string{"port", "kind", "peer", "wire", "zone", "attach", "bind", "on_failure", "admission"},
			func(s *dataplane.Status, emit emit) {
				for _, p := range s.Ports {
					onFailure, admission := p.OnFailure.String(), ""
					if p.Host {
						onFailure, admission = "", p.Admission.String()
					}
					emit(1, p.Interface, kind(p), p.Peer, p.Wire, p.Zone, attach(p), bind(p), onFailure, admission)
				}
			}),
		portGauge("port_carrier", "Whether the port has a link.",
			func(p *dataplane.PortStatus) float64 { return truth(p.Carrier) }),
		portGauge("port_held_down", "Whether the port is down because its peer lost the link.",
			func(p *dataplane.PortStatus) float64 { return truth(p.HeldDown) }),
		portGauge("port_queues", "Receive queues of the port.",
			func(p *dataplane.PortStatus) float64 { return float64(p.Queues) }),
		portGauge("port_mtu_bytes", "MTU of the port.",
			func(p *dataplane.PortStatus) float64 { return float64(p.MTU) }),
		family("port_offload", "Whether the driver of a port does it in the engine's place.",
			prometheus.GaugeValue, []string{"port", "does"}, emitOffload),
		portCounter("port_receive_frames_total", "Frames taken from the receive rings.",
			func(p *dataplane.PortStatus) uint64 { return p.RxFrames }),
		portCounter("port_receive_bytes_total", "Bytes taken from the receive rings.",
			func(p *dataplane.PortStatus) uint64 { return p.RxBytes }),
		portCounter("port_transmit_frames_total", "Frames given to the transmit rings.",
			func(p *dataplane.PortStatus) uint64 { return p.TxFrames }),
		portCounter("port_transmit_bytes_total", "Bytes given to the transmit rings.",
			func(p *dataplane.PortStatus) uint64 { return p.TxBytes }),
		portCounter("port_replies_in_reserve_total", "Replies that took what forwarding needs: none, unless there is a fault.",
			func(p *dataplane.PortStatus) uint64 { return p.RepliesInReserve }),
		portCounter("port_kernel_receive_dropped_total", "Frames lost because the main receive ring was full.",
			func(p *dataplane.PortStatus) uint64 { return p.KernelRxDropped }),
		portCounter("port_kernel_syn_dropped_total", "SYNs lost because their receive ring was full.",
			func(p *dataplane.PortStatus) uint64 { return p.KernelSynDropped }),
		portCounter("port_kernel_fill_empty_total", "Times that no memory was free for a frame.",
			func(p *dataplane.PortStatus) uint64 { return p.KernelFillEmpty }),
		family("frames_total", "Frames by the verdict and the one reason that each had.",
			prometheus.CounterValue, []string{"port", "zone", "verdict", "reason"},
			func(s *dataplane.Status, emit emit) {
				for _, p := range s.Ports {
					for _, r := range p.Frames {
						emit(float64(r.Frames), p.Interface, p.Zone, r.Verdict.String(), r.Reason)
					}
				}
			}),
		family("shim_frames_total", "Frames by what the XDP program did with them.",
			prometheus.CounterValue, []string{"port", "counter"},
			func(s *dataplane.Status, emit emit) {
				for _, p := range s.Ports {
					for _, c := range p.Shim {
						if !c.OfHosts() {
							emit(float64(c.Frames), p.Interface, c.Counter)
						}
					}
				}
			}),
		family("host_frames_total", "SYNs and answers to challenges at host ports by what became of them.",
			prometheus.CounterValue, []string{"port", "zone", "counter"},
			func(s *dataplane.Status, emit emit) {
				for _, p := range s.Ports {
					for _, c := range p.Shim {
						if p.Host && c.OfHosts() && c.OfFrames() {
							emit(float64(c.Frames), p.Interface, p.Zone, c.Counter)
						}
					}
				}
			}),
		family("host_questions_total", "Times that the kernel was asked whether a listener of a host port overflows.",
			prometheus.CounterValue, []string{"port", "zone"},
			func(s *dataplane.Status, emit emit) {
				for _, p := range s.Ports {
					if p.Host {
						emit(float64(p.Asked()), p.Interface, p.Zone)
					}
				}
			}),
	}
}

// emitOffload gives a sample for all that the driver of a port could do.
func emitOffload(s *dataplane.Status, emit emit) {
	for _, p := range s.Ports {
		for _, does := range p.Offloadable().Words() {
			emit(truth(slices.Contains(p.Offload.Words(), does)), p.Interface, does)
		}
	}
}

func kind(p dataplane.PortStatus) string {
	if p.Host {
		return "host"
	}
	return "wire"
}

func attach(p dataplane.PortStatus) string {
	if p.Native {
		return "native"
	}
	return "generic"
}

func bind(p dataplane.PortStatus) string {
	if p.ZeroCopy {
		return "zero-copy"
	}
	return "copy"
}

func zoneFamilies() []metric {
	return []metric{
		zoneGauge("zone_flooding", "Whether some destination of the zone floods.",
			func(z *dataplane.ZoneStatus) float64 { return float64(z.Flooding) }),
		zoneGauge("syn_rate", "SYNs from the zone in the last whole second.",
			func(z *dataplane.ZoneStatus) float64 { return float64(z.SynRate) }),
		zoneCounter("zone_alarms_total", "Destinations that reached alarm-threshold, one a second each.",
			func(z *dataplane.ZoneStatus) uint64 { return z.Alarms }),
		zoneCounter("zone_attacks_total", "Times that a destination went from calm to flooding.",
			func(z *dataplane.ZoneStatus) uint64 { return z.Attacks }),
		zoneCounter("zone_challenged_total", "Challenges sent, or that would have been under alarm-without-drop.",
			func(z *dataplane.ZoneStatus) uint64 { return z.Challenged }),
		zoneCounter("zone_cookies_valid_total", "Valid cookies that came back.",
			func(z *dataplane.ZoneStatus) uint64 { return z.CookiesValid }),
		zoneCounter("zone_cookies_invalid_total", "ACKs to flooding destinations whose cookie did not check.",
			func(z *dataplane.ZoneStatus) uint64 { return z.CookiesInvalid }),
		zoneCounter("zone_challenges_refused_total", "Challenges that the reply budget did not allow.",
			func(z *dataplane.ZoneStatus) uint64 { return z.Refused }),
		zoneGauge("zone_two_way_connections", "Connections of the last 10 to 20 minutes whose server was seen to answer.",
			func(z *dataplane.ZoneStatus) float64 { return float64(z.TwoWay) }),
		zoneGauge("zone_one_way_connections", "Connections of that time that went on though no answer was seen.",
			func(z *dataplane.ZoneStatus) float64 { return float64(z.OneWay) }),
		family("screen_hits_total", "Frames that a screen acted on, or would have under alarm-without-drop.",
			prometheus.CounterValue, []string{"zone", "screen"}, emitScreens),
	}
}

// emitScreens gives one sample for each screen of a zone that has a profile.
func emitScreens(s *dataplane.Status, emit emit) {
	for _, zone := range s.Zones {
		if zone.Profile == "" {
			continue
		}
		for i, hits := range zone.IDs {
			emit(float64(hits), zone.Name, dataplane.Screen(i).String())
		}
	}
}

func family(name, help string, kind prometheus.ValueType, labels []string,
	read func(*dataplane.Status, emit)) metric {
	return metric{
		desc: prometheus.NewDesc("synscreen_"+name, help, labels, nil),
		kind: kind,
		read: read,
	}
}

func gauge(name, help string, read func(*dataplane.Status) float64) metric {
	return family(name, help, prometheus.GaugeValue, nil,
		func(s *dataplane.Status, emit emit) { emit(read(s)) })
}

func counter(name, help string, read func(*dataplane.Status) uint64) metric {
	return family(name, help, prometheus.CounterValue, nil,
		func(s *dataplane.Status, emit emit) { emit(float64(read(s))) })
}

func portGauge(name, help string, read func(*dataplane.PortStatus) float64) metric {
	return family(name, help, prometheus.GaugeValue, []string{"port"},
		func(s *dataplane.Status, emit emit) {
			for i := range s.Ports {
				emit(read(&s.Ports[i]), s.Ports[i].Interface)
			}
		})
}

func portCounter(name, help string, read func(*dataplane.PortStatus) uint64) metric {
	m := portGauge(name, help, func(p *dataplane.PortStatus) float64 { return float64(read(p)) })
	m.kind = prometheus.CounterValue
	return m
}

func zoneGauge(name, help string, read func(*dataplane.ZoneStatus) float64) metric {
	return family(name, help, prometheus.GaugeValue, []string{"zone"},
		func(s *dataplane.Status, emit emit) {
			for i := range s.Zones {
				emit(read(&s.Zones[i]), s.Zones[i].Name)
			}
		})
}

func zoneCounter(name, help string, read func(*dataplane.ZoneStatus) uint64) metric {
	m := zoneGauge(name, help, func(z *dataplane.ZoneStatus) float64 { return float64(read(z)) })
	m.kind = prometheus.CounterValue
	return m
}
