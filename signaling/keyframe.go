package signaling

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"lectern/internal/limit"
	"lectern/sfu"
)

// keyFrameSuffix goes behind a stream's name in the path of its key frame.
const keyFrameSuffix = "/keyframe"

// keyFrameAge is the seconds for which a cache may take a key frame for the
// newest.
const keyFrameAge = "5"

// keyFrameOf says whose key frame is asked for. The slash before the last part
// counts as ours only where it is written as one: in "studio%2Fkeyframe" it
// belongs to the stream's name.
func keyFrameOf(c *gin.Context) (name string, ok bool) {
	if !strings.HasSuffix(c.Request.URL.EscapedPath(), keyFrameSuffix) {
		return "", false
	}
	name = strings.TrimPrefix(strings.TrimSuffix(c.Param("name"), keyFrameSuffix), "/")
	return name, name != "" // the name "keyframe" alone is a stream's
}

// showStreamOrKeyFrame answers for everything below a stream's name.
func (s *Server) showStreamOrKeyFrame(c *gin.Context) {
	if name, ok := keyFrameOf(c); ok {
		s.showKeyFrame(c, name)
		return
	}
	s.showStream(c)
}

// showKeyFrame answers with the newest key frame of a stream, as a decoder
// takes it.
func (s *Server) showKeyFrame(c *gin.Context, name string) {
	key, err := s.keyFrame(c.Request, name)
	if err != nil {
		s.fail(c, err)
		return
	}
	sum := sha256.Sum256(key.Data)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Header("ETag", tag)
	c.Header("Cache-Control", "private, max-age="+keyFrameAge)
	c.Header("Lectern-Codec", key.Codec)
	c.Header("Lectern-Width", strconv.Itoa(key.Width))
	c.Header("Lectern-Height", strconv.Itoa(key.Height))
	c.Header("Lectern-Age", strconv.FormatInt(max(s.options.Now().Sub(key.Arrival).Milliseconds(), 0), 10))
	if cached(c.Request.Header.Values("If-None-Match"), tag) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Header("X-Content-Type-Options", "nosniff") // what is in it, a publisher has chosen
	c.Header("Content-Type", typeBytes)
	c.Header("Content-Length", strconv.Itoa(len(key.Data)))
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
	if c.Request.Method != http.MethodHead {
		_, _ = c.Writer.Write(key.Data) // the client has gone
	}
}

func (s *Server) keyFrame(r *http.Request, name string) (sfu.KeyFrame, error) {
	stream, err := sfu.ParseName(name)
	if err != nil {
		return sfu.KeyFrame{}, err
	}
	from := s.client(r)
	if _, err := s.decide(r, from, Watch, stream); err != nil {
		return sfu.KeyFrame{}, err
	}
	if wait := s.looking.take(from.key, s.options.Now()); wait > 0 && !from.exempt {
		return sfu.KeyFrame{}, s.tooMany(limit.JoinRate, "requests for key frames", wait)
	}
	key, ok := s.options.Router.KeyFrame(stream)
	if !ok {
		return sfu.KeyFrame{}, errNoPicture
	}
	return key, nil
}

// cached holds If-None-Match against a tag (RFC 9110 §13.1.2), by the weak
// comparison.
func cached(ifNoneMatch []string, tag string) bool {
	list := strings.TrimSpace(strings.Join(ifNoneMatch, ","))
	if list == "*" {
		return true
	}
	for list != "" {
		found, rest, ok := nextTag(list)
		if !ok {
			return false
		}
		if strings.TrimPrefix(found, "W/") == tag {
			return true
		}
		list = rest
	}
	return false
}
