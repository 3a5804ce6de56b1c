// Package fleetfile reads the file that says which installations to upgrade,
// in which order and within which limits. What is wrong with it is said with
// the line and with what to write instead, before anything is begun.
package fleetfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
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
	// StopAbove is the share of a wave that may fail, see MayFail.
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

// Installation is one upgrade.
type Installation struct {
	ID                 string    `json:"id"`
	Site               string    `json:"site,omitempty"`
	Source             Server    `json:"source"`
	Target             Server    `json:"target"`
	Package            string    `json:"package,omitempty"`
	InstanceURL        string    `json:"instanceURL,omitempty"`
	InstanceAddress    string    `json:"instanceAddress,omitempty"`
	KeystorePassword   *Secret   `json:"keystorePassword,omitempty"`
	TruststoreConflict string    `json:"truststoreConflict,omitempty"`
	JavaHome           string    `json:"javaHome,omitempty"`
	Steps              []string  `json:"steps,omitempty"`
	Accept             []string  `json:"accept,omitempty"` // codes of what need not be compared
	Anywhere           []string  `json:"anywhere,omitempty"`
	Handover           *Handover `json:"handover,omitempty"`
}

// Server is one of the two servers. Worker names the machine with its folder.
type Server struct {
	Worker             string  `json:"worker,omitempty"`
	Dir                string  `json:"dir,omitempty"`
	URL                string  `json:"url,omitempty"`
	User               string  `json:"user,omitempty"`
	Password           *Secret `json:"password,omitempty"`
	Truststore         string  `json:"truststore,omitempty"`
	TruststorePassword *Secret `json:"truststorePassword,omitempty"`
	TLSName            string  `json:"tlsName,omitempty"`
	Address            string  `json:"address,omitempty"`
}

// Secret says where a worker finds a secret; one of its fields is set.
type Secret struct {
	File    string   `json:"file,omitempty"`
	Env     string   `json:"env,omitempty"`
	Command []string `json:"command,omitempty"`
}

// Handover is how the stores come to another machine.
type Handover struct {
	Source     string   `json:"source"`
	Target     string   `json:"target"`
	Passphrase *Secret  `json:"passphrase"`
	Carry      []string `json:"carry,omitempty"`
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
	percent, err := strconv.Atoi(strings.TrimSuffix(f.StopAbove, "%"))
	if err != nil {
		return 0
	}
	return int(math.Floor(float64(n) * float64(percent) / 100))
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

// fill replaces {id} and {site}.
func fill(text, id, site string) string {
	return strings.NewReplacer("{id}", id, "{site}", site).Replace(text)
}

// Problem is one thing that is wrong with a fleet file.
type Problem struct {
	File string `json:"file"`
	// Line counts from 1.
	Line int `json:"line"`
	// At is the place in the file, as in installations[3].source.url.
	At string `json:"at,omitempty"`
	// Text says what is wrong, Write what to write instead.
	Text  string `json:"text"`
	Write string `json:"write,omitempty"`
}

func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d: ", p.File, p.Line)
	if p.At != "" {
		s += p.At + ": "
	}
	s += p.Text
	if p.Write != "" {
		s += "; write " + p.Write
	}
	return s
}

// Problems are all that is wrong with a file, by line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps))
	for i, p := range ps {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(ps)-i))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// maxProblems is how many are shown at once.
const maxProblems = 25
