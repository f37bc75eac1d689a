// Command minimal is a WHIP and WHEP server in one file, on net/http alone:
// what is the least that publishes and watches?
//
// Publish to http://localhost:8080/whip/NAME, watch http://localhost:8080/whep/NAME.
// It knows no keys, no limits and no trickle; package signaling has all of that.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"lectern/sfu"
	"lectern/sfu/peer"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "address for HTTP (TCP) and media (UDP)")
	flag.Parse()
	udp, err := net.ListenPacket("udp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := peer.New(peer.Options{UDP: udp})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, newServer(engine, sfu.NewRouter(sfu.Options{}))))
}

// server remembers the sessions, so that they can be ended.
type server struct {
	sessions sync.Map // id → *peer.Peer
}

func newServer(engine *peer.Engine, router *sfu.Router) http.Handler {
	s := &server{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whip/{name}", s.answer(func(name string, offer peer.Offer) (*peer.Peer, error) {
		return engine.Publish(router, name, "anybody", offer)
	}))
	mux.HandleFunc("POST /whep/{name}", s.answer(func(name string, offer peer.Offer) (*peer.Peer, error) {
		return engine.Watch(router, name, offer)
	}))
	mux.HandleFunc("DELETE /session/{id}", s.end)
	return mux
}

func (s *server) answer(open func(name string, offer peer.Offer) (*peer.Peer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, err := sfu.ParseName(r.PathValue("name"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		session, err := open(name, peer.Offer{SDP: string(body)})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		id := rand.Text()
		s.sessions.Store(id, session)
		go func() {
			<-session.Done()
			s.sessions.Delete(id)
		}()
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/session/"+id)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, session.Answer())
	}
}

func (s *server) end(w http.ResponseWriter, r *http.Request) {
	session, ok := s.sessions.LoadAndDelete(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	session.(*peer.Peer).Close(nil)
}
