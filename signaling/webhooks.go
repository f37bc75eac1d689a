package signaling

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"lectern/internal/audit"
	"lectern/internal/webhook"
)

// mountWebhooks adds the routes about what webhooks were told:
//
//	/api/v1/webhooks/deliveries
//	/api/v1/webhooks/deliveries/ID/redeliver
func (s *Server) mountWebhooks(r gin.IRouter) {
	if s.options.Owner.Webhooks == nil {
		return
	}
	r.Any("/api/v1/webhooks/deliveries", methods{"GET": s.listDeliveries}.handler(s))
	r.Any("/api/v1/webhooks/deliveries/:id/redeliver", methods{"POST": s.redeliver}.handler(s))
}

// deliveryList is the answer to GET, the newest first.
type deliveryList struct {
	Deliveries []webhook.Delivery `json:"deliveries"`
}

func (s *Server) listDeliveries(c *gin.Context) {
	if _, err := s.owns(c); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, deliveryList{s.options.Owner.Webhooks.Deliveries()})
}

// redeliver tells a webhook again what it was told before. The answer says how
// the delivery stands, which is waiting.
func (s *Server) redeliver(c *gin.Context) {
	act, err := s.owns(c)
	var d webhook.Delivery
	if err == nil {
		d, err = s.options.Owner.Webhooks.Redeliver(c.Param("id"))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	act.Detail = string(d.Event) + " " + d.ID + " to " + d.URL
	s.record(act, audit.Redeliver)
	s.answer(c, http.StatusAccepted, d)
}
