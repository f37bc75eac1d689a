// Command embed-gin adds live video to a Gin server that is there already: how
// do I give my own users WHIP and WHEP, with my own idea of who may do what?
//
// The video is under /video, next to the routes of the program. Everybody may
// watch; to publish takes the token of the environment variable TOKEN.
package main

import (
	"context"
	"crypto/subtle"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
	"lectern/sfu/peer"
	"lectern/signaling"
)

// token lets its holder publish.
type token string

// Decide is asked before each session.
func (t token) Decide(_ context.Context, a signaling.Access) (signaling.Grant, error) {
	switch {
	case a.Action == signaling.Watch:
		return signaling.Grant{Identity: "audience"}, nil
	case a.Token == "":
		return signaling.Grant{}, signaling.ErrNoToken
	case subtle.ConstantTimeCompare([]byte(a.Token), []byte(t)) == 0:
		return signaling.Grant{}, signaling.ErrInvalidToken
	}
	return signaling.Grant{Identity: "studio"}, nil
}

// newEngine puts the program's own routes and the video's together.
func newEngine(video *signaling.Server) *gin.Engine {
	engine := gin.New()
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "this is my program") })
	video.Mount(engine.Group("/video"))
	return engine
}

func main() {
	listen := flag.String("listen", "localhost:8080", "address for HTTP (TCP) and media (UDP)")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	peers, err := peer.New(peer.Options{UDP: udp})
	if err != nil {
		log.Fatal(err)
	}
	video := signaling.New(signaling.Options{
		Router:     sfu.NewRouter(sfu.Options{}),
		Peers:      peers,
		Authorizer: token(os.Getenv("TOKEN")),
	})
	fmt.Printf("http://%s/video/whip/NAME\n", listener.Addr())
	log.Fatal(http.Serve(listener, newEngine(video)))
}
