package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Record says what is known of a kept configuration.
type Record struct {
	Name        string    `json:"name"` // the file's, as it was given
	Way         Way       `json:"way"`
	Time        time.Time `json:"time"`
	Generation  uint64    `json:"generation"`  // that it ran as; every daemon counts from 1
	Unconfirmed bool      `json:"unconfirmed"` // a commit confirmed that nobody has confirmed
}

// mark begins a kept configuration; the record follows, then the text as it was given. All of it is a
// configuration, because the first line is a comment.
const mark = "# kept by synscreen: "

// encode gives the content of a file.
func encode(record Record, text []byte) ([]byte, error) {
	head, err := json.Marshal(record) // writes no newline
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{[]byte(mark), head, []byte("\n"), text}, nil), nil
}

// decode reads the content of a file.
func decode(content []byte) (record Record, text []byte, err error) {
	head, text, ended := bytes.Cut(content, []byte("\n"))
	head, marked := bytes.CutPrefix(head, []byte(mark))
	if !ended || !marked {
		return record, nil, errors.New("it is no kept configuration")
	}
	if err := json.Unmarshal(head, &record); err != nil {
		return record, nil, fmt.Errorf("its first line: %w", err)
	}
	return record, text, nil
}
