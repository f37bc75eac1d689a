package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lectern/internal/room"
)

// AppendChat keeps a message of somebody's. It waits for a place in the queue: no message is dropped.
func (s *Store) AppendChat(ctx context.Context, class int64, identity string, m room.Message) error {
	number, err := messageNumber(m.Msg)
	if err != nil {
		return err
	}
	return s.later(ctx, run(`INSERT INTO chat VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		class, number, micros(m.At), string(m.Member), identity, m.Name, string(m.Role), m.Text, m.To, m.ReplyTo, m.Danmaku))
}

// DeleteChat forgets a message, or all messages of a class with "".
func (s *Store) DeleteChat(ctx context.Context, class int64, msg string) error {
	if msg == "" {
		return s.later(ctx, run(`DELETE FROM chat WHERE class = ?`, class))
	}
	number, err := messageNumber(msg)
	if err != nil {
		return err
	}
	return s.later(ctx, run(`DELETE FROM chat WHERE class = ? AND msg = ?`, class, number))
}

const messagePrefix = "m_"

// messageNumber is the number in a message's id.
func messageNumber(id string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, messagePrefix), 36, 64)
	if err != nil || !strings.HasPrefix(id, messagePrefix) {
		return 0, fmt.Errorf("%.30q is no message", id)
	}
	return n, nil
}

func messageID(number int64) string { return messagePrefix + strconv.FormatInt(number, 36) }

// HistoryPage is the largest page of History.
const HistoryPage = 100

// History returns the messages before one, or the newest, that a member may read: those to
// everybody, from and to the member, and to the staff if that is asked for.
// Lines that flew over the stage are not among them.
func (s *Store) History(ctx context.Context, class int64, q room.FetchChat) (room.ChatPage, error) {
	before := int64(1) << 62
	if q.Before != "" {
		var err error
		if before, err = messageNumber(q.Before); err != nil {
			return room.ChatPage{}, err
		}
	}
	limit := max(1, min(q.Limit, HistoryPage))
	list, err := query(ctx, s, scanMessage, `SELECT msg, at, member, name, role, text, target, reply_to, danmaku FROM chat
		WHERE class = ?1 AND msg < ?2 AND danmaku = 0 AND (target = '' OR member = ?3 OR target = ?3 OR target = 'staff' AND ?4)
		ORDER BY msg DESC LIMIT ?5`, class, before, string(q.Member), q.Staff, limit+1)
	if err != nil {
		return room.ChatPage{}, err
	}
	page := room.ChatPage{More: len(list) > limit, Messages: list[:min(len(list), limit)]}
	slices.Reverse(page.Messages)
	return page, nil
}

// Chat returns the newest messages of a class, oldest first, whoever they are
// for, with the lines that flew over the stage if that is asked for; all of them when n is 0.
func (s *Store) Chat(ctx context.Context, class int64, n int, danmaku bool) ([]room.Message, error) {
	if n <= 0 {
		n = -1
	}
	list, err := query(ctx, s, scanMessage, `SELECT msg, at, member, name, role, text, target, reply_to, danmaku FROM chat
		WHERE class = ? AND (danmaku = 0 OR ?) ORDER BY msg DESC LIMIT ?`, class, danmaku, n)
	slices.Reverse(list)
	return list, err
}

func scanMessage(rows *sql.Rows, m *room.Message) error {
	var number, at int64
	var member, role string
	err := rows.Scan(&number, &at, &member, &m.Name, &role, &m.Text, &m.To, &m.ReplyTo, &m.Danmaku)
	m.Msg, m.At, m.Member, m.Role = messageID(number), fromMicros(at), room.MemberID(member), room.Role(role)
	return err
}
