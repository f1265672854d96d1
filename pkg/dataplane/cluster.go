package dataplane

// ClusterState is how cluster time, in which epochs are counted, stands to this machine's clock.
type ClusterState int

// The states of enum screen_cluster_state. Cluster time never steps back.
const (
	ClusterFollows ClusterState = iota
	ClusterJumped               // forward, within the last minute: it was more than 15 min behind
	ClusterAhead                // by more than 15 min: goes at half speed until it is not
)

func clusterStateNames() names { return names{"follows", "jumped", "ahead"} }

// String gives the state's word.
func (s ClusterState) String() string { return clusterStateNames().of(int(s)) }

// MarshalText gives the state's word.
func (s ClusterState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the state's word.
func (s *ClusterState) UnmarshalText(text []byte) error {
	value, err := clusterStateNames().parse("cluster state", text)
	*s = ClusterState(value)
	return err
}
