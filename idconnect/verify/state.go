package verify

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
	"github.com/idconnect-go/upgrade/idconnect/internal/sealed"
)

// stateEvery is the time between two writings of a state. What took less than
// stateShort, or fewer than statePages, is not worth one.
const (
	stateEvery = 10 * time.Second
	stateShort = 2 * time.Second
	statePages = 20
)

// stateFormat is that of a state file. The earlier versions are of before files were
// sealed by age, before ranges of ids, and before the sums stood behind the rest; in
// the fourth those stood in pages, however few they were.
var stateFormat = sealed.Format{
	Magic: "idconnect verify 5\n",
	Read:  []string{"idconnect verify 4\n"},
	Old:   []string{"idconnect verify 1\n", "idconnect verify 2\n", "idconnect verify 3\n"},
}

// stateStore keeps a comparison in a file, so that it resumes after an
// interruption.
//
// What it keeps is not personal at first sight: sums of hashes, cookies, ids of
// what differs. But with the key of the hashes they would tell whether a record
// has a certain content, a password even. So the whole is sealed by the passwords
// of the accounts which read the servers: whoever has those may see the records
// anyway. It is bound to servers, accounts and options: with others the file does
// not open, and the comparison starts over.
type stateStore struct {
	every time.Duration
	began time.Time
	pages atomic.Int64 // that were read
	worth int64

	writing atomic.Bool
	writers sync.WaitGroup

	mu    sync.Mutex
	file  sealed.File
	last  time.Time
	state savedState
	live  map[int]*verifier // in their first reading
}

// stateError says what an error is about.
func stateError(err error) error {
	if old := new(sealed.OldError); errors.As(err, &old) {
		return &OldStateError{Path: old.Path}
	}
	if err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	return nil
}

// OldStateError reports a state file that an earlier version of this package
// wrote, which cannot be resumed. It was not changed.
type OldStateError struct{ Path string }

func (e *OldStateError) Error() string {
	return fmt.Sprintf("state of the comparison: %s was written by an earlier version", e.Path)
}

// Remedy returns the command that removes the file, so that the comparison starts
// over.
func (e *OldStateError) Remedy() string {
	command := "rm"
	if runtime.GOOS == "windows" {
		command = "del"
	}
	return "run: " + command + ` "` + e.Path + `", then verify again: the comparison starts over`
}

// openStore prepares the state of a comparison, and reads what an earlier
// one left, if it was of the same. Nil where none is kept.
func openStore(urls [2]string, users [2]string, secret []byte, opts Options) (*stateStore, error) {
	if opts.StateFile == "" {
		return nil, nil
	}
	if len(secret) == 0 {
		return nil, errors.New("state of the comparison: a password is missing: " +
			"it is encrypted with those of both accounts")
	}
	s := &stateStore{every: opts.stateEvery, began: time.Now(), live: map[int]*verifier{}}
	s.last = s.began
	if s.every == 0 {
		s.every, s.worth = stateEvery, statePages
	}
	text, err := json.Marshal(struct {
		URLs, Users    [2]string
		Collections    []Collection
		Changes        []string
		Keys           bool
		PageSize, Most int
		SortKeys       []string
		Values         bool
	}{
		urls, users, opts.Collections, opts.changeCodes(), opts.Keys != nil, opts.PageSize, opts.MaxDifferences,
		opts.SortKeys, opts.Values,
	})
	if err != nil {
		return nil, err
	}
	bound := sha256.Sum256(text)
	s.file = sealed.File{
		Format: stateFormat, Path: opts.StateFile, Secret: string(secret), Bound: bound[:],
		Cost: cmp.Or(opts.stateCost, sealed.Cost),
	}
	s.state.Collections = make([]savedCollection, len(opts.Collections))
	return s, s.load()
}

// load takes over what is in the file.
func (s *stateStore) load() error {
	_, err := s.file.Load(func(pieces [][]byte) error {
		state, err := decodeState(pieces)
		if err == nil && len(state.Collections) != len(s.state.Collections) {
			err = errors.New("other collections")
		}
		if err == nil {
			s.state = state
		}
		return err
	})
	return stateError(err)
}

// resumes says whether something was taken over.
func (s *stateStore) resumes() bool {
	if s != nil {
		for i := range s.state.Collections {
			if s.state.Collections[i].Stage != stageNotBegun {
				return true
			}
		}
	}
	return false
}

// forget starts over.
func (s *stateStore) forget() {
	s.state.Collections = make([]savedCollection, len(s.state.Collections))
}

// key of the hashes: the one of before, or a new one.
func (s *stateStore) key() []byte {
	if s != nil && len(s.state.Key) > 0 {
		return s.state.Key
	}
	key := newKey()
	if s != nil {
		s.state.Key = key
	}
	return key
}

func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// saved is where a collection stands.
func (s *stateStore) saved(i int) savedCollection {
	if s == nil {
		return savedCollection{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Collections[i]
}

// put notes where a collection stands now; one that is being read for the
// first time, live, is asked when the file is written.
func (s *stateStore) put(i int, saved savedCollection, live *verifier) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.state.Collections[i] = saved
	delete(s.live, i)
	if live != nil {
		s.live[i] = live
	}
	s.mu.Unlock()
	s.tick()
}

// read notes that another page was.
func (s *stateStore) read() {
	if s != nil {
		s.pages.Add(1)
		s.tick()
	}
}

// tick has the file written when it is time, while the servers are read on.
func (s *stateStore) tick() {
	if s == nil || s.pages.Load() < s.worth || !s.writing.CompareAndSwap(false, true) {
		return
	}
	if s.mu.Lock(); time.Since(s.last) < s.every {
		s.mu.Unlock()
		s.writing.Store(false)
		return
	}
	s.mu.Unlock()
	s.writers.Go(func() {
		defer s.writing.Store(false)
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = s.save() // at the end it is tried again
		s.last = time.Now()
	})
}

// end is called when nothing runs any more: what is done needs no state.
func (s *stateStore) end(err error) error {
	if s == nil {
		return err
	}
	s.writers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		return stateError(s.file.Remove())
	}
	if time.Since(s.began) >= min(stateShort, s.every) && s.pages.Load() >= s.worth {
		if lost := s.save(); lost != nil {
			err = fmt.Errorf("%w (the comparison cannot be resumed: %v)", err, lost)
		}
	}
	return err
}

func (s *stateStore) save() error {
	if err := s.file.Stretch(); err != nil {
		return err
	}
	content, err := s.seal()
	if err != nil || content == nil {
		return err
	}
	return s.file.Write(content)
}

// seal returns the file, nil where a collection is between two readings: that of
// before is worth more. No record counts meanwhile.
func (s *stateStore) seal() ([]byte, error) {
	reading := map[int]*firstread.Memory{}
	now := savedState{Key: s.state.Key, Collections: slices.Clone(s.state.Collections)}
	for i, v := range s.live {
		for side := range v.state {
			v.state[side].Lock()
			defer v.state[side].Unlock()
		}
		if reading[i], now.Collections[i] = v.saved(); reading[i] == nil {
			return nil, nil
		}
	}
	pieces, err := now.pieces(reading)
	if err != nil {
		return nil, err
	}
	return s.file.Seal(pieces)
}
