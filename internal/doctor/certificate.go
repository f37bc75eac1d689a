package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// expiring is how many days before its end a certificate is worth a warning:
// automatic renewal has failed for a while by then.
const expiring = 14

// certificate looks at the files of the configuration.
func (e *exam) certificate(context.Context) {
	const id, title = "tls.files", "certificate"
	c := e.Config.HTTP
	if !c.TLS() {
		if behindProxy, here := len(c.TrustedProxies) > 0, loopbackOnly(c.Listen); behindProxy || here {
			e.add(id, OK, title, "none; HTTPS is a proxy's, or nobody's but this machine's", "")
			return
		}
		e.add(id, Warn, title, "none: browsers on other machines may watch, but give no camera and no microphone to a page without HTTPS",
			"set http.tls_cert and http.tls_key, or put an HTTPS proxy in front and name it in http.trusted_proxies")
		return
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		e.add(id, Fail, title, err.Error(), "http.tls_cert and http.tls_key must be a certificate and the key that it was made with, in PEM")
		return
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			e.add(id, Fail, title, err.Error(), "get the certificate anew")
			return
		}
		chain = append(chain, one)
	}
	e.judge(id, title, chain, "", nil)
}

// remoteCertificate looks at what a server shows.
func (e *exam) remoteCertificate(ctx context.Context) {
	const id, title = "tls.shown", "certificate shown"
	u, err := url.Parse(e.url)
	if err != nil || u.Scheme != "https" {
		return
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: u.Hostname()}} // it is judged below
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		e.add(id, Fail, title, err.Error(), "check that the port speaks TLS")
		return
	}
	defer conn.Close()
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return
	}
	host := u.Hostname()
	if e.served || e.Inside {
		host = "" // localhost, which it need not be for
	}
	e.judge(id, title, secure.ConnectionState().PeerCertificates, host, nil)
}

// judge says how good a chain is, for a host unless that is "". Roots are the
// system's when nil.
func (e *exam) judge(id, title string, chain []*x509.Certificate, host string, roots *x509.CertPool) {
	if len(chain) == 0 {
		e.add(id, Fail, title, "there is none", "put the certificate in front of its chain in http.tls_cert")
		return
	}
	leaf, now := chain[0], e.Now()
	days := int(leaf.NotAfter.Sub(now) / (24 * time.Hour))
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	about := fmt.Sprintf("for %s, %d days left", strings.Join(names, ", "), days)
	rest := x509.NewCertPool()
	for _, c := range chain[1:] {
		rest.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: rest, CurrentTime: now})
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, other := errors.AsType[x509.HostnameError](err)
	switch {
	case now.After(leaf.NotAfter):
		e.add(id, Fail, title, about+": it has expired", "renew it")
	case now.Before(leaf.NotBefore):
		e.add(id, Fail, title, about+": it is not valid yet", "set this machine's clock, or wait")
	case len(names) == 0:
		e.add(id, Fail, title, "it has no names (subjectAltName), so that no browser takes it", "get one for the name by which people come")
	case other:
		e.add(id, Fail, title, about+": not for "+host, "get one that names "+host)
	case unknown && slices.Equal(leaf.RawIssuer, leaf.RawSubject):
		e.add(id, Warn, title, about+": self-signed, so that browsers warn and OBS refuses it without a word", "get one from an authority, such as Let's Encrypt")
	case unknown && len(chain) == 1:
		e.add(id, Fail, title, about+": the certificate between it and a known authority is missing, which phones do not forgive", "use the file with the whole chain (fullchain.pem) as http.tls_cert")
	case unknown:
		e.add(id, Warn, title, about+": signed by an authority that this machine does not know", "machines of viewers must know that authority")
	case err != nil:
		e.add(id, Fail, title, about+": "+err.Error(), "get the certificate anew")
	case days < expiring:
		e.add(id, Warn, title, about, "renew it now: automatic renewal ought to have done so")
	default:
		e.add(id, OK, title, about, "")
	}
}

// loopbackOnly says whether an address is for this machine alone.
func loopbackOnly(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
