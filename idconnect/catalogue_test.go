package idconnect_test

import (
	"archive/zip"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type catalogueRow struct {
	name, code string
	severity   preflight.Severity
	fault      func(*catalogueWorld)
}

const (
	blocks = preflight.Blocks
	warns  = preflight.Warns
)

func answer(status int, body string) openidmtest.Fault {
	return openidmtest.Fault{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

func at(path string, f openidmtest.Fault) openidmtest.Fault {
	f.Path = path
	return f
}

const notAdmin = `{"authenticationId":"jdoe","authorization":{"id":"jdoe","roles":["openidm-authorized"]}}`

var faultsOfServers = []catalogueRow{
	{"source down", "SOURCE-UNREACHABLE", blocks, func(w *catalogueWorld) {
		port := freePort(w.t)
		w.sourceAt(fmt.Sprintf("https://localhost:%d/openidm/", port), port)
	}},
	{"source starts", "SOURCE-STARTING", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{}).SetState(openidmtest.NotReady)
	}},
	{"source's web server alone is up", "SOURCE-STARTING", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Startup: openidmtest.Startup{HTML: time.Hour}})
	}},
	{"another program at the source's address", "SOURCE-NOT-OPENIDM", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serve(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<h1>It works</h1>") }))
	}},
	{"source with another certificate", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.other.URL(), w.other.Port())
	}},
	{"truststore to trust by is no store", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.u.Source.Truststore = w.u.Package
	}},
	{"wrong password at the source", "SOURCE-PASSWORD", blocks, func(w *catalogueWorld) {
		w.u.Source.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the source fails", "SOURCE-LOGIN-FAILED", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(500, `{"code":500,"reason":"Internal Server Error","message":"x"}`))}})
	}},
	{"no administrator of the source", "SOURCE-ROLE", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: append(withMappings(), at("info/login", answer(200, notAdmin)))})
	}},
	{"target down", "TARGET-UNREACHABLE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
	}},
	{"target starts", "TARGET-STARTING", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{}).SetState(openidmtest.NotReady)
	}},
	{"another program at the target's address", "TARGET-NOT-OPENIDM", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
		w.u.Target.URL, _ = w.serve(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, `["hello"]`) })
	}},
	{"target with another certificate", "TARGET-TLS", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{})
		w.u.Target.URL = w.other.URL()
	}},
	{"wrong password at the target", "TARGET-PASSWORD", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{})
		w.u.Target.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the target fails", "TARGET-LOGIN-FAILED", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(500, `{"code":500,"message":"x"}`))}})
	}},
	{"no administrator of the target", "TARGET-ROLE", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(200, notAdmin))}})
	}},
	{"target of version 7.0", "TARGET-VERSION", warns, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Version: "7.0.2"})
	}},
	{"target of version 6.5", "TARGET-VERSION", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Version: "6.5.0"})
	}},
	{"target started before the stores were copied", "TARGET-STARTED-TOO-EARLY", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		w.u.Target.URL = w.other.URL()
	}},
	{"target was started once", "TARGET-STARTED-TOO-EARLY", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		w.write(w.targetFile("felix-cache/bundle0/bundle.id"), "0", 0o644)
	}},
	{"one address for both", "TARGET-IS-SOURCE", blocks, func(w *catalogueWorld) { w.u.Target.URL = w.u.Source.URL }},
	{"two names of one server", "TARGET-IS-SOURCE", blocks, func(w *catalogueWorld) {
		w.u.Target.URL = strings.Replace(w.u.Source.URL, "localhost", "127.0.0.1", 1)
	}},
	{"one folder for both, by a link", "TARGET-IS-SOURCE", blocks, func(w *catalogueWorld) {
		must(w.t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
		must(w.t, os.Symlink(w.u.SourceDir, w.u.TargetDir))
	}},
	{"source and target exchanged", "SERVERS-SWAPPED", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Version: "7.1.0"})
		w.targetIs(openidmtest.Options{Version: "3.1.0"})
	}},
	{"source's clock", "CLOCK-DIFFERENCE", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Clock: 10 * time.Minute})
	}},
	{"target's clock", "CLOCK-DIFFERENCE", warns, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Clock: -10 * time.Minute})
	}},
	{"another run", "RUN-IN-PROGRESS", blocks, func(w *catalogueWorld) {
		path := filepath.Join(w.u.TargetDir+".upgrade", "lock")
		w.write(path, "", 0o600)
		l := flock.New(path)
		if got, err := l.TryLock(); err != nil || !got {
			w.t.Fatal(got, err)
		}
		w.t.Cleanup(func() { l.Close() })
	}},
	{"source hangs", "CHECK-TIMED-OUT", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{{Path: "info/ping", Effect: openidmtest.Hang}}})
		w.u.Checks.Timeout = 300 * time.Millisecond
	}},
	{"Salesforce hangs", "CHECK-TIMED-OUT", warns, func(w *catalogueWorld) {
		release := make(chan struct{})
		s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		w.t.Cleanup(func() { close(release); s.Close() })
		w.u.Checks.AuthorizeURL, w.u.Checks.HTTPClient = s.URL, s.Client()
		w.u.Checks.Timeout = 2 * time.Second
	}},
	{"instance URL without its path", "INSTANCE-URL", warns, func(w *catalogueWorld) {
		w.u.InstanceURL = strings.TrimSuffix(w.u.InstanceURL, "openidm/")
	}},
	{"host that does not resolve", "INSTANCE-URL-UNRESOLVED", warns, func(w *catalogueWorld) {
		// A label of more than 63 characters: no resolver need be asked.
		w.u.InstanceURL = "https://" + strings.Repeat("a", 70) + ".example.com:8443/openidm/"
		w.u.Checks.InstanceAddress = ""
	}},
	{"nobody at the instance URL", "INSTANCE-URL-UNREACHABLE", warns, func(w *catalogueWorld) {
		w.u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, freePort(w.t))
	}},
	{"another server at the instance URL", "INSTANCE-URL-ELSEWHERE", warns, func(w *catalogueWorld) {
		w.u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, w.other.Port())
	}},
	{"certificate of another name", "SOURCE-CERT-NAME", blocks, func(w *catalogueWorld) { w.u.InstanceURL = w.u.Source.URL }},
	{"certificate that the target would not trust", "SOURCE-CERT-UNTRUSTED", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.path("other", "truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b), 0o600)
	}},
	{"certificate that cannot be judged", "SOURCE-CERT-NOT-CHECKED", warns, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("truststore")))
	}},
	{"no default mapping value", "MAPPING-DEFAULT-MISSING", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("config/sync", answer(200, strings.Replace(catalogueMappings, "00e000000000001", " ", 1)))}})
	}},
	{"live synchronisation", "LIVE-SYNC-ON", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: withMappings("schedule/live", `{"_id":"schedule/live","enabled":true,"type":"cron","invokeService":"provisioner","invokeContext":{"action":"liveSync","source":"system/ad/account"}}`)})
	}},
	{"schedule", "SCHEDULES-ON", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: withMappings(
			"schedule/off", `{"_id":"schedule/off","enabled":false,"invokeService":"provisioner","invokeContext":{"action":"liveSync"}}`,
			"schedule/recon", `{"_id":"schedule/recon","enabled":true,"invokeService":"sync","invokeContext":{"action":"reconcile","mapping":"m"}}`)})
	}},
	{"configuration that cannot be read", "CONFIGURATION-NOT-READ", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("config", answer(403, `{"code":403,"message":"Access denied"}`))}})
	}},
	{"callback URL missing", "CALLBACK-URL-MISSING", warns, func(w *catalogueWorld) {
		w.u.Checks.CallbackURLs[1] = "https://idc716.example.com:9444/connect/"
	}},
	{"callback URLs by default", "CALLBACK-URL-MISSING", warns, func(w *catalogueWorld) { w.u.Checks.CallbackURLs = nil }},
	{"unknown consumer key", "CONSUMER-KEY-UNKNOWN", warns, func(w *catalogueWorld) { w.u.Checks.ConsumerKey = "another" }},
	{"Salesforce is down", "CALLBACK-NOT-CHECKED", warns, func(w *catalogueWorld) { w.u.Checks.AuthorizeURL = w.salesforce.URL + "/elsewhere" }},
	{"no consumer key", "CHECK-BY-HAND", preflight.Informs, func(w *catalogueWorld) { w.u.Checks.ConsumerKey = "" }},
	{"no mapping that is known", "CHECK-BY-HAND", preflight.Informs, func(w *catalogueWorld) { w.u.Checks.ProfileMapping = "^nothing$" }},
}

