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
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type catalogueRow struct {
	name, code string
	severity   idconnect.Severity
	fault      func(*catalogueWorld)
}

const (
	blocks = idconnect.Blocks
	warns  = idconnect.Warns
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
	{"source down", idconnect.CodeSourceUnreachable, blocks, func(w *catalogueWorld) {
		port := freePort(w.t)
		w.sourceAt(fmt.Sprintf("https://localhost:%d/openidm/", port), port)
	}},
	{"source starts", idconnect.CodeSourceStarting, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{}).SetState(openidmtest.NotReady)
	}},
	{"source's web server alone is up", idconnect.CodeSourceStarting, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Startup: openidmtest.Startup{HTML: time.Hour}})
	}},
	{"another program at the source's address", idconnect.CodeSourceNotOpenIDM, blocks, func(w *catalogueWorld) {
		w.sourceAt(w.serve(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<h1>It works</h1>") }))
	}},
	{"source with another certificate", idconnect.CodeSourceTLS, blocks, func(w *catalogueWorld) {
		w.sourceAt(w.other.URL(), w.other.Port())
	}},
	{"truststore to trust by is no store", idconnect.CodeSourceTLS, blocks, func(w *catalogueWorld) {
		w.u.Source.Truststore = w.u.Package
	}},
	{"wrong password at the source", idconnect.CodeSourcePassword, blocks, func(w *catalogueWorld) {
		w.u.Source.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the source fails", idconnect.CodeSourceLogin, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(500, `{"code":500,"reason":"Internal Server Error","message":"x"}`))}})
	}},
	{"no administrator of the source", idconnect.CodeSourceRole, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: append(withMappings(), at("info/login", answer(200, notAdmin)))})
	}},
	{"target down", idconnect.CodeTargetUnreachable, blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
	}},
	{"target starts", idconnect.CodeTargetStarting, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{}).SetState(openidmtest.NotReady)
	}},
	{"another program at the target's address", idconnect.CodeTargetNotOpenIDM, blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.u.Steps = []string{idconnect.StepMigrate}
		w.u.Target.URL, _ = w.serve(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, `["hello"]`) })
	}},
	{"target with another certificate", idconnect.CodeTargetTLS, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{})
		w.u.Target.URL = w.other.URL()
	}},
	{"wrong password at the target", idconnect.CodeTargetPassword, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{})
		w.u.Target.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the target fails", idconnect.CodeTargetLogin, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(500, `{"code":500,"message":"x"}`))}})
	}},
	{"no administrator of the target", idconnect.CodeTargetRole, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Faults: []openidmtest.Fault{at("info/login", answer(200, notAdmin))}})
	}},
	{"target of version 7.0", idconnect.CodeTargetVersion, warns, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Version: "7.0.2"})
	}},
	{"target of version 6.5", idconnect.CodeTargetVersion, blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Version: "6.5.0"})
	}},
	{"target started before the stores were copied", idconnect.CodeTargetStarted, blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		w.u.Target.URL = w.other.URL()
	}},
	{"target was started once", idconnect.CodeTargetStarted, blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		w.write(w.targetFile("felix-cache/bundle0/bundle.id"), "0", 0o644)
	}},
	{"one address for both", idconnect.CodeTargetIsSource, blocks, func(w *catalogueWorld) { w.u.Target.URL = w.u.Source.URL }},
	{"two names of one server", idconnect.CodeTargetIsSource, blocks, func(w *catalogueWorld) {
		w.u.Target.URL = strings.Replace(w.u.Source.URL, "localhost", "127.0.0.1", 1)
	}},
	{"one folder for both, by a link", idconnect.CodeTargetIsSource, blocks, func(w *catalogueWorld) {
		must(w.t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
		must(w.t, os.Symlink(w.u.SourceDir, w.u.TargetDir))
	}},
	{"source and target exchanged", idconnect.CodeServersSwapped, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Version: "7.1.0"})
		w.targetIs(openidmtest.Options{Version: "3.1.0"})
	}},
	{"source's clock", idconnect.CodeClock, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Clock: 10 * time.Minute})
	}},
	{"target's clock", idconnect.CodeClock, warns, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{Clock: -10 * time.Minute})
	}},
	{"another run", idconnect.CodeRunInProgress, blocks, func(w *catalogueWorld) {
		path := filepath.Join(w.u.TargetDir+".upgrade", "lock")
		w.write(path, "", 0o600)
		l := flock.New(path)
		if got, err := l.TryLock(); err != nil || !got {
			w.t.Fatal(got, err)
		}
		w.t.Cleanup(func() { l.Close() })
	}},
	{"source hangs", idconnect.CodeTimedOut, blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{{Path: "info/ping", Effect: openidmtest.Hang}}})
		w.u.Checks.Timeout = 300 * time.Millisecond
	}},
	{"Salesforce hangs", idconnect.CodeTimedOut, warns, func(w *catalogueWorld) {
		release := make(chan struct{})
		s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		w.t.Cleanup(func() { close(release); s.Close() })
		w.u.Checks.AuthorizeURL, w.u.Checks.HTTPClient = s.URL, s.Client()
		w.u.Checks.Timeout = 2 * time.Second
	}},
	{"instance URL without its path", idconnect.CodeInstanceURL, warns, func(w *catalogueWorld) {
		w.u.InstanceURL = strings.TrimSuffix(w.u.InstanceURL, "openidm/")
	}},
	{"host that does not resolve", idconnect.CodeInstanceUnresolved, warns, func(w *catalogueWorld) {
		// A label of more than 63 characters: no resolver need be asked.
		w.u.InstanceURL = "https://" + strings.Repeat("a", 70) + ".example.com:8443/openidm/"
		w.u.Checks.InstanceAddress = ""
	}},
	{"nobody at the instance URL", idconnect.CodeInstanceUnreachable, warns, func(w *catalogueWorld) {
		w.u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, freePort(w.t))
	}},
	{"another server at the instance URL", idconnect.CodeInstanceElsewhere, warns, func(w *catalogueWorld) {
		w.u.InstanceURL = fmt.Sprintf("https://%s:%d/openidm/", testHost, w.other.Port())
	}},
	{"certificate of another name", idconnect.CodeCertificateName, blocks, func(w *catalogueWorld) { w.u.InstanceURL = w.u.Source.URL }},
	{"certificate that the target would not trust", idconnect.CodeCertificateTrust, blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.path("other", "truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b), 0o600)
	}},
	{"certificate that cannot be judged", idconnect.CodeCertificateUnknown, warns, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("truststore")))
	}},
	{"no default mapping value", idconnect.CodeMappingDefault, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("config/sync", answer(200, strings.Replace(catalogueMappings, "00e000000000001", " ", 1)))}})
	}},
	{"live synchronisation", idconnect.CodeLiveSync, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: withMappings("schedule/live", `{"_id":"schedule/live","enabled":true,"type":"cron","invokeService":"provisioner","invokeContext":{"action":"liveSync","source":"system/ad/account"}}`)})
	}},
	{"schedule", idconnect.CodeSchedules, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: withMappings(
			"schedule/off", `{"_id":"schedule/off","enabled":false,"invokeService":"provisioner","invokeContext":{"action":"liveSync"}}`,
			"schedule/recon", `{"_id":"schedule/recon","enabled":true,"invokeService":"sync","invokeContext":{"action":"reconcile","mapping":"m"}}`)})
	}},
	{"configuration that cannot be read", idconnect.CodeConfiguration, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: []openidmtest.Fault{at("config", answer(403, `{"code":403,"message":"Access denied"}`))}})
	}},
	{"callback URL missing", idconnect.CodeCallback, warns, func(w *catalogueWorld) {
		w.u.Checks.CallbackURLs[1] = "https://idc716.example.com:9444/connect/"
	}},
	{"callback URLs by default", idconnect.CodeCallback, warns, func(w *catalogueWorld) { w.u.Checks.CallbackURLs = nil }},
	{"unknown consumer key", idconnect.CodeConsumerKey, warns, func(w *catalogueWorld) { w.u.Checks.ConsumerKey = "another" }},
	{"Salesforce is down", idconnect.CodeCallbackUnknown, warns, func(w *catalogueWorld) { w.u.Checks.AuthorizeURL = w.salesforce.URL + "/elsewhere" }},
	{"no consumer key", idconnect.CodeReminder, idconnect.Informs, func(w *catalogueWorld) { w.u.Checks.ConsumerKey = "" }},
	{"no mapping that is known", idconnect.CodeReminder, idconnect.Informs, func(w *catalogueWorld) { w.u.Checks.ProfileMapping = "^nothing$" }},
}

