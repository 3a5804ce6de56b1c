package idconnect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func verifyClient(s *openidmtest.Server, password string) *openidm.Client {
	return &openidm.Client{
		BaseURL:     s.URL,
		Credentials: openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword(password)},
		HTTPClient:  s.Client(),
	}
}

// verifyPair starts a source, and a target with its stores that holds what a
// migration makes of its records.
func verifyPair(t testing.TB, users int) (source, target *openidmtest.Server) {
	t.Helper()
	source = openidmtest.NewSource(t, openidmtest.Options{Users: users, Roles: 7, Links: users})
	return source, openidmtest.NewTarget(t, openidmtest.Options{Users: users, Roles: 7, Links: users, StoresOf: source})
}

func TestVerifyServers(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 600)
	compare := func() *verify.Report {
		t.Helper()
		from, to := verifyClient(source, "openidm-admin"), verifyClient(target, "openidm-admin")
		report, err := idconnect.Verify(t.Context(), from, to, idconnect.VerifyOptions{
			Options: verify.Options{Keys: source.Keystore(), Concurrency: 2, PageSize: 250,
				Accept: acceptance.Codes()},
		})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	compared := compare()
	if !compared.Same() || len(compared.Collections) != 4 || compared.Collections[0].SourceCount != 600 ||
		compared.Collections[0].NotCheckedValues != 0 {
		t.Fatalf("equal servers: %+v", compared)
	}

	target.Delete("repo/managed/user", "u00003")
	source.Delete("repo/managed/user", "u00004")
	target.Put("repo/managed/role", "r00001", map[string]any{"name": "changed by hand"})
	compared = compare()
	users, roles := compared.Collections[0], compared.Collections[1]
	if compared.Same() || users.Differences() != 2 || roles.Differences() != 1 ||
		!slices.Equal(users.Missing, []string{"u00003"}) || !slices.Equal(users.Extra, []string{"u00004"}) ||
		len(roles.Changed) != 1 || roles.Changed[0].ID != "r00001" ||
		!slices.Contains(roles.Changed[0].Members, "name") {
		t.Fatalf("got %+v", compared)
	}

	var text bytes.Buffer
	if err := idconnect.ReportOf(compared, nil).Write(&text, report.Text); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(compared)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"changed by hand", "openidm-admin", "$crypto", "@example.com"} {
		if strings.Contains(text.String(), secret) || strings.Contains(string(encoded), secret) {
			t.Errorf("%q is in the compared", secret)
		}
	}
}

func TestVerifyServersRefuse(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 10)
	from, to := verifyClient(source, "openidm-admin"), verifyClient(target, "wrong")
	report, err := idconnect.Verify(t.Context(), from, to, idconnect.VerifyOptions{})
	if !errors.Is(err, openidm.ErrUnauthorized) || !strings.Contains(err.Error(), "target") || report.Same() {
		t.Fatalf("got %v, %+v", err, report)
	}
}

func ExampleVerify() {
	source, err := openidmtest.Start(openidmtest.Options{Users: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	target, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target, Users: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer target.Close()
	target.Delete("repo/managed/user", "u00042")
	password := keystore.NewPassword("openidm-admin")
	client := func(s *openidmtest.Server) *openidm.Client {
		return &openidm.Client{
			BaseURL:     s.URL,
			Trust:       s.Trust(),
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
		}
	}

	compared, err := idconnect.Verify(context.Background(), client(source), client(target), idconnect.VerifyOptions{
		// The two servers have keys of their own, so their encrypted values
		// cannot be compared, only told from what is not encrypted.
		Options:    verify.Options{Collections: []verify.Collection{{Name: "users", Resource: "managed/user"}}},
		Acceptance: acceptance.Options{Off: []string{"*"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range compared.Collections {
		c := &compared.Collections[i]
		fmt.Println(c.Name, c.SourceCount, c.TargetCount, c.Verdict(), c.Missing)
	}
	fmt.Println(compared.Same())
	// Output:
	// users 100 99 1 missing [u00042]
	// false
}
