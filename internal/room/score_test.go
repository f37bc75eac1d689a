package room

import "testing"

func TestAnAnswerIsRightOrNot(t *testing.T) {
	for _, test := range []struct {
		multi   bool
		correct []int
		choice  []int
		want    bool
	}{
		{false, nil, []int{0}, false},
		{false, []int{1}, []int{1}, true},
		{false, []int{1}, []int{0}, false},
		{false, []int{1, 2}, []int{2}, true},
		{true, []int{1, 2}, []int{2}, false},
		{true, []int{1, 2}, []int{2, 1}, true},
		{true, []int{1, 2}, []int{0, 1, 2}, false},
		{true, []int{1}, []int{1, 1}, false},
		{true, []int{1}, nil, false},
	} {
		if got := (Poll{Multi: test.multi, Correct: test.correct}).Right(test.choice); got != test.want {
			t.Errorf("%v of %v, multi %v: %v", test.choice, test.correct, test.multi, got)
		}
	}
}
