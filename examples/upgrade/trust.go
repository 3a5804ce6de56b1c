package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/certfile"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// trustFlags are those of trust.
type trustFlags struct {
	file, passwordFile, host, chainFile, connect string
	save, alias, fingerprint                     string
	add, legacyTLS, json                         bool
}

func (t *trustFlags) define(f *flag.FlagSet) {
	f.StringVar(&t.file, "truststore", "", "truststore `file` of the JVM")
	f.StringVar(&t.passwordFile, "truststore-password-file", "", "`file` with the password of -truststore")
	f.StringVar(&t.host, "host", "",
		"`host` name or address that the JVM connects to (default: the host of -connect)")
	f.StringVar(&t.chainFile, "chain", "", "`file` with the server's certificate chain in PEM, leaf first, or in DER")
	f.StringVar(&t.connect, "connect", "", "`HOST:PORT` or URL of the server, to get its certificate chain")
	f.BoolVar(&t.legacyTLS, "legacy-tls", false, "allow TLS 1.0 and 1.1 with -connect, to get the certificate alone")
	f.StringVar(&t.save, "save-server", "", "write the server's own certificate to a new `file` in PEM")
	f.BoolVar(&t.add, "add", false,
		"put the server's own certificate into -truststore, and keep the old file beside it")
	f.StringVar(&t.fingerprint, "fingerprint", "", "SHA-256 `fingerprint` that the certificate must have, with -add")
	f.StringVar(&t.alias, "alias", "", "`alias` of the new entry, with -add (default: the host)")
	f.BoolVar(&t.json, "json", false, "print the result as JSON")
}

// trustAnswer is the output of trust.
type trustAnswer struct {
	Accepted *bool  `json:"accepted,omitempty"`
	Message  string `json:"message"`
	Remedy   string `json:"remedy"`

	Certificate *storeview.Certificate `json:"certificate,omitempty"`
	Saved       string                 `json:"saved,omitempty"`
	Added       string                 `json:"added,omitempty"`
	Backup      string                 `json:"backup,omitempty"`
}

func (a *app) trust(ctx context.Context, args []string) error {
	var t trustFlags
	f := a.flags("trust", "")
	t.define(f)
	if _, err := parse(f, args); err != nil {
		return err
	}
	switch {
	case (t.chainFile == "") == (t.connect == ""), t.file == "" && t.save == "":
		return usagef("trust needs -truststore and either -chain or -connect")
	case t.file == "" && t.add:
		return usagef("trust -add needs -truststore")
	case t.legacyTLS && t.connect == "":
		return usagef("-legacy-tls needs -connect")
	case t.fingerprint != "" && !t.add:
		return usagef("-fingerprint needs -add")
	}
	chain, err := t.chain(ctx)
	if err != nil {
		return err
	}
	var answer trustAnswer
	if t.save != "" || t.add {
		seen := storeview.CertificateOf(chain[0].Raw, time.Now())
		answer.Certificate = &seen
		if err := a.show(&t, seen); err != nil {
			return err
		}
	}
	if t.save != "" {
		if err := certfile.Write(t.save, chain[0]); err != nil {
			return err
		}
		answer.Saved = t.save
		a.say(&t, "saved: %s\ncompare both fingerprints with those that the server's own keystore shows there "+
			"(upgrade inspect STORE, or keytool -list -v) before you trust it\n", t.save)
	}
	if t.file != "" {
		password, err := a.password(t.passwordFile, "-truststore-password-file", "IDC_TRUSTSTORE_PASSWORD")
		if err != nil {
			return err
		}
		if t.add {
			if err := a.addTrust(ctx, &t, password, chain[0], &answer); err != nil {
				return err
			}
		}
		store, err := keystore.Open(t.file, password)
		if err != nil {
			return err
		}
		answer.judge(jvmtrust.New(store).Verify(t.host, chain))
	}
	if t.json {
		err = a.json(answer)
	} else if answer.Accepted != nil && *answer.Accepted {
		_, err = fmt.Fprintf(a.out, "accepted: %s\n", t.host)
	} else if answer.Accepted != nil {
		_, err = fmt.Fprintf(a.out, "refused: %s\nremedy: %s\n", text.Line(answer.Message), text.Line(answer.Remedy))
	}
	if err == nil && answer.Accepted != nil && !*answer.Accepted {
		return exitCode(exitFailed)
	}
	return err
}

