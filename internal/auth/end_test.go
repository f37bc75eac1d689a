package auth

import (
	"errors"
	"testing"
	"time"
)

func TestGrantsEndWithTheirTokens(t *testing.T) {
	if end := (Grant{}).Until(); !end.IsZero() {
		t.Errorf("a grant for ever ends at %v", end)
	}
	if got, want := (Grant{Expires: noon}).Until(), noon.Add(5*time.Second); !got.Equal(want) {
		t.Errorf("end = %v, want %v: a token that is still taken must not end at once", got, want)
	}
}

func TestEndsAreRefusals(t *testing.T) {
	for _, err := range []error{ErrRevoked, ErrExpired} {
		if !errors.Is(err, ErrDenied) || errors.Is(err, ErrInvalidToken) {
			t.Errorf("%v is not ErrDenied alone", err)
		}
	}
	if !errors.Is(ErrPast, ErrInvalidToken) || errors.Is(ErrPast, ErrDenied) {
		t.Error("a token that was good once is not ErrInvalidToken alone")
	}
	if errors.Is(ErrUnavailable, ErrDenied) {
		t.Error("no answer is taken for a refusal")
	}
}
