package hook

import (
	"errors"
	"testing"

	"lectern/sfu"
)

var locations = map[string]string{
	"cam2": "live/cam2", "/cam2": "live/cam2", "app/cam2": "app/cam2", "/app/cam2": "app/cam2", "a/b/c/d": "a/b/c/d",
	"rtmp://host/app/cam2": "app/cam2", "RTMP://host:1935/app/cam2?k=v": "app/cam2", "rtmps://[::1]/app/cam2": "app/cam2",
	"rtmp://host/cam2": "live/cam2", "cam2?token=x": "live/cam2",
	"": "", "/": "", "//host/app/cam2": "", "http://host/app/cam2": "", "https://host/": "", "rtmp://host": "", "rtmp://": "", "a b": "",
	"a/b/c/d/e": "", "../cam2": "", "app//cam2": "", "cam2\r\nX: y": "", "app/cam2/": "", "file:///etc/passwd": "",
}

func TestLocations(t *testing.T) {
	for location, want := range locations {
		got, err := rename("live/cam1", location)
		if got != want || errors.Is(err, errLocation) != (want == "") {
			t.Errorf("%q is %q, %v, want %q", location, got, err, want)
		}
	}
}

func FuzzLocation(f *testing.F) {
	for location := range locations {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		name, err := rename("app/cam1", location)
		if err != nil {
			if name != "" || !errors.Is(err, errLocation) {
				t.Errorf("%q, %v", name, err)
			}
			return
		}
		if canonical, err := sfu.ParseName(name); err != nil || canonical != name {
			t.Errorf("%q from %q is no canonical name", name, location)
		}
	})
}
