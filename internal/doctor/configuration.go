package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lectern/internal/config"
)

// configuration says what is wrong with the settings, one check a mistake.
func (e *exam) configuration(context.Context) {
	if e.ConfigErr == nil {
		if _, err := e.Config.Auth.Options(); err != nil {
			e.keyFile(err)
			return
		}
		e.add("config", OK, "configuration", fmt.Sprintf("%d settings are not at their default", len(e.Config.Changed())), "")
		return
	}
	for _, err := range each(e.ConfigErr) {
		fix := "lectern serve --help lists the settings, and docs/settings.md those that are secret, too"
		if _, ok := errors.AsType[*config.Error](err); !ok {
			fix = "name a file that can be read with --config, or none"
		}
		e.add("config", Fail, "configuration", err.Error(), fix)
	}
}

// keyFile says that a file of a signer of tokens cannot be read, without which
// the server does not start. Whoever runs the doctor may read less than it does.
func (e *exam) keyFile(err error) {
	if errors.Is(err, fs.ErrPermission) {
		e.add("config", Warn, "configuration", err.Error(), "run the doctor as the user that runs the server, and let that one read the file")
		return
	}
	e.add("config", Fail, "configuration", err.Error(), "make that file, or name another: the server does not start without it")
}

// each takes joined errors apart.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
