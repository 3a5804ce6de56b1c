package keystore

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestPasswordDoesNotLeak(t *testing.T) {
	t.Parallel()
	p := NewPassword("hush-hush")
	nested := struct{ p Password }{p}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, p)
		fmt.Fprintf(&out, verb, nested)
		fmt.Fprintf(&out, verb, &nested)
	}
	j, err := json.Marshal(map[string]any{"p": p})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	if s := out.String(); strings.Contains(s, "hush") || strings.Contains(s, hex.EncodeToString([]byte("hush"))) {
		t.Error(s)
	}
}
