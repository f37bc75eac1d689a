package peer

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/fingerprint"
	"github.com/pion/srtp/v3"

	"lectern/internal/seal"
)

// errFingerprint ends a handshake with somebody else than the one who made the
// offer.
var errFingerprint = errors.New("the certificate is not that of the offer")

// passive says whether we wait for the client's first flight (RFC 8842 §5.3), as
// we do where we may: then the choice of how packets are sealed is ours
// (RFC 5764 §4.1.2). Chromium would choose AES-CM, which takes five times as long.
func (o *offer) passive() bool { return o.sections[0].setup != "passive" }

// hash is the one that the offer's fingerprint was made with.
func (o *offer) hash() (crypto.Hash, error) {
	name, _, _ := strings.Cut(o.fingerprint, " ")
	hash, err := fingerprint.HashFromString(name)
	if err != nil {
		return 0, fmt.Errorf("%w: a=fingerprint with %.40q", ErrUnsupported, name)
	}
	return hash, nil
}

// verify holds a certificate against the offer's fingerprint (RFC 8122 §5).
func (o *offer) verify(certificates [][]byte, _ [][]*x509.Certificate) error {
	if len(certificates) == 0 {
		return errFingerprint
	}
	certificate, err := x509.ParseCertificate(certificates[0])
	if err != nil {
		return err
	}
	hash, err := o.hash()
	if err != nil {
		return err
	}
	got, err := fingerprint.Fingerprint(certificate, hash)
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, strings.Fields(o.fingerprint)[1]) {
		return errFingerprint
	}
	return nil
}

// handshake returns a DTLS connection with whoever made the offer.
func (l *link) handshake(ctx context.Context) (*dtls.Conn, error) {
	e, o := l.peer.engine, l.peer.offer
	common := []dtls.Option{
		dtls.WithCertificates(e.identity),
		dtls.WithSRTPProtectionProfiles(profiles...),
		dtls.WithInsecureSkipVerify(true), // it is the fingerprint that counts
		dtls.WithVerifyPeerCertificate(o.verify),
		dtls.WithFlightInterval(flightInterval),
		dtls.WithLoggerFactory(pionLogs{e.options.Log}),
	}
	var conn *dtls.Conn
	var err error
	if o.passive() {
		options := []dtls.ServerOption{
			dtls.WithClientAuth(dtls.RequireAnyClientCert),
			dtls.WithInsecureSkipVerifyHello(true), // ICE has proved the address
		}
		for _, option := range common {
			options = append(options, option)
		}
		conn, err = dtls.ServerWithOptions(datagrams{l}, l.conn.RemoteAddr(), options...)
	} else {
		var options []dtls.ClientOption
		for _, option := range common {
			options = append(options, option)
		}
		conn, err = dtls.ClientWithOptions(datagrams{l}, l.conn.RemoteAddr(), options...)
	}
	if err != nil {
		return nil, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// profiles are how packets may be sealed, the best first.
var profiles = []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}

// arm gets the keys of both directions (RFC 5764 §4.2).
func (l *link) arm(conn *dtls.Conn) error {
	state, ok := conn.ConnectionState()
	chosen, agreed := conn.SelectedSRTPProtectionProfile()
	if !ok || !agreed {
		return errors.New("no SRTP was agreed on")
	}
	ours, config := seal.AES128GCM, srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if chosen == dtls.SRTP_AES128_CM_HMAC_SHA1_80 {
		ours, config.Profile = seal.AES128CMSHA1_80, srtp.ProtectionProfileAes128CmHmacSha1_80
	}
	if err := config.ExtractSessionKeysFromDTLS(&state, !l.peer.offer.passive()); err != nil {
		return err
	}
	keys := &config.Keys
	remote, err := srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, config.Profile,
		srtp.SRTPReplayProtection(64), srtp.SRTCPReplayProtection(64))
	if err != nil {
		return err
	}
	local, err := srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, config.Profile)
	if err != nil {
		return err
	}
	sealer, err := seal.New(ours, keys.LocalMasterKey, keys.LocalMasterSalt)
	if err != nil {
		return err
	}
	l.peer.log.Debug("packets are sealed", "profile", ours)
	l.in.arm(remote)
	l.out.arm(l.conn, sealer, local)
	return nil
}
