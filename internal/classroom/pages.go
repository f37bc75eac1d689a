package classroom

import (
	"strconv"

	"lectern/internal/room"
)

// maxPages bounds the pages that are kept as text, in bytes.
const maxPages = 8 << 20

// pages are pages of boards as text. A page is the longest reply there is, and
// everybody asks for the same one when a class begins: it is made into text once
// a version, because nobody else is served meanwhile. A class's lock guards them.
type pages struct {
	kept  map[pageName]pageText
	bytes int
}

type pageName struct {
	board string
	page  int
}

type pageText struct {
	ver, pages int
	text       []byte
}

// reply is a reply with a whole page.
func (p *pages) reply(re uint64, page room.BoardPage) *Message {
	text := strconv.AppendUint([]byte(`{"re":`), re, 10)
	text = append(text, `,"ok":true,"data":`...)
	text = append(text, p.text(page)...)
	return &Message{Text: append(text, '}'), Class: Needed}
}

func (p *pages) text(page room.BoardPage) []byte {
	name := pageName{page.Board, page.Page}
	kept, ok := p.kept[name]
	if ok && kept.ver == page.Ver && kept.pages == page.Pages {
		return kept.text
	}
	text := encode(page)
	p.bytes += len(text) - len(kept.text)
	if p.kept == nil || p.bytes > maxPages {
		p.kept, p.bytes = map[pageName]pageText{}, len(text)
	}
	p.kept[name] = pageText{page.Ver, page.Pages, text}
	return text
}
