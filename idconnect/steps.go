package idconnect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// step is one step of the upgrade. Its check asks the world, its action may be
// repeated after an interruption, and its undo, where there is one, puts back
// what the action changed. All three give a detail for people.
type step struct {
	name  string
	check func(context.Context, *run) (State, string, error)
	do    func(context.Context, *run) (string, error)
	undo  func(context.Context, *run) (string, error)
}

// steps in their order.
var steps = []step{
	{StepPrepare, checkPrepare, doPrepare, nil},
	{StepUnpack, checkUnpack, doUnpack, undoUnpack},
	{StepStores, checkStores, doStores, undoStores},
	{StepJava, checkJava, doJava, nil},
	{StepSetup, checkSetup, doSetup, nil},
	{StepConfigure, checkConfigure, doConfigure, nil},
	{StepMigrate, checkMigrate, doMigrate, nil},
	{StepVerify, checkVerify, doVerify, nil},
}

// prepare only looks: the vendor's first task is done in a browser.

func checkPrepare(ctx context.Context, r *run) (State, string, error) {
	c, err := r.sourceClient()
	if err != nil {
		return ToDo, "", err
	}
	login, err := c.Login(ctx)
	if err != nil {
		return ToDo, "", err
	}
	if !login.IsAdmin() {
		return ToDo, "", fmt.Errorf("%s is not an administrator of the source", login.AuthenticationID)
	}
	return Done, "the source answers, and " + login.AuthenticationID + " is an administrator", nil
}

func doPrepare(ctx context.Context, r *run) (string, error) {
	_, detail, err := checkPrepare(ctx, r)
	return detail, err
}

func checkUnpack(ctx context.Context, r *run) (State, string, error) {
	if isInstallation(r.u.TargetDir) {
		return Done, r.u.TargetDir + " is there", nil
	}
	info, err := inspectPackage(ctx, r.u.Package)
	if err != nil {
		return ToDo, "", err
	}
	return ToDo, fmt.Sprintf("%s, %s, %d files, checked", filepath.Base(r.u.Package), bytesText(info.Bytes), info.Files), nil
}

func doUnpack(ctx context.Context, r *run) (string, error) {
	err := unpackPackage(ctx, r.u.Package, r.u.TargetDir, func(done, total int64) {
		r.u.emit(Event{Kind: EventProgress, Step: StepUnpack, Done: done, Total: total})
	})
	if err != nil {
		return "", err
	}
	files, err := listFiles(r.u.TargetDir)
	if err != nil {
		return "", err
	}
	r.journal.Unpacked = files
	if err := r.journal.save(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files in %s", len(files), r.u.TargetDir), nil
}

// undoUnpack removes the folder only when it holds exactly what the package
// brought.
func undoUnpack(_ context.Context, r *run) (string, error) {
	if r.journal.Unpacked == nil {
		return "this program did not unpack it", nil
	}
	now, err := listFiles(r.u.TargetDir)
	if errors.Is(err, os.ErrNotExist) {
		r.journal.Unpacked = nil
		return r.u.TargetDir + " is gone already", r.journal.save()
	}
	if err != nil {
		return "", err
	}
	for path, size := range now {
		if was, ok := r.journal.Unpacked[path]; !ok {
			return "", fmt.Errorf("%s was added to %s since it was unpacked: the folder is left alone; remove it yourself when nothing in it is needed", path, r.u.TargetDir)
		} else if was != size {
			return "", fmt.Errorf("%s in %s was changed since it was unpacked: the folder is left alone; remove it yourself when nothing in it is needed", path, r.u.TargetDir)
		}
	}
	if err := os.RemoveAll(r.u.TargetDir); err != nil {
		return "", err
	}
	r.journal.Unpacked = nil
	return "removed " + r.u.TargetDir, r.journal.save()
}

// listFiles gives the size of every file below dir, by its slash path.
func listFiles(dir string) (map[string]int64, error) {
	files := map[string]int64{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = info.Size()
		return err
	})
	return files, err
}

