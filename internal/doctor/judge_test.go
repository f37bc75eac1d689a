package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"lectern/internal/config"
)

// look runs one check with a configuration.
func look(c config.Config, check func(*exam)) *exam {
	e := &exam{Options: Options{Config: c, Now: time.Now, HTTP: http.DefaultClient}}
	check(e)
	return e
}

// want says whether a check has ended at a level, with words in what it says.
func want(t *testing.T, e *exam, id string, level Level, words string) {
	t.Helper()
	c, ok := Report{e.found}.Find(id)
	if !ok || c.Level != level || !strings.Contains(c.Detail+" "+c.Fix, words) {
		t.Errorf("%s: got %+v, want level %s with %q", id, c, level, words)
	}
	if ok && c.Level != OK && c.Fix == "" {
		t.Errorf("%s says nothing to mend it", id)
	}
}

func TestMistakesInTheConfigurationAreFindings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lectern.yaml")
	if err := os.WriteFile(file, []byte("rtc:\n  pubic_ip: [192.0.2.1]\nhttp:\n  tls_cert: a.pem\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(config.Sources{File: file})
	r := Run(t.Context(), Options{ConfigErr: err, Quick: true})
	var all []string
	for _, c := range r.Checks {
		if c.ID == "config" && c.Level == Fail {
			all = append(all, c.Detail)
		}
	}
	said := strings.Join(all, "\n")
	if len(all) != 2 || !strings.Contains(said, "did you mean") || !strings.Contains(said, "http.tls_key") || r.ExitCode() != 2 {
		t.Errorf("said %q, exit code %d", said, r.ExitCode())
	}
	_, err = config.Load(config.Sources{File: "/nowhere.yaml"})
	want(t, look(config.Default(), func(e *exam) { e.ConfigErr = err; e.configuration(t.Context()) }), "config", Fail, "--config")
	keyless := config.Default()
	keyless.Auth.JWT = []config.JWT{{Alg: "HS256", KeyFile: filepath.Join(t.TempDir(), "token.key")}}
	want(t, look(keyless, func(e *exam) { e.configuration(t.Context()) }), "config", Fail, "auth.jwt[0].key_file")
}

func TestPortsSayWhoHoldsThem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := config.Default()
	c.HTTP.Listen, c.RTC.UDP, c.RTMP.Listen, c.Admin.Listen = l.Addr().String(), p.LocalAddr().String(), "127.0.0.1:0", "203.0.113.9:1"
	e := look(c, func(e *exam) { e.ports(t.Context()) })
	holder := "used by"
	if _, err := os.Stat("/proc/net/tcp"); err == nil {
		holder = "used by doctor.test"
	}
	want(t, e, "ports.http.listen", Fail, holder)
	want(t, e, "ports.rtc.udp", Fail, holder)
	want(t, e, "ports.rtmp.listen", OK, "free")
	want(t, e, "ports.admin.listen", Fail, "admin.listen")
	e = look(c, func(e *exam) { e.served = true; e.taken("own", "tcp", port{"tcp", "127.0.0.1:0", "http.listen"}) })
	want(t, e, "own", OK, "the server that runs")
}

func TestHoldersAreReadOutOfTheKernelsTable(t *testing.T) {
	const table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n" +
		"   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n" +
		"   2: garbage\n"
	if got := inodesOf(table, 8080, tcpListen); len(got) != 1 || got[0] != "4711" {
		t.Errorf("got %v", got)
	}
}

func TestAddressesBehindAProvider(t *testing.T) {
	at := func(ip, name string) local { return local{netip.MustParseAddr(ip), name} }
	for _, c := range []struct {
		name  string
		list  []local
		level Level
		words string
	}{
		{"private", []local{at("192.168.1.20", "eth0")}, OK, "no IPv6"},
		{"shared by a provider", []local{at("100.72.0.9", "wan0")}, Warn, "CGNAT"},
		{"a tunnel's", []local{at("192.168.1.20", "eth0"), at("100.72.0.9", "tailscale0")}, OK, "tailscale0"},
		{"public", []local{at("8.8.8.8", "eth0"), at("100.72.0.9", "wan0")}, OK, "8.8.8.8"},
		{"both families", []local{at("192.168.1.20", "eth0"), at("2001:4860::1", "eth0")}, OK, "IPv6 too"},
		{"none", nil, Warn, "connect it"},
	} {
		e := look(config.Default(), func(e *exam) { e.judgeAddresses("x", c.name, c.list) })
		want(t, e, "x", c.level, c.words)
	}
	odd := config.Default()
	odd.RTC.Interfaces = []string{"nosuch0"}
	want(t, look(odd, func(e *exam) { e.addresses(t.Context()) }), "network.interfaces", Fail, "nosuch0")
}

