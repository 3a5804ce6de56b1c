package support_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/build"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/support"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
)

// Secrets that are given, and some that only boot.properties of a folder has.
var (
	given    = []string{`pä"s\w&rd <1>`, "hush-hush-hush", "changeit2"}
	fromBoot = map[string]string{"source": "boot+secret/1", "target": "b00t&secret"}
)

// spellings are how programs write a secret.
func spellings(secret string) []string {
	quoted, _ := json.Marshal(secret)
	var all []string
	for before := range 3 {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before)+":"+secret)),
			base64.URLEncoding.EncodeToString([]byte(strings.Repeat("u", before)+":"+secret)))
	}
	return append(all, secret, strings.Trim(string(quoted), `"`), url.QueryEscape(secret), url.PathEscape(secret),
		html.EscapeString(secret), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)))
}

// planted is a text with every secret in every spelling, and with what is taken out
// by its looks.
func planted() string {
	var b strings.Builder
	all := slices.Clone(given)
	for _, s := range fromBoot {
		all = append(all, s)
	}
	for _, secret := range all {
		for _, s := range spellings(secret) {
			fmt.Fprintf(&b, "seen %s here\n", s)
		}
	}
	b.WriteString(strings.Join(unknown, "\n") + "\n")
	return b.String()
}

// unknown has secrets that nobody gives: what is between the marks must go.
var unknown = []string{
	"Authorization: Basic «dW5rbm93bjp1bmtub3du» «more»", "Cookie: session-jwt=«eyJ0eXAi.eyJzdWIi»; a=«b»",
	`{"password": "«open\"sesame»", "other": 1}`, "ldap.bindPassword=«open-sesame»", "client_secret: «open-sesame»",
	"-----BEGIN PRIVATE KEY-----\n«MIIEvQIBADANBgkqhkiG9w0BAQ»\n-----END PRIVATE KEY-----",
	`"adminPass": {"$crypto": {"type": "x", "value": {"data": "«c2VjcmV0»", "iv": "«aXY»"}}}`,
	"mail of «jane.doe@example.com» bounced", "PUT managed/user/«u-jane-doe» failed", "access_token=«00D.open.sesame»",
}

// hidden are the texts between the marks.
func hidden() (all []string) {
	for _, line := range unknown {
		for {
			_, rest, ok := strings.Cut(line, "«")
			if !ok {
				break
			}
			var secret string
			secret, line, _ = strings.Cut(rest, "»")
			all = append(all, secret)
		}
	}
	return all
}

func unmarked(s string) string { return strings.NewReplacer("«", "", "»", "").Replace(s) }

