package idconnect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var promisesSecret = []promise{
	{"hides passwords in the message of an error", func(t *testing.T) {
		leaksNot(t, atSource, "config", answer(500, errorSaying(repeated())))
	}},
	{"hides passwords in a message that is no string", func(t *testing.T) {
		inner, _ := json.Marshal(map[string]any{"said": []string{repeated()}})
		leaksNot(t, atSource, "config", answer(500, `{"code":500,"reason":"x","message":`+string(inner)+`}`))
	}},
	{"hides passwords in the login page of a proxy", func(t *testing.T) {
		leaksNot(t, both, "", openidmtest.Fault{Status: 200, Header: http.Header{"Content-Type": {"text/html"}},
			Body: formsPage()})
	}},
	{"hides passwords in a redirect", func(t *testing.T) {
		leaksNot(t, both, "", openidmtest.Fault{Status: 302, Header: http.Header{"Location": {"/" + repeated()}},
			Body: formsPage()})
	}},
	{"hides passwords in what a server says of its state", func(t *testing.T) {
		said, _ := json.Marshal(repeated())
		leaksNot(t, both, "info/ping", answer(200, fmt.Sprintf(`{"state":%s,"shortDesc":%[1]s}`, said)))
	}},
	{"hides passwords in what the endpoint answers", func(t *testing.T) {
		said, _ := json.Marshal(repeated())
		leaksNot(t, atTarget, "endpoint/migration", answer(200, fmt.Sprintf(`{"status":"failed","message":%s}`, said)))
	}},
	{"hides passwords in the id of a transaction", func(t *testing.T) {
		f := answer(500, errorSaying("refused"))
		f.Header.Set("X-ForgeRock-TransactionId", repeated())
		leaksNot(t, atSource, "config", f)
	}},
	{"hides passwords in what net/http quotes of a header", func(t *testing.T) {
		cert := certificateOf(t, openidmtest.NewSource(t, openidmtest.Options{InMemory: true}))
		for _, answer := range []string{"HTTP/1.1 200 OK\r\n%s\r\n\r\n", "HTTP/1.1 %s\r\n\r\n", "%s\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n"} {
			answer = fmt.Sprintf(answer, sourceSecret)
			var out said
			c := &openidm.Client{BaseURL: raw(t, cert, answering(answer)), Pinned: cert.Leaf, Retries: -1,
				Credentials: openidm.Credentials{Username: "admin", Password: keystore.NewPassword(sourceSecret)},
				Logger:      slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
			_, err := c.Ping(t.Context())
			out.error(err)
			text := out.b.String()
			shown := strings.Contains(text, "S0urce") || strings.Contains(text, `"is`)
			if shown || !strings.Contains(text, "not shown") {
				t.Errorf("it says %.500s", text)
			}
			c.Close()
		}
	}},
	{"keeps what a server says unasked from the standard logger", unsolicited},
	{"hides passwords in the output of the set-up and in its log", setupRepeats},
	{"hides passwords in what a file says", func(t *testing.T) {
		l := newLeaky(t)
		l.u.SourceDir, l.u.TargetDir = t.TempDir(), t.TempDir()
		boot := filepath.Join(l.u.SourceDir, "conf", "boot", "boot.properties")
		must(t, os.MkdirAll(filepath.Dir(boot), 0o755))
		location := strings.ReplaceAll(repeated(), `\`, `\\`)
		must(t, os.WriteFile(boot, []byte("openidm.keystore.location=security/"+location+"\n"), 0o600))
		l.u.Steps = []string{idconnect.StepStores, idconnect.StepVerify}
		holdsNone(t, l.everything(t))
	}},
	{"does not print an address that holds a password", func(t *testing.T) {
		for _, address := range []string{"openidm-admin:%s@h:8443/openidm/", "https://openidm-admin:%s@h/openidm/",
			"//openidm-admin:%s@h", "http://x:%s@h", "https://openidm-admin:%s@h:port/%%zz"} {
			address = fmt.Sprintf(address, "s3cret-Passw0rd")
			for _, u := range []*idconnect.Upgrade{{Source: idconnect.Server{URL: address}},
				{Target: idconnect.Server{URL: address}}, {InstanceURL: address}} {
				_, err := u.Status(t.Context())
				if err == nil || strings.Contains(err.Error(), "Passw0rd") {
					t.Errorf("%s: %v", address, err)
				}
			}
		}
	}},
	{"spells OpenIDM's headers as its audit knows them, in every request of a run", spelled},
	{"reports what the target's request left in the source's audit file, and shows none of it", auditFile},
	{"finds it by REST where the source's folder is not at hand", auditREST},
	{"writes no password beside the target", func(t *testing.T) {
		w := newWorld(t, 2)
		_, err := w.u.Run(t.Context())
		must(t, err)
		for path, content := range tree(t, w.u.TargetDir+".upgrade") {
			for name, form := range formsOf("changeit") {
				if strings.Contains(content, form) && !strings.HasSuffix(path, "verify.state") {
					t.Errorf("%s holds the keystore's password (%s)", path, name)
				}
			}
		}
	}},
}

// unsolicited: net/http would print the second answer.
func unsolicited(t *testing.T) {
	var logged said
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	l := newLeaky(t)
	body := `{"state":"ACTIVE_READY","shortDesc":"OpenIDM ready"}`
	twice := answering(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%sHTTP/1.1 200 OK\r\nX: %s\r\n\r\n",
		len(body), body, repeated()))
	var open atomic.Int64
	l.u.Source.URL = raw(t, certificateOf(t, l.source), func(c net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		twice(c)
	})
	_, err := l.u.Plan(t.Context())
	must(t, err)
	// Whoever reads the second answer closes the connection then.
	await.Until(t, "no connection is open", func() bool { return open.Load() == 0 })
	logged.mu.Lock()
	defer logged.mu.Unlock()
	if text := logged.b.String(); strings.Contains(text, "Unsolicited") || strings.Contains(text, sourceSecret) {
		t.Error(text)
	}
}

// setupRepeats lets the script and the server's log have all that the run knows.
func setupRepeats(t *testing.T) {
	w := newWorld(t, 2)
	writePackage(t, w.u.Package, map[string]string{"forms": repeated() + "\n", "conf/boot/boot.properties": testBoot,
		"setup.sh":        "#!/bin/sh\ncat forms\nmkdir -p logs\ncat forms >logs/openidm0.log.0\nexit 4\n",
		"setup.bat":       "@type forms\r\n@mkdir logs\r\n@copy forms logs\\openidm0.log.0\r\n@exit /b 4\r\n",
		"security/README": "x"})
	w.u.Target.Credentials.Password = keystore.NewPassword(targetSecret)
	w.u.KeystorePassword = keystore.NewPassword("changeit")
	w.u.Source.TruststorePassword = keystore.NewPassword("changeit")
	w.u.StoresKey.Passphrase = keystore.NewPassword(sourceSecret)
	w.u.Steps = []string{idconnect.StepUnpack, idconnect.StepStores, idconnect.StepSetup}
	var out said
	w.u.Events = func(e idconnect.Event) { out.value(e) }
	rep, err := w.u.Run(t.Context())
	if failed := new(idconnect.SetupError); !errors.As(err, &failed) {
		t.Fatalf("%v", err)
	}
	out.error(err)
	out.value(rep)
	holdsNone(t, out.b.String())
}

func errorSaying(text string) string {
	b, _ := json.Marshal(map[string]any{"code": 500, "reason": text, "message": text, "detail": text})
	return string(b)
}

// formsPage begins with the forms: only the beginning of a page is shown.
func formsPage() string { return "<p>" + repeated() + "</p>" }

var atSource, atTarget, both = []string{"source"}, []string{"target"}, []string{"source", "target"}

// leaksNot lets servers answer with a fault, and looks at all that is shown.
func leaksNot(t *testing.T, sides []string, path string, f openidmtest.Fault) {
	t.Helper()
	for _, side := range sides {
		l := newLeaky(t)
		s := map[string]*openidmtest.Server{"source": l.source, "target": l.target}[side]
		s.Fail(at(path, f))
		holdsNone(t, l.everything(t))
	}
}
