package idconnect

import (
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
)

// Folder is what the salesforceIdConnect folder of a server says of it. The server
// is not asked.
type Folder struct {
	// Dir is the folder, absolute.
	Dir string
	// BootFile is its boot.properties, "" where there is none.
	BootFile string
	// HTTPSPort and Host are those of boot.properties, 0 and "" where it does not
	// say. Host is seldom more than localhost.
	HTTPSPort int
	Host      string
	// CertificateNames are the host names that the server's certificate is valid
	// for, without those that hold a *; nil where its keystore does not say.
	CertificateNames []string
	// KeystorePassword reports whether boot.properties has the keystore's password.
	KeystorePassword bool
}

// OpenFolder reads a folder: boot.properties, and the certificate in its keystore.
// It returns an error if the folder does not look like an installation, or if its
// configuration cannot be read.
func OpenFolder(dir string) (*Folder, error) {
	inst, err := installation.Open(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: inst.Dir, BootFile: inst.BootFile, HTTPSPort: inst.HTTPSPort()}
	f.Host, _ = inst.Property("openidm.host")
	s := &site.Site{SourceDir: dir}
	password, err := s.KeystorePassword()
	f.KeystorePassword = err == nil && !password.IsZero()
	stores, _ := s.SourceStores()
	if c := stores.OwnCertificate(); c != nil {
		f.CertificateNames = site.CertificateNames(c)
	}
	return f, nil
}
