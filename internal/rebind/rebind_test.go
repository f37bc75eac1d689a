package rebind

import "testing"

func TestNamesThatAnybodyCanHave(t *testing.T) {
	for host, want := range map[string]bool{
		"evil.example": true, "evil.example:8080": true, "127.0.0.1.evil.example": true, "localhost.evil.example:1": true, "evil.local.example": true,
		"127.0.0.1": false, "127.0.0.1:8081": false, "[::1]:8081": false, "[::1]": false, "::1": false, "10.1.2.3:80": false,
		"localhost": false, "LOCALHOST.:8081": false, "a.localhost:80": false, "server": false, "server:8081": false, "": false,
		"server.local": false, "metrics.Internal:8081": false, "x.home.arpa.": false,
	} {
		if got := Possible(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}
