package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/cost"
)

const (
	maxRecords = 10_000_000
	digits     = 7
	maxPage    = 5000
	usualPage  = 500
	blank      = "#######" // where the number of a record stands
)

// members of a record, as a repository of 7.0.2 returns them. The target has them
// in reverse order.
var members = []string{
	`"userName":"user.#######@example.com"`, `"givenName":"Given #######"`, `"sn":"Stra\u00dfe-M\u00fcller"`,
	`"mail":"user.#######@example.com"`, `"telephoneNumber":"+49 40 #######"`, `"accountStatus":"active"`,
	`"description":"Created for a comparison, number #######"`,
	`"password":{"$crypto":{"type":"x-simple-encryption","value":{"cipher":"AES/CBC/PKCS5Padding",` +
		`"stableId":"openidm-sym-default","salt":"Zm9vYmFyMDEyMzQ1Njc4OQ==","data":"AAAAAAAAAAAAAAA#######==",` +
		`"keySize":16,"purpose":"idm.config.encryption","iv":"AAAAAAAAAAAAAAA#######==","mac":"AAAAAAA#######=="}}}`,
	`"effectiveRoles":[{"_ref":"managed/role/employee","_refProperties":{"_id":"r#######","_rev":"REVISION"}}]`,
	`"effectiveAssignments":[]`,
	`"preferences":{"updates":false,"marketing":true}`, `"city":"Hamburg"`, `"postalCode":"20095"`, `"country":"DE"`,
	`"employeeNumber":1#######`, `"costCenter":1.50`,
	`"lastSync":{"managedUser_systemAd":{"timestamp":"2026-11-24T10:00:00.000Z","effectiveAssignments":[]}}`,
	`"manager":null`,
}

func record(side int) string {
	m := append([]string{`"_id":"u#######"`, `"_rev":"REVISION"`}, members...)
	if side == 1 {
		for i, j := 0, len(m)-1; i < j; i, j = i+1, j-1 {
			m[i], m[j] = m[j], m[i]
		}
	}
	return strings.ReplaceAll("{"+strings.Join(m, ",")+"}", "REVISION",
		[]string{"00000000a1b2c3d4", "00000000e5f60718"}[side])
}

func recordSize() int { return len(record(0)) }

// server keeps an encoded page and writes the record numbers into it.
type server struct {
	record []byte // with a comma at its end
	places []int  // of the numbers in a record
	pages  sync.Pool
}

func newServer(side int) *server {
	s := &server{record: []byte(record(side) + ",")}
	for at := 0; ; {
		i := bytes.Index(s.record[at:], []byte(blank))
		if i < 0 {
			break
		}
		s.places = append(s.places, at+i)
		at += i + digits
	}
	s.pages.New = func() any {
		b := bytes.Repeat(s.record, maxPage)
		return &b
	}
	return s
}

// ServeHTTP answers a query for a page or for a range of ids, and counts. How many
// records there are, and how long the server takes by itself for a page of 500, is
// the first part of the path: "1000000-5ms". A fifth of that is for the request, the
// rest for its records.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	number, pause, _ := strings.Cut(parts[0], "-")
	count, err := strconv.Atoi(number)
	own, pauseErr := time.ParseDuration(pause)
	size, sizeErr := strconv.Atoi(q.Get("_pageSize"))
	offset, _ := strconv.Atoi(q.Get("_pagedResultsCookie"))
	if errors.Join(err, sizeErr, pauseErr) != nil || size < 1 || size > maxPage ||
		strings.Join(parts[1:], "/") != "openidm/repo/managed/user" || offset < 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"code":404,"reason":"Not Found","message":"not in this benchmark"}`)
		return
	}
	filter := q.Get("_queryFilter")
	if filter == "true" {
		filter = ""
	}
	from, to, ok := cost.Within(filter, count)
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"code":400,"reason":"Bad Request","message":"not in this benchmark"}`)
		return
	}
	from += offset
	n := max(min(size, to-from), 0)
	page := s.pages.Get().(*[]byte)
	defer s.pages.Put(page)
	for i := range n {
		var number [digits]byte
		for v, k := from+i, digits-1; k >= 0; k-- {
			number[k] = byte('0' + v%10)
			v /= 10
		}
		at := (*page)[i*len(s.record):]
		for _, p := range s.places {
			copy(at[p:], number[:])
		}
	}
	if own > 0 {
		time.Sleep(own/5 + own*4/5*time.Duration(n)/usualPage)
	}
	const head = `{"result":[`
	body := (*page)[:max(n*len(s.record)-1, 0)]
	cookie := "null"
	if n == size && from+n < to {
		cookie = strconv.Quote(strconv.Itoa(offset + n))
	}
	total := -1
	if q.Get("_totalPagedResultsPolicy") == "EXACT" {
		total = to
	}
	tail := fmt.Sprintf(`],"resultCount":%d,"pagedResultsCookie":%s,"totalPagedResultsPolicy":"NONE",`+
		`"totalPagedResults":%d,"remainingPagedResults":-1}`, n, cookie, total)
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(head)+len(body)+len(tail)))
	io.WriteString(w, head)
	w.Write(body)
	io.WriteString(w, tail)
}

// serve runs both servers and writes their addresses to out. It ends at the end of
// in.
func serve(in io.Reader, out io.Writer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	o := order{Certificate: der}
	for side := range o.URLs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		h := &http.Server{
			Handler: newServer(side), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
			TLSConfig: &tls.Config{
				Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
				NextProtos:   []string{"http/1.1"},
			},
		}
		defer h.Close()
		go h.ServeTLS(l, "", "")
		o.URLs[side] = "https://" + l.Addr().String() + "/"
	}
	if err := json.NewEncoder(out).Encode(o); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}
