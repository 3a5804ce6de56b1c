package idconnect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// JavaError says why no Java 11, 64-bit, was found.
type JavaError struct {
	Reason string
	// Code is that of the finding: [CodeJavaMissing], [CodeJavaVersion],
	// [CodeJava32Bit] or [CodeJava].
	Code string
}

func (e *JavaError) Error() string { return "Java: " + e.Reason }

// Remedy says what to install, and never does it.
func (e *JavaError) Remedy() string {
	how := "install a JDK 11, 64-bit (Debian, Ubuntu: apt install openjdk-11-jre-headless; Red Hat: dnf install java-11-openjdk-headless; SUSE: zypper install java-11-openjdk-headless)"
	switch runtime.GOOS {
	case "windows":
		how = "install a JDK 11, 64-bit (winget install EclipseAdoptium.Temurin.11.JDK)"
	case "darwin":
		how = "install a JDK 11 (brew install --cask temurin@11)"
	}
	return how + ", or name its folder (-java-home)"
}

// javaInfo is a Java that was asked.
type javaInfo struct {
	Path, Home, Version string
	Major, Bits         int
}

const (
	neededJava  = 11
	javaTimeout = 20 * time.Second
)

// findJava looks where set-up will: in the folder given, else JAVA_HOME, else
// the PATH.
func (s *site) findJava(ctx context.Context) (javaInfo, error) {
	home, where := s.JavaHome, "the folder given"
	if home == "" {
		home, where = s.Machine.getenv("JAVA_HOME"), "JAVA_HOME"
	}
	var info javaInfo
	var err error
	if home != "" {
		info, err = javaAt(home, where)
	} else {
		info, err = javaOnPath(s.Machine.getenv("PATH"))
	}
	if err != nil {
		return info, err
	}
	if err := info.ask(ctx); err != nil {
		return info, err
	}
	switch {
	case info.Major != neededJava:
		return info, &JavaError{fmt.Sprintf("%s is version %s, 7.1.6 needs %d", info.Path, info.Version, neededJava), CodeJavaVersion}
	case info.Bits != 64:
		return info, &JavaError{info.Path + " is not 64-bit", CodeJava32Bit}
	}
	return info, nil
}

func javaName() string {
	if runtime.GOOS == "windows" {
		return "java.exe"
	}
	return "java"
}

func javaAt(home, where string) (javaInfo, error) {
	info := javaInfo{Home: home, Path: filepath.Join(home, "bin", javaName())}
	if _, err := os.Stat(info.Path); err != nil {
		return info, &JavaError{fmt.Sprintf("%s is %s, and there is no %s", where, home, info.Path), CodeJavaMissing}
	}
	return info, nil
}

// javaOnPath is the first on a PATH; a folder that is not absolute is passed
// over, as exec.LookPath does.
func javaOnPath(path string) (javaInfo, error) {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		found, err := exec.LookPath(filepath.Join(dir, javaName()))
		if err != nil {
			continue
		}
		if found, err = filepath.EvalSymlinks(found); err != nil {
			return javaInfo{}, &JavaError{err.Error(), CodeJava}
		}
		return javaInfo{Path: found, Home: filepath.Dir(filepath.Dir(found))}, nil
	}
	return javaInfo{}, &JavaError{"there is none on the PATH, and JAVA_HOME is not set", CodeJavaMissing}
}

// ask runs java -version.
func (j *javaInfo) ask(ctx context.Context) error {
	own, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	cmd := exec.CommandContext(own, j.Path, "-version")
	cmd.WaitDelay = time.Second
	var out boundedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if own.Err() != nil {
			return errors.Join(&JavaError{j.Path + " -version does not end", CodeJava}, own.Err())
		}
		return &JavaError{fmt.Sprintf("%s -version: %v", j.Path, err), CodeJava}
	}
	j.read(string(out.b))
	if j.Major == 0 {
		return &JavaError{j.Path + " does not say its version", CodeJava}
	}
	return nil
}

// lookAtJava looks at the Java that the set-up gets, and at the one that it
// does not get where there are two.
func (r *runner) lookAtJava(ctx context.Context) Findings {
	if r.targetUp.Load() {
		return nil
	}
	var found Findings
	java, err := r.findJava(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		code := CodeJava
		var no *JavaError
		if errors.As(err, &no) && no.Code != "" {
			code = no.Code
		}
		found = append(found, finding(code, StepJava, "%v", err).remedy(RemedyOf(err)))
	}
	if r.JavaHome != "" || r.Machine.getenv("JAVA_HOME") == "" || java.Version == "" {
		return found
	}
	other, err := javaOnPath(r.Machine.getenv("PATH"))
	if err != nil || other.ask(ctx) != nil || other.Version == java.Version && other.Bits == java.Bits {
		return found
	}
	return append(found, finding(CodeJavaDisagrees, StepJava, "JAVA_HOME leads to %s, version %s, %d-bit, and the PATH to %s, version %s, %d-bit",
		java.Path, java.Version, java.Bits, other.Path, other.Version, other.Bits))
}

var javaVersion = regexp.MustCompile(`version "((?:1\.)?(\d+)[^"]*)"`)

func (j *javaInfo) read(text string) {
	if m := javaVersion.FindStringSubmatch(text); m != nil {
		j.Version = m[1]
		j.Major, _ = strconv.Atoi(m[2])
	}
	j.Bits = 32
	if strings.Contains(text, "64-Bit") {
		j.Bits = 64
	}
}

// boundedBuffer keeps the beginning of what is written.
type boundedBuffer struct{ b []byte }

const maxToolOutput = 64 << 10

func (w *boundedBuffer) Write(p []byte) (int, error) {
	w.b = append(w.b, p[:min(len(p), maxToolOutput-len(w.b))]...)
	return len(p), nil
}