func checkJava(ctx context.Context, r *run) (State, string, error) {
	if r.targetUp {
		return Done, "the target runs already", nil
	}
	java, err := findJava(ctx, r.u.JavaHome)
	if err != nil {
		return ToDo, "", err
	}
	return Done, fmt.Sprintf("Java %s, %d-bit, %s", java.Version, java.Bits, java.Path), nil
}

func doJava(ctx context.Context, r *run) (string, error) {
	_, detail, err := checkJava(ctx, r)
	return detail, err
}

func checkSetup(ctx context.Context, r *run) (State, string, error) {
	c, err := r.targetClient()
	if err != nil {
		return ToDo, "", err
	}
	health, err := c.Ping(ctx)
	switch {
	case err == nil && health.Ready():
		return Done, "the target answers " + health.State, nil
	case err == nil:
		return ToDo, "the target answers " + health.State + ": " + health.ShortDesc, nil
	case errors.Is(err, openidm.ErrUnavailable):
		return ToDo, "the target does not answer yet", nil
	}
	return ToDo, "", err
}

func doSetup(ctx context.Context, r *run) (string, error) {
	password, err := r.u.keystorePassword()
	if err != nil {
		return "", err
	}
	home := r.u.JavaHome
	if java, err := findJava(ctx, home); err == nil && home == "" {
		home = java.Home
	}
	script, err := setupScript(r.u.TargetDir)
	if err != nil {
		return "", err
	}
	timeout := r.u.SetupTimeout
	if timeout == 0 {
		timeout = defaultSetupTimeout
	}
	lines := &lineWriter{emit: func(line string) {
		r.u.emit(Event{Kind: EventOutput, Step: StepSetup, Detail: line})
	}}
	err = runSetup(ctx, setupOptions{
		Dir: r.u.TargetDir, Script: script, JavaHome: home, KeystorePassword: password,
		Prompts: r.u.Prompts, Timeout: timeout, Output: lines,
		Ready: func(ctx context.Context) (bool, error) {
			// The stores of a server that starts may change, and with them the
			// certificate that it presents.
			r.forgetTarget()
			state, _, err := checkSetup(ctx, r)
			return state == Done, err
		},
	})
	lines.flush()
	if err != nil {
		return "", err
	}
	return "the target is ready", nil
}

// setupScript is the package's own; setup.bat is assumed.
func setupScript(dir string) (string, error) {
	name := "setup.sh"
	if runtime.GOOS == "windows" {
		name = "setup.bat"
	}
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		return "", fmt.Errorf("set-up script: %w", err)
	}
	return name, nil
}

// lineWriter cuts what is written into lines.
type lineWriter struct {
	part []byte
	emit func(string)
}

const maxLine = 4096

func (w *lineWriter) Write(p []byte) (int, error) {
	for _, c := range p {
		if c == '\n' || len(w.part) == maxLine {
			w.flush()
		}
		if c != '\n' && c != '\r' {
			w.part = append(w.part, c)
		}
	}
	return len(p), nil
}

func (w *lineWriter) flush() {
	if s := strings.TrimRight(string(w.part), " "); s != "" {
		w.emit(s)
	}
	w.part = w.part[:0]
}

func bytesText(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// storePair is one of the two stores in both installations.
type storePair struct {
	what, source, target string
	password             func(*Installation) (keystore.Password, error)
}

func (r *run) storePairs() ([]storePair, error) {
	src, err := OpenInstallation(r.u.SourceDir)
	if err != nil {
		return nil, err
	}
	dst, err := OpenInstallation(r.u.TargetDir)
	if err != nil {
		return nil, err
	}
	return []storePair{
		{"keystore", src.KeystorePath(), dst.KeystorePath(), (*Installation).KeystorePassword},
		{"truststore", src.TruststorePath(), dst.TruststorePath(), (*Installation).TruststorePassword},
	}, nil
}
