package cli

import (
	"fmt"
	"time"
)

// patience is how long a command waits for the daemon before it says what for.
const patience = time.Second

// What a command may have to wait for.
const (
	waitsForStaging = "waiting for the daemon: it attaches interfaces that are new to it and has every port prove " +
		"that it can send"
	waitsForTurn = "waiting for the daemon: it is in the middle of a commit"
)

// patiently waits for an answer, and says what for if that takes long.
func patiently[Answer any](a *app, what string, ask func() (Answer, error)) (answer Answer, err error) {
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		answer, err = ask()
	}()
	select {
	case <-answered:
	case <-time.After(patience):
		fmt.Fprintln(a.stderr, what)
		<-answered
	}
	return answer, err
}