// judge takes a verdict over.
func (t *trustAnswer) judge(err error) {
	accepted := err == nil
	t.Accepted = &accepted
	if err == nil {
		return
	}
	t.Message = err.Error()
	var verdict *jvmtrust.Error
	if errors.As(err, &verdict) {
		t.Message, t.Remedy = verdict.Message, fieldflags.Text(verdict.Remedy)
	}
}

// chain is the one of a file or of a server, whose host it sets.
func (t *trustFlags) chain(ctx context.Context) ([]*x509.Certificate, error) {
	if t.chainFile != "" {
		if t.host == "" && (t.file != "" || t.alias == "" && t.add) {
			return nil, usagef("trust -chain needs -host")
		}
		return certfile.Read(t.chainFile)
	}
	address, err := certfile.ServerURL(t.connect)
	if err != nil {
		return nil, usagef("-connect %s: %v", t.connect, err)
	}
	client := &openidm.Client{BaseURL: address, Compat: openidm.CompatSuites}
	if t.legacyTLS {
		client.Compat = openidm.CompatVersions
	}
	if t.host == "" {
		t.host = client.Host()
	}
	return client.PeerCertificates(ctx)
}

// say writes for people alone.
func (a *app) say(t *trustFlags, format string, args ...any) {
	if !t.json {
		fmt.Fprintf(a.out, format, args...)
	}
}

func (a *app) show(t *trustFlags, c storeview.Certificate) error {
	if t.json {
		return nil
	}
	if _, err := fmt.Fprintln(a.out, "the server's certificate"); err != nil {
		return err
	}
	return c.WriteText(a.out)
}

// addTrust adds a certificate that a fingerprint or a person vouches for.
func (a *app) addTrust(
	ctx context.Context, t *trustFlags, password keystore.Password, cert *x509.Certificate, answer *trustAnswer,
) error {
	if password.IsZero() {
		var err error
		password, err = a.tty.Password(ctx, "Password for "+t.file)
		if errors.Is(err, prompt.ErrNoTerminal) {
			return usagef("writing a truststore needs its password, and there is no terminal to prompt on: " +
				"set IDC_TRUSTSTORE_PASSWORD or use -truststore-password-file")
		}
		if err != nil {
			return err
		}
	}
	if t.fingerprint != "" {
		if err := certfile.Matches(t.fingerprint, cert); err != nil {
			return usagef("-fingerprint: %v", err)
		}
	} else if err := a.confirm(ctx); err != nil {
		return err
	}
	alias := t.alias
	if alias == "" {
		alias = strings.ToLower(t.host)
	}
	changes, err := certfile.Add(t.file, password, alias, cert)
	switch {
	case errors.Is(err, certfile.ErrThere):
		a.say(t, "not changed: %v\n", err)
		return nil
	case errors.Is(err, certfile.ErrTaken):
		return usagef("%v: choose another with -alias", err)
	case err != nil:
		return err
	}
	answer.Added, answer.Backup = alias, changes.Backup
	a.say(t, "added: %s to %s\nbackup: %s\n", text.Line(alias), t.file, changes.Backup)
	return nil
}

// confirm asks a person, who must have compared the fingerprint with the server's.
func (a *app) confirm(ctx context.Context) error {
	answer, err := a.tty.Line(ctx,
		"Is this SHA-256 fingerprint the one that the server itself shows? Type yes to add it")
	if errors.Is(err, prompt.ErrNoTerminal) {
		return usagef("there is no terminal to confirm on: compare the SHA-256 fingerprint with the server's, " +
			"and give it with -fingerprint")
	}
	if err != nil {
		return err
	}
	if answer != "yes" {
		return errors.New("not confirmed, nothing was changed")
	}
	return nil
}
