package signaling

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"
)

// wantType compares media types as RFC 9110 §8.3.1 says: case does not
// matter, and parameters do not here.
func wantType(r *http.Request, want string) error {
	header := r.Header.Get("Content-Type")
	got, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || got != want {
		return fmt.Errorf("%w: got %.80q, want %s", errMediaType, header, want)
	}
	return nil
}

// readBody reads no more than limit bytes.
func readBody(c *gin.Context, limit int64) (string, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "", fmt.Errorf("%w: at most %d bytes are taken", errBody, limit)
	case err != nil:
		return "", fmt.Errorf("%w: %w", errTruncated, err)
	}
	return string(body), nil
}
