// Package undo decides what a rollback may put back and remove: only what this program changed, only what nobody
// changed since, and nothing under a server that runs. It also finds out what became of a file operation that was
// killed, so that a run and a rollback start from a known state. Begin with [Stopped], [Stores] and [Folder].
package undo

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
)

// Stores puts back the stores that were replaced, the last one first. One that was changed since is put back only if
// lose is set; one that was rewritten with the same entries was not changed. The journal is saved after each.
func Stores(j *journal.Journal, lose bool) (detail string, err error) {
	if len(j.Stores) == 0 {
		return "no store was replaced", nil
	}
	var done []string
	for n := len(j.Stores); n > 0; n = len(j.Stores) {
		c := j.Stores[n-1].Changes
		said := "put back " + c.Path
		err := c.Undo()
		if errors.Is(err, keystore.ErrChangedSince) && lose {
			// The server wrote to it, or somebody did.
			said += ", which was changed since"
			if err = disk.Remove(c.Path); err == nil {
				err = c.Undo()
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

// RecoverStores finds out what became of a copy that was killed: it was made when the file is what it was to become;
// else it was not, and its traces go.
func RecoverStores(j *journal.Journal) error {
	var kept []*journal.Store
	changed := false
	for _, n := range j.Stores {
		if n.IsOpen() {
			changed = true
			if err := errors.Join(disk.Sweep(n.Changes.Path), disk.Sweep(n.Changes.Backup)); err != nil {
				return err
			}
			made, err := n.Changes.Made()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if !made {
				err := n.Changes.Undo()
				if err == nil {
					continue
				}
				if !errors.Is(err, keystore.ErrChangedSince) {
					return err
				}
				// Neither what it was nor what it was to become: somebody else wrote it. A rollback will say so, and a
				// copy keeps it.
			}
			n.End()
		}
		kept = append(kept, n)
	}
	if !changed {
		return nil
	}
	j.Stores = kept
	return j.Save()
}
