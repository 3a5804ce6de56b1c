package idconnect_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// faultsOfTLS are servers that are up and to which no connection comes about, or an old one.
var faultsOfTLS = []catalogueRow{
	{"source with TLS 1.0 alone", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serveTLS(&tls.Config{Certificates: []tls.Certificate{w.own}, MinVersion: tls.VersionTLS10,
			MaxVersion: tls.VersionTLS10}, http.NotFoundHandler()))
	}},
	{"source with 3DES alone", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serveTLS(&tls.Config{Certificates: []tls.Certificate{w.own}, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}, http.NotFoundHandler()))
	}},
	{"target with TLS 1.0 alone", "TARGET-TLS", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
		w.u.Target.URL, _ = w.serveTLS(&tls.Config{Certificates: []tls.Certificate{w.own},
			MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, http.NotFoundHandler())
	}},
	{"source with TLS 1.0 alone, which is allowed", "SOURCE-TLS-OLD", warns, func(w *catalogueWorld) {
		w.sourceBehind(&tls.Config{Certificates: []tls.Certificate{w.own}, MinVersion: tls.VersionTLS10,
			MaxVersion: tls.VersionTLS11})
		w.u.Source.LegacyTLS = true
	}},
	{"source's certificate that Go cannot read", "SOURCE-CERT-UNREADABLE", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serveTLS(&tls.Config{Certificates: []tls.Certificate{unreadable(w)}, MaxVersion: tls.VersionTLS12},
			http.NotFoundHandler()))
	}},
	{"the same by TLS 1.3", "SOURCE-CERT-UNREADABLE", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serveTLS(&tls.Config{Certificates: []tls.Certificate{unreadable(w)}, MinVersion: tls.VersionTLS13},
			http.NotFoundHandler()))
	}},
	{"target's certificate that Go cannot read", "TARGET-CERT-UNREADABLE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
		w.u.Target.URL, _ = w.serveTLS(&tls.Config{Certificates: []tls.Certificate{unreadable(w)}},
			http.NotFoundHandler())
	}},
}

// serveTLS is a server with TLS of its own kind: httptest's own takes no certificate that Go cannot read.
func (w *catalogueWorld) serveTLS(config *tls.Config, h http.Handler) (address string, port int) {
	s := httptest.NewUnstartedServer(h)
	s.Listener = tls.NewListener(s.Listener, config)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	w.t.Cleanup(s.Close)
	port = s.Listener.Addr().(*net.TCPAddr).Port
	return localURL(port), port
}

// sourceBehind is a source behind a server with TLS of its own kind.
func (w *catalogueWorld) sourceBehind(config *tls.Config) {
	s := w.sourceIs(openidmtest.Options{})
	there, err := url.Parse(s.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: there.Host})
	proxy.Transport = s.Client().Transport
	w.sourceAt(w.serveTLS(config, proxy))
}

// unreadable is a certificate with a letter that a PrintableString may not have.
func unreadable(w *catalogueWorld) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idc-21"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{bytes.ReplaceAll(der, []byte("idc-21"), []byte("idc_21"))},
		PrivateKey: key}
}
