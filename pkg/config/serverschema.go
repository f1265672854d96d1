package config

import "slices"

func serverProfileSchema() *statement {
	port := newNamed("port", "what this port of theirs agrees to; what it does not say, the prefix says",
		numberIn(1, 65535, "(TCP port)"), serverOptionsSchema()...).asOurs()
	return newNamed("server-profile",
		"servers that are known to answer, and what they agree to; what it does not say is learned from them",
		prefix(), append(serverOptionsSchema(), port)...).asOurs()
}

func serverOptionsSchema() []*statement {
	return slices.Concat(
		[]*statement{
			newLeaf("mss", numberIn(216, 65535, "bytes"), "the largest segment that they take").asOurs(),
			newLeaf("wscale", numberIn(0, 14, "bits"), "they scale their windows by this").asOurs(),
			newFlag("no-wscale", "they do not scale windows").asOurs(),
		},
		yesOrNo("sack", "selective acknowledgements"),
		yesOrNo("timestamps", "timestamps"),
		yesOrNo("ecn", "explicit congestion notification"),
		[]*statement{admissionSchema("; on wires alone", wireAdmissionWords())},
	)
}

// yesOrNo is an option that servers have, and the statement that they do not have it.
func yesOrNo(keyword, option string) []*statement {
	return []*statement{
		newFlag(keyword, "they do "+option).asOurs(),
		newFlag("no-"+keyword, "they do no "+option).asOurs(),
	}
}
