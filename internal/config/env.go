package config

import (
	"regexp"
	"slices"
	"strings"
)

// fileSuffix, after the variable of a setting with secrets, names a file that
// holds the value: what Docker and Kubernetes secrets are.
const fileSuffix = "_FILE"

// serviceLink matches what Kubernetes puts into the environment of every
// container beside a service that is called lectern: nobody set those. A plain
// LECTERN_PORT=8080 is none of them, but a mistake to report.
var serviceLink = regexp.MustCompile(`^LECTERN_([A-Z0-9_]+_)?(SERVICE_HOST=.*|SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]+|` +
	`PORT(_[0-9]+_(TCP|UDP|SCTP))?=[a-z]+://.*|PORT_[0-9]+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)=.*)$`)

// loadEnv reads every variable that begins with EnvPrefix.
func (l *loader) loadEnv(environ []string) {
	environ = slices.Clone(environ)
	slices.Sort(environ) // so that errors have one order
	given := make(map[string]bool)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || name == FileEnv || serviceLink.MatchString(entry) {
			continue
		}
		s, fromFile, known := envSetting(name)
		if !known {
			l.fail(name, "", "unknown setting%s", suggest(EnvPrefix, name, envNames()))
			continue
		}
		if given[s.Key] {
			l.fail(name, s.Key, "set by %s too: use one of them", s.Env)
			continue
		}
		given[s.Key] = true
		if fromFile {
			text, err := readFile(value)
			if err != nil {
				l.fail(name, s.Key, "%v", err)
				continue
			}
			value = strings.TrimSuffix(string(text), "\n")
		}
		l.set(s, name, value)
	}
}

// envSetting finds the setting of a variable.
func envSetting(name string) (s Setting, fromFile, known bool) {
	for _, s := range all {
		if name == s.Env {
			return s, false, true
		}
		if s.Secret && name == s.Env+fileSuffix {
			return s, true, true
		}
	}
	return Setting{}, false, false
}

// envNames are all variables that are read.
func envNames() []string {
	names := []string{FileEnv}
	for _, s := range all {
		names = append(names, s.Env)
		if s.Secret {
			names = append(names, s.Env+fileSuffix)
		}
	}
	return names
}
