package redact_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
)

func TestFields(t *testing.T) {
	t.Parallel()
	type inner struct {
		MaxDown time.Duration
		Unset   string
	}
	value := struct {
		BaseURL, TLSName, URL string
		Password              keystore.Password
		Hide                  []keystore.Password
		Inner                 inner
		Call                  func()
		Client                *http.Client
		Names                 []string
		own                   string
	}{"https://a/", "b", "c", keystore.NewPassword("s3cret"), []keystore.Password{keystore.NewPassword("s3cret")},
		inner{MaxDown: time.Minute}, func() {}, &http.Client{}, []string{"x"}, "d"}
	var out bytes.Buffer
	hide := func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key != "v" {
			return slog.Attr{}
		}
		return a
	}
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: hide}))
	log.Info("", "v", redact.Fields(value))
	const want = `{"v":{"baseURL":"https://a/","tlsName":"b","url":"c","password":"[redacted]",` +
		`"hide":1,"inner":{"maxDown":60000000000},"names":["x"]}}` + "\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
}
