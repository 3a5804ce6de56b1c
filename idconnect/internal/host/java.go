package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
)

// NeededJava is the major version of Java that 7.1.6 needs, and NeededBits is for which processor.
const (
	NeededJava = 11
	NeededBits = 64
)

const javaTimeout = 20 * time.Second

// JavaKind says in which way no Java can be used.
type JavaKind string

// The kinds of a [JavaError].
const (
	JavaUnusable JavaKind = "unusable" // it does not run, or does not say its version
	JavaMissing  JavaKind = "missing"
	JavaVersion  JavaKind = "version"
	JavaBits     JavaKind = "bits"
)

// JavaError says why no Java of [NeededJava] and [NeededBits] was found.
type JavaError struct {
	Kind   JavaKind
	Reason string
	// Err is nil, or why the program that was run did not end.
	Err error
}

func (e *JavaError) Error() string {
	if e.Err != nil {
		return "Java: " + e.Reason + ": " + e.Err.Error()
	}
	return "Java: " + e.Reason
}

func (e *JavaError) Unwrap() error { return e.Err }

// Remedy says what to install.
func (e *JavaError) Remedy() string {
	how := "install a JDK 11, 64-bit (Debian, Ubuntu: apt install openjdk-11-jre-headless; " +
		"Red Hat: dnf install java-11-openjdk-headless; SUSE: zypper install java-11-openjdk-headless)"
	switch runtime.GOOS {
	case "windows":
		how = "install a JDK 11, 64-bit (winget install EclipseAdoptium.Temurin.11.JDK), let JAVA_HOME be its folder"
	case "darwin":
		how = "install a JDK 11 (brew install --cask temurin@11)"
	}
	return how + ", or name its folder (Upgrade.JavaHome)"
}

// Java is a Java that was asked for its version.
type Java struct {
	// Path is the program, Home its JAVA_HOME.
	Path, Home string
	// Version is "" and Major 0 until it was asked. Bits is 32 or 64.
	Version     string
	Major, Bits int
}

// FindJava looks where set-up will: in home, else where the server's own scripts look (H). startup.sh takes the java on
// the PATH, and JAVA_HOME only where there is none; startup.bat takes JAVA_HOME, else JRE_HOME, and never the PATH.
// What it finds is returned with the [*JavaError], too.
func FindJava(ctx context.Context, home string, m Machine) (Java, error) {
	java, err := javaFor(home, m)
	if err != nil {
		return java, err
	}
	if err := java.Ask(ctx, m); err != nil {
		return java, err
	}
	switch {
	case java.Major != NeededJava:
		reason := fmt.Sprintf("%s is version %s, 7.1.6 needs %d", java.Path, java.Version, NeededJava)
		return java, &JavaError{Kind: JavaVersion, Reason: reason}
	case java.Bits != NeededBits:
		return java, &JavaError{Kind: JavaBits, Reason: java.Path + " is not 64-bit"}
	}
	return java, nil
}

func javaFor(home string, m Machine) (Java, error) {
	if home != "" {
		return m.javaAt(home, "the given folder")
	}
	windows := m.System() == "windows"
	none := "there is none on the PATH, and JAVA_HOME is not set"
	if !windows {
		java, err := JavaOnPath(m)
		var no *JavaError
		if !errors.As(err, &no) || no.Kind != JavaMissing {
			return java, err
		}
	}
	names := []string{"JAVA_HOME"}
	if windows {
		names = append(names, "JRE_HOME")
		none = "neither JAVA_HOME nor JRE_HOME is set, and startup.bat does not look at the PATH"
	}
	for _, name := range names {
		if home := m.Getenv(name); home != "" {
			return m.javaAt(home, name)
		}
	}
	return Java{}, &JavaError{Kind: JavaMissing, Reason: none}
}

func (m Machine) javaName() string {
	if m.System() == "windows" {
		return "java.exe"
	}
	return "java"
}

