package config

import (
	"fmt"
	"io"
	"os"
)

// ReadFile reads a configuration text, or as much of one that is too long as Parse needs to refuse it: a
// device that never ends is one.
func ReadFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, TextMax+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return text, nil
}
