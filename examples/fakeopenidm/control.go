package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// maxFaults bounds what the control takes at once, in bytes.
const maxFaults = 1 << 20

// control lets another program give faults to a server and read its log of requests.
// It listens on the loopback interface, and wants a token that is in a file.
type control struct {
	server  *openidmtest.Server
	token   string
	headers string // the file
	http    *http.Server
	url     string
}

func listen(server *openidmtest.Server, headers string) (*control, error) {
	c := &control{server: server, token: "Bearer " + rand.Text(), headers: headers}
	if err := writePrivate(headers, "Authorization: "+c.token+"\n"); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address(0))
	if err != nil {
		return nil, err
	}
	c.url = "http://" + l.Addr().String() + "/"
	mux := http.NewServeMux()
	mux.HandleFunc("POST /faults", c.add)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		server.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(server.Requests())
	})
	c.http = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: c.guard(mux)}
	go c.http.Serve(l)
	return c, nil
}

func (c *control) close() { c.http.Close() }

// guard refuses whoever has no token, before anything else is read. A page in a
// browser, which could reach the port, has none.
func (c *control) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(c.token)) != 1 {
			http.Error(w, "the header Authorization is missing or wrong", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// add gives the server more faults.
func (c *control) add(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaults))
	var faults []openidmtest.Fault
	if err == nil {
		faults, err = parseFaults(content)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, f := range faults {
		c.server.Fail(f)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *control) describe(out io.Writer) {
	fmt.Fprintf(out, "\nThe control of the %s is at %s: POST and DELETE faults, GET requests.\n",
		c.server.Role(), c.url)
	fmt.Fprintf(out, "curl -H @%s -d '[{\"Path\": \"info/ping\", \"Status\": 503}]' %sfaults\n", c.headers, c.url)
}
