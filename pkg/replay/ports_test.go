package replay

import (
	"fmt"
	"testing"

	"synscreen/pkg/dataplane/userspace"
)

const (
	groupMAC = "01:00:5e:00:00:01"
	thirdMAC = "02:00:00:00:00:03"
)

func TestPortOfAFrame(t *testing.T) {
	for _, test := range []struct {
		name     string
		ports    []userspace.OfflinePort
		fallback string
		frames   []frame
		want     []string
	}{
		{"the screened one", onePair(), "", []frame{{data: bare(t, clientMAC, serverMAC)}}, []string{"eth1"}},
		{"the given one", onePair(), "eth2", []frame{{data: bare(t, clientMAC, serverMAC)}}, []string{"eth2"}},
		{"the capture's", onePair(), "eth1", []frame{
			{ifname: "eth2", data: bare(t, clientMAC, serverMAC)},
			{ifname: "eth9", data: bare(t, clientMAC, serverMAC)},
		}, []string{"eth2", "eth1"}},
		{"the peer for who was a destination", onePair(), "", []frame{
			{data: bare(t, clientMAC, serverMAC)}, {data: bare(t, serverMAC, clientMAC)},
			{data: bare(t, clientMAC, serverMAC)},
		}, []string{"eth1", "eth2", "eth1"}},
		{"and then what that one writes to is not", onePair(), "", []frame{
			{data: bare(t, clientMAC, serverMAC)}, {data: bare(t, serverMAC, thirdMAC)},
			{data: bare(t, thirdMAC, serverMAC)},
		}, []string{"eth1", "eth2", "eth1"}},
		{"groups are not learned", onePair(), "", []frame{
			{data: bare(t, clientMAC, groupMAC)}, {data: bare(t, groupMAC, clientMAC)},
		}, []string{"eth1", "eth1"}},
		{"the given wire's", twoPairs(), "b2", []frame{
			{data: bare(t, clientMAC, serverMAC)}, {data: bare(t, serverMAC, clientMAC)},
		}, []string{"b2", "b1"}},
		{"too short for addresses", onePair(), "", []frame{{data: []byte{1}}}, []string{"eth1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ports, err := NewPorts(test.ports, test.fallback)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range test.frames {
				if got, err := ports.of(f); got != test.want[i] || err != nil {
					t.Errorf("frame %d: %s, %v, want %s", i, got, err, test.want[i])
				}
			}
		})
	}
}

func TestPortThatNobodyNames(t *testing.T) {
	for want, all := range map[string][]userspace.OfflinePort{
		"by which port did it come in? The zones of a1, b1 have a screen; name one with --port": twoPairs(),
		"by which port did it come in? No zone has a screen; name the port with --port: " +
			"its ports are eth1, eth2": {{Name: "eth1", Peer: "eth2"}, {Name: "eth2", Peer: "eth1"}},
	} {
		ports, err := NewPorts(all, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ports.of(frame{data: bare(t, clientMAC, serverMAC)}); err == nil || err.Error() != want {
			t.Errorf("port %q, error %v, want %s", got, err, want)
		}
	}
}

func TestPortThatTheConfigurationDoesNotHave(t *testing.T) {
	for want, all := range map[string][]userspace.OfflinePort{
		"eth9 is no port of the configuration; its ports are eth1, eth2":               onePair(),
		"the configuration has no wire: add a security forwarding-options secure-wire": nil,
	} {
		if _, err := NewPorts(all, "eth9"); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestFrameOfAHostPortIsRefused(t *testing.T) {
	ports, err := NewPorts(onePair(), "eth1", "eth0")
	if err != nil {
		t.Fatal(err)
	}
	const want = "it came in by host port eth0, whose listeners a replay does not have"
	got, err := ports.of(frame{ifname: "eth0", data: bare(t, clientMAC, serverMAC)})
	if err == nil || err.Error() != want {
		t.Errorf("port %q, error %v, want %s", got, err, want)
	}
}

func TestLearningIsBounded(t *testing.T) {
	ports, err := NewPorts(onePair(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * addressesMax {
		source := fmt.Sprintf("02:00:00:01:%02x:%02x", i>>8, i&255)
		if _, err := ports.of(frame{data: bare(t, source, serverMAC)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(ports.side) != addressesMax {
		t.Errorf("%d addresses, want %d", len(ports.side), addressesMax)
	}
}
