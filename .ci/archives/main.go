// Archives checks the archives of a release: checksums, names, modes, times, the
// system and version of each binary; and runs those that can be run here.
//
//	go run ./.ci/archives [-wine] DIST
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// systems are what there must be an archive for.
var systems = []string{
	"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64",
}

// beside each binary there must be these.
var texts = []string{"README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "docs/windows.md"}

func main() {
	wine := flag.Bool("wine", false, "run the binary for windows_amd64 under wine")
	flag.Parse()
	if err := run(flag.Arg(0), *wine); err != nil {
		fmt.Fprintln(os.Stderr, "archives:", err)
		os.Exit(1)
	}
}

func run(dist string, wine bool) error {
	sums, err := readSums(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		return err
	}
	if len(sums) != len(systems) {
		return fmt.Errorf("checksums.txt names %d archives, not %d", len(sums), len(systems))
	}
	work, err := os.MkdirTemp("", "archives")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, system := range systems {
		if err := checkArchive(dist, system, sums, filepath.Join(work, system), wine); err != nil {
			return fmt.Errorf("%s: %w", system, err)
		}
	}
	return nil
}

// readSums returns SHA-256 sums by file name.
func readSums(path string) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(b)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return nil, fmt.Errorf("%s: no line of sha256sum: %q", path, line)
		}
		sums[name] = sum
	}
	return sums, nil
}

// checkArchive checks the one archive of a system, unpacked into dir.
func checkArchive(dist, system string, sums map[string]string, dir string, wine bool) error {
	end, exe := ".tar.gz", "idcupgrade"
	if strings.HasPrefix(system, "windows") {
		end, exe = ".zip", "idcupgrade.exe"
	}
	found, err := filepath.Glob(filepath.Join(dist, "idcupgrade_*_"+system+end))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("%d archives %s, not one", len(found), end)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	name := filepath.Base(found[0])
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != sums[name] {
		return fmt.Errorf("%s: not the SHA-256 of checksums.txt", name)
	}
	entries, err := list(content, end)
	if err != nil {
		return err
	}
	when, err := checkEntries(entries, strings.TrimSuffix(name, end), exe)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, filepath.FromSlash(e.name))
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, e.content, e.mode))
		if err != nil {
			return err
		}
	}
	binary := filepath.Join(dir, strings.TrimSuffix(name, end), exe)
	version, err := checkBinary(binary, system)
	if err != nil {
		return err
	}
	ran := "header read"
	if command := runner(system, wine); command != nil {
		if err := try(append(command, binary)); err != nil {
			return err
		}
		ran = strings.Join(append(command, "run"), " ")
	}
	fmt.Printf("%-14s %s  %d files of %s, %s, %s\n",
		system, sums[name][:12], len(entries), when.UTC().Format(time.DateTime), version, ran)
	return nil
}

// checkEntries: one folder, each file once, the binary executable, all of one time.
func checkEntries(entries []entry, top, exe string) (when time.Time, err error) {
	seen := map[string]bool{}
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.name, top+"/")
		want := fs.FileMode(0o644)
		if name == exe {
			want = 0o755
		}
		switch {
		case !ok || !filepath.IsLocal(name) || seen[name]:
			return when, fmt.Errorf("%s: outside its folder %s, or there twice", e.name, top)
		case e.mode != want:
			return when, fmt.Errorf("%s: mode %o, not %o", e.name, e.mode, want)
		case !when.IsZero() && !e.modified.Equal(when):
			return when, fmt.Errorf("%s: of %v, others of %v", e.name, e.modified, when)
		}
		seen[name], when = true, e.modified
	}
	for _, name := range append([]string{exe}, texts...) {
		if !seen[name] {
			return when, fmt.Errorf("%s is not in it", name)
		}
	}
	return when, nil
}

// checkBinary returns the version that Go stamped.
func checkBinary(path, system string) (string, error) {
	machine, err := machineOf(path)
	if err != nil {
		return "", err
	}
	if machine != system {
		return "", fmt.Errorf("%s is for %s", filepath.Base(path), machine)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	switch {
	case settings["-trimpath"] != "true" || settings["CGO_ENABLED"] != "0":
		return "", errors.New("not built with -trimpath and without cgo")
	case settings["vcs.revision"] == "" || info.Main.Version == "" || info.Main.Version == "(devel)":
		return "", errors.New("no version or commit is stamped")
	case settings["vcs.modified"] != "false":
		return "", errors.New("built from a tree with changes: commit or stash them")
	}
	return info.Main.Version, nil
}

// machineOf reads the header of a program, as file(1) does.
func machineOf(path string) (string, error) {
	if f, err := elf.Open(path); err == nil {
		defer f.Close()
		return map[elf.Machine]string{elf.EM_X86_64: "linux_amd64", elf.EM_AARCH64: "linux_arm64"}[f.Machine], nil
	}
	if f, err := pe.Open(path); err == nil {
		defer f.Close()
		return map[uint16]string{
			pe.IMAGE_FILE_MACHINE_AMD64: "windows_amd64", pe.IMAGE_FILE_MACHINE_ARM64: "windows_arm64",
		}[f.Machine], nil
	}
	f, err := macho.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: no ELF, PE or Mach-O", filepath.Base(path))
	}
	defer f.Close()
	return map[macho.Cpu]string{macho.CpuAmd64: "darwin_amd64", macho.CpuArm64: "darwin_arm64"}[f.Cpu], nil
}

// runner is what a binary of a system is run by here, nil if by nothing.
func runner(system string, wine bool) []string {
	switch {
	case system == runtime.GOOS+"_"+runtime.GOARCH:
		return []string{}
	case system == "windows_amd64" && wine:
		return []string{"wine"}
	}
	return nil
}

// try runs a binary as a person does who just unpacked it.
func try(command []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	demo := []string{"demo"}
	if command[0] == "wine" {
		demo = append(demo, "-keep")
	}
	for _, t := range []struct {
		args []string
		says string
	}{
		{[]string{"version"}, "github.com/idconnect-go/upgrade v"},
		{[]string{"help"}, "rollback"},
		{demo, "hold the same records"},
	} {
		cmd := exec.CommandContext(ctx, command[0], append(command[1:], t.args...)...)
		cmd.Dir = filepath.Dir(command[len(command)-1])
		out, err := cmd.CombinedOutput()
		// wine 8 does not know how Go deletes a folder, with which the last act begins.
		if command[0] == "wine" && bytes.Contains(out, []byte("== 7. ")) &&
			bytes.Contains(out, []byte("Invalid function")) {
			fmt.Println("under wine the demonstration ran until its rollback")
			err = nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", t.args[0], err, out)
		}
		if !bytes.Contains(out, []byte(t.says)) {
			return fmt.Errorf("%s: does not say %q:\n%s", t.args[0], t.says, out)
		}
	}
	return nil
}
