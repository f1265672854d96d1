package report

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"text/template"
)

// Plot is a chart of lines. Where Log is set both axes are logarithmic, and what is not above 0 is
// left out.
type Plot struct {
	Title, X, Y string
	LogX, LogY  bool
	Lines       []Line
}

// Line is one of its lines.
type Line struct {
	Name   string
	Points []Point
}

// Point is NaN in Y where nothing was measured.
type Point struct{ X, Y float64 }

const (
	plotWidth, plotHeight = 760, 440
	plotLeft, plotTop     = 80, 40
	plotRight, plotBottom = 540, 390
)

var plotColours = []string{"#0b6e4f", "#c1292e", "#235789", "#f1a208", "#6a4c93", "#555555", "#d1495b"}

var plotTemplate = template.Must(template.New("plot").Funcs(template.FuncMap{
	"escape": template.HTMLEscapeString}).Parse(`<svg xmlns="http://www.w3.org/2000/svg" ` +
	`viewBox="0 0 {{.Width}} {{.Height}}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="{{.Left}}" y="22" font-size="15">{{escape .Title}}</text>
{{range .XTicks}}<path d="M{{.At}} {{$.Top}}V{{$.Bottom}}" stroke="#ddd"/>
<text x="{{.At}}" y="{{$.BelowAxis}}" text-anchor="middle">{{.Text}}</text>
{{end}}{{range .YTicks}}<path d="M{{$.Left}} {{.At}}H{{$.Right}}" stroke="#ddd"/>
<text x="{{$.BesideAxis}}" y="{{.At}}" dy="4" text-anchor="end">{{.Text}}</text>
{{end}}<path d="M{{.Left}} {{.Top}}V{{.Bottom}}H{{.Right}}" fill="none" stroke="black"/>
<text x="{{.Right}}" y="{{.BelowTicks}}" text-anchor="end">{{escape .X}}</text>
<text x="{{.Left}}" y="{{.AboveAxis}}" text-anchor="middle">{{escape .Y}}</text>
{{range .Lines}}<path d="{{.Path}}" fill="none" stroke="{{.Colour}}" stroke-width="2"/>
{{$c := .Colour}}{{range .Marks}}<circle cx="{{.X}}" cy="{{.Y}}" r="3" fill="{{$c}}"/>
{{end}}<text x="{{$.Legend}}" y="{{.LegendAt}}" fill="{{.Colour}}">{{escape .Name}}</text>
{{end}}</svg>
`))

type plotTick struct {
	At   string
	Text string
}

type plotLine struct {
	Name, Path, Colour string
	Marks              []struct{ X, Y string }
	LegendAt           int
}

// axis maps values of one direction to places.
type axis struct {
	log      bool
	from, to float64 // the range of values
	a, b     float64 // the places of from and to
}

func (p *Plot) axis(log bool, value func(Point) float64, a, b float64) axis {
	x := axis{log: log, from: math.Inf(1), to: math.Inf(-1), a: a, b: b}
	for _, line := range p.Lines {
		for _, point := range line.Points {
			if p.shown(point) {
				x.from, x.to = min(x.from, value(point)), max(x.to, value(point))
			}
		}
	}
	if !log {
		x.from = min(x.from, 0)
	} else {
		x.from = math.Pow(10, math.Floor(math.Log10(x.from)))
		x.to = math.Pow(10, math.Ceil(math.Log10(x.to)))
	}
	if !(x.to > x.from) {
		x.to = x.from + 1
	}
	return x
}

func (p *Plot) shown(point Point) bool {
	return !math.IsNaN(point.Y) && (!p.LogX || point.X > 0) && (!p.LogY || point.Y > 0)
}

func (x axis) place(v float64) string {
	at := (v - x.from) / (x.to - x.from)
	if x.log {
		at = math.Log10(v/x.from) / math.Log10(x.to/x.from)
	}
	return fmt.Sprintf("%.1f", x.a+at*(x.b-x.a))
}

// ticks are powers of ten, or about five round steps.
func (x axis) ticks() []plotTick {
	var ticks []plotTick
	if x.log {
		for v := x.from; v <= x.to*1.01; v *= 10 {
			ticks = append(ticks, plotTick{x.place(v), short(v)})
		}
		return ticks
	}
	step := math.Pow(10, math.Floor(math.Log10((x.to-x.from)/2)))
	for (x.to-x.from)/step > 6 {
		step *= 2
	}
	for v := math.Ceil(x.from/step) * step; v <= x.to; v += step {
		ticks = append(ticks, plotTick{x.place(v), short(v)})
	}
	return ticks
}

// short writes 2500000 as 2.5 M.
func short(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, " M"}, {1e3, " k"}} {
		if math.Abs(v) >= unit.size {
			return fmt.Sprintf("%.3g%s", v/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.3g", v)
}

// SVG draws it.
func (p *Plot) SVG() ([]byte, error) {
	x := p.axis(p.LogX, func(q Point) float64 { return q.X }, plotLeft, plotRight)
	y := p.axis(p.LogY, func(q Point) float64 { return q.Y }, plotBottom, plotTop)
	var lines []plotLine
	for i, line := range p.Lines {
		l := plotLine{Name: line.Name, Colour: plotColours[i%len(plotColours)], LegendAt: plotTop + 20*(i+1)}
		var path strings.Builder
		for _, point := range line.Points {
			if !p.shown(point) {
				continue
			}
			at := struct{ X, Y string }{x.place(point.X), y.place(point.Y)}
			command := "L"
			if len(l.Marks) == 0 {
				command = "M"
			}
			fmt.Fprintf(&path, "%s%s %s", command, at.X, at.Y)
			l.Marks = append(l.Marks, at)
		}
		l.Path = path.String()
		lines = append(lines, l)
	}
	var out bytes.Buffer
	err := plotTemplate.Execute(&out, map[string]any{"Title": p.Title, "X": p.X, "Y": p.Y,
		"Lines": lines, "XTicks": x.ticks(), "YTicks": y.ticks(), "Width": plotWidth, "Height": plotHeight,
		"Left": plotLeft, "Top": plotTop, "Right": plotRight, "Bottom": plotBottom,
		"BelowAxis": plotBottom + 16, "BelowTicks": plotBottom + 36, "BesideAxis": plotLeft - 6,
		"AboveAxis": plotTop - 6, "Legend": plotRight + 14})
	return out.Bytes(), err
}

// StorePlot writes it to build/bench/NAME.svg of the checkout.
func StorePlot(name string, p *Plot) error {
	svg, err := p.SVG()
	if err != nil {
		return err
	}
	return storeFile(name+".svg", svg)
}
