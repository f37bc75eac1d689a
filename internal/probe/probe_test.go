package probe

import (
	"errors"
	"testing"

	"lectern/sfu"
	"lectern/sfu/sfutest"
)

func TestPacketsComeWhileSomebodyListens(t *testing.T) {
	sfutest.NoLeaks(t)
	var s Stream
	defer s.Close()
	router, stop, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := router.Join(Name)
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	heard := sfutest.NewRecorder()
	if _, err := viewer.Subscribe(sfu.Audio, heard); err != nil {
		t.Fatal(err)
	}
	packets := heard.Wait(t, 5)
	for i, p := range packets[1:] {
		if p.SequenceNumber != packets[i].SequenceNumber+1 || p.Timestamp != packets[i].Timestamp+960 || len(p.Payload) != Size {
			t.Fatalf("packet %d follows %d, timestamp %d follows %d, %d bytes", p.SequenceNumber, packets[i].SequenceNumber, p.Timestamp, packets[i].Timestamp, len(p.Payload))
		}
	}

	// The last one who leaves turns it off, and the next one on again.
	stop()
	stop()
	if _, stop, err = s.Listen(); err != nil {
		t.Fatal(err)
	}
	defer stop()
	heard.Wait(t, len(heard.Packets())+5)
}

func TestItRunsOnWhileOneOfTwoListens(t *testing.T) {
	sfutest.NoLeaks(t)
	var s Stream
	defer s.Close()
	_, first, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	first()
	s.mu.Lock()
	running := s.quit != nil
	s.mu.Unlock()
	second()
	s.mu.Lock()
	ended := s.quit == nil
	s.mu.Unlock()
	if !running || !ended {
		t.Errorf("running with one listener: %v; ended with none: %v", running, ended)
	}
}

func TestNobodyListensAfterTheEnd(t *testing.T) {
	var s Stream
	s.Close()
	s.Close()
	if _, _, err := s.Listen(); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("got %v, want sfu.ErrClosed", err)
	}
}
