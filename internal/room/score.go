package room

// Right says whether a choice is exactly what is correct, or, where one option
// is to be chosen and several are correct, one of them. Where nothing is correct
// no choice is right.
func (p Poll) Right(choice []int) bool {
	want := map[int]bool{}
	for _, i := range p.Correct {
		want[i] = true
	}
	found := 0
	for _, i := range choice {
		if !want[i] {
			return false
		}
		delete(want, i)
		found++
	}
	return found > 0 && (len(want) == 0 || found == 1 && !p.Multi)
}
