// Package fleetfile reads the file that says which installations to upgrade,
// in which order and within which limits. What is wrong with it is said with
// the line and with what to write instead, before anything is begun.
package fleetfile

import (
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

// Fleet is a fleet file with its defaults filled in. It holds no secret, only
// where a worker finds it, so that it may lie in an engine's history.
type Fleet struct {
	Name string `json:"name"`
	// Approval is "once", "waves" or "none".
	Approval string `json:"approval,omitempty"`
	// Waves are numbers, shares ("5%") and at the end "rest"; see WaveSizes.
	Waves  []WaveSize `json:"waves,omitempty"`
	AtOnce int        `json:"atOnce,omitempty"`
	// StopAbove is the share of a wave that may end with bad news, see MayFail.
	StopAbove     string          `json:"stopAbove,omitempty"`
	Patience      string          `json:"patience,omitempty"`
	Window        *Window         `json:"window,omitempty"`
	Sites         map[string]Site `json:"sites,omitempty"`
	Installations []Installation  `json:"installations"`
}

// The values of Fleet.Approval.
const (
	ApproveOnce  = "once"
	ApproveWaves = "waves"
	ApproveNone  = "none"
)

// Site is a place with limits of its own.
type Site struct {
	AtOnce int     `json:"atOnce,omitempty"`
	Window *Window `json:"window,omitempty"`
}

// Installation is one upgrade: a site as package siteconfig describes it, and what
// only a fleet has.
type Installation struct {
	siteconfig.Config
	Site     string   `json:"site,omitempty"`
	Anywhere []string `json:"anywhere,omitempty"`
}

// WaveSize is a number, a share of all such as "5%", or "rest".
type WaveSize string

// UnmarshalJSON takes a number too.
func (w *WaveSize) UnmarshalJSON(b []byte) error {
	*w = WaveSize(strings.Trim(string(b), `"`))
	return nil
}

// WaveSizes says how many of n installations each wave takes, in order. A share
// is of all n, rounded up. Waves for which nothing is left are left out.
func (f *Fleet) WaveSizes(n int) []int {
	var sizes []int
	for _, w := range f.Waves {
		if n == 0 {
			break
		}
		size := n
		if share, ok := strings.CutSuffix(string(w), "%"); ok {
			percent, _ := strconv.Atoi(share)
			size = (len(f.Installations)*percent + 99) / 100
		} else if number, err := strconv.Atoi(string(w)); err == nil {
			size = number
		}
		size = min(size, n)
		sizes = append(sizes, size)
		n -= size
	}
	if n > 0 {
		sizes = append(sizes, n)
	}
	return sizes
}

// MayFail is how many of a wave of n may fail before nothing new begins.
func (f *Fleet) MayFail(n int) int {
	percent, _ := strconv.Atoi(strings.TrimSuffix(f.StopAbove, "%"))
	return n * percent / 100
}

// PatienceTime is Patience as a duration.
func (f *Fleet) PatienceTime() time.Duration {
	d, err := time.ParseDuration(f.Patience)
	if err != nil {
		return 15 * time.Minute
	}
	return d
}

// SourceWorker is the machine with the source's folder: the target's, unless
// another one is named.
func (i *Installation) SourceWorker() string {
	if i.Source.Worker != "" {
		return i.Source.Worker
	}
	return i.Target.Worker
}
