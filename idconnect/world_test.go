package idconnect_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	testHost  = "idc21.example.com"
	testHurry = 10 * time.Millisecond
)

// world is a source, a package whose set-up script waits for a server, and the
// server that starts when the script was answered.
type world struct {
	u      *idconnect.Upgrade
	source *openidmtest.Server
	dir    string
	faults []openidmtest.Fault

	mu     sync.Mutex
	target *openidmtest.Server
}

const testSetup = `#!/bin/sh
printf 'Data source: embedded Postgres. Press Enter: '
read -r answer
stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = "changeit" ] || { echo "cannot open the keystore with $password"; exit 4; }
touch started
`

// testSetupBatch is the same for Windows.
const testSetupBatch = "@echo off\r\n" +
	"set /p answer=Data source: embedded Postgres. Press Enter: \r\n" +
	"set /p password=Enter keystore password: \r\n" +
	"if not \"%password%\"==\"changeit\" goto refused\r\n" +
	"echo.> started\r\n" +
	"exit /b 0\r\n" +
	":refused\r\n" +
	"echo cannot open the keystore with %password%\r\n" +
	"exit /b 4\r\n"

// testJava is what the Java of a world says of itself.
const testJava = `openjdk version "11.0.2" 64-Bit`

// javaHome makes the Java of a world: a script, and on Windows, where none goes by
// the name of java.exe, this program, see TestMain.
func javaHome(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "windows" {
		home := t.TempDir()
		must(t, os.Mkdir(filepath.Join(home, "bin"), 0o755))
		script := []byte("#!/bin/sh\necho '" + testJava + "' >&2\n")
		must(t, writeProgram(filepath.Join(home, "bin", "java"), script, 0o755))
		return home
	}
	// A run that is killed while it asks for the version leaves this running, under
	// wine for good at times, and what runs cannot be removed there: t.TempDir
	// would take that for a failure.
	home, err := os.MkdirTemp("", "jdk")
	must(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Logf("left behind: %v", err)
		}
	})
	program, err := os.Executable()
	must(t, err)
	content, err := os.ReadFile(program)
	must(t, err)
	must(t, os.Mkdir(filepath.Join(home, "bin"), 0o755))
	must(t, os.WriteFile(filepath.Join(home, "bin", "java.exe"), content, 0o755))
	return home
}

// writeProgram writes a file that may be run at once: a child that another test
// starts meanwhile would hold it open for writing, and nobody could run it
// (golang.org/issue/22315).
func writeProgram(path string, content []byte, mode fs.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, mode)
}

// testBoot is a boot.properties, whose two passwords are changeit.
const testBoot = "openidm.keystore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0\n" +
	"openidm.truststore.password=changeit\n"

func newWorld(t *testing.T, users int) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.source = openidmtest.NewSource(t, openidmtest.Options{
		Users: users, Roles: 3, Links: 7, Connector: true, CommonName: testHost,
	})
	idc21 := filepath.Join(w.dir, "idc21", "salesforceIdConnect")
	security := filepath.Join(idc21, "security")
	must(t, os.MkdirAll(security, 0o755))
	must(t, w.source.WriteStores(security))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := free.Addr().String()
	must(t, free.Close())
	_, port, _ := net.SplitHostPort(addr)
	must(t, os.MkdirAll(filepath.Join(idc21, "conf", "boot"), 0o755))
	must(t, os.WriteFile(filepath.Join(idc21, "conf", "boot", "boot.properties"), []byte(testBoot), 0o644))
	pack := filepath.Join(w.dir, "package.zip")
	writePackage(t, pack, map[string]string{
		"setup.sh": testSetup, "setup.bat": testSetupBatch, "conf/boot/boot.properties": testBoot,
		"security/README": "stores",
	})
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	w.u = &idconnect.Upgrade{
		SourceDir: idc21, TargetDir: filepath.Join(w.dir, "idc716", "salesforceIdConnect"), Package: pack,
		Source:      idconnect.Server{URL: w.source.URL(), Credentials: admin},
		Target:      idconnect.Server{URL: "https://localhost:" + port + "/openidm/", Credentials: admin},
		InstanceURL: fmt.Sprintf("https://%s:%d/openidm/", testHost, w.source.Port()),
		JavaHome:    javaHome(t), SettleTime: 300 * time.Millisecond,
		Checks: preflight.Options{InstanceAddress: "127.0.0.1"},
		Verify: verify.Options{Accept: acceptance.Codes()}, // there is nothing of Salesforce
	}
	w.u.Hurry(testHurry)
	t.Cleanup(w.serve(t, addr))
	return w
}

// serve starts the target when its set-up script was answered, with the stores
// that are in its folder then.
func (w *world) serve(t *testing.T, addr string) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if exists(filepath.Join(w.u.TargetDir, "started")) {
				w.startTarget(t, addr)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-done
		if w.target != nil {
			w.target.Close()
		}
	}
}

// disturb gives the target a fault, before it is started.
func (w *world) disturb(f openidmtest.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, f)
}

func (w *world) startTarget(t *testing.T, addr string) {
	w.mu.Lock()
	faults := w.faults
	w.mu.Unlock()
	security := filepath.Join(w.u.TargetDir, "security")
	s, err := openidmtest.Start(openidmtest.Options{
		Role: openidmtest.Target, Addr: addr, Hosts: map[string]string{testHost: "127.0.0.1"}, Faults: faults,
		Keystore: filepath.Join(security, "keystore.jceks"), Truststore: filepath.Join(security, "truststore"),
	})
	if err != nil {
		t.Errorf("starting the target: %v", err)
		return
	}
	w.mu.Lock()
	w.target = s
	w.mu.Unlock()
}

// running is the target once it answers; it may do so before the goroutine
// that started it has said so.
func (w *world) running(t *testing.T) *openidmtest.Server {
	t.Helper()
	for range 1000 {
		w.mu.Lock()
		s := w.target
		w.mu.Unlock()
		if s != nil {
			return s
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the target was not started")
	return nil
}

func (w *world) migrateRequests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	if w.target != nil {
		for _, r := range w.target.Requests() {
			if r.Action == "migrate" {
				n++
			}
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writePackage(t *testing.T, path string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		h := &zip.FileHeader{Name: "salesforceIdConnect/" + name, Method: zip.Deflate}
		h.SetMode(0o755)
		f, err := z.CreateHeader(h)
		must(t, err)
		_, err = f.Write([]byte(content))
		must(t, err)
	}
	must(t, z.Close())
	must(t, os.WriteFile(path, b.Bytes(), 0o644))
}

// editJournal changes what the runs of a world have written into the journal.
func (w *world) editJournal(t *testing.T, change func(map[string]any)) {
	t.Helper()
	path := filepath.Join(w.u.TargetDir+".upgrade", "journal.json")
	b, err := os.ReadFile(path)
	must(t, err)
	var j map[string]any
	must(t, json.Unmarshal(b, &j))
	change(j)
	j["version"] = 2 // which has no checksum
	delete(j, "checksum")
	b, err = json.Marshal(j)
	must(t, err)
	must(t, os.WriteFile(path, b, 0o600))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// tree is every file below a folder with its mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = info.Mode().String() + " " + string(b)
		return err
	}))
	return out
}
