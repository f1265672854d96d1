package userspace

import (
	"testing"

	"synscreen/pkg/config"
)

// oneWire is the least that has all kinds of records. Its order is not the sorted one.
const oneWire = `
set system dataplane-type userspace
set security forwarding-options secure-wire w1 interface [ eth2 eth1 ]
set security forwarding-options secure-wire w1 on-failure closed
set security screen ids-option web tcp syn-flood alarm-threshold 1001
set security screen ids-option web tcp syn-flood attack-threshold 1002
set security screen ids-option web tcp syn-flood source-threshold 1003
set security screen ids-option web tcp syn-flood destination-threshold 1004
set security screen ids-option web tcp syn-flood timeout 21
set security screen ids-option web tcp syn-flood white-list b destination-address 2001:db8::/32
set security screen ids-option web tcp syn-flood white-list a source-address 192.0.2.0/24
set security screen ids-option unused tcp syn-flood
set security zones security-zone untrust interfaces eth1
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces eth2
set security flow tcp-session time-wait-state session-timeout 151
set security flow tcp-session time-wait-state apply-to-half-close-state
set security flow tcp-session tcp-initial-timeout 22
set security flow tcp-session inactivity-timeout 14401
set security flow tcp-session no-syn-check
set security flow syn-cookie activation always
set security flow syn-cookie epoch-skew 5
set security flow syn-cookie admission reset
set security flow syn-cookie zone untrust admission safe-reset
set security flow syn-cookie validated-timeout 121
set security flow syn-cookie reply-rate 1005
set security flow syn-cookie reply-prefix-rate 1006
set security flow syn-cookie offload driver
set security flow syn-cookie server-profile 198.51.100.0/24 admission splice
set security flow syn-cookie key-file /etc/synscreen/master.key
set security flow syn-cookie server-profile 2001:db8::/32 port 25 ecn
set security flow syn-cookie server-profile 203.0.113.0/24 mss 1400
set security flow syn-cookie server-profile 203.0.113.0/24 no-wscale
set security flow syn-cookie server-profile 203.0.113.0/24 sack
set security flow syn-cookie server-profile 203.0.113.0/24 port 443 wscale 9
set security flow syn-cookie server-profile 203.0.113.0/24 port 443 timestamps
set security flow syn-cookie server-profile 203.0.113.0/24 port 443 no-sack
`

// wireAndHosts has a wire, a host port in a zone of its own and one in a zone with the wire.
const wireAndHosts = `set system dataplane-type userspace
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
set security screen ids-option web tcp syn-flood
set security zones security-zone world interfaces eth0
set security zones security-zone world screen web
set security zones security-zone untrust interfaces [ eth1 eth9 ]
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces eth2
set security flow syn-cookie activation kernel
set security flow syn-cookie passive-timer 7
set security flow syn-cookie flood-timer 8
set security flow syn-cookie zone world admission kernel-cookies
set security flow syn-cookie zone untrust admission safe-reset
`

const wantCookie = "set security flow syn-flood-protection-mode syn-cookie\n"

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, _, err := config.Parse("test.conf", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func compiled(t *testing.T, text string) *snapshot {
	t.Helper()
	out, refusals := compile(parse(t, text))
	if len(refusals) > 0 {
		t.Fatal(refusals)
	}
	return out
}
