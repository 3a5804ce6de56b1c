package openidmtest_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func TestCertificate(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{CommonName: "idc21.example.com"})
	cert := s.Certificate()
	if got := keystore.CertificateSubject(cert.Raw); got == "" || cert.Subject.CommonName != "idc21.example.com" ||
		len(cert.Extensions) != 0 {
		t.Errorf("subject %s, %d extensions", got, len(cert.Extensions))
	}
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()),
		&tls.Config{ServerName: "idc21.example.com"})
	if err == nil {
		conn.Close()
		t.Error("the system's roots trust the fake")
	}
	conn, err = tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port()), s.Trust().TLSConfig("idc21.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !conn.ConnectionState().PeerCertificates[0].Equal(cert) {
		t.Error("another certificate is presented")
	}
}

// TestStoresOnDisk starts a second server with the files of the first.
func TestStoresOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := keystore.NewPassword("other password")
	first := openidmtest.NewSource(t, openidmtest.Options{Users: 3, Password: password})
	if err := first.WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	o := openidmtest.Options{
		Keystore:   filepath.Join(dir, "keystore.jceks"),
		Truststore: filepath.Join(dir, "truststore"), Password: password,
	}
	second := openidmtest.NewTarget(t, o)
	if !second.Certificate().Equal(first.Certificate()) {
		t.Error("another certificate is presented")
	}
	keys, err := keystore.Open(o.Keystore, password)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for id, r := range first.Records("managed/user") {
		value, err := json.Marshal(r["password"])
		if err != nil {
			t.Fatal(err)
		}
		if err := idmvalues.Opens(keys, value); err != nil {
			t.Errorf("the password of %s: %v", id, err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d users", n)
	}
	o.Password = keystore.NewPassword("wrong")
	if s, err := openidmtest.Start(o); !errors.Is(err, keystore.ErrIntegrity) {
		t.Errorf("wrong password: %v, %v", s, err)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Users: 2})
	do(t, s, "PUT", "managed/user/jo",
		`{"userName":"jö","givenName":"J","sn":"O","mail":"jo@example.com","password":"Pässw0rd:1"}`)
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"anonymous, info", "GET", "info/ping", as("anonymous", "anonymous"), 200},
		{"anonymous, action on info", "POST", "info/ping?_action=x", as("anonymous", "anonymous"), 403},
		{"anonymous, unknown", "GET", "nothing", as("anonymous", "anonymous"), 403},
		{"nobody", "GET", "info/ping", []string{"X-Other", "x"}, 401},
		{"no such user", "GET", "info/ping", as("nobody", "x"), 401},
		{"user", "GET", "info/login", as("u00001", "Passw0rd1"), 200},
		{"user, own data", "GET", "managed/user/u00001", as("u00001", "Passw0rd1"), 200},
		{"user, other data", "GET", "managed/user/u00000", as("u00001", "Passw0rd1"), 403},
		{"RFC 5987", "GET", "info/login", as("UTF-8''j%C3%B6", "UTF-8''P%C3%A4ssw0rd:1"), 200},
		{"Basic with a colon", "GET", "info/login", []string{"Authorization", "Basic asO2OlDDpHNzdzByZDox"},
			200},
		{"Basic without a colon", "GET", "info/login", []string{"Authorization", "Basic YWJj"}, 401},
		{"admin, query expression", "GET", "managed/user?_queryExpression=select",
			as("openidm-admin", "openidm-admin"), 403},
		{"admin, action on a connector", "POST", "system?_action=script",
			as("openidm-admin", "openidm-admin"), 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if r := do(t, s, c.method, c.path, "", c.header...); r.status != c.status {
				t.Errorf("%d %s, want %d", r.status, r.body, c.status)
			}
		})
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{})
	r := get(t, s, "info/login", "X-OpenIDM-Username", "openidm-admin", "X-OpenIDM-Password", "openidm-admin")
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, "session-jwt=") {
		t.Fatalf("cookie %q", cookie)
	}
	if r := get(t, s, "info/login", append(as("anonymous", "anonymous"), "Cookie",
		cookie)...); r.json["authenticationId"] != "openidm-admin" {
		t.Errorf("the headers won over the session: %s", r.body)
	}
	if r := do(t, s, "POST", "recon?_action=recon&mapping=x", "", "Cookie",
		cookie); r.status != http.StatusForbidden {
		t.Errorf("a POST that a foreign page could send: %d", r.status)
	}
	if r := do(t, s, "POST", "authentication?_action=logout", "", "Cookie", cookie,
		"X-Requested-With", "x"); r.status != 200 {
		t.Errorf("logout: %d %s", r.status, r.body)
	}
	if r := get(t, s, "info/login", "Cookie", cookie); r.status != http.StatusUnauthorized {
		t.Errorf("after logout: %d", r.status)
	}
	if r := get(t, s, "info/login"); r.header.Get("Set-Cookie") != "" {
		t.Error("a cookie in spite of X-OpenIDM-NoSession")
	}
}

