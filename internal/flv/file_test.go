package flv

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
)

func TestWrittenFilesReadAsTheSame(t *testing.T) {
	tags := []Tag{
		{TagScript, 0, []byte("meta")},
		{TagVideo, 0, bytes.Repeat([]byte{7}, 200_000)},
		{TagAudio, 0xfffffffe, nil},
		{TagVideo, 1, []byte{1}},
	}
	var file bytes.Buffer
	w := NewWriter(&file, true, true)
	for _, tag := range tags {
		if err := w.Write(tag); err != nil {
			t.Fatal(err)
		}
	}
	if flags := file.Bytes()[4]; flags != 5 {
		t.Errorf("flags %d, want 5", flags)
	}
	r := NewReader(iotest.HalfReader(bytes.NewReader(file.Bytes())))
	for i, want := range tags {
		got, err := r.Next()
		if err != nil || got.Type != want.Type || got.Timestamp != want.Timestamp || !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("tag %d: got %d %d with %d octets, %v", i, got.Type, got.Timestamp, len(got.Data), err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: got %v, want %v", err, io.EOF)
	}
}

func TestBrokenFiles(t *testing.T) {
	const head = "FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
	for name, test := range map[string]struct {
		file string
		want error
	}{
		"empty":        {"", io.EOF},
		"not FLV":      {"RIFF1234567890", ErrMalformed},
		"header cut":   {head[:11], io.ErrUnexpectedEOF},
		"header long":  {"FLV\x01\x05\x7f\x00\x00\x09", ErrMalformed},
		"tag cut":      {head + "\x09\x00\x00", io.ErrUnexpectedEOF},
		"data cut":     {head + "\x09\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00abc", io.ErrUnexpectedEOF},
		"tag too long": {head + "\x09\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00abc", ErrMalformed},
		"encrypted":    {head + "\x29\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00a\x00\x00\x00\x00", ErrUnsupported},
	} {
		if _, err := NewReader(bytes.NewReader([]byte(test.file))).Next(); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// What is announced but does not come costs no memory.
func TestAnnouncedLengthsReserveNothing(t *testing.T) {
	file := "FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00" + "\x09\x3f\xff\xff\x00\x00\x00\x00\x00\x00\x00abc"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := NewReader(bytes.NewReader([]byte(file))).Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 200_000 {
		t.Errorf("%d octets were allocated", used)
	}
}

func FuzzReader(f *testing.F) {
	var file bytes.Buffer
	w := NewWriter(&file, true, true)
	for _, tag := range []Tag{{TagVideo, 0, []byte("video")}, {TagAudio, 1 << 25, []byte("audio")}} {
		if err := w.Write(tag); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		total := 0
		for r := NewReader(bytes.NewReader(file)); ; {
			tag, err := r.Next()
			if err != nil {
				break
			}
			total += len(tag.Data)
		}
		if total > len(file) {
			t.Errorf("%d octets of data in a file of %d", total, len(file))
		}
	})
}
