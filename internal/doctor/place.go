package doctor

import (
	"net"
	"net/netip"

	"lectern/internal/config"
)

// Addresses are where a server with a configuration is found from this
// machine: its web port and its operator's, "" where that is off.
func Addresses(c config.Config) (web, admin string) {
	web = "http://"
	if c.HTTP.TLS() {
		web = "https://"
	}
	web += here(c.HTTP.Listen)
	if c.Admin.Listen != "" {
		admin = "http://" + here(c.Admin.Listen)
	}
	return web, admin
}

// here is an address to listen on as one to connect to.
func here(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip, perr := netip.ParseAddr(host); err != nil || host == "" || perr == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
