package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
)

// Files are where Load looks when no file is named; the first that exists counts.
var Files = []string{"lectern.yaml", "/etc/lectern/lectern.yaml"}

// FileEnv names the configuration file, as Sources.File does.
const FileEnv = EnvPrefix + "CONFIG"

// maxFile bounds what is read into memory from a file that somebody named.
const maxFile = 1 << 20

// Sources are where a configuration comes from. The zero Sources read Files only.
type Sources struct {
	// File is the configuration file; "" leaves it to FileEnv, then to Files.
	// A file that is named must exist.
	File string
	// Env is the environment, as os.Environ gives it.
	Env []string
	// Flags are those of AddFlags, parsed; nil is none.
	Flags *pflag.FlagSet
}

// Load reads the sources over the defaults and validates the result. Its error
// joins an *Error for each thing that is wrong, or says which file cannot be read.
func Load(s Sources) (Config, error) {
	l := &loader{config: Default(), sources: make(map[string]string)}
	l.loadFile(s)
	l.loadEnv(s.Env)
	l.loadFlags(s.Flags)
	for _, e := range l.config.problems() {
		e.Source = l.source(e.Key)
		l.errs = append(l.errs, e)
	}
	if err := errors.Join(l.errs...); err != nil {
		return Config{}, err
	}
	l.config.from = l.sources
	return l.config, nil
}

// loader gathers a configuration, where each part of it came from, and every error.
type loader struct {
	config  Config
	sources map[string]string
	errs    []error
}

// target is the field of a setting.
func (l *loader) target(s Setting) reflect.Value {
	return s.value(reflect.ValueOf(&l.config).Elem())
}

// fail records that a value cannot be used.
func (l *loader) fail(source, key, format string, args ...any) {
	l.errs = append(l.errs, &Error{Key: key, Source: source, Reason: fmt.Sprintf(format, args...)})
}

// set parses the text of a setting. A list of records is written in YAML, or
// JSON, which is YAML too.
func (l *loader) set(s Setting, source, text string) {
	delete(l.sources, s.Key)
	if isRecords(s.typ) {
		l.setRecords(s, source, text)
		return
	}
	if err := parse(l.target(s), text); err != nil {
		l.fail(source, s.Key, "%s", refusal(text, s.Secret, err))
		return
	}
	l.sources[s.Key] = source
}

// isRecords reports whether a type is a list of structs that have no text form.
func isRecords(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct &&
		!isText(t.Elem()) && t.Elem().PkgPath() == reflect.TypeFor[Config]().PkgPath()
}

// refusal shows a value with what is wrong about it, unless it is a secret.
func refusal(text string, secret bool, err error) string {
	if secret {
		return err.Error()
	}
	return fmt.Sprintf("%.80q: %v", text, err)
}

// source finds where a key was set: itself, or what it is a part of, as
// auth.keys[0].can is a part of auth.keys.
func (l *loader) source(key string) string {
	for key != "" {
		if source, ok := l.sources[key]; ok {
			return source
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return ""
}

// loadFile reads the file that is named, or the first of Files that exists.
func (l *loader) loadFile(s Sources) {
	named := s.File
	if named == "" {
		for _, entry := range s.Env {
			if value, ok := strings.CutPrefix(entry, FileEnv+"="); ok {
				named = value
			}
		}
	}
	if named != "" {
		text, err := readFile(named)
		l.use(named, text, err)
		return
	}
	for _, name := range Files {
		if text, err := readFile(name); !errors.Is(err, fs.ErrNotExist) {
			l.use(name, text, err)
			return
		}
	}
}

func (l *loader) use(name string, text []byte, err error) {
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("read the configuration: %w", err))
		return
	}
	l.readYAML(text, position{name: name, lines: true})
}

// readFile reads a whole file of at most maxFile bytes.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxFile)
	}
	return text, err
}