// javaAt is the Java of a folder, and name says whose folder it is.
func (m Machine) javaAt(home, name string) (Java, error) {
	java := Java{Home: home, Path: filepath.Join(home, "bin", m.javaName())}
	if _, err := os.Stat(java.Path); err != nil {
		reason := fmt.Sprintf("%s is %s, and there is no %s", name, home, java.Path)
		return java, &JavaError{Kind: JavaMissing, Reason: reason}
	}
	return java, nil
}

// JavaAtHome is that of JAVA_HOME, not yet asked.
func JavaAtHome(m Machine) (Java, error) { return m.javaAt(m.Getenv("JAVA_HOME"), "JAVA_HOME") }

// JavaOnPath is the first on the PATH, not yet asked. Like exec.LookPath it skips folders that are not absolute.
func JavaOnPath(m Machine) (Java, error) {
	for _, dir := range filepath.SplitList(m.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		found, err := exec.LookPath(filepath.Join(dir, m.javaName()))
		if err != nil {
			continue
		}
		if found, err = filepath.EvalSymlinks(found); err != nil {
			return Java{}, &JavaError{Kind: JavaUnusable, Reason: err.Error()}
		}
		return Java{Path: found, Home: filepath.Dir(filepath.Dir(found))}, nil
	}
	return Java{}, &JavaError{Kind: JavaMissing, Reason: "there is none on the PATH"}
}

// Ask runs java -version and fills in what it says.
func (j *Java) Ask(ctx context.Context, m Machine) error {
	own, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	cmd := exec.CommandContext(own, j.Path, "-version")
	cmd.Env = m.Environ()
	out, err := output(own, cmd)
	if err != nil {
		if own.Err() != nil {
			return &JavaError{Kind: JavaUnusable, Reason: j.Path + " -version does not end", Err: own.Err()}
		}
		reason := fmt.Sprintf("%s -version: %v", j.Path, err)
		if said := text.Line(firstWords(out)); said != "" {
			reason += ": it said: " + said
		}
		return &JavaError{Kind: JavaUnusable, Reason: reason}
	}
	j.read(out)
	if j.Major == 0 {
		reason := j.Path + " does not say its version"
		if said := text.Line(firstWords(out)); said != "" {
			reason += ", but: " + said
		}
		return &JavaError{Kind: JavaUnusable, Reason: reason}
	}
	return nil
}

// outputDelay is how long a program's output may stay open after its end: on a busy
// machine it is read later, and a program that it left behind may hold it for good.
var outputDelay = 10 * time.Second

// output runs cmd and returns the first maxToolOutput bytes of what it wrote, as
// much as was there when its end, and outputDelay or ctx after it, was over.
func output(ctx context.Context, cmd *exec.Cmd) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		return "", errors.Join(err, r.Close())
	}
	var out boundedBuffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&out, r)
	}()
	err = cmd.Wait()
	select {
	case <-read:
	case <-ctx.Done():
	case <-time.After(outputDelay):
	}
	r.Close()
	<-read
	return string(out.b), err
}

// maxSaid bounds what is shown of what Java said, in bytes.
const maxSaid = 300

// firstWords is what a program said, in one line, without what every JVM says of its options.
func firstWords(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "Picked up ") {
			lines = append(lines, line)
		}
	}
	return text.Cut(strings.Join(lines, " / "), maxSaid)
}

var javaVersion = regexp.MustCompile(`version "((?:1\.)?(\d+)[^"]*)"`)

func (j *Java) read(said string) {
	if m := javaVersion.FindStringSubmatch(said); m != nil {
		j.Version = m[1]
		j.Major, _ = strconv.Atoi(m[2])
	}
	j.Bits = 32
	if strings.Contains(said, "64-Bit") {
		j.Bits = NeededBits
	}
}

// boundedBuffer keeps the first maxToolOutput bytes.
type boundedBuffer struct{ b []byte }

const maxToolOutput = 64 << 10

func (w *boundedBuffer) Write(p []byte) (int, error) {
	w.b = append(w.b, p[:min(len(p), maxToolOutput-len(w.b))]...)
	return len(p), nil
}
