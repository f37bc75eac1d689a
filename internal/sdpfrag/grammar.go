package sdpfrag

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// control tells characters that no line may have.
func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// number reads digits only, up to most and no longer than it.
func number(s string, most uint64) (n uint64, ok bool) {
	if len(s) > len(strconv.FormatUint(most, 10)) {
		return 0, false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= most
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// iceChars tells one or more ice-char (RFC 8839 §5.1).
func iceChars(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !alphanumeric(r) && r != '+' && r != '/' })
}

// token tells a token of SDP (RFC 8866 §9).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`{|}~", r)
	})
}

// quote shows what a peer sent in an error: escaped, and not at length.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
