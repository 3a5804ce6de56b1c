package idconnect_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/executable"
	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	catalogueKey      = "the-consumer-key"
	catalogueJava     = `openjdk version "11.0.2" 2024-01-01` + "\n64-Bit"
	catalogueMappings = `{"_id":"sync","mappings":[{"name":"managedUser_systemSalesforceUser",
		"source":"managed/user","target":"system/salesforce/User",
		"properties":[{"source":"sn","target":"LastName"},{"target":"ProfileId","default":"00e000000000001"}]}]}`
)

// catalogueBase is what the rows of the catalogue share: a source without
// fault, its files, another server's files, and a stand-in for Salesforce.
type catalogueBase struct {
	dir        string
	source     *openidmtest.Server
	other      *openidmtest.Server // with stores of its own
	own        tls.Certificate     // the source's
	salesforce *httptest.Server
	password   keystore.Password
}

// catalogueWorld is a copy of its own for one row.
type catalogueWorld struct {
	*catalogueBase
	t *testing.T
	// dir holds all that may be changed.
	dir string
	u   *idconnect.Upgrade
	// servers that the row started, whose requests are looked at.
	servers []*openidmtest.Server
}

func (b *catalogueBase) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

func newCatalogueBase(t *testing.T) *catalogueBase {
	t.Helper()
	b := &catalogueBase{dir: t.TempDir(), password: keystore.NewPassword("changeit")}
	b.source = openidmtest.NewSource(t, openidmtest.Options{
		Users: 20, CommonName: testHost, Faults: withMappings(), // without info/version, as 3.1 is
	})
	b.other = openidmtest.NewTarget(t, openidmtest.Options{Version: "7.1.0"})
	for name, s := range map[string]*openidmtest.Server{"source": b.source, "other": b.other} {
		must(t, os.MkdirAll(b.path(name), 0o755))
		must(t, s.WriteStores(b.path(name)))
	}
	entry, _ := b.source.Keystore().Entry("openidm-localhost")
	key, err := entry.PrivateKey(b.password)
	must(t, err)
	b.own = tls.Certificate{Certificate: entry.RawCertificates(), PrivateKey: key}
	writePackage(t, b.path("package.zip"), cataloguePackage())
	b.salesforce = httptest.NewTLSServer(http.HandlerFunc(authorize))
	t.Cleanup(b.salesforce.Close)
	return b
}

var catalogueCallbacks = []string{
	"https://idc21.example.com:8443/connect/", "https://idc716.example.com:9443/connect/",
}

// authorize answers as Salesforce does, which knows one consumer key and its callback URLs.
func authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case r.URL.Path != "/services/oauth2/authorize" || q.Get("response_type") != "code":
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
	case q.Get("client_id") != catalogueKey:
		http.Error(w, "error=invalid_client_id&error_description=client%20identifier%20invalid", http.StatusBadRequest)
	case !slices.Contains(catalogueCallbacks, q.Get("redirect_uri")):
		w.Header().Set("Location", "/setup/secur/RemoteAccessErrorPage.apexp?error=redirect_uri_mismatch"+
			"&error_description=redirect_uri%20must%20match%20configuration")
		w.WriteHeader(http.StatusFound)
	default:
		w.Header().Set("Location", "/login?startURL=x")
		w.WriteHeader(http.StatusFound)
	}
}

func cataloguePackage() map[string]string {
	return map[string]string{
		"setup.sh": testSetup, "setup.bat": "rem", "security/README": "stores",
		"bundle/openidm-system-7.1.0.jar": "jar", "bundle/openidm-util-7.1.0.jar": "jar",
		"conf/boot/boot.properties": testBoot,
	}
}

