package classroom

import "fmt"

// CloseError ends a connection whose client did something that cannot go on.
type CloseError struct{ Close }

// Error says why, and with which code.
func (e *CloseError) Error() string { return fmt.Sprintf("close %d: %s", e.Code, e.Reason) }

func closeWith(code int, format string, args ...any) *CloseError {
	return &CloseError{Close{Code: code, Reason: fmt.Sprintf(format, args...)}}
}
