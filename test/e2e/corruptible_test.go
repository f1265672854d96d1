package e2e

import "context"

func corruptible(context.Context, []string) error { return nil }
