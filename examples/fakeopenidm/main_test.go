package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// play, in the environment, makes this program the command.
const play = "FAKEOPENIDM_TEST_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(play) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command, as somebody runs it.
type process struct {
	cmd  *exec.Cmd
	dir  string
	mu   sync.Mutex
	said bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// start runs the command until it listens.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{dir: t.TempDir()}
	p.cmd = exec.CommandContext(ctx, program, append([]string{"-port", "0", "-dir", p.dir}, args...)...)
	p.cmd.Env = append(os.Environ(), play+"=1")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(p, lines.Text())
			if strings.Contains(lines.Text(), "Ctrl-C") {
				ready <- true
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		p.cmd.Wait()
	})
	if !await.Value(t, "it listens", ready) {
		t.Fatalf("%s", p.output())
	}
	return p
}

// match is the first group of a pattern in the output.
func (p *process) match(t *testing.T, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.output())
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, p.output())
	}
	return m[1]
}

// client is one that has nothing but the files.
func (p *process) client(t *testing.T, role string) *openidm.Client {
	t.Helper()
	password, err := keystore.ReadPasswordFile(filepath.Join(p.dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := keystore.Open(filepath.Join(p.dir, "truststore.jks"), keystore.NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	c := &openidm.Client{BaseURL: p.match(t, role+` +(https://\S+)`), Trust: jvmtrust.New(trusted), Retries: -1,
		Credentials: openidm.Credentials{Username: "openidm-admin", Password: password}}
	t.Cleanup(c.Close)
	if strings.Contains(p.output(), password.Reveal()) {
		t.Error("the password is shown")
	}
	return c
}

// TestServer: a client finds all it needs in the folder, faults come from a file and
// over the control, and Ctrl-C ends it.
func TestServer(t *testing.T) {
	t.Parallel()
	faults := filepath.Join(t.TempDir(), "faults.json")
	content := `[{"Path": "config/sync", "Status": 503, "Times": 1, "Delay": "1ms"}]`
	if err := os.WriteFile(faults, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-users", "7", "-generation", "702", "-faults", faults, "-control", "-v")
	c := p.client(t, "source")
	if h, err := c.Ping(t.Context()); err != nil || !h.Ready() {
		t.Fatalf("%+v, %v", h, err)
	}
	for _, want := range []bool{false, true} {
		if err := c.Read(t.Context(), "config/sync", new(any)); (err == nil) != want {
			t.Errorf("%v", err)
		}
	}
	p.control(t, c)
	for _, name := range []string{"password", "headers", "control-headers"} {
		info, err := os.Stat(filepath.Join(p.dir, name))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
	await.Until(t, "a line of a request", func() bool {
		return strings.Contains(p.output(), "method=GET path=info/ping status=200")
	})
	if runtime.GOOS == "windows" { // where no other program can be told
		return
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := await.Exit(t, p.cmd); err != nil {
		t.Errorf("%v\n%s", err, p.output())
	}
}

// control gives a fault over the control, and takes it back.
func (p *process) control(t *testing.T, c *openidm.Client) {
	t.Helper()
	url := p.match(t, `control of the source is at (\S+):`)
	header, err := os.ReadFile(filepath.Join(p.dir, "control-headers"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(strings.TrimPrefix(string(header), "Authorization:"))
	ask := func(method, path, body, token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		said, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(said)
	}
	if code, _ := ask("POST", "faults", `[{"Path": "info/ping", "Status": 503}]`, "Bearer wrong"); code != 401 {
		t.Errorf("without the token: %d", code)
	}
	if code, said := ask("POST", "faults", `[{"Pth": "x"}]`, token); code != 400 || !strings.Contains(said, "Pth") {
		t.Errorf("%d %s", code, said)
	}
	if code, said := ask("POST", "faults", `[{"Path": "info/ping", "Status": 503}]`, token); code != 204 {
		t.Errorf("%d %s", code, said)
	}
	if _, err := c.Ping(t.Context()); err == nil {
		t.Error("the fault did not come")
	}
	if code, _ := ask("DELETE", "faults", "", token); code != 204 {
		t.Errorf("%d", code)
	}
	if _, err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	var log []struct{ Path string }
	if code, said := ask("GET", "requests", "", token); code != 200 || json.Unmarshal([]byte(said), &log) != nil ||
		len(log) < 4 {
		t.Errorf("%d %s", code, said)
	}
}

// TestPair: the target migrates from its source.
func TestPair(t *testing.T) {
	t.Parallel()
	p := start(t, "-pair", "-users", "7")
	m := &migration.Client{API: p.client(t, "target"), PollInterval: 10 * time.Millisecond}
	source := p.client(t, "source")
	_, err := m.Configure(t.Context(), migration.Source{InstanceURL: source.BaseURL,
		Username: "openidm-admin", Password: source.Credentials.Password})
	if err == nil {
		_, err = m.Wait(t.Context(), migration.PhaseConfigured, nil)
	}
	if err == nil {
		_, err = m.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err := m.Wait(t.Context(), migration.PhaseComplete, nil); err != nil || s.Processed < 7 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestCurl: the line that is shown works as it is.
func TestCurl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl here")
	}
	p := start(t)
	line := strings.Fields(p.match(t, `(?m)^(curl .*)$`))
	said, err := exec.Command(line[0], append(line[1:], "-sS")...).CombinedOutput()
	if err != nil || !strings.Contains(string(said), "ACTIVE_READY") {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestMistakes: what is wrong is one line, with what to write instead.
func TestMistakes(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "faults.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, args := range map[string][]string{
		"must be 30, 31, 702 or 71":          {"-generation", "72"},
		"must be 30, 31 or 702":              {"-pair", "-generation", "71"},
		"between 0 and 64535":                {"-port", "65000"},
		`"x" is no flag`:                     {"x"},
		"not defined: -user":                 {"-user", "5"},
		"-faults: ":                          {"-faults", "none"},
		`unknown field "Stats"`:              {"-faults", file(`[{"Stats": 5}]`)},
		"something follows":                  {"-faults", file(`[] []`)},
		`"lose answer", "truncate"`:          {"-faults", file(`[{"Effect": "lose"}]`)},
		`fault 2: Delay "5": must be a dura`: {"-faults", file(`[{}, {"Delay": "5"}]`)},
		"-password-file: ":                   {"-password-file", "none"},
	} {
		var out, errs bytes.Buffer
		code := command(t.Context(), args, &out, &errs)
		said := errs.String()
		if code != 2 || out.Len() > 0 || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%q: exit code %d, %s", args, code, &errs)
		}
	}
	var out, errs bytes.Buffer
	code := command(t.Context(), []string{"-h"}, &out, &errs)
	if code != 0 || !strings.Contains(errs.String(), "-pair") {
		t.Errorf("exit code %d, %s", code, &errs)
	}
}

// TestNothingLeft: without -dir everything is gone at the end; a port that is taken
// is an error.
func TestNothingLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if code := command(ctx, []string{"-port", "0"}, &out, &errs); code != 0 {
		t.Errorf("exit code %d, %s", code, &errs)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || runtime.GOOS != "windows" && len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if code := command(ctx, []string{"-port", "0", "-users", "-1"}, &out, &errs); code != 1 {
		t.Errorf("exit code %d, %s", code, &errs)
	}
	var none *os.PathError
	if _, err := readFaults(filepath.Join(t.TempDir(), "none")); !errors.As(err, &none) {
		t.Error(err)
	}
}
