package usage

import (
	"os"
	"testing"
)

const stat = `cpu  100 20 300 9000 70 6 5 400 11 12
cpu0 50 10 100 4000 30 3 2 100 5 6
cpu1 50 10 200 5000 40 3 3 300 6 6
intr 1 2 3 4 5 6 7 8 9
`

func TestBusyIsWhatIsNeitherIdleNorWaiting(t *testing.T) {
	for name, want := range map[string]float64{"cpu": 8.31, "cpu0": 2.65, "cpu1": 5.66} {
		if got, err := parseStat(stat, name); err != nil || got != want {
			t.Errorf("%s: %v, not %v: %v", name, got, want, err)
		}
	}
	for _, name := range []string{"cpu2", "intr0"} {
		if got, err := parseStat(stat, name); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAProcessMayHaveAnyName(t *testing.T) {
	const behind = " S 1 2 3 4 5 6 7 8 9 10 1234 567 14 15 16 17\n"
	for _, name := range []string{"(synscreen)", "(a name)", "(a) b)", "()"} {
		got, err := parseProcess("4711 " + name + behind)
		if err != nil || got != (Own{12.34, 5.67}) {
			t.Errorf("%s: %+v: %v", name, got, err)
		}
	}
	for _, text := range []string{"", "4711 (synscreen) S 1 2", "4711 (x) S 1 2 3 4 5 6 7 8 9 10 a b c"} {
		if got, err := parseProcess(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestThisMachineAndThisProcessAreCounted(t *testing.T) {
	all, err := Machine()
	if err != nil || all <= 0 {
		t.Errorf("the machine was busy for %v s: %v", all, err)
	}
	if one, err := Processor("0"); err != nil || one <= 0 {
		t.Errorf("a processor was busy for %v s: %v", one, err)
	}
	if own, err := Process(os.Getpid()); err != nil || own.Sum() > all {
		t.Errorf("the test took %+v of %v s: %v", own, all, err)
	}
}
