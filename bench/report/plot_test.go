package report

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func TestPlotIsXMLAndHasWhatWasMeasured(t *testing.T) {
	p := Plot{Title: "a < b & c", X: "SYN/s", Y: "ms", LogX: true, LogY: true, Lines: []Line{
		{Name: "one", Points: []Point{{0, 1}, {10, 1}, {1000, 100}, {100, math.NaN()}}},
	}}
	svg, err := p.SVG()
	if err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
	// what is 0 on a logarithmic axis, and what was not measured, has no mark
	if n := strings.Count(string(svg), "<circle"); n != 2 {
		t.Errorf("%d marks, not 2", n)
	}
	for _, want := range []string{`cx="80.0" cy="390.0"`, `cx="540.0" cy="40.0"`, "a &lt; b &amp; c", "1 k"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}