// bundle has planted texts in every input.
func bundle(t *testing.T) *support.Bundle {
	t.Helper()
	dir, text := t.TempDir(), unmarked(planted())
	keyEnd := strings.Repeat("MIIEopensesame\n", 6_000) + "-----END PRIVATE KEY-----\n" + given[0][:7]
	for _, server := range []string{"source", "target"} {
		for name, content := range map[string]string{
			"logs/openidm0.log.0":           strings.Repeat("earlier\n", 20_000) + text,
			"logs/long.log":                 strings.Repeat(given[1], 40_000),
			"logs/key.log":                  keyEnd,
			"conf/boot/boot.properties":     "a=b\nopenidm.keystore.password = " + fromBoot[server] + "\n",
			"resolver/boot.properties":      "openidm.truststore.password=OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v\n",
			"security/keystore.jceks":       given[0],
			"conf/provisioner.openicf.json": text,
		} {
			file := filepath.Join(dir, server, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755),
				os.WriteFile(file, []byte(content), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := &report.Report{Version: 1, Started: time.Now(), Ended: time.Now(), Outcome: "failed", Error: text,
		Remedy: text, Source: report.ServerSeen{URL: text, State: text},
		Steps:    []*report.StepResult{{Name: "unpack", Detail: text}},
		Findings: preflight.Findings{{Code: "STORE-PASSWORD", Severity: preflight.Blocks, Step: "stores", Seen: text}}}
	state := filepath.Join(dir, "state")
	if err := r.Save(state, report.JSON); err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(text)
	journal := fmt.Sprintf(`{"target": %s, "stores": [{"began": "2026-11-28T10:00:00Z", "changes": {"path": %s}}],
		"secret": %s}`, quoted, quoted, quoted)
	if err := os.WriteFile(filepath.Join(state, "journal.json"), []byte(journal), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &support.Bundle{Version: build.Info{Module: text}, Now: time.Now(),
		Typed: map[string]string{"consumer-key": given[1], "package": text, text: text},
		Plan: &report.Plan{Source: r.Source, Findings: r.Findings,
			Steps: []report.StepPlan{{Name: "stores", Detail: text}}},
		Evidence: evidence.Read(state, state), User: "openidm-admin",
		SourceDir: filepath.Join(dir, "source"), TargetDir: filepath.Join(dir, "target")}
	for _, s := range given {
		b.Secrets = append(b.Secrets, keystore.NewPassword(s))
	}
	return b
}

// TestNothingSecret looks for every secret in every spelling in all files, as they are
// and as JSON says them.
func TestNothingSecret(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for name, b := range map[string]*support.Bundle{"plan": b, "error": func() *support.Bundle {
		other := *b
		other.Plan, other.PlanError = nil, errors.New(unmarked(planted()))
		return &other
	}()} {
		path := filepath.Join(t.TempDir(), "support.zip")
		names, err := b.Write(path)
		if err != nil {
			t.Fatal(err)
		}
		files := unzip(t, path)
		if len(files) != len(names) || len(files) < 5+3*2 {
			t.Errorf("%s: %d files, %v", name, len(files), names)
		}
		for file, content := range files {
			texts := []string{content}
			if strings.HasSuffix(file, ".json") {
				texts = append(texts, decoded(t, content)...)
			}
			for _, text := range texts {
				check(t, name+", "+file, text)
			}
		}
		log := files["logs/target-openidm0.log.0.txt"]
		if !strings.Contains(log, "earlier\n") || !strings.Contains(log, "seen [redacted] here\n") {
			t.Errorf("%s: the log says %q", name, log[:min(len(log), 500)])
		}
	}
}

// check looks for all secrets in a text.
func check(t *testing.T, where, text string) {
	t.Helper()
	secrets := append(slices.Clone(given), fromBoot["source"], fromBoot["target"])
	for _, secret := range secrets {
		for _, s := range spellings(secret) {
			if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
				t.Errorf("%s holds %q, which is %q", where, s, secret)
			}
		}
	}
	for _, s := range hidden() {
		if len(s) > 1 && strings.Contains(text, s) {
			t.Errorf("%s holds %q", where, s)
		}
	}
	for _, s := range []string{"MIIEopensesame", given[0][:7]} {
		if strings.Contains(text, s) {
			t.Errorf("%s holds a part: %q", where, s)
		}
	}
}

func unzip(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(f.Name, "idconnect-support/")] = string(content)
	}
	return files
}

// decoded are the texts of a JSON file.
func decoded(t *testing.T, content string) (all []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(content))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(string); ok {
			all = append(all, s)
		}
	}
}

// TestOutput: the file replaces one of its own, which stays beside it, and nothing
// else; it never lies in the source's folder.
func TestOutput(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	path := filepath.Join(t.TempDir(), "support.zip")
	for range 2 {
		if _, err := b.Write(path); err != nil {
			t.Fatal(err)
		}
		b.Now = b.Now.Add(time.Hour)
	}
	if _, err := os.Stat(path + ".previous"); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	var other bytes.Buffer
	z := zip.NewWriter(&other)
	if _, err := z.Create("holiday.jpg"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), os.WriteFile(path+"2", other.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []string{path + "2", filepath.Join(b.SourceDir, "new.zip")} {
		if err := b.Check(refused); err == nil {
			t.Errorf("%s would be written", refused)
		}
		if _, err := b.Write(refused); err == nil {
			t.Errorf("%s was written", refused)
		}
	}
}
