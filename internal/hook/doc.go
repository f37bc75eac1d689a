// Package hook asks and tells a program of the user's, by HTTP, about sessions
// that publish and watch, in the form that the RTMP module of nginx has:
// on_connect, on_publish and on_play are asked before a session begins,
// on_update while it lasts, and on_publish_done and on_play_done are told when
// it has ended.
//
// Invariant: nothing here is in the way of media. A program that never answers
// costs each question its Timeout, of its own kind of question alone; what it
// is told waits in bounded queues; and a session that has begun goes on until
// an answer, and not a silence, ends it.
//
// What counts as an answer is a status. 2xx allows, 3xx with a Location names
// the stream to use instead, and everything else refuses, but for 502, 503 and
// 504, by which a gateway says that it got no answer itself. Redirections are
// never followed.
package hook
