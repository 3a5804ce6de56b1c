package idconnect_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const heldSecret = "Sesame-0pen-Sesame!!"

// holders are a value of each exported type that holds a secret: one that is in use, so that what is kept for later is
// in it, too.
func holders(t *testing.T) map[string]any {
	t.Helper()
	store := keystore.New(keystore.JCEKS)
	password := keystore.NewPassword(heldSecret)
	must(t, store.PutSecretKey("k", "AES", []byte(heldSecret[:16]), keystore.PutOptions{Password: password}))
	var b bytes.Buffer
	must(t, store.Encode(&b, password))
	opened, err := keystore.Decode(&b, password)
	must(t, err)
	_, _, err = opened.SecretKey("k")
	must(t, err)
	entry, _ := opened.Entry("k")

	client := &openidm.Client{}
	fill(reflect.ValueOf(client), password, opened)
	client.BaseURL = "https://localhost:1/openidm/"
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Ping(ended); err == nil {
		t.Fatal("an answer from nobody")
	}
	admin := migration.Client{API: client}
	fill(reflect.ValueOf(&admin), password, opened)
	all := map[string]any{
		"keystore.Password": password, "keystore.Store": opened, "keystore.Entry": entry,
		"keystore.OpenedKey": opened.OpenKeys(t.Context(), password)[0],
		"openidm.Client":     client, "migration.Client": &admin,
	}
	for name, v := range map[string]any{
		"keystore.CopyOptions": &keystore.CopyOptions{}, "keystore.PutOptions": &keystore.PutOptions{},
		"openidm.Credentials": &openidm.Credentials{}, "migration.Source": &migration.Source{},
		"idconnect.Server": &idconnect.Server{}, "idconnect.HandoverKey": &idconnect.HandoverKey{},
		"idconnect.Upgrade": &idconnect.Upgrade{}, "idconnect.VerifyOptions": &idconnect.VerifyOptions{},
		"verify.Options": &verify.Options{}, "repair.Options": &repair.Options{},
	} {
		fill(reflect.ValueOf(v), password, opened)
		all[name] = v
	}
	u := all["idconnect.Upgrade"].(*idconnect.Upgrade)
	u.Events, u.Target.HTTPClient = func(idconnect.Event) {}, nil
	all["idconnect.Stream"] = u.Stream(t.Context())
	return all
}

// fill sets every secret and every store in a value.
func fill(v reflect.Value, password keystore.Password, store *keystore.Store) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*keystore.Store]() && v.CanSet() {
			v.Set(reflect.ValueOf(store))
		} else if v.Type() == reflect.TypeFor[*openidm.Credentials]() && v.CanSet() {
			v.Set(reflect.ValueOf(&openidm.Credentials{Username: "u", Password: password}))
		} else if !v.CanSet() && !v.IsNil() {
			fill(v.Elem(), password, store)
		}
	case reflect.Slice:
		if v.Type().Elem() == reflect.TypeFor[keystore.Password]() {
			v.Set(reflect.ValueOf([]keystore.Password{password}))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[keystore.Password]() {
			v.Set(reflect.ValueOf(password))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), password, store)
			}
		}
	}
}

// TestHolders: no exported type that holds a secret shows it, however it is printed.
func TestHolders(t *testing.T) {
	t.Parallel()
	all := holders(t)
	for _, name := range holderTypes(t) {
		if _, ok := all[name]; !ok {
			t.Errorf("%s holds a secret: give an example of it", name)
		}
	}
	key := []byte(heldSecret[:16])
	tells := []string{heldSecret, string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
		base64.StdEncoding.EncodeToString(key)[:20], strings.Trim(fmt.Sprint(key), "[]"),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", key), "[]byte{"), "}")}
	for name, v := range all {
		values := []any{v}
		if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !strings.HasSuffix(name, "Client") &&
			name != "keystore.Store" && name != "idconnect.Stream" {
			values = append(values, p.Elem().Interface())
		}
		for _, v := range values {
			for how, text := range printed(v) {
				for _, tell := range tells {
					if strings.Contains(text, tell) {
						t.Errorf("%T shows a secret by %s: %s", v, how, text)
						break
					}
				}
				if strings.Contains(text, "!ERROR") && strings.HasPrefix(how, "json handler") {
					t.Errorf("%T: %s says nothing: %s", v, how, text)
				}
			}
		}
	}
}

func printed(v any) map[string]string {
	var text, asJSON bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&asJSON, nil)).Info("m", "v", v)
	out := map[string]string{"text handler": text.String(), "json handler": asJSON.String(),
		"print in a struct": fmt.Sprintf("%+v", struct{ V any }{v})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	marshalled, err := json.Marshal(v) // functions cannot be
	out["json.Marshal"] = fmt.Sprint(string(marshalled), err)
	return out
}

// holderTypes are the exported types of the SDK that hold a secret, by what their fields are.
func holderTypes(t *testing.T) []string {
	t.Helper()
	fields := map[string][]string{} // type: what it holds
	eachDecl(t, func(pkg string, decl ast.Decl) {
		if d, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					name := pkg + "." + s.Name.Name
					fields[name] = append(fields[name], heldIn(pkg, s.Type)...)
				}
			}
		}
	})
	holds := map[string]bool{"keystore.Password": true, "openidm.Secret": true}
	for grew := true; grew; {
		grew = false
		for name, held := range fields {
			if !holds[name] && slices.ContainsFunc(held, func(h string) bool { return h == "[]byte Key" || holds[h] }) {
				holds[name], grew = true, true
			}
		}
	}
	var exported []string
	for name := range maps.Keys(holds) {
		if _, own, _ := strings.Cut(name, "."); token.IsExported(own) && name != "openidm.Secret" {
			exported = append(exported, name)
		}
	}
	if len(exported) < 15 {
		t.Fatalf("only %v", exported)
	}
	slices.Sort(exported)
	return exported
}

// heldIn are the types of the fields of a type of package pkg, but for those of functions.
func heldIn(pkg string, e ast.Expr) (held []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType, *ast.InterfaceType:
			return false
		case *ast.Field:
			if len(n.Names) > 0 && n.Names[0].Name == "Key" {
				if a, ok := n.Type.(*ast.ArrayType); ok && fmt.Sprint(a.Elt) == "byte" {
					held = append(held, "[]byte Key")
				}
			}
			held = append(held, heldIn(pkg, n.Type)...)
			return false
		case *ast.SelectorExpr:
			held = append(held, fmt.Sprint(n.X)+"."+n.Sel.Name)
			return false
		case *ast.Ident:
			held = append(held, pkg+"."+n.Name)
		}
		return true
	})
	return held
}
