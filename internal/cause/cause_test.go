package cause

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

var table = Table{{io.EOF, "left"}, {io.ErrUnexpectedEOF, "broken"}, {io.ErrClosedPipe, "left"}}

func TestEveryErrorHasAWord(t *testing.T) {
	for err, want := range map[error]string{
		io.EOF:                                   "left",
		io.ErrUnexpectedEOF:                      "broken",
		fmt.Errorf("read: %w", io.ErrClosedPipe): "left",
		errors.New("something else"):             Other,
		nil:                                      Other,
	} {
		if got := table.Word(err); got != want || !slices.Contains(table.Words(), got) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestWordsAreThereOnce(t *testing.T) {
	if got, want := table.Words(), []string{"broken", "error", "left"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
