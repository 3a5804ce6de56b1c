package idconnect_test

import (
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"

	"filippo.io/age"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

var faultsOfStores = []catalogueRow{
	{"source's folder is none", "SOURCE-FOLDER", blocks, func(w *catalogueWorld) {
		w.u.KeystorePassword = w.password
		w.u.SourceDir = filepath.Join(w.dir, "jdk")
	}},
	{"handover file cut off", "HANDOVER-UNREADABLE", blocks, func(w *catalogueWorld) {
		w.carried()
		must(w.t, os.Truncate(w.u.StoresFile, 900))
	}},
	{"handover file of another source", "HANDOVER-OTHER-SOURCE", warns, func(w *catalogueWorld) {
		w.u.Source.URL = "https://another.example.com:8443/openidm/"
		w.carried()
		w.u.Source.URL = w.source.URL
	}},
	{"keystore missing", "STORE-MISSING", blocks, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("keystore.jceks")))
	}},
	{"truststore missing", "STORE-MISSING", blocks, func(w *catalogueWorld) {
		w.boot(w.u.SourceDir, "openidm.truststore.location=security/truststore\n") // else the keystore stands in for it
		must(w.t, os.Remove(w.sourceFile("truststore")))
	}},
	{"keystore that cannot be read", "STORE-UNREADABLE", blocks, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("keystore.jceks")))
		must(w.t, os.Mkdir(w.sourceFile("keystore.jceks"), 0o755))
	}},
	{"keystore that everybody can read", "STORE-READABLE", warns, func(w *catalogueWorld) {
		must(w.t, os.Chmod(w.sourceFile("keystore.jceks"), 0o644))
	}},
	{"wrong password of the keystore", "STORE-PASSWORD", blocks, func(w *catalogueWorld) {
		w.u.KeystorePassword = keystore.NewPassword("hush-hush")
	}},
	{"wrong password of the truststore", "STORE-PASSWORD", blocks, func(w *catalogueWorld) {
		w.u.Source.TruststorePassword = keystore.NewPassword("hush-hush")
	}},
	{"keystore cut off", "STORE-CORRUPT", blocks, func(w *catalogueWorld) {
		must(w.t, os.Truncate(w.sourceFile("keystore.jceks"), 1000))
	}},
	{"keystore with a wrong bit", "STORE-CORRUPT", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("keystore.jceks"))
		must(w.t, err)
		b[len(b)-1] ^= 1
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PKCS#12 as JCEKS", "STORE-DISGUISED", blocks, func(w *catalogueWorld) {
		cert, err := x509.ParseCertificate(w.own.Certificate[0])
		must(w.t, err)
		b, err := pkcs12.Modern.Encode(w.own.PrivateKey, cert, nil, "changeit")
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PEM as a truststore", "STORE-DISGUISED", blocks, func(w *catalogueWorld) {
		w.write(w.sourceFile("truststore"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 0o600)
	}},
	{"PKCS#12 with an Ed25519 key", "STORE-NOT-READ", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile("../keystore/testdata/openssl/ed.p12")
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
		w.boot(w.u.SourceDir, "openidm.keystore.type=PKCS12\n")
	}},
	{"Base64 of a keystore", "STORE-DISGUISED", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("keystore.jceks"))
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), base64.StdEncoding.EncodeToString(b), 0o600)
	}},
	{"keystore that became a text", "STORE-CORRUPT", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("keystore.jceks"))
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), string([]rune(string(b))), 0o600)
	}},
	{"JKS as JCEKS", "STORE-DISGUISED", warns, func(w *catalogueWorld) {
		w.boot(w.u.SourceDir, "openidm.truststore.type=JCEKS\n")
	}},
	{"truststore without a password", "STORE-UNVERIFIED", warns, func(w *catalogueWorld) {
		boot := filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties")
		w.write(boot, "", 0o644) // nor that of the keystore, which would stand in for it
		w.u.KeystorePassword = w.password
	}},
	{"truststore with something behind it", "STORE-ODD", warns, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b)+"more", 0o600)
	}},
	{"truststore with a certificate that Java refuses", "STORE-NOT-LOADED", blocks, func(w *catalogueWorld) {
		w.editStore("truststore", func(s *keystore.Store) {
			must(w.t, s.PutCertificate("cut", &x509.Certificate{Raw: w.own.Certificate[0][:100]},
				keystore.PutOptions{}))
		})
	}},
	{"key of the server missing", "STORE-ALIAS-MISSING", blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) { s.Delete("openidm-sym-default") })
	}},
	{"key under another password", "STORE-KEY-DOES-NOT-OPEN", blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) {
			o := keystore.PutOptions{Password: keystore.NewPassword("another"), Iterations: 100}
			must(w.t, s.PutSecretKey("another", "AES", make([]byte, 16), o))
		})
	}},
	{"subject of another host", "STORE-SUBJECT", warns, func(w *catalogueWorld) { w.u.InstanceURL = w.u.Source.URL }},
	{"keystore of another server", "VALUE-DOES-NOT-OPEN", blocks, func(w *catalogueWorld) {
		w.copyStores("other", filepath.Join(w.u.SourceDir, "security"))
		w.u.Source.HTTPClient = w.source.Client()
	}},
	{"records that cannot be read", "VALUES-NOT-CHECKED", warns, func(w *catalogueWorld) {
		denied := answer(403, `{"code":403,"message":"Access denied"}`)
		w.sourceFails(append(withMappings(), at("repo/managed/user", denied))...)
	}},
}

// carried lets the stores come from a file of export.
func (w *catalogueWorld) carried() {
	w.t.Helper()
	identity, err := age.GenerateX25519Identity() // quicker than a passphrase
	must(w.t, err)
	key := idconnect.HandoverKey{Recipients: []string{identity.Recipient().String()}}
	path := filepath.Join(w.dir, "stores.age")
	must(w.t, w.u.Export(w.t.Context(), path, key))
	key.Identities = keystore.NewPassword(identity.String())
	w.u.StoresFile, w.u.StoresKey, w.u.KeystorePassword = path, key, w.password
	w.u.SourceDir = ""
}
