package doctor

import (
	"context"
	"net/http"
	"time"
)

// Walk is the walk alone.
func Walk(ctx context.Context, url string) []Check {
	e := &exam{Options: Options{Now: time.Now, HTTP: http.DefaultClient}, url: url}
	e.walk(ctx)
	return e.found
}

// Trips are media and RTMP alone.
func Trips(ctx context.Context, url, rtmp, token string) []Check {
	e := &exam{Options: Options{Now: time.Now, HTTP: http.DefaultClient, Token: token}, url: url, rtmp: rtmp}
	e.media(ctx)
	e.rtmpTrip(ctx)
	return e.found
}
