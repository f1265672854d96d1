package config

import "testing"

func TestEveryPathOfAnObjectIsAcceptedAsAPathOfTheConfiguration(t *testing.T) {
	text := engineLine + `set security zones security-zone "a zone" interfaces eth1
set security zones security-zone out interfaces eth2
set security zones security-zone "a zone" screen "a screen"
set security screen ids-option "a screen" tcp syn-flood white-list "a list" source-address 10.0.0.0/8
set security screen ids-option "a screen" alarm-without-drop
set security screen ids-option "a screen" tcp land port-scan threshold 6000
set security screen ids-option "a screen" icmp flood
set security screen ids-option "a screen" ip ipv6-extension-header-limit 3
set security screen ids-option "a screen" ip ipv6-extension-header user-defined-header-type 100 to 110
set security screen ids-option "a screen" limit-session source-ip-based 5
set security flow syn-flood-protection-mode syn-cookie
set security flow syn-cookie activation always
set security flow syn-cookie offload engine
set security flow syn-cookie key-file /etc/master.key
set security forwarding-options secure-wire "a wire" interface [ eth1 eth2 ]
set security forwarding-options secure-wire "a wire" on-failure closed
`
	c := mustParse(t, text)
	zone, screen, wire := c.Zones[0], c.Screens[0], c.Wires[0]
	if len(screen.Armed) != 7 {
		t.Errorf("armed are %v", screen.Armed)
	}
	var armed []string
	for _, a := range screen.Armed {
		armed = append(armed, screen.ArmedPath(a))
	}
	for _, path := range append(armed,
		c.DataplanePath(), zone.Path(), zone.ScreenPath(), zone.InterfacePath("eth1"), screen.Path(),
		screen.SynFloodPath(), screen.WhiteListPath("a list"), c.Flow.Path(), c.Flow.ProtectionModePath(),
		c.Flow.ActivationPath(), c.Flow.KeyFilePath(), c.Flow.OffloadPath(), wire.Path(), wire.InterfacePath(), wire.OnFailurePath(),
		screen.AlarmWithoutDropPath(),
	) {
		_, warnings, err := ParseTree("x.conf", []byte(text+"delete "+path+"\n"))
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s names nothing: %v %v", path, err, warnings)
		}
	}
}

func TestPathOfAWireIsWhatAnOperatorWouldType(t *testing.T) {
	want := "security forwarding-options secure-wire w1"
	if got := (Wire{Name: "w1"}).Path(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
