package idconnect

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Kinds of [SetupError].
const (
	SetupStart           = "start"            // the script could not be started
	SetupExit            = "exit"             // the script ended with an error
	SetupServerEnded     = "server ended"     // the process that the server's pid file names ended
	SetupUnknownPrompt   = "unknown prompt"   // a question that no [Prompt] answers
	SetupAnswerRefused   = "answer refused"   // the same question over and over
	SetupPassword        = "password"         // none is known, or it cannot be typed
	SetupPasswordRefused = "password refused" // asked for over and over
	SetupEcho            = "echo"             // the terminal would show the password
	SetupOutput          = "output"           // more output than is taken
	SetupNotReady        = "not ready"        // the time is over
)

// SetupError says how the set-up ended instead of with a server that is ready.
// It holds no secret.
type SetupError struct {
	// Kind is one of the constants SetupStart, SetupExit and so on.
	Kind string
	// LastLines are the last ones of the script's output, at most 8, without
	// the password.
	LastLines []string
	// Log is the file of the server's log that was written last, "" where
	// there is none; LogLines are its last lines, at most 8, without the
	// password.
	Log      string
	LogLines []string
	Err      error
}

func (e *SetupError) Error() string {
	s := "set-up: " + e.Kind
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if len(e.LastLines) > 0 {
		s += "; its last lines: " + strings.Join(e.LastLines, " | ")
	}
	if len(e.LogLines) > 0 {
		s += fmt.Sprintf("; the end of %s: %s", e.Log, strings.Join(e.LogLines, " | "))
	}
	return s
}

func (e *SetupError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *SetupError) Remedy() string {
	switch e.Kind {
	case SetupStart:
		return "see that the script is there and may be run (chmod +x setup.sh), then run the same command again"
	case SetupUnknownPrompt, SetupAnswerRefused:
		return "the script asks something unexpected: run it by hand, then run the same command again: it goes on when the server is ready"
	case SetupEcho:
		return "the script would show the password: run it by hand, then run the same command again"
	case SetupPassword, SetupPasswordRefused:
		return "give the password of the source's keystore, which was copied"
	case SetupNotReady, SetupServerEnded:
		return "look at the target's log (logs folder), whether its ports are free, and whether this runs as root, which Postgres refuses; then run the same command again"
	}
	return "read its last lines, mend what they say, and run the same command again"
}

const (
	setupLastLines = 8
	maxSetupLine   = 500 // bytes of a line in an error
	maxLogTail     = 16 << 10
)

// lastLines keeps the last lines of text, each cut to a length for people.
func lastLines(lines []string) []string {
	var out []string
	for _, line := range lines[max(0, len(lines)-setupLastLines):] {
		if len(line) > maxSetupLine {
			line = strings.ToValidUTF8(line[:maxSetupLine], "") + "…"
		}
		out = append(out, line)
	}
	return out
}

// serverLog gives the end of the log that was written last since a moment.
// That logs lie in the folder logs and have ".log" or ".out" in their names is
// true of OpenIDM, and assumed of 7.1.6.
func serverLog(dir string, since time.Time, clean func(string) string) (name string, lines []string) {
	dir = filepath.Join(dir, "logs")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil
	}
	newest := since
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || info.ModTime().Before(newest) ||
			!strings.Contains(e.Name(), ".log") && !strings.HasSuffix(e.Name(), ".out") {
			continue
		}
		newest, name = info.ModTime(), filepath.Join(dir, e.Name())
	}
	if name == "" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", nil
	}
	from := max(0, info.Size()-maxLogTail)
	b, err := io.ReadAll(io.NewSectionReader(f, from, maxLogTail))
	if err != nil {
		return "", nil
	}
	text := string(b)
	if from > 0 {
		// The first line is a piece, and may begin in the midst of a secret.
		_, text, _ = strings.Cut(text, "\n")
	}
	for line := range strings.Lines(text) {
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	return name, lastLines(lines)
}
