package idconnect_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var promisesTerminal = []promise{
	{"shows no control character of a server's message", func(t *testing.T) {
		l := newLeaky(t)
		l.source.Fail(at("config", answer(500, errorSaying(hostileText+"\xff"))))
		l.target.Fail(at("managed", answer(500, errorSaying(hostileText))))
		showAll(t, l.u).printable(t, "plan", "event", "report.txt", "report.html", "report.json")
	}},
	{"nor of a server's state", func(t *testing.T) {
		l := newLeaky(t)
		said, _ := json.Marshal(hostileText)
		l.target.Fail(at("info/ping", answer(200, fmt.Sprintf(`{"state":%s,"shortDesc":%[1]s}`, said))))
		showAll(t, l.u).printable(t, "plan", "report.txt", "report.html", "report.json", "junit.xml")
	}},
	{"nor of authenticationId", func(t *testing.T) {
		l := newLeaky(t)
		said, _ := json.Marshal(hostileText)
		l.source.Fail(at("info/login", answer(200, fmt.Sprintf(`{"authenticationId":%s,"authorization":`+
			`{"id":%[1]s,"roles":["openidm-authorized"]}}`, said))))
		showAll(t, l.u).printable(t, "plan", "report.txt")
	}},
	{"nor of the endpoint's words", func(t *testing.T) {
		l := newLeaky(t)
		said, _ := json.Marshal(hostileText)
		l.target.Fail(at("endpoint/migration", answer(200, fmt.Sprintf(`{"status":%s,"message":%[1]s}`, said))))
		showAll(t, l.u).printable(t, "error", "report.txt")
	}},
	{"nor of the set-up's output and the name of a file", func(t *testing.T) {
		w := newWorld(t, 2)
		name := strings.NewReplacer("\x00", "", "/", "").Replace(hostileText)
		writePackage(t, w.u.Package, map[string]string{"says": hostileText + "\n\xff", "security/README": "x",
			"setup.sh": "#!/bin/sh\ncat says\nexit 4\n", "setup.bat": "@type says\r\n@exit /b 4\r\n",
			"conf/boot/boot.properties": testBoot})
		w.u.JavaHome = w.dir + "/" + name
		w.u.Steps = []string{idconnect.StepUnpack, idconnect.StepStores, idconnect.StepSetup}
		showAll(t, w.u).printable(t, "event", "error", "report.txt", "report.html")
		w.u.Steps, w.u.Package = nil, w.dir+"/"+name
		showAll(t, w.u).printable(t, "plan")
	}},
	{"nor of the system's words about a file, in the error of a run", func(t *testing.T) {
		l := newLeaky(t)
		name := strings.ReplaceAll(hostileText, "\x00", "")
		l.u.StateDir = filepath.Join(t.TempDir(), name)
		must(t, os.MkdirAll(filepath.Join(l.u.StateDir, "lock"), 0o755))
		showAll(t, l.u).printable(t, "error", "report.txt", "report.json")
	}},
	{"nor of a certificate's names and an alias", func(t *testing.T) {
		w := newWorld(t, 2)
		hostileStore(t, w)
		s := showAll(t, w.u)
		s.printable(t, "plan", "report.txt", "report.json")
		for _, code := range []string{"STORE-SUBJECT", "STORE-KEY-DOES-NOT-OPEN"} {
			if !strings.Contains(s.text["plan"], code) {
				t.Errorf("no %s in %s", code, s.text["plan"])
			}
		}
	}},
	{"keeps what a server said as it is in report.json, escaped", func(t *testing.T) {
		rep := &report.Report{Version: report.Version, Outcome: "failed", Error: hostileText}
		var b bytes.Buffer
		must(t, rep.Write(&b, report.JSON))
		var back report.Report
		must(t, json.Unmarshal(b.Bytes(), &back))
		if err := steers(b.String()); err != nil || back.Error != hostileText {
			t.Errorf("%v: %q", err, back.Error)
		}
	}},
	{"shows 2 KiB of a message of 700,000 bytes, and says that it is cut", func(t *testing.T) {
		l := newLeaky(t)
		l.source.Fail(at("config", answer(500, fmt.Sprintf(`{"code":500,"message":%q}`,
			strings.Repeat("hostile ", 90_000)))))
		began := time.Now()
		s := showAll(t, l.u)
		s.printable(t, "plan")
		for at, text := range s.text {
			if n := strings.Count(text, "hostile"); n > 20*(2<<10)/len("hostile") {
				t.Errorf("%s: %d times", at, n)
			}
		}
		if !strings.Contains(s.text["plan"], "(cut, of 720,000 bytes)") || time.Since(began) > await.Patience {
			t.Errorf("after %v: %.3000s", time.Since(began), s.text["plan"])
		}
	}},
	{"says of an interrupted migration once that it is interrupted, and how it is resumed", func(t *testing.T) {
		w := newWorld(t, 2)
		w.Fail(openidmtest.Fault{Path: "endpoint/migration", Action: "migrate", Effect: openidmtest.Hang})
		interrupted(t, w.u, idconnect.StepMigrate, report.Running, func() bool { return w.Migrations() == 1 })
	}},
	{"says so of an interrupted set-up, whose script is killed", func(t *testing.T) {
		w := newWorld(t, 2)
		writePackage(t, w.u.Package, map[string]string{"setup.sh": "#!/bin/sh\necho begun\nsleep 60\n",
			"setup.bat": "@echo begun\r\n@ping -n 60 127.0.0.1 >nul\r\n", "security/README": "x",
			"conf/boot/boot.properties": testBoot})
		interrupted(t, w.u, idconnect.StepSetup, "", nil)
	}},
	{"says so of an interrupted comparison, and of one that had not begun", func(t *testing.T) {
		w := newWorld(t, 2)
		interrupted(t, w.u, idconnect.StepVerify, report.Running, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		rep, err := w.u.Run(ctx)
		if !errors.Is(err, context.Canceled) || rep.Outcome != "interrupted" {
			t.Errorf("%v: %+v", err, rep)
		}
	}},
	{"leaves the processor alone once a plan was given up", givenUp},
}

// saysInterrupted is not the name of a folder.
var saysInterrupted = regexp.MustCompile(`[ :]interrupted`)

// interrupted gives up as soon as a step runs, or its script says something, and what is asked besides is so.
func interrupted(t *testing.T, u *idconnect.Upgrade, step string, when report.State, besides func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &screens{}
	runs := make(chan struct{})
	begun := sync.OnceFunc(func() {
		if besides == nil {
			cancel() // before the step goes on
		}
		close(runs)
	})
	u.Events = func(e idconnect.Event) {
		if e.Kind == idconnect.EventStep {
			s.add("steps", fmt.Sprintf("%s %s %s", e.Step, e.State, e.Detail))
		}
		if e.Step == step && (when != "" && e.State == when || when == "" && e.Kind == idconnect.EventOutput) {
			begun()
		}
	}
	ended := make(chan struct{})
	var rep *report.Report
	var err error
	go func() {
		defer close(ended)
		rep, err = u.Run(ctx)
	}()
	await.Value(t, step+" runs", runs)
	if besides != nil {
		await.Until(t, "what the step does has begun", besides)
		cancel()
	}
	await.Value(t, "the run ends", ended)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	s.report(t, rep)
	const resume = "run the same command again"
	if rep.Outcome != "interrupted" || rep.Error != "interrupted" || !strings.Contains(rep.Remedy, resume) ||
		!strings.Contains(idconnect.RemedyOf(err), resume) {
		t.Errorf("outcome %q, error %q, remedy %q", rep.Outcome, rep.Error, rep.Remedy)
	}
	if !strings.Contains(s.text["steps"], step+" interrupted") {
		t.Errorf("the steps: %s", s.text["steps"])
	}
	for at, text := range s.text {
		for _, never := range []string{"context canceled", "error:", `"failed"`, " failed"} {
			if strings.Contains(text, never) {
				t.Errorf("%s says %q:\n%s", at, never, text)
			}
		}
	}
	text := s.text["report.txt"]
	if strings.Count(text, resume) != 1 || len(saysInterrupted.FindAllString(text, -1)) != 3 {
		t.Errorf("it is said more than once:\n%s", text)
	}
}

// hostileStore gives the source's keystore an alias and a certificate with
// hostile names.
func hostileStore(t *testing.T, w *world) {
	t.Helper()
	path := w.u.SourceDir + "/security/keystore.jceks"
	s, err := keystore.Open(path, keystore.NewPassword("changeit"))
	must(t, err)
	o := keystore.PutOptions{Password: keystore.NewPassword("not the store's"), Iterations: 1}
	must(t, s.PutSecretKey(hostileText, "AES", make([]byte, 16), o))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	like := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: hostileText},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, like, like, key.Public(), key)
	must(t, err)
	own, err := x509.ParseCertificate(der)
	must(t, err)
	o.Password = keystore.NewPassword("changeit")
	must(t, s.PutPrivateKey("openidm-localhost", key, []*x509.Certificate{own}, o))
	var b bytes.Buffer
	must(t, s.Encode(&b, keystore.NewPassword("changeit")))
	writeFile(t, path, b.Bytes())
}
