package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The headers of a call.
const (
	// HeaderEvent has the name of the setting, "on_publish".
	HeaderEvent = "Lectern-Event"
	// HeaderDelivery names what is told; a call that is made again has the
	// same.
	HeaderDelivery = "Lectern-Delivery"
	// HeaderTimestamp is when the call was made, in seconds since 1970. It is
	// signed as well, so that a receiver can refuse old ones.
	HeaderTimestamp = "Lectern-Timestamp"
	// HeaderSignature is what Sign returns.
	HeaderSignature = "Lectern-Signature"
)

// Sign returns the signature of a call: "sha256=" and the hexadecimal
// HMAC-SHA256 (RFC 2104) of its timestamp, a dot, and its body as it was sent,
// or its query where the method is GET.
func Sign(secret string, at time.Time, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strconv.FormatInt(at.Unix(), 10) + "." + body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
