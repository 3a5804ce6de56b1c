package allow_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/fleet/allow"
	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

// harmless are the texts of an installation that lead a worker to no file, server or
// program: names, words, times, expressions, and resources of a server that is
// allowed.
var harmless = []string{
	"Config.Source.Worker", "Config.Source.User", "Config.Target.Worker", "Config.Target.User",
	"Config.TruststoreConflict", "Config.Steps", "Config.Accept", "Config.Settle", "Config.MaxDown",
	"Config.Verify.Types", "Config.Verify.Ignore", "Config.Verify.ChecksOff", "Config.Verify.PermissionSets",
	"Config.Verify.Groups", "Config.Verify.Organizations", "Config.Verify.Salesforce",
	"Config.Verify.ActiveDirectory",
	"Config.Checks.Timeout", "Config.Checks.ProfileMapping", "Config.Checks.ProfileProperty",
	"Config.Checks.ConsumerKey",
	"Site", "Anywhere",
}

// TestWholeOrder: every text of an installation, one added later, too, is asked for, or
// is known to lead nowhere.
func TestWholeOrder(t *testing.T) {
	for _, foreign := range []string{"/nowhere/x", "https://evil.example.com/openidm/"} {
		var asked, left []string
		texts(reflect.TypeFor[fleetfile.Installation](), "", func(at string, set func(reflect.Value, string)) {
			var i fleetfile.Installation
			set(reflect.ValueOf(&i).Elem(), foreign)
			if errors.As(list.Site(&i.Config), new(*allow.Error)) {
				asked = append(asked, at)
			} else {
				left = append(left, at)
			}
		})
		for _, at := range left {
			if !slices.Contains(harmless, at) {
				t.Errorf("an order may have %s at %s: ask the list, or say that it is harmless", foreign, at)
			}
		}
		for _, at := range harmless {
			if !slices.Contains(left, at) {
				t.Errorf("%s is no text that passes", at)
			}
		}
		if len(asked) < 30 {
			t.Errorf("only %d texts are asked for: %s", len(asked), strings.Join(asked, " "))
		}
	}
}

// texts calls f with each text below a type, and what gives it to a value.
func texts(in reflect.Type, at string, f func(at string, set func(reflect.Value, string))) {
	switch in.Kind() {
	case reflect.String:
		f(strings.TrimPrefix(at, "."), reflect.Value.SetString)
	case reflect.Slice:
		texts(in.Elem(), at, func(at string, set func(reflect.Value, string)) {
			f(at, func(v reflect.Value, s string) {
				v.Set(reflect.MakeSlice(in, 1, 1))
				set(v.Index(0), s)
			})
		})
	case reflect.Pointer:
		texts(in.Elem(), at, func(at string, set func(reflect.Value, string)) {
			f(at, func(v reflect.Value, s string) {
				v.Set(reflect.New(in.Elem()))
				set(v.Elem(), s)
			})
		})
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(in) {
			if len(field.Index) == 1 {
				texts(field.Type, at+"."+field.Name, func(at string, set func(reflect.Value, string)) {
					f(at, func(v reflect.Value, s string) { set(v.FieldByIndex(field.Index), s) })
				})
			}
		}
	case reflect.Bool, reflect.Int:
	default:
		panic("a new kind of member: " + in.String())
	}
}

// TestPaths: a folder and all below it, or one file; no link leads out of it, not even
// one to what is not there yet and would be written.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"in/idc/conf", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in/leak": "out", "in/dangling": "out/new", "in/within": "in/idc/new"} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, link)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	l := &allow.List{Paths: []string{dir + "/in/", filepath.Join(dir, "one.zip"), dir + "/later/"}}
	for name, ok := range map[string]bool{
		"in": true, "in/idc": true, "in/idc/conf": true, "in/new/deep": true, "in/within": true, "one.zip": true,
		"later/x.age": true, "later": true,
		"in/leak": false, "in/leak/new": false, "in/dangling": false, "out": false, "one.zip/x": false,
		"inner": false, ".": false, "in/../out": false,
	} {
		c := &siteconfig.Config{Package: dir + "/" + name}
		if err := l.Site(c); (err == nil) != ok || err != nil && !errors.As(err, new(*allow.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAddresses: an address by which a host is reached is asked for with its port, and
// the name of a certificate without one.
func TestAddresses(t *testing.T) {
	l := &allow.List{Servers: []string{"a.example.com:8443", "192.0.2.7:8443"}}
	url := "https://a.example.com:8443/openidm/"
	at := siteconfig.Server{URL: url}
	for want, c := range map[string]*siteconfig.Config{
		"": {Source: siteconfig.Server{URL: url, TLSName: "a.example.com"},
			InstanceAddress: "192.0.2.7"},
		"the server 192.0.2.8:8443": {Source: at, InstanceAddress: "192.0.2.8"},
		"the server 192.0.2.7:443":  {InstanceAddress: "192.0.2.7"},
		"the server b.example.com":  {Target: siteconfig.Server{URL: url, TLSName: "b.example.com"}},
		"an id":                     {ID: "../reports"},
	} {
		if err := l.Site(c); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
