package setup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

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
	"stays in front":         {"echo.>ready", "set /p wait="},
	"early exit":             {"echo broken", "exit 7"},
	"unknown prompt":         {"set /p c=Favourite colour? "},
	"password over and over": {":again", "set /p p=Enter keystore password: ", "echo wrong: %p%", "goto again"},
	"hangs":                  {"set /p wait="},
	"never ready":            {"exit /b 0"},
	"flood":                  {":again", "echo " + strings.Repeat("x", 4000), "goto again"},
}

func TestSetup(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		kind   Kind // "" succeeds
	}{
		"as the real one":               {script: `printf 'Embedded Postgres. Press Enter: '; read -r a; stty -echo; printf 'Enter keystore password: '; read -r p; stty echo; [ "$p" = hush-hush ] || exit 3; : >ready`},
		"prompt before the echo is off": {script: `printf 'Enter keystore password: '; sleep 0.3; stty -echo; read -r p; [ "$p" = hush-hush ] || exit 3; : >ready`},
		"overwrite":                     {script: `printf 'Certificate exists. Overwrite existing? [no]: '; read -r a; [ "$a" = yes ] && : >ready`},
		"stays in front":                {script: `: >ready; sleep 3`},
		"early exit":                    {script: `echo broken; exit 7`, kind: "exit"},
		"shows the password":            {script: `printf 'Enter keystore password: '; read -r p; echo "$p"`, kind: "echo"},
		"unknown prompt":                {script: `printf 'Favourite colour? '; read -r c`, kind: "unknown prompt"},
		"password over and over":        {script: `stty -echo; while :; do printf 'Enter keystore password: '; read -r p; echo "wrong: $p"; done`, kind: "password refused"},
		"hangs":                         {script: `exec sleep 60`, kind: "not ready"},
		"never ready":                   {script: `exit 0`, kind: "not ready"},
		"flood":                         {script: `exec yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, kind: "output"},
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
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			timeout := 30 * time.Second
			if c.kind == "not ready" {
				timeout = 2 * time.Second
			}
			err := Run(t.Context(), Options{
				Dir: dir, Script: file, KeystorePassword: keystore.NewPassword("hush-hush"), Output: &out,
				Timeout: timeout, PromptTimeout: time.Second, MaxOutput: 1 << 20,
				Ready: func(context.Context) (bool, error) {
					_, err := os.Stat(filepath.Join(dir, "ready"))
					return err == nil, err
				},
			})
			var failed *Error
			switch {
			case c.kind == "" && err != nil:
				t.Errorf("%v", err)
			case c.kind != "" && (!errors.As(err, &failed) || failed.Kind != c.kind || failed.Remedy() == ""):
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hush-hush") ||
				strings.Contains(out.String(), "hush-hush") {
				t.Errorf("the password is shown: %v, %s", err, &out)
			}
		})
	}
}
