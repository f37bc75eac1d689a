package signaling

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
)

const typeForm = "application/x-www-form-urlencoded"

// maxForm bounds the body of a form: it has a few names and a token.
const maxForm = 16 << 10

// readForm returns the fields of a POST's body and, after those of the same
// names, of the URL's query.
func readForm(c *gin.Context) (url.Values, error) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	if c.Request.Method != http.MethodPost {
		return query, nil
	}
	if err := wantType(c.Request, typeForm); err != nil {
		return nil, err
	}
	body, err := readBody(c, maxForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	for name, values := range query {
		form[name] = append(form[name], values...)
	}
	return form, nil
}
