// Package seats shows in real browsers, without the rest of the server, that a
// viewer's seats take publishers of several codecs one after the other without
// a word to the viewer.
package seats
