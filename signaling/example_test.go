package signaling_test

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// WHIP and WHEP as a part of a program that has a Gin server already.
func ExampleServer_Mount() {
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	peers, err := peer.New(peer.Options{UDP: udp})
	if err != nil {
		log.Fatal(err)
	}
	defer peers.Close()
	router := sfu.NewRouter(sfu.Options{})
	defer router.Close()
	video := signaling.New(signaling.Options{Router: router, Peers: peers})
	defer video.Close()

	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	video.Mount(engine.Group("/video"))

	w := httptest.NewRecorder()
	engine.ServeHTTP(w, httptest.NewRequest(http.MethodOptions, "/video/whip/cam1", nil))
	fmt.Println(w.Code, w.Header().Get("Accept-Post"))
	// Output: 200 application/sdp
}
