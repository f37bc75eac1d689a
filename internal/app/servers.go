package app

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"lectern/internal/metrics"
	"lectern/internal/portmux"
	"lectern/internal/rebind"
	"lectern/web"
)

// addServers makes the HTTP servers: the pages, WHIP, WHEP and the API, by
// HTTPS when there is a certificate, and the operator's.
func (a *App) addServers() {
	main := a.handler()
	if a.config.HTTP.TLS() {
		a.add(a.mux.Listener(portmux.TLS), main, true)
		a.add(a.mux.Listener(portmux.HTTP), http.HandlerFunc(toHTTPS), false)
	} else {
		a.add(a.mux.Listener(portmux.HTTP), main, false)
	}
	if a.ports.admin != nil {
		a.add(a.ports.admin, a.adminHandler(), false)
	}
}

func (a *App) add(l net.Listener, h http.Handler, tls bool) {
	a.servers = append(a.servers, server{
		listener: l,
		tls:      tls,
		Server: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			IdleTimeout:       60 * time.Second,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug), // what strangers send must not fill the log
		},
	})
}

func (a *App) handler() http.Handler {
	return a.signaling.Handler(withDocs(web.Handler(web.Options{
		Dir:            a.config.Web.Dir,
		FrameAncestors: a.config.Web.FrameAncestors,
	})))
}

// toHTTPS sends who came without TLS to the same place with it. The method
// stays (RFC 9725 §4.5).
func toHTTPS(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
}

// adminHandler has what must not be seen by everybody.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(a.sources()))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return unlessRebound(mux)
}

// unlessRebound refuses requests at this machine's own address by a name that
// anybody can have lead there: a page of that name, in a browser on this
// machine, would read what is for the operator. Elsewhere, names are the
// operator's affair.
func unlessRebound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if at != nil && at.IP.IsLoopback() && rebind.Possible(r.Host) {
			http.Error(w, "ask for it by the address, "+at.String()+", or as localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
