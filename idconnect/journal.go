package idconnect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

const (
	journalVersion = 1
	journalLimit   = 64 << 20
)

// journal remembers what the world cannot show. It is written whole or not at
// all before and after each action that needs it, and holds no secret.
type journal struct {
	path string
	journalData
}

type journalData struct {
	Version int    `json:"version"`
	Target  string `json:"target"`
	// Configured is the instance URL that the target accepted.
	Configured string `json:"configured,omitempty"`
	// Migrate is the intent and the outcome of the one request that must not
	// be made twice.
	Migrate *migrateNote `json:"migrate,omitempty"`
	// Stores are the changes that rollback undoes.
	Stores []keystore.Changes `json:"stores,omitempty"`
	// Unpacked maps each file that the package brought to its size.
	Unpacked map[string]int64 `json:"unpacked,omitempty"`
}

type migrateNote struct {
	Asked     time.Time  `json:"asked"`
	Completed *time.Time `json:"completed,omitempty"`
}

func openJournal(dir, target string) (*journal, error) {
	j := &journal{path: filepath.Join(dir, "journal.json")}
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		j.Version, j.Target = journalVersion, target
		return j, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	d := json.NewDecoder(io.LimitReader(f, journalLimit))
	if err := d.Decode(&j.journalData); err != nil {
		return nil, fmt.Errorf("journal %s: %w (it is written whole; something else changed it: move it away only when you know what the last run did)", j.path, err)
	}
	if j.Version != journalVersion {
		return nil, fmt.Errorf("journal %s: version %d, this program knows %d", j.path, j.Version, journalVersion)
	}
	if j.Target != target {
		return nil, fmt.Errorf("journal %s: belongs to the target %s, not %s; use another state folder", j.path, j.Target, target)
	}
	return j, nil
}

func (j *journal) save() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(j.journalData); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := writeFile(j.path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// writeFile writes a file whole or not at all, and to the disk.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".tmp*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename durable; Windows has no such call for folders, and
// needs none.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && os.PathSeparator == '/' {
		return err
	}
	return nil
}
