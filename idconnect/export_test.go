package idconnect

import "time"

// Hurry shortens the pauses that a person or a real server needs. A script is
// still given more silence than a terminal may leave within one line.
func (u *Upgrade) Hurry(d time.Duration) {
	u.setup.Quiet, u.setup.Linger, u.PollInterval = max(d, 80*time.Millisecond), d, d
}

// OnMachine sets what preflight learns of this machine: a variable that is not
// named is not set.
func (u *Upgrade) OnMachine(env map[string]string, euid int) {
	u.machine.Env = func(name string) string { return env[name] }
	u.machine.EUID = func() int { return euid }
}

// OnSystem lets preflight judge as on another system.
func (u *Upgrade) OnSystem(name string) { u.machine.GOOS = name }

// WithFreeSpace sets what is free on every disk, in bytes.
func (u *Upgrade) WithFreeSpace(n uint64) {
	u.machine.Free = func(string) (uint64, error) { return n, nil }
}

// OnDisks sets what is free on each disk, in bytes, by a folder on it.
func (u *Upgrade) OnDisks(free func(dir string) uint64) {
	u.machine.Free = func(dir string) (uint64, error) { return free(dir), nil }
}

// HurryPrompts shortens how long a question may stand unanswered.
func (u *Upgrade) HurryPrompts(d time.Duration) { u.setup.PromptTimeout = d }
