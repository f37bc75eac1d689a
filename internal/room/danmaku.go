package room

// DanmakuSend lets a line fly over the stage (danmaku.send).
type DanmakuSend struct {
	Text  string `json:"text"`            // at most 40 characters, one line
	Color string `json:"color,omitempty"` // "#rrggbb"
	Lane  string `json:"lane,omitempty"`  // "roll" (or ""), "top", "bottom"
}

// Danmaku is what flies next (danmaku), at most every 100 ms.
type Danmaku struct {
	Items   []DanmakuItem `json:"items"`
	Dropped int           `json:"dropped,omitempty"` // lines left out since the last one
}

// DanmakuItem is one line. It belongs into the chat too, dimmed.
type DanmakuItem struct {
	Msg    string   `json:"msg"`
	Text   string   `json:"text"`
	Color  string   `json:"color,omitempty"`
	Lane   string   `json:"lane"`
	Member MemberID `json:"member"`
	Name   string   `json:"name"`
}

// React is a reaction (react).
type React struct {
	K string `json:"k"` // "clap", "up", "laugh", "heart", "wow" or "sad"
}

// Reactions counts the reactions of a second (reactions).
type Reactions map[string]int

func (DanmakuSend) needs() Cap { return CapDanmaku }
func (React) needs() Cap       { return CapReact }
