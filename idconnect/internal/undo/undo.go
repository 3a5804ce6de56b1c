// Package undo decides what a rollback may put back and remove: only what this program changed, only what nobody
// changed since, and nothing under a server that runs. It also finds out what became of a file operation that was
// killed, so that a run and a rollback start from a known state. Begin with [Stopped], [Stores] and [Folder].
package undo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/keystore"
)

// Stores puts back the stores that were replaced, the last one first. One that was rewritten with the same entries was
// not changed since; one to which a server that our set-up started added entries is kept beside. Any other change is
// lost only if lose is set, and so are the stores of a folder that is gone. The journal is saved after each.
func Stores(j *journal.Journal, s *site.Site, lose bool) (detail string, err error) {
	if len(j.Stores) == 0 {
		return "no store was replaced", nil
	}
	in, err := s.TargetRoot()
	if err != nil {
		return "", err
	}
	defer in.Close()
	if in.Root == nil {
		return storesGone(j, s.TargetDir, lose)
	}
	var done []string
	for n := len(j.Stores); n > 0; n = len(j.Stores) {
		c := j.Stores[n-1].Changes
		said := "put back " + c.Path
		err := c.UndoIn(in.Root)
		if errors.Is(err, keystore.ErrChangedSince) && (j.Setup != nil || j.Left != nil) {
			var kept string
			if kept, err = keepAdded(c, in, err); err == nil {
				said += kept
			}
		}
		if errors.Is(err, keystore.ErrChangedSince) && lose {
			// The server wrote to it, or somebody did.
			said += ", which was changed since"
			if err = in.Remove(c.Path); err == nil {
				err = c.UndoIn(in.Root)
			}
		}
		if err != nil {
			return strings.Join(done, "; "), err
		}
		j.Stores = j.Stores[:n-1]
		if err := j.Save(); err != nil {
			return "", err
		}
		done = append(done, said)
	}
	return strings.Join(done, "; "), nil
}

// storesGone is about the stores of a folder that somebody removed, or moved: with lose they are forgotten.
func storesGone(j *journal.Journal, dir string, lose bool) (detail string, err error) {
	if !lose {
		return "", &ending.Known{Err: fmt.Errorf("%s is gone, and with it the stores that were replaced", dir),
			Do: "put the folder back if it was moved; if it is not needed any more, say that what others changed " +
				"goes too (Upgrade.RemoveAdded)"}
	}
	j.Stores = nil
	return "gone with " + dir, j.Save()
}

// keepAdded puts back a store to which only entries were added, and keeps that one beside it under another name.
// changed is the error of what was changed otherwise.
func keepAdded(c keystore.Changes, in *site.TargetRoot, changed error) (said string, err error) {
	added, err := c.AddedIn(in.Root)
	if err != nil {
		return "", err
	}
	if len(added) == 0 {
		return "", changed
	}
	name := c.Path + ".rolled-back-" + time.Now().Format("20060102-150405")
	if _, err := in.Lstat(name); err == nil {
		return "", &fs.PathError{Op: "keep", Path: name, Err: fs.ErrExist}
	}
	if err := in.Rename(c.Path, name); err != nil {
		return "", err
	}
	return ", to which the server had added " + strings.Join(added, ", ") + ": that one is " + name, c.UndoIn(in.Root)
}

// RecoverStores finds out what became of a copy that was killed: it was made when the file is what it was to become;
// else it was not, and its traces go.
func RecoverStores(j *journal.Journal, s *site.Site) error {
	if !slices.ContainsFunc(j.Stores, func(n *journal.Store) bool { return n.IsOpen() }) {
		return nil
	}
	in, err := s.TargetRoot()
	if err != nil {
		return err
	}
	defer in.Close()
	var kept []*journal.Store
	for _, n := range j.Stores {
		if n.IsOpen() {
			gone, err := recoverStore(n, in)
			if err != nil {
				return err
			}
			if gone {
				continue
			}
			n.End()
		}
		kept = append(kept, n)
	}
	j.Stores = kept
	return j.Save()
}

// recoverStore reports whether a copy was not made, so that nothing of it is left.
func recoverStore(n *journal.Store, in *site.TargetRoot) (gone bool, err error) {
	for _, path := range []string{n.Changes.Path, n.Changes.Backup} {
		if path == "" {
			continue
		}
		if err := in.Sweep(path); err != nil {
			return false, err
		}
	}
	made, err := n.Changes.MadeIn(in.Root)
	if err != nil || made {
		return false, err
	}
	err = n.Changes.UndoIn(in.Root)
	if errors.Is(err, keystore.ErrChangedSince) {
		// Neither what it was nor what it was to become: somebody else wrote it. A rollback will say so, and a copy
		// keeps it.
		return false, nil
	}
	return err == nil, err
}

// Stopped returns an error if a server has the folder dir, be it one that does not answer, or if answers, the address
// at which one does, is not "". If the whole folder is to go, any other process that has it counts, too.
func Stopped(dir, answers string, whole bool) error {
	running, others := installation.Holders(dir)
	if whole {
		running = append(running, others...)
	}
	var who []string
	if answers != "" {
		who = append(who, "the target answers at "+answers)
	}
	for _, p := range running {
		who = append(who, p.String())
	}
	if len(who) == 0 {
		return nil
	}
	return &ending.Known{Err: fmt.Errorf("%s is in use: %s: stop it first", dir, strings.Join(who, "; ")),
		Do: howToStop(dir, host.StopCommands(running)) + "; then run the same command again"}
}

func howToStop(dir, commands string) string {
	script := filepath.Join(dir, "shutdown.sh")
	_, err := os.Stat(script)
	switch there := err == nil && runtime.GOOS != "windows"; {
	case there && commands != "":
		return "run " + script + ", or " + commands
	case there:
		return "run " + script
	case commands != "":
		return "run " + commands
	}
	return "stop its service, or end its process"
}