func TestPublicAddress(t *testing.T) {
	seen := func(list ...string) (all []netip.AddrPort) {
		for _, s := range list {
			all = append(all, netip.MustParseAddrPort(s))
		}
		return all
	}
	here := []local{{netip.MustParseAddr("192.168.1.20"), "eth0"}}
	for _, c := range []struct {
		name   string
		public []netip.Addr
		seen   []netip.AddrPort
		here   []local
		level  Level
		words  string
	}{
		{"its own", nil, seen("8.8.8.8:5"), []local{{netip.MustParseAddr("8.8.8.8"), "eth0"}}, OK, "own"},
		{"behind NAT", nil, seen("8.8.8.8:5", "8.8.8.8:5"), here, Warn, "set rtc.public_ip to 8.8.8.8"},
		{"symmetric", nil, seen("8.8.8.8:5", "8.8.8.8:6"), here, Warn, "symmetric"},
		{"as it is set", []netip.Addr{netip.MustParseAddr("8.8.8.8")}, seen("8.8.8.8:5"), here, OK, "rtc.public_ip"},
		{"set wrongly", []netip.Addr{netip.MustParseAddr("8.8.4.4")}, seen("8.8.8.8:5"), here, Fail, "set rtc.public_ip to 8.8.8.8"},
		{"shared", nil, seen("8.8.8.8:5"), []local{{netip.MustParseAddr("100.64.0.2"), "wan0"}}, Warn, "CGNAT"},
	} {
		conf := config.Default()
		conf.RTC.PublicIP = c.public
		e := look(conf, func(e *exam) { e.judgePublic("x", c.name, c.seen, c.here) })
		want(t, e, "x", c.level, c.words)
	}
}

// stunServer answers binding requests as if they came from elsewhere.
func stunServer(t *testing.T, as netip.AddrPort) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte{}, buf[:n]...)}
			if m.Decode() != nil {
				continue
			}
			answer, err := stun.Build(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: as.Addr().AsSlice(), Port: int(as.Port())})
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte("no answer"), from) // what is not ours is passed over
			_, _ = conn.WriteTo(answer.Raw, from)
		}
	}()
	return conn.LocalAddr().String()
}

func TestSTUNIsAskedOnlyWhenAllowed(t *testing.T) {
	server := stunServer(t, netip.MustParseAddrPort("8.8.8.8:4000"))
	e := look(config.Default(), func(e *exam) { e.STUN = []string{server}; e.public(t.Context()) })
	if len(e.found) != 0 {
		t.Errorf("asked: %+v", e.found)
	}
	e = look(config.Default(), func(e *exam) { e.Public, e.STUN = true, []string{server}; e.public(t.Context()) })
	want(t, e, "network.public", Warn, "8.8.8.8")
	gone, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close() // hears, and says nothing
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no time"))
	e = look(config.Default(), func(e *exam) {
		e.Public, e.STUN = true, []string{gone.LocalAddr().String()}
		e.public(ctx)
	})
	want(t, e, "network.public", Warn, "no STUN server answers")
}

