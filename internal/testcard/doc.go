// Package testcard publishes a picture that moves and a tone, made by the
// server itself: a clock for people, the same time as a barcode for the pages,
// which so measure how late the picture is, lamps that flash with a tone at
// each full second, and a bar that fills within it.
//
// Every picture decodes to exactly the levels that were drawn: it consists of
// flat squares, and the quantizer makes whole steps of brightness whole
// coefficients. What did not change is not sent.
package testcard
