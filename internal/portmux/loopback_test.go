package portmux

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/sfu/sfutest"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dial(t *testing.T, l net.Listener) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(time.Minute)) // a broken test fails, and does not hang
	return c.(*net.TCPConn)
}

// echo answers every connection with what it sent.
func echo(l net.Listener) *sync.WaitGroup {
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	return &done
}

// certificate is what httptest signs its servers with.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates},
		s.Client().Transport.(*http.Transport).TLSClientConfig
}

func TestProtocolsShareAPort(t *testing.T) {
	sfutest.NoLeaks(t)
	port := listen(t)
	m := New(port, Options{})
	serverTLS, clientTLS := certificate(t)

	folder := t.TempDir()
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	if err := os.WriteFile(filepath.Join(folder, "large"), large, 0o600); err != nil {
		t.Fatal(err)
	}
	handler := http.NewServeMux()
	handler.Handle("GET /", http.FileServer(http.Dir(folder)))
	handler.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // all of it first: answering may end the request's body
		if err != nil {
			t.Errorf("echo: %v", err)
		}
		w.Write(body)
	})
	plain, secure := &http.Server{Handler: handler}, &http.Server{Handler: handler}
	var servers sync.WaitGroup
	httpListener, tlsListener := m.Listener(HTTP), tls.NewListener(m.Listener(TLS), serverTLS)
	servers.Go(func() { plain.Serve(httpListener) })
	servers.Go(func() { secure.Serve(tlsListener) })
	stunDone, rtmpDone := echo(m.Listener(STUN)), echo(m.Listener(RTMP))
	stop := serve(t, m)

	var clients sync.WaitGroup
	for range 8 {
		for _, c := range []struct{ name, first string }{{"stun", string(binding)}, {"rtmp", "\x03"}} {
			clients.Go(func() {
				conn := dial(t, port)
				sent := []byte(c.first + strings.Repeat("payload "+c.name, 1000))
				go func() {
					conn.Write(sent[:3])
					conn.Write(sent[3:])
					conn.CloseWrite()
				}()
				got, err := io.ReadAll(conn)
				if !bytes.Equal(got, sent) || err != nil {
					t.Errorf("%s: %d octets came back, %v, want %d", c.name, len(got), err, len(sent))
				}
			})
		}
		for _, scheme := range []string{"http", "https"} {
			clients.Go(func() {
				transport := &http.Transport{TLSClientConfig: clientTLS}
				defer transport.CloseIdleConnections()
				client := &http.Client{Transport: transport, Timeout: time.Minute}
				base := scheme + "://" + port.Addr().String()
				for name, do := range map[string]func() (*http.Response, error){
					"GET":  func() (*http.Response, error) { return client.Get(base + "/large") },
					"POST": func() (*http.Response, error) { return client.Post(base+"/echo", "", bytes.NewReader(large)) },
				} {
					r, err := do()
					if err != nil {
						t.Errorf("%s %s: %v", scheme, name, err)
						continue
					}
					got, err := io.ReadAll(r.Body)
					r.Body.Close()
					if !bytes.Equal(got, large) || err != nil {
						t.Errorf("%s %s: %d octets, %v, want %d", scheme, name, len(got), err, len(large))
					}
				}
			})
		}
	}
	clients.Wait()
	stop()
	plain.Close()
	secure.Close()
	servers.Wait()
	stunDone.Wait()
	rtmpDone.Wait()
}

func TestConnectionsAreWhatTCPGives(t *testing.T) {
	sfutest.NoLeaks(t)
	port := listen(t)
	m := New(port, Options{})
	l := m.Listener(RTMP)
	stop := serve(t, m)
	client := dial(t, port)
	if _, err := client.Write([]byte("\x03")); err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	if got, want := server.RemoteAddr().String(), client.LocalAddr().String(); got != want {
		t.Errorf("remote address %s, want %s", got, want)
	}
	if got, want := server.LocalAddr().String(), client.RemoteAddr().String(); got != want {
		t.Errorf("local address %s, want %s", got, want)
	}
	if got, want := l.Addr().String(), port.Addr().String(); got != want {
		t.Errorf("listener's address %s, want %s", got, want)
	}

	if n, err := server.Read(nil); n != 0 || err != nil {
		t.Errorf("read of nothing: %d, %v", n, err)
	}
	one := make([]byte, 8)
	if n, err := server.Read(one); n != 1 || one[0] != 3 || err != nil {
		t.Errorf("first read: %d, %x, %v, want the octet that was peeked", n, one[:n], err)
	}
	server.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := server.Read(one); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read past the deadline: %v", err)
	}
	server.SetReadDeadline(time.Time{})

	// A file goes out, the sending direction ends, and the other one works.
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if n, err := server.(io.ReaderFrom).ReadFrom(file); n != 11 || err != nil {
		t.Errorf("ReadFrom: %d, %v", n, err)
	}
	if err := server.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Errorf("CloseWrite: %v", err)
	}
	if got, err := io.ReadAll(client); string(got) != "from a file" || err != nil {
		t.Errorf("client read %q, %v", got, err)
	}
	client.Write([]byte("still open"))
	client.CloseWrite()
	var read bytes.Buffer
	if n, err := server.(io.WriterTo).WriteTo(&read); n != 10 || err != nil || read.String() != "still open" {
		t.Errorf("WriteTo: %d, %v, %q", n, err, read.String())
	}
	stop()
}

func TestWriteToBeginsWithThePeekedOctets(t *testing.T) {
	ours, theirs := net.Pipe()
	c := &conn{Conn: theirs, head: []byte("head")}
	go func() {
		io.WriteString(ours, " and rest")
		ours.Close()
	}()
	var got bytes.Buffer
	if n, err := c.WriteTo(&got); n != 13 || err != nil || got.String() != "head and rest" {
		t.Errorf("WriteTo: %d, %v, %q", n, err, got.String())
	}
	if err := c.CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("CloseWrite of a pipe: %v, want ErrUnsupported", err)
	}
	c = &conn{Conn: theirs, head: []byte("head")}
	refused := errors.New("refused")
	if n, err := c.WriteTo(refusing{refused}); n != 0 || !errors.Is(err, refused) {
		t.Errorf("WriteTo a writer that refuses: %d, %v", n, err)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

// A crowd that connects and says nothing keeps nobody out.
func TestSilentCrowdKeepsNobodyOut(t *testing.T) {
	sfutest.NoLeaks(t)
	port := listen(t)
	m := New(port, Options{MaxPending: 32})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "served") })}
	l := m.Listener(HTTP)
	var served sync.WaitGroup
	served.Go(func() { server.Serve(l) })
	stop := serve(t, m)
	for range 200 {
		dial(t, port)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	r, err := client.Get("http://" + port.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.Body)
	r.Body.Close()
	if string(got) != "served" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	stop()
	server.Close()
	served.Wait()
}
