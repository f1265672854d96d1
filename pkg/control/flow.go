package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"synscreen/pkg/dataplane"
)

// FlowQuery asks for flows.
type FlowQuery struct {
	dataplane.FlowFilter
	Limit   int  // 0: none are listed, they are only counted
	Summary bool // count all that match, do not stop at the limit
}

// FlowReport is what a query found.
type FlowReport struct {
	Flows     []dataplane.FlowRow `json:"flows"`
	Matched   uint64              `json:"matched"`
	Truncated bool                `json:"truncated"` // there may be more: the limit was reached
	States    []StateCount        `json:"states"`    // of those matched, by state
}

// StateCount counts the flows of one state.
type StateCount struct {
	State dataplane.FlowState `json:"state"`
	Flows uint64              `json:"flows"`
}

// ClearFlowsRequest asks to take flows out of the table.
type ClearFlowsRequest struct {
	dataplane.FlowFilter
	All bool `json:"all,omitempty"` // a filter that says nothing is meant
}

// ClearFlowsResult says how many there were.
type ClearFlowsResult struct {
	Cleared int `json:"cleared"`
}

// errClearWhich guards against the accident.
var errClearWhich = errors.New("clear connections: say which, or that all are meant")

// Flows asks for the flows that a query selects.
func (c *Client) Flows(ctx context.Context, query FlowQuery) (FlowReport, error) {
	values := url.Values{"limit": {strconv.Itoa(query.Limit)}}
	setPrefix(values, "client", query.Client)
	setPrefix(values, "server", query.Server)
	setPort(values, "client-port", query.ClientPort)
	setPort(values, "server-port", query.ServerPort)
	for _, state := range query.States {
		values.Add("state", state.String())
	}
	if query.Wire != "" {
		values.Set("wire", query.Wire)
	}
	if query.Summary {
		values.Set("summary", "true")
	}
	return ask[FlowReport](ctx, c, http.MethodGet, "/v1/flows?"+values.Encode(), nil)
}

// ClearFlows asks to take flows out of the table.
func (c *Client) ClearFlows(ctx context.Context, request ClearFlowsRequest) (ClearFlowsResult, error) {
	return post[ClearFlowsResult](ctx, c, "/v1/clear-flows", request)
}

func setPrefix(values url.Values, name string, prefix netip.Prefix) {
	if prefix.IsValid() {
		values.Set(name, prefix.String())
	}
}

func setPort(values url.Values, name string, port uint16) {
	if port != 0 {
		values.Set(name, strconv.Itoa(int(port)))
	}
}

func readFlowQuery(_ http.ResponseWriter, r *http.Request) (FlowQuery, error) {
	values := r.URL.Query()
	query := FlowQuery{Limit: FlowsLimitDefault, Summary: values.Get("summary") == "true"}
	query.Wire = values.Get("wire")
	var errs []error
	if text := values.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 0 || limit > FlowsLimitMax {
			errs = append(errs, fmt.Errorf("limit %q: not a number from 0 to %d", text, FlowsLimitMax))
		}
		query.Limit = limit
	}
	errs = append(errs,
		readPrefix(values, "client", &query.Client), readPrefix(values, "server", &query.Server),
		readPort(values, "client-port", &query.ClientPort), readPort(values, "server-port", &query.ServerPort))
	for _, text := range values["state"] {
		var state dataplane.FlowState
		errs = append(errs, state.UnmarshalText([]byte(text)))
		query.States = append(query.States, state)
	}
	return query, errors.Join(errs...)
}

func readPrefix(values url.Values, name string, into *netip.Prefix) error {
	text := values.Get(name)
	if text == "" {
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%s %q: not a prefix such as 192.0.2.0/24", name, text)
	}
	*into = prefix
	return nil
}

func readPort(values url.Values, name string, into *uint16) error {
	text := values.Get(name)
	if text == "" {
		return nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return fmt.Errorf("%s %q: not a port from 1 to 65535", name, text)
	}
	*into = uint16(port)
	return nil
}

func readClearFlows(w http.ResponseWriter, r *http.Request) (ClearFlowsRequest, error) {
	request, err := posted[ClearFlowsRequest]("request to clear")(w, r)
	if err == nil && request.All != request.IsEmpty() {
		err = errClearWhich
	}
	return request, err
}