var faultsOfHost = []catalogueRow{
	{"no package", "PACKAGE-MISSING", blocks, func(w *catalogueWorld) { w.u.Package += ".part" }},
	{"package cut off", "PACKAGE-CORRUPT", blocks, func(w *catalogueWorld) { must(w.t, os.Truncate(w.u.Package, 300)) }},
	{"package with a wrong bit", "PACKAGE-CORRUPT", blocks, func(w *catalogueWorld) {
		z, err := zip.OpenReader(w.u.Package)
		must(w.t, err)
		at, err := z.File[0].DataOffset()
		must(w.t, err)
		must(w.t, z.Close())
		b, err := os.ReadFile(w.u.Package)
		must(w.t, err)
		b[at+2] ^= 0x10
		w.write(w.u.Package, string(b), 0o644)
	}},
	{"hostile package", "PACKAGE-HOSTILE", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["../../evil"] = "x" })
	}},
	{"package of another version", "PACKAGE-VERSION", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) {
			for i := range 3 {
				files[fmt.Sprintf("bundle/openidm-%c-3.1.0.jar", 'a'+i)] = "jar"
			}
		})
	}},
	{"package that is called otherwise", "PACKAGE-VERSION", warns, func(w *catalogueWorld) {
		w.u.Package = filepath.Join(w.dir, "IdentityConnect-2.1.0.zip")
		writePackage(w.t, w.u.Package, map[string]string{"setup.sh": testSetup, "security/README": "stores"})
	}},
	{"package for another system", "PACKAGE-PLATFORM", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { delete(files, "setup.sh") })
	}},
	{"package of something else", "PACKAGE-UNUSABLE", blocks, func(w *catalogueWorld) {
		writePackage(w.t, w.u.Package, map[string]string{"index.html": "x"})
	}},
	{"target's folder is not empty", "TARGET-FOLDER", blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("thesis.txt"), "x", 0o644)
	}},
	{"another version in the target's folder", "TARGET-FOLDER-VERSION", blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("security/README"), "x", 0o644)
		w.write(w.targetFile("setup.sh"), testSetup, 0o755)
		w.write(w.targetFile("bundle/openidm-system-6.5.0.jar"), "jar", 0o644)
	}},
	{"target's folder below a file", "TARGET-FOLDER-PERMISSION", blocks, func(w *catalogueWorld) {
		w.write(filepath.Join(w.dir, "file"), "x", 0o644)
		w.u.TargetDir = filepath.Join(w.dir, "file", "salesforceIdConnect")
		w.u.StateDir = filepath.Join(w.dir, "state")
	}},
	{"reserve of the disk", "DISK-SPACE", warns, func(w *catalogueWorld) { w.u.Checks.DiskReserve = 1 << 60 }},
	{"full disk", "DISK-SPACE", blocks, func(w *catalogueWorld) { w.u.WithFreeSpace(100) }},
	{"name too long", "PATH-TOO-LONG", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["lib/"+strings.Repeat("x", 300)] = "x" })
	}},
	{"path too long for Windows", "PATH-TOO-LONG", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files[strings.Repeat("lib/", 60)+"x"] = "x" })
		w.u.OnSystem("windows")
	}},
	{"set-up script that may not be run", "SETUP-SCRIPT", blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Chmod(w.targetFile("setup.sh"), 0o644))
	}},
	{"set-up script missing", "SETUP-SCRIPT", blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Remove(w.targetFile("setup.sh")))
	}},
	{"root", "USER-IS-ROOT", warns, func(w *catalogueWorld) { w.u.OnMachine(nil, 0) }},
	{"target's port", "TARGET-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.u.Target.URL = fmt.Sprintf("https://localhost:%d/openidm/", listenPort(w.t))
	}},
	{"target's other port", "TARGET-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("openidm.port.http=%d\n", listenPort(w.t)))
		w.u.Checks.PortHost = "127.0.0.1"
	}},
	{"database port given", "DATABASE-PORT-IN-USE", blocks, func(w *catalogueWorld) { w.u.Checks.DatabasePort = listenPort(w.t) }},
	{"database port in the configuration", "DATABASE-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("my.port=%d\n", listenPort(w.t)))
		w.write(w.targetFile("conf/datasource.jdbc-default.json"), `{"jdbcUrl":"jdbc:postgresql://localhost:&{my.port}/openidm?ssl=false"}`, 0o644)
		w.u.Checks.DatabasePort = 0
	}},
	{"process of the target", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile(".openidm.pid"), fmt.Sprintln(os.Getpid()), 0o644)
	}},
	{"database of the target", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("db/postgres/data/postmaster.pid"), fmt.Sprintf("%d\n/opt\n", os.Getpid()), 0o644)
	}},
	{"lock of the target", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("felix-cache/cache.lock"), "", 0o644)
		holdLock(w.t, w.targetFile("felix-cache/cache.lock"))
	}},
	{"store that is open elsewhere", "FILE-LOCKED", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		holdLock(w.t, w.targetFile("security/truststore"))
	}},
	{"source's folder is none", "SOURCE-FOLDER", blocks, func(w *catalogueWorld) {
		w.u.KeystorePassword = w.password
		w.u.SourceDir = filepath.Join(w.dir, "jdk")
	}},
	{"handover file cut off", "HANDOVER-UNREADABLE", blocks, func(w *catalogueWorld) {
		w.carried()
		must(w.t, os.Truncate(w.u.StoresFile, 900))
	}},
	{"handover file of another source", "HANDOVER-OTHER-SOURCE", warns, func(w *catalogueWorld) {
		w.u.Source.URL = "https://another.example.com:8443/openidm/"
		w.carried()
		w.u.Source.URL = w.source.URL()
	}},
	{"keystore missing", "STORE-MISSING", blocks, func(w *catalogueWorld) { must(w.t, os.Remove(w.sourceFile("keystore.jceks"))) }},
	{"truststore missing", "STORE-MISSING", blocks, func(w *catalogueWorld) { must(w.t, os.Remove(w.sourceFile("truststore"))) }},
	{"keystore that cannot be read", "STORE-UNREADABLE", blocks, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("keystore.jceks")))
		must(w.t, os.Mkdir(w.sourceFile("keystore.jceks"), 0o755))
	}},
	{"wrong password of the keystore", "STORE-PASSWORD", blocks, func(w *catalogueWorld) { w.u.KeystorePassword = keystore.NewPassword("hush-hush") }},
	{"wrong password of the truststore", "STORE-PASSWORD", blocks, func(w *catalogueWorld) {
		w.u.Source.TruststorePassword = keystore.NewPassword("hush-hush")
	}},
	{"keystore cut off", "STORE-CORRUPT", blocks, func(w *catalogueWorld) { must(w.t, os.Truncate(w.sourceFile("keystore.jceks"), 1000)) }},
	{"keystore with a wrong bit", "STORE-CORRUPT", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("keystore.jceks"))
		must(w.t, err)
		b[len(b)-1] ^= 1
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PKCS#12 as JCEKS", "STORE-DISGUISED", blocks, func(w *catalogueWorld) {
		cert, err := x509.ParseCertificate(w.own.Certificate[0])
		must(w.t, err)
		b, err := pkcs12.Modern.Encode(w.own.PrivateKey, cert, nil, "changeit")
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PEM as a truststore", "STORE-DISGUISED", blocks, func(w *catalogueWorld) {
		w.write(w.sourceFile("truststore"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 0o600)
	}},
	{"JKS as JCEKS", "STORE-DISGUISED", warns, func(w *catalogueWorld) { w.boot(w.u.SourceDir, "openidm.truststore.type=JCEKS\n") }},
	{"truststore without a password", "STORE-UNVERIFIED", warns, func(w *catalogueWorld) {
		w.write(filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties"), strings.Split(catalogueBoot, "\n")[0], 0o644)
	}},
	{"truststore with something behind it", "STORE-ODD", warns, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b)+"more", 0o600)
	}},
	{"key of the server missing", "STORE-ALIAS-MISSING", blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) { s.Delete("openidm-sym-default") })
	}},
	{"key under another password", "STORE-KEY-DOES-NOT-OPEN", blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) {
			must(w.t, s.PutSecretKey("another", "AES", make([]byte, 16), keystore.PutOptions{Password: keystore.NewPassword("another"), Iterations: 100}))
		})
	}},
	{"subject of another host", "STORE-SUBJECT", warns, func(w *catalogueWorld) { w.u.InstanceURL = w.u.Source.URL }},
	{"keystore of another server", "VALUE-DOES-NOT-OPEN", blocks, func(w *catalogueWorld) {
		w.copyStores("other", filepath.Join(w.u.SourceDir, "security"))
		w.u.Source.HTTPClient = w.source.HTTPClient()
	}},
	{"records that cannot be read", "VALUES-NOT-CHECKED", warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: append(withMappings(), at("repo/managed/user", answer(403, `{"code":403,"message":"Access denied"}`)))})
	}},
	{"no Java", "JAVA-MISSING", blocks, func(w *catalogueWorld) { w.u.JavaHome = filepath.Join(w.dir, "nowhere") }},
	{"no Java on the PATH", "JAVA-MISSING", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = ""
		w.u.OnMachine(map[string]string{"PATH": w.dir}, 1000)
	}},
	{"Java 8", "JAVA-VERSION", blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("jdk8", `java version "1.8.0_51"`+"\n64-Bit") }},
	{"Java of 32 bits", "JAVA-32-BIT", blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("jdk32", `java version "11.0.2"`+"\nClient VM") }},
	{"something called java", "JAVA-UNUSABLE", blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("coffee", "a cup of it") }},
	{"two versions of Java", "JAVA-DISAGREES", warns, func(w *catalogueWorld) {
		other := w.java("jdk17", `openjdk version "17.0.15"`+"\n64-Bit")
		w.u.OnMachine(map[string]string{"JAVA_HOME": w.u.JavaHome, "PATH": filepath.Join(other, "bin")}, 1000)
		w.u.JavaHome = ""
	}},
}

