package lab

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

func TestSweepsAtTheSameTimeDoNotMindEachOther(t *testing.T) {
	ForTest(t)
	dead := &Lab{name: fmt.Sprintf("ss%d-0", deadPID(t)), dir: t.TempDir()}
	var paths []string
	for _, role := range []string{"client", "lan", "server", "wire"} {
		n, err := dead.Namespace(t.Context(), role)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Join(namespaceDir, n.Name))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := Sweep(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, path := range paths {
		if exists(path) {
			t.Errorf("%s is still there", path)
		}
	}
}
