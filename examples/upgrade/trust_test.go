package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/certfile"
	"github.com/idconnect-go/upgrade/keystore"
)

// TestTrustAsks: a certificate of a server is added only once a person has typed yes, and the old truststore is kept.
// Nothing is sent to the server, whose address needs no path.
func TestTrustAsks(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request was sent")
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "truststore")
	old, err := os.ReadFile("../../keystore/testdata/fixtures/trust.jks")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, old, 0o640); err != nil {
		t.Fatal(err)
	}
	env := func(n string) string { return map[string]string{"IDC_TRUSTSTORE_PASSWORD": "changeit"}[n] }
	for _, step := range []struct {
		answer string
		code   int
		size   int
	}{{"y", exitFailed, 3}, {"", exitFailed, 3}, {"yes", exitDone, 4}} {
		var out, errs bytes.Buffer
		var asked []string
		a := &app{out: &out, err: &errs, tty: person{step.answer, &asked}, env: env}
		code := a.run(t.Context(), []string{"trust", "-add", "-alias", "source", "-truststore", file,
			"-connect", server.Listener.Addr().String()})
		if code != step.code || len(asked) != 1 || !strings.Contains(out.String(), "SHA-256: ") {
			t.Errorf("%q: exit %d, asked %q, %s%s", step.answer, code, asked, &out, &errs)
		}
		store, err := keystore.Open(file, keystore.NewPassword("changeit"))
		if err != nil || store.Len() != step.size {
			t.Errorf("%q: %v", step.answer, err)
		}
	}
	backups, err := filepath.Glob(file + ".backup-*")
	if err != nil || len(backups) != 1 {
		t.Fatalf("%q, %v", backups, err)
	}
	kept, err := os.ReadFile(backups[0])
	if err != nil || !bytes.Equal(kept, old) {
		t.Errorf("the old truststore was not kept: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o640 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	var out bytes.Buffer
	a := &app{out: &out, err: &out, tty: noTerminal{}, env: env}
	if code := a.run(t.Context(), []string{"trust", "-json", "-truststore", file, "-connect", server.URL}); code != 0 {
		t.Errorf("exit %d: %s", code, &out)
	}
	var answer trustAnswer
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Accepted == nil || !*answer.Accepted {
		t.Errorf("%v: %s", err, &out)
	}
}

// TestCertificateFiles: PEM of OpenSSL with what a certificate is trusted for behind it, and DER.
func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	der := server.Certificate().Raw
	aux := append(bytes.Clone(der), "\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"...)
	for name, content := range map[string][]byte{
		"DER":     der,
		"trusted": pem.EncodeToMemory(&pem.Block{Type: "TRUSTED CERTIFICATE", Bytes: aux}),
		"CRLF": bytes.ReplaceAll(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), []byte("\n"),
			[]byte("\r\n")),
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		chain, err := certfile.Read(path)
		if err != nil || len(chain) != 1 || !bytes.Equal(chain[0].Raw, der) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTrustLegacyTLS: the certificate of a server that has nothing newer than TLS 1.1 is had with -legacy-tls alone,
// and the remedy of a failure without it names flags.
func TestTrustLegacyTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
		CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "server.pem")
	var out bytes.Buffer
	a := &app{out: &out, err: &out, tty: noTerminal{}, env: func(string) string { return "" }}
	args := []string{"trust", "-connect", server.URL, "-save-server", file}
	if code := a.run(t.Context(), args); code != exitFailed ||
		!strings.Contains(out.String(), "(trust: -legacy-tls)") {
		t.Errorf("exit %d: %s", code, &out)
	}
	out.Reset()
	if code := a.run(t.Context(), append(args, "-legacy-tls")); code != exitDone {
		t.Errorf("exit %d: %s", code, &out)
	}
	if chain, err := certfile.Read(file); err != nil || !chain[0].Equal(server.Certificate()) {
		t.Errorf("%v, %v", chain, err)
	}
}
