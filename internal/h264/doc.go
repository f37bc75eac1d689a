// Package h264 finds out how the pictures of an H.264 stream depend on each
// other, and leaves out those that cannot be shown in the order in which they
// come.
//
// Its invariant: what leaves a Filter can be decoded exactly. Every picture
// that a kept one may refer to has been kept as well, and a decoder that
// follows the rewritten sequence parameter set gives out one picture for each
// one that goes in.
//
// NAL units are whole and without start codes or lengths. Nothing here trusts
// them: reading is bounded by the syntax's own limits, and what cannot be
// read is passed on as it came. Sections are those of ITU-T H.264 (08/2021).
package h264

import "errors"

// ErrMalformed says that a NAL unit is not what it claims to be: too short, or
// with a value out of its range.
var ErrMalformed = errors.New("malformed h264")

// NAL unit types (Table 7-1).
const (
	unitSlice      = 1
	unitPartitionA = 2
	unitIDR        = 5
	unitSEI        = 6
	unitSPS        = 7
	unitPPS        = 8
	unitDelimiter  = 9
)

// kind is nal_unit_type, 0 (unspecified) for an empty unit.
func kind(unit []byte) byte {
	if len(unit) == 0 {
		return 0
	}
	return unit[0] & 0x1f
}

// isSlice tells the units that belong to the primary coded picture's samples.
func isSlice(unit []byte) bool {
	k := kind(unit)
	return k >= unitSlice && k <= unitIDR
}
