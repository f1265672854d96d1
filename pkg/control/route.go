package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"synscreen/pkg/dataplane"
)

// reader reads what is asked out of a request.
type reader[Request any] func(w http.ResponseWriter, r *http.Request) (Request, error)

// route has the requests of one path read and answered.
func route[Request, Answer any](mux *http.ServeMux, pattern string, read reader[Request],
	serve server[Request, Answer]) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		request, err := read(w, r)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		value, err := serve(r.Context(), request)
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		write(w, http.StatusOK, value)
	})
}

// nothing reads a request that has no words.
func nothing(http.ResponseWriter, *http.Request) (struct{}, error) { return struct{}{}, nil }

// server serves what was read.
type server[Request, Answer any] func(ctx context.Context, request Request) (Answer, error)

// without serves a request that has no words.
func without[Answer any](serve func(context.Context) (Answer, error)) server[struct{}, Answer] {
	return func(ctx context.Context, _ struct{}) (Answer, error) { return serve(ctx) }
}

// posted reads what is posted.
func posted[Request any](what string) reader[Request] {
	return func(w http.ResponseWriter, r *http.Request) (Request, error) {
		var request Request
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestBytesMax))
		if err == nil {
			err = json.Unmarshal(body, &request)
		}
		if err != nil {
			return request, fmt.Errorf("read the %s: %w", what, err)
		}
		return request, nil
	}
}

func readKeyChange(w http.ResponseWriter, r *http.Request) (dataplane.KeyChange, error) {
	change, err := posted[dataplane.KeyChange]("change of the master key")(w, r)
	if err == nil {
		err = change.Check()
	}
	return change, err
}

// readNumber reads the number of a kept configuration; without one it is the running one.
func readNumber(_ http.ResponseWriter, r *http.Request) (*int, error) {
	text := r.URL.Query().Get("number")
	if text == "" {
		return nil, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("number %q: not a number", text)
	}
	return &number, nil
}

// readName reads the name of a profile; without one it is all.
func readName(_ http.ResponseWriter, r *http.Request) (string, error) {
	return r.URL.Query().Get("name"), nil
}

func fail(w http.ResponseWriter, status int, err error) {
	write(w, status, failure{Error: err.Error()})
}

// write sends a value. An error here is a client that went away: nobody is left to be told.
func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
