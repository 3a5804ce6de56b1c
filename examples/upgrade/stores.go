package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// storeView is the output of inspect. It holds fingerprints, never key bytes.
type storeView struct {
	Type     keystore.Format `json:"type"`
	Version  int             `json:"version"`
	Verified bool            `json:"verified"`
	Warnings []string        `json:"warnings,omitempty"`
	Entries  []entryView     `json:"entries"`
}

type entryView struct {
	Alias        string            `json:"alias"`
	Kind         keystore.Kind     `json:"kind"`
	Created      *int64            `json:"created"` // ms since 1970, null where the format has none
	Algorithm    string            `json:"algorithm,omitempty"`
	Fingerprint  string            `json:"fingerprint,omitempty"`
	Error        string            `json:"error,omitempty"`
	Certificates []certificateView `json:"certificates,omitempty"`
}

type certificateView struct {
	SHA256    string     `json:"sha256"`
	Subject   string     `json:"subject"`
	NotBefore *time.Time `json:"notBefore,omitempty"`
	NotAfter  *time.Time `json:"notAfter,omitempty"`
}

func (a *app) inspect(ctx context.Context, args []string) error {
	f := a.flags("inspect", "STORE")
	asJSON := f.Bool("json", false, "print the result as JSON")
	keys := f.Bool("keys", false, "open every key and show its SHA-256 (key bytes are never shown)")
	passwordFile := f.String("password-file", "", "`file` with the store's password")
	keyFiles := fileList(f, "key-password-file",
		"`file` with the password of keys that have their own; repeatable")
	names, err := parse(f, args, "STORE")
	if err != nil {
		return err
	}
	store, err := a.openStore(ctx, names[0], *passwordFile, "-password-file", *keyFiles, "-key-password-file", *keys)
	if err != nil {
		return err
	}
	view, failed := viewStore(ctx, store, *keys)
	if err := ctx.Err(); err != nil {
		return err
	}
	if *asJSON {
		err = a.json(view)
	} else {
		err = view.writeText(a.out)
	}
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s: cannot open %s", names[0], text.Plural(failed, "key"))
	}
	return nil
}

// fileList is a repeatable flag.
func fileList(f *flag.FlagSet, name, usage string) *[]string {
	var files []string
	f.Func(name, usage, func(file string) error {
		files = append(files, file)
		return nil
	})
	return &files
}

// openStore opens a store. Its password comes from file,
// IDC_KEYSTORE_PASSWORD or a prompt; keyFiles hold passwords of single keys.
// Without a password a store can still be listed, but keys cannot be opened.
func (a *app) openStore(
	ctx context.Context, path, file, flagName string, keyFiles []string, keyFlagName string, keys bool,
) (*keystore.Store, error) {
	var opts []keystore.Option
	for _, f := range keyFiles {
		p, err := a.password(f, keyFlagName, "")
		if err != nil {
			return nil, err
		}
		opts = append(opts, keystore.WithKeyPassword(p))
	}
	password, err := a.password(file, flagName, "IDC_KEYSTORE_PASSWORD")
	if err != nil {
		return nil, err
	}
	if password.IsZero() {
		password, err = a.tty.Password(ctx, "Password for "+path)
		if errors.Is(err, prompt.ErrNoTerminal) {
			if keys {
				return nil, usagef("opening keys needs a password, and there is no terminal to prompt on: "+
					"set IDC_KEYSTORE_PASSWORD or use %s", flagName)
			}
			err = nil
		}
		if err != nil {
			return nil, err
		}
	}
	return keystore.Open(path, password, opts...)
}

func viewStore(ctx context.Context, s *keystore.Store, keys bool) (view storeView, failed int) {
	view = storeView{Type: s.Format(), Version: s.Version(), Verified: s.Verified(), Entries: []entryView{}}
	view.Warnings = append(view.Warnings, s.Warnings()...)
	opened := map[string]keystore.OpenedKey{}
	if keys {
		for _, k := range s.OpenKeys(ctx, keystore.Password{}) {
			opened[k.Entry.Alias] = k
		}
	}
	for e := range s.Entries() {
		v := entryView{Alias: e.Alias, Kind: e.Kind, Algorithm: e.Algorithm()}
		if !e.Created.IsZero() {
			ms := e.Created.UnixMilli()
			v.Created = &ms
		}
		for _, der := range e.RawCertificates() {
			c := certificateView{
				SHA256: keystore.CertificateFingerprint(der), Subject: keystore.CertificateSubject(der),
			}
			if cert, err := x509.ParseCertificate(der); err == nil {
				c.NotBefore, c.NotAfter = &cert.NotBefore, &cert.NotAfter
			}
			v.Certificates = append(v.Certificates, c)
		}
		if k, ok := opened[e.Alias]; ok && e.Kind != keystore.TrustedCertificate {
			if k.Err != nil {
				v.Error = k.Err.Error()
				failed++
			} else {
				v.Algorithm, v.Fingerprint = k.Algorithm, fingerprint(k.Key)
			}
		}
		view.Entries = append(view.Entries, v)
	}
	return view, failed
}

