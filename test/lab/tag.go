package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Slots of the map in test/tag/tag.bpf.c.
const (
	tagSlotVID = iota
	tagSlotTagged
	tagSlotUntagged
)

// AddTag makes a device's stack speak inside an 802.1Q tag: a program at egress pushes it, one at
// ingress pops it, counts, and drops what comes without. Before there is any traffic.
func (n *Namespace) AddTag(ctx context.Context, dev string, vid int) error {
	object, err := Built("c/test/tag.bpf.o")
	if err != nil {
		return err
	}
	// a tag in skb metadata would vanish on its way through XDP
	err = n.Ethtool(ctx, dev, "txvlan", "off", "tx-vlan-stag-hw-insert", "off",
		"rxvlan", "off", "rx-vlan-stag-hw-parse", "off")
	if err != nil {
		return err
	}
	if _, err := n.Run(ctx, "tc", "qdisc", "add", "dev", dev, "clsact"); err != nil {
		return err
	}
	for hook, section := range map[string]string{"egress": "push", "ingress": "pop"} {
		_, err := n.Run(ctx, "tc", "filter", "add", "dev", dev, hook, "bpf", "da", "obj", object,
			"sec", section)
		if err != nil {
			return err
		}
		if err := n.setTag(ctx, dev, hook, vid); err != nil {
			return err
		}
	}
	return nil
}

// ReadTagged counts the frames that came in with the tag.
func (n *Namespace) ReadTagged(ctx context.Context, dev string) (uint64, error) {
	return n.readTag(ctx, dev, "ingress", tagSlotTagged)
}

// ReadUntagged counts the frames that came in without the tag, or with another, and were dropped.
func (n *Namespace) ReadUntagged(ctx context.Context, dev string) (uint64, error) {
	return n.readTag(ctx, dev, "ingress", tagSlotUntagged)
}

func (n *Namespace) setTag(ctx context.Context, dev, hook string, vid int) error {
	id, err := n.tagMap(ctx, dev, hook)
	if err != nil {
		return err
	}
	args := []string{"bpftool", "map", "update", "id", strconv.Itoa(id), "key", "hex"}
	args = append(args, hexBytes(tagSlotVID, 4)...)
	args = append(append(args, "value", "hex"), hexBytes(uint64(vid), 8)...)
	_, err = n.Run(ctx, args...)
	return err
}

// hexBytes are a number's bytes as bpftool wants them, least first.
func hexBytes(value uint64, size int) []string {
	var bytes []string
	for i := range size {
		bytes = append(bytes, fmt.Sprintf("%02x", byte(value>>(8*i))))
	}
	return bytes
}

func (n *Namespace) readTag(ctx context.Context, dev, hook string, slot int) (uint64, error) {
	id, err := n.tagMap(ctx, dev, hook)
	if err != nil {
		return 0, err
	}
	var entries []struct {
		Formatted struct{ Key, Value uint64 }
	}
	err = n.runJSON(ctx, &entries, "bpftool", "-j", "map", "dump", "id", strconv.Itoa(id))
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if e.Formatted.Key == uint64(slot) {
			return e.Formatted.Value, nil
		}
	}
	return 0, fmt.Errorf("%s: %s: the tag's map has no slot %d", n.Name, dev, slot)
}

// tagMap finds the map of the program at a device's hook.
func (n *Namespace) tagMap(ctx context.Context, dev, hook string) (int, error) {
	var filters []struct {
		Options struct{ Prog struct{ ID int } }
	}
	err := n.runJSON(ctx, &filters, "tc", "-j", "filter", "show", "dev", dev, hook)
	if err != nil {
		return 0, err
	}
	for _, f := range filters {
		if f.Options.Prog.ID == 0 {
			continue
		}
		var program struct {
			MapIDs []int `json:"map_ids"`
		}
		id := strconv.Itoa(f.Options.Prog.ID)
		err := n.runJSON(ctx, &program, "bpftool", "-j", "prog", "show", "id", id)
		if err != nil {
			return 0, err
		}
		if len(program.MapIDs) == 1 {
			return program.MapIDs[0], nil
		}
	}
	return 0, fmt.Errorf("%s: %s %s: no tag program is attached", n.Name, dev, hook)
}

func (n *Namespace) runJSON(ctx context.Context, to any, args ...string) error {
	out, err := n.Run(ctx, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), to); err != nil {
		return fmt.Errorf("%s: %s: %w", n.Name, strings.Join(args, " "), err)
	}
	return nil
}
