package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// makeTruststores writes n trusted certificates of about 800 bytes as JCEKS and
// as JKS. Each certificate is another: Java keeps a cache of what it parsed.
func makeTruststores(dir string, n int) (jceks, jks string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	mark := []byte("\x01serial\x00\x00\x00\x00")
	template := &x509.Certificate{
		SerialNumber:    new(big.Int).SetBytes(mark),
		Subject:         pkix.Name{CommonName: "certificate", Organization: []string{"bench"}},
		NotBefore:       time.Unix(1e9, 0),
		NotAfter:        time.Unix(4e9, 0),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 1}, Value: make([]byte, 430)}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	at := bytes.Index(der, mark)
	if at < 0 {
		return "", "", errors.New("the certificate has another serial number than it was given")
	}
	paths := map[keystore.Format]string{}
	for _, format := range []keystore.Format{keystore.JCEKS, keystore.JKS} {
		s := keystore.New(format)
		for i := range n {
			raw := bytes.Clone(der)
			binary.BigEndian.PutUint32(raw[at+len(mark)-4:], uint32(i))
			if err := s.PutCertificate(alias(i), &x509.Certificate{Raw: raw}, keystore.PutOptions{}); err != nil {
				return "", "", err
			}
		}
		paths[format] = filepath.Join(dir, "many."+string(format))
		if err := keystore.WriteFile(paths[format], s, keystore.NewPassword(password)); err != nil {
			return "", "", err
		}
	}
	return paths[keystore.JCEKS], paths[keystore.JKS], nil
}

func alias(i int) string { return fmt.Sprintf("certificate %06d", i) }
