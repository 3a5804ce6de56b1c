package demo

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/idconnect-go/upgrade/keystore"
)

// setupScript prompts as the set-up script of 7.1.6 is assumed to, and starts the
// server.
const setupScript = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "Identity Connect 7.1.6 set-up (a demonstration)"
"$JAVA_HOME/bin/java" -version || exit 1
printf 'Data source: embedded Postgres. Press Enter to confirm: '
read -r answer
if [ -n "$answer" ]; then
	echo "another data source is not part of the demonstration"
	exit 1
fi
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
echo
trap '' HUP
printf '%s\n' "$password" | IDC_DEMO_SERVER_DIR=$PWD "$IDC_DEMO_PROGRAM" >logs/server.log 2>&1 &
echo "The server starts."
`

const setupBatch = "@echo off\r\n" +
	"cd /d \"%~dp0\"\r\n" +
	"echo Identity Connect 7.1.6 set-up (a demonstration)\r\n" +
	"set /p answer=Data source: embedded Postgres. Press Enter to confirm: \r\n" +
	"set /p password=Enter keystore password: \r\n" +
	"set IDC_DEMO_SERVER_DIR=%CD%\r\n" +
	"start \"\" /b cmd /d /c server.bat\r\n" +
	"echo The server starts.\r\n"

// serverBatch inherits the password from setupBatch, as a variable.
const serverBatch = "@echo off\r\n" +
	"echo %password%| \"%IDC_DEMO_PROGRAM%\" > logs\\server.log 2>&1\r\n"

func bootProperties(port string) string {
	return fmt.Sprintf(`# as OpenIDM keeps it
openidm.port.https=%s
openidm.keystore.type=JCEKS
openidm.keystore.location=security/keystore.jceks
openidm.keystore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0
openidm.truststore.type=JKS
openidm.truststore.location=security/truststore
openidm.truststore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0
openidm.https.keystore.cert.alias=openidm-localhost
openidm.config.crypto.alias=openidm-sym-default
`, port)
}

func writeBootProperties(dir, port string) error {
	conf := filepath.Join(dir, "conf", "boot")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(conf, "boot.properties"), []byte(bootProperties(port)), 0o644)
}

// writePackage writes a zip with the layout of the real package: one folder
// with the set-up script and empty stores.
func writePackage(path, port string) error {
	var empty [2]bytes.Buffer
	for i, format := range []keystore.Format{keystore.JCEKS, keystore.JKS} {
		if err := keystore.New(format).Encode(&empty[i], keystore.NewPassword(storePassword)); err != nil {
			return err
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, file := range []struct {
		name    string
		mode    fs.FileMode
		content []byte
	}{
		{"setup.sh", 0o755, []byte(setupScript)},
		{"setup.bat", 0o755, []byte(setupBatch)},
		{"server.bat", 0o755, []byte(serverBatch)},
		{"README.txt", 0o644, []byte("The shape of Identity Connect 7.1.6, for a demonstration.\n")},
		{"conf/boot/boot.properties", 0o644, []byte(bootProperties(port))},
		{"logs/.keep", 0o644, nil},
		{"security/keystore.jceks", 0o600, empty[0].Bytes()},
		{"security/truststore", 0o600, empty[1].Bytes()},
	} {
		header := &zip.FileHeader{Name: "salesforceIdConnect/" + file.name, Method: zip.Deflate}
		header.SetMode(file.mode)
		w, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write(file.content); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}

// writeJava writes a stand-in for Java 11, so that the demonstration needs
// only Go.
func writeJava(home string) error {
	bin := filepath.Join(home, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	const says = `openjdk version "11.0.25" 2024-10-15
OpenJDK Runtime Environment (a stand-in for the demonstration)
OpenJDK 64-Bit Server VM (a stand-in for the demonstration)`
	const release = "JAVA_VERSION=\"11.0.25\"\nOS_ARCH=\"x86_64\"\nIMPLEMENTOR=\"a stand-in for the demonstration\"\n"
	if err := os.WriteFile(filepath.Join(home, "release"), []byte(release), 0o644); err != nil {
		return err
	}
	if runtime.GOOS != "windows" {
		return os.WriteFile(filepath.Join(bin, "java"), []byte("#!/bin/sh\ncat >&2 <<'END'\n"+says+"\nEND\n"), 0o755)
	}
	// On Windows java.exe must be a program: use a copy of this one.
	program, err := os.Executable()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(bin, "java.exe.txt"), []byte(says), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bin, "java.exe"), content, 0o755)
}

// playJava returns what java -version prints, if this program runs as java.exe.
func playJava() (says []byte, ok bool) {
	if filepath.Base(os.Args[0]) != "java.exe" {
		return nil, false
	}
	program, err := os.Executable()
	if err != nil {
		return nil, false
	}
	says, err = os.ReadFile(program + ".txt")
	return says, err == nil
}
