package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"synscreen/test/lab"
)

// What a listener is written in must not matter to its connections.

const pythonPort = 8000

// pythonServer answers a request on each connection, in a thread, and reads on to its end. Plain sockets:
// http.server asks the DNS for its own name.
const pythonServer = `
import socket, threading
def talk(c):
    while c.recv(65536):
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
    c.close()
def serve(family, address):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, 8000))
    s.listen(128)
    while True:
        threading.Thread(target=talk, args=(s.accept()[0],), daemon=True).start()
threading.Thread(target=serve, args=(socket.AF_INET6, "::"), daemon=True).start()
serve(socket.AF_INET, "0.0.0.0")
`

// startListeners starts nginx with two workers, each with sockets of its own, a Go and a Python server.
func startListeners(t testing.TB, w *lab.WireLab) {
	t.Helper()
	if _, err := w.Server.StartNginx(t.Context(), lab.NginxOptions{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	startContent(t, w)
	file := filepath.Join(w.Dir(), "server.py")
	if err := os.WriteFile(file, []byte(pythonServer), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Server.Start("python3", file); err != nil {
		t.Fatal(err)
	}
	if err := w.Server.WaitListen(t.Context(), pythonPort); err != nil {
		t.Fatal(err)
	}
}

// opened is one connection that a client keeps open.
type opened struct {
	To, From string
	Offer    offer
	Client   Agreed
}

// offers is the role of a client that offers all of 16 selections of options to each of some servers, asks
// something on each connection and keeps all open until SIGTERM: offers ADDRESS... It prints a line for
// each, then "open".
func offers(ctx context.Context, args []string) error {
	out := json.NewEncoder(os.Stdout)
	for _, without := range subsets(optionTimestamps, optionSACK, optionWscale) {
		for _, ecn := range []bool{false, true} {
			o := offer{Set: true, Without: without, ECN: ecn}
			if err := o.prepare(); err != nil {
				return err
			}
			for _, to := range args {
				conn, agreed, err := openAndAsk(ctx, to)
				if err != nil {
					return fmt.Errorf("%s, %v: %w", to, o, err)
				}
				defer conn.Close()
				if err := out.Encode(opened{to, conn.LocalAddr().String(), o, agreed}); err != nil {
					return err
				}
			}
		}
	}
	fmt.Println(`"open"`)
	<-ctx.Done()
	return nil
}

func openAndAsk(ctx context.Context, to string) (conn net.Conn, agreed Agreed, err error) {
	dialer := net.Dialer{Timeout: visitLimit}
	if conn, err = dialer.DialContext(ctx, "tcp", to); err != nil {
		return nil, agreed, err
	}
	answer := make([]byte, 65536)
	conn.SetDeadline(time.Now().Add(visitLimit))
	if _, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: host\r\n\r\n")); err != nil {
		return nil, agreed, err
	}
	n, err := conn.Read(answer)
	if err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 ") {
		return nil, agreed, fmt.Errorf("answered %q, %w", answer[:n], err)
	}
	agreed, err = agreedOn(conn)
	return conn, agreed, err
}

// offeredEnds is what both ends say of one connection.
type offeredEnds struct {
	opened
	Server Agreed
}

// openOffers opens all connections, asks the host's kernel about its ends, and closes them.
func openOffers(t testing.TB, w *lab.WireLab) (all []offeredEnds) {
	t.Helper()
	var to []string
	for _, port := range []int{80, contentPort, pythonPort} {
		to = append(to, serverAddress(4, port), serverAddress(6, port))
	}
	p, err := w.Client.StartRole("offers", to...)
	if err != nil {
		t.Fatal(err)
	}
	waitSays(t, p, `"open"`)
	servers := agreedAt(t, w.Server)
	for line := range strings.Lines(strings.TrimSuffix(p.Stdout(), "\"open\"\n")) {
		var o opened
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		server, ok := servers[o.To+" "+o.From]
		if !ok {
			t.Fatalf("the host has no connection from %s to %s, but %v", o.From, o.To, servers)
		}
		all = append(all, offeredEnds{o, server})
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if want := 16 * len(to); len(all) != want {
		t.Fatalf("%d connections were opened, want %d", len(all), want)
	}
	return all
}

// agreedAt asks a machine's kernel about all of its connections; the key is its own address and the peer's.
func agreedAt(t testing.TB, n *lab.Namespace) map[string]Agreed {
	t.Helper()
	out, err := n.Run(t.Context(), "ss", "-HOtine", "state", "established")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Agreed{}
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) > 4 {
			all[unmapped(words[2])+" "+unmapped(words[3])] = parseAgreed(words[4:])
		}
	}
	return all
}

// unmapped is an address without what says that it is an IPv4 one of a socket for both families.
func unmapped(address string) string {
	if rest, ok := strings.CutPrefix(address, "[::ffff:"); ok {
		return strings.Replace(rest, "]", "", 1)
	}
	return address
}