func fingerprint(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

func (v storeView) writeText(w io.Writer) error {
	verified := "verified"
	switch {
	case !v.Verified && v.Type == keystore.PKCS12:
		verified = "not verified: the file has no integrity data"
	case !v.Verified:
		verified = "not verified: no password given"
	}
	fmt.Fprintf(w, "%s version %d, %d entries, %s\n", v.Type, v.Version, len(v.Entries), verified)
	for _, warning := range v.Warnings {
		fmt.Fprintf(w, "warning: %s\n", text.Line(warning))
	}
	if len(v.Entries) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\nALIAS\tKIND\tALGORITHM\tCREATED\tSUBJECT OR KEY")
	for _, e := range v.Entries {
		created, what := "unknown", ""
		if e.Created != nil {
			created = time.UnixMilli(*e.Created).UTC().Format("2006-01-02 15:04:05")
		}
		switch {
		case e.Error != "":
			what = "error: " + e.Error
		case len(e.Certificates) > 0:
			what = e.Certificates[0].Subject
		}
		if e.Fingerprint != "" {
			what = strings.TrimLeft(what+" sha256:"+e.Fingerprint, " ")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", text.Line(e.Alias), e.Kind, text.Line(e.Algorithm), created,
			text.Line(what))
	}
	return t.Flush()
}

const maxChain = 1 << 20

func (a *app) trust(ctx context.Context, args []string) error {
	f := a.flags("trust", "")
	file := f.String("truststore", "", "truststore `file` of the JVM")
	passwordFile := f.String("truststore-password-file", "", "`file` with the password of -truststore")
	host := f.String("host", "", "`host` name or address that the JVM connects to (default: the host of -connect)")
	chainFile := f.String("chain", "", "`PEM` file with the server's certificate chain, leaf first")
	connect := f.String("connect", "", "`URL` of the server, to get its certificate chain")
	asJSON := f.Bool("json", false, "print the result as JSON")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if *file == "" || (*chainFile == "") == (*connect == "") {
		return usagef("trust needs -truststore and either -chain or -connect")
	}
	password, err := a.password(*passwordFile, "-truststore-password-file", "IDC_TRUSTSTORE_PASSWORD")
	if err != nil {
		return err
	}
	store, err := keystore.Open(*file, password)
	if err != nil {
		return fmt.Errorf("%s: %w", *file, err)
	}
	var chain []*x509.Certificate
	if *chainFile != "" {
		if *host == "" {
			return usagef("trust -chain needs -host")
		}
		chain, err = readChain(*chainFile)
	} else {
		client := &openidm.Client{BaseURL: *connect, Compat: openidm.CompatSuites}
		if *host == "" {
			*host = client.Host()
		}
		chain, err = client.PeerCertificates(ctx)
	}
	if err != nil {
		return err
	}
	answer := struct {
		Accepted bool   `json:"accepted"`
		Message  string `json:"message"`
		Remedy   string `json:"remedy"`
	}{Accepted: true}
	if err := jvmtrust.New(store).Verify(*host, chain); err != nil {
		answer.Accepted, answer.Message = false, err.Error()
		var verdict *jvmtrust.Error
		if errors.As(err, &verdict) {
			answer.Message, answer.Remedy = verdict.Message, verdict.Remedy
		}
	}
	if *asJSON {
		err = a.json(answer)
	} else if answer.Accepted {
		_, err = fmt.Fprintf(a.out, "accepted: %s\n", *host)
	} else {
		_, err = fmt.Fprintf(a.out, "refused: %s\nremedy: %s\n", text.Line(answer.Message), text.Line(answer.Remedy))
	}
	if err == nil && !answer.Accepted {
		return exitCode(exitFailed)
	}
	return err
}

func readChain(path string) ([]*x509.Certificate, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxChain+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxChain {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxChain)
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := jvmtrust.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", path, len(chain)+1, err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: no PEM certificate found", path)
	}
	return chain, nil
}
