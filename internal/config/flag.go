package config

import (
	"errors"

	"github.com/spf13/pflag"
)

// AddFlags gives fs a flag for every setting that has one. Load reads them;
// until then their values are text that nobody looked at.
func AddFlags(fs *pflag.FlagSet) {
	for _, s := range all {
		if s.Flag == "" {
			continue
		}
		f := fs.VarPF(&flagText{kind: s.Kind, text: s.Default}, s.Flag, "", s.Help)
		if s.Kind == "true|false" {
			f.NoOptDefVal = "true"
		}
	}
}

// flagText is a flag as it was given; given again, a list grows and anything
// else is replaced.
type flagText struct {
	kind, text string
	given      bool
}

func (f *flagText) String() string { return f.text }
func (f *flagText) Type() string   { return f.kind }

func (f *flagText) Set(text string) error {
	if f.kind == "list" && f.given {
		text = f.text + "," + text
	}
	f.text, f.given = text, true
	return nil
}

// loadFlags reads the flags that were given.
func (l *loader) loadFlags(fs *pflag.FlagSet) {
	if fs == nil {
		return
	}
	for _, s := range all {
		if s.Flag == "" {
			continue
		}
		if f := fs.Lookup(s.Flag); f != nil && f.Changed {
			l.set(s, "--"+s.Flag, f.Value.String())
		}
	}
}

// FlagError explains an error of parsing flags of fs: an unknown flag becomes
// an *Error that names the nearest one, or the places where a secret may be set.
// Any other error is returned as it is.
func FlagError(fs *pflag.FlagSet, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	name := unknown.GetSpecifiedName()
	if s, ok := lookup(name); ok && s.Secret {
		return &Error{Source: "--" + name, Reason: "holds secrets, which other users of this machine could read from the command line: set it in the file, or by " +
			s.Env + " or " + s.Env + fileSuffix}
	}
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return &Error{Source: "--" + name, Reason: "unknown flag" + suggest("--", "--"+name, names)}
}
