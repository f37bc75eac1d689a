package trace

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector speaks OTLP over HTTP (OTLP specification, "OTLP/HTTP"). The
// client that OpenTelemetry has for that brings gRPC with it, which makes the
// program larger by a third.
type collector struct {
	url     *url.URL
	headers map[string]string
	client  *http.Client

	stopOnce sync.Once
	stopping chan struct{} // closed when nothing is tried again
}

// signalPath is where traces go, below the endpoint.
const signalPath = "v1/traces"

func newCollector(endpoint string, headers map[string]string) (*collector, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("trace endpoint: want an address such as http://127.0.0.1:4318")
	}
	if !strings.HasSuffix(u.Path, "/"+signalPath) {
		u = u.JoinPath(signalPath)
	}
	return &collector{
		url:     u,
		headers: headers,
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:            (&net.Dialer{Timeout: dialTime}).DialContext,
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout:    dialTime,
				ForceAttemptHTTP2:      true,
				MaxIdleConnsPerHost:    1,
				IdleConnTimeout:        time.Minute,
				MaxResponseHeaderBytes: maxAnswer,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		stopping: make(chan struct{}),
	}, nil
}

const (
	dialTime = 5 * time.Second
	// maxAnswer is how much of an answer's headers, and of its body, is read.
	maxAnswer = 16 << 10
	// firstPause is the time before the second try; it doubles.
	firstPause = 500 * time.Millisecond
)

// host is the collector as the log may call it: a path can be a key.
func (c *collector) host() string { return c.url.Host }

// Start implements otlptrace.Client.
func (c *collector) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *collector) Stop(context.Context) error {
	c.stop()
	c.client.CloseIdleConnections()
	return nil
}

// stop has nothing tried again from now on.
func (c *collector) stop() { c.stopOnce.Do(func() { close(c.stopping) }) }

// UploadTraces implements otlptrace.Client. What may succeed later is tried
// again as long as ctx lasts.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// TracesData has the form of the request (opentelemetry-proto,
	// collector/trace/v1), without the service that comes with its type.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("write spans: %w", err)
	}
	for pause := firstPause; ; pause *= 2 {
		wait, err := c.try(ctx, body)
		if err == nil || wait < 0 {
			return err
		}
		timer := time.NewTimer(max(pause, wait))
		select {
		case <-timer.C:
		case <-c.stopping:
			timer.Stop()
			return err
		case <-ctx.Done():
			timer.Stop()
			return err // which says more
		}
	}
}

// try makes one delivery. wait is how long to wait at least before another one;
// less than 0 says that another one is of no use.
func (c *collector) try(ctx context.Context, body []byte) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url.String(), bytes.NewReader(body))
	if err != nil {
		return -1, plain(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", "Lectern")
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return 0, plain(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // so that the connection can be used again
	if resp.StatusCode/100 == 2 {
		return 0, nil
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return time.Duration(min(max(seconds, 0), 60)) * time.Second, answered(resp)
	}
	return -1, answered(resp)
}

func answered(resp *http.Response) error {
	return fmt.Errorf("answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}

// plain leaves the URL out of an error, which can have a key in it.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
