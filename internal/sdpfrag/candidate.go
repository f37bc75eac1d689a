package sdpfrag

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// fixed is how many fields a candidate has before its extensions: foundation,
// component, transport, priority, address, port, "typ" and the type.
const fixed = 8

// checkCandidate checks the syntax of a candidate attribute (RFC 8839 §5.1)
// and tells whether an agent of ours can use it.
func checkCandidate(line string) (usable bool, err error) {
	if strings.ContainsFunc(line, beyondASCII) {
		return false, errors.New("candidate with characters other than ASCII")
	}
	fields := strings.Split(strings.TrimPrefix(line, "candidate:"), " ")
	if len(fields) < fixed {
		return false, fmt.Errorf("candidate has %d fields, want at least %d", len(fields), fixed)
	}
	foundation, transport, address, typ, kind := fields[0], fields[2], fields[4], fields[6], fields[7]
	if len(foundation) > 32 || !iceChars(foundation) {
		return false, fmt.Errorf("candidate's foundation %s is not 1 to 32 letters, digits, + and /", quote(foundation))
	}
	component, ok := number(fields[1], 256)
	if !ok || component == 0 {
		return false, fmt.Errorf("candidate's component %s is not from 1 to 256", quote(fields[1]))
	}
	if !token(transport) {
		return false, fmt.Errorf("candidate's transport %s is not a token", quote(transport))
	}
	if _, ok := number(fields[3], 1<<32-1); !ok {
		return false, fmt.Errorf("candidate's priority %s is not a number of 32 bits", quote(fields[3]))
	}
	if address == "" {
		return false, errors.New("candidate's address is empty")
	}
	port, ok := number(fields[5], 1<<16-1)
	if !ok {
		return false, fmt.Errorf("candidate's port %s is not from 0 to 65535", quote(fields[5]))
	}
	if typ != "typ" || !token(kind) {
		return false, fmt.Errorf("candidate has %s %s where its type belongs", quote(typ), quote(kind))
	}
	// One component, as RTP and RTCP share a port; Firefox offers a second.
	usable = component == 1 && reachable(address) && carries(transport, port) &&
		known(kind) && extended(fields[fixed:])
	return usable, nil
}

// carries tells the transports that exist here, and where UDP cannot go.
func carries(transport string, port uint64) bool {
	switch strings.ToLower(transport) {
	case "udp":
		return port != 0
	case "tcp": // an active one has the discard port, or none (RFC 6544 §4.5)
		return true
	}
	return false
}

// reachable tells addresses that a packet can be sent to. Names are not
// resolved: those of mDNS cannot be across networks, and looking up others
// would let strangers choose what this server asks its resolver.
func reachable(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && !a.IsUnspecified() && !a.IsMulticast()
}

// known tells the candidate types of RFC 8839 §5.1.
func known(kind string) bool {
	switch kind {
	case "host", "srflx", "prflx", "relay":
		return true
	}
	return false
}

// extended tells whether the fields after the type are such as agents take:
// the related address whole, the TCP type one of RFC 6544 §4.5. A value may be
// missing, as some senders have none for an extension that they name.
func extended(fields []string) bool {
	if len(fields) > 0 && fields[0] == "raddr" {
		if len(fields) < 4 || fields[1] == "" || fields[2] != "rport" {
			return false
		}
		if _, ok := number(fields[3], 1<<16-1); !ok {
			return false
		}
		fields = fields[4:]
	}
	if len(fields) > 0 && fields[0] == "" {
		return false
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] != "tcptype" {
			continue
		}
		switch fields[i+1] {
		case "active", "passive", "so":
		default:
			return false
		}
	}
	return true
}
