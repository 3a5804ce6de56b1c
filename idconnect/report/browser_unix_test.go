//go:build unix

package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browser is a headless Chromium with one tab, told what to do in the Chrome
// DevTools Protocol over a pipe: that reaches a page which allows no script.
type browser struct {
	t       *testing.T
	in      io.Writer
	answers chan devtoolsMessage
	session string
	id      int
	// What the tab asked for and complained about since it was last opened.
	requests, complaints []string
}

type devtoolsMessage struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
	SessionID string `json:"sessionId,omitempty"`
}

// browserPath finds it, and skips the test where there is none.
func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("REQUIRE_TOOLS") == "1" {
		t.Fatal("chromium is not installed")
	}
	t.Skip("chromium is not installed")
	return ""
}

// newBrowser starts it.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := browserPath(t)
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "browser-test-")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	c.Env = append(os.Environ(), "HOME="+profile)
	c.ExtraFiles = []*os.File{toBrowser, fromBrowser} // its files 3 and 4
	c.Stderr = &said
	c.WaitDelay = 5 * time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	b := &browser{t: t, in: in, answers: make(chan devtoolsMessage, 1000)}
	go func() {
		defer close(b.answers)
		r := bufio.NewReader(out)
		for {
			text, err := r.ReadBytes(0)
			var m devtoolsMessage
			if err != nil || json.Unmarshal(text[:len(text)-1], &m) != nil {
				return
			}
			b.answers <- m
		}
	}()
	t.Cleanup(func() {
		in.Close() // which ends it
		go func() {
			for range b.answers {
			}
		}()
		ended := time.AfterFunc(10*time.Second, func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
		c.Wait()
		ended.Stop()
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // what it left
		out.Close()
		if t.Failed() {
			for line := range strings.Lines(said.String()) {
				if !strings.Contains(line, "dbus") { // which is missing on a server, and not missed
					t.Log("chromium: ", line)
				}
			}
		}
		for range 50 { // its last processes may still write
			if os.RemoveAll(profile) == nil {
				return
			}
		}
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// call sends a command and reads until its answer is there.
func (b *browser) call(method string, params map[string]any, into any) {
	b.t.Helper()
	b.id++
	message := map[string]any{"id": b.id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	m, err := b.until(func(m devtoolsMessage) bool { return m.ID == b.id })
	if err == nil && m.Error != nil {
		err = errors.New(m.Error.Message)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(m.Result, into)
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

// until reads messages, and keeps what the tab asks for.
func (b *browser) until(found func(devtoolsMessage) bool) (devtoolsMessage, error) {
	late := time.After(time.Minute)
	for {
		select {
		case m, open := <-b.answers:
			if !open {
				return m, errors.New("chromium ended")
			}
			switch m.Method {
			case "Network.requestWillBeSent":
				var p struct{ Request struct{ URL string } }
				json.Unmarshal(m.Params, &p)
				b.requests = append(b.requests, p.Request.URL)
			case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
				b.complaints = append(b.complaints, string(m.Params))
			}
			if found(m) {
				return m, nil
			}
		case <-late:
			return devtoolsMessage{}, errors.New("no answer within a minute")
		}
	}
}

// size sets the window, and light or dark.
func (b *browser) size(width, height int, scheme string) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height,
		"deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.media("", scheme)
}

// media sets "print" or "screen".
func (b *browser) media(media, scheme string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": media,
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// open shows a page that is written to a file.
func (b *browser) open(content []byte) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.requests, b.complaints = nil, nil
	loaded := false
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	if _, err := b.until(func(m devtoolsMessage) bool {
		loaded = loaded || m.Method == "Page.loadEventFired"
		return loaded
	}); err != nil {
		b.t.Fatal(err)
	}
}

// eval gives the value of an expression in the page.
func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if len(answer.ExceptionDetails) > 0 {
		b.t.Fatalf("in the page: %s", answer.ExceptionDetails)
	}
	if err := json.Unmarshal(answer.Result.Value, into); err != nil {
		b.t.Fatal(err)
	}
}

// picture takes a PNG of the window, or of the page from its top to a height.
func (b *browser) picture(width, height int) []byte {
	b.t.Helper()
	var p struct{ Data []byte }
	params := map[string]any{"format": "png"}
	if height > 0 {
		params["captureBeyondViewport"] = true
		params["clip"] = map[string]any{"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
	}
	b.call("Page.captureScreenshot", params, &p)
	return p.Data
}

// print gives the page as PDF, A4.
func (b *browser) print() []byte {
	b.t.Helper()
	var p struct{ Data []byte }
	b.call("Page.printToPDF", map[string]any{"printBackground": true, "preferCSSPageSize": true,
		"paperWidth": 8.27, "paperHeight": 11.69}, &p)
	return p.Data
}
