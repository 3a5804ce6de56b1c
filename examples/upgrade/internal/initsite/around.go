package initsite

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
)

// around is what was found on this machine.
type around struct {
	source, target string // folders
	pack           string
}

// usualRoots are patterns of the folders that hold a salesforceIdConnect folder.
func usualRoots() []string {
	roots := []string{".", "*", "..", filepath.Join("..", "*")}
	if runtime.GOOS == "windows" {
		return append(roots, `C:\*`, `C:\Program Files\*`, `D:\*`)
	}
	return append(roots, "/opt", "/opt/*", "/usr/local/*", "/srv/*")
}

// lookAround looks for both installations, and the zip. What it finds is the
// default of a question, no more.
func (s *session) lookAround() {
	roots := s.Roots
	if roots == nil {
		roots = usualRoots()
	}
	for _, root := range roots {
		dirs, err := filepath.Glob(filepath.Join(root, "salesforceIdConnect"))
		if err != nil {
			continue
		}
		for _, dir := range dirs {
			f, err := idconnect.OpenFolder(dir)
			switch {
			case err != nil:
			case isNew(f) && s.found.target == "":
				s.found.target = f.Dir
			case !isNew(f) && s.found.source == "":
				s.found.source = f.Dir
			}
		}
	}
	places := []string{filepath.Dir(s.Path)}
	for _, dir := range []string{s.found.source, s.a.SourceDir, s.a.TargetDir} {
		if dir != "" {
			places = append(places, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir)))
		}
	}
	for _, place := range places {
		if s.found.pack == "" {
			s.found.pack = zipIn(place)
		}
	}
}

// isNew reports whether a folder is one of 7.x, which has its boot.properties in
// another place.
func isNew(f *idconnect.Folder) bool {
	return filepath.Base(filepath.Dir(f.BootFile)) == "resolver"
}

var zipName = regexp.MustCompile(`(?i)^(.*7\.1\.6.*|.*id(entity)?[-_ ]?connect.*7.*)\.zip$`)

// zipIn is the package in a folder, "" where there is none, or more than one.
func zipIn(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	found := ""
	for _, e := range entries {
		if e.Type().IsRegular() && zipName.MatchString(e.Name()) {
			if found != "" {
				return ""
			}
			found = filepath.Join(dir, e.Name())
		}
	}
	return found
}

// besides is where the target's folder would be: beside the source's.
func besides(source string) string {
	if source == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(filepath.Dir(source)), "idc716", "salesforceIdConnect")
}

// addressOf is the address of a server by its folder: a name of its certificate,
// and its port.
func addressOf(dir, otherwise string) string {
	f, err := idconnect.OpenFolder(dir)
	if err != nil {
		return otherwise
	}
	host, port := "localhost", f.HTTPSPort
	if i := slices.IndexFunc(f.CertificateNames, isHost); i >= 0 {
		host = f.CertificateNames[i]
	} else if isHost(f.Host) {
		host = f.Host
	}
	if port == 0 {
		return otherwise
	}
	return urlOf(host, strconv.Itoa(port))
}

func urlOf(host, port string) string { return "https://" + net.JoinHostPort(host, port) + "/openidm/" }

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func isHost(name string) bool { return len(name) <= 253 && hostName.MatchString(name) }

// certified reports whether a certificate in a source's keystore is for the host
// of an address, and the address with a name that it is for; "" if that is not
// known.
func certified(dir, address string) (ok bool, better string) {
	f, err := idconnect.OpenFolder(dir)
	if err != nil || len(f.CertificateNames) == 0 {
		return true, ""
	}
	host, port := hostPort(address)
	if slices.ContainsFunc(f.CertificateNames, func(n string) bool { return strings.EqualFold(n, host) }) {
		return true, ""
	}
	i := slices.IndexFunc(f.CertificateNames, isHost)
	if i < 0 {
		return true, ""
	}
	return false, urlOf(f.CertificateNames[i], port)
}
