package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/executable"
	"github.com/idconnect-go/upgrade/keystore"
)

// setupBatches are what setup.bat of TestSetup does; what is about the echo of
// a terminal, Windows has nothing of.
var setupBatches = map[string][]string{
	"as the real one": {
		"set /p a=Embedded Postgres. Press Enter: ",
		"set /p p=Enter keystore password: ",
		`if not "%p%"=="hush-hush" exit /b 3`,
		"echo.>ready",
	},
	"overwrite": {
		"set /p a=Certificate exists. Overwrite existing? [no]: ",
		`if "%a%"=="yes" echo.>ready`,
	},
	"returns at once":        {`start "" /b cmd /c "ping -n 2 127.0.0.1 >nul & echo.>ready"`},
	"stays in front":         {"echo.>ready", "set /p wait="},
	"early exit":             {"echo broken", "exit 7"},
	"unknown prompt":         {"set /p c=Favourite colour? "},
	"password over and over": {":again", "set /p p=Enter keystore password: ", "echo wrong: %p%", "goto again"},
	"hangs":                  {"set /p wait="},
	"never ready":            {"exit /b 0"},
	"flood":                  {":again", "echo " + strings.Repeat("x", 4000), "goto again"},
}

// TestJavaHome: a folder of Java that is relative is one of this process, not of the script.
func TestJavaHome(t *testing.T) {
	t.Parallel()
	home, err := filepath.Abs("jdk-11")
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"jdk-11", home} {
		env := (&session{o: Options{JavaHome: given, Env: []string{}}}).environment()
		if env[0] != "JAVA_HOME="+home || !strings.HasPrefix(env[1], "PATH="+filepath.Join(home, "bin")) {
			t.Errorf("%s: %q", given, env)
		}
	}
}

func TestSetup(t *testing.T) {
	t.Parallel()
	const enter = `printf 'Embedded Postgres. Press Enter: '; read -r a; `
	const ask = `printf 'Enter keystore password: '; `
	const check = `[ "$p" = hush-hush ] || exit 3; : >ready`
	for name, c := range map[string]struct {
		script string
		kind   Kind // "" succeeds
	}{
		"as the real one": {
			script: enter + `stty -echo; ` + ask + `read -r p; stty echo; ` + check,
		},
		"prompt before the echo is off": {script: ask + `sleep 0.3; stty -echo; read -r p; ` + check},
		"overwrite": {
			script: `printf 'Certificate exists. Overwrite existing? [no]: '; read -r a; ` +
				`[ "$a" = yes ] && : >ready`,
		},
		"returns at once":    {script: `nohup sh -c 'sleep 0.5; : >ready' >nohup.out 2>&1 & exit 0`},
		"stays in front":     {script: `: >ready; sleep 3`},
		"early exit":         {script: `echo broken; exit 7`, kind: Exit},
		"shows the password": {script: ask + `read -r p; echo "$p"`, kind: Echo},
		"unknown prompt":     {script: `printf 'Favourite colour? '; read -r c`, kind: UnknownPrompt},
		"password over and over": {
			script: `stty -echo; while :; do ` + ask + `read -r p; echo "wrong: $p"; done`,
			kind:   PasswordRefused,
		},
		"hangs":       {script: `exec sleep 60`, kind: NotReady},
		"never ready": {script: `exit 0`, kind: NotReady},
		"flood":       {script: `exec yes ` + strings.Repeat("x", 72), kind: TooMuchOutput},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file, text := t.TempDir(), "setup.sh", "#!/bin/sh\n"+c.script+"\n"
			if runtime.GOOS == "windows" {
				lines := append([]string{"@echo off"}, setupBatches[name]...)
				file, text = "setup.bat", strings.Join(lines, "\r\n")+"\r\n"
				if setupBatches[name] == nil {
					t.Skip("needs a pseudo-terminal")
				}
			}
			if err := executable.Write(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			var out []string
			timeout := 30 * time.Second
			if c.kind == NotReady {
				timeout = time.Second
			}
			err := Run(t.Context(), Options{
				Dir: dir, Script: file, Env: os.Environ(), Output: func(line string) { out = append(out, line) },
				KeystorePassword: keystore.NewPassword("hush-hush"),
				Timeout:          timeout, PromptTimeout: time.Second, Interval: 20 * time.Millisecond,
				Linger: 300 * time.Millisecond, MaxOutput: 1 << 20,
				Ready: func(context.Context) (bool, error) {
					_, err := os.Stat(filepath.Join(dir, "ready"))
					return err == nil, err
				},
			})
			var failed *Error
			switch {
			case c.kind == "" && err != nil:
				t.Errorf("%v", err)
			case c.kind != "" &&
				(!errors.As(err, &failed) || failed.Kind != c.kind || failed.Remedy() == ""):
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hush-hush") ||
				strings.Contains(strings.Join(out, "\n"), "hush-hush") {
				t.Errorf("the password is shown: %v, %q", err, out)
			}
		})
	}
}
