package lab

import "context"

// makeCables joins the five machines, by what is asked for between them.
func (w *WireLab) makeCables(ctx context.Context) error {
	o := &w.options
	client, outer := End{w.Client, EndDev, ClientMAC}, End{w.Wire, OuterDev, OuterMAC}
	attacker, server := End{w.Attacker, EndDev, AttackerMAC}, End{w.Server, EndDev, ServerMAC}
	toClient, toWire := End{w.LAN, "client", "02:00:00:00:05:01"}, End{w.LAN, "wire", "02:00:00:00:05:03"}
	toAttacker, inner := End{w.LAN, "attacker", "02:00:00:00:05:02"}, End{w.Wire, InnerDev, InnerMAC}
	var err error
	if o.ClientMTU != 0 {
		r := router{number: 1, end: w.clientParty(), other: serverParty()}
		if toClient, err = w.insertRouter(ctx, "clientrouter", r, o.ClientMTU, toClient); err != nil {
			return err
		}
		w.ClientRouter = toClient.In
	}
	if o.ClientLink != nil {
		if toWire, err = w.insertRelay(ctx, "clientlink", o.ClientLink, toWire, &w.ClientRelay); err != nil {
			return err
		}
	}
	if o.ServerLink != nil {
		if inner, err = w.insertRelay(ctx, "serverlink", o.ServerLink, inner, &w.ServerRelay); err != nil {
			return err
		}
	}
	if o.ServerMTU != 0 {
		r := router{number: 2, end: serverParty(), other: w.clientParty()}
		if inner, err = w.insertRouter(ctx, "serverrouter", r, o.ServerMTU, inner); err != nil {
			return err
		}
	}
	ports := [][2]End{{toWire, outer}, {server, inner}}
	if w.host {
		ports = [][2]End{{toWire, server}}
	}
	for _, ends := range [][2]End{{toClient, client}, {toAttacker, attacker}} {
		if err := w.cable(ctx, ends[0], ends[1]); err != nil {
			return err
		}
	}
	for i, ends := range ports {
		if err := w.portCable(ctx, i, ends[0], ends[1]); err != nil {
			return err
		}
	}
	return nil
}

func (w *WireLab) cable(ctx context.Context, a, b End) error {
	return Cable(ctx, a, b, w.options.Queues, w.options.MTU)
}

// beginWays starts what lies between the machines, once all is joined.
func (w *WireLab) beginWays(ctx context.Context) error {
	for _, begin := range w.later {
		if err := begin(ctx); err != nil {
			return err
		}
	}
	return nil
}
