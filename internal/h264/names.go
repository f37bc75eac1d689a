package h264

import "fmt"

// Constraint flags in the octet behind profile_idc (§7.4.2.1.1).
const (
	constraint1 = 0x40
	constraint3 = 0x10
	constraint4 = 0x08
	constraint5 = 0x04
)

// profiles are the names of profile_idc (§A.2).
var profiles = map[byte]string{
	44: "CAVLC 4:4:4 Intra", 66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2",
	244: "High 4:4:4 Predictive", 83: "Scalable Baseline", 86: "Scalable High", 118: "Multiview High", 128: "Stereo High",
}

// Profile names the profile as people know it, such as "High"; "profile 7" if
// it has no name.
func (s *SPS) Profile() string {
	switch c := s.Constraints; {
	case s.ProfileIDC == 66 && c&constraint1 != 0:
		return "Constrained Baseline"
	case s.ProfileIDC == 100 && c&constraint4 != 0 && c&constraint5 != 0:
		return "Constrained High"
	case s.ProfileIDC == 100 && c&constraint4 != 0:
		return "Progressive High"
	}
	if name := profiles[s.ProfileIDC]; name != "" {
		return name
	}
	return fmt.Sprintf("profile %d", s.ProfileIDC)
}

// Level names the level (§A.3), such as "3.1".
func (s *SPS) Level() string {
	early := s.ProfileIDC == 66 || s.ProfileIDC == 77 || s.ProfileIDC == 88
	if s.LevelIDC == 9 || s.LevelIDC == 11 && early && s.Constraints&constraint3 != 0 {
		return "1b"
	}
	return fmt.Sprintf("%d.%d", s.LevelIDC/10, s.LevelIDC%10)
}

// ProfileLevelID is the value of SDP's profile-level-id, six hexadecimal digits
// (RFC 6184 §8.1).
func (s *SPS) ProfileLevelID() string {
	return fmt.Sprintf("%02x%02x%02x", s.ProfileIDC, s.Constraints, s.LevelIDC)
}
