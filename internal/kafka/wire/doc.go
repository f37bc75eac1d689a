// Package wire is the generated form of api/lectern.v1.proto, as Kafka's
// consumers read it.
//
// Invariant: nothing is written here by hand. After a change of the schema,
//
//	protoc -I api --go_out=. --go_opt=module=lectern api/lectern.v1.proto
//
// makes it anew, and a test says when that was forgotten.
package wire
