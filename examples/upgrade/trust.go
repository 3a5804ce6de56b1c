package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/certfile"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

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

func (a *app) trust(ctx context.Context, v *call) error {
	t := &v.Trust
	if err := checkTrust(t); err != nil {
		return err
	}
	chain, err := chainOf(ctx, t)
	if err != nil {
		return err
	}
	var answer trustAnswer
	if t.Save != "" || t.Add {
		seen := storeview.CertificateOf(chain[0].Raw, time.Now())
		answer.Certificate = &seen
		a.say(v, "the server's certificate\n")
		if !v.JSON {
			if err := seen.WriteText(a.out); err != nil {
				return err
			}
		}
	}
	if t.Save != "" {
		if err := certfile.Write(t.Save, chain[0]); err != nil {
			return err
		}
		answer.Saved = t.Save
		a.say(v, "saved: %s\ncompare both fingerprints with those that the server's own keystore shows there "+
			"(%s inspect STORE, or keytool -list -v) before you trust it\n", t.Save, a.name())
	}
	if t.File != "" {
		password, err := settings.Password(a.env, t.PasswordFile, "-truststore-password-file",
			"IDC_TRUSTSTORE_PASSWORD")
		if err != nil {
			return err
		}
		if t.Add {
			if err := a.addTrust(ctx, v, password, chain[0], &answer); err != nil {
				return err
			}
		}
		store, err := keystore.Open(t.File, password)
		if err != nil {
			return err
		}
		answer.judge(jvmtrust.New(store).Verify(t.Host, chain))
	}
	if v.JSON {
		err = a.json(answer)
	} else if answer.Accepted != nil && *answer.Accepted {
		_, err = fmt.Fprintf(a.out, "accepted: %s\n", t.Host)
	} else if answer.Accepted != nil {
		_, err = fmt.Fprintf(a.out, "refused: %s\nremedy: %s\n", text.Line(answer.Message), text.Line(answer.Remedy))
	}
	if err == nil && answer.Accepted != nil && !*answer.Accepted {
		return exitCode(exitFailed)
	}
	return err
}

// checkTrust says what is missing, and what contradicts.
func checkTrust(t *settings.Trust) error {
	var errs []error
	add := func(wrong bool, what, hint string) {
		if wrong {
			errs = append(errs, &command.Mistake{What: what, Hint: hint})
		}
	}
	add(t.File == "" && t.Add, "trust -add needs -truststore", "add -truststore FILE")
	add(t.File == "" && t.Save == "" && !t.Add, "trust needs -truststore", "add -truststore FILE")
	add(t.ChainFile == "" && t.Connect == "", "trust needs either -chain or -connect",
		"add -connect HOST:PORT or -chain FILE")
	add(t.ChainFile != "" && t.Connect != "", "-chain and -connect are two servers", "give one of them")
	add(t.LegacyTLS && t.Connect == "", "-legacy-tls needs -connect", "add -connect HOST:PORT")
	add(t.Fingerprint != "" && !t.Add, "-fingerprint needs -add", "add -add, or leave -fingerprint out")
	add(t.Alias != "" && !t.Add, "-alias needs -add", "add -add, or leave -alias out")
	add(t.ChainFile != "" && t.Host == "" && (t.File != "" || t.Alias == "" && t.Add), "trust -chain needs -host",
		"add -host NAME, as which the JVM connects to the server")
	if t.Connect != "" {
		_, err := certfile.ServerURL(t.Connect)
		add(err != nil, fmt.Sprintf("-connect: %v", err), "write it as idc21.example.com:8443")
	}
	return command.Join(errs...)
}

// judge takes a verdict over.
func (t *trustAnswer) judge(err error) {
	accepted := err == nil
	t.Accepted = &accepted
	var verdict *jvmtrust.Error
	if err != nil {
		t.Message = err.Error()
	}
	if errors.As(err, &verdict) {
		t.Message, t.Remedy = verdict.Message, fieldflags.Text(verdict.Remedy)
	}
}

// chainOf is the one of a file or of a server, whose host it sets.
func chainOf(ctx context.Context, t *settings.Trust) ([]*x509.Certificate, error) {
	if t.ChainFile != "" {
		return certfile.Read(t.ChainFile)
	}
	address, err := certfile.ServerURL(t.Connect)
	if err != nil {
		return nil, usagef("-connect: %v", err)
	}
	client := &openidm.Client{BaseURL: address, Compat: openidm.CompatSuites}
	if t.LegacyTLS {
		client.Compat = openidm.CompatVersions
	}
	if t.Host == "" {
		t.Host = client.Host()
	}
	return client.PeerCertificates(ctx)
}

// say writes for people alone.
func (a *app) say(v *call, format string, args ...any) {
	if !v.JSON {
		fmt.Fprintf(a.out, format, args...)
	}
}

// addTrust adds a certificate that a fingerprint or a person vouches for.
func (a *app) addTrust(
	ctx context.Context, v *call, password keystore.Password, cert *x509.Certificate, answer *trustAnswer,
) error {
	t := &v.Trust
	if password.IsZero() {
		var err error
		password, err = a.tty.Password(ctx, "Password for "+t.File)
		if errors.Is(err, prompt.ErrNoTerminal) {
			return &command.Mistake{
				What: "writing a truststore needs its password, and there is no terminal to prompt on",
				Hint: "set IDC_TRUSTSTORE_PASSWORD, or add -truststore-password-file FILE"}
		}
		if err != nil {
			return err
		}
	}
	if t.Fingerprint != "" {
		if err := certfile.Matches(t.Fingerprint, cert); err != nil {
			return usagef("-fingerprint: %v", err)
		}
	} else if err := a.confirmFingerprint(ctx); err != nil {
		return err
	}
	alias := t.Alias
	if alias == "" {
		alias = strings.ToLower(t.Host)
	}
	changes, err := certfile.Add(t.File, password, alias, cert)
	switch {
	case errors.Is(err, certfile.ErrThere):
		a.say(v, "not changed: %v\n", err)
		return nil
	case errors.Is(err, certfile.ErrTaken):
		return &command.Mistake{What: err.Error(), Hint: "choose another with -alias"}
	case err != nil:
		return err
	}
	answer.Added, answer.Backup = alias, changes.Backup
	a.say(v, "added: %s to %s\nbackup: %s\n", text.Line(alias), t.File, changes.Backup)
	return nil
}

// confirmFingerprint asks a person, who must have compared the fingerprint with the server's.
func (a *app) confirmFingerprint(ctx context.Context) error {
	answer, err := a.tty.Line(ctx,
		"Is this SHA-256 fingerprint the one that the server itself shows? Type yes to add it")
	if errors.Is(err, prompt.ErrNoTerminal) {
		return &command.Mistake{What: "there is no terminal to confirm on",
			Hint: "compare the SHA-256 fingerprint with the server's, and add -fingerprint SHA256"}
	}
	if err == nil && answer != "yes" {
		err = errDeclined
	}
	return err
}
