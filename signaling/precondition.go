package signaling

import "strings"

// matches holds If-Match against the tag of the present ICE session (RFC 9110
// §13.1.1, RFC 9725 §4.3.1). A quoted asterisk counts as one, as that is how
// the RFC's own figure prints it.
func matches(ifMatch []string, tag string) error {
	list := strings.TrimSpace(strings.Join(ifMatch, ","))
	switch list {
	case "":
		return errNoIfMatch
	case "*", `"*"`:
		return nil
	}
	for list != "" {
		var found string
		var ok bool
		if found, list, ok = nextTag(list); !ok {
			return errIfMatch
		}
		if found == tag {
			return nil
		}
	}
	return errIfMatch
}

// nextTag cuts the first entity tag off a list. A weak one keeps its W/, and
// so is equal to no strong one, as §8.8.3.2 wants it.
func nextTag(list string) (tag, rest string, ok bool) {
	list = strings.TrimLeft(list, " \t,")
	weak := strings.HasPrefix(list, "W/")
	open := 0
	if weak {
		open = len("W/")
	}
	if len(list) <= open || list[open] != '"' {
		return "", "", false
	}
	length := strings.IndexByte(list[open+1:], '"')
	if length < 0 {
		return "", "", false
	}
	end := open + 1 + length + 1
	return list[:end], strings.TrimLeft(list[end:], " \t,"), true
}
