// Command naive is the yardstick of the benchmarks: the SFU that the examples
// of Pion lead to, with WHIP in and WHEP out.
//
// Each track of a publisher is one TrackLocalStaticRTP that all viewers share;
// everybody has Pion's default interceptors; all media go through one UDP
// socket. It has no limits, no keys and no instant start, and is for
// measuring only. It prints its URL when it is ready:
//
//	go run ./internal/bench/naive -listen 127.0.0.1:8090
//	lectern bench --whip http://127.0.0.1:8090/whip/a --whep http://127.0.0.1:8090/whep/a
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address for HTTP (TCP) and media (UDP)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

// serve runs until ctx ends.
func serve(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	udp, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		return err
	}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: udp})
	defer mux.Close()
	server := &http.Server{Handler: newServer(mux)}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// connection makes a PeerConnection with all of Pion's defaults.
func connection(mux ice.UDPMux) (*webrtc.PeerConnection, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetICEUDPMux(mux)
	settings.SetIncludeLoopbackCandidate(true)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)).
		NewPeerConnection(webrtc.Configuration{})
}
