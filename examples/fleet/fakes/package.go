package fakes

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/keystore"
)

// setup asks what the script of 7.1.6 is assumed to ask, and says by a file of
// the installation's name that it was answered.
const setup = `#!/bin/sh
printf 'Data source: embedded Postgres. Press Enter: '
read -r answer
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = "` + StorePassword + `" ] || { echo "the password does not open the keystore"; exit 4; }
: >"SPOOL/$(basename "$(dirname "$(dirname "$PWD")")")"
`

// boot gives the passwords in plain, as it may.
const boot = "openidm.keystore.password=" + StorePassword + "\nopenidm.truststore.password=" + StorePassword + "\n"

func writeBoot(dir string) error {
	conf := filepath.Join(dir, "conf", "boot")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(conf, "boot.properties"), []byte(boot), 0o600)
}

func (w *World) writePackage() error {
	var empty [2]bytes.Buffer
	for i, format := range []keystore.Format{keystore.JCEKS, keystore.JKS} {
		if err := keystore.New(format).Encode(&empty[i], keystore.NewPassword(StorePassword)); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, file := range []struct {
		name    string
		content []byte
	}{
		{"setup.sh", bytes.ReplaceAll([]byte(setup), []byte("SPOOL"), []byte(w.spool()))},
		{"conf/boot/boot.properties", []byte(boot)},
		{"security/keystore.jceks", empty[0].Bytes()},
		{"security/truststore", empty[1].Bytes()},
	} {
		h := &zip.FileHeader{Name: "salesforceIdConnect/" + file.name, Method: zip.Deflate}
		h.SetMode(0o755)
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(file.content); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(w.path("package.zip"), b.Bytes(), 0o644)
}
