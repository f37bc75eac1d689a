package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// With a certificate the RTMP port takes both RTMPS and RTMP, told apart by
// their first octets.
func TestRTMPS(t *testing.T) {
	cert, key := certificate(t)
	listen := freePort(t)
	s := startServer(t, "--http.tls_cert", cert, "--http.tls_key", key, "--rtmp.listen", listen)
	c := clip{seconds: 30, video: x264(0, "none", 30), audio: aac(2), sampleRate: 44100}
	c.push(t, "rtmps://"+listen+"/live/safe")
	c.push(t, "rtmp://"+listen+"/live/plain")
	for _, name := range []string{"safe", "plain"} {
		s.logged(t, `msg=media source=live/`+name)
		probe := encode(t, "ffprobe", "-v", "error", "-read_intervals", "%+1", "-count_packets", "-show_entries", "stream=codec_name", "-of", "csv=p=0", "rtmps://"+listen+"/live/"+name)
		if out := probe.wait(t, 30*time.Second); !strings.Contains(out, "h264") || !strings.Contains(out, "aac") {
			t.Errorf("ffprobe of %s over RTMPS:\n%s", name, out)
		}
	}
}

// logged waits until the server has written something.
func (s *server) logged(t *testing.T, what string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !strings.Contains(s.log.String(), what) {
		if time.Now().After(deadline) {
			t.Fatalf("the log has no %q", what)
		}
		<-time.After(50 * time.Millisecond) // another process tells nothing but this
	}
}

// certificate makes one for this machine, and returns the files of it and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, body []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: body}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}
