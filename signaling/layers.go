package signaling

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"lectern/sfu"
)

// layerChoice is what a viewer asks for (WHEP's layer extension).
type layerChoice struct {
	MediaID            *string `json:"mediaId"`
	RID                *string `json:"rid"`
	SpatialLayerID     *int    `json:"spatialLayerId"`
	TemporalLayerID    *int    `json:"temporalLayerId"`
	MaxSpatialLayerID  *int    `json:"maxSpatialLayerId"`
	MaxTemporalLayerID *int    `json:"maxTemporalLayerId"`
	MaxWidth           *int    `json:"maxWidth"`
	MaxHeight          *int    `json:"maxHeight"`
}

// layer is where a viewer chooses among the encodings of a publisher. DELETE,
// or a choice that names none, leaves it to the server again.
func (s *Server) layer() gin.HandlerFunc {
	return methods{http.MethodPost: s.chooseLayer, http.MethodDelete: s.releaseLayer}.handler(s)
}

func (s *Server) releaseLayer(c *gin.Context) {
	ses, err := s.owned(c, whep)
	if err != nil {
		s.fail(c, err)
		return
	}
	ses.peer.SetLayer("")
	ses.peer.SetPicture(true)
	c.Status(http.StatusOK)
}

func (s *Server) chooseLayer(c *gin.Context) {
	ses, err := s.owned(c, whep)
	if err != nil {
		s.fail(c, err)
		return
	}
	choice, err := s.readChoice(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	info, _ := s.options.Router.Info(ses.owner.stream)
	section := videoSection(ses.peer.Answer())
	var rid string
	if err = choice.check(section); err == nil && !choice.none() {
		rid, err = choice.pick(info.Tracks)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if !choice.none() {
		ses.peer.SetLayer(rid)
	}
	ses.peer.SetPicture(!choice.none())
	c.Status(http.StatusOK)
}

func (s *Server) readChoice(c *gin.Context) (layerChoice, error) {
	var choice layerChoice
	body, err := readBody(c, s.options.Limits.JSONBytes)
	if err != nil {
		return choice, err
	}
	if err := wantType(c.Request, typeJSON); err != nil {
		return choice, err
	}
	if err := json.Unmarshal([]byte(body), &choice); err != nil {
		return choice, fmt.Errorf("%w: it has to be an object with mediaId, rid, maxWidth or maxHeight", errJSON)
	}
	return choice, nil
}

// check says what cannot be asked for.
func (l layerChoice) check(section string) error {
	if section == "" {
		return fmt.Errorf("%w: the session has no video", errLayer)
	}
	if l.MediaID != nil && *l.MediaID != section {
		return fmt.Errorf("%w: mediaId %.20q is not the video section, which is %q", errLayer, *l.MediaID, section)
	}
	if l.SpatialLayerID != nil || l.TemporalLayerID != nil || l.MaxSpatialLayerID != nil || l.MaxTemporalLayerID != nil {
		return fmt.Errorf("%w: layers are chosen by rid, maxWidth and maxHeight, not by spatial and temporal ids", errLayer)
	}
	return nil
}

// none says that no picture at all is small enough: the sound is enough.
func (l layerChoice) none() bool {
	return l.MaxWidth != nil && *l.MaxWidth == 0 || l.MaxHeight != nil && *l.MaxHeight == 0
}

// pick returns the RID of the layer that is meant, "" for whatever the server
// thinks best.
func (l layerChoice) pick(tracks []sfu.TrackStats) (rid string, err error) {
	if l.RID == nil && l.MaxWidth == nil && l.MaxHeight == nil {
		return "", nil
	}
	best, names := l.best(tracks)
	switch {
	case len(names) == 0:
		return "", fmt.Errorf("%w: the stream has one encoding only, or is not live", errLayer)
	case best == nil && l.RID != nil:
		return "", fmt.Errorf("%w: there is no rid %.40q as asked for; there are %s", errLayer, *l.RID, strings.Join(names, ", "))
	case best == nil:
		return "", fmt.Errorf("%w: none is as small as that", errLayer)
	}
	return best.RID, nil
}

// best is the largest layer that is as it was asked for, nil without one, and
// the names of all.
func (l layerChoice) best(tracks []sfu.TrackStats) (best *sfu.TrackStats, names []string) {
	for i := range tracks {
		t := &tracks[i]
		if t.Kind != sfu.Video || t.RID == "" || slices.Contains(names, t.RID) {
			continue
		}
		names = append(names, t.RID)
		if l.fits(t) && (best == nil || t.Width*t.Height > best.Width*best.Height) {
			best = t
		}
	}
	return best, names
}

func (l layerChoice) fits(t *sfu.TrackStats) bool {
	return (l.RID == nil || t.RID == *l.RID) &&
		(l.MaxWidth == nil || t.Width > 0 && t.Width <= *l.MaxWidth) &&
		(l.MaxHeight == nil || t.Height > 0 && t.Height <= *l.MaxHeight)
}
