package page

import (
	"fmt"
	"path/filepath"

	"synscreen/pkg/config"
)

// Sources is what the numbers of the cookie's page are computed from.
type Sources struct {
	epoch     int64 // s
	tried     int64 // epochs that a check tries
	tombstone int64 // s
	way       int64 // s: for how long cookies are under way after a flood
	retired   int64 // whole epochs for which a replaced master key is accepted
	keysets   int64 // master keys that are accepted at once
	skew      int64 // s, when nobody says otherwise
	skewMax   int64 // s
	rules     rules
	mss       [families][]int64
	mssMin    int64
	mssNone   [families]int64

	Cookies, Resets []Vector
}

// ReadSources reads headers and known answers below the repository's root.
func ReadSources(root string) (s Sources, err error) {
	headers := map[string]Header{}
	for _, path := range []string{"core/cookie.h", "core/cluster.h", "core/flow.h", "core/keyset.h",
		"core/options.h", "core/meter.h", "engine/keyring.c", "include/synscreen/snapshot.h"} {
		if headers[path], err = ReadHeader(filepath.Join(root, "csrc", path)); err != nil {
			return s, err
		}
	}
	if s.Cookies, err = ReadVectors(filepath.Join(root, "testdata/vectors/cookie-v1.tsv")); err != nil {
		return s, err
	}
	if s.Resets, err = ReadVectors(filepath.Join(root, "testdata/vectors/safe-reset-v1.tsv")); err != nil {
		return s, err
	}
	least, _, err := config.Parse("least", []byte("set system dataplane-type userspace\n"))
	if err != nil {
		return s, fmt.Errorf("default of epoch-skew: %w", err)
	}
	s.skew = int64(least.Flow.EpochSkewSeconds)
	s.skewMax = headers["include/synscreen/snapshot.h"].Constant("SCREEN_SKEW_MAX")
	s.tombstone = headers["core/flow.h"].Constant("SCREEN_TIMEOUT_TOMBSTONE")
	s.way = headers["core/meter.h"].Constant("SCREEN_COOKIE_LIFE")
	s.retired = headers["engine/keyring.c"].Constant("RETIRED_EPOCHS")
	s.readCookie(headers["core/cookie.h"], headers["core/options.h"], headers["core/keyset.h"])
	s.readCluster(headers["core/cluster.h"])
	return s, nil
}

func (s *Sources) readCookie(cookie, options, keyset Header) {
	s.epoch = cookie.Constant("SCREEN_EPOCH_SECONDS")
	s.tried = cookie.Members("screen_zone_keys")
	s.mss = cookie.mssTables()
	s.mssMin = cookie.Constant("SCREEN_MSS_MIN")
	s.mssNone[IPv4] = options.Constant("SCREEN_MSS_DEFAULT_IPV4")
	s.mssNone[IPv6] = options.Constant("SCREEN_MSS_DEFAULT_IPV6")
	s.keysets = keyset.Count(`struct screen_zone_keys \w+\[`)
}

func (s *Sources) readCluster(cluster Header) {
	s.rules = rules{
		slow:  cluster.Number(`step = passed / (\d+);`),
		fast:  cluster.Number(`step = passed \* (\d+);`),
		grace: cluster.Constant("SCREEN_CLUSTER_GRACE_NS"),
	}
}
