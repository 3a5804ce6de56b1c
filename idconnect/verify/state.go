package verify

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/internal/disk"
)

const (
	// stateMagic begins a state file; what follows is sealed by age.
	stateMagic = "idconnect verify 4\n"
	stateLimit = 256 << 20
	// stateCost is the number of rounds of PBKDF2, which each guess of the
	// accounts' passwords costs (OWASP's recommendation of 2023).
	stateCost = 600_000
	// stateWorkFactor is the least that age knows. Its scrypt would take time
	// and 16 MiB or more with each writing; the passphrase is stretched already.
	stateWorkFactor = 1
	// stateEvery is the time between two writings. What took less than
	// stateShort, or fewer than statePages, is not worth one.
	stateEvery = 10 * time.Second
	stateShort = 2 * time.Second
	statePages = 20
)

// oldStateMagics begin the state files of earlier versions: before they were sealed
// by age, before ranges of ids, and before the sums stood behind the rest.
var oldStateMagics = []string{"idconnect verify 1\n", "idconnect verify 2\n", "idconnect verify 3\n"}

// stateStore keeps a comparison in a file, so that it resumes after an
// interruption.
//
// What it keeps is not personal at first sight: sums of hashes, cookies, ids of
// what differs. But with the key of the hashes they would tell whether a record
// has a certain content, a password even. So the whole is encrypted, and
// authenticated, by a key that is derived from the passwords of the accounts
// which read the servers: whoever has those may see the records anyway. Servers,
// accounts and options go into that key too: with others the file does not open,
// and the comparison starts over.
type stateStore struct {
	path   string
	secret string
	bound  []byte // the salt: what a file must be of
	cost   int
	every  time.Duration
	began  time.Time
	pages  atomic.Int64 // that were read
	worth  int64

	writing atomic.Bool
	writers sync.WaitGroup

	mu        sync.Mutex
	last      time.Time
	stretched string // "" until it is needed: it takes some time
	state     savedState
	live      map[int]*verifier // in their first reading
	err       error             // of the last writing
	mine      bool              // the file is of this comparison
}

func stateOutput(path string) disk.Output {
	return disk.Output{Path: path, Mode: 0o600, Marks: append([]string{stateMagic}, oldStateMagics...)}
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
	s := &stateStore{
		path: opts.StateFile, secret: string(secret), cost: cmp.Or(opts.stateCost, stateCost),
		every: opts.stateEvery, began: time.Now(), live: map[int]*verifier{},
	}
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
	s.bound = bound[:]
	s.state.Collections = make([]savedCollection, len(opts.Collections))
	return s, s.load()
}

// load takes over what is in the file. One that does not open is of another
// comparison, or damaged, and is replaced in time, and kept beside.
func (s *stateStore) load() error {
	if err := disk.Sweep(s.path); err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	if err := stateOutput(s.path).Check(); err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	f, err := disk.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	defer f.Close()
	sealed := bufio.NewReader(io.LimitReader(f, stateLimit))
	if magic, err := sealed.Peek(len(stateMagic)); err == nil && slices.Contains(oldStateMagics, string(magic)) {
		return &OldStateError{Path: s.path}
	}
	if _, err := sealed.Discard(len(stateMagic)); err != nil {
		return nil
	}
	passphrase, err := s.passphrase()
	if err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return fmt.Errorf("state of the comparison: %w", err)
	}
	identity.SetMaxWorkFactor(stateWorkFactor)
	opened, err := age.Decrypt(sealed, identity)
	if err != nil {
		return nil
	}
	// Read to the end, which is authenticated, before anything is decoded.
	var content bytes.Buffer
	if info, err := f.Stat(); err == nil {
		content.Grow(int(min(info.Size(), stateLimit)) + bytes.MinRead)
	}
	if _, err := content.ReadFrom(opened); err != nil {
		return nil
	}
	if state, err := decodeState(&content); err == nil && len(state.Collections) == len(s.state.Collections) {
		s.state, s.mine = state, true
	}
	return nil
}

// passphrase of the file, from the passwords of both accounts.
func (s *stateStore) passphrase() (string, error) {
	if s.stretched == "" {
		key, err := pbkdf2.Key(sha256.New, s.secret, s.bound, s.cost, 32)
		if err != nil {
			return "", err
		}
		s.stretched = hex.EncodeToString(key)
	}
	return s.stretched, nil
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
		s.write()
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
		if _, statErr := os.Lstat(s.path); statErr != nil || !s.mine {
			return nil
		}
		if err := disk.Remove(s.path); err != nil {
			return fmt.Errorf("state of the comparison: %w", err)
		}
		return nil
	}
	if time.Since(s.began) >= min(stateShort, s.every) && s.pages.Load() >= s.worth {
		if s.write(); s.err != nil {
			err = fmt.Errorf("%w (the comparison cannot be resumed: %v)", err, s.err)
		}
	}
	return err
}

func (s *stateStore) write() {
	s.err = s.save()
	for i := range s.live { // it says it again
		for _, b := range s.state.Collections[i].blobs() {
			*b = nil
		}
	}
}

func (s *stateStore) save() error {
	for i, v := range s.live {
		if saved, ok := v.save(); ok {
			s.state.Collections[i] = saved
		}
	}
	passphrase, err := s.passphrase()
	if err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(stateWorkFactor)
	var b bytes.Buffer
	b.Grow(s.state.size())
	b.WriteString(stateMagic)
	w, err := age.Encrypt(&b, recipient)
	if err != nil {
		return err
	}
	if err := s.state.encode(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := disk.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if s.mine {
		return disk.Write(s.path, b.Bytes(), 0o600, nil)
	}
	err = stateOutput(s.path).Write(b.Bytes())
	s.mine = err == nil
	return err
}
