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
	"attendance.json": {read: func(ctx context.Context, r *classroom.Rooms, name string) (any, error) {
		return attendance(ctx, r, name)
	}},
	"attendance.csv": {csv: true, read: func(ctx context.Context, r *classroom.Rooms, name string) (any, error) {
		return attendanceTable(ctx, r, name)
	}},
	"chat.csv": {csv: true, read: func(ctx context.Context, r *classroom.Rooms, name string) (any, error) {
		return chatTable(ctx, r, name)
	}},
	"polls.json": {read: func(ctx context.Context, r *classroom.Rooms, name string) (any, error) { return polls(ctx, r, name) }},
	"polls.csv": {csv: true, read: func(ctx context.Context, r *classroom.Rooms, name string) (any, error) {
		return pollTable(ctx, r, name)
	}},
}

type reportForm struct {
	csv  bool // a table, else JSON
	read func(ctx context.Context, r *classroom.Rooms, name string) (any, error)
}

// report answers with a file, for teachers only.
func (s *Server) report(c *gin.Context, form reportForm) {
	name := c.Param("id")
	err := s.may(c, name, room.CapTeach)
	var content any
	if err == nil {
		content, err = form.read(c.Request.Context(), s.options.Rooms, name)
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

func attendance(ctx context.Context, r *classroom.Rooms, name string) (attendanceList, error) {
	list, err := r.Attendance(ctx, name)
	return attendanceList{name, list}, err
}

func attendanceTable(ctx context.Context, r *classroom.Rooms, name string) ([][]string, error) {
	list, err := r.Attendance(ctx, name)
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

func chatTable(ctx context.Context, r *classroom.Rooms, name string) ([][]string, error) {
	list, err := r.Chat(ctx, name)
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

func polls(ctx context.Context, r *classroom.Rooms, name string) (pollList, error) {
	list, err := r.Polls(ctx, name)
	return pollList{name, list}, err
}

// pollTable has a row an answer, and of an anonymous poll a row an option.
func pollTable(ctx context.Context, r *classroom.Rooms, name string) ([][]string, error) {
	list, err := r.Polls(ctx, name)
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
	if len(p.Correct) == 0 {
		return ""
	}
	want := map[int]bool{}
	for _, i := range p.Correct {
		want[i] = true
	}
	for _, i := range choice {
		if !want[i] {
			return "no"
		}
		delete(want, i)
	}
	if len(choice) == 1 && len(p.Correct) > 1 && !p.Multi || len(want) == 0 {
		return "yes"
	}
	return "no"
}

// moment is a time as spreadsheets take it; "" is none.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
