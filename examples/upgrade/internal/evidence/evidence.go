// Package evidence reads what earlier runs left of an upgrade: its journal and its
// reports. It takes only what cannot be personal: states, times and counts, no id of
// a record. Begin with [Read].
package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// Evidence is what is known of an upgrade without asking a server.
type Evidence struct {
	Journal *Journal `json:"journal,omitempty"`
	// Run is the last report of a run, and Compared the last one in which the servers
	// were compared; they may be one. Nil where there is none.
	Run      *Report `json:"run,omitempty"`
	Compared *Report `json:"compared,omitempty"`
	// Before is the comparison before that one.
	Before *Report `json:"before,omitempty"`
	// Unread says which files could not be read, and why.
	Unread []string `json:"unread,omitempty"`
}

// Journal is when actions began and ended.
type Journal struct {
	Target    string  `json:"target"`
	Unpack    *Action `json:"unpack,omitempty"`
	Stores    []Store `json:"stores,omitempty"`
	Setup     *Action `json:"setup,omitempty"`
	Configure *Action `json:"configure,omitempty"`
	Migrate   *Action `json:"migrate,omitempty"`
}

// Action is one of a run; Ended is nil where its outcome is not known.
type Action struct {
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended,omitempty"`
}

// Store is a key store that was replaced.
type Store struct {
	Action
	Changes struct {
		Path   string `json:"path"`
		Backup string `json:"backup,omitempty"`
	} `json:"changes"`
}

// Report is a report without ids.
type Report struct {
	Started  time.Time           `json:"started"`
	Ended    time.Time           `json:"ended"`
	Source   report.ServerSeen   `json:"source"`
	Target   report.ServerSeen   `json:"target"`
	Steps    []report.StepResult `json:"steps"`
	Findings preflight.Findings  `json:"findings"`
	Outcome  string              `json:"outcome"`
	Error    string              `json:"error,omitempty"`
	Remedy   string              `json:"remedy,omitempty"`
	Verify   *Comparison         `json:"verify,omitempty"`
}

// Comparison is what a comparison of the servers counted.
type Comparison struct {
	Ended       time.Time    `json:"ended"`
	Collections []Collection `json:"collections"`
	Verdict     struct {
		Outcome     string `json:"outcome"`
		Source      int64  `json:"source"`
		Target      int64  `json:"target"`
		Differences int64  `json:"differences"`
		Open        []Item `json:"open,omitempty"`
		Failures    []Item `json:"failures,omitempty"`
	} `json:"verdict"`
}

// Collection is the counts of one.
type Collection struct {
	Name           string `json:"name"`
	Checked        bool   `json:"checked"`
	SourceCount    int64  `json:"sourceCount"`
	TargetCount    int64  `json:"targetCount"`
	MissingCount   int64  `json:"missingCount"`
	ExtraCount     int64  `json:"extraCount"`
	ChangedCount   int64  `json:"changedCount"`
	DuplicateCount int64  `json:"duplicateCount"`
}

// Item is something that a comparison left open, or that is wrong.
type Item struct {
	Code  string `json:"code,omitempty"`
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
}

// Limits of the files that are read, in bytes.
const (
	maxJournal = 64 << 20
	maxReport  = 256 << 20
)

// Read reads the journal and the reports of the folder beside a target, and the reports
// of another folder; "" is none.
func Read(stateDir, reportDir string) *Evidence {
	e := &Evidence{}
	if stateDir != "" {
		var j Journal
		if e.read(filepath.Join(stateDir, "journal.json"), maxJournal, &j) {
			e.Journal = &j
		}
	}
	for _, dir := range slices.Compact([]string{stateDir, reportDir}) {
		if dir == "" {
			continue
		}
		for _, name := range []string{"report.json", "report.json.previous"} {
			var r Report
			if e.read(filepath.Join(dir, name), maxReport, &r) {
				e.add(&r)
			}
		}
	}
	return e
}

// add keeps a report if it is the newest of its kind.
func (e *Evidence) add(r *Report) {
	if len(r.Steps) > 0 && r.Outcome != "planned" && (e.Run == nil || r.Ended.After(e.Run.Ended)) {
		e.Run = r
	}
	switch {
	case r.Verify == nil:
	case e.Compared == nil:
		e.Compared = r
	case r.Verify.Ended.After(e.Compared.Verify.Ended):
		e.Compared, e.Before = r, e.Compared
	case r.Verify.Ended.Equal(e.Compared.Verify.Ended): // the same, in two folders
	case e.Before == nil, r.Verify.Ended.After(e.Before.Verify.Ended):
		e.Before = r
	}
}

// read decodes a file. One that is not there is no fault.
func (e *Evidence) read(path string, limit int64, into any) bool {
	content, err := disk.Read(path, limit)
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true
	case errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &syntax), errors.As(err, &other):
		e.Unread = append(e.Unread, path+": not what a run writes") // without its text
	default:
		e.Unread = append(e.Unread, fmt.Sprintf("%s: %v", path, err))
	}
	return false
}
