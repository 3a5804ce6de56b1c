package idconnect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
)

// InstallationError says why a folder is not an installation.
type InstallationError struct {
	Dir string
	Err error
}

func (e *InstallationError) Error() string {
	return fmt.Sprintf("%s is not a salesforceIdConnect folder: %v", e.Dir, e.Err)
}

func (e *InstallationError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *InstallationError) Remedy() string {
	return "name the folder salesforceIdConnect itself, which has a folder security in it"
}

// Installation is the folder of an OpenIDM server, read and never changed.
type Installation struct {
	// Dir is the folder salesforceIdConnect, absolute.
	Dir string
	// BootFile is the boot.properties that was read, "" where there is none
	// and the defaults of OpenIDM hold.
	BootFile   string
	properties map[string]string
}

// bootFiles are where boot.properties may lie: the first is that of 3.x and
// 7.0.2, the second that of ForgeRock's 7.x (assumed for 7.1.6).
var bootFiles = []string{"conf/boot/boot.properties", "resolver/boot.properties", "conf/boot.properties"}

// OpenInstallation reads what a folder says about its server. A folder that
// does not look like one is an [*InstallationError].
func OpenInstallation(dir string) (*Installation, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &InstallationError{dir, err}
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, &InstallationError{dir, err}
	}
	if !info.IsDir() {
		return nil, &InstallationError{dir, errors.New("it is a file")}
	}
	inst := &Installation{Dir: abs, properties: map[string]string{}}
	for _, name := range bootFiles {
		path := filepath.Join(abs, filepath.FromSlash(name))
		p, err := readProperties(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		inst.BootFile, inst.properties = path, p
		return inst, nil
	}
	if !isInstallation(abs) {
		return nil, &InstallationError{dir, errors.New("it has neither a boot.properties nor a folder security")}
	}
	return inst, nil
}

// Property is a value of boot.properties, with the folder put in for
// &{launcher.install.location} and the like.
func (i *Installation) Property(name string) (string, bool) {
	v, ok := i.properties[name]
	return i.substitute(v, 0), ok
}

func (i *Installation) or(name, otherwise string) string {
	if v, ok := i.Property(name); ok && v != "" {
		return v
	}
	return otherwise
}

// substitute replaces &{name} and ${name}: OpenIDM's names for its folder, and
// other properties.
func (i *Installation) substitute(s string, depth int) string {
	if depth > 8 {
		return s
	}
	for _, open := range []string{"&{", "${"} {
		for from := 0; ; {
			at := strings.Index(s[from:], open)
			if at < 0 {
				break
			}
			at += from
			end := strings.IndexByte(s[at:], '}')
			if end < 0 {
				break
			}
			name := s[at+2 : at+end]
			value, ok := i.properties[name]
			switch name {
			case "launcher.install.location", "launcher.project.location", "launcher.working.location",
				"idm.install.dir", "idm.instance.dir", "idm.data.dir", "openidm.home", "user.dir":
				value, ok = i.Dir, true
			}
			if !ok {
				from = at + end
				continue
			}
			value = i.substitute(value, depth+1)
			s = s[:at] + value + s[at+end+1:]
			from = at + len(value)
		}
	}
	return s
}

func (i *Installation) location(name, otherwise string) string {
	path := filepath.FromSlash(i.or(name, otherwise))
	if !filepath.IsAbs(path) {
		path = filepath.Join(i.Dir, path)
	}
	return filepath.Clean(path)
}

// KeystorePath is the file of the keystore, absolute.
func (i *Installation) KeystorePath() string {
	return i.location("openidm.keystore.location", "security/keystore.jceks")
}

// TruststorePath is the file of the truststore, absolute.
func (i *Installation) TruststorePath() string {
	return i.location("openidm.truststore.location", "security/truststore")
}

// KeystorePassword is what boot.properties says; zero where it says nothing.
// CONSOLE is keystore.ErrConsolePassword.
func (i *Installation) KeystorePassword() (keystore.Password, error) {
	return i.password("openidm.keystore.password")
}

// TruststorePassword is as KeystorePassword.
func (i *Installation) TruststorePassword() (keystore.Password, error) {
	return i.password("openidm.truststore.password")
}

func (i *Installation) password(name string) (keystore.Password, error) {
	text, ok := i.Property(name)
	if !ok {
		return keystore.Password{}, nil
	}
	p, err := keystore.DecodeBootPassword(text)
	if err != nil {
		return keystore.Password{}, fmt.Errorf("%s in %s: %w", name, i.BootFile, err)
	}
	return p, nil
}

// HTTPSPort is the port of the server, 0 where boot.properties does not say.
func (i *Installation) HTTPSPort() int {
	n, err := strconv.Atoi(i.or("openidm.port.https", ""))
	if err != nil || n < 1 || n > 65535 {
		return 0
	}
	return n
}

// CertificateAlias is the alias of the server's TLS certificate.
func (i *Installation) CertificateAlias() string {
	return i.or("openidm.https.keystore.cert.alias", "openidm-localhost")
}

// CryptoAlias is the alias of the key that the server encrypts with.
func (i *Installation) CryptoAlias() string {
	return i.or("openidm.config.crypto.alias", "openidm-sym-default")
}

// Process is the process that the server's pid file names, and whether it
// runs. startup.sh writes its own, which lives as long as the server.
func (i *Installation) Process() (pid int, running bool) {
	text, err := os.ReadFile(filepath.Join(i.Dir, ".openidm.pid"))
	if err != nil || len(text) > 64 {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0, false
	}
	return pid, processRuns(pid)
}
