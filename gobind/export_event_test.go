package gobind

// EventEnumerators is eventEnumerators.
func EventEnumerators() map[string]int64 { return eventEnumerators() }
