package udp

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkBurst is what a packet of 1 100 bytes costs over loopback, with the
// kernel's part at the receiver's socket, for so many packets a burst: alone,
// as package net sends; and together. As many sessions as processors do the
// same at once for "parallel". cpu-ns/packet is the process's time, which other
// programs on the machine disturb less.
func BenchmarkBurst(b *testing.B) {
	for _, n := range []int{1, 4, 8, 16} {
		for _, together := range []bool{false, true} {
			for _, parallel := range []bool{false, true} {
				b.Run(fmt.Sprintf("packets=%d/together=%v/parallel=%v", n, together, parallel), func(b *testing.B) {
					benchmarkBurst(b, n, together, parallel)
				})
			}
		}
	}
}

func benchmarkBurst(b *testing.B, n int, together, parallel bool) {
	conn := open(b, "udp", "[::]:0")
	payload := packet(1, 1100)
	session := func(bursts int) {
		// Its buffer is full soon: what costs is sending, not reading.
		receiver := listen(b, "udp4", "127.0.0.1:0")
		to := receiver.LocalAddr().(*net.UDPAddr).AddrPort()
		out := conn.Burst()
		for range bursts {
			if together {
				out.Begin(to)
			}
			for range n {
				if together {
					copy(out.Room(len(payload)), payload)
					out.Add(len(payload))
				} else {
					_, _ = conn.WriteToUDPAddrPort(payload, to)
				}
			}
			if together {
				out.End()
			}
		}
	}
	b.ReportAllocs()
	bursts := b.N
	before := cpuTime(b)
	b.ResetTimer()
	if parallel {
		workers := runtime.GOMAXPROCS(0)
		bursts = (b.N + workers - 1) / workers
		var running sync.WaitGroup
		for range workers {
			running.Go(func() { session(bursts) })
		}
		running.Wait()
		bursts *= workers
	} else {
		session(bursts)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(bursts*n), "ns/packet")
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(bursts*n), "cpu-ns/packet")
}

// cpuTime is what the process has used so far, of the user's and of the
// system's.
func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
