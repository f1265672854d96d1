package e2e

import "context"

func sendFrames(context.Context, []string) error    { return nil }
func listenFrames(context.Context, []string) error  { return nil }
func echoDatagrams(context.Context, []string) error { return nil }
func askDatagrams(context.Context, []string) error  { return nil }
