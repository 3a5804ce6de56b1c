package initsite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/initsite"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// world is a machine with 2.1, whose certificate is for idc21.example.com.
type world struct {
	dir, source string
	out         bytes.Buffer
	asked       []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.source = filepath.Join(w.dir, "idc21", "salesforceIdConnect")
	w.write(t, "idc21/salesforceIdConnect/conf/boot/boot.properties",
		"openidm.port.https=8444\nopenidm.keystore.password=changeit\n")
	w.write(t, "IdentityConnect-7.1.6.zip", "a zip")
	w.write(t, "source.pw", "hush-hush")
	security := filepath.Join(w.source, "security")
	if err := os.MkdirAll(security, 0o755); err != nil {
		t.Fatal(err)
	}
	server := openidmtest.NewSource(t, openidmtest.Options{CommonName: "idc21.example.com"})
	if err := server.WriteStores(security); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// options answer with lines, and then nobody does.
func (w *world) options(lines ...string) initsite.Options {
	return initsite.Options{
		Path: filepath.Join(w.dir, "upgrade.yaml"), Out: &w.out, Program: "upgrade",
		Roots: []string{filepath.Join(w.dir, "*")},
		Ask: func(_ context.Context, question string) (string, error) {
			w.asked = append(w.asked, strings.ReplaceAll(question, w.dir, "DIR"))
			if len(lines) == 0 {
				return "", initsite.ErrNoAnswer
			}
			line := lines[0]
			lines = lines[1:]
			return line, nil
		},
	}
}

// TestInit: with nothing but Enter, the file has what was found.
func TestInit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := initsite.Run(t.Context(), w.options("", "", "", "", "", "", "", "")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Are 2.1 and 7.1.6 on one machine? [Y/n]",
		"Folder salesforceIdConnect of 2.1 [DIR/idc21/salesforceIdConnect]:",
		"Folder salesforceIdConnect of 7.1.6 (it need not exist yet) [DIR/idc716/salesforceIdConnect]:",
		"Zip file of 7.1.6 [DIR/IdentityConnect-7.1.6.zip]:",
		"Address of 2.1 [https://idc21.example.com:8444/openidm/]:",
		"Address of 7.1.6 [https://localhost:9443/openidm/]:",
		"Password of openidm-admin on 2.1: a file, env:IDC_…_PASSWORD, or nothing to be asked each time:",
		"Password of openidm-admin on 7.1.6: likewise:",
	}
	for i := range w.asked {
		w.asked[i] = filepath.ToSlash(w.asked[i])
	}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("asked: %s", diff)
	}
	path := filepath.Join(w.dir, "upgrade.yaml")
	c, err := siteconfig.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Source.Dir != w.source || c.Source.URL != "https://idc21.example.com:8444/openidm/" ||
		c.Package != filepath.Join(w.dir, "IdentityConnect-7.1.6.zip") ||
		c.Source.Password != nil || c.Handover != nil {
		t.Errorf("%+v", c)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, says := range []string{"next:", "upgrade plan", "upgrade run"} {
		if !strings.Contains(w.out.String(), says) {
			t.Errorf("no %q in\n%s", says, &w.out)
		}
	}
}

// TestTwoMachines: what is not here is not demanded, and passwords are named.
func TestTwoMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pw := filepath.Join(w.dir, "source.pw")
	o := w.options("n", "", "/far/away/salesforceIdConnect", "/far/716/salesforceIdConnect", "/far/7.1.6.zip",
		"https://localhost:8444/openidm/", "", pw, "env:IDC_TARGET_PASSWORD")
	if err := initsite.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c, err := siteconfig.Open(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	stores := filepath.Join(w.dir, "stores.age")
	if cwd, _ := os.Getwd(); c.Handover == nil || c.Handover.Source != filepath.Join(cwd, "stores.age") &&
		c.Handover.Source != stores || c.Source.Password.File != pw ||
		c.Target.Password.Env != "IDC_TARGET_PASSWORD" {
		t.Errorf("%+v %+v", c, c.Handover)
	}
	if !strings.Contains(w.out.String(), "upgrade export") {
		t.Errorf("no export in\n%s", &w.out)
	}
}

