package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// Log is a file of the state folder to which one line of JSON after the other is added. It is for what is done many
// times over, where the journal would be written anew each time. Only who holds the lock may add to it.
type Log struct{ f *os.File }

// OpenLog opens the log of that name, which is made where there is none. It is for the owner alone.
func (p *Place) OpenLog(name string) (*Log, error) {
	path := filepath.Join(p.Dir, name)
	if _, err := isOwn(path); err != nil {
		return nil, fmt.Errorf("log %s: %w", path, err)
	}
	f, err := disk.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return &Log{f}, nil
}

// Add adds a line, with the time before all else, and returns when it is on the disk. What was cut off by a crash stays
// a line of its own.
func (l *Log) Add(entry any) error {
	line, err := json.Marshal(struct {
		Time  time.Time `json:"time"`
		Entry any       `json:"entry"`
	}{time.Now().UTC(), entry})
	if err == nil {
		line = append(line, '\n')
		if info, e := l.f.Stat(); e == nil && info.Size() > 0 {
			last := make([]byte, 1)
			if _, e := l.f.ReadAt(last, info.Size()-1); e == nil && last[0] != '\n' {
				line = append([]byte{'\n'}, line...)
			}
		}
		_, err = disk.Writer{File: l.f}.Write(line)
	}
	if err == nil {
		err = disk.Do("sync", l.f.Name(), l.f.Sync)
	}
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// Close closes the file.
func (l *Log) Close() error { return l.f.Close() }
