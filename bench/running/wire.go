package running

// Wire is the configuration of a wire of the ports outer and inner, as lines: those who come by outer are
// screened by `bench`, and challenged each time. `closed` leaves no bridge of the engine's own behind. A benchmark
// adds its thresholds, and when and by whom SYNs are challenged.
const Wire = `
set system dataplane-type userspace
set security zones security-zone untrust interfaces outer
set security zones security-zone untrust screen bench
set security zones security-zone trust interfaces inner
set security flow syn-flood-protection-mode syn-cookie
set security flow syn-cookie validated-timeout 0
set security forwarding-options secure-wire w1 interface [ outer inner ]
set security forwarding-options secure-wire w1 on-failure closed
`

// Host is that of a host port, outer.
const Host = `
set system dataplane-type userspace
set security zones security-zone world interfaces outer
set security zones security-zone world screen bench
set security flow syn-flood-protection-mode syn-cookie
set security flow syn-cookie validated-timeout 0
`

// Unlimited are thresholds that no single client or server of a benchmark reaches.
const Unlimited = `
set security screen ids-option bench tcp syn-flood source-threshold 500000
set security screen ids-option bench tcp syn-flood destination-threshold 500000
`
