package dataplane

// Admission is what a valid answer to a challenge leads to.
type Admission int

// The admissions of enum screen_admission.
const (
	AdmissionUnset         Admission = iota // as one level up
	AdmissionSplice                         // the connection is opened to the server, and translated
	AdmissionReset                          // it is reset; the client's next one passes
	AdmissionSafeReset                      // the challenge is one that the client's own stack resets
	AdmissionKernel                         // on host ports: the listener gets a connection
	AdmissionKernelCookies                  // on host ports: no challenge but the kernel's own
)

func admissionNames() names {
	return names{"unset", "splice", "reset", "safe-reset", "kernel", "kernel-cookies"}
}

// String gives the configuration's word.
func (a Admission) String() string { return admissionNames().of(int(a)) }

// MarshalText gives the configuration's word.
func (a Admission) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the configuration's word.
func (a *Admission) UnmarshalText(text []byte) error {
	value, err := admissionNames().parse("admission", text)
	*a = Admission(value)
	return err
}
