// Command synscreen is the daemon and the command line in one binary.
package main

import (
	"context"
	"os"

	"synscreen/pkg/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
