package idconnect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// reminders come with every plan, whatever is found.
var reminders = []string{"MANAGED-PACKAGE", "KEEP-SOURCE", "BACKUPS"}

// sourceJob is a source of 3.1 with a job.
func sourceJob(overREST bool, members map[string]any) func(*catalogueWorld) {
	return func(w *catalogueWorld) {
		w.sourceIs(openidmtest.Options{Schedules: []openidmtest.Schedule{{
			ID: "nightly", OverREST: overREST, Job: members,
		}}})
	}
}

// job is one that does something to a connected system.
func job(action string, enabled any) map[string]any {
	members := map[string]any{"type": "cron", "invokeService": "sync", "invokeContext": map[string]any{
		"action": action, "source": "system/ad/account", "mapping": "m"}}
	if enabled != nil {
		members["enabled"] = enabled
	}
	return members
}

// targetJob is a target that is up and has a job, beside a source with one.
func targetJob(enabled, sourceEnabled any) func(*catalogueWorld) {
	return func(w *catalogueWorld) {
		sourceJob(false, job("reconcile", sourceEnabled))(w)
		w.targetIs(openidmtest.Options{Schedules: []openidmtest.Schedule{{
			ID: "nightly", Job: job("reconcile", enabled),
		}}})
	}
}

// faultsOfGenerations are those of which the older or the newer generation
// alone has the form.
var faultsOfGenerations = []catalogueRow{
	{"schedule whose enabled is a text", "SCHEDULES-ON", warns, sourceJob(false, job("reconcile", "true"))},
	{"schedule whose enabled is a text in capitals", "SCHEDULES-ON", warns, sourceJob(false, job("reconcile", "TRUE"))},
	{"schedule without enabled", "SCHEDULES-ON", warns, sourceJob(false, job("reconcile", nil))},
	{"schedule of another form", "SCHEDULES-ON", warns, sourceJob(false, map[string]any{
		"enabled": "true", "invokeService": []any{"sync"}})},
	{"live synchronisation as a text", "LIVE-SYNC-ON", warns, sourceJob(false, job("liveSync", "true"))},
	{"live synchronisation over REST", "LIVE-SYNC-ON", warns, sourceJob(true, job("liveSync", "true"))},
	{"schedule over REST", "SCHEDULES-ON", warns, sourceJob(true, job("reconcile", true))},
	{"jobs over REST that cannot be read", "CONFIGURATION-NOT-READ", warns, func(w *catalogueWorld) {
		w.sourceFails(append(withMappings(), at("scheduler", answer(403, `{"code":403,"message":"Access denied"}`)))...)
	}},
	{"jobs on both servers", "TARGET-JOBS-ON", warns, targetJob(true, "true")},
	{"jobs on the target, and a source that cannot be read", "TARGET-JOBS-ON", warns, func(w *catalogueWorld) {
		targetJob(true, true)(w)
		port := freePort(w.t)
		w.sourceAt(localURL(port), port)
	}},
	{"target with conf/boot and resolver", "TARGET-STORES", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.write(w.targetFile("resolver/boot.properties"), testBoot+
			"openidm.keystore.location="+w.sourceFile("keystore.jceks")+"\n", 0o644)
	}},
	{"target with a store elsewhere by secrets.json", "TARGET-STORES", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.write(w.targetFile("conf/secrets.json"), secretsWith(w.sourceFile("keystore.jceks")), 0o644)
	}},
	{"package with a store elsewhere by secrets.json", "TARGET-STORES", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) {
			files["conf/secrets.json"] = secretsWith("../../idc21/salesforceIdConnect/security/keystore.jceks")
		})
	}},
	{"database port with a default", "DATABASE-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.write(w.targetFile("conf/datasource.jdbc-default.json"), fmt.Sprintf(
			`{"jdbcUrl":"jdbc:postgresql://&{openidm.repo.host|localhost}:&{openidm.repo.port|%d}/openidm"}`,
			listenPort(w.t)), 0o644)
		w.u.Checks.DatabasePort = 0
	}},
	{"Java of the PATH before JAVA_HOME", "JAVA-VERSION", blocks, func(w *catalogueWorld) {
		other := w.java("jdk17", `openjdk version "17.0.15"`+"\n64-Bit")
		w.u.OnMachine(map[string]string{"JAVA_HOME": w.u.JavaHome, "PATH": filepath.Join(other, "bin")}, 1000)
		w.u.JavaHome = ""
	}},
	{"Windows with Java on the PATH alone", "JAVA-MISSING", blocks, func(w *catalogueWorld) {
		w.windowsJava("PATH", filepath.Join("jdk", "bin"), catalogueJava)
	}},
	{"Windows with another Java in JRE_HOME", "JAVA-VERSION", blocks, func(w *catalogueWorld) {
		w.windowsJava("JRE_HOME", "jdk", `java version "1.8.0_51"`+"\n64-Bit")
	}},
	{"server that starts on Windows, without a PID file", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("logs/openidm0.log.0"), "starting\n", 0o644)
		w.windowsJava("JAVA_HOME", "jdk", catalogueJava)
	}},
	{"less than the vendor asks for", "DISK-SPACE", warns, func(w *catalogueWorld) {
		w.u.Checks.DiskReserve = 0
		w.u.WithFreeSpace(9e9)
	}},
	{"key that a legacy host does not know", "AUTHORIZE-HOST-LEGACY", warns, func(w *catalogueWorld) {
		w.u.Checks.ConsumerKey = "another"
		w.salesforceAs("login.salesforce.com")
	}},
	{"external client app at a legacy host", "AUTHORIZE-HOST-LEGACY", warns, func(w *catalogueWorld) {
		w.salesforceSays("app_not_found")
		w.salesforceAs("test.salesforce.com")
	}},
	{"external client app that is not there", "CONSUMER-KEY-UNKNOWN", warns, func(w *catalogueWorld) {
		w.salesforceSays("app_not_found")
	}},
	{"app that is not installed", "APP-NOT-INSTALLED", warns, func(w *catalogueWorld) {
		w.salesforceSays("invalid_client&error_description=app+must+be+installed+into+org")
	}},
	{"callback URL without its slash", "CALLBACK-URL-MISSING", warns, func(w *catalogueWorld) {
		w.u.Checks.CallbackURLs[1] = "https://idc716.example.com:9443/connect"
	}},
	{"managed package", "MANAGED-PACKAGE", preflight.Informs, func(*catalogueWorld) {}},
	{"2.1 cannot be downloaded again", "KEEP-SOURCE", preflight.Informs, func(*catalogueWorld) {}},
	{"two backups", "BACKUPS", preflight.Informs, func(*catalogueWorld) {}},
}

