package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheOperatorsPortIsNotReadByAPageOfAnotherName(t *testing.T) {
	server := httptest.NewServer(unlessRebound(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })))
	defer server.Close()
	for host, want := range map[string]int{
		"": 200, "localhost": 200, "127.0.0.1:1": 200, "prometheus-target": 200, "evil.example:8081": http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: status %d, want %d", host, resp.StatusCode, want)
		}
	}
}

func TestTheOperatorsPortElsewhereHasAnyName(t *testing.T) {
	w := httptest.NewRecorder() // a request without an address of this machine's
	unlessRebound(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://metrics.example/", nil))
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}
