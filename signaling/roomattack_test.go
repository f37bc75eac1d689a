package signaling

import "testing"

func TestNoCellIsAFormulaHoweverItIsSeparated(t *testing.T) {
	for cell, want := range map[string]string{
		"":                           "",
		"Ada":                        "Ada",
		"a-b = c":                    "a-b = c",
		"=1+1":                       "'=1+1",
		" =1+1":                      " '=1+1",
		"x;=HYPERLINK(1)":            "x;'=HYPERLINK(1)",
		"x; @SUM(1)":                 "x; '@SUM(1)",
		"two lines\n+1":              "two lines\n'+1",
		"x\t-1":                      "x\t'-1",
		`x;"=1`:                      `x;"'=1`,
		"＝1＋1":                       "'＝1＋1",
		"semicolons; in; a sentence": "semicolons; in; a sentence",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}
