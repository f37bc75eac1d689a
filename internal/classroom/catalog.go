package classroom

import "lectern/internal/room"

// Requests lists what clients send besides what they send to the room, for
// schemas and documents.
func Requests() []room.MessageType {
	return []room.MessageType{
		{Type: "hello", Data: Hello{}, Reply: room.Welcome{}},
		{Type: "pong", Data: room.Empty{}},
		{Type: "token.refresh", Data: TokenRefresh{}, Reply: TokenRefreshed{}},
		{Type: "room.leave", Data: room.Empty{}, Reply: room.Empty{}},
	}
}

// Events lists what the server sends besides what comes from the room.
func Events() []room.MessageType {
	return []room.MessageType{
		{Type: "ping", Data: room.Empty{}},
		{Type: "session.ended", Data: SessionEnded{}},
		{Type: "sys.draining", Data: Draining{}},
	}
}
