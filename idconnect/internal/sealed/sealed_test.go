package sealed_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/sealed"
	"github.com/idconnect-go/upgrade/internal/disk"
)

var format = sealed.Format{Magic: "sealed test 2\n", Old: []string{"sealed test 1\n", "sealed test 0\n"}}

func file(path, secret, bound string) *sealed.File {
	return &sealed.File{Format: format, Path: path, Secret: secret, Bound: []byte(bound), Cost: 1}
}

// load gives the pieces that a file takes over, nil for none.
func load(t *testing.T, f *sealed.File) (pieces [][]byte, err error) {
	t.Helper()
	taken, err := f.Load(func(p [][]byte) error {
		pieces = p
		return nil
	})
	if taken != (pieces != nil) {
		t.Fatalf("taken %v, %q", taken, pieces)
	}
	return pieces, err
}

func write(t *testing.T, f *sealed.File, pieces ...string) {
	t.Helper()
	var all []sealed.Piece
	for _, p := range pieces {
		all = append(all, sealed.Raw(p))
	}
	content, err := f.Seal(all)
	if err == nil {
		err = f.Write(content)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestGoesOn: the same secret and work open the file, and nothing else does; nothing of it can be read.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "file")
	mine := file(path, "secret", "work")
	if pieces, err := load(t, mine); pieces != nil || err != nil {
		t.Fatalf("before it is there: %q, %v", pieces, err)
	}
	write(t, mine, "first u00101", "", "last")
	write(t, mine, "first u00102", "", "last")
	if _, err := os.Stat(path + ".previous"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its own is kept beside: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte("u0010")) || bytes.Contains(content, []byte("secret")) {
		t.Fatalf("it can be read: %v", err)
	}
	pieces, err := load(t, file(path, "secret", "work"))
	if err != nil || len(pieces) != 3 || string(pieces[0]) != "first u00102" || len(pieces[1]) != 0 ||
		string(pieces[2]) != "last" {
		t.Errorf("%q, %v", pieces, err)
	}
	for name, other := range map[string]*sealed.File{
		"another secret": file(path, "Secret", "work"), "other work": file(path, "secret", "Work"),
	} {
		if pieces, err := load(t, other); pieces != nil || err != nil {
			t.Errorf("%s: %q, %v", name, pieces, err)
		}
		if err := other.Remove(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := file(path, "secret", "work")
	if taken, err := refused.Load(func([][]byte) error { return errors.New("not this") }); taken || err != nil {
		t.Errorf("what is refused: %v, %v", taken, err)
	}
	write(t, refused, "other")
	if kept, err := os.ReadFile(path + ".previous"); err != nil || !bytes.Equal(kept, content) {
		t.Errorf("what is of other work is not kept beside: %v", err)
	}
	if err := refused.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestDamaged: what was changed or cut off anywhere does not open, and without its first line it is not ours.
func TestDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write(t, file(path, "secret", "work"), "first", "last")
	left, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// foreign or old files are refused, what does not open is not taken over.
	try := func(content []byte, foreign bool) error {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		pieces, err := load(t, file(path, "secret", "work"))
		refused := errors.As(err, new(*disk.OutputError)) || errors.As(err, new(*sealed.OldError))
		if pieces == nil && refused == foreign && (err == nil || refused) {
			return nil
		}
		return errors.Join(errors.New("it goes on"), err)
	}
	for i := range left {
		bad := bytes.Clone(left)
		bad[i] ^= 1
		if err := try(bad, i < len(format.Magic)); err != nil {
			t.Fatalf("byte %d is another one: %v", i, err)
		}
		// An empty file has nothing to lose.
		if err := try(left[:i], 0 < i && i < len(format.Magic)); err != nil {
			t.Fatalf("cut off after %d bytes: %v", i, err)
		}
	}
	if err := try(append(bytes.Clone(left), 0), false); err != nil {
		t.Fatalf("a byte more: %v", err)
	}
}

// TestOld: a file of an earlier version is refused, and not touched.
func TestOld(t *testing.T) {
	t.Parallel()
	for _, magic := range format.Old {
		path := filepath.Join(t.TempDir(), "file")
		content := []byte(magic + "whatever")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := load(t, file(path, "secret", "work"))
		var old *sealed.OldError
		if !errors.As(err, &old) || old.Path != path {
			t.Errorf("%q: %v", magic, err)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, content) {
			t.Errorf("%q: the file was changed: %v", magic, err)
		}
	}
}
