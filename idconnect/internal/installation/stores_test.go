package installation

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// secretsOfSeven is what 7.x ships, shortened.
const secretsOfSeven = `{"stores": [
	{"name": "mainKeyStore", "config": {"storetype": "&{openidm.keystore.type|JCEKS}",
		"file": "&{openidm.keystore.location|&{idm.install.dir}/security/keystore.jceks}",
		"storePassword": "&{openidm.keystore.password|changeit}"}},
	{"name": "mainTrustStore", "config": {"storetype": "&{openidm.truststore.type|JKS}",
		"file": "&{openidm.truststore.location|&{idm.install.dir}/security/truststore}",
		"storePassword": "&{openidm.truststore.password|changeit}"}},
	{"name": "environment", "config": {"format": "BASE64"}}]}`

// TestSecrets: where conf/secrets.json names the stores, the server goes by it.
func TestSecrets(t *testing.T) {
	t.Parallel()
	file := func(old, with string) string { return strings.ReplaceAll(secretsOfSeven, old, with) }
	type says struct{ keystore, kind, truststore, keystorePassword, truststorePassword string }
	shipped := says{"security/keystore.jceks", "JCEKS", "security/truststore", "changeit", "changeit"}
	with := func(change func(*says)) says { s := shipped; change(&s); return s }
	for name, c := range map[string]struct {
		secrets, resolver, boot string
		want                    says
	}{
		"as shipped": {secretsOfSeven, "", "", shipped},
		"by resolver": {secretsOfSeven, "openidm.keystore.password=one\nopenidm.keystore.location=keys/a", "",
			with(func(s *says) { s.keystore, s.keystorePassword = "keys/a", "one" })},
		"resolver before conf/boot": {secretsOfSeven, "openidm.keystore.type=PKCS12", "openidm.keystore.password=old",
			with(func(s *says) { s.kind = "PKCS12" })},
		"other files than boot.properties says": {
			file("openidm.keystore.location", "my.keys"), "openidm.keystore.location=a\nmy.keys=b", "",
			with(func(s *says) { s.keystore = "b" })},
		"written out": {file("&{openidm.truststore.password|changeit}", "plain"), "openidm.truststore.password=x", "",
			with(func(s *says) { s.truststorePassword = "plain" })},
		"obfuscated": {file("&{openidm.keystore.password|changeit}", "CRYPT:6903a5eef8c04aa07163ea1248cab76a"), "", "",
			with(func(s *says) { s.keystorePassword = "a" })},
		"known to the server alone": {file("&{openidm.keystore.password|changeit}", "&{env.password}"), "", "",
			with(func(s *says) { s.keystorePassword = "" })},
		"stores of other names": {file("main", "other"), "", "openidm.keystore.password=a", says{
			"security/keystore.jceks", "JCEKS", "security/truststore", "a", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := installation(t, secretsFile, c.secrets)
			for name, content := range map[string]string{bootFiles[0]: c.resolver, bootFiles[1]: c.boot} {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if content == "" {
					continue
				}
				err := os.MkdirAll(filepath.Dir(path), 0o755)
				if err := errors.Join(err, os.WriteFile(path, []byte(content), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			inst, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			below := func(path string) string {
				rel, err := filepath.Rel(dir, path)
				if err != nil {
					t.Error(err)
				}
				return filepath.ToSlash(rel)
			}
			keys, err := inst.KeystorePassword()
			trust, err2 := inst.TruststorePassword()
			got := says{below(inst.KeystorePath()), inst.KeystoreType(), below(inst.TruststorePath()), keys.Reveal(),
				trust.Reveal()}
			if got != c.want || err != nil || err2 != nil {
				t.Errorf("%+v\nwant %+v; %v, %v", got, c.want, err, err2)
			}
		})
	}
}

// TestSecretsRefused: errors name the file, and no value.
func TestSecretsRefused(t *testing.T) {
	t.Parallel()
	broken := installation(t, secretsFile, `{"stores":[{"name":"mainKeyStore","config":{"storePassword":12345678}}]}`)
	var no *Error
	if _, err := Open(broken); !errors.As(err, &no) || filepath.Base(no.File) != "secrets.json" ||
		strings.Contains(err.Error(), "12345678") {
		t.Errorf("%v", err)
	}
	inst, err := Open(installation(t, secretsFile, strings.ReplaceAll(secretsOfSeven, "changeit", "console")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inst.KeystorePassword(); !errors.Is(err, idmvalues.ErrConsole) ||
		!strings.Contains(err.Error(), "secrets.json") {
		t.Errorf("%v", err)
	}
}

func TestDatabasePortOfSeven(t *testing.T) {
	t.Parallel()
	const name = "conf/datasource.jdbc-default.json"
	dir := installation(t, name,
		`{"jdbcUrl":"jdbc:postgresql://&{openidm.repo.host|localhost}:&{openidm.repo.port|5433}/openidm?x=y"}`)
	inst, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if port, file := inst.DatabasePort(); port != 5433 || file != filepath.Join(inst.Dir, filepath.FromSlash(name)) {
		t.Errorf("%d by %s", port, file)
	}
}
