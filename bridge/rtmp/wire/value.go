package wire

// A value of AMF 0 is a float64, bool, string, nil (null, undefined and what
// is unsupported), [Object] (typed or not, and ECMA arrays) or []any. A date
// is its float64, in ms since 1970; an XML document a string.

// Property is one of an Object's.
type Property struct {
	Name  string
	Value any
}

// Object has its properties in the order in which they came.
type Object []Property

// Get returns the value of the first property with a name, nil if there is
// none.
func (o Object) Get(name string) any {
	for _, p := range o {
		if p.Name == name {
			return p.Value
		}
	}
	return nil
}

// String returns the property as a string, "" if it is none.
func (o Object) String(name string) string {
	s, _ := o.Get(name).(string)
	return s
}

// Map returns the properties by name; of equal names the last one.
func (o Object) Map() map[string]any {
	m := make(map[string]any, len(o))
	for _, p := range o {
		m[p.Name] = p.Value
	}
	return m
}
