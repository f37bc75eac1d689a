package signaling

import (
	"slices"

	"lectern/internal/classroom"
	"lectern/internal/history"
	"lectern/internal/room"
	"lectern/internal/webhook"
)

// operation is one method of one route, as the API's description has it.
type operation struct {
	method, path string // with {parameters}
	id           string // a name for a function that calls it
	summary      string
	who          right
	query        []parameter
	body         *content
	answers      answers
	headers      []string // of a success, that a client needs
}

// answers are the successes by their status. Problems may come everywhere.
type answers map[int]*content

// right is what a client needs, besides what the settings leave open.
type right string

const (
	forAnybody   right = ""
	forPublisher right = "publish"
	forViewer    right = "watch"
	forHolder    right = "session" // the token that made the session
	forMember    right = "join"    // a token for the room
	forTeacher   right = "teacher"
	forOwner     right = "admin"
)

type parameter struct{ name, about string }

// content is a body: a Go value's type as JSON, or what a media type describes.
type content struct {
	media string
	value any
}

func ofJSON(value any) *content { return &content{typeJSON, value} }

// What is described by its media type.
var (
	ofSDP      = &content{media: typeSDP}
	ofFragment = &content{media: typeFragment}
	ofForm     = &content{media: typeForm}
	ofText     = &content{media: "text/plain"}
	ofTable    = &content{media: "text/csv"}
	ofEvents   = &content{media: "text/event-stream"}
	ofBytes    = &content{media: "application/octet-stream"}
	ofNothing  *content
)

// findings are what Owner.Doctor returns, as internal/doctor writes it: who
// mounts these routes need not take along what the doctor looks at.
type findings struct {
	Checks []finding `json:"checks"`
}

