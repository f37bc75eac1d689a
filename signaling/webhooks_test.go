package signaling_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/auth"
	"lectern/internal/event"
	"lectern/internal/webhook"
	"lectern/signaling"
)

// answering is a receiver that answers with a status, without a network.
type answering int

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(a), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestDeliveriesAreTheOwners(t *testing.T) {
	log := event.NewLog()
	hooks, err := webhook.New(log, webhook.Options{Transport: answering(418), Tries: 1,
		Targets: []webhook.Target{{URL: "https://school.example/hear/canary?canary", Secret: "canary"}}})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := auth.New(auth.Options{First: "owner-key"})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, func(o *setup) {
		o.Events, o.Authorizer, o.Owner = log, ring, &signaling.Owner{Webhooks: hooks}
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { hooks.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	const list = "/api/v1/webhooks/deliveries"
	owner := []string{"Authorization", "Bearer owner-key"}
	for _, path := range []string{list, list + "/x/redeliver"} {
		method := map[bool]string{true: "GET", false: "POST"}[path == list]
		if w := l.do(method, path, ""); w.Code != http.StatusUnauthorized {
			t.Errorf("%s %s without a key: status %d", method, path, w.Code)
		}
	}
	failed := func() webhook.Delivery {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			w := l.do("GET", list, "", owner...)
			if strings.Contains(w.Body.String(), "canary") {
				t.Fatalf("a secret is shown: %s", w.Body)
			}
			var got struct{ Deliveries []webhook.Delivery }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
				t.Fatalf("status %d, %v, %s", w.Code, err, w.Body)
			}
			if len(got.Deliveries) == 1 && got.Deliveries[0].Status == webhook.Failed {
				return got.Deliveries[0]
			}
		}
		t.Fatal("not told")
		return webhook.Delivery{}
	}
	log.Add(event.Event{Type: event.StreamLive, Stream: &event.Stream{Name: "live/cam1"}})
	d := failed()
	if d.Code != http.StatusTeapot || d.URL != "https://school.example/hear/…?…" || d.Tries != 1 || d.About != "live/cam1" {
		t.Errorf("got %+v", d)
	}
	if w := l.do("POST", list+"/"+d.ID+"/redeliver", "", owner...); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"status":"waiting"`) {
		t.Errorf("status %d, %s", w.Code, w.Body)
	}
	if again := failed(); again.ID != d.ID {
		t.Errorf("got %+v", again)
	}
	if w := l.do("POST", list+"/nothing/redeliver", "", owner...); w.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", w.Code)
	}
}
