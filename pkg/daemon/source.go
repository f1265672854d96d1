package daemon

import "synscreen/pkg/config"

// source is a configuration and where it came from.
type source struct {
	name     string
	text     []byte
	config   *config.Config
	warnings config.Warnings
}

// parse reads a configuration text. The error is a *config.ErrorList.
func parse(name string, text []byte) (source, error) {
	parsed, warnings, err := config.Parse(name, text)
	return source{name: name, text: text, config: parsed, warnings: warnings}, err
}

// readSource reads a configuration file.
func readSource(path string) (source, error) {
	text, err := config.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	return parse(path, text)
}
