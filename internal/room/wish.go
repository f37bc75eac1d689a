package room

import (
	"encoding/json"
	"errors"
)

var errWish = errors.New(`a wish is "off", "l", "m", "h" or {"w":pixels,"h":pixels}`)

type wishSize struct {
	W int `json:"w"`
	H int `json:"h"`
}

// MarshalJSON writes the string or the object.
func (v VideoWish) MarshalJSON() ([]byte, error) {
	if v.Layer != "" {
		return json.Marshal(v.Layer)
	}
	return json.Marshal(wishSize{v.W, v.H})
}

// UnmarshalJSON reads the string or the object.
func (v *VideoWish) UnmarshalJSON(data []byte) error {
	var layer string
	if json.Unmarshal(data, &layer) == nil {
		switch layer {
		case "off", "l", "m", "h":
			*v = VideoWish{Layer: layer}
			return nil
		}
		return errWish
	}
	var size wishSize
	if err := json.Unmarshal(data, &size); err != nil {
		return errWish
	}
	if size.W < 0 || size.H < 0 || size.W > 16384 || size.H > 16384 {
		return errWish
	}
	*v = VideoWish{W: size.W, H: size.H}
	return nil
}
