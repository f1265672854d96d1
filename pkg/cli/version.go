package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane/userspace"
)

// version is what this program was built from.
type version struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Engine   string `json:"engine"`
}

func (a *app) versionCommand() *cobra.Command {
	return newView(a, view[version]{
		use:   "version",
		short: "Show the versions of the program and of its engine",
		args:  takes(0, 0),
		ask:   func(context.Context, []string) (version, error) { return newVersion(), nil },
		print: func(w io.Writer, v version) {
			fmt.Fprintf(w, "synscreen %s\nengine: %s\n%s %s\n", v.Version, v.Engine, v.Go, v.Platform)
		},
	})
}

func newVersion() version {
	v := version{
		Version:  "(unknown)",
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Engine:   userspace.Library(),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	return v
}
