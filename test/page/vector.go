package page

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Vector is a row of known answers, by column.
type Vector map[string]string

// ReadVectors reads a file of tab-separated columns with one line of names.
func ReadVectors(path string) ([]Vector, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read known answers: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []Vector
	for i, line := range lines[1:] {
		columns := strings.Split(line, "\t")
		if len(columns) != len(names) {
			return nil, fmt.Errorf("read known answers: %s:%d: %d columns of %d", path, i+2, len(columns), len(names))
		}
		row := Vector{}
		for j, name := range names {
			row[name] = columns[j]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (v Vector) number(column string, base int) uint64 {
	n, err := strconv.ParseUint(v[column], base, 64)
	if err != nil {
		panic(fmt.Sprintf("known answers: %s: %v", column, err))
	}
	return n
}

func (v Vector) bytes(column string) []byte {
	b, err := hex.DecodeString(v[column])
	if err != nil {
		panic(fmt.Sprintf("known answers: %s: %v", column, err))
	}
	return b
}

func (v Vector) address(column string) []byte {
	return netip.MustParseAddr(v[column]).AsSlice()
}

func (v Vector) family() int {
	if strings.Contains(v["src"], ":") {
		return IPv6
	}
	return IPv4
}

// timestamps says whether the challenge agreed to them.
func (v Vector) timestamps() bool { return v["cookie_tsval"] != "-" && v["cookie_tsval"] != "" }

// scale is a window scale; none is what stands for "not agreed".
func (v Vector) scale(column string, none uint64) uint64 {
	if v[column] == "none" {
		return none
	}
	return v.number(column, 10)
}
