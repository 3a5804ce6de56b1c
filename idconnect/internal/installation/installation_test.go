package installation

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// installation makes a folder with a boot.properties at one of its places.
func installation(t *testing.T, file, boot string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "security"), 0o755); err != nil {
		t.Fatal(err)
	}
	if file != "" {
		path := filepath.Join(dir, filepath.FromSlash(file))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err := errors.Join(err, os.WriteFile(path, []byte(boot), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInstallation(t *testing.T) {
	t.Parallel()
	boot, err := os.ReadFile(filepath.Join("testdata", "boot", "boot.properties"))
	if err != nil {
		t.Fatal(err)
	}
	type says struct {
		keystore, truststore    string // below the folder
		port                    int
		certificate, crypto     string
		storePass, trustPass    string
		storeErr                error
		knowsNoStore, knowsNoTS bool
	}
	defaults := says{
		keystore:    "security/keystore.jceks",
		truststore:  "security/truststore",
		certificate: "openidm-localhost",
		crypto:      "openidm-sym-default",
	}
	with := func(change func(*says)) says { s := defaults; change(&s); return s }
	silent := with(func(s *says) { s.knowsNoStore, s.knowsNoTS = true, true })
	const spaced = "openidm.port.https= 9443 \nopenidm.keystore.password=a b"
	const console = "openidm.keystore.password=CONSOLE\n" +
		"openidm.truststore.password=CRYPT:6903a5eef8c04aa07163ea1248cab76a"
	for name, c := range map[string]struct {
		file, boot string
		want       says
	}{
		"no boot.properties": {"", "", silent},
		"as 3.x has it": {bootFiles[1], string(boot), with(func(s *says) {
			s.keystore, s.port, s.crypto = "stores/keys", 8443, "other-key"
			s.storePass, s.trustPass = "changeit", "changeit"
		})},
		"as 7.x has it": {bootFiles[0], spaced, with(func(s *says) {
			s.port, s.storePass, s.trustPass = 9443, "a b", "a b"
		})},
		"asked for at the console": {bootFiles[2], console, with(func(s *says) {
			s.storeErr, s.trustPass = idmvalues.ErrConsole, "a"
		})},
		"port beyond range": {bootFiles[0], "openidm.port.https=65536", silent},
		"port no number":    {bootFiles[0], "openidm.port.https=&{other}", silent},
		"empty values":      {bootFiles[0], "openidm.keystore.location=\nopenidm.config.crypto.alias:", silent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := installation(t, c.file, c.boot)
			inst, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := filepath.Join(dir, filepath.FromSlash(c.file))
			if c.file != "" && inst.BootFile != want {
				t.Errorf("read %s", inst.BootFile)
			}
			storePass, storeErr := inst.KeystorePassword()
			trustPass, trustErr := inst.TruststorePassword()
			got := says{
				port: inst.HTTPSPort(), crypto: inst.CryptoAlias(),
				certificate: inst.CertificateAlias(),
				storePass:   storePass.Reveal(), trustPass: trustPass.Reveal(),
				storeErr:     c.want.storeErr,
				knowsNoStore: storePass.IsZero() && storeErr == nil,
				knowsNoTS:    trustPass.IsZero() && trustErr == nil,
			}
			for path, into := range map[string]*string{
				inst.KeystorePath(): &got.keystore, inst.TruststorePath(): &got.truststore,
			} {
				rel, err := filepath.Rel(dir, path)
				if err != nil || !filepath.IsAbs(path) {
					t.Errorf("%s, %v", path, err)
				}
				*into = filepath.ToSlash(rel)
			}
			if got != c.want || !errors.Is(storeErr, c.want.storeErr) || trustErr != nil {
				t.Errorf("%+v\nwant %+v; %v, %v", got, c.want, storeErr, trustErr)
			}
		})
	}
}

// TestNoFolder: where no folder is named, the current one is not meant, whatever
// is in it.
func TestNoFolder(t *testing.T) {
	t.Chdir(installation(t, bootFiles[0], "openidm.port.https=9443"))
	if inst, err := Open(""); err == nil {
		t.Errorf("%+v", inst)
	}
}

func TestInstallationRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	large := installation(t, bootFiles[0], strings.Repeat("#", maxProperties+1))
	folder := installation(t, "conf/boot/boot.properties/x", "")
	for name, c := range map[string]struct {
		dir string
		is  error
	}{
		"not there":                  {filepath.Join(t.TempDir(), "none"), fs.ErrNotExist},
		"a file":                     {file, nil},
		"some other folder":          {t.TempDir(), nil},
		"boot.properties is broken":  {installation(t, bootFiles[0], `a=\u12`), nil},
		"boot.properties is large":   {large, nil},
		"boot.properties a folder":   {folder, nil},
		"empty name of a bad folder": {filepath.Join(file, "below"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(c.dir)
			var no *Error
			if !errors.As(err, &no) || no.Dir != c.dir || no.Remedy() == "" ||
				c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v", err)
			}
			if strings.HasPrefix(name, "boot") && no.File == "" {
				t.Errorf("the file is not named: %v", err)
			}
		})
	}
}

