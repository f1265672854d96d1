package control

import (
	"time"

	"synscreen/pkg/dataplane/userspace"
)

// FloodReport is what floods at one time of the daemon's clock.
type FloodReport struct {
	Time time.Time `json:"time"`
	userspace.Floods
}

// ClearRequest names whose statistics are set to zero.
type ClearRequest struct {
	Zone string `json:"zone,omitempty"` // empty: all zones
}

// ClearResult says whose were.
type ClearResult struct {
	Zone string `json:"zone,omitempty"` // empty: all zones
}

// IDSOption is one profile of the running configuration.
type IDSOption struct {
	Name             string         `json:"name"`
	Description      string         `json:"description,omitempty"`
	Zones            []string       `json:"zones"`    // that it screens
	Settings         []IDSSetting   `json:"settings"` // of the screens that are armed, in Junos's order
	AlarmWithoutDrop bool           `json:"alarm_without_drop"`
	WhiteLists       []IDSWhiteList `json:"white_lists"`
}

// IDSSetting is a threshold of an armed screen, or that the screen is armed.
type IDSSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`          // a number; "enabled" where there is none
	Unit  string `json:"unit,omitempty"` // of the number
}

// IDSWhiteList is one list of a profile. An empty list of prefixes matches every address.
type IDSWhiteList struct {
	Name         string   `json:"name"`
	Sources      []string `json:"sources"`
	Destinations []string `json:"destinations"`
}
