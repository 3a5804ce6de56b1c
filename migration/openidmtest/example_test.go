package openidmtest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// ask sends a request as the administrator and prints the answer, in lines.
func ask(s *openidmtest.Server, method, resource, body string) {
	req, err := http.NewRequest(method, s.URL+resource, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("X-OpenIDM-Username", "openidm-admin")
	req.Header.Set("X-OpenIDM-Password", "openidm-admin")
	req.Header.Set("X-OpenIDM-NoSession", "true")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := s.Client().Do(req)
	if err != nil {
		fmt.Println("no answer")
		return
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.NewReplacer(`,"`, ",\n  \"", ": ", ":\n  ")
	fmt.Println(res.StatusCode, lines.Replace(string(answer)))
}

// A source with two users; in a test, NewSource does the same and closes it.
func Example() {
	source, err := openidmtest.Start(openidmtest.Options{Generation: openidmtest.OpenIDM702, Users: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	ask(source, "GET", `managed/user?_queryFilter=mail+co+"00001"&_fields=mail`, "")
	ask(source, "GET", "managed/user/nobody", "")
	fmt.Println(source.Certificate().Subject.CommonName, source.Count("managed/user"), len(source.Requests()))
	// Output:
	// 200 {"result":[{"_id":"u00001",
	//   "_rev":"1",
	//   "mail":"u00001@example.com"}],
	//   "resultCount":1,
	//   "pagedResultsCookie":null,
	//   "totalPagedResultsPolicy":"NONE",
	//   "totalPagedResults":-1,
	//   "remainingPagedResults":-1}
	// 404 {"code":404,
	//   "reason":"Not Found",
	//   "message":"Object nobody not found in managed/user"}
	// localhost 2 2
}

// The first ping finds a server that is restarting, the second one loses its
// answer.
func ExampleServer_Fail() {
	source, err := openidmtest.Start(openidmtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	source.Fail(openidmtest.Fault{Path: "info/ping", Times: 1, Status: 503,
		Body: `{"code":503,"reason":"Service Unavailable"}`})
	source.Fail(openidmtest.Fault{Path: "info/ping", Times: 1, Effect: openidmtest.LoseAnswer, Method: "POST"})
	ask(source, "GET", "info/ping", "")
	ask(source, "POST", "info/ping?_action=x", "")
	ask(source, "GET", "info/ping", "")
	// Output:
	// 503 {"code":503,
	//   "reason":"Service Unavailable"}
	// no answer
	// 200 {"_id":"",
	//   "shortDesc":"OpenIDM ready",
	//   "state":"ACTIVE_READY"}
}

// A target whose truststore does not have the source's certificate.
func Example_badCertificate() {
	source, err := openidmtest.Start(openidmtest.Options{CommonName: "idc21.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	target, err := openidmtest.Start(openidmtest.Options{
		Role:  openidmtest.Target,
		Hosts: map[string]string{"idc21.example.com": "127.0.0.1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()
	url := strings.Replace(source.URL, "localhost", "idc21.example.com", 1)
	ask(target, "POST", "endpoint/migration?_action=configure",
		`{"instanceUrl":"`+url+`","userName":"openidm-admin","password":"openidm-admin"}`)
	target.Wait()
	ask(target, "POST", "endpoint/migration?_action=status", "")
	// Output:
	// 200 {"status":"pending"}
	// 200 {"message":"bad certificate:
	//   PKIX path building failed:
	//   sun.security.provider.certpath.SunCertPathBuilderException:
	//   unable to find valid certification path to requested target",
	//   "status":"failed"}
}