// certified makes a certificate signed by a parent, itself when nil.
func certified(t *testing.T, parent *x509.Certificate, signer *ecdsa.PrivateKey, change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lectern"}, DNSNames: []string{"live.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	change(template)
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func TestCertificatesAreJudged(t *testing.T) {
	authority := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.IsCA, c.Subject.CommonName, c.DNSNames = true, name, nil }
	}
	root, rootKey := certified(t, nil, nil, authority("root"))
	between, betweenKey := certified(t, root, rootKey, authority("between"))
	leaf, _ := certified(t, between, betweenKey, func(*x509.Certificate) {})
	old, _ := certified(t, between, betweenKey, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	ending, _ := certified(t, between, betweenKey, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(6*24*time.Hour + time.Hour) })
	future, _ := certified(t, between, betweenKey, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })
	nameless, _ := certified(t, between, betweenKey, func(c *x509.Certificate) { c.DNSNames = nil })
	own, _ := certified(t, nil, nil, func(*x509.Certificate) {})
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		host  string
		level Level
		words string
	}{
		"good":             {[]*x509.Certificate{leaf, between}, "live.example.org", OK, "89 days left"},
		"half a chain":     {[]*x509.Certificate{leaf}, "live.example.org", Fail, "fullchain.pem"},
		"another's name":   {[]*x509.Certificate{leaf, between}, "www.example.org", Fail, "not for www.example.org"},
		"expired":          {[]*x509.Certificate{old, between}, "", Fail, "expired"},
		"ends soon":        {[]*x509.Certificate{ending, between}, "", Warn, "6 days left"},
		"not yet":          {[]*x509.Certificate{future, between}, "", Fail, "not valid yet"},
		"without a name":   {[]*x509.Certificate{nameless, between}, "", Fail, "subjectAltName"},
		"signed by itself": {[]*x509.Certificate{own}, "", Warn, "self-signed"},
		"none":             {nil, "", Fail, "none"},
	} {
		e := look(config.Default(), func(e *exam) { e.judge("x", name, c.chain, c.host, roots) })
		want(t, e, "x", c.level, c.words)
	}
}

func TestTheMachineIsJudged(t *testing.T) {
	e := look(config.Default(), func(e *exam) {
		e.judgeBuffer("net.core.rmem_max", 212992)
		e.judgeBuffer("net.core.wmem_max", 8<<20)
		e.judgeDisk("full", "disk", 2<<30, 100<<30)
		e.judgeDisk("nearly", "disk", 8<<30, 100<<30)
		e.judgeDisk("roomy", "disk", 50<<30, 100<<30)
		e.judgeDisk("small", "disk", 300<<20, 1<<30)
	})
	want(t, e, "host.rmem_max", Warn, "sysctl -w net.core.rmem_max=8388608")
	want(t, e, "host.wmem_max", OK, "")
	want(t, e, "full", Fail, "make room")
	want(t, e, "nearly", Warn, "8 %")
	want(t, e, "roomy", OK, "50.0 GiB")
	want(t, e, "small", Fail, "make room")
	missing := config.Default()
	missing.RTMP.FFmpeg = "/no/such/ffmpeg"
	want(t, look(missing, func(e *exam) { e.ffmpeg(t.Context()) }), "host.ffmpeg", Fail, "rtmp.ffmpeg")
}

func TestContainersArePublishedUnderOneNumber(t *testing.T) {
	c := config.Default()
	want(t, look(c, func(e *exam) { e.judgeContainer("") }), "network.container", OK, "none")
	want(t, look(c, func(e *exam) { e.judgeContainer("Docker") }), "network.container", OK, "-p 8080:8080/udp")
	c.RTC.UDP = ":9000"
	want(t, look(c, func(e *exam) { e.judgeContainer("Docker") }), "network.container", Warn, "-p 9000:9000/udp")
}

func TestDoorsThatStandOpen(t *testing.T) {
	c := config.Default()
	if e := look(c, func(e *exam) { e.judgeAccess(false) }); len(e.found) != 1 || e.found[0].Level != OK {
		t.Errorf("the defaults: %+v", e.found)
	}
	want(t, look(c, func(e *exam) { e.judgeAccess(true) }), "access.loopback", OK, "auth.loopback: trust")
	c.HTTP.Listen = "127.0.0.1:8080"
	want(t, look(c, func(e *exam) { e.judgeAccess(true) }), "access.loopback", Warn, "auth.loopback to key")
	c.Auth.Loopback = "key"
	want(t, look(c, func(e *exam) { e.judgeAccess(true) }), "access.loopback", OK, "auth.loopback: key")
	c = config.Default()
	c.Auth.Publish, c.Auth.QueryToken, c.Admin.Listen = "open", true, ":8081"
	c.HTTP.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	c.Limits.Exempt = []netip.Prefix{netip.MustParsePrefix("::/0")}
	e := look(c, func(e *exam) { e.judgeAccess(true) })
	want(t, e, "access.publish", Fail, "everybody on the internet")
	want(t, e, "access.admin", Fail, "admin.listen")
	want(t, e, "access.query_token", Warn, "auth.query_token")
	want(t, e, "access.trusted_proxies", Fail, "0.0.0.0/0")
	want(t, e, "access.exempt", Warn, "limits.exempt")
	e = look(c, func(e *exam) { e.judgeAccess(false) })
	want(t, e, "access.publish", Warn, "this network")
	want(t, e, "access.admin", Warn, "admin.listen")
	c = config.Default()
	want(t, look(c, func(e *exam) { e.judgeAccess(true) }), "access.plain", Warn, "HTTPS")
}

