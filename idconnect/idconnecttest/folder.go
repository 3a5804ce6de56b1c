package idconnecttest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/executable"
	"github.com/idconnect-go/upgrade/keystore"
)

const (
	folder       = "salesforceIdConnect"
	answeredFile = "started" // in the target's folder
)

// setupScript asks what the script of 7.1.6 is assumed to ask.
const setupScript = `#!/bin/sh
printf 'Data source: embedded Postgres. Press Enter: '
read -r answer
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = 'PASSWORD' ] || { echo "the password does not open the keystore"; exit 4; }
: >'ANSWERED'
`

// setupBatch is the same for Windows.
const setupBatch = "@echo off\r\n" +
	"set /p answer=Data source: embedded Postgres. Press Enter: \r\n" +
	"set /p password=Enter keystore password: \r\n" +
	"if not \"%password%\"==\"PASSWORD\" goto refused\r\n" +
	"echo.> \"ANSWERED\"\r\n" +
	"exit /b 0\r\n" +
	":refused\r\n" +
	"echo the password does not open the keystore\r\n" +
	"exit /b 4\r\n"

// Package returns the files of the package that a site has unless it is given
// others: the set-up scripts of both systems, boot.properties and empty stores.
func (o Options) Package() (map[string]string, error) {
	o = o.resolve()
	password, answered := o.Source.Password.Reveal(), cmp.Or(o.Answered, answeredFile)
	if strings.ContainsAny(password+answered, "'\"%!^&|<>\r\n") {
		return nil, errors.New("making a fake package: a set-up script cannot hold the password or the path")
	}
	fill := strings.NewReplacer("PASSWORD", password, "ANSWERED", answered)
	files := map[string]string{
		"setup.sh": fill.Replace(setupScript), "setup.bat": fill.Replace(setupBatch),
		"conf/boot/boot.properties": "openidm.keystore.password=" + password + "\n" +
			"openidm.truststore.password=" + password + "\n",
	}
	for name, format := range map[string]keystore.Format{
		"security/keystore.jceks": keystore.JCEKS, "security/truststore": keystore.JKS,
	} {
		var empty bytes.Buffer
		if err := keystore.New(format).Encode(&empty, o.Source.Password); err != nil {
			return nil, fmt.Errorf("making a fake package: %w", err)
		}
		files[name] = empty.String()
	}
	return files, nil
}

// WritePackage writes o.Files as the zip file of 7.1.6 has them: in one folder,
// salesforceIdConnect.
func (o Options) WritePackage(path string) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		h := &zip.FileHeader{Name: folder + "/" + name, Method: zip.Deflate}
		h.SetMode(0o755)
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write([]byte(o.Files[name])); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// unpack writes the files of a package into a folder.
func unpack(dir string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := executable.Write(path, []byte(content), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// javaSays is what the stand-in for Java says of itself.
const javaSays = `openjdk version "11.0.25" 2024-10-15
OpenJDK Runtime Environment (a stand-in)
OpenJDK 64-Bit Server VM (a stand-in)
`

// writeJava makes a stand-in for Java 11, and returns its home. On Windows, where no
// script goes by the name of java.exe, it is a copy of this program in a folder of
// its own, to be removed: what runs cannot be, which a test's folder would take for
// a failure.
func writeJava(dir string) (home, remove string, err error) {
	home, name, content := filepath.Join(dir, "jdk-11"), "java", []byte("#!/bin/sh\ncat >&2 <<'END'\n"+javaSays+"END\n")
	if runtime.GOOS == "windows" {
		if home, err = os.MkdirTemp("", "jdk-11-"); err != nil {
			return "", "", err
		}
		remove, name = home, javaProgram
		program, err := os.Executable()
		if err == nil {
			content, err = os.ReadFile(program)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(home, javaMark), []byte(javaSays), 0o644)
		}
		if err != nil {
			return "", home, err
		}
	}
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o755); err != nil {
		return "", remove, err
	}
	return home, remove, executable.Write(filepath.Join(home, "bin", name), content, 0o755)
}

// On Windows the stand-in says what stands in a file of its home.
const (
	javaProgram = "java.exe"
	javaMark    = "stand-in.txt"
)

// init lets a copy of this program play Java, see writeJava.
func init() {
	program, err := os.Executable()
	if err != nil || filepath.Base(program) != javaProgram {
		return
	}
	if says, err := os.ReadFile(filepath.Join(filepath.Dir(program), "..", javaMark)); err == nil {
		os.Stderr.Write(says)
		os.Exit(0)
	}
}
