package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/symlink"
)

func dated() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func place(t *testing.T, name string, data []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func siblings(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCopyAndUndo(t *testing.T) {
	t.Parallel()
	src, before := fixture(t, "openidm-7.0.2.jceks"), fixture(t, "trust.jceks")
	from := place(t, "keystore.jceks", src, 0o640)
	to := place(t, "keystore.jceks", before, 0o644)
	c, err := Copy(from, to, CopyOptions{Password: NewPassword("changeit"), Now: dated})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content(t, to), src) || !bytes.Equal(content(t, c.Backup), before) || c.SHA256 != sum(src) {
		t.Error("not copied, or not kept")
	}
	if want := []string{"keystore.jceks", "keystore.jceks.backup-20260102-030405"}; !slices.Equal(siblings(t, to),
		want) {
		t.Errorf("in the folder: %q", siblings(t, to))
	}
	if info, err := os.Stat(to); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// A second one on the same second takes another name.
	again, err := Copy(from, to, CopyOptions{Password: NewPassword("changeit"), Now: dated})
	if err != nil || again.Backup == c.Backup {
		t.Errorf("%q, %v", again.Backup, err)
	}
	for _, undo := range []Changes{again, c, c} { // twice does no harm
		if err := undo.Undo(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(content(t, to), before) || len(siblings(t, to)) != 1 {
		t.Errorf("not put back; in the folder: %q", siblings(t, to))
	}
}

func TestCopyToNothing(t *testing.T) {
	t.Parallel()
	from := place(t, "truststore", fixture(t, "trust.jks"), 0o600)
	to := filepath.Join(t.TempDir(), "truststore")
	c, err := Copy(from, to, CopyOptions{})
	if err != nil || c.Backup != "" {
		t.Fatal(c, err)
	}
	if err := os.WriteFile(to, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Undo(); !errors.Is(err, ErrChangedSince) {
		t.Errorf("undo of a changed file: %v", err)
	}
	if err := os.WriteFile(to, fixture(t, "trust.jks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Undo(); err != nil || len(siblings(t, to)) != 0 {
		t.Errorf("undo: %v", err)
	}
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	password := NewPassword("changeit")
	src := fixture(t, "idm-jdk17.jceks")
	busy := errors.New("port 8443 answers")
	for name, c := range map[string]struct {
		src, dst []byte
		options  CopyOptions
		want     error
	}{
		"other keys in the destination": {src, fixture(t, "openidm-7.0.2.jceks"),
			CopyOptions{Password: password}, ErrConflict},
		"keys, and no password": {src, src, CopyOptions{}, ErrConflict},
		"server has it open": {src, nil,
			CopyOptions{Password: password, InUse: func(string) error { return busy }}, busy},
		"in use": {src, nil,
			CopyOptions{Password: password, InUse: func(string) error { return busy }}, ErrInUse},
		"wrong password":         {src, nil, CopyOptions{Password: NewPassword("wrong")}, ErrIntegrity},
		"damaged source":         {src[:len(src)-1], nil, CopyOptions{Password: password}, ErrFormat},
		"unreadable destination": {src, []byte("no store"), CopyOptions{Password: password}, ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := place(t, "a", c.src, 0o600)
			to := filepath.Join(t.TempDir(), "b")
			if c.dst != nil {
				to = place(t, "b", c.dst, 0o600)
			}
			_, err := Copy(from, to, c.options)
			if !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
			if err == nil || strings.Contains(err.Error(), "changeit") {
				t.Errorf("a password in %v", err)
			}
			if c.dst == nil && len(siblings(t, to)) != 0 || c.dst != nil &&
				(!bytes.Equal(content(t, to), c.dst) || len(siblings(t, to)) != 1) {
				t.Errorf("something changed: %q", siblings(t, to))
			}
		})
	}
	same := place(t, "same", src, 0o600)
	second := filepath.Join(filepath.Dir(same), "second")
	if err := os.Link(same, second); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{same, second} {
		if _, err := Copy(same, to, CopyOptions{Password: password}); !errors.Is(err, ErrSameFile) {
			t.Errorf("onto itself: %v", err)
		}
	}
}

func TestCopyThroughALink(t *testing.T) {
	t.Parallel()
	from := place(t, "a", fixture(t, "trust.jceks"), 0o600)
	to := place(t, "b", fixture(t, "empty.jceks"), 0o600)
	link := filepath.Join(t.TempDir(), "link")
	symlink.Make(t, to, link)
	if _, err := Copy(from, link, CopyOptions{Password: NewPassword("changeit")}); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(to, link, CopyOptions{}); !errors.Is(err, ErrSameFile) {
		t.Errorf("onto itself: %v", err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 ||
		!bytes.Equal(content(t, to), content(t, from)) {
		t.Error("the link was replaced, not the file")
	}
}

func TestCopyReplaces(t *testing.T) {
	t.Parallel()
	src := fixture(t, "idm-jdk17.jceks")
	from, to := place(t, "a", src, 0o600), place(t, "b", fixture(t, "openidm-7.0.2.jceks"), 0o600)
	var conflict *ConflictError
	if _, err := Copy(from, to, CopyOptions{Password: NewPassword("changeit")}); !errors.As(err, &conflict) ||
		len(conflict.Aliases) != 5 {
		t.Fatalf("%v", err)
	}
	if _, err := Copy(from, to, CopyOptions{Password: NewPassword("changeit"), Replace: true}); err != nil ||
		!bytes.Equal(content(t, to), src) {
		t.Fatal(err)
	}
}

// TestCopySaysWhatIsLost: same key, other key, only here, only there.
func TestCopySaysWhatIsLost(t *testing.T) {
	t.Parallel()
	o := PutOptions{Password: NewPassword("p"), Iterations: 1}
	write := func(keys map[string]byte) string {
		s := New(JCEKS)
		for alias, b := range keys {
			if err := s.PutSecretKey(alias, "AES", bytes.Repeat([]byte{b}, 16), o); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(t.TempDir(), "store")
		if err := WriteFile(path, s, o.Password); err != nil {
			t.Fatal(err)
		}
		return path
	}
	from, to := write(map[string]byte{"same": 1, "other": 2, "here": 3}),
		write(map[string]byte{"same": 1, "other": 4, "there": 5})
	_, err := Copy(from, to, CopyOptions{Password: o.Password})
	var conflict *ConflictError
	if !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	want := &ConflictError{
		Aliases: []string{"other", "there"},
		Keys: Differences{Same: []string{"same"}, OnlyA: []string{"here"}, OnlyB: []string{"there"},
			Changed: []string{"other"}},
	}
	if d := cmp.Diff(want, conflict); d != "" ||
		!strings.Contains(err.Error(), "other (another key), there (only there)") {
		t.Errorf("%v\n%s", err, d)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := openFixture(t, "openidm-7.0.2.jceks"), openFixture(t, "openidm-7.0.2.jceks")
	// The same key anew: other salt, password, date and count.
	e, _ := b.Entry("OPENIDM-sym-default")
	algorithm, key, err := e.SecretKey(NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	o := PutOptions{Password: NewPassword("another"), Iterations: 20}
	for _, err := range []error{
		b.PutSecretKey("openidm-sym-default", algorithm, key, o),
		b.PutSecretKey("openidm-selfservice-key", "AES", make([]byte, 16), o),
		b.PutSecretKey("new", "AES", make([]byte, 16), o),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !b.Delete("selfservice") || b.Delete("selfservice") {
		t.Error("Delete")
	}
	got, err := Compare(t.Context(), a, b)
	want := Differences{
		Same:    []string{"openidm-jwtsessionhmac-key", "openidm-localhost", "openidm-sym-default"},
		OnlyA:   []string{"selfservice"},
		OnlyB:   []string{"new"},
		Changed: []string{"openidm-selfservice-key"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil || got.Empty() {
		t.Errorf("%v\n%s", err, d)
	}
	if d, err := Compare(t.Context(), a, openFixture(t, "openidm-7.0.2.jceks")); err != nil || !d.Empty() {
		t.Errorf("with itself: %v, %v", d, err)
	}
	other := openFixture(t, "otherkeypass.jceks")
	if _, err := Compare(t.Context(), other, mustPut(t, "s", "AES")); !errors.Is(err, ErrKeyPassword) {
		t.Errorf("keys that do not open: %v", err)
	}
	if _, err := Compare(t.Context(), a, openFixture(t, "trust.p12")); !errors.Is(err, ErrPKCS12Unsupported) {
		t.Errorf("a truststore without aliases: %v", err)
	}
}

func mustPut(t *testing.T, alias, algorithm string) *Store {
	t.Helper()
	s := New(JCEKS)
	if err := s.PutSecretKey(alias, algorithm, make([]byte, 16),
		PutOptions{Password: NewPassword("p"), Iterations: 1}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMerge(t *testing.T) {
	t.Parallel()
	names := func() (dst, src *Store) {
		dst, src = openFixture(t, "trust.jceks"), openFixture(t, "trust.jks")
		root, _ := dst.Entry("root")
		certs, err := root.Certificates()
		if err != nil {
			t.Fatal(err)
		}
		dst.Delete("inter")
		if err := dst.PutCertificate("leaf", certs[0], PutOptions{}); err != nil {
			t.Fatal(err)
		}
		return dst, src
	}
	for policy, want := range map[Policy]Merged{
		Keep:    {Added: []string{"inter"}, Kept: []string{"leaf"}},
		Replace: {Added: []string{"inter"}, Replaced: []string{"leaf"}},
	} {
		dst, src := names()
		got, err := Merge(dst, src, policy)
		if d := cmp.Diff(want, got); d != "" || err != nil || dst.Len() != 3 {
			t.Errorf("%s: %v\n%s", policy, err, d)
		}
	}
	dst, src := names()
	var conflict *ConflictError
	got, err := Merge(dst, src, Error)
	if !errors.As(err, &conflict) || !slices.Equal(conflict.Aliases, []string{"leaf"}) || dst.Len() != 2 {
		t.Errorf("error: %v", err)
	}
	if d := cmp.Diff(Merged{Conflicts: []string{"leaf"}}, got); d != "" {
		t.Errorf("error: %s", d)
	}
	// A key is never replaced by a certificate, and none is moved.
	keys := mustPut(t, "root", "AES")
	if _, err := Merge(keys, src, Replace); !errors.Is(err, ErrConflict) || keys.Len() != 1 {
		t.Errorf("over a key: %v", err)
	}
	if m, err := Merge(keys, src, Keep); err != nil || !slices.Equal(m.Kept, []string{"root"}) || keys.Len() != 3 {
		t.Errorf("beside a key: %+v, %v", m, err)
	}
	if c, err := Merge(New(JKS), openFixture(t, "openidm-7.0.2.jceks"), Replace); err != nil || len(c.Added) != 0 {
		t.Errorf("of keys: %v, %v", c, err)
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	good := PutOptions{Password: NewPassword("p"), Iterations: 1}
	for name, put := range map[string]func() error{
		"no password": func() error { return New(JCEKS).PutSecretKey("a", "AES", nil, PutOptions{}) },
		"password not ASCII": func() error {
			return New(JCEKS).PutSecretKey("a", "AES", nil,
				PutOptions{Password: NewPassword("ä")})
		},
		"too many iterations": func() error {
			return New(JCEKS).PutSecretKey("a", "AES", nil,
				PutOptions{Password: NewPassword("p"), Iterations: maxIterations + 1})
		},
		"secret key in JKS": func() error { return New(JKS).PutSecretKey("a", "AES", nil, good) },
		"alias too long": func() error {
			return New(JCEKS).PutSecretKey(strings.Repeat("a", 65536), "AES",
				nil, good)
		},
		"change of PKCS#12": func() error {
			return openFixture(t, "trust.p12").PutSecretKey("a", "AES", nil,
				good)
		},
		"PKCS#12 written": func() error {
			return openFixture(t, "trust.p12").Encode(new(bytes.Buffer),
				good.Password)
		},
		"no store password": func() error { return New(JKS).Encode(new(bytes.Buffer), Password{}) },
		"negative iterations": func() error {
			return New(JCEKS).PutSecretKey("a", "AES", nil,
				PutOptions{Password: good.Password, Iterations: -1})
		},
		"unknown format": func() error { return New("BKS").PutCertificate("a", &x509.Certificate{}, good) },
		"no chain": func() error {
			e, _ := openFixture(t, "keys.jceks").Entry("ec256")
			key, err := e.PrivateKey(NewPassword("changeit"))
			if err != nil {
				t.Fatal(err)
			}
			return New(JCEKS).PutPrivateKey("a", key, nil, good)
		},
	} {
		if err := put(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
