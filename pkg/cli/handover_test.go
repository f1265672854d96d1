package cli

import (
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
)

func TestShowHandoverTellsWhatWasTakenOver(t *testing.T) {
	status := dataplane.Status{Handover: dataplane.Handover{
		Result: dataplane.HandoverTaken, Flows: 7, Left: 2, Servers: 3,
	}}
	expect(t, outcome{Stdout: `Handover                taken over
Connections taken over  7
Connections left        2
Servers known           3
`}, "show", "system", "handover", "--control-socket", serve(t, &canned{status: status}))
}

func TestShowHandoverSaysEachResultInWords(t *testing.T) {
	seen := map[string]bool{}
	for result := dataplane.HandoverNone; result <= dataplane.HandoverOld; result++ {
		text := handoverResult(result)
		if seen[text] || result.Refused() != strings.HasPrefix(text, "refused: ") {
			t.Errorf("%s: %q", result, text)
		}
		seen[text] = true
	}
	if got := handoverResult(99); got != "unknown-99" {
		t.Errorf("an unknown result is %q", got)
	}
}