// secretsWith is a conf/secrets.json whose keystore is elsewhere unless a
// property says where.
func secretsWith(file string) string {
	return fmt.Sprintf(`{"stores":[{"name":"mainKeyStore","config":{
		"file":"&{no.such.property|&{nor.this|%s}}","storePassword":"&{openidm.keystore.password|changeit}"}}]}`, file)
}

// windowsJava is a machine with Windows whose variable names a folder with a
// Java that says something.
func (w *catalogueWorld) windowsJava(variable, folder, says string) {
	w.write(filepath.Join(w.dir, "jdk", "bin", "java.exe"), "#!/bin/sh\ncat >&2 <<'END'\n"+says+"\nEND\n", 0o755)
	w.u.OnMachine(map[string]string{variable: filepath.Join(w.dir, folder)}, 1000)
	w.u.OnSystem("windows")
	w.u.JavaHome = ""
}

// salesforceAs lets Salesforce have another host name.
func (w *catalogueWorld) salesforceAs(host string) {
	to, own := w.u.Checks.HTTPClient.Transport, w.u.Checks.AuthorizeURL
	w.u.Checks.AuthorizeURL = "https://" + host + "/services/oauth2/authorize"
	w.u.Checks.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		there, err := http.NewRequestWithContext(r.Context(), r.Method, own+"?"+r.URL.RawQuery, nil)
		if err != nil {
			return nil, err
		}
		return to.RoundTrip(there)
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// salesforceSays lets Salesforce answer every request with an error.
func (w *catalogueWorld) salesforceSays(code string) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Location", "/setup/secur/RemoteAccessErrorPage.apexp?error="+code)
		rw.WriteHeader(http.StatusFound)
	}))
	w.t.Cleanup(s.Close)
	w.u.Checks.AuthorizeURL, w.u.Checks.HTTPClient = s.URL+"/services/oauth2/authorize", s.Client()
}
