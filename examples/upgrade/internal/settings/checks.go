package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/examples/internal/spelling"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
)

func mistake(what, hint string) error { return &command.Mistake{What: what, Hint: hint} }

// look says why a path cannot be looked at, once and without the path.
func look(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	var where *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, mistake("there is no such file or folder", beside(path))
	case errors.As(err, &where):
		return nil, mistake(where.Err.Error(), "")
	}
	return info, err
}

// beside names what a path of another spelling may have meant.
func beside(path string) string {
	dir, name := filepath.Split(filepath.Clean(path))
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil || len(entries) > 1000 {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if like := spelling.Near(name, names); like != nil {
		return "did you mean " + dir + like[0] + "?"
	}
	return ""
}

// Checks of a path. The latter two let pass what is not there yet.
var (
	isFolder, isFile = pathIs(true, true), pathIs(false, true)
	noFile, noFolder = pathIs(true, false), pathIs(false, false)
)

// pathIs checks that a path is a folder or a file, and perhaps that it is there.
func pathIs(folder, there bool) func(string) error {
	return func(path string) error {
		info, err := look(path)
		switch {
		case err != nil && there:
			return err
		case err != nil:
		case folder && !info.IsDir():
			return mistake("a file, not a folder", "")
		case !folder && info.IsDir():
			return mistake("a folder, not a file", "")
		}
		return nil
	}
}

// Traces says that there is neither a target's folder nor what an upgrade left beside
// it, which a rollback that was interrupted goes on with.
func (s *Settings) Traces(dir string) error {
	_, err := look(dir)
	if _, stateErr := os.Stat(s.StateDir()); err == nil || stateErr == nil {
		return nil
	}
	m := &command.Mistake{}
	errors.As(err, &m)
	return mistake("-target-dir "+dir+": "+m.What+", and no trace of an upgrade beside it", m.Hint)
}

// newFile lets a file pass whose folder is there.
func newFile(path string) error {
	if err := noFolder(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return mistake("there is no folder "+dir, beside(dir))
	}
	return nil
}

// isPackage lets a package be missing once it was unpacked.
func (s *Settings) isPackage(path string) error {
	if _, err := os.Stat(s.Upgrade.TargetDir); err == nil && s.Upgrade.TargetDir != "" {
		return noFolder(path)
	}
	return isFile(path)
}

// isURL says what is wrong with an address, without its text.
func isURL(s string) error {
	u, err := url.Parse(s)
	const example = "an address looks like https://idc21.example.com:8443/openidm/"
	switch {
	case err != nil:
		return mistake("not an address", example)
	case u.User != nil:
		return mistake("must not hold a user name or password",
			"leave them out of the address: the name has a flag, the password a file")
	case u.Scheme == "http" && u.Hostname() != "":
		return mistake("must begin with https://", "did you mean https://"+u.Host+u.Path+"?")
	case u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return mistake("must begin with https:// and name a host", example)
	case u.Port() != "" && isPortText(u.Port()) != nil:
		return isPortText(u.Port())
	}
	return nil
}

func areURLs(list string) error {
	for one := range strings.SplitSeq(list, ",") {
		if err := isURL(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	return nil
}

func isDial(s string) error {
	host, port, err := net.SplitHostPort(s)
	switch {
	case strings.Contains(s, "://"):
		return mistake("an address, not HOST:PORT", "write it without https:// and without a path")
	case err == nil:
		err = isPortText(port)
	case net.ParseIP(s) != nil || !strings.ContainsAny(s, ":/ "):
		host, err = s, nil
	default:
		err = mistake("neither HOST nor HOST:PORT", "write it as 192.0.2.7:8443")
	}
	if err == nil && (host == "" || strings.ContainsAny(host, "/ @")) {
		err = mistake("names no host", "write it as 192.0.2.7:8443")
	}
	return err
}

func isIP(s string) error {
	if _, err := netip.ParseAddr(s); err != nil {
		return mistake("not an IP address", "write it as 192.0.2.7; a name goes into the hosts file of the target")
	}
	return nil
}

func isRegexp(s string) error {
	if _, err := regexp.Compile(s); err != nil {
		return mistake("not a regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "),
			`put a backslash before ( ) [ ] * + ? . that are meant as they are`)
	}
	return nil
}

func isPortText(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 65535 {
		return mistake("a port is between 1 and 65535", "")
	}
	return nil
}

// isPort lets a negative one pass, which is not checked.
func isPort(s string) error {
	if n, err := strconv.Atoi(s); err == nil && n < 0 {
		return nil
	}
	return isPortText(s)
}

func notNegative(s string) error {
	if strings.HasPrefix(s, "-") {
		return mistake("must not be negative", "")
	}
	return nil
}

func positive(s string) error {
	if d, err := time.ParseDuration(s); err == nil && d <= 0 {
		return mistake("must be positive", "write a duration as 500ms, 5s or 1m")
	}
	return nil
}

func between(least, most int) func(string) error {
	return func(s string) error {
		if n, err := strconv.Atoi(s); err == nil && (n < least || n > most) {
			return mistake(fmt.Sprintf("must be between %d and %d", least, most), "")
		}
		return nil
	}
}

func upTo(most int) func(string) error { return between(0, most) }

func isRecipient(s string) error {
	if _, err := age.ParseRecipients(strings.NewReader(s)); err != nil {
		return mistake("not a public key of age", "age-keygen makes one, which begins with age1")
	}
	return nil
}