type finding struct {
	ID     string `json:"id"`
	Level  string `json:"level"` // "ok", "warn", "fail"
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

// operations are the whole API, in the order of its description. HEAD goes with
// GET, and OPTIONS is everywhere. A test holds them against the routes, and
// every answer that a test sees against them.
var operations = slices.Concat(operationsOfMedia, operationsOfStreams, operationsOfRooms, operationsOfOwner, operationsOfChecks, operationsOfServer)

var operationsOfMedia = []operation{
	{method: "POST", path: "/whip/{stream}", id: "publish", summary: "Publish: an SDP offer in, the answer out (RFC 9725)", who: forPublisher,
		body: ofSDP, answers: answers{201: ofSDP}, headers: []string{"Location", "ETag", "Link"}},
	{method: "GET", path: "/whip/{stream}", id: "lookAtWHIP", summary: "Nothing but the media types (RFC 9725 §4.2)", answers: answers{204: ofNothing}},
	{method: "POST", path: "/whep/{stream}", id: "watch", summary: "Watch: an SDP offer in, the answer out (draft-ietf-wish-whep)", who: forViewer,
		body: ofSDP, answers: answers{201: ofSDP}, headers: []string{"Location", "ETag", "Link"}},
	{method: "POST", path: "/whep/room/{room}/seat/{seat}", id: "watchSeat", summary: "Watch what is on one seat of a room, whoever comes there", who: forMember,
		body: ofSDP, answers: answers{201: ofSDP}, headers: []string{"Location", "ETag", "Link"}},
	{method: "GET", path: "/whep/{stream}", id: "lookAtWHEP", summary: "Nothing but the media types", answers: answers{204: ofNothing}},
	{method: "GET", path: "/sessions/whip/{id}", id: "lookAtPublisher", summary: "Whether the session is there", answers: answers{204: ofNothing}},
	{method: "PATCH", path: "/sessions/whip/{id}", id: "patchPublisher", summary: "Candidates (204), or an ICE restart (200), with If-Match (RFC 9725 §4.3)", who: forHolder,
		body: ofFragment, answers: answers{200: ofFragment, 204: ofNothing}, headers: []string{"ETag"}},
	{method: "DELETE", path: "/sessions/whip/{id}", id: "endPublisher", summary: "End the session", who: forHolder, answers: answers{200: ofNothing}},
	{method: "GET", path: "/sessions/whip/{id}/layers", id: "followDemand", summary: "Which layers somebody watches, as they change", answers: answers{200: ofEvents}},
	{method: "GET", path: "/sessions/whep/{id}", id: "lookAtViewer", summary: "Whether the session is there", answers: answers{204: ofNothing}},
	{method: "PATCH", path: "/sessions/whep/{id}", id: "patchViewer", summary: "Candidates (204), or an ICE restart (200), with If-Match", who: forHolder,
		body: ofFragment, answers: answers{200: ofFragment, 204: ofNothing}, headers: []string{"ETag"}},
	{method: "DELETE", path: "/sessions/whep/{id}", id: "endViewer", summary: "End the session", who: forHolder, answers: answers{200: ofNothing}},
	{method: "POST", path: "/sessions/whep/{id}/events", id: "subscribe", summary: "Make an event stream of the events that are named, or of all", who: forHolder,
		body: ofJSON([]string{}), answers: answers{201: ofNothing}, headers: []string{"Location"}},
	{method: "GET", path: "/sessions/whep/{id}/events/{events}", id: "followSession", summary: "The session's events: active, inactive, viewercount, layers", answers: answers{200: ofEvents}},
	{method: "DELETE", path: "/sessions/whep/{id}/events/{events}", id: "unsubscribe", summary: "End an event stream", answers: answers{200: ofNothing}},
	{method: "POST", path: "/sessions/whep/{id}/layer", id: "chooseLayer", summary: "Choose a layer by rid or size; nothing named leaves it to the server", who: forHolder,
		body: ofJSON(layerChoice{}), answers: answers{200: ofNothing}},
	{method: "DELETE", path: "/sessions/whep/{id}/layer", id: "releaseLayer", summary: "Leave the layer to the server", who: forHolder, answers: answers{200: ofNothing}},
}

var operationsOfStreams = []operation{
	{method: "GET", path: "/api/v1/streams", id: "listStreams", summary: "The streams that the client may watch", answers: answers{200: ofJSON(streamList{})}},
	{method: "POST", path: "/api/v1/streams", id: "addressStream", summary: "Every address of a stream, which need not be there yet",
		body: ofJSON(streamWanted{}), answers: answers{200: ofJSON(streamAddresses{})}},
	{method: "GET", path: "/api/v1/streams/{stream}", id: "showStream", summary: "One stream", who: forViewer, answers: answers{200: ofJSON(streamInfo{})}},
	{method: "GET", path: "/api/v1/streams/{stream}/keyframe", id: "showKeyFrame", summary: "The newest key frame, for a decoder", who: forViewer,
		answers: answers{200: ofBytes, 304: ofNothing}, headers: []string{"Lectern-Codec", "Lectern-Width", "Lectern-Height", "Lectern-Age", "ETag"}},
	{method: "POST", path: "/api/v1/streams/{stream}/keyframe", id: "requestKeyFrame", summary: "Ask the publisher for a key frame", who: forOwner, answers: answers{202: ofNothing}},
	{method: "GET", path: "/api/v1/events", id: "followStreams", summary: "The list of streams, and what changes",
		query: []parameter{{"stream", "the one stream to hear of"}, {"rooms", "true: what happens in rooms as well, for the owner"}}, answers: answers{200: ofEvents}},
	{method: "POST", path: "/start", id: "start", summary: "For scripts: a stream's name in the field key, the RTMP address to push to out", body: ofForm, answers: answers{200: ofText}},
}

var operationsOfRooms = []operation{
	{method: "GET", path: "/api/v1/rooms", id: "listRooms", summary: "The rooms in which the client is a teacher", answers: answers{200: ofJSON(roomList{})}},
	{method: "POST", path: "/api/v1/rooms", id: "makeRoom", summary: "Make a room, and two links into it", who: forTeacher,
		body: ofJSON(roomChange{}), answers: answers{201: ofJSON(roomInfo{})}, headers: []string{"Location"}},
	{method: "GET", path: "/api/v1/rooms/{room}", id: "showRoom", summary: "What anybody may know of a room; teachers get all of it (RoomInfo)", answers: answers{200: ofJSON(classroom.Facts{})}},
	{method: "PATCH", path: "/api/v1/rooms/{room}", id: "changeRoom", summary: "Change what is named", who: forTeacher, body: ofJSON(roomChange{}), answers: answers{200: ofJSON(roomInfo{})}},
	{method: "DELETE", path: "/api/v1/rooms/{room}", id: "removeRoom", summary: "Remove the room and all that is kept of it", who: forTeacher, answers: answers{204: ofNothing}},
	{method: "GET", path: "/api/v1/rooms/{room}/ws", id: "enterRoom", summary: "The WebSocket of room.v1, which has a description of its own", answers: answers{101: ofNothing}},
	{method: "POST", path: "/api/v1/rooms/{room}/end", id: "endClass", summary: "End the class", who: forTeacher, answers: answers{204: ofNothing}},
	{method: "POST", path: "/api/v1/rooms/{room}/lock", id: "lockClass", summary: "Let nobody in any more, or again", who: forTeacher, body: ofJSON(lockWanted{}), answers: answers{204: ofNothing}},
	{method: "GET", path: "/api/v1/rooms/{room}/people", id: "listPeople", summary: "Who is there", who: forTeacher, answers: answers{200: ofJSON(room.PeoplePage{})}},
	{method: "GET", path: "/api/v1/rooms/{room}/invites", id: "listInvites", summary: "The invites, without their links", who: forTeacher, answers: answers{200: ofJSON(inviteList{})}},
	{method: "POST", path: "/api/v1/rooms/{room}/invites", id: "makeInvite", summary: "Make an invite; its link is shown this once", who: forTeacher,
		body: ofJSON(inviteWanted{}), answers: answers{201: ofJSON(inviteInfo{})}},
	{method: "DELETE", path: "/api/v1/rooms/{room}/invites/{invite}", id: "revokeInvite", summary: "Take an invite back", who: forTeacher, answers: answers{204: ofNothing}},
	{method: "GET", path: "/api/v1/rooms/{room}/attendance.json", id: "attendance", summary: "Who was in the present class, or the last", who: forTeacher, answers: answers{200: ofJSON(attendanceList{})}},
	{method: "GET", path: "/api/v1/rooms/{room}/attendance.csv", id: "attendanceTable", summary: "Likewise, for a spreadsheet", who: forTeacher, answers: answers{200: ofTable}},
	{method: "GET", path: "/api/v1/rooms/{room}/chat.csv", id: "chatTable", summary: "What was said in the chat", who: forTeacher, answers: answers{200: ofTable}},
	{method: "GET", path: "/api/v1/rooms/{room}/polls.json", id: "polls", summary: "The polls with their answers", who: forTeacher, answers: answers{200: ofJSON(pollList{})}},
	{method: "GET", path: "/api/v1/rooms/{room}/polls.csv", id: "pollTable", summary: "Likewise, for a spreadsheet", who: forTeacher, answers: answers{200: ofTable}},
	{method: "GET", path: "/api/v1/rooms/{room}/report.json", id: "report", summary: "The present class, or the last, at a glance", who: forTeacher, answers: answers{200: ofJSON(classroom.Report{})}},
	{method: "GET", path: "/api/v1/rooms/{room}/report.csv", id: "summaryTable", summary: "Likewise, for a spreadsheet", who: forTeacher, answers: answers{200: ofTable}},
}

var operationsOfOwner = []operation{
	{method: "GET", path: "/api/v1/keys", id: "listKeys", summary: "All keys, without secrets", who: forOwner, answers: answers{200: ofJSON(keyList{})}},
	{method: "POST", path: "/api/v1/keys", id: "addKey", summary: "Make a key; it is shown this once", who: forOwner,
		body: ofJSON(keyWanted{}), answers: answers{201: ofJSON(keyInfo{})}, headers: []string{"Location"}},
	{method: "DELETE", path: "/api/v1/keys/{key}", id: "revokeKey", summary: "Revoke a key, and end what rests on it", who: forOwner, answers: answers{204: ofNothing}},
	{method: "POST", path: "/api/v1/keys/{key}/rotate", id: "rotateKey", summary: "Give a key another secret", who: forOwner, answers: answers{200: ofJSON(keyInfo{})}},
	{method: "GET", path: "/api/v1/denied", id: "listDenied", summary: "Signed tokens that are not accepted", who: forOwner, answers: answers{200: ofJSON(denialList{})}},
	{method: "POST", path: "/api/v1/denied", id: "denyToken", summary: "Accept a signed token no more, and end what rests on it", who: forOwner,
		body: ofJSON(denial{}), answers: answers{201: ofJSON(denial{})}},
	{method: "DELETE", path: "/api/v1/denied/{jti}", id: "allowToken", summary: "Accept it again", who: forOwner, answers: answers{204: ofNothing}},
	{method: "GET", path: "/api/v1/sessions", id: "listSessions", summary: "Who publishes and watches, by any protocol", who: forOwner, answers: answers{200: ofJSON(sessionList{})}},
	{method: "DELETE", path: "/api/v1/sessions/{session}", id: "kick", summary: "End a session; its client may come back while its key is good", who: forOwner, answers: answers{204: ofNothing}},
	{method: "DELETE", path: "/api/v1/sessions", id: "kickAll", summary: "End the sessions of a stream", who: forOwner,
		query: []parameter{{"stream", "whose sessions"}, {"action", "publish or watch; both without it"}}, answers: answers{200: ofJSON(kickInfo{})}},
	{method: "GET", path: "/api/v1/login", id: "showLogin", summary: "Who is logged in by the cookie", answers: answers{200: ofJSON(loginInfo{})}},
	{method: "POST", path: "/api/v1/login", id: "logIn", summary: "Log the owner in: a key for a cookie, which needs the header Lectern-CSRF with each change",
		body: ofJSON(loginWanted{}), answers: answers{200: ofJSON(loginInfo{})}, headers: []string{"Set-Cookie"}},
	{method: "DELETE", path: "/api/v1/login", id: "logOut", summary: "End the login", answers: answers{204: ofNothing}},
	{method: "GET", path: "/api/v1/history", id: "showHistory", summary: "Figures of the last hour, or day", who: forOwner,
		query: []parameter{{"span", "1h or 24h"}, {"since", "those after this second of Unix time"}}, answers: answers{200: ofJSON(history.Table{})}},
	{method: "GET", path: "/api/v1/logs", id: "listLines", summary: "The newest lines of the log", who: forOwner,
		query: []parameter{{"level", "the least: debug, info, warn, error"}, {"after", "the id of a line"}}, answers: answers{200: ofJSON(lineList{})}},
	{method: "GET", path: "/api/v1/logs/tail", id: "followLines", summary: "Likewise, and those that come", who: forOwner,
		query: []parameter{{"level", "the least: debug, info, warn, error"}, {"after", "the id of a line"}}, answers: answers{200: ofEvents}},
	{method: "GET", path: "/api/v1/config", id: "showSettings", summary: "The settings, with the source of each, without secrets", who: forOwner, answers: answers{200: ofJSON(settingList{})}},
	{method: "GET", path: "/api/v1/doctor", id: "examine", summary: "What is wrong with the server, and what to do", who: forOwner,
		query: []parameter{{"full", "1: what takes longer as well"}}, answers: answers{200: ofJSON(findings{})}},
	{method: "GET", path: "/api/v1/webhooks/deliveries", id: "listDeliveries", summary: "What webhooks were told, and what they have answered", who: forOwner, answers: answers{200: ofJSON(deliveryList{})}},
	{method: "POST", path: "/api/v1/webhooks/deliveries/{delivery}/redeliver", id: "redeliver", summary: "Tell it again, under the same id", who: forOwner,
		answers: answers{202: ofJSON(webhook.Delivery{})}},
	{method: "GET", path: "/api/v1/people", id: "findPeople", summary: "What is kept of whoever has an identity or a name, in numbers", who: forOwner,
		query: []parameter{{"who", "an identity, or a name"}}, answers: answers{200: ofJSON(personList{})}},
	{method: "DELETE", path: "/api/v1/people/{identity}", id: "forgetPerson", summary: "Delete what is kept of a person, in all rooms", who: forOwner, answers: answers{204: ofNothing}},
	{method: "POST", path: "/api/v1/drain", id: "drain", summary: "Take no new sessions, and end when the present ones have", who: forOwner, answers: answers{202: ofJSON(drainInfo{})}},
}

var operationsOfChecks = []operation{
	{method: "POST", path: "/api/v1/check", id: "check", summary: "Try the network: an SDP offer of one audio section in, the answer out; silence comes for at most 15 s", body: ofSDP, answers: answers{200: ofSDP}, headers: []string{"Link"}},
	{method: "GET", path: "/api/v1/check/ws", id: "checkSocket", summary: "A WebSocket, subprotocol check.v1, that says everything back", answers: answers{101: ofNothing}},
	{method: "GET", path: "/api/v1/checks", id: "listChecks", summary: "The codes by which results are handed in, with the results", who: forOwner, answers: answers{200: ofJSON(checkList{})}},
	{method: "POST", path: "/api/v1/checks", id: "addCheck", summary: "Make a code, and a link to /check with it", who: forOwner,
		body: ofJSON(checkWanted{}), answers: answers{201: ofJSON(checkCode{})}, headers: []string{"Location"}},
	{method: "GET", path: "/api/v1/checks/{code}", id: "showCheck", summary: "One code with its results", who: forOwner, answers: answers{200: ofJSON(checkCode{})}},
	{method: "POST", path: "/api/v1/checks/{code}", id: "reportCheck", summary: "Hand in what a browser has found out", body: ofJSON(checkReport{}), answers: answers{204: ofNothing}},
	{method: "DELETE", path: "/api/v1/checks/{code}", id: "removeCheck", summary: "Take a code back", who: forOwner, answers: answers{204: ofNothing}},
}

var operationsOfServer = []operation{
	{method: "GET", path: "/api/v1/info", id: "showInfo", summary: "What the server tells everybody about itself", answers: answers{200: ofJSON(serverInfo{})}},
	{method: "GET", path: "/api/v1/openapi.json", id: "describe", summary: "This description", answers: answers{200: ofJSON(map[string]any{})}},
	{method: "GET", path: "/healthz", id: "healthy", summary: "Whether the process lives", answers: answers{200: ofJSON(health{})}},
	{method: "GET", path: "/readyz", id: "ready", summary: "Whether new sessions are welcome", answers: answers{200: ofJSON(readiness{})}},
}
