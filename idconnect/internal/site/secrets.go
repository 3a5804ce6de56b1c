package site

import (
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// secrets are what this run must not show: what it was given, and what it has
// learned, such as the passwords of boot.properties.
type secrets struct {
	mu      sync.Mutex
	learned []openidm.Secret
	hide    *redact.Redactor // nil: to be made anew
}

// learn adds a secret, and returns it.
func (s *Site) learn(p openidm.Secret) openidm.Secret {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	if s.isName(p) || slices.ContainsFunc(s.secrets.learned, p.Equal) {
		return p
	}
	s.secrets.learned, s.secrets.hide = append(s.secrets.learned, p), nil
	return p
}

// isName reports whether a secret is a user name: that stands in too many texts
// to be hidden.
func (s *Site) isName(p openidm.Secret) bool {
	text := p.Reveal()
	return text == s.Source.Credentials.Username || text == s.Target.Credentials.Username
}

// Passwords are those that were given, unknown ones among them.
func (s *Site) Passwords() []openidm.Secret {
	return []openidm.Secret{
		s.Source.Credentials.Password, s.Target.Credentials.Password, s.GivenPassword,
		s.Source.TruststorePassword, s.Target.TruststorePassword, s.StoresKey.Passphrase, s.StoresKey.Identities,
	}
}

// given are the secrets of the fields.
func (s *Site) given() (all []openidm.Secret) {
	for _, p := range s.Passwords() {
		if !s.isName(p) {
			all = append(all, p)
		}
	}
	for line := range strings.Lines(s.StoresKey.Identities.Reveal()) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, keystore.NewPassword(line))
		}
	}
	return all
}

// Hide takes the secrets of this run out of texts: it stands at the door through
// which they leave.
func (s *Site) Hide() redact.Redactor {
	s.secrets.mu.Lock()
	defer s.secrets.mu.Unlock()
	if s.secrets.hide == nil {
		source, target := s.Source.Credentials, s.Target.Credentials
		hide := redact.Join(redact.New(source.Username, source.Password), redact.New(target.Username, target.Password),
			redact.New("", s.given()...), redact.New("", s.secrets.learned...))
		s.secrets.hide = &hide
	}
	return *s.secrets.hide
}
