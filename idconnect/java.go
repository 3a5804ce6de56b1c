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
type JavaError struct{ Reason string }

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

// findJava looks where set-up will: in home, else JAVA_HOME, else the PATH.
func findJava(ctx context.Context, home string) (javaInfo, error) {
	name := "java"
	if runtime.GOOS == "windows" {
		name = "java.exe"
	}
	where := "the folder given"
	if home == "" {
		home, where = os.Getenv("JAVA_HOME"), "JAVA_HOME"
	}
	info := javaInfo{Home: home}
	if home != "" {
		info.Path = filepath.Join(home, "bin", name)
		if _, err := os.Stat(info.Path); err != nil {
			return info, &JavaError{fmt.Sprintf("%s is %s, and there is no %s", where, home, info.Path)}
		}
	} else {
		found, err := exec.LookPath(name)
		if err != nil {
			return info, &JavaError{"there is none on the PATH, and JAVA_HOME is not set"}
		}
		if found, err = filepath.EvalSymlinks(found); err != nil {
			return info, &JavaError{err.Error()}
		}
		info.Path, info.Home = found, filepath.Dir(filepath.Dir(found))
	}
	ctx, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, info.Path, "-version")
	cmd.WaitDelay = time.Second
	var out boundedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return info, errors.Join(&JavaError{info.Path + " -version does not end"}, ctx.Err())
		}
		return info, &JavaError{fmt.Sprintf("%s -version: %v", info.Path, err)}
	}
	info.read(string(out.b))
	switch {
	case info.Major == 0:
		return info, &JavaError{info.Path + " does not say its version"}
	case info.Major != neededJava:
		return info, &JavaError{fmt.Sprintf("%s is version %s, 7.1.6 needs %d", info.Path, info.Version, neededJava)}
	case info.Bits != 64:
		return info, &JavaError{info.Path + " is not 64-bit"}
	}
	return info, nil
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
