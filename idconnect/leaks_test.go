package idconnect_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// The administrators' passwords of a leaky world.
const (
	sourceSecret = `S0urce "is" <&>'ü/+%41 \open`
	targetSecret = `T4rget:"ß"<b>&amp; +/\/w0rd`
)

// formsOf is a secret in every way in which a program may repeat it.
func formsOf(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	var java, entities, percent strings.Builder
	for _, r := range secret {
		fmt.Fprintf(&java, `\u%04X`, r)
		fmt.Fprintf(&entities, "&#x%x;", r)
	}
	for i := range len(secret) {
		fmt.Fprintf(&percent, "%%%02x", secret[i])
	}
	extended := strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")
	forms := map[string]string{
		"plain": secret, "RFC 5987": "UTF-8''" + extended, "query": url.QueryEscape(secret),
		"path": url.PathEscape(secret), "percent": percent.String(),
		"JSON": strings.Trim(string(quoted), `"`), "Go": strings.Trim(fmt.Sprintf("%q", secret), `"`),
		"JSON twice": strings.ReplaceAll(strings.ReplaceAll(secret, `\`, `\\\\`), `"`, `\\\"`),
		"Java":       java.String(), "HTML": html.EscapeString(secret), "entities": entities.String(),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for what, text := range map[string]string{"": secret, " of user:password": "openidm-admin:" + secret} {
		for name, alphabet := range map[string]*base64.Encoding{
			"base64": base64.StdEncoding, "base64 raw": base64.RawStdEncoding,
			"base64 URL": base64.URLEncoding, "base64 raw URL": base64.RawURLEncoding,
		} {
			forms[name+what] = alphabet.EncodeToString([]byte(text))
		}
	}
	return forms
}

// repeated has every form of both secrets in one text.
func repeated() string {
	var b strings.Builder
	for _, secret := range []string{sourceSecret, targetSecret} {
		for _, form := range formsOf(secret) {
			b.WriteString(form + " ; ")
		}
	}
	return b.String()
}

// leaky is an upgrade between two servers whose passwords are those above.
type leaky struct {
	u              *idconnect.Upgrade
	source, target *openidmtest.Server
	out            said
}

func newLeaky(t *testing.T) *leaky {
	t.Helper()
	l := &leaky{}
	dir := t.TempDir()
	l.source = openidmtest.NewSource(t, openidmtest.Options{Users: 3, AdminPassword: sourceSecret})
	must(t, l.source.WriteStores(dir))
	truststore := filepath.Join(dir, "truststore")
	l.target = openidmtest.NewTarget(t, openidmtest.Options{AdminPassword: targetSecret, Version: "7.1.0",
		Keystore: filepath.Join(dir, "keystore.jceks"), Truststore: truststore})
	l.u = &idconnect.Upgrade{
		Source: idconnect.Server{URL: l.source.URL, Truststore: truststore,
			Credentials: openidm.Credentials{Password: keystore.NewPassword(sourceSecret)}},
		Target: idconnect.Server{URL: l.target.URL, Truststore: truststore,
			Credentials: openidm.Credentials{Password: keystore.NewPassword(targetSecret)}},
		Steps: []string{idconnect.StepPrepare, idconnect.StepConfigure, idconnect.StepMigrate,
			idconnect.StepVerify},
		StateDir: filepath.Join(dir, "state"), SettleTime: 50 * time.Millisecond,
		Verify: verify.Options{Accept: acceptance.Codes()}, // there is nothing of Salesforce
	}
	l.u.Hurry(testHurry)
	l.u.Events = func(e idconnect.Event) { l.out.value(e); l.out.text(fmt.Sprintf("%+v", e)) }
	l.u.Logger = slog.New(slog.NewTextHandler(&l.out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return l
}

// certificateOf is what a server presents, with its key.
func certificateOf(t *testing.T, s *openidmtest.Server) tls.Certificate {
	t.Helper()
	entry, _ := s.Keystore().Entry("openidm-localhost")
	key, err := entry.PrivateKey(keystore.NewPassword("changeit"))
	must(t, err)
	chain, err := entry.Certificates()
	must(t, err)
	return tls.Certificate{Certificate: entry.RawCertificates(), PrivateKey: key, Leaf: chain[0]}
}

// raw is a TLS server that gives the bytes of each connection to serve.
func raw(t *testing.T, cert tls.Certificate, serve func(net.Conn)) (url string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	must(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://localhost:" + port + "/openidm/"
}

// answering answers every request with the same bytes.
func answering(answer string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, answer)
		}
	}
}

// said is everything that left, unescaped.
type said struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.text(string(p))
	return len(p), nil
}

func (s *said) text(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.WriteString(text + "\n" + html.UnescapeString(text) + "\n")
}

// value adds a value as JSON, and each text in it.
func (s *said) value(v any) {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return
	}
	s.text(raw.String())
	var decoded any
	if json.Unmarshal(raw.Bytes(), &decoded) == nil {
		s.text(fmt.Sprintf("%v", decoded))
	}
}

// error adds an error, and what a program may take out of it.
func (s *said) error(err error) {
	if err == nil {
		return
	}
	s.text(err.Error() + "\n" + idconnect.RemedyOf(err))
	s.text(fmt.Sprintf("%+v %#v", err, err))
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		s.text(inner.Error())
	}
	var answer *openidm.Error
	if errors.As(err, &answer) {
		s.value(answer)
	}
	var network *openidm.NetworkError
	if errors.As(err, &network) {
		s.text(fmt.Sprintf("%v %+v", network, network.Err))
	}
	var setup *idconnect.SetupError
	if errors.As(err, &setup) {
		s.text(fmt.Sprintf("%v", setup))
	}
	var failed *migration.FailedError
	if errors.As(err, &failed) {
		s.value(failed.Status)
	}
}

// everything does all that shows texts, and returns what was shown.
func (l *leaky) everything(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
	defer cancel()
	plan, err := l.u.Plan(ctx)
	l.out.error(err)
	l.out.value(plan)
	must(t, plan.WriteText(&l.out))
	status, err := l.u.Status(ctx)
	l.out.error(err)
	l.out.value(status)
	rep, err := l.u.Run(ctx)
	l.out.error(err)
	if rep != nil {
		l.out.value(rep)
		for _, text := range saved(t, rep) {
			l.out.text(text)
		}
	}
	compared, err := l.u.Compare(ctx)
	l.out.error(err)
	l.out.value(compared)
	for look, err := range l.u.Watch(ctx, testHurry) {
		l.out.error(err)
		l.out.value(look)
		break
	}
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	return l.out.b.String()
}

// holdsNone fails where a form of a secret was shown, and where nothing had to
// be hidden.
func holdsNone(t *testing.T, text string) {
	t.Helper()
	text = strings.ToLower(text) // as which words are shown
	for _, secret := range []string{sourceSecret, targetSecret} {
		for name, form := range formsOf(secret) {
			if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
				t.Errorf("the password %.6s… (%s) was shown: …%.300s…", secret, name, text[max(0, at-100):])
			}
		}
	}
	if !strings.Contains(text, "[redacted]") {
		t.Error("what repeats the passwords was not shown at all")
	}
}
