package metrics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const dashboardFile = "../../examples/grafana-dashboard.json"

// dashboard is as much of Grafana's form as the test reads.
type dashboard struct {
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, LegendFormat string }
	}
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var board dashboard
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	return board
}

// exported gives the labels of each family, with those that Prometheus adds.
func exported(t *testing.T) map[string][]string {
	t.Helper()
	labels := map[string][]string{}
	for _, family := range page(t) {
		names := []string{"instance", "job"}
		for _, label := range family.GetMetric()[0].GetLabel() {
			names = append(names, label.GetName())
		}
		labels[family.GetName()] = names
	}
	return labels
}

var (
	metricOf  = regexp.MustCompile(`(synscreen_\w+)(?:\{([^}]*)\})?`)
	matcherOf = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"`)
	groupOf   = regexp.MustCompile(`by \(([^)]*)\)`)
	legendOf  = regexp.MustCompile(`\{\{(\w+)\}\}`)
)

// problems lists what a query and its legend ask for and the page does not have.
func problems(labels map[string][]string, expr, legend string) []string {
	var found []string
	wanted := map[string][]string{}
	for _, use := range metricOf.FindAllStringSubmatch(expr, -1) {
		wanted[use[1]] = append(wanted[use[1]], "")
		for _, matcher := range matcherOf.FindAllStringSubmatch(use[2], -1) {
			wanted[use[1]] = append(wanted[use[1]], matcher[1])
		}
		for _, group := range groupOf.FindAllStringSubmatch(expr, -1) {
			wanted[use[1]] = append(wanted[use[1]], strings.Split(group[1], ", ")...)
		}
		for _, name := range legendOf.FindAllStringSubmatch(legend, -1) {
			wanted[use[1]] = append(wanted[use[1]], name[1])
		}
	}
	if len(wanted) == 0 {
		found = append(found, "no metric")
	}
	for metric, names := range wanted {
		if labels[metric] == nil {
			found = append(found, metric+" is not exported")
			continue
		}
		for _, name := range names {
			if name != "" && !slices.Contains(labels[metric], name) {
				found = append(found, metric+" has no label "+name)
			}
		}
	}
	// What is summed away cannot be named.
	if groups := groupOf.FindStringSubmatch(expr); groups != nil {
		for _, name := range legendOf.FindAllStringSubmatch(legend, -1) {
			if !slices.Contains(strings.Split(groups[1], ", "), name[1]) {
				found = append(found, "the legend names "+name[1]+", which the sum is not by")
			}
		}
	}
	return found
}

func TestDashboardAsksForWhatIsExported(t *testing.T) {
	labels, board := exported(t), readDashboard(t)
	queries := 0
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			queries++
			for _, problem := range problems(labels, target.Expr, target.LegendFormat) {
				t.Errorf("panel %d %q, %s: %s", panel.ID, panel.Title, target.Expr, problem)
			}
		}
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("panel %d %q has no query", panel.ID, panel.Title)
		}
	}
	for _, variable := range board.Templating.List {
		if variable.Type == "query" {
			queries++
			for _, problem := range problems(labels, variable.Definition, "") {
				t.Errorf("variable %s, %s: %s", variable.Name, variable.Definition, problem)
			}
		}
	}
	if queries < 30 {
		t.Errorf("only %d queries were read", queries)
	}
}

func TestDashboardOfWhatIsNotExportedIsFound(t *testing.T) {
	labels := exported(t)
	for query, want := range map[string]string{
		`rate(synscreen_nothing_total[5m])`:                     "synscreen_nothing_total is not exported",
		`synscreen_flows{zone="z"}`:                             "synscreen_flows has no label zone",
		`sum by (zone) (rate(synscreen_syslog_sent_total[5m]))`: "synscreen_syslog_sent_total has no label zone",
		`vector(0)`: "no metric",
	} {
		if got := problems(labels, query, ""); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := problems(labels, `sum by (zone) (synscreen_syn_rate)`, "{{instance}}"); len(got) != 1 {
		t.Errorf("legend of what was summed away: %q", got)
	}
}

func TestDashboardPanelsLieBesideEachOther(t *testing.T) {
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, panel := range readDashboard(t).Panels {
		if ids[panel.ID] {
			t.Errorf("panel %q: id %d is another's", panel.Title, panel.ID)
		}
		ids[panel.ID] = true
		at := panel.GridPos
		if at.W < 1 || at.H < 1 || at.X < 0 || at.X+at.W > 24 {
			t.Errorf("panel %q lies outside the grid: %+v", panel.Title, at)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, is := taken[[2]int{x, y}]; is {
					t.Fatalf("panels %q and %q overlap", other, panel.Title)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
	}
}

func TestPagesNameOnlyMetricsThatAreExported(t *testing.T) {
	labels := exported(t)
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	named := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range regexp.MustCompile("`(synscreen_\\w+)[`{]").FindAllStringSubmatch(string(text), -1) {
			named++
			if labels[use[1]] == nil {
				t.Errorf("%s: %s is not exported", file, use[1])
			}
		}
	}
	if named < 15 {
		t.Errorf("only %d names were read", named)
	}
}
