package siteconfig_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect"
)

func parse(t *testing.T, text string) *siteconfig.Config {
	t.Helper()
	c, err := siteconfig.Parse(filepath.Join(t.TempDir(), "upgrade.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c.Config
}

// TestUpgrade: what the file says is what the upgrade has, with paths that start
// at its folder.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	c, err := siteconfig.Parse(filepath.Join(dir, "upgrade.yaml"), []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	u, err := c.Upgrade()
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case u.SourceDir != filepath.Join(dir, "idc21", "salesforceIdConnect"),
		u.Package != filepath.Join(dir, "IdentityConnect-7.1.6.zip"),
		c.Source.Password.File != filepath.Join(dir, "source.pw"):
		t.Errorf("paths: %+v", u)
	case u.Source.URL != "https://idc21.example.com:8443/openidm/" || u.SettleTime != 90*time.Second ||
		u.Checks.Timeout != time.Minute || u.Verify.MaxDifferences != 50 || len(u.Steps) != 2:
		t.Errorf("values: %+v", u)
	case len(u.Verify.Collections) != 2 || !slices.Contains(u.Verify.Collections[0].Ignore, "lastSync"):
		t.Errorf("collections: %+v", u.Verify.Collections)
	}
}

// TestWhole: a file with every key of the schema is read, and none is lost.
func TestWhole(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(siteconfig.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	var example func(part map[string]any) any
	example = func(part map[string]any) any {
		ref, _ := part["$ref"].(string)
		def, _ := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		properties, ok := part["properties"].(map[string]any)
		if !ok && def != nil {
			properties, ok = def["properties"].(map[string]any)
		}
		if ok && !strings.HasSuffix(ref, "/secret") {
			out := map[string]any{}
			for name, p := range properties {
				out[name] = example(p.(map[string]any))
			}
			return out
		}
		for _, p := range []map[string]any{part, def} {
			if examples, ok := p["examples"].([]any); ok {
				return examples[0]
			}
		}
		for _, p := range []map[string]any{part, def} {
			if c, ok := p["const"]; ok {
				return c
			}
		}
		t.Fatalf("no example: %v", part)
		return nil
	}
	whole := example(root).(map[string]any)
	delete(whole["target"].(map[string]any), "legacyTLS") // only the source's
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	c, err := siteconfig.Parse("/site/upgrade.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(again, &read); err != nil {
		t.Fatal(err)
	}
	delete(whole, "$schema")
	delete(whole, "version")
	lost(t, "", whole, read)
	if _, err := c.Upgrade(); err != nil {
		t.Error(err)
	}
}

func lost(t *testing.T, at string, want, got any) {
	t.Helper()
	w, ok := want.(map[string]any)
	if !ok {
		return
	}
	g, _ := got.(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(w)) {
		if g[k] == nil {
			t.Errorf("%s/%s is read and lost", at, k)
			continue
		}
		lost(t, at+"/"+k, w[k], g[k])
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pw")
	if err := os.WriteFile(file, []byte("hush-hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { return "hush-hush", name == "IDC_A_PASSWORD" }
	for name, c := range map[string]struct {
		from     *siteconfig.Secret
		commands bool
		fails    string
	}{
		"none":        {nil, false, ""},
		"file":        {&siteconfig.Secret{File: file}, false, ""},
		"no file":     {&siteconfig.Secret{File: file + "x"}, false, "pwx"},
		"variable":    {&siteconfig.Secret{Env: "IDC_A_PASSWORD"}, false, ""},
		"no variable": {&siteconfig.Secret{Env: "IDC_B_PASSWORD"}, false, "IDC_B_PASSWORD is not set"},
		"program": {&siteconfig.Secret{Command: []string{program, "-test.run=TestProgram", "good"}}, true,
			""},
		"program not allowed": {&siteconfig.Secret{Command: []string{program}}, false, "not allowed"},
		"program that fails":  {&siteconfig.Secret{Command: []string{program, "-hush-hush"}}, true, "ended with 2"},
		"no program":          {&siteconfig.Secret{Command: []string{program + "x"}}, true, "cannot be run"},
		"nothing said":        {&siteconfig.Secret{}, true, "neither file, env nor command"},
	} {
		p, err := siteconfig.Reader{Commands: c.commands, Env: env}.Read(t.Context(), c.from)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "hush-hush") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || p.IsZero() != (c.from == nil) || !p.IsZero() && !strings.HasPrefix(p.Reveal(), "hush-hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProgram is the program of TestSecrets.
func TestProgram(t *testing.T) {
	if slices.Contains(os.Args, "good") {
		os.Stdout.WriteString("hush-hush\n")
		if os.Getenv("IDC_A_PASSWORD") != "" {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// TestAdapt: each machine does its part, and says which part is the other's.
func TestAdapt(t *testing.T) {
	here, gone := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	for name, c := range map[string]struct {
		source, target   string
		handover         bool
		steps            []string
		says, fails      string
		wantSteps        string
		wantSource, file bool
	}{
		"one machine":            {source: here, target: gone, wantSource: true},
		"one machine, no source": {source: gone, target: here, wantSource: true},
		"both folders here":      {source: here, target: here, handover: true, wantSource: true},
		"the target's": {source: gone, target: gone, handover: true, file: true,
			says: "is not on this machine, so this is the target's"},
		"the target's, unnamed": {target: here, handover: true, file: true, says: "no source folder is named"},
		"the source's": {source: here, target: gone, handover: true, wantSource: true, wantSteps: "prepare",
			says: "left to the target's: unpack, stores, java, setup, configure, migrate, verify"},
		"the source's, some steps": {source: here, target: gone, handover: true, steps: []string{"prepare", "setup"},
			wantSource: true, wantSteps: "prepare", says: "left to the target's: setup."},
		"the source's, verify": {source: here, target: gone, handover: true, steps: []string{"verify"},
			wantSource: true, wantSteps: "verify"},
		"the source's, others": {source: here, target: gone, handover: true, steps: []string{"setup"},
			fails: "run setup on the target's machine"},
	} {
		f := &siteconfig.Config{
			Source: siteconfig.Server{Dir: c.source}, Target: siteconfig.Server{Dir: c.target}, Steps: c.steps,
		}
		if c.handover {
			f.Handover = &siteconfig.Handover{Source: "/a/stores.age", Target: "/b/stores.age"}
		}
		u, err := f.Upgrade()
		if err != nil {
			t.Fatal(err)
		}
		note, err := f.Adapt(u)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !strings.Contains(note, c.says) || c.says == "" && note != "" {
			t.Errorf("%s: %q, %v", name, note, err)
		}
		if got := strings.Join(u.Steps, ","); got != c.wantSteps || (u.SourceDir != "") != c.wantSource ||
			(u.StoresFile != "") != c.file {
			t.Errorf("%s: steps %s, source %q, stores %q", name, got, u.SourceDir, u.StoresFile)
		}
	}
}

func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("many/bremen.yaml", "package: p.zip\n")
	write("many/hamburg/upgrade.yaml", "package: p.zip\n")
	write("wrong/a.yaml", "packge: x\n")
	write("wrong/b/upgrade.yaml", "steps: [fly]\n")
	write("twice/a.yaml", "target: {url: 'https://a/openidm/'}\n")
	write("twice/b.yaml", "target: {url: 'https://a/openidm/'}\n")
	write("none/readme.txt", "")
	all, err := siteconfig.ReadAll(filepath.Join(dir, "many"))
	if err != nil || len(all) != 2 || all[0].ID != "bremen" || all[1].ID != "hamburg" ||
		all[1].Package != filepath.Join(dir, "many", "hamburg", "p.zip") {
		t.Errorf("%+v, %v", all, err)
	}
	list := write("list.yaml", "- {id: a, package: p.zip}\n- {id: b}\n")
	all, err = siteconfig.ReadAll(list)
	if err != nil || len(all) != 2 || all[0].Package != filepath.Join(dir, "p.zip") {
		t.Errorf("%+v, %v", all, err)
	}
	one := write("one.yaml", "id: a\n")
	if all, err := siteconfig.ReadAll(one); err != nil || len(all) != 1 || all[0].Name() != "a" {
		t.Errorf("%+v, %v", all, err)
	}
	for path, says := range map[string]string{
		filepath.Join(dir, "wrong"):            "packge: unknown key, did you mean package?\n",
		filepath.Join(dir, "wrong") + "/":      `steps[0]: unknown value fly`,
		filepath.Join(dir, "twice"):            "two sites have the target.url https://a/openidm/",
		filepath.Join(dir, "none"):             "neither NAME.yaml nor NAME/upgrade.yaml",
		write("ids.yaml", "[{id: a},{id: a}]"): "two sites have the id a",
		write("empty.yaml", "[]"):              "1:1: empty",
	} {
		if _, err := siteconfig.ReadAll(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := siteconfig.ReadAll(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestFind: a file that others can write is not used unless it is named.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	if f, err := siteconfig.Find(dir); f != nil || err != nil {
		t.Errorf("%v, %v", f, err)
	}
	file := filepath.Join(dir, siteconfig.FileName)
	if err := os.WriteFile(file, []byte("id: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := siteconfig.Find(dir); err != nil || f.Path != file || f.ID != "a" || f.Where("id") != file+":1:5: id" {
		t.Errorf("%v, %v", f, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	var untrusted *siteconfig.UntrustedError
	if f, err := siteconfig.Find(dir); f != nil || !errors.As(err, &untrusted) ||
		!strings.Contains(err.Error(), "other users can write it") {
		t.Errorf("%v, %v", f, err)
	}
}

// TestSteps: the schema and the SDK know the same steps.
func TestSteps(t *testing.T) {
	c := parse(t, "steps: ["+strings.Join(idconnect.StepNames(), ", ")+"]\n")
	if !slices.Equal(c.Steps, idconnect.StepNames()) {
		t.Error(c.Steps)
	}
}