func parseAgreed(words []string) (a Agreed) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, ":")
		number, _ := strconv.ParseUint(value, 10, 32)
		switch name {
		case "ts":
			a.Timestamps = true
		case "sack":
			a.SACK = true
		case "ecn":
			a.ECN = true
		case "wscale":
			a.Wscale = true
			fmt.Sscanf(value, "%d,%d", &a.TheirShift, &a.OurShift)
		case "mss":
			a.SendMSS = uint32(number)
		case "advmss":
			a.AdvMSS = uint32(number)
		}
	}
	return a
}

// family is that of the server's address.
func (o opened) family() int {
	if strings.HasPrefix(o.To, "[") {
		return 6
	}
	return 4
}

func TestListenersOfAHostPortGetTheConnectionsThatTheyWouldHaveHad(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startListeners(t, w)
	direct := openOffers(t, w)
	d := startDaemon(t, w, hostPort(configuration{attack: 500_000}))
	openOffers(t, w) // what the listeners promise is learned
	d.mustCommit(t, hostPort(configuration{attack: 500_000, always: true}))
	before := d.hostState(t)
	got := openOffers(t, w)
	d.wantAdmitted(t, before, uint64(len(got)))
	for i, o := range direct {
		client, server := row{family: o.family()}.splicedEnds(talked{Client: told{o.Client}, Server: told{o.Server}})
		if got[i].Client != client || got[i].Server != server {
			t.Errorf("%s, %v:\nclient has %v\n    want %v\n  direct %v\nserver has %v\n    want %v\n  direct %v", o.To, o.Offer,
				got[i].Client, client, o.Client, got[i].Server, server, o.Server)
		}
	}
}

// halfClose is the role of a client that says all it has to say, closes its half, and reads what comes back:
// half-close ADDRESS BYTES. The server greets, and sends back what it gets.
func halfClose(ctx context.Context, args []string) error {
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(talkLimit))
	sent := make(chan error, 1)
	go func() { // ends with the connection
		_, err := conn.(*net.TCPConn).ReadFrom(lab.Content(size))
		if err == nil {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	if err := wantBytes(conn, strings.NewReader(talkHello)); err != nil {
		return err
	}
	if err := wantBytes(conn, lab.Content(size)); err != nil {
		return err
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		return fmt.Errorf("%d bytes after the end, %w", n, err)
	}
	return <-sent
}

func TestConversationsWithAHostUnderFlood(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	const first, second = 9100, 9101
	server := startTalkServer(t, w, listenAt{Port: first}, listenAt{Port: second, First: true})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{}))
	startHostFloods(t, w, d, first, families...)
	d.mustCommit(t, hostPort(configuration{always: true}))
	var talks []talk
	for i := range 200 {
		t := talk{Address: talkAddress(families[i%2], first+i/2%2), ServerFirst: i/2%2 == 1, Up: 20_000, Down: 20_000}
		if i < 8 {
			t.Up, t.Down = 4*mega, 4*mega
		}
		talks = append(talks, t)
	}
	before := d.hostState(t)
	results := runTalks(t, w, 50, talks)
	wantTalked(t, server, talks, results)
	for _, family := range families {
		p, err := w.Client.StartRole("half-close", serverAddress(family, contentPort+1), strconv.Itoa(2*mega))
		if err == nil {
			err = p.Wait(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
		if err := fetch(t.Context(), w, family, 16*mega); err != nil {
			t.Error(err)
		}
		if err := upload(t.Context(), w, family, 16*mega); err != nil {
			t.Error(err)
		}
	}
	d.wantAdmitted(t, before, uint64(len(talks)+3*len(families)))
}

// startHostFloods floods a port of the host lightly, and waits until the engine challenges.
func startHostFloods(t testing.TB, w *lab.WireLab, d *daemon, port int, families ...int) (floods []*lab.Flood) {
	t.Helper()
	before := d.hostState(t)
	for _, family := range families {
		f, err := w.StartFlood(lab.FloodOptions{Family: family, Ports: strconv.Itoa(port), Rate: lightRate / len(families),
			Seconds: floodSeconds})
		if err != nil {
			t.Fatal(err)
		}
		floods = append(floods, f)
	}
	d.wait(t, "challenges", func() (bool, error) {
		return d.hostState(t).grown(t, before, "reply_challenge") > lightRate/10, nil
	})
	return floods
}

// meetServe is the role of a server that tells each client what the connection is: meet-serve PORT MPTCP.
func meetServe(ctx context.Context, args []string) error {
	var config net.ListenConfig
	if args[1] == "false" {
		config.SetMultipathTCP(false)
	}
	l, err := config.Listen(ctx, "tcp", ":"+args[0])
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { l.Close() })
	fmt.Println("listening")
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil
		}
		multipath, err := conn.(*net.TCPConn).MultipathTCP()
		if err != nil {
			return err
		}
		fmt.Fprintln(conn, multipath)
		conn.Close() // first: TIME_WAIT is here
	}
}

