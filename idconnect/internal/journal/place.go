package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Target is what identifies an upgrade: the folder of its target, the address of its server, or both, however they are
// spelled.
type Target struct {
	// StateDir is the state folder that was asked for, "" for the default.
	StateDir string
	// Folder is the target's, "" where it is not on this machine.
	Folder string
	// URL is the target's address.
	URL string
	// UserDir is where this user's programs keep their state.
	UserDir string
	// Lookup resolves a host name. Nil: the address says nothing of which machine answers, so that the server is known
	// by its address alone, and no upgrade is found or locked by it.
	Lookup func(ctx context.Context, host string) ([]string, error)
}

// Place is where an upgrade keeps its state: one for a target, however it is spelled. It is found by the target's real
// path and by its server: files named after the server, in the user's state folder, point to it.
type Place struct {
	// Dir is the state folder.
	Dir string

	url    string
	folder folder
	server server
	// servers is the folder of the pointers, "" where there are none.
	servers string
}

// pointer is a file that says where the upgrade of a server keeps its state.
type pointer struct {
	StateDir string `json:"stateDir"`
	// Folder is the real path of the target's, "" where it was not on this machine.
	Folder string `json:"folder,omitempty"`
	URL    string `json:"url"`

	path string
}

// Find returns the place of a target. It changes nothing. A server that was sent a request by the upgrade of another
// place is an [*Error] of [OtherPlace].
func Find(ctx context.Context, t Target) (*Place, error) {
	p := &Place{url: t.URL}
	var err error
	if p.folder, err = folderAt(t.Folder); err != nil {
		return nil, fmt.Errorf("target's folder: %w", err)
	}
	p.server = identify(ctx, t.URL, t.Lookup)
	base := filepath.Join(t.UserDir, "idconnect-upgrade")
	if t.Lookup != nil {
		p.servers = filepath.Join(base, "servers")
	}
	known, err := p.pointers()
	if err != nil {
		return nil, err
	}
	p.Dir, err = p.choose(t, known, base)
	if err != nil {
		return nil, err
	}
	for _, other := range known {
		if !sameFile(other.StateDir, p.Dir) {
			if err := p.refuse(other); err != nil {
				return nil, err
			}
		} else if t.Folder == "" {
			p.folder = folder{other.Folder, other.Folder}
		}
	}
	return p, nil
}

// choose decides on the state folder.
func (p *Place) choose(t Target, known []pointer, base string) (string, error) {
	if t.StateDir != "" {
		return filepath.Abs(t.StateDir)
	}
	if t.Folder == "" {
		if len(known) > 0 {
			return known[0].StateDir, nil
		}
		return filepath.Join(base, p.server.name), nil
	}
	// The second is that of versions before this one, which did not follow a link.
	for _, dir := range []string{p.folder.real + suffix, p.folder.given + suffix} {
		if hasJournal(dir) {
			return dir, nil
		}
	}
	for _, other := range known {
		if other.Folder == "" || sameFile(other.Folder, p.folder.real) {
			return other.StateDir, nil
		}
	}
	return p.folder.real + suffix, nil
}

// suffix makes the name of the state folder of that of the target's.
const suffix = ".upgrade"

func hasJournal(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, "journal.json"))
	return err == nil
}

func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// refuse returns an error where the upgrade of another place has sent a request to this server.
func (p *Place) refuse(other pointer) error {
	j, err := open(other.StateDir, folder{other.Folder, other.Folder}, p.url, p.server.is)
	if err == nil && j.Configure == nil && j.Migrate == nil {
		return nil
	}
	of := "an upgrade without a folder"
	if other.Folder != "" {
		of = "the upgrade of " + other.Folder
	}
	return &Error{Kind: OtherPlace, Path: filepath.Join(other.StateDir, "journal.json"), pointer: other.path,
		Err: fmt.Errorf("%s has sent requests to the server %s, which is that of %s", of, other.URL, p.url)}
}

// pointers are those of the server that lead to a journal.
func (p *Place) pointers() (known []pointer, err error) {
	for _, path := range p.files(".json") {
		content, err := readOwn(path)
		if err != nil {
			return nil, err
		}
		if content == nil {
			continue
		}
		to := pointer{path: path}
		err = json.Unmarshal(content, &to)
		if err == nil && (!filepath.IsAbs(to.StateDir) || to.Folder != "" && !filepath.IsAbs(to.Folder)) {
			err = errors.New("its paths are not absolute")
		}
		if err != nil {
			return nil, &Error{Kind: Damaged, Path: path, Err: err}
		}
		seen := slices.ContainsFunc(known, func(k pointer) bool { return k.StateDir == to.StateDir })
		if !seen && hasJournal(to.StateDir) {
			known = append(known, to)
		}
	}
	return known, nil
}

// files are those named after the server, with an ending.
func (p *Place) files(ending string) (paths []string) {
	if p.servers == "" {
		return nil
	}
	for _, key := range p.server.keys {
		paths = append(paths, filepath.Join(p.servers, key+ending))
	}
	return paths
}

// Open reads the journal, which is an empty one where there is no file. A journal that cannot be used is an [*Error].
func (p *Place) Open() (*Journal, error) { return open(p.Dir, p.folder, p.url, p.server.is) }

// register lets the server lead here. The caller holds the lock.
func (p *Place) register() error {
	content, err := json.Marshal(pointer{StateDir: p.Dir, Folder: p.folder.real, URL: p.url})
	if err != nil {
		return err
	}
	for _, path := range p.files(".json") {
		if was, err := readOwn(path); err == nil && string(was) == string(content) {
			continue
		}
		if err := errors.Join(disk.Sweep(path), disk.Write(path, content, 0o600, nil)); err != nil {
			return err
		}
	}
	return nil
}
