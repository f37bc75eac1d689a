package doctor

import (
	"context"
	"errors"
	"fmt"

	"lectern/internal/config"
)

// configuration says what is wrong with the settings, one check a mistake.
func (e *exam) configuration(context.Context) {
	if e.ConfigErr == nil {
		e.add("config", OK, "configuration", fmt.Sprintf("%d settings are not at their default", len(e.Config.Changed())), "")
		return
	}
	for _, err := range each(e.ConfigErr) {
		fix := "see docs/settings.md for what may be there"
		if _, ok := errors.AsType[*config.Error](err); !ok {
			fix = "name a file that can be read with --config, or none"
		}
		e.add("config", Fail, "configuration", err.Error(), fix)
	}
}

// each takes joined errors apart.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
