package flv

// Packet types of Enhanced RTMP that audio and video share.
const (
	packetSequenceStart = 0
	packetCodedFrames   = 1
	packetSequenceEnd   = 2
	packetModEx         = 7
)

// Kinds of multitrack bodies.
const (
	oneTrack             = 0
	manyTracksManyCodecs = 2
)

// skipModifiers passes over ModEx properties, which change nothing that is
// used here (a timestamp's nanoseconds, so far), and returns the packet type
// behind them.
func skipModifiers(o *octets, packetType uint8) uint8 {
	for packetType == packetModEx && !o.short {
		size := int(o.uint8()) + 1
		if size == 256 {
			size = int(o.uint16()) + 1
		}
		o.take(size)
		packetType = o.uint8() & 0x0f
	}
	return packetType
}

// firstTrack finds track 0 in the body of a multitrack message: its packet
// type, codec and octets. It is false when the message has other tracks only.
func firstTrack(o *octets) (packetType uint8, fourCC string, ok bool) {
	head := o.uint8()
	layout, packetType := head>>4, head&0x0f
	if layout != manyTracksManyCodecs {
		fourCC = o.fourCC()
	}
	for !o.short && len(o.rest) > 0 {
		if layout == manyTracksManyCodecs {
			fourCC = o.fourCC()
		}
		id := o.uint8()
		if layout == oneTrack {
			return packetType, fourCC, id == 0
		}
		track := o.take(int(o.uint24()))
		if id == 0 && !o.short {
			o.rest = track
			return packetType, fourCC, true
		}
	}
	return 0, "", false
}
