package migration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// What a target says of its source may repeat the source's password.
func TestStatusHides(t *testing.T) {
	t.Parallel()
	const secret = `Sesame "open"`
	text, err := json.Marshal("login of openidm-admin/" + secret + " refused")
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]any{
		"a status": `{"status":"failed","message":` + string(text) + `}`,
		"an error": &openidm.Error{Code: 500, Message: "login of openidm-admin/" + secret +
			" refused", Detail: text},
	} {
		r := (&Client{Hide: []openidm.Secret{keystore.NewPassword(secret)}}).redactor(Source{})
		var out string
		switch a := answer.(type) {
		case string:
			out = fmt.Sprintf("%+v", ParseStatus(r.JSON([]byte(a))))
		case *openidm.Error:
			hide(a, r)
			out = fmt.Sprintf("%v %s", a, a.Detail)
		}
		if strings.Contains(out, "Sesame") || !strings.Contains(out, "refused") {
			t.Errorf("%s: %s", name, out)
		}
	}
}
