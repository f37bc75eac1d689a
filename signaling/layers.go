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
	rid, err := choice.pick(info.Tracks, videoSection(ses.peer.Answer()))
	if err != nil {
		s.fail(c, err)
		return
	}
	ses.peer.SetLayer(rid)
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

// pick returns the RID of the layer that is meant, "" for whatever the server
// thinks best.
func (l layerChoice) pick(tracks []sfu.TrackStats, section string) (rid string, err error) {
	if section == "" {
		return "", fmt.Errorf("%w: the session has no video", errLayer)
	}
	if l.MediaID != nil && *l.MediaID != section {
		return "", fmt.Errorf("%w: mediaId %.20q is not the video section, which is %q", errLayer, *l.MediaID, section)
	}
	if l.SpatialLayerID != nil || l.TemporalLayerID != nil || l.MaxSpatialLayerID != nil || l.MaxTemporalLayerID != nil {
		return "", fmt.Errorf("%w: layers are chosen by rid, maxWidth and maxHeight, not by spatial and temporal ids", errLayer)
	}
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
