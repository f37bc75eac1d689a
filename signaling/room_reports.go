package signaling

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"lectern/internal/classroom"
	"lectern/internal/room"
)

// reports are what teachers take home of a class, by the end of their address.
var reports = map[string]reportForm{
	"attendance.json": {read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) { return attendance(ctx, r, of) }},
	"attendance.csv": {csv: true, read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) {
		return attendanceTable(ctx, r, of)
	}},
	"chat.csv":   {csv: true, read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) { return chatTable(ctx, r, of) }},
	"polls.json": {read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) { return polls(ctx, r, of) }},
	"polls.csv":  {csv: true, read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) { return pollTable(ctx, r, of) }},
	"report.json": {read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) {
		return r.Report(ctx, of.room, of.number)
	}},
	"report.csv": {csv: true, read: func(ctx context.Context, r *classroom.Rooms, of class) (any, error) {
		return summaryTable(ctx, r, of)
	}},
}

type reportForm struct {
	csv  bool // a table, else JSON
	read func(ctx context.Context, r *classroom.Rooms, of class) (any, error)
}

// class names a class of a room.
type class struct {
	room   string
	number int64
}

// mayReport says which class's reports the client reads: as a teacher of the
// room, or by the session that he had as a teacher in a class that is over.
func (s *Server) mayReport(c *gin.Context, name string) (class, error) {
	id, key, ok := strings.Cut(s.bearer(c.Request), ".")
	if !ok || !strings.HasPrefix(id, classroom.SessionPrefix) {
		return class{name, classroom.Newest}, s.may(c, name, room.CapTeach)
	}
	if err := classroom.CheckName(name); err != nil {
		return class{}, err
	}
	if err := s.knock(s.client(c.Request)); err != nil {
		return class{}, err
	}
	number, ok := s.options.Rooms.MayReport(name, id, key)
	if !ok {
		return class{}, ErrDenied
	}
	return class{name, number}, nil
}

// report answers with a file, for teachers only.
func (s *Server) report(c *gin.Context, form reportForm) {
	name := c.Param("id")
	of, err := s.mayReport(c, name)
	var content any
	if err == nil {
		content, err = form.read(c.Request.Context(), s.options.Rooms, of)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	table, ok := content.([][]string)
	if !form.csv || !ok {
		s.answer(c, http.StatusOK, content)
		return
	}
	path := c.FullPath()
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", `attachment; filename="`+name+"-"+path[strings.LastIndexByte(path, '/')+1:]+`"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8; header=present", table2csv(table)) // RFC 4180 §3
}

// table2csv begins with a byte order mark, without which spreadsheets take the
// text for something else than UTF-8.
func table2csv(table [][]string) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range table {
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		_ = w.Write(row) // a buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

// harmless keeps a spreadsheet from taking what somebody wrote for a formula. One
// that separates by semicolons or tabs sees cells, and rows, within a cell.
func harmless(cell string) string {
	var b strings.Builder
	begins := true
	for _, c := range cell {
		if begins && strings.ContainsRune("=+-@\t\r＝＋－＠", c) {
			b.WriteByte('\'')
		}
		b.WriteRune(c)
		begins = strings.ContainsRune(";\t\r\n", c) || begins && strings.ContainsRune(" \"", c)
	}
	return b.String()
}

type attendanceList struct {
	Room       string            `json:"room"`
	Attendance []room.Attendance `json:"attendance"`
}

func attendance(ctx context.Context, r *classroom.Rooms, of class) (attendanceList, error) {
	list, err := r.Attendance(ctx, of.room, of.number)
	return attendanceList{of.room, list}, err
}

func attendanceTable(ctx context.Context, r *classroom.Rooms, of class) ([][]string, error) {
	list, err := r.Attendance(ctx, of.room, of.number)
	table := [][]string{{"name", "role", "verified", "first_join", "last_seen", "minutes", "percent", "stage_minutes", "hands", "messages", "answers"}}
	for _, a := range list {
		var first, last time.Time
		if n := len(a.Intervals); n > 0 {
			first, last = a.Intervals[0].From, a.Intervals[n-1].To
		}
		table = append(table, []string{
			a.Name, string(a.Role), strconv.FormatBool(!a.Guest), moment(first), moment(last), decimal(a.Minutes), decimal(a.Percent),
			decimal(a.Stage), strconv.Itoa(a.Hands), strconv.Itoa(a.Messages), strconv.Itoa(a.Answers),
		})
	}
	return table, err
}

func chatTable(ctx context.Context, r *classroom.Rooms, of class) ([][]string, error) {
	list, err := r.Chat(ctx, of.room, of.number)
	table := [][]string{{"at", "name", "role", "to", "text"}}
	for _, m := range list {
		table = append(table, []string{moment(m.At), m.Name, string(m.Role), m.To, m.Text})
	}
	return table, err
}

type pollList struct {
	Room  string            `json:"room"`
	Polls []room.PollResult `json:"polls"`
}

func polls(ctx context.Context, r *classroom.Rooms, of class) (pollList, error) {
	list, err := r.Polls(ctx, of.room, of.number)
	return pollList{of.room, list}, err
}

// pollTable has a row an answer, and of an anonymous poll a row an option.
func pollTable(ctx context.Context, r *classroom.Rooms, of class) ([][]string, error) {
	list, err := r.Polls(ctx, of.room, of.number)
	table := [][]string{{"at", "question", "name", "answer", "correct", "count"}}
	for _, p := range list {
		at := moment(p.Poll.At)
		for _, a := range p.Answers {
			words, right := chosen(p.Poll, a)
			table = append(table, []string{at, p.Poll.Q, a.Name, words, right, "1"})
		}
		if len(p.Answers) > 0 {
			continue
		}
		for i, n := range p.Poll.Tally {
			table = append(table, []string{at, p.Poll.Q, "", p.Poll.Options[i], correct(p.Poll, []int{i}), strconv.Itoa(n)})
		}
		for _, w := range p.Poll.Words {
			table = append(table, []string{at, p.Poll.Q, "", w.Text, "", strconv.Itoa(w.N)})
		}
	}
	return table, err
}

func chosen(p room.Poll, a room.PollAnswer) (words, right string) {
	if len(a.Choice) == 0 {
		return a.Text, ""
	}
	var options []string
	for _, i := range a.Choice {
		if i >= 0 && i < len(p.Options) {
			options = append(options, p.Options[i])
		}
	}
	return strings.Join(options, "; "), correct(p, a.Choice)
}

// correct says whether a choice is exactly what is correct; "" where nothing is.
func correct(p room.Poll, choice []int) string {
	switch {
	case len(p.Correct) == 0:
		return ""
	case p.Right(choice):
		return "yes"
	}
	return "no"
}

// summaryTable has a row a person.
func summaryTable(ctx context.Context, r *classroom.Rooms, of class) ([][]string, error) {
	report, err := r.Report(ctx, of.room, of.number)
	table := [][]string{{"name", "role", "verified", "first_in", "last_out", "seconds", "percent", "stage_seconds", "hands", "messages",
		"answers", "asked", "right", "scored"}}
	for _, p := range report.People {
		row := []string{p.Name, string(p.Role), strconv.FormatBool(!p.Guest), moment(p.First), moment(p.Last), strconv.Itoa(p.Seconds), decimal(p.Percent)}
		for _, n := range []int{p.StageSeconds, p.Hands, p.Messages, p.Answers, p.Asked, p.Right, p.Scored} {
			row = append(row, strconv.Itoa(n))
		}
		table = append(table, row)
	}
	return table, err
}

// moment is a time as spreadsheets take it; "" is none.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
