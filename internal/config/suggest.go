package config

import "strings"

// suggest is ", did you mean X?" with the candidate nearest to a word, or ""
// when none is near. The lead is what all of them begin with and what does
// not count: a prefix, the dashes of a flag.
func suggest(lead, word string, candidates []string) string {
	if len(word) > maxWord {
		return ""
	}
	word = strings.TrimPrefix(word, lead)
	best, nearest := "", len(word)/3+1
	for _, c := range candidates {
		if d := distance(word, strings.TrimPrefix(c, lead)); d <= nearest && (best == "" || d < nearest) {
			best, nearest = c, d
		}
	}
	if best == "" {
		best = unprefixed(word, candidates)
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// unprefixed finds the only candidate that ends in the word as a part of its
// own: "listen" could be several, "public_ip" is rtc.public_ip.
func unprefixed(word string, candidates []string) string {
	found := ""
	for _, c := range candidates {
		rest, ok := strings.CutSuffix(c, word)
		if !ok || word == "" || !strings.HasSuffix(rest, ".") && !strings.HasSuffix(rest, "_") {
			continue
		}
		if found != "" {
			return ""
		}
		found = c
	}
	return found
}

// maxWord is more than any name has; longer words are not compared.
const maxWord = 64

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that make b of a (optimal string alignment).
func distance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return maxWord
	}
	var before, last, row [maxWord + 1]int
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
