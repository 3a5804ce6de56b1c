package installation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// secretsFile names both stores in 7.x (H).
const secretsFile = "conf/secrets.json"

// secrets are the stores of conf/secrets.json, zero where it does not name them. Their values may be references.
type secrets struct{ keystore, truststore secretStore }

type secretStore struct {
	File     string `json:"file"`
	Type     string `json:"storetype"`
	Password string `json:"storePassword"`
}

func (s *secrets) parse(content []byte) error {
	var doc struct {
		Stores []struct {
			Name   string      `json:"name"`
			Config secretStore `json:"config"`
		} `json:"stores"`
	}
	// The errors of encoding/json may quote a value, which may be a password.
	if json.Unmarshal(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), &doc) != nil {
		return errors.New("not the JSON of a list of stores")
	}
	for _, store := range doc.Stores {
		switch store.Name {
		case "mainKeyStore":
			s.keystore = store.Config
		case "mainTrustStore":
			s.truststore = store.Config
		}
	}
	return nil
}

func (i *Installation) location(named, property, otherwise string) string {
	path := filepath.FromSlash(cmp.Or(i.resolve(named), i.or(property, otherwise)))
	if !filepath.IsAbs(path) {
		path = filepath.Join(i.Dir, path)
	}
	return filepath.Clean(path)
}

// KeystorePath is the file of the keystore, absolute.
func (i *Installation) KeystorePath() string {
	return i.location(i.secrets.keystore.File, "openidm.keystore.location", "security/keystore.jceks")
}

// TruststorePath is the file of the truststore, absolute.
func (i *Installation) TruststorePath() string {
	return i.location(i.secrets.truststore.File, "openidm.truststore.location", "security/truststore")
}

// SharesKeystore reports whether a server of 2.1 takes its keystore for its truststore: nothing names another, and
// there is none where 7.x has it.
func (i *Installation) SharesKeystore() bool {
	if i.or("openidm.truststore.location", i.secrets.truststore.File) != "" || i.BootFile == "" {
		return false
	}
	_, err := os.Lstat(i.TruststorePath())
	return errors.Is(err, fs.ErrNotExist)
}

// KeystoreType is the type of the keystore that the server is told, JCEKS unless the folder says otherwise.
func (i *Installation) KeystoreType() string {
	return cmp.Or(i.resolve(i.secrets.keystore.Type), i.or("openidm.keystore.type", string(keystore.JCEKS)))
}

// TruststoreType is the type of the truststore that the server is told, JKS unless the folder says otherwise.
func (i *Installation) TruststoreType() string {
	return cmp.Or(i.resolve(i.secrets.truststore.Type), i.or("openidm.truststore.type", string(keystore.JKS)))
}

// KeystorePassword is what conf/secrets.json says, else boot.properties, decoded; zero where neither says anything.
// CONSOLE, in any case, is [idmvalues.ErrConsole]. The error names the file and never the value.
func (i *Installation) KeystorePassword() (keystore.Password, error) {
	return i.password(i.secrets.keystore.Password, "openidm.keystore.password")
}

// TruststorePassword is that of the truststore, as [Installation.KeystorePassword] is that of the keystore, which
// stands in for it where nothing else is said.
func (i *Installation) TruststorePassword() (keystore.Password, error) {
	p, err := i.password(i.secrets.truststore.Password, "openidm.truststore.password")
	if err == nil && p.IsZero() {
		return i.KeystorePassword()
	}
	return p, err
}

func (i *Installation) password(named, property string) (keystore.Password, error) {
	what, file := property, i.BootFile
	text := i.or(property, "")
	if named != "" {
		what, file = "storePassword", filepath.Join(i.Dir, filepath.FromSlash(secretsFile))
		text = i.resolve(named)
	}
	if text == "" || isReference(text) {
		return keystore.Password{}, nil // only the server's own environment knows it
	}
	p, err := idmvalues.DecodePassword(text)
	if err != nil {
		return keystore.Password{}, fmt.Errorf("%s in %s: %w", what, file, err)
	}
	return p, nil
}

// isReference reports whether a text is a reference that could not be resolved.
func isReference(text string) bool {
	begin, end := reference(text)
	return strings.HasPrefix(text, "&{") && begin == 0 && end == len(text)
}