func TestOtherServersAreReachedAndNotCalled(t *testing.T) {
	called := make(chan struct{}, 1)
	hooks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} }))
	defer hooks.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}
		if r.URL.Path != "/none" {
			_, _ = w.Write([]byte(`{"keys":[]}`))
		}
	}))
	defer keys.Close()
	c := config.Default()
	c.Hooks.OnPublish, c.Hooks.OnPlay = hooks.URL+"/publish?secret=canary-1", "http://"+gone.Addr().String()+"/play"
	c.Webhooks = []config.Webhook{{URL: config.Address("http://" + gone.Addr().String() + "/told?key=canary-3")}}
	c.Kafka.Brokers = []string{gone.Addr().String()}
	c.Trace.Endpoint = hooks.URL
	c.Auth.Tokens = config.Secret("redis://:canary-2@" + gone.Addr().String() + "/0")
	e := look(c, func(e *exam) {
		e.others(t.Context())
		e.keySet(t.Context(), "good", keys.URL)
		want(t, e, "others.jwks", OK, "")
	})
	want(t, e, "others.hooks.on_publish", OK, "answers after")
	want(t, e, "others.hooks.on_play", Fail, "hooks.on_failure: deny")
	want(t, e, "others.webhooks[0]", Fail, "kept for a while")
	want(t, e, "others.kafka.brokers", Warn, "kafka.brokers")
	want(t, e, "others.trace.endpoint", OK, "answers after")
	want(t, e, "others.redis", Fail, "auth.tokens")
	want(t, look(c, func(e *exam) { e.keySet(t.Context(), "x", keys.URL+"/late") }), "others.jwks", Warn, "apart")
	want(t, look(c, func(e *exam) { e.keySet(t.Context(), "x", keys.URL+"/none") }), "others.jwks", Fail, "no keys")
	select {
	case <-called:
		t.Error("a hook was called")
	default:
	}
	for _, check := range e.found {
		if strings.Contains(check.Detail+check.Fix, "canary") {
			t.Errorf("says a secret: %+v", check)
		}
	}
}

func TestLiveStreamsAreJudged(t *testing.T) {
	s := stream{Name: "live/cam1", State: "live"}
	e := look(config.Default(), func(e *exam) { e.judgeStreams([]stream{s}) })
	want(t, e, "streams", OK, "1, none")
	s.Tracks = append(s.Tracks, struct {
		Kind  string `json:"kind"`
		Codec string `json:"codec"`
	}{"video", "video/H265"})
	e = look(config.Default(), func(e *exam) { e.judgeStreams([]stream{s}) })
	want(t, e, "streams.codec", Warn, "H.264")
}

func TestAQuickLookTakesNoTime(t *testing.T) {
	c := config.Default()
	c.HTTP.Listen, c.RTMP.Listen, c.Admin.Listen, c.Data.Dir = "127.0.0.1:0", "", "", t.TempDir()
	began := time.Now()
	r := Run(t.Context(), Options{Config: c, Quick: true, Start: func(context.Context) (Running, error) {
		t.Error("a server was started")
		return Running{}, errors.New("not wanted")
	}})
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, id := range []string{"config", "server", "ports.http.listen", "network.addresses", "host.disk", "access.loopback"} {
		if _, ok := r.Find(id); !ok {
			t.Errorf("no check %s", id)
		}
	}
}