// meet is the role of a client that prints what the server tells it: meet ADDRESS MPTCP FROM-PORT, 0 for any.
func meet(ctx context.Context, args []string) error {
	port, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: visitLimit, LocalAddr: &net.TCPAddr{Port: port}}
	dialer.SetMultipathTCP(args[1] == "true")
	conn, err := dialer.DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(visitLimit))
	said, err := io.ReadAll(conn) // to the end: the server closes first
	fmt.Print(string(said))
	return err
}

func meetOnce(t testing.TB, w *lab.WireLab, address string, multipath bool, port int) (said string) {
	t.Helper()
	p, err := w.Client.StartRole("meet", address, strconv.FormatBool(multipath), strconv.Itoa(port))
	if err == nil {
		err = p.Wait(t.Context())
	}
	if err != nil {
		t.Error(err)
		return ""
	}
	return strings.TrimSpace(p.Stdout())
}

// startMeeting starts a Go server, with Go's own choice of listener or a plain one.
func startMeeting(t testing.TB, w *lab.WireLab, port int, multipath bool) {
	t.Helper()
	p, err := w.Server.StartRole("meet-serve", strconv.Itoa(port), strconv.FormatBool(multipath))
	if err != nil {
		t.Fatal(err)
	}
	waitSays(t, p, "listening")
}

func TestGoListenersOfAHostPortAreReachedWithMultipathAndWithout(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	const multi, plain = 9200, 9201
	startMeeting(t, w, multi, true)
	startMeeting(t, w, plain, false)
	for _, family := range families {
		if said := meetOnce(t, w, serverAddress(family, multi), true, 0); said != "true" {
			t.Fatalf("IPv%d: this kernel, or this Go, makes no multipath connection: %q", family, said)
		}
	}
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	for _, family := range families {
		for _, client := range []bool{false, true} {
			d.forgetClients(t)
			before := d.hostState(t)
			if said := meetOnce(t, w, serverAddress(family, multi), client, 0); said != strconv.FormatBool(client) {
				t.Errorf("IPv%d, multipath %v: the server says %q", family, client, said)
			}
			d.wantValidated(t, before)
			before = d.hostState(t)
			if said := meetOnce(t, w, serverAddress(family, plain), client, 0); said != "false" {
				t.Errorf("IPv%d, multipath %v to a plain listener: the server says %q", family, client, said)
			}
			d.wantAdmitted(t, before, 1)
		}
	}
}

// wantValidated asserts that one client was challenged by a safe reset since before, and came in with its next
// SYN.
func (d *daemon) wantValidated(t testing.TB, before hostState) {
	t.Helper()
	after := d.hostState(t)
	for counter, want := range map[string]uint64{"drop_validated": 1, "shim_host_validated": 1, "reply_challenge": 1,
		"shim_host_admitted": 0, "shim_host_not_admitted": 0} {
		if got := after.grown(t, before, counter); got != want {
			t.Errorf("%s grew by %d, want %d", counter, got, want)
		}
	}
	wantNoKernelCookies(t, d.lab, before, after)
}

func TestClientsOfASmallMSSReachAHostPort(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	server := startTalkServer(t, w, listenAt{Port: matrixPort})
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	for _, family := range families {
		for _, mss := range map[int][]int{4: {216, 500}, 6: {216, 1000}}[family] {
			d.forgetClients(t)
			before := d.hostState(t)
			talks := []talk{{Address: talkAddress(family, matrixPort), Up: mega, Down: mega, Offer: offer{MSS: mss}}}
			wantTalked(t, server, talks, runTalks(t, w, 1, talks))
			d.wantValidated(t, before)
		}
	}
}

func TestAClientWhoseAddressAndPortAreInTimeWaitReachesAHostPort(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	const port, from = 9201, 45000
	startMeeting(t, w, port, false)
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	for _, family := range families {
		for n := range 3 {
			before := d.hostState(t)
			meetOnce(t, w, serverAddress(family, port), false, from)
			after := d.hostState(t)
			if n == 0 {
				d.wantAdmitted(t, before, 1)
			} else if got := after.grown(t, before, "shim_host_socket"); got != 1 {
				t.Errorf("IPv%d: %d SYNs of a 4-tuple with a socket, want 1", family, got)
			}
			err := lab.WaitFor(t.Context(), "TIME_WAIT", startLimit, func() (bool, error) {
				out, err := w.Server.Run(t.Context(), "ss", "-Htn", "state", "time-wait", fmt.Sprintf("dport = :%d", from))
				return strings.Count(out, "\n") == family/2-1, err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