func TestPropertySubstitution(t *testing.T) {
	t.Parallel()
	dir := installation(t, bootFiles[0], strings.Join([]string{
		"home=&{launcher.install.location}/a", "project=${launcher.project.location}",
		"install=&{idm.install.dir}",
		"other=<&{home}>", "unknown=&{no.such} ${open &{", "loop=&{loop}x",
		"absent=&{no.such|9443}", "nested=&{no.such|&{nor.this|&{install}}/b}!",
		"given=&{project|x}", "empty=&{no.such|}",
		"laugh0=ha", "laugh1=" + strings.Repeat("&{laugh0}", 50),
		"laugh2=" + strings.Repeat("&{laugh1}", 50), "laugh3=" + strings.Repeat("&{laugh2}", 50),
	}, "\n"))
	inst, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"home": inst.Dir + "/a", "project": inst.Dir, "install": inst.Dir, "other": "<" + inst.Dir + "/a>",
		"absent": "9443", "nested": inst.Dir + "/b!", "given": inst.Dir, "empty": "",
		"unknown": "&{no.such} ${open &{", "loop": "&{loop}" + strings.Repeat("x", substitutionDepth+1),
	} {
		if got, ok := inst.Property(name); got != want || !ok {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if got, _ := inst.Property("laugh3"); len(got) > 100_000 {
		t.Errorf("%d bytes", len(got))
	}
	if got, ok := inst.Property("none"); got != "" || ok {
		t.Errorf("%q", got)
	}
}

// TestReferenceCost: a text of nothing but references that never end is read in a moment.
func TestReferenceCost(t *testing.T) {
	t.Parallel()
	inst := &Installation{properties: map[string]string{"a": strings.Repeat("&{", maxProperties/2),
		"b": strings.Repeat("&{b|", 100_000) + strings.Repeat("}", 100_000)}}
	await.Within(t, "reading it", 10*time.Second, func() {
		for _, name := range []string{"a", "b"} {
			if got, _ := inst.Property(name); len(got) > 1<<20 {
				t.Errorf("%d bytes", len(got))
			}
		}
	})
}

func TestProcess(t *testing.T) {
	t.Parallel()
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file    string
		pid     int
		running bool
	}{
		"none":       {"", 0, false},
		"this one":   {strconv.Itoa(os.Getpid()) + "\n", os.Getpid(), true},
		"ended":      {strconv.Itoa(ended.Process.Pid), ended.Process.Pid, false},
		"no number":  {"soon", 0, false},
		"all of us":  {"-1", 0, false},
		"too large":  {strings.Repeat(" ", 100) + "7", 0, false},
		"init's own": {"1", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if c.file != "" {
				path := filepath.Join(dir, ".openidm.pid")
				if err := os.WriteFile(path, []byte(c.file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if pid, running := Process(dir); pid != c.pid || running != c.running {
				t.Errorf("%d, %v", pid, running)
			}
		})
	}
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "salesforceIdConnect")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	boot := filepath.Join(dir, "conf", "boot")
	if err := os.MkdirAll(boot, 0o755); err != nil {
		log.Fatal(err)
	}
	const says = "openidm.port.https=8443\nopenidm.keystore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0\n"
	if err := os.WriteFile(filepath.Join(boot, "boot.properties"), []byte(says), 0o600); err != nil {
		log.Fatal(err)
	}

	inst, err := Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	password, err := inst.KeystorePassword()
	fmt.Println(inst.HTTPSPort(), inst.CertificateAlias(), filepath.Base(inst.KeystorePath()), password, err)
	// Output: 8443 openidm-localhost keystore.jceks [redacted] <nil>
}
