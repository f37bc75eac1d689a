//go:build !linux

package doctor

// What is not known elsewhere than on Linux is not reported.

func maxFiles() (uint64, bool) { return 0, false }

func clockSynchronised() (synchronised, known bool) { return false, false }

func space(string) (free, whole uint64, ok bool) { return 0, 0, false }
