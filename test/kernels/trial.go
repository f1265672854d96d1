package main

import (
	"regexp"
	"strings"
	"time"
)

// trial is one test of test/e2e on a kernel.
type trial struct {
	Test  string // or one of its subtests
	Cards bool   // the ports are virtio-net cards with two queues, not veth
	Needs need
}

// need is what not all kernels have.
type need struct {
	Since version
	What  string
}

const trialMax = 4 * time.Minute

// admission is needed where the kernel is to make connections out of cookies.
var admission = need{version{6, 9}, "bpf_sk_assign_tcp_reqsk"}

// trials are few: a test takes several times as long in an emulator. Those on cards count no SYN or segment
// exactly: a slow client says one twice, and two queues may have one connection's.
var trials = []trial{
	{Test: "TestEarlyRequestIsHeldUntilTheServerAnswersAndDeliveredOnceInOrder"},
	{Test: "TestHostPortSaysWhetherItsKernelAdmitsAndAdmitsByOtherMeansWhereNot"},
	{Test: "TestKernelCookiesAreSwitchedOnInAFloodAndOffAgain"},
	{Test: "TestBusyPollingIsObtainedAndClientsComeThroughAFloodWithIt"},
	{Test: "TestTwoHostPortsAdmitEachItsOwnClients", Needs: admission},
	{Test: "TestBothQueuesOfAWireTakePartInAFloodThatClientsAreSplicedIn", Cards: true},
	{Test: "TestBusyPollingIsObtainedAndClientsComeThroughAFloodWithIt", Cards: true},
	{Test: "TestDetachTakesAllAwayAndRestoresTheSettings/after_SIGKILL", Cards: true},
	{Test: "TestHostPortSaysWhetherItsKernelAdmitsAndAdmitsByOtherMeansWhereNot", Cards: true},
}

// pattern is what the compiled tests select the test by, element by element.
func (t trial) pattern() string { return "^" + strings.ReplaceAll(t.Test, "/", "$/^") + "$" }

// passed says whether it was run, and well.
func (t trial) passed(said string) bool { return strings.Contains(said, "--- PASS: "+t.Test+" (") }

// matching are the trials of tests that are asked for.
func matching(only *regexp.Regexp) (some []trial) {
	for _, t := range trials {
		if only.MatchString(t.Test) {
			some = append(some, t)
		}
	}
	return some
}
