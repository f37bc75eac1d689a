package signaling

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// origin is the scheme, host and port by which the client came, as
// "https://video.example".
func (s *Server) origin(r *http.Request) string {
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	_, port, err := net.SplitHostPort(s.authority(r))
	if number, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || number == 0 {
		return scheme + "://" + bracketed(s.place(r))
	}
	return scheme + "://" + net.JoinHostPort(s.place(r), port)
}

// secure says whether the client has come by HTTPS, to us or to our proxy.
func (s *Server) secure(r *http.Request) bool {
	if scheme := r.Header.Get("X-Forwarded-Proto"); scheme != "" && s.trusted(remote(r)) {
		scheme, _, _ = strings.Cut(scheme, ",")
		return strings.EqualFold(strings.TrimSpace(scheme), "https")
	}
	return r.TLS != nil
}

// place is the name or address by which the client came. What is neither is
// replaced by the address at which the request has arrived.
func (s *Server) place(r *http.Request) string {
	host := s.host(r)
	if ip, err := netip.ParseAddr(host); err == nil && !ip.IsUnspecified() {
		return ip.WithZone("").String()
	}
	if hostname.MatchString(host) {
		return host
	}
	if here := local(r); here.IsValid() {
		return here.String()
	}
	return "localhost"
}

// bracketed is a host without a port as a URL has it (RFC 3986 §3.2.2).
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// rtmpPort is the port that nobody writes.
const rtmpPort = 1935

// pushServer is where encoders push to, as "rtmp://video.example"; "" where
// there is no RTMP.
func (s *Server) pushServer(r *http.Request) string {
	switch port := s.options.Info.RTMP; port {
	case 0:
		return ""
	case rtmpPort:
		return "rtmp://" + bracketed(s.place(r))
	default:
		return "rtmp://" + net.JoinHostPort(s.place(r), strconv.Itoa(port))
	}
}

// pushAddress is where an encoder publishes, and players play: the address as
// a whole, and in the two parts that encoders have a field each for.
type pushAddress struct {
	URL    string `json:"url"`    // rtmp://HOST/live/cam1
	Server string `json:"server"` // rtmp://HOST/live
	Key    string `json:"key"`    // cam1
}

// push returns nil where there is no RTMP. The query has what the stream key
// carries, such as a token.
func (s *Server) push(r *http.Request, stream string, query url.Values) *pushAddress {
	server := s.pushServer(r)
	if server == "" {
		return nil
	}
	app, key, _ := strings.Cut(stream, "/")
	if len(query) > 0 {
		key += "?" + query.Encode()
	}
	server += "/" + app
	return &pushAddress{URL: server + "/" + key, Server: server, Key: key}
}
