package report

import (
	"encoding/json"
	"os"
	"path/filepath"

	"synscreen/test/lab"
)

// Store writes results to build/bench/NAME.json of the checkout.
func Store(name string, results any) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return storeFile(name+".json", append(text, '\n'))
}

func storeFile(name string, content []byte) error {
	root, err := lab.Root()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "build", "bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), content, 0o644)
}