// TestInstance: the target is told an address that the certificate is for.
func TestInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	o.Yes = true
	o.Answers.SourceURL = "https://localhost:8444/openidm/"
	if err := initsite.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c, err := siteconfig.Open(o.Path)
	if err != nil || c.InstanceURL != "https://idc21.example.com:8444/openidm/" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines  []string
		change func(*testing.T, *world, *initsite.Options)
		want   string
	}{
		"nobody answers": {nil, nil, "init needs -source-dir, -target-dir, -package: it asks questions"},
		"nobody answers the rest": {[]string{"", "", ""}, nil,
			"init needs -source-dir, -target-dir, -package: it asks questions"},
		"no default": {nil, func(_ *testing.T, _ *world, o *initsite.Options) {
			o.Yes, o.Roots = true, []string{}
		}, "init needs -source-dir, -target-dir: there is no default"},
		"not a folder of 2.1": {[]string{"", "/"}, nil, "-source-dir: / is not a salesforceIdConnect folder"},
		"no zip":              {[]string{"", "", "", "/no/such.zip"}, nil, "-package: there is no such file"},
		"http": {[]string{"", "", "", "", "http://idc21.example.com:8444"}, nil,
			"-source-url: write it as https://idc21.example.com:8444/openidm/"},
		"a password":       {[]string{"", "", "", "", "", "", "hush-hush"}, nil, "nothing was kept of what you typed"},
		"another variable": {[]string{"", "", "", "", "", "", "env:HOME"}, nil, "must be named IDC_"},
		"the same folder twice": {nil, func(_ *testing.T, w *world, o *initsite.Options) {
			o.Yes, o.Answers.TargetDir = true, w.source
		}, "-target-dir: that is the folder of 2.1"},
		"a file of another": {nil, func(t *testing.T, w *world, o *initsite.Options) {
			w.write(t, "upgrade.yaml", "id: mine\n")
			o.Yes, o.Replace = true, true
		}, "upgrade.yaml"},
		"a file of before": {[]string{"n"}, func(t *testing.T, w *world, _ *initsite.Options) {
			w.write(t, "upgrade.yaml", initsite.Mark+"\n")
		}, "exists already"},
		"a file of before, nobody asked": {nil, func(t *testing.T, w *world, o *initsite.Options) {
			w.write(t, "upgrade.yaml", initsite.Mark+"\n")
			o.Yes = true
		}, "exists already, from an earlier init"},
		"in the folder of 2.1": {nil, func(_ *testing.T, w *world, o *initsite.Options) {
			o.Yes, o.Path = true, filepath.Join(w.source, "upgrade.yaml")
		}, "salesforceIdConnect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.options(c.lines...)
			if c.change != nil {
				c.change(t, w, &o)
			}
			before, _ := os.ReadFile(o.Path)
			err := initsite.Run(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, not %s", err, c.want)
			}
			if strings.Contains(err.Error(), "hush-hush") || strings.Contains(w.out.String(), "hush-hush") {
				t.Errorf("the password is repeated: %v\n%s", err, &w.out)
			}
			if after, _ := os.ReadFile(o.Path); !bytes.Equal(before, after) {
				t.Errorf("the file was changed:\n%s", after)
			}
			var missing *command.Mistake
			if errors.As(err, &missing) && strings.HasPrefix(missing.What, "init needs ") &&
				!strings.Contains(missing.Remedy(), " … -yes") {
				t.Errorf("remedy: %s", missing.Remedy())
			}
		})
	}
}

// TestAgain: a person may correct an answer, and replace a file of before.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, "upgrade.yaml", initsite.Mark+"\nid: before\n")
	o := w.options("y", "", "nowhere", "", "", "", "", "", "hush-hush", "", "")
	o.Patient = true
	if err := initsite.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c, err := siteconfig.Open(o.Path)
	if err != nil || c.ID != "" || c.Source.Dir != w.source {
		t.Errorf("%+v, %v", c, err)
	}
	if strings.Contains(w.out.String(), "hush-hush") {
		t.Errorf("the password is repeated:\n%s", &w.out)
	}
}
