// Package signaling speaks HTTP for Lectern: WHIP (RFC 9725) and WHEP
// (draft-ietf-wish-whep) with its extensions for events and layers, and the
// part of the REST API that lists and shows streams and their addresses. RTMP
// servers in front ask it by nginx-rtmp's hooks what it would decide. It mounts
// on any gin.IRouter.
//
// Invariant: what passes through here is text. Offers and fragments go to
// package sfu/peer as they came, and answers come back from it; the package
// decides who may do so and how often, and turns errors into statuses, in one
// table (problem.go). It never touches media: a key frame that somebody asks
// for goes out as package sfu gives it, unread.
//
// Where the texts leave a choice open, this server
//
//   - lets a viewer attach to a stream that is not live yet, and starts when
//     it is (Options.RequireLive refuses it with 409 and Retry-After);
//   - lets a publisher that returns with the same identity take over when its
//     media flows, and refuses another identity with 409;
//   - answers each offer with an answer: it never counter-offers, and so never
//     sends 406 (WHEP §4.3.2);
//   - takes a fragment with other credentials for an ICE restart, whether
//     If-Match is * or the present entity tag; a restart that is sent again
//     word by word gets the same answer again, as its first may be lost;
//   - offers the events active, inactive, viewercount and layers, but neither
//     reconnect nor scte35, as nothing here would send them;
//   - lets a layer be chosen by its rid, or by the largest width and height,
//     among what the publisher sends; of a publisher with one encoding there
//     is nothing to choose, and of layers within one (SVC) neither: 422;
//   - answers OPTIONS with 200, preflight or not;
//   - knows nothing of a session that was deleted or has failed: 404. One that
//     the client's own DTLS close has ended can be deleted once within ten
//     seconds, because several clients do things in that order.
package signaling
