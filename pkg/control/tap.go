package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"synscreen/pkg/dataplane"
)

// TapInterval is how often a look at frames is flushed.
const TapInterval = 200 * time.Millisecond

const (
	// tapPatience is how long a client may take for what is flushed; then it is given up.
	tapPatience = 10 * time.Second

	// tapLineMax is above the longest line: a frame of dataplane.TapSnapMax bytes in base64.
	tapLineMax = 64 << 10
)

// TapBatch is what was copied since the last one.
type TapBatch struct {
	Frames []dataplane.TapFrame
	Lost   uint64 // frames for which there was no room
}

// TapLine is one line of the stream: a frame, a number of lost frames, or why there are no more.
type TapLine struct {
	Frame *dataplane.TapFrame `json:"frame,omitempty"`
	Lost  uint64              `json:"lost,omitempty"`
	End   string              `json:"end,omitempty"`
}

// tapper is who serves a look: it sends batches, an empty one at once, until the context ends (no error),
// the look is over, or sending fails.
type tapper func(ctx context.Context, filter dataplane.TapFilter, send func(TapBatch) error) error

func readTapFilter(w http.ResponseWriter, r *http.Request) (dataplane.TapFilter, error) {
	filter, err := posted[dataplane.TapFilter]("filter")(w, r)
	if err == nil {
		err = filter.Check()
	}
	return filter, err
}

// serveTap answers with a stream of lines that lasts for as long as the client stays.
func serveTap(serve tapper) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		filter, err := readTapFilter(w, r)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		stream := &tapStream{to: w, control: http.NewResponseController(w)}
		err = serve(r.Context(), filter, stream.send)
		switch {
		case err == nil || stream.broken:
		case !stream.begun:
			fail(w, http.StatusInternalServerError, err)
		default:
			_ = stream.write(TapLine{End: err.Error()})
		}
	}
}

// tapStream writes lines to a client.
type tapStream struct {
	to      http.ResponseWriter
	control *http.ResponseController
	begun   bool // the answer's status is sent
	broken  bool // the client cannot be reached
}

func (s *tapStream) send(batch TapBatch) error {
	if !s.begun {
		s.begun = true
		_ = s.control.SetReadDeadline(time.Time{}) // the server's is for requests that are short
		s.to.Header().Set("Content-Type", "application/x-ndjson")
		s.to.WriteHeader(http.StatusOK)
	} else if len(batch.Frames) == 0 && batch.Lost == 0 {
		return nil
	}
	lines := make([]TapLine, 0, len(batch.Frames)+1)
	for i := range batch.Frames {
		lines = append(lines, TapLine{Frame: &batch.Frames[i]})
	}
	if batch.Lost > 0 {
		lines = append(lines, TapLine{Lost: batch.Lost})
	}
	return s.write(lines...)
}

func (s *tapStream) write(lines ...TapLine) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(tapPatience))
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("tell of frames: %w", err)
		}
	}
	_, err := s.to.Write(text.Bytes())
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.broken = true
		return fmt.Errorf("tell of frames: %w", err)
	}
	return nil
}

// Tap asks for a look at frames, and calls each for every line until the context ends (no error), the
// daemon ends the look, or each gives an error. begun is called when the first frame can come.
func (c *Client) Tap(ctx context.Context, filter dataplane.TapFilter, begun func(), each func(TapLine) error) error {
	body, err := json.Marshal(filter)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://synscreen/v1/tap", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	endless := http.Client{Transport: c.http.Transport}
	response, err := endless.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return c.explain(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, responseBytesMax))
		return refusal(response.Status, text)
	}
	begun()
	return readTap(ctx, response.Body, each)
}

func readTap(ctx context.Context, body io.Reader, each func(TapLine) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, tapLineMax)
	for lines.Scan() {
		var line TapLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("read the daemon's answer: %w; are daemon and command of one version?", err)
		}
		if line.End != "" {
			return fmt.Errorf("the daemon has ended the look at frames: %s", line.End)
		}
		if err := each(line); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case lines.Err() != nil:
		return fmt.Errorf("read the daemon's answer: %w", lines.Err())
	}
	return errors.New("the daemon has ended the look at frames")
}
