package wire

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"
)

// Whoever has been let in does not keep a server busy with what nobody sees or
// hears, be it of those messages that Read deals with itself.
func TestTalkHasALimitAfterAdmission(t *testing.T) {
	junk := Message{Type: Aggregate, Body: bytes.Repeat([]byte{byte(CommandAMF0), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11}, 1000)}
	for name, m := range map[string]Message{
		"control":    control(Acknowledgement, 1),
		"data":       Data(1, "onMetaData", "x"),
		"commands":   Command{Name: "x"}.Message(0),
		"aggregates": junk,
	} {
		t.Run(name, func(t *testing.T) {
			client, server, _, serverNet := pair(t, Limits{Introduction: 20_000, Talk: 10_000})
			server.Admit()
			go func() {
				for client.Write(m) == nil {
				}
			}()
			defer serverNet.Close()
			began := time.Now()
			for {
				if _, err := server.Read(); err != nil {
					if !errors.Is(err, ErrLimit) {
						t.Error(err)
					}
					return
				}
				if time.Since(began) > 10*time.Second {
					t.Fatal("it goes on")
				}
			}
		})
	}
	client, server, _, _ := pair(t, Limits{Introduction: 20_000, Talk: 10_000})
	server.Authorise()
	send(t, client, ChunkSize(60_000), Message{Type: Video, Body: make([]byte, 1<<20)}, Message{Type: Audio, Body: make([]byte, 1<<20)})
	for range 2 {
		if _, err := server.Read(); err != nil {
			t.Errorf("media: %v", err)
		}
	}
}

// Neither single octets nor messages about the connection keep a publisher
// alive that sends no media.
func TestTrickleIsNotLife(t *testing.T) {
	const idle = 50 * time.Millisecond
	for name, octets := range map[string][]byte{
		"octets": {0},
		"pings":  {2, 0, 0, 0, 0, 0, 6, byte(UserControl), 0, 0, 0, 0, 0, pingRequest, 0, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, server, clientNet, serverNet := pair(t, Limits{})
			server.Authorise()
			server.SetIdle(idle)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				if name == "octets" { // of a long message
					clientNet.Write([]byte{4, 0, 0, 0, 0, 0, 100, byte(Video), 1, 0, 0, 0})
				}
				tick := time.NewTicker(idle / 5)
				defer tick.Stop()
				for range tick.C {
					if _, err := clientNet.Write(octets); err != nil {
						return
					}
				}
			}()
			go func() { // the answers to pings
				b := make([]byte, 1000)
				for {
					if _, err := clientNet.Read(b); err != nil {
						return
					}
				}
			}()
			began := time.Now()
			_, err := server.Read()
			if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < idle || took > 20*idle {
				t.Errorf("%v after %v", err, took)
			}
			serverNet.Close()
			clientNet.Close()
			<-ended
		})
	}
}
