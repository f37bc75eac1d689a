package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lectern/internal/auth"
)

// access says who may come in that perhaps ought not to.
func (e *exam) access(context.Context) {
	here := localAddresses(e.Config.RTC.Interfaces)
	open := len(e.Config.RTC.PublicIP) > 0 || slices.ContainsFunc(here, func(l local) bool { return isPublic(l.ip) })
	before := len(e.found)
	e.judgeAccess(open)
	e.firstKey()
	if !slices.ContainsFunc(e.found[before:], func(c Check) bool { return c.Level != OK }) {
		e.add("access", OK, "access", fmt.Sprintf("publishing needs a key (auth.publish: %s), the operator's port is %s", e.Config.Auth.Publish, adminAt(e.Config.Admin.Listen)), "")
	}
}

func adminAt(listen string) string {
	if listen == "" {
		return "off"
	}
	return listen
}

// judgeAccess looks at the settings of a server that the internet reaches, or
// does not.
func (e *exam) judgeAccess(internet bool) {
	c := e.Config
	if c.Auth.Publish == "open" && !loopbackOnly(c.HTTP.Listen) {
		level, who := Warn, "everybody in this network"
		if internet {
			level, who = Fail, "everybody on the internet"
		}
		e.add("access.publish", level, "publishing", who+" can publish (auth.publish: open)", "set auth.publish to key, and give out keys: lectern key add")
	}
	e.judgeLoopback(internet)
	if host, _, err := net.SplitHostPort(c.Admin.Listen); c.Admin.Listen != "" && !loopbackOnly(c.Admin.Listen) && err == nil {
		ip, _ := netip.ParseAddr(host)
		level := Warn
		if internet && (host == "" || !ip.IsValid() || ip.IsUnspecified() || isPublic(ip)) {
			level = Fail
		}
		e.add("access.admin", level, "operator's port", fmt.Sprintf("%s gives metrics and profiles to whoever reaches it, without a key", c.Admin.Listen), "set admin.listen to 127.0.0.1:8081, or to an address that only your network reaches")
	}
	if c.Auth.QueryToken {
		e.add("access.query_token", Warn, "tokens in addresses", "they are taken (auth.query_token), and end up in the logs of proxies and in histories", "leave auth.query_token out, and send Authorization: Bearer")
	}
	for _, p := range c.HTTP.TrustedProxies {
		if p.Bits() == 0 {
			e.add("access.trusted_proxies", Fail, "trusted proxies", p.String()+" trusts everybody: whoever says so comes from any address, and no limit by address holds", "name the proxy's own address in http.trusted_proxies")
		}
	}
	for _, p := range c.Limits.Exempt {
		if p.Bits() == 0 {
			e.add("access.exempt", Warn, "limits", p.String()+" is without limits by address (limits.exempt), which is everybody", "name the networks that need none")
		}
	}
	if internet && !c.HTTP.TLS() && len(c.HTTP.TrustedProxies) == 0 && !loopbackOnly(c.HTTP.Listen) {
		e.add("access.plain", Warn, "keys on the way", "without HTTPS everybody on the way can read the keys of publishers", "set http.tls_cert and http.tls_key")
	}
}

// judgeLoopback says what this machine's own people and programs may do, among
// which a proxy is that says nothing of whom it speaks for.
func (e *exam) judgeLoopback(internet bool) {
	const id, title = "access.loopback", "this machine"
	c := e.Config
	switch {
	case c.Auth.Loopback == "key":
		e.add(id, OK, title, "needs a key as everybody does (auth.loopback: key)", "")
	case internet && loopbackOnly(c.HTTP.Listen) && len(c.HTTP.TrustedProxies) == 0:
		e.add(id, Warn, title, "publishes and teaches without a key (auth.loopback: trust), and only this machine comes in: a proxy here that sends no X-Forwarded-For hands that to everybody",
			"name the proxy in http.trusted_proxies and let it send X-Forwarded-For, or set auth.loopback to key")
	default:
		e.add(id, OK, title, "who is on it publishes and teaches without a key (auth.loopback: trust)", "")
	}
}

// firstKey looks at who can read the key that was made at the first start.
func (e *exam) firstKey() {
	path := filepath.Join(e.Config.Data.Dir, auth.FirstKeyFile)
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&fs.FileMode(0o077) != 0 {
		e.add("access.first_key", Warn, "key file", fmt.Sprintf("%s can be read by others on this machine (%s)", path, info.Mode().Perm()), "chmod 600 "+path)
	}
}

// openness says whether a server elsewhere lets strangers publish, as it says
// itself.
func (e *exam) openness(context.Context) {
	if e.url == "" || !e.remote {
		return
	}
	if !e.info.Publish.KeyNeeded && e.Token == "" {
		e.add("access.open", Fail, "publishing", "this server lets whoever reaches it publish without a key", "set auth.publish to key")
		return
	}
	how := "needs a key"
	if strings.HasPrefix(e.url, "http://") {
		e.add("access.plain", Warn, "keys on the way", "without HTTPS everybody on the way can read the keys of publishers", "give the server a certificate (http.tls_cert)")
		return
	}
	e.add("access.open", OK, "publishing", how, "")
}