var faultsOfHost = []catalogueRow{
	{"no package", idconnect.CodePackageMissing, blocks, func(w *catalogueWorld) { w.u.Package += ".part" }},
	{"package cut off", idconnect.CodePackageCorrupt, blocks, func(w *catalogueWorld) { must(w.t, os.Truncate(w.u.Package, 300)) }},
	{"package with a wrong bit", idconnect.CodePackageCorrupt, blocks, func(w *catalogueWorld) {
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
	{"hostile package", idconnect.CodePackageHostile, blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["../../evil"] = "x" })
	}},
	{"package of another version", idconnect.CodePackageVersion, blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) {
			for i := range 3 {
				files[fmt.Sprintf("bundle/openidm-%c-3.1.0.jar", 'a'+i)] = "jar"
			}
		})
	}},
	{"package that is called otherwise", idconnect.CodePackageVersion, warns, func(w *catalogueWorld) {
		w.u.Package = filepath.Join(w.dir, "IdentityConnect-2.1.0.zip")
		writePackage(w.t, w.u.Package, map[string]string{"setup.sh": testSetup, "security/README": "stores"})
	}},
	{"package for another system", idconnect.CodePackagePlatform, blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { delete(files, "setup.sh") })
	}},
	{"package of something else", idconnect.CodePackage, blocks, func(w *catalogueWorld) {
		writePackage(w.t, w.u.Package, map[string]string{"index.html": "x"})
	}},
	{"target's folder is not empty", idconnect.CodeTargetFolder, blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("thesis.txt"), "x", 0o644)
	}},
	{"another version in the target's folder", idconnect.CodeTargetFolderVersion, blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("security/README"), "x", 0o644)
		w.write(w.targetFile("setup.sh"), testSetup, 0o755)
		w.write(w.targetFile("bundle/openidm-system-6.5.0.jar"), "jar", 0o644)
	}},
	{"target's folder below a file", idconnect.CodeTargetPermission, blocks, func(w *catalogueWorld) {
		w.write(filepath.Join(w.dir, "file"), "x", 0o644)
		w.u.TargetDir = filepath.Join(w.dir, "file", "salesforceIdConnect")
		w.u.StateDir = filepath.Join(w.dir, "state")
	}},
	{"reserve of the disk", idconnect.CodeDiskSpace, warns, func(w *catalogueWorld) { w.u.Checks.DiskReserve = 1 << 60 }},
	{"full disk", idconnect.CodeDiskSpace, blocks, func(w *catalogueWorld) { w.u.WithFreeSpace(100) }},
	{"name too long", idconnect.CodePathTooLong, blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["lib/"+strings.Repeat("x", 300)] = "x" })
	}},
	{"path too long for Windows", idconnect.CodePathTooLong, blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files[strings.Repeat("lib/", 60)+"x"] = "x" })
		w.u.OnSystem("windows")
	}},
	{"set-up script that may not be run", idconnect.CodeSetupScript, blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Chmod(w.targetFile("setup.sh"), 0o644))
	}},
	{"set-up script missing", idconnect.CodeSetupScript, blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Remove(w.targetFile("setup.sh")))
	}},
	{"root", idconnect.CodeRoot, warns, func(w *catalogueWorld) { w.u.OnMachine(nil, 0) }},
	{"target's port", idconnect.CodeTargetPort, blocks, func(w *catalogueWorld) {
		w.u.Target.URL = fmt.Sprintf("https://localhost:%d/openidm/", listenPort(w.t))
	}},
	{"target's other port", idconnect.CodeTargetPort, blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("openidm.port.http=%d\n", listenPort(w.t)))
		w.u.Checks.PortHost = "127.0.0.1"
	}},
	{"database port given", idconnect.CodeDatabasePort, blocks, func(w *catalogueWorld) { w.u.Checks.DatabasePort = listenPort(w.t) }},
	{"database port in the configuration", idconnect.CodeDatabasePort, blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("my.port=%d\n", listenPort(w.t)))
		w.write(w.targetFile("conf/datasource.jdbc-default.json"), `{"jdbcUrl":"jdbc:postgresql://localhost:&{my.port}/openidm?ssl=false"}`, 0o644)
		w.u.Checks.DatabasePort = 0
	}},
	{"process of the target", idconnect.CodeTargetLock, blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile(".openidm.pid"), fmt.Sprintln(os.Getpid()), 0o644)
	}},
	{"database of the target", idconnect.CodeTargetLock, blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("db/postgres/data/postmaster.pid"), fmt.Sprintf("%d\n/opt\n", os.Getpid()), 0o644)
	}},
	{"lock of the target", idconnect.CodeTargetLock, blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("felix-cache/cache.lock"), "", 0o644)
		holdLock(w.t, w.targetFile("felix-cache/cache.lock"))
	}},
	{"store that is open elsewhere", idconnect.CodeFileLocked, blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		holdLock(w.t, w.targetFile("security/truststore"))
	}},
	{"source's folder is none", idconnect.CodeSourceFolder, blocks, func(w *catalogueWorld) {
		w.u.KeystorePassword = w.password
		w.u.SourceDir = filepath.Join(w.dir, "jdk")
	}},
	{"handover file cut off", idconnect.CodeHandover, blocks, func(w *catalogueWorld) {
		w.carried()
		must(w.t, os.Truncate(w.u.StoresFile, 900))
	}},
	{"handover file of another source", idconnect.CodeHandoverSource, warns, func(w *catalogueWorld) {
		w.u.Source.URL = "https://another.example.com:8443/openidm/"
		w.carried()
		w.u.Source.URL = w.source.URL()
	}},
	{"keystore missing", idconnect.CodeStoreMissing, blocks, func(w *catalogueWorld) { must(w.t, os.Remove(w.sourceFile("keystore.jceks"))) }},
	{"truststore missing", idconnect.CodeStoreMissing, blocks, func(w *catalogueWorld) { must(w.t, os.Remove(w.sourceFile("truststore"))) }},
	{"keystore that cannot be read", idconnect.CodeStoreUnreadable, blocks, func(w *catalogueWorld) {
		must(w.t, os.Remove(w.sourceFile("keystore.jceks")))
		must(w.t, os.Mkdir(w.sourceFile("keystore.jceks"), 0o755))
	}},
	{"wrong password of the keystore", idconnect.CodeStorePassword, blocks, func(w *catalogueWorld) { w.u.KeystorePassword = keystore.NewPassword("hush-hush") }},
	{"wrong password of the truststore", idconnect.CodeStorePassword, blocks, func(w *catalogueWorld) {
		w.u.Source.TruststorePassword = keystore.NewPassword("hush-hush")
	}},
	{"keystore cut off", idconnect.CodeStoreCorrupt, blocks, func(w *catalogueWorld) { must(w.t, os.Truncate(w.sourceFile("keystore.jceks"), 1000)) }},
	{"keystore with a wrong bit", idconnect.CodeStoreCorrupt, blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("keystore.jceks"))
		must(w.t, err)
		b[len(b)-1] ^= 1
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PKCS#12 as JCEKS", idconnect.CodeStoreDisguised, blocks, func(w *catalogueWorld) {
		cert, err := x509.ParseCertificate(w.own.Certificate[0])
		must(w.t, err)
		b, err := pkcs12.Modern.Encode(w.own.PrivateKey, cert, nil, "changeit")
		must(w.t, err)
		w.write(w.sourceFile("keystore.jceks"), string(b), 0o600)
	}},
	{"PEM as a truststore", idconnect.CodeStoreDisguised, blocks, func(w *catalogueWorld) {
		w.write(w.sourceFile("truststore"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 0o600)
	}},
	{"JKS as JCEKS", idconnect.CodeStoreDisguised, warns, func(w *catalogueWorld) { w.boot(w.u.SourceDir, "openidm.truststore.type=JCEKS\n") }},
	{"truststore without a password", idconnect.CodeStoreUnverified, warns, func(w *catalogueWorld) {
		w.write(filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties"), strings.Split(catalogueBoot, "\n")[0], 0o644)
	}},
	{"truststore with something behind it", idconnect.CodeStoreOdd, warns, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.sourceFile("truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b)+"more", 0o600)
	}},
	{"key of the server missing", idconnect.CodeStoreAlias, blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) { s.Delete("openidm-sym-default") })
	}},
	{"key under another password", idconnect.CodeStoreKey, blocks, func(w *catalogueWorld) {
		w.editStore("keystore.jceks", func(s *keystore.Store) {
			must(w.t, s.PutSecretKey("another", "AES", make([]byte, 16), keystore.PutOptions{Password: keystore.NewPassword("another"), Iterations: 100}))
		})
	}},
	{"subject of another host", idconnect.CodeStoreSubject, warns, func(w *catalogueWorld) { w.u.InstanceURL = w.u.Source.URL }},
	{"keystore of another server", idconnect.CodeValueDoesNotOpen, blocks, func(w *catalogueWorld) {
		w.copyStores("other", filepath.Join(w.u.SourceDir, "security"))
		w.u.Source.HTTPClient = w.source.HTTPClient()
	}},
	{"records that cannot be read", idconnect.CodeValuesNotChecked, warns, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Faults: append(withMappings(), at("repo/managed/user", answer(403, `{"code":403,"message":"Access denied"}`)))})
	}},
	{"no Java", idconnect.CodeJavaMissing, blocks, func(w *catalogueWorld) { w.u.JavaHome = filepath.Join(w.dir, "nowhere") }},
	{"no Java on the PATH", idconnect.CodeJavaMissing, blocks, func(w *catalogueWorld) {
		w.u.JavaHome = ""
		w.u.OnMachine(map[string]string{"PATH": w.dir}, 1000)
	}},
	{"Java 8", idconnect.CodeJavaVersion, blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("jdk8", `java version "1.8.0_51"`+"\n64-Bit") }},
	{"Java of 32 bits", idconnect.CodeJava32Bit, blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("jdk32", `java version "11.0.2"`+"\nClient VM") }},
	{"something called java", idconnect.CodeJava, blocks, func(w *catalogueWorld) { w.u.JavaHome = w.java("coffee", "a cup of it") }},
	{"two versions of Java", idconnect.CodeJavaDisagrees, warns, func(w *catalogueWorld) {
		other := w.java("jdk17", `openjdk version "17.0.15"`+"\n64-Bit")
		w.u.OnMachine(map[string]string{"JAVA_HOME": w.u.JavaHome, "PATH": filepath.Join(other, "bin")}, 1000)
		w.u.JavaHome = ""
	}},
}

// readOnly cannot be made as root, who may write everywhere.
var readOnly = catalogueRow{"target's folder below one that is only for reading", idconnect.CodeTargetPermission, blocks, func(w *catalogueWorld) {
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
	missing := map[string]bool{idconnect.CodeValuesOpen: false}
	for _, e := range idconnect.Catalogue() {
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
				if f.Code != idconnect.CodeValuesOpen {
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
					if f.Seen == "" || f.Doc == "" || f.Code != idconnect.CodeValuesOpen && (f.Why == "" || f.Remedy == "") {
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
func (w *catalogueWorld) findings(severity idconnect.Severity) idconnect.Findings {
	w.t.Helper()
	if severity != blocks {
		plan, err := w.u.Plan(w.t.Context())
		must(w.t, err)
		return plan.Findings
	}
	report, err := w.u.Run(w.t.Context())
	if !errors.Is(err, idconnect.ErrBlocked) {
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
