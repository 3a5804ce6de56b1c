package idconnect_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	testHost  = "idc21.example.com"
	testHurry = 10 * time.Millisecond
)

// world is a site whose package is that of the tests.
type world struct {
	*idconnecttest.Site
	u      *idconnect.Upgrade
	source *openidmtest.Server
	dir    string
}

// testSetup and testSetupBatch are the set-up scripts of both systems.
var testSetup, testSetupBatch = func() (sh, bat string) {
	files, err := idconnecttest.Options{}.Package()
	if err != nil {
		panic(err)
	}
	return files["setup.sh"], files["setup.bat"]
}()

// testBoot is a boot.properties, whose two passwords are changeit.
const testBoot = "openidm.keystore.password=OBF:1vn21ugu1saj1v9i1v941sar1ugw1vo0\n" +
	"openidm.truststore.password=changeit\n"

func newWorld(t *testing.T, users int) *world {
	t.Helper()
	w := newSite(idconnecttest.NewSite(t, idconnecttest.Options{
		Source: openidmtest.Options{Users: users, Roles: 3, Links: 7, Connector: true, ECDSA: true},
		Files: map[string]string{"setup.sh": testSetup, "setup.bat": testSetupBatch,
			"conf/boot/boot.properties": testBoot, "security/README": "stores"},
	}))
	w.u.Hurry(testHurry)
	w.u.SettleTime = 300 * time.Millisecond
	boot := filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties")
	must(t, os.WriteFile(boot, []byte(testBoot), 0o644))
	return w
}

func newSite(s *idconnecttest.Site) *world {
	return &world{Site: s, u: s.Upgrade, source: s.Source(), dir: s.Dir}
}

// running is the target, which must have been started.
func (w *world) running(t *testing.T) *openidmtest.Server {
	t.Helper()
	s := w.Target()
	if s == nil {
		t.Fatal("the target was not started")
	}
	return s
}

// shut closes a server. Nobody else gets its port until the test ends.
func shut(t *testing.T, s *openidmtest.Server) {
	t.Helper()
	s.Close()
	_, release, err := port.Reserve(fmt.Sprintf("127.0.0.1:%d", s.Port()))
	must(t, err)
	t.Cleanup(release)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writePackage(t *testing.T, path string, files map[string]string) {
	t.Helper()
	must(t, idconnecttest.Options{Files: files}.WritePackage(path))
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

// everything visits all that is in a folder, and the folder: the content of a link is where it leads.
func everything(t *testing.T, dir string, visit func(path string, info fs.FileInfo, content []byte)) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		switch {
		case info.Mode().IsRegular():
			content, err = os.ReadFile(path)
		case info.Mode()&fs.ModeSymlink != 0:
			var to string
			to, err = os.Readlink(path)
			content = []byte(to)
		}
		if err == nil {
			visit(path, info, content)
		}
		return err
	}))
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
