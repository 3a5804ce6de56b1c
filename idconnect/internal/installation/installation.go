// Package installation reads what the folder of an OpenIDM server says: where its stores are, their passwords and
// aliases, its ports, its process. It changes nothing, starts nothing and opens no store. The names of the
// properties and the defaults are those of OpenIDM 3.x and 7.0.2, and those of conf/secrets.json were read in IDM
// 7.1.0 and 7.3.0 (H); that 7.1.6 has the same is assumed. Begin with [Open].
package installation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// Defaults of OpenIDM.
const (
	DefaultCertificateAlias = "openidm-localhost"
	DefaultCryptoAlias      = "openidm-sym-default"
)

// Error says why a folder cannot be used as an installation.
type Error struct {
	Dir string
	// File is the one in it that cannot be read, "" where the folder itself is not an installation.
	File string
	Err  error
}

func (e *Error) Error() string {
	if e.File != "" {
		return fmt.Sprintf("reading %s: %v", e.File, e.Err)
	}
	if e.Dir == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s is not a salesforceIdConnect folder: %v", e.Dir, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// IsNone reports whether the folder is none of an installation, and not one that cannot be read.
func (e *Error) IsNone() bool { return e.File == "" && !errors.Is(e.Err, fs.ErrPermission) }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	switch {
	case errors.Is(e.Err, fs.ErrPermission):
		return "run this as a user who may read it"
	case e.File != "":
		return "mend that file, or restore it from a backup"
	}
	return "name the folder salesforceIdConnect itself, which has a folder security in it"
}

// Installation is the folder of a server as it was when it was opened.
type Installation struct {
	// Dir is the folder salesforceIdConnect, absolute.
	Dir string
	// BootFile is the boot.properties that was read, "" where there is none and OpenIDM's defaults hold.
	BootFile   string
	properties map[string]string
	secrets    secrets
}

// bootFiles are where boot.properties may be, in the order in which they are looked for. The first is that of 7.x,
// and Identity Connect 7.1.x has this folder (H); the second that of 3.x and of 7.0.2, which have no resolver (H).
var bootFiles = []string{"resolver/boot.properties", "conf/boot/boot.properties", "conf/boot.properties"}

// Open reads the boot.properties of a folder, and its conf/secrets.json if it has one. It returns an [*Error] if the
// folder does not exist or does not look like an installation, and if one of the files cannot be read or has more than
// 1 MiB.
func Open(dir string) (*Installation, error) {
	if dir == "" {
		return nil, &Error{Err: errors.New("no folder was named")} // not the current one
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &Error{Dir: dir, Err: err}
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, &Error{Dir: dir, Err: err}
	}
	if !info.IsDir() {
		return nil, &Error{Dir: dir, Err: errors.New("not a folder")}
	}
	inst, err := Read(abs, func(name string, limit int64) ([]byte, error) {
		return disk.Read(filepath.Join(abs, filepath.FromSlash(name)), limit)
	})
	if err != nil || inst.BootFile != "" {
		return inst, err
	}
	if !Is(abs) {
		return nil, &Error{Dir: dir, Err: errors.New("it has neither a boot.properties nor a folder security")}
	}
	return inst, nil
}

// Read is [Open] of a folder that need not exist: read gives its files, by slash path, up to a limit in bytes.
func Read(dir string, read func(name string, limit int64) ([]byte, error)) (*Installation, error) {
	inst := &Installation{Dir: dir, properties: map[string]string{}}
	for _, name := range bootFiles {
		path, err := inst.readFile(name, read, func(content []byte) (err error) {
			inst.properties, err = parseProperties(content)
			return err
		})
		if err != nil {
			return nil, err
		}
		if path != "" {
			inst.BootFile = path
			break
		}
	}
	_, err := inst.readFile(secretsFile, read, inst.secrets.parse)
	if err != nil {
		return nil, err
	}
	return inst, nil
}

// readFile reads and parses a file of the folder, and returns its path, "" where there is none.
func (i *Installation) readFile(
	name string, read func(string, int64) ([]byte, error), parse func([]byte) error,
) (path string, err error) {
	content, err := read(name, maxProperties)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	path = filepath.Join(i.Dir, filepath.FromSlash(name))
	if err == nil {
		err = parse(content)
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err // the error below names the file
	}
	if err != nil {
		return "", &Error{Dir: i.Dir, File: path, Err: err}
	}
	return path, nil
}

// Is reports whether dir looks like a salesforceIdConnect folder: it has the folder with the stores, which the vendor's
// procedure names. "" is none.
func Is(dir string) bool {
	if dir == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(dir, "security"))
	return err == nil && info.IsDir()
}

// HTTPSPort is the port of the server, 0 where boot.properties does not say.
func (i *Installation) HTTPSPort() int {
	return i.Port("openidm.port.https")
}

// Port is the port that a property names, 0 where it names none.
func (i *Installation) Port(name string) int {
	text, _ := i.Property(name)
	return portNumber(text)
}

func portNumber(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > 65535 {
		return 0
	}
	return n
}

var jdbcPort = regexp.MustCompile(`^jdbc:postgresql://[^/?]*:(\d+)(?:[/?]|$)`)

// DatabasePort is the port of Postgres that the configuration names, and the file that does; 0 where it names none. The
// names are those of IDM 7; that 7.1.6 has the same is assumed.
func (i *Installation) DatabasePort() (port int, file string) {
	if port := i.Port("openidm.repo.port"); port > 0 {
		return port, i.BootFile
	}
	path := filepath.Join(i.Dir, "conf", "datasource.jdbc-default.json")
	b, err := disk.Read(path, maxProperties)
	if err != nil {
		return 0, ""
	}
	var source struct {
		JDBCURL string `json:"jdbcUrl"`
	}
	if json.Unmarshal(b, &source) != nil {
		return 0, ""
	}
	m := jdbcPort.FindStringSubmatch(i.resolve(source.JDBCURL))
	if m == nil {
		return 0, ""
	}
	return portNumber(m[1]), path
}

// CertificateAlias is the alias of the server's TLS certificate.
func (i *Installation) CertificateAlias() string {
	return i.or("openidm.https.keystore.cert.alias", DefaultCertificateAlias)
}

// CryptoAlias is the alias of the key that the server encrypts with.
func (i *Installation) CryptoAlias() string {
	return i.or("openidm.config.crypto.alias", DefaultCryptoAlias)
}

// Process is [Process] of its folder.
func (i *Installation) Process() (pid int, running bool) { return Process(i.Dir) }

// Process is the number in the server's PID file, 0 where there is no such file, and whether a process of that
// number runs. startup.sh writes its own number, and lives as long as the server. After a restart of the machine
// the number may be that of another program.
func Process(dir string) (pid int, running bool) {
	text, err := disk.Read(filepath.Join(dir, ".openidm.pid"), 64)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0, false
	}
	return pid, host.ProcessRuns(pid)
}

// Servers are the processes of the server of a folder: that of its PID file, and every Java and database that has the
// folder, as far as the system shows them.
func Servers(dir string) []host.Process {
	servers, _ := Holders(dir)
	return servers
}

// Holders are the [Servers] of a folder, and the other processes that have it.
func Holders(dir string) (servers, others []host.Process) {
	of := 0
	if pid, running := Process(dir); running {
		of = pid
		servers = append(servers, host.Process{PID: pid, How: "says " + filepath.Join(dir, ".openidm.pid")})
	}
	for _, p := range host.In(dir) {
		switch {
		case p.PID == of:
		case p.IsServer():
			servers = append(servers, p)
		default:
			others = append(others, p)
		}
	}
	return servers, others
}
