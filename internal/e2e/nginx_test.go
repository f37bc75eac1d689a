package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/auth"
)

// rtmpModule is where Debian has it.
const rtmpModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

// front is an nginx with the RTMP module that asks the server, as it is in
// front of many.
type front struct {
	url string // rtmp://HOST:PORT
	log *log
}

// startNginx runs nginx, with its files in a folder of its own, until the end
// of the test. Its method is what notify_method calls it.
func startNginx(t *testing.T, s *server, method string) *front {
	t.Helper()
	if _, err := os.Stat(rtmpModule); err != nil {
		t.Fatalf("nginx with its RTMP module is needed: %v", err)
	}
	dir, address := t.TempDir(), freePort(t)
	server := strings.Replace(s.url, "localhost", "127.0.0.1", 1)
	config := fmt.Sprintf(`load_module %s;
daemon off;
master_process off;
pid %s/pid;
error_log stderr info;
events {}
rtmp {
    server {
        listen %s;
        notify_method %s;
        on_connect %[5]s/hook/connect;
        application live {
            live on;
            notify_update_timeout 1s;
            on_publish %[5]s/hook/publish;
            on_publish_done %[5]s/hook/publish_done;
            on_play %[5]s/hook/play;
            on_play_done %[5]s/hook/play_done;
            on_update %[5]s/hook/update;
        }
    }
}
`, rtmpModule, dir, address, method, server)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &front{url: "rtmp://" + address, log: &log{}}
	cmd := exec.Command("nginx", "-e", "stderr", "-p", dir, "-c", file)
	cmd.Stderr = f.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
		if t.Failed() {
			t.Logf("nginx said:\n%s", f.log)
		}
	})
	waitForPort(t, address, exited)
	return f
}

// waitForPort returns when somebody listens there.
func waitForPort(t *testing.T, address string, exited <-chan struct{}) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-exited:
			t.Fatal("nginx has ended")
		case <-ctx.Done():
			t.Fatalf("nobody listens on %s: %v", address, err)
		}
	}
}

// saying waits for a line of nginx's.
func (f *front) saying(t *testing.T, text string, within time.Duration) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(within)
	for !strings.Contains(f.log.String(), text) {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("nginx does not say %q within %v", text, within)
		}
	}
}

// push is ffmpeg with a test picture for so many seconds.
func (f *front) push(t *testing.T, seconds int, key string) *encoder {
	t.Helper()
	return encode(t, "ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-re",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=320x180:rate=15:duration=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-f", "flv", f.url+"/live/"+key)
}

// TestNginxAsks has a real nginx-rtmp ask who may publish and play.
func TestNginxAsks(t *testing.T) {
	for _, method := range []string{"post", "get"} {
		t.Run(method, func(t *testing.T) {
			data := t.TempDir()
			s := startServer(t, "--data.dir", data)
			key, err := os.ReadFile(filepath.Join(data, auth.FirstKeyFile))
			if err != nil {
				t.Fatal(err)
			}
			f := startNginx(t, s, method)

			for name, wrong := range map[string]string{"no key": "cam1", "a wrong key": "cam1?token=wrong", "a name that is none": "a..b?token=" + strings.TrimSpace(string(key))} {
				refused := f.push(t, 20, wrong)
				refused.wait(t, 15*time.Second)
				if refused.err == nil {
					t.Errorf("%s: published", name)
				}
			}
			if got := strings.Count(s.log.String(), "msg=refused"); got != 2 {
				t.Errorf("the server has refused %d, want 2", got)
			}

			good := f.push(t, 10, "cam1?token="+strings.TrimSpace(string(key)))
			f.saying(t, "notify: update", 10*time.Second) // so that it is allowed, and asked about again
			player := encode(t, "ffmpeg", "-hide_banner", "-loglevel", "info", "-nostdin", "-analyzeduration", "1000000", "-i", f.url+"/live/cam1", "-frames:v", "10", "-f", "null", "-")
			if said := player.wait(t, 15*time.Second); player.err != nil || !strings.Contains(said, "frame=   10") {
				t.Errorf("the player has not seen 10 pictures: %v\n%s", player.err, said)
			}
			if said := good.wait(t, 20*time.Second); good.err != nil {
				t.Errorf("the publisher was cut off: %v\n%s", good.err, said)
			}
			f.saying(t, "notify: publish_done", 5*time.Second)
		})
	}
}

// TestNginxEndsWhatHasExpired has nginx-rtmp end a publisher whose token has
// come to its end, because the answer to its on_update is no then.
func TestNginxEndsWhatHasExpired(t *testing.T) {
	signer := auth.JWT{Alg: "HS256", Key: []byte(strings.Repeat("k", 32))}
	config := filepath.Join(t.TempDir(), "lectern.yaml")
	if err := os.WriteFile(config, []byte("auth: {jwt: [{alg: HS256, key: "+string(signer.Key)+"}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "--config", config)
	f := startNginx(t, s, "post")
	start := time.Now()
	token, err := auth.Sign(signer, auth.Grant{Stream: []string{"live/*"}, Can: []auth.Action{auth.Publish}, Expires: start.Add(2 * time.Second)}, start)
	if err != nil {
		t.Fatal(err)
	}
	publisher := f.push(t, 60, "cam1?token="+token)
	publisher.wait(t, 30*time.Second)
	lasted := time.Since(start)
	t.Logf("it was ended after %v", lasted.Round(time.Millisecond))
	if publisher.err == nil || lasted < 5*time.Second {
		t.Errorf("ended after %v by %v, want an end with the token, and its leeway", lasted, publisher.err)
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the token is in the log")
	}
}
