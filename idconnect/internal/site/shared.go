package site

import (
	"bytes"
	"errors"
	"sync"

	"github.com/idconnect-go/upgrade/keystore"
)

// fromKeystore is the truststore of a source that has none of its own: what its JVM trusts of the keystore, the first
// certificate of each entry, as a store of the type that the target expects. No key leaves the keystore.
func (s *Site) fromKeystore(keys StoreFile) StoreFile {
	return StoreFile{What: "truststore", Path: keys.Path, Type: string(keystore.JKS),
		read: sync.OnceValues(func() (content, error) {
			password, err := s.KeystorePassword()
			if err != nil {
				return content{}, err
			}
			if password.IsZero() {
				return content{}, errors.New("the keystore is the truststore, too, and its password is not known")
			}
			store, err := keys.Open(password)
			if err != nil {
				return content{}, err
			}
			trust := keystore.New(keystore.JKS)
			for e := range store.Entries() {
				certificates, err := e.Certificates()
				if err != nil {
					return content{}, err
				}
				if len(certificates) == 0 {
					continue
				}
				o := keystore.PutOptions{Created: e.Created}
				if err := trust.PutCertificate(e.Alias, certificates[0], o); err != nil {
					return content{}, err
				}
			}
			var b bytes.Buffer
			err = trust.Encode(&b, password)
			return content{bytes: b.Bytes(), info: keys.Info()}, err
		})}
}
