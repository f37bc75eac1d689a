package audit

// The actions of entries about what is kept.
const (
	Backup       = "backup"
	Restore      = "restore"       // the first entry after what the backup had; Detail names where the former data are
	PersonForget = "person_forget" // Who asked; the identity is not written down again
)
