package lab

import (
	"context"
	"testing"
)

// HostForTest makes the network in which a host port is tried, which ends with the test:
//
//	client   eth0 --+
//	                +-- lan (bridge) -- eth0 server
//	attacker eth0 --+
//
// It is a WireLab without a wire: synscreen runs in the server, which is Wire, too.
func HostForTest(t testing.TB, options WireOptions) *WireLab {
	t.Helper()
	w, err := ForTest(t).NewHost(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// NewHost builds HostForTest's network in the lab; the lab's Close takes it away, also after an error.
func (l *Lab) NewHost(ctx context.Context, options WireOptions) (*WireLab, error) {
	return l.build(ctx, &WireLab{Lab: l, options: options.withDefaults(), host: true})
}
