package main

import (
	"regexp"
	"time"
)

// trial is one test of test/e2e on a kernel.
type trial struct {
	Test  string
	Cards bool // the ports are virtio-net cards with two queues, not veth
	Needs need
}

// need is what not all kernels have.
type need struct {
	Since version
	What  string
}

const trialMax = 2 * time.Minute

// admission is needed where the kernel is to make connections out of cookies.
var admission = need{version{6, 9}, "bpf_sk_assign_tcp_reqsk"}

// trials are few: a test takes several times as long in an emulator.
var trials = []trial{
	{Test: "TestEarlyRequestIsHeldUntilTheServerAnswersAndDeliveredOnceInOrder"},
	{Test: "TestHostPortSaysWhetherItsKernelAdmitsAndAdmitsByOtherMeansWhereNot"},
	{Test: "TestKernelCookiesAreSwitchedOnInAFloodAndOffAgain"},
	{Test: "TestTwoHostPortsAdmitEachItsOwnClients", Needs: admission},
	{Test: "TestEarlyRequestIsHeldUntilTheServerAnswersAndDeliveredOnceInOrder", Cards: true},
	{Test: "TestBothQueuesOfAWireTakePartInAFloodThatClientsAreSplicedIn", Cards: true},
	{Test: "TestDetachTakesAllAwayAndRestoresTheSettings", Cards: true},
	{Test: "TestResetsAdmitClientsOfAHostPort", Cards: true},
	{Test: "TestTwoHostPortsAdmitEachItsOwnClients", Cards: true, Needs: admission},
}

// matching are the trials of tests that are asked for.
func matching(only *regexp.Regexp) (some []trial) {
	for _, t := range trials {
		if only.MatchString(t.Test) {
			some = append(some, t)
		}
	}
	return some
}
