package idconnect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// answer is one that a server gives in JSON instead of its own.
func answer(status int, body string) openidmtest.Fault {
	return openidmtest.Fault{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// at gives a fault to one path.
func at(path string, f openidmtest.Fault) openidmtest.Fault {
	f.Path = path
	return f
}

// busy is an answer that asks for a pause of ten seconds, for which no check waits that has less.
func busy(status int) openidmtest.Fault {
	return openidmtest.Fault{Status: status, Header: http.Header{"Retry-After": {"10"}}}
}

const lessThanBusy = 9 * time.Second

const notAdmin = `{"authenticationId":"jdoe","authorization":{"id":"jdoe","roles":["openidm-authorized"]}}`

var faultsOfServers = []catalogueRow{
	{"source down", "SOURCE-UNREACHABLE", blocks, func(w *catalogueWorld) {
		port := freePort(w.t)
		w.sourceAt(localURL(port), port)
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
	{"source asks for a pause", "SOURCE-BUSY", blocks, func(w *catalogueWorld) {
		w.sourceFails(at("info/ping", busy(503)))
		w.u.Checks.Timeout = lessThanBusy
	}},
	{"target counts the requests", "TARGET-BUSY", blocks, func(w *catalogueWorld) {
		w.targetFails(at("info/ping", busy(429)))
		w.u.Checks.Timeout = lessThanBusy
	}},
	{"source's address without its path", "SOURCE-ADDRESS-PATH", blocks, func(w *catalogueWorld) {
		w.u.Source.URL = strings.TrimSuffix(w.sourceIs(openidmtest.Options{}).URL, "openidm/")
	}},
	{"target's address with another path", "TARGET-ADDRESS-PATH", blocks, func(w *catalogueWorld) {
		w.u.Target.URL = strings.Replace(w.targetIs(openidmtest.Options{}).URL, "openidm", "connect", 1)
	}},
	{"source that checks its name", "SOURCE-INVALID-SNI", blocks, func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{SNICheck: true})
	}},
	{"target that checks its name", "TARGET-INVALID-SNI", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{SNICheck: true})
	}},
	{"a password in the source's audit", "SOURCE-AUDIT-PASSWORD", warns, func(w *catalogueWorld) {
		w.write(filepath.Join(w.u.SourceDir, "audit", "access.audit.json"),
			`{"http":{"request":{"headers":{"X-Openidm-Password":["Passw0rd"]}}}}`+"\n", 0o644)
	}},
	{"source with another certificate", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.sourceAt(w.other.URL, w.other.Port())
	}},
	{"truststore to trust by is no store", "SOURCE-TLS", blocks, func(w *catalogueWorld) {
		w.u.Source.Truststore = w.u.Package
	}},
	{"wrong password at the source", "SOURCE-PASSWORD", blocks, func(w *catalogueWorld) {
		w.u.Source.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the source fails", "SOURCE-LOGIN-FAILED", blocks, func(w *catalogueWorld) {
		w.sourceFails(at("info/login", answer(500, `{"code":500,"reason":"Internal Server Error","message":"x"}`)))
	}},
	{"no administrator of the source", "SOURCE-ROLE", blocks, func(w *catalogueWorld) {
		w.sourceFails(append(withMappings(), at("info/login", answer(200, notAdmin)))...)
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
		w.u.Target.URL = w.other.URL
	}},
	{"wrong password at the target", "TARGET-PASSWORD", blocks, func(w *catalogueWorld) {
		w.targetIs(openidmtest.Options{})
		w.u.Target.Credentials.Password = keystore.NewPassword("hush-hush")
	}},
	{"login at the target fails", "TARGET-LOGIN-FAILED", blocks, func(w *catalogueWorld) {
		w.targetFails(at("info/login", answer(500, `{"code":500,"message":"x"}`)))
	}},
	{"no administrator of the target", "TARGET-ROLE", blocks, func(w *catalogueWorld) {
		w.targetFails(at("info/login", answer(200, notAdmin)))
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
		w.u.Target.URL = w.other.URL
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
		w.sourceIs(openidmtest.Options{Generation: openidmtest.IDM71, Version: "7.1.0"})
		w.targetIs(openidmtest.Options{Generation: openidmtest.OpenIDM702, Version: "3.1.0"})
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
	{"a request without an outcome", "REQUEST-OPEN", warns, func(w *catalogueWorld) {
		w.write(filepath.Join(w.u.TargetDir+".upgrade", "journal.json"), fmt.Sprintf(
			`{"version":2,"target":%q,"migrate":{"began":"2026-11-28T06:46:51Z"}}`, w.u.Target.URL), 0o600)
	}},
	{"source hangs", "CHECK-TIMED-OUT", blocks, func(w *catalogueWorld) {
		w.sourceFails(openidmtest.Fault{Path: "info/ping", Effect: openidmtest.Hang})
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
	{"certificate of another name", "SOURCE-CERT-NAME", blocks, func(w *catalogueWorld) {
		w.u.InstanceURL = w.u.Source.URL
	}},
	{"certificate that the target would not trust", "SOURCE-CERT-UNTRUSTED", blocks, func(w *catalogueWorld) {
		b, err := os.ReadFile(w.path("other", "truststore"))
		must(w.t, err)
		w.write(w.sourceFile("truststore"), string(b), 0o600)
	}},
	{"certificate that cannot be judged", "SOURCE-CERT-NOT-CHECKED", warns, func(w *catalogueWorld) {
		w.boot(w.u.SourceDir, "openidm.truststore.location=security/truststore\n") // else the keystore stands in for it
		must(w.t, os.Remove(w.sourceFile("truststore")))
	}},
	{"no default mapping value", "MAPPING-DEFAULT-MISSING", warns, func(w *catalogueWorld) {
		w.sourceFails(at("config/sync", answer(200, strings.Replace(catalogueMappings, "00e000000000001", " ", 1))))
	}},
	{"live synchronisation", "LIVE-SYNC-ON", warns, func(w *catalogueWorld) {
		w.sourceFails(withMappings("schedule/live", `{"_id":"schedule/live","enabled":true,"type":"cron",
			"invokeService":"provisioner","invokeContext":{"action":"liveSync","source":"system/ad/account"}}`)...)
	}},
	{"schedule", "SCHEDULES-ON", warns, func(w *catalogueWorld) {
		w.sourceFails(withMappings(
			"schedule/off", `{"_id":"schedule/off","enabled":false,
				"invokeService":"provisioner","invokeContext":{"action":"liveSync"}}`,
			"schedule/recon", `{"_id":"schedule/recon","enabled":true,
				"invokeService":"sync","invokeContext":{"action":"reconcile","mapping":"m"}}`)...)
	}},
	{"configuration that cannot be read", "CONFIGURATION-NOT-READ", warns, func(w *catalogueWorld) {
		w.sourceFails(at("config", answer(403, `{"code":403,"message":"Access denied"}`)))
	}},
	{"callback URL missing", "CALLBACK-URL-MISSING", warns, func(w *catalogueWorld) {
		w.u.Checks.CallbackURLs[1] = "https://idc716.example.com:9444/connect/"
	}},
	{"callback URLs by default", "CALLBACK-URL-MISSING", warns, func(w *catalogueWorld) {
		w.u.Checks.CallbackURLs = nil
	}},
	{"unknown consumer key", "CONSUMER-KEY-UNKNOWN", warns, func(w *catalogueWorld) {
		w.u.Checks.ConsumerKey = "another"
	}},
	{"Salesforce is down", "CALLBACK-NOT-CHECKED", warns, func(w *catalogueWorld) {
		w.u.Checks.AuthorizeURL = w.salesforce.URL + "/elsewhere"
	}},
	{"no consumer key", "CHECK-BY-HAND", preflight.Informs, func(w *catalogueWorld) { w.u.Checks.ConsumerKey = "" }},
	{"no mapping that is known", "CHECK-BY-HAND", preflight.Informs, func(w *catalogueWorld) {
		w.u.Checks.ProfileMapping = "^nothing$"
	}},
}
