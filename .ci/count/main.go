// Count prints lines of Go and the share of comments, without tests, of
// revisions and of the working tree:
//
//	go run ./.ci/count REV...
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

// count is of code without blank lines and comments, and of lines that hold a
// comment alone.
type count struct{ files, code, comments int }

// part of the tree that a file belongs to, "" if it is not counted.
func part(name string) string {
	switch {
	case path.Ext(name) != ".go", strings.HasSuffix(name, "_test.go"), strings.HasPrefix(name, ".ci/"),
		strings.Contains("/"+name, "/testdata/"):
		return ""
	case strings.HasPrefix(name, "examples/"):
		return "examples"
	}
	return "SDK"
}

func (c *count) add(source []byte) error {
	const code, comment = 1, 2
	lines := make([]byte, bytes.Count(source, []byte("\n"))+2)
	file := token.NewFileSet().AddFile("", -1, len(source))
	var s scanner.Scanner
	var failed scanner.ErrorList
	s.Init(file, source, failed.Add, scanner.ScanComments)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			break
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue // nobody wrote it
		}
		kind := byte(code)
		if tok == token.COMMENT {
			kind = comment
		}
		from := file.Line(pos)
		for n := range strings.Count(text, "\n") + 1 {
			lines[from+n] |= kind
		}
	}
	c.files++
	for _, kind := range lines {
		switch {
		case kind&code != 0:
			c.code++
		case kind != 0:
			c.comments++
		}
	}
	return failed.Err()
}

// tree counts what git archive gives of a revision.
func tree(revision string) (map[string]*count, error) {
	archive, err := exec.Command("git", "archive", revision).Output()
	if err != nil {
		return nil, fmt.Errorf("git archive %s: %w", revision, err)
	}
	counts := map[string]*count{"SDK": {}, "examples": {}}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return nil, err
		}
		if c := counts[part(h.Name)]; c != nil && h.Typeflag == tar.TypeReg {
			source, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			if err := c.add(source); err != nil {
				return nil, fmt.Errorf("%s: %w", h.Name, err)
			}
		}
	}
}

// workingTree is a commit of what git knows and what it would add.
func workingTree() (string, error) {
	index, err := os.CreateTemp("", "index")
	if err != nil {
		return "", err
	}
	defer os.Remove(index.Name())
	index.Close()
	git := func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "GIT_INDEX_FILE="+index.Name())
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	for _, args := range [][]string{{"read-tree", "HEAD"}, {"add", "-A", ":/"}} {
		if _, err := git(args...); err != nil {
			return "", err
		}
	}
	return git("write-tree")
}

func run() error {
	now, err := workingTree()
	if err != nil {
		return err
	}
	fmt.Printf("%-16s %-9s %6s %8s %9s %9s\n", "revision", "part", "files", "code", "comments", "share")
	for _, revision := range append(os.Args[1:], now) {
		counts, err := tree(revision)
		if err != nil {
			return err
		}
		if revision == now {
			revision = "working tree"
		}
		for _, name := range []string{"SDK", "examples"} {
			c := counts[name]
			share := 100 * float64(c.comments) / float64(max(c.code+c.comments, 1))
			fmt.Printf("%-16.16s %-9s %6d %8d %9d %8.2f%%\n", revision, name, c.files, c.code, c.comments, share)
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
}
