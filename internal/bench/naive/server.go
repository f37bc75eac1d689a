package main

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// maxOffer bounds an offer.
const maxOffer = 1 << 20

// server knows the streams by name and the sessions by id.
type server struct {
	mux ice.UDPMux

	mu       sync.Mutex
	streams  map[string]*stream
	sessions map[string]*webrtc.PeerConnection
}

func newServer(mux ice.UDPMux) http.Handler {
	s := &server{mux: mux, streams: map[string]*stream{}, sessions: map[string]*webrtc.PeerConnection{}}
	h := http.NewServeMux()
	h.HandleFunc("POST /whip/{name}", s.answer(s.publish))
	h.HandleFunc("POST /whep/{name}", s.answer(s.watch))
	h.HandleFunc("DELETE /session/{id}", s.end)
	return h
}

var errNobody = errors.New("nobody publishes this stream")

// answer takes an offer, lets prepare add to the PeerConnection, and answers.
func (s *server) answer(prepare func(pc *webrtc.PeerConnection, name string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOffer))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pc, err := connection(s.mux)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		err = prepare(pc, r.PathValue("name"))
		if err == nil {
			err = negotiate(pc, string(offer))
		}
		if err != nil {
			_ = pc.Close()
			status := http.StatusBadRequest
			if errors.Is(err, errNobody) {
				status = http.StatusNotFound
			}
			http.Error(w, err.Error(), status)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/session/"+s.remember(pc))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, pc.LocalDescription().SDP)
	}
}

func negotiate(pc *webrtc.PeerConnection, offer string) error {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return err
	}
	<-gathered
	return nil
}

// remember keeps a session until it is deleted or its connection fails.
func (s *server) remember(pc *webrtc.PeerConnection) (id string) {
	id = rand.Text()
	s.mu.Lock()
	s.sessions[id] = pc
	s.mu.Unlock()
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed && s.forget(id) != nil {
			_ = pc.Close()
		}
	})
	return id
}

// forget takes a session out, and returns nil if somebody else has.
func (s *server) forget(id string) *webrtc.PeerConnection {
	s.mu.Lock()
	defer s.mu.Unlock()
	pc := s.sessions[id]
	delete(s.sessions, id)
	return pc
}

func (s *server) end(w http.ResponseWriter, r *http.Request) {
	pc := s.forget(r.PathValue("id"))
	if pc == nil {
		http.NotFound(w, r)
		return
	}
	_ = pc.Close()
}
