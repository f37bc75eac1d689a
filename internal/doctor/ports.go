package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// port is one that the server needs.
type port struct{ network, address, setting string }

func (e *exam) neededPorts() []port {
	c := e.Config
	list := []port{
		{"tcp", c.HTTP.Listen, "http.listen"},
		{"udp", cmp.Or(c.RTC.UDP, c.HTTP.Listen), "rtc.udp"},
	}
	if c.RTMP.Listen != "" {
		list = append(list, port{"tcp", c.RTMP.Listen, "rtmp.listen"})
	}
	if c.Admin.Listen != "" {
		list = append(list, port{"tcp", c.Admin.Listen, "admin.listen"})
	}
	return list
}

// ports says which ones are free, or who holds them.
func (e *exam) ports(ctx context.Context) {
	for _, p := range e.neededPorts() {
		id, title := "ports."+p.setting, fmt.Sprintf("%s %s", p.network, p.address)
		err := p.bind(ctx)
		switch {
		case err == nil && e.served && !strings.HasSuffix(p.address, ":0"):
			e.add(id, Warn, title, "the server that runs does not hold it", "restart the server with this configuration")
		case err == nil:
			e.add(id, OK, title, "free", "")
		case errors.Is(err, syscall.EADDRINUSE):
			e.taken(id, title, p)
		case errors.Is(err, syscall.EACCES):
			e.add(id, Fail, title, "this user may not use a port below 1024",
				"setcap cap_net_bind_service=+ep "+"$(command -v lectern), or set "+p.setting+" to a higher one")
		default:
			e.add(id, Fail, title, err.Error(), "set "+p.setting+" to an address of this machine")
		}
	}
}

// taken says by whom a port is held, when that is known.
func (e *exam) taken(id, title string, p port) {
	holder, known := holderOf(p.network, p.address)
	switch {
	case known && isLectern(holder.name), !known && e.served:
		detail := "held by the server that runs"
		if known {
			detail = fmt.Sprintf("held by %s (process %d)", holder.name, holder.pid)
		}
		e.add(id, OK, title, detail, "")
	case known:
		e.add(id, Fail, title, fmt.Sprintf("used by %s (process %d)", holder.name, holder.pid), "end that program, or set "+p.setting)
	default:
		e.add(id, Fail, title, "used by another program, which this user may not see", "find it with: ss -lpn, as root; or set "+p.setting)
	}
}

func isLectern(name string) bool { return strings.HasPrefix(name, "lectern") }

// bind takes the port for a moment.
func (p port) bind(ctx context.Context) error {
	var lc net.ListenConfig
	if p.network == "udp" {
		c, err := lc.ListenPacket(ctx, "udp", p.address)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := lc.Listen(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	return l.Close()
}