// withMappings lets a source have what the real one has and the fake does not:
// a mapping that gives profiles. More documents come by id.
func withMappings(more ...string) []openidmtest.Fault {
	get := func(path, body string) openidmtest.Fault {
		f := at(path, answer(200, body))
		f.Method = "GET"
		return f
	}
	faults := []openidmtest.Fault{get("config/sync", catalogueMappings)}
	if len(more) > 0 {
		list := []map[string]string{{"_id": "sync"}}
		for i := 0; i < len(more); i += 2 {
			list = append(list, map[string]string{"_id": more[i]})
			faults = append(faults, get("config/"+more[i], more[i+1]))
		}
		text, _ := json.Marshal(map[string]any{"_id": "", "configurations": list})
		faults = append(faults, get("config", string(text)))
	}
	return faults
}

func localURL(port int) string { return fmt.Sprintf("https://localhost:%d/openidm/", port) }

// freePort is a port on which nobody listens until the test ends.
func freePort(t *testing.T) int {
	t.Helper()
	addr, release, err := port.Reserve("127.0.0.1:0")
	must(t, err)
	t.Cleanup(release)
	_, text, err := net.SplitHostPort(addr)
	must(t, err)
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// listenPort is a port on which another program listens.
func listenPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (b *catalogueBase) world(t *testing.T) *catalogueWorld {
	t.Helper()
	w := &catalogueWorld{catalogueBase: b, t: t, dir: t.TempDir()}
	idc21 := filepath.Join(w.dir, "idc21", "salesforceIdConnect")
	w.copyStores("source", filepath.Join(idc21, "security"))
	w.write(filepath.Join(idc21, "conf", "boot", "boot.properties"), testBoot, 0o644)
	content, err := os.ReadFile(b.path("package.zip"))
	must(t, err)
	pack := filepath.Join(w.dir, "IdentityConnect-7.1.6.zip")
	w.write(pack, string(content), 0o644)
	w.java("jdk", catalogueJava)
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	w.u = &idconnect.Upgrade{
		SourceDir: idc21, TargetDir: filepath.Join(w.dir, "idc716", "salesforceIdConnect"), Package: pack,
		Source:      idconnect.Server{URL: b.source.URL, Credentials: admin},
		Target:      idconnect.Server{URL: localURL(freePort(t)), Credentials: admin},
		InstanceURL: fmt.Sprintf("https://%s:%d/openidm/", testHost, b.source.Port()),
		JavaHome:    filepath.Join(w.dir, "jdk"),
		Checks: preflight.Options{
			InstanceAddress: "127.0.0.1", DatabasePort: freePort(t), DiskReserve: 1, ConsumerKey: catalogueKey,
			AuthorizeURL: b.salesforce.URL + "/services/oauth2/authorize", HTTPClient: b.salesforce.Client(),
			CallbackURLs: slices.Clone(catalogueCallbacks),
		},
	}
	w.u.OnMachine(nil, 1000)
	w.u.Hurry(1)
	return w
}

func (w *catalogueWorld) write(path, content string, mode fs.FileMode) {
	w.t.Helper()
	must(w.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(w.t, executable.Write(path, []byte(content), mode))
	must(w.t, os.Chmod(path, mode))
}

func (w *catalogueWorld) copyStores(of, to string) {
	w.t.Helper()
	for _, name := range []string{"keystore.jceks", "truststore"} {
		b, err := os.ReadFile(w.path(of, name))
		must(w.t, err)
		w.write(filepath.Join(to, name), string(b), 0o600)
	}
}

// java writes a stand-in that says something, and returns its folder.
func (w *catalogueWorld) java(name, says string) string {
	home := filepath.Join(w.dir, name)
	w.write(filepath.Join(home, "bin", "java"), "#!/bin/sh\ncat >&2 <<'END'\n"+says+"\nEND\n", 0o755)
	return home
}

func (w *catalogueWorld) sourceFile(name string) string {
	return filepath.Join(w.u.SourceDir, "security", name)
}

func (w *catalogueWorld) targetFile(name string) string {
	return filepath.Join(w.u.TargetDir, filepath.FromSlash(name))
}

// unpacked is the target's folder as the package makes it.
func (w *catalogueWorld) unpacked() {
	for name, content := range cataloguePackage() {
		w.write(w.targetFile(name), content, 0o755)
	}
}

// storesCopied is the target's folder with the source's stores.
func (w *catalogueWorld) storesCopied() {
	w.unpacked()
	w.copyStores("source", filepath.Join(w.u.TargetDir, "security"))
}

// editStore changes one of the source's stores.
func (w *catalogueWorld) editStore(name string, change func(*keystore.Store)) {
	w.t.Helper()
	s, err := keystore.Open(w.sourceFile(name), w.password)
	must(w.t, err)
	change(s)
	must(w.t, keystore.WriteFile(w.sourceFile(name), s, w.password))
}

// sourceIs puts a server of its own in the place of the shared source, with
// the same stores.
func (w *catalogueWorld) sourceIs(o openidmtest.Options) *openidmtest.Server {
	w.t.Helper()
	o.Keystore, o.Truststore = w.path("source", "keystore.jceks"), w.path("source", "truststore")
	if o.Faults == nil {
		o.Faults = withMappings()
	}
	s := openidmtest.NewSource(w.t, o)
	w.sourceAt(s.URL, s.Port())
	w.servers = append(w.servers, s)
	return s
}

// sourceFails is sourceIs with faults.
func (w *catalogueWorld) sourceFails(faults ...openidmtest.Fault) {
	w.t.Helper()
	w.sourceIs(openidmtest.Options{Faults: faults})
}

func (w *catalogueWorld) sourceAt(url string, port int) {
	w.u.Source.URL = url
	w.u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, port)
}

// targetIs starts a target with the source's stores, on which the last two
// steps are to be made.
func (w *catalogueWorld) targetIs(o openidmtest.Options) *openidmtest.Server {
	w.t.Helper()
	o.Keystore, o.Truststore = w.path("source", "keystore.jceks"), w.path("source", "truststore")
	if o.Version == "" {
		o.Version = "7.1.0"
	}
	s := openidmtest.NewTarget(w.t, o)
	w.u.Target.URL = s.URL
	w.storesCopied()
	w.u.Steps = []string{idconnect.StepMigrate, idconnect.StepVerify}
	w.servers = append(w.servers, s)
	return s
}

// targetFails is targetIs with faults.
func (w *catalogueWorld) targetFails(faults ...openidmtest.Fault) {
	w.t.Helper()
	w.targetIs(openidmtest.Options{Faults: faults})
}

// serve is another program with the source's certificate.
func (w *catalogueWorld) serve(h http.HandlerFunc) (url string, port int) {
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{w.own}}
	s.StartTLS()
	w.t.Cleanup(s.Close)
	port = s.Listener.Addr().(*net.TCPAddr).Port
	return localURL(port), port
}

func (w *catalogueWorld) packageWith(change func(map[string]string)) {
	files := maps.Clone(cataloguePackage())
	change(files)
	writePackage(w.t, w.u.Package, files)
}

// boot adds lines to a boot.properties.
func (w *catalogueWorld) boot(dir string, lines string) {
	w.write(filepath.Join(dir, "conf", "boot", "boot.properties"), testBoot+lines, 0o644)
}

// picture is all of the world: names, kinds, modes, times and contents.
func (w *catalogueWorld) picture() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	must(w.t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().IsRegular() {
			if content, err = os.ReadFile(path); err != nil && !os.IsPermission(err) {
				return err
			}
		}
		sum := fmt.Sprintf("%x", content)
		if len(content) > 64 {
			last := bytes.TrimRight(content[len(content)-32:], "\x00")
			sum = fmt.Sprintf("%d bytes, %x…%x", len(content), content[:16], last)
		}
		out[path] = fmt.Sprintf("%s %s %s", info.Mode(), info.ModTime(), sum)
		return nil
	}))
	return out
}
