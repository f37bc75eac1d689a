// Package doctor looks at a server and its machine and says what is wrong, in
// the order in which people meet it, with one line to mend each.
//
// Invariant: a check changes nothing that outlasts it. What it publishes, binds
// or asks for is gone when Run returns, and no answer of it holds a secret.
package doctor
