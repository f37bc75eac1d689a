package signaling_test

import (
	"slices"
	"testing"
)

// rows are the requirements on a WHIP and WHEP server: S session set-up, H
// other methods and CORS, T trickle, R restarts, D the end, L links, A access,
// P what WHEP alone has, X its extensions; and on what RTMP needs of HTTP: N
// nginx-rtmp's hooks, G addresses. Each has a case, in a transcript of testdata
// or among the scenarios.
var rows = []string{
	"S01", "S02", "S03", "S04", "S05", "S06", "S08", "S09", "S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17",
	"S18", "S19", "S20", "S21", "S22", "S26", "S28", "S29", "S30", "S31", "S32",
	"H01", "H02", "H03", "H04", "H05", "H06", "H07", "H08", "H09",
	"T01", "T02", "T03", "T04", "T05", "T06", "T07", "T09", "T10",
	"R01", "R02", "R03", "R04", "R06", "R07", "R08",
	"D01", "D02", "D03", "D06", "D07", "D08",
	"L01", "L02", "L03",
	"A01", "A02", "A04", "A06", "A08",
	"P01", "P02", "P05", "P06", "P07",
	"X01", "X02", "X03", "X04", "X05", "X06", "X07", "X08", "X09",
	"N01", "N02", "N03", "N04", "N05", "N06", "N07", "N08", "N09", "N10", "N11", "N12",
	"G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09",
}

// scenarios are the rows, or the parts of them, that need media, time or a
// connection that lasts.
var scenarios = map[string][]func(*testing.T){
	"S32": {publishOverTLS},
	"R01": {restartKeepsMedia},
	"R03": {restartMovesAway},
	"D01": {deleteEndsMedia},
	"D03": {sessionsAreOfOneProtocol},
	"D06": {neverConnected, consentLost},
	"D07": {deleteTellsTheOtherSide},
	"D08": {deleteAfterOwnClose},
	"X03": {onlyWhatWasSubscribed},
	"X04": {deleteEndsTheEvents},
	"X05": {activeAndInactive},
	"X06": {layersAreListed},
	"X07": {viewersAreCounted},
	"X09": {layerIsChosen},
}

func TestConformance(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range readTranscripts(t) {
		covered[c.id] = true
		t.Run(c.id+" "+c.title, c.run)
	}
	for id, list := range scenarios {
		covered[id] = true
		for _, f := range list {
			t.Run(id, f)
		}
	}
	for _, id := range rows {
		if !covered[id] {
			t.Errorf("row %s has no case", id)
		}
	}
	for id := range covered {
		if !slices.Contains(rows, id) {
			t.Errorf("there is no row %s", id)
		}
	}
}