// TestStages goes through a start with the clock of a bubble.
func TestStages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openidmtest.NewSource(t, openidmtest.Options{InMemory: true, Startup: openidmtest.Startup{
			Refused: 16 * time.Second, HTML: time.Second, Starting: 3 * time.Second,
		}})
		if _, err := send(s.Client(), "GET", s.URL+"info/ping", ""); err == nil {
			t.Error("not refused")
		}
		time.Sleep(16 * time.Second)
		if r := get(t, s, "info/ping"); r.status != 404 ||
			!strings.Contains(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("first answer: %d %s", r.status, r.body)
		}
		time.Sleep(time.Second)
		if r := get(t, s, "info/ping"); r.json["state"] != "STARTING" {
			t.Errorf("second answer: %s", r.body)
		}
		if r := get(t, s, "managed/user?_queryFilter=true"); r.status != http.StatusServiceUnavailable {
			t.Errorf("query while starting: %d", r.status)
		}
		time.Sleep(3 * time.Second)
		if r := get(t, s, "info/ping"); r.json["state"] != "ACTIVE_READY" {
			t.Errorf("third answer: %s", r.body)
		}
		s.SetState(openidmtest.Stopping)
		if r := get(t, s, "info/ping"); r.json["state"] != "STOPPING" {
			t.Errorf("at the end: %s", r.body)
		}
	})
}

// TestRefusedThenListening has a server for each half: Windows tries a refused
// connection again for some two seconds by itself, within which a server that
// refuses for a moment only has long begun to listen.
func TestRefusedThenListening(t *testing.T) {
	t.Parallel()
	never := openidmtest.NewSource(t, openidmtest.Options{Startup: openidmtest.Startup{Refused: time.Hour}})
	if _, err := send(never.Client(), "GET", never.URL+"info/ping", ""); err == nil {
		t.Error("not refused")
	}
	s := openidmtest.NewSource(t, openidmtest.Options{Startup: openidmtest.Startup{Refused: 50 * time.Millisecond}})
	await.Until(t, "it listens", func() bool {
		r, err := send(s.Client(), "GET", s.URL+"info/ping", "")
		if err == nil && r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
		return err == nil
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()
	const all = 1_000_000
	users := all
	if testing.Short() || !exhaustive.All() {
		users = 20_000
	}
	t.Logf("%d of %d of %d users", users, users, all)
	s := openidmtest.NewSource(t, openidmtest.Options{Users: users})
	user := func(n int) string { return fmt.Sprintf("u%0*d", len(strconv.Itoa(users-1)), n) }
	for _, c := range []struct{ query, cookie, first string }{
		{"_queryFilter=true", "", user(0)},
		{"_queryFilter=true&_sortKeys=_id", strconv.Itoa(users - 10), user(users - 10)},
		{"_queryFilter=true", strconv.Itoa(users / 2), user(users / 2)},
		{`_queryFilter=userName+eq+"` + user(users/13) + `"`, "", user(users / 13)},
	} {
		r := get(t, s, "managed/user?"+c.query+"&_fields=userName&_pageSize=5&_pagedResultsCookie="+c.cookie)
		rows, _ := r.json["result"].([]any)
		if r.status != 200 || len(rows) == 0 || rows[0].(map[string]any)["_id"] != c.first {
			t.Errorf("%s: %d %.300s", c.query, r.status, r.body)
		}
	}
	if n := s.Count("managed/user"); n != users {
		t.Errorf("%d users", n)
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Users: 20, Connector: true})
	client := s.Client()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 5 {
				id := fmt.Sprintf("x%d-%d", i, j)
				body := fmt.Sprintf(`{"userName":%q,"givenName":"G","sn":"S","mail":"x@example.com"}`,
					id)
				for _, step := range [][3]string{
					{"PUT", "managed/user/" + id, body},
					{"GET", "managed/user?_queryFilter=true&_sortKeys=-userName&_pageSize=7", ""},
					{"POST", "recon?_action=recon&mapping=systemXmlfileAccounts_managedUser", ""},
					{"GET", "recon", ""},
					{"GET", "audit/recon?_queryFilter=true", ""},
					{"DELETE", "managed/user/" + id, ""},
				} {
					if r, err := send(client, step[0], s.URL+step[1], step[2]); err != nil ||
						r.status >= 300 {
						t.Errorf("%s %s: %d %s %v", step[0], step[1], r.status, r.body, err)
					}
				}
				s.Requests()
			}
		})
	}
	group.Wait()
	if n := s.Count("managed/user"); n != 22 {
		t.Errorf("%d users, want 22", n)
	}
}

func TestRequestsHoldNoPassword(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewTarget(t, openidmtest.Options{AdminPassword: "s3cret-admin"})
	get(t, s, "info/login", as("openidm-admin", "s3cret-admin")...)
	body := `{"instanceUrl":"https://localhost:1/openidm/","userName":"a","password":"s3cret-source"}`
	do(t, s, "POST", migration+"configure", body, as("anonymous", "anonymous")...)
	log := s.Requests()
	if len(log) != 2 || log[1].Action != "configure" || log[1].Username != "anonymous" || log[1].Status != 200 ||
		log[0].Path != "info/login" {
		t.Errorf("%+v", log)
	}
	if strings.Contains(fmt.Sprintf("%+v", log), "s3cret") {
		t.Error("a password is in the log")
	}
}

func TestAddressTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := openidmtest.Start(openidmtest.Options{Addr: l.Addr().String()}); err == nil {
		t.Error("no error")
	}
	if _, err := openidmtest.Start(openidmtest.Options{Users: 1_000_001}); err == nil {
		t.Error("no error for too many users")
	}
}

// BenchmarkNewSource measures what a test pays for a server after the first,
// for which keys are made.
func BenchmarkNewSource(b *testing.B) {
	openidmtest.NewSource(b, openidmtest.Options{})
	for b.Loop() {
		s, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Source})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
