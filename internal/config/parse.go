package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// isText reports whether values of t have a text form of their own.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// kindOf names what a field expects, for help texts.
func kindOf(f reflect.StructField) string {
	switch t := f.Type; {
	case f.Tag.Get("allowed") != "":
		return f.Tag.Get("allowed")
	case t.Kind() == reflect.Slice:
		return "list"
	case strings.Contains(f.Tag.Get("check"), "address"):
		return "address"
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Rate]():
		return "rate"
	case t == reflect.TypeFor[Bitrate]():
		return "bitrate"
	case t == reflect.TypeFor[Size]():
		return "size"
	case t == reflect.TypeFor[Ratio]():
		return "ratio"
	case t.Kind() == reflect.Bool:
		return "true|false"
	case t.Kind() == reflect.Int:
		return "number"
	}
	return "text"
}

// parse reads text into v, which decides by its type what the text must be. A
// list is separated by commas. The error says what is wanted, not what was given.
func parse(v reflect.Value, text string) error {
	if prefix, ok := v.Addr().Interface().(*netip.Prefix); ok {
		return parsePrefix(prefix, text)
	}
	if _, ok := v.Addr().Interface().(*netip.Addr); ok {
		if _, err := netip.ParseAddr(text); err != nil {
			return errors.New("want an IP address")
		}
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if d, ok := v.Addr().Interface().(*time.Duration); ok {
		value, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("want a duration with its unit, such as 500ms, 30s or 5m")
		}
		*d = value
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Bool:
		return parseBool(v, text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("want a whole number")
		}
		v.SetInt(int64(n))
		return nil
	case reflect.Slice:
		return parseList(v, strings.Split(text, ","))
	}
	panic(fmt.Sprintf("config: nothing reads a %s", v.Type()))
}

func parseBool(v reflect.Value, text string) error {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		v.SetBool(true)
	case "false", "off", "no", "0":
		v.SetBool(false)
	default:
		return errors.New("want true or false")
	}
	return nil
}

// parseList reads every item into a new list; empty items are nothing.
func parseList(v reflect.Value, items []string) error {
	list := reflect.MakeSlice(v.Type(), 0, len(items))
	for _, item := range items {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		next := reflect.New(v.Type().Elem()).Elem()
		if err := parse(next, item); err != nil {
			if len(items) == 1 {
				return err
			}
			return fmt.Errorf("%.80q: %w", item, err)
		}
		list = reflect.Append(list, next)
	}
	v.Set(list)
	return nil
}

// parsePrefix reads a network, or one address as the network of itself.
func parsePrefix(p *netip.Prefix, text string) error {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		*p = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return errors.New("want an IP address or a network such as 10.0.0.0/8")
	}
	*p = network.Masked()
	return nil
}
