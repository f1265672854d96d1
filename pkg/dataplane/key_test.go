package dataplane

import "testing"

func TestKeyChangeHasTheFileThatItNeeds(t *testing.T) {
	for _, test := range []struct {
		change KeyChange
		want   string
	}{
		{KeyChange{Action: StageKey, File: "/etc/key"}, ""},
		{KeyChange{Action: StageKey}, "stage-key: the file is not named"},
		{KeyChange{Action: StageKey, File: "etc/key"}, `stage-key: "etc/key" is not an absolute path`},
		{KeyChange{Action: ActivateKey}, ""},
		{KeyChange{Action: ActivateKey, File: "/etc/key"}, `activate-key: a file, "/etc/key", can only be staged`},
		{KeyChange{Action: RotateKey}, ""},
		{KeyChange{Action: RotateKey, File: "/etc/key"}, `rotate-key: a file, "/etc/key", can only be staged`},
	} {
		got := ""
		if err := test.change.Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v: error %q, want %q", test.change, got, test.want)
		}
	}
}
