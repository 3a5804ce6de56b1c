package setup

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Kind says how a set-up ended.
type Kind string

// The kinds of an [Error].
const (
	Start           Kind = "start"            // the script could not be started
	Exit            Kind = "exit"             // the script ended with an error
	ServerEnded     Kind = "server ended"     // the process that the server's pid file names ended
	UnknownPrompt   Kind = "unknown prompt"   // a question that no [Prompt] answers
	AnswerRefused   Kind = "answer refused"   // the same question over and over
	NoPassword      Kind = "password"         // none is known, or it cannot be typed
	PasswordRefused Kind = "password refused" // asked for over and over
	Echo            Kind = "echo"             // the terminal would show the password
	TooMuchOutput   Kind = "output"           // more output than is taken
	NotReady        Kind = "not ready"        // the time is over
)

// Error says how the set-up ended instead of with a server that is ready.
// It holds no secret.
type Error struct {
	Kind Kind
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

func (e *Error) Error() string {
	s := "set-up: " + string(e.Kind)
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

func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch e.Kind {
	case Start:
		return "see that the script is there and may be run (chmod +x setup.sh), " +
			"then run the same command again"
	case UnknownPrompt, AnswerRefused:
		return "the script asks something unexpected: run it by hand, then run the same command again: " +
			"it goes on when the server is ready"
	case Echo:
		return "the script would show the password: run it by hand, then run the same command again"
	case NoPassword, PasswordRefused:
		return "give the password of the source's keystore, which was copied"
	case NotReady, ServerEnded:
		return "look at the target's log (logs folder), whether its ports are free, and whether this runs " +
			"as root, which Postgres refuses; then run the same command again"
	}
	return "read its last lines, mend what they say, and run the same command again"
}

const (
	maxLines   = 8
	maxLine    = 500 // bytes of a line in an error
	maxLogTail = 16 << 10
)

// lastLines keeps the last lines of text, each cut to a length for people.
func lastLines(lines []string) []string {
	var out []string
	for _, line := range lines[max(0, len(lines)-maxLines):] {
		out = append(out, text.Cut(line, maxLine))
	}
	return out
}

// newestLog is the log that was written last, and when, "" where there is none.
// That logs lie in the folder logs and have ".log" or ".out" in their names is
// true of OpenIDM, and assumed of 7.1.6.
func newestLog(dir string) (name string, written time.Time) {
	dir = filepath.Join(dir, "logs")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", written
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || info.ModTime().Before(written) ||
			!strings.Contains(e.Name(), ".log") && !strings.HasSuffix(e.Name(), ".out") &&
				!strings.HasPrefix(e.Name(), "launcher.") { // those of the service on Windows (H)
			continue
		}
		name, written = filepath.Join(dir, e.Name()), info.ModTime()
	}
	return name, written
}

// serverLog gives the end of the log that was written last since a moment.
func serverLog(dir string, since time.Time, clean func(string) string) (name string, lines []string) {
	name, written := newestLog(dir)
	if name == "" || written.Before(since) {
		return "", nil
	}
	f, err := disk.Open(name)
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
