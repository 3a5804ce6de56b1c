package idconnect

import "time"

// Hurry shortens the pauses that a person or a real server needs.
func (u *Upgrade) Hurry(d time.Duration) {
	u.setup.Quiet, u.setup.Interval, u.setup.Linger, u.pollInterval = d, d, d, d
}
