package room

import "strings"

// ParsePoll reads a question as people paste it: a line of "? " and the question
// (or just the first line), "- option" and "* option" for those that are correct.
//
//	? What is 6 × 7?
//	- 36
//	* 42
func ParsePoll(text string) (PollStart, error) {
	if len(text) > pollTextBytes {
		return PollStart{}, &Error{Code: CodeTooLarge, Field: "text", Message: "the question is too long"}
	}
	var p PollStart
	for raw := range strings.Lines(prose(text)) {
		l := strings.TrimSpace(raw)
		mark, rest, _ := strings.Cut(l, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case l == "":
		case mark == "-" || mark == "*":
			if mark == "*" {
				p.Correct = append(p.Correct, len(p.Options))
			}
			p.Options = append(p.Options, rest)
		case len(p.Options) > 0:
			return p, invalid("text", "an option begins with - or *")
		default:
			l = strings.TrimSpace(strings.TrimPrefix(l, "?"))
			p.Q = strings.TrimSpace(p.Q + " " + l)
		}
	}
	return p, nil
}
