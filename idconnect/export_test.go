package idconnect

import "time"

// Hurry shortens the pauses that a person or a real server needs. A script is
// still given more silence than a terminal may leave within one line.
func (u *Upgrade) Hurry(d time.Duration) {
	u.setup.Quiet, u.setup.Interval, u.setup.Linger, u.pollInterval = max(d, 80*time.Millisecond), d, d, d
}
