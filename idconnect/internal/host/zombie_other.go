//go:build unix && !linux && !darwin

package host

func isZombie(int) bool { return false }
