package javatest

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed Programs.java
var programs []byte

// machine is a JVM with Programs.java, started by the first test that needs it.
type machine struct {
	sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

var here, eleven machine

// Main runs the tests of a package, and lets the JVMs end with them. It is for TestMain, and does not return.
func Main(m *testing.M) {
	code := m.Run()
	for _, m := range []*machine{&here, &eleven} {
		if m.cmd == nil {
			continue
		}
		m.in.Close()
		if err := m.cmd.Wait(); err != nil {
			fmt.Fprintln(os.Stderr, "java:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// run returns what a program prints.
func (m *machine) run(t testing.TB, java, class string, args []string) string {
	t.Helper()
	m.Lock()
	defer m.Unlock()
	if m.cmd == nil {
		m.start(t, java)
	}
	words := []string{class}
	for _, a := range args {
		words = append(words, base64.StdEncoding.EncodeToString([]byte(a)))
	}
	if _, err := io.WriteString(m.in, strings.Join(words, " ")+"\n"); err != nil {
		t.Fatalf("java: %v", err)
	}
	var how string
	var size int
	if _, err := fmt.Fscanf(m.out, "%s %d\n", &how, &size); err != nil {
		t.Fatalf("java ended in %s: %v", class, err)
	}
	said := make([]byte, size)
	if _, err := io.ReadFull(m.out, said); err != nil {
		t.Fatalf("java ended in %s: %v", class, err)
	}
	if how != "returned" {
		t.Fatalf("java %s: %s", class, said)
	}
	return string(said)
}

func (m *machine) start(t testing.TB, java string) {
	t.Helper()
	cmd := exec.Command(java, append(slices.Clone(options), "-cp", classes(t), "--add-exports",
		"java.base/sun.security.tools.keytool=ALL-UNNAMED", "Programs")...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(err, outErr); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.in, m.out, m.cmd = in, bufio.NewReader(out), cmd
}

var compiling sync.Mutex

// classes returns the folder of the compiled programs of testdata/java and Programs.java. The user's cache keeps it
// under the sum of the sources: to compile takes longer than most programs.
func classes(t testing.TB) string {
	t.Helper()
	compiling.Lock()
	defer compiling.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		missing(t, "no folder for compiled Java programs: "+err.Error())
	}
	sources, err := filepath.Glob(filepath.Join("testdata", "java", "*.java"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for _, source := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(sum, len(content))
		sum.Write(content)
	}
	sum.Write(programs)
	dir := filepath.Join(cache, "idconnect-upgrade", "javatest", fmt.Sprintf("%x", sum.Sum(nil)))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	compile(t, sources, dir)
	return dir
}

// compile fills a folder whole or not at all.
func compile(t testing.TB, sources []string, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(work)
	ours := filepath.Join(work, "Programs.java")
	if err := os.WriteFile(ours, programs, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-proc:none", "--release", "11", "-d", work,
		ours}
	if out, err := exec.CommandContext(t.Context(), Tool(t, "javac"), append(args, sources...)...).
		CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	if err := os.Rename(work, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
}