// readOnly cannot be made as root, who may write everywhere.
var readOnly = catalogueRow{"target's folder below one that is only for reading", "TARGET-FOLDER-PERMISSION", blocks, func(w *catalogueWorld) {
	dir := filepath.Join(w.dir, "readonly")
	must(w.t, os.Mkdir(dir, 0o555))
	w.u.TargetDir, w.u.StateDir = filepath.Join(dir, "salesforceIdConnect"), filepath.Join(w.dir, "state")
}}

// carried lets the stores come from a file of export.
func (w *catalogueWorld) carried() {
	w.t.Helper()
	identity, err := age.GenerateX25519Identity() // quicker than a passphrase
	must(w.t, err)
	key := idconnect.HandoverKey{Recipients: []string{identity.Recipient().String()}}
	path := filepath.Join(w.dir, "stores.age")
	must(w.t, w.u.Export(w.t.Context(), path, key))
	key.Identities = keystore.NewPassword(identity.String())
	w.u.StoresFile, w.u.StoresKey, w.u.KeystorePassword = path, key, w.password
	w.u.SourceDir = ""
}

// TestCatalogue: each fault is made for real, and preflight finds it, with its
// code and severity, and changes nothing. Without a fault it finds none.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs sh for the stand-ins of Java")
	}
	base := newCatalogueBase(t)
	rows := append(append([]catalogueRow{}, faultsOfServers...), faultsOfHost...)
	if os.Geteuid() != 0 {
		rows = append(rows, readOnly)
	}
	var found atomic.Int32
	missing := map[string]bool{"VALUES-OPEN": false}
	for _, e := range preflight.Catalogue() {
		if _, ok := missing[e.Code]; !ok {
			missing[e.Code] = true
		}
	}
	for _, row := range rows {
		missing[row.code] = false
	}
	for code, yes := range missing {
		if yes {
			t.Errorf("no row makes %s", code)
		}
	}
	t.Run("rows", func(t *testing.T) {
		t.Run("undisturbed", func(t *testing.T) {
			t.Parallel()
			w := base.world(t)
			before := w.picture()
			plan, err := w.u.Plan(t.Context())
			must(t, err)
			for _, f := range plan.Findings {
				if f.Code != "VALUES-OPEN" {
					t.Errorf("%v", f)
				}
			}
			if len(plan.Findings) == 0 {
				t.Error("the values were not looked at")
			}
			w.unchanged(before)
		})
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				w := base.world(t)
				row.fault(w)
				before := w.picture()
				findings := w.findings(row.severity)
				w.unchanged(before)
				var seen []string
				for _, f := range findings {
					seen = append(seen, string(f.Severity)+" "+f.String())
					if f.Seen == "" || f.Doc == "" || f.Code != "VALUES-OPEN" && (f.Why == "" || f.Remedy == "") {
						t.Errorf("not whole: %+v", f)
					}
					if f.Code == row.code && f.Severity == row.severity {
						defer found.Add(1)
						row.code = ""
					}
				}
				text := strings.Join(seen, "\n")
				if row.code != "" {
					t.Errorf("%s %s was not found in\n%s", row.severity, row.code, text)
				}
				for _, secret := range []string{"hush-hush", "Passw0rd", "changeit", catalogueKey} {
					if strings.Contains(text, secret) {
						t.Errorf("a secret is in\n%s", text)
					}
				}
			})
		}
	})
	for _, r := range append(base.source.Requests(), base.other.Requests()...) {
		if r.Method != "GET" && r.Action != "status" {
			t.Errorf("%s %s %s", r.Method, r.Path, r.Action)
		}
	}
	fmt.Printf("TestCatalogue: %d of %d faults found\n", found.Load(), len(rows))
}

// findings of a plan, and where they block of a run, which must stop at them.
func (w *catalogueWorld) findings(severity preflight.Severity) preflight.Findings {
	w.t.Helper()
	if severity != blocks {
		plan, err := w.u.Plan(w.t.Context())
		must(w.t, err)
		return plan.Findings
	}
	report, err := w.u.Run(w.t.Context())
	if !errors.Is(err, preflight.ErrBlocked) {
		w.t.Fatalf("%v", err)
	}
	if locked := new(idconnect.LockedError); errors.As(err, &locked) { // before it looked at anything else
		plan, err := w.u.Plan(w.t.Context())
		must(w.t, err)
		return plan.Findings
	}
	return report.Findings
}

func (w *catalogueWorld) unchanged(before map[string]string) {
	w.t.Helper()
	if d := cmp.Diff(before, w.picture()); d != "" {
		w.t.Errorf("something was changed:\n%s", d)
	}
	for _, s := range w.servers {
		for _, r := range s.Requests() {
			if r.Method != "GET" && r.Action != "status" {
				w.t.Errorf("%s %s %s", r.Method, r.Path, r.Action)
			}
		}
	}
}
