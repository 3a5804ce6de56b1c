package idconnect_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// eachDecl calls for each declaration of the public packages, without the fakes.
func eachDecl(t *testing.T, call func(pkg string, decl ast.Decl)) {
	t.Helper()
	for _, root := range []string{".", "../keystore", "../migration"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimSuffix(d.Name(), ".go")
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != root && (name == "internal" || strings.HasSuffix(name, "test") ||
				name == "testdata"):
				return fs.SkipDir
			case d.IsDir() || name == d.Name() || strings.HasSuffix(name, "_test"):
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, decl := range parsed.Decls {
				call(parsed.Name.Name, decl)
			}
			return nil
		})
		must(t, err)
	}
}

// pointed are the types with exported methods of pointers, and the functions that take pointers.
var pointed = map[string]any{
	"idconnect.Upgrade": &idconnect.Upgrade{}, "idconnect.Stream": &idconnect.Stream{},
	"keystore.Store": &keystore.Store{}, "keystore.Changes": &keystore.Changes{},
	"jvmtrust.Trust": &jvmtrust.Trust{}, "migration.Client": &migration.Client{}, "openidm.Client": &openidm.Client{},
	"openidm.Pages": &openidm.Pages{}, "verify.Report": &verify.Report{},
	"verify.CollectionReport": &verify.CollectionReport{}, "report.Report": &report.Report{},
	"repair.Report": &repair.Report{}, "report.View": &report.View{},

	"idconnect.Verify": idconnect.Verify, "idconnect.ReportOf": idconnect.ReportOf, "acceptance.Run": acceptance.Run,
	"verify.Run": verify.Run, "verify.Compare": verify.Compare, "repair.Run": repair.Run,
	"keystore.Compare": keystore.Compare, "keystore.Merge": keystore.Merge, "keystore.WriteFile": keystore.WriteFile,
	"idmvalues.Opens": idmvalues.Opens, "idmvalues.Digest": idmvalues.Digest, "jvmtrust.New": jvmtrust.New,
	"jvmtrust.Unreadable": jvmtrust.Unreadable,
}

// TestZeroValues: nil pointers are errors that say so, and zero values are no panic: what they lack is named.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	says := map[string]string{
		"zero idconnect.Upgrade.Run": "Upgrade.SourceDir", "zero idconnect.Upgrade.Plan": "Upgrade.SourceDir",
		"zero idconnect.Upgrade.Rollback": "Upgrade.TargetDir", "zero idconnect.Upgrade.Export": "Upgrade.SourceDir",
		"zero idconnect.Upgrade.Compare": "Upgrade.Source.Credentials.Password",
		"zero idconnect.Upgrade.Watch":   "Upgrade.Target.Credentials.Password",
		"nil idconnect.Upgrade.Run":      "the upgrade is nil", "zero migration.Client.Status": "field API",
		"zero openidm.Client.Ping": "BaseURL", "zero keystore.Store.Encode": "format",
		"zero report.Report.Write": "Write", "verify.Run": "the client of the source is nil",
		"idconnect.Verify": "the client of the source is nil", "repair.Run": "the client of the source is nil",
		"keystore.Merge": "the key store is nil", "keystore.WriteFile": "the key store is nil",
	}
	check := func(name string, f reflect.Value, isNil bool) {
		err, fails := callZero(t, name, f)
		switch {
		case isNil && fails && err == nil:
			t.Errorf("%s is no error", name)
		case err != nil && (strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "<nil>")):
			t.Errorf("%s: %v", name, err)
		}
		if want := says[name]; want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v does not say %q", name, err, want)
		}
		delete(says, name)
	}
	for name, p := range pointed {
		v := reflect.ValueOf(p)
		if v.Kind() == reflect.Func {
			check(name, v, true)
			continue
		}
		for i := range v.NumMethod() {
			m := v.Type().Method(i)
			check("zero "+name+"."+m.Name, v.Method(i), false)
			// Methods of the value itself cannot be called, and one that has no error cannot say it.
			_, ofValue := v.Type().Elem().MethodByName(m.Name)
			if !ofValue && name != "report.View" && canFail(m.Type) { // which embeds a Report
				check("nil "+name+"."+m.Name, reflect.Zero(v.Type()).Method(i), true)
			}
		}
	}
	for name := range says {
		t.Errorf("%s was not called", name)
	}
}

func canFail(f reflect.Type) bool {
	for i := range f.NumOut() {
		if out := f.Out(i); out == reflect.TypeFor[error]() ||
			out.Kind() == reflect.Func && strings.Contains(out.String(), "error") {
			return true
		}
	}
	return false
}

// callZero calls with a context and zero values.
func callZero(t *testing.T, name string, f reflect.Value) (err error, fails bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s panics: %v", name, p)
		}
	}()
	var args []reflect.Value
	for i := range f.Type().NumIn() {
		switch in := f.Type().In(i); {
		case in == reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(t.Context()))
		case f.Type().IsVariadic() && i == f.Type().NumIn()-1:
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	for _, r := range f.Call(args) {
		switch {
		case r.Kind() == reflect.Func && !r.IsNil() && r.Type().CanSeq2():
			for _, e := range r.Seq2() {
				err, _ = e.Interface().(error)
			}
		case r.Kind() == reflect.Func && !r.IsNil() && r.Type().CanSeq():
			for range r.Seq() {
				break
			}
		}
		if e, ok := r.Interface().(error); ok && r.Type() == reflect.TypeFor[error]() {
			err = e
		}
	}
	return err, canFail(f.Type())
}

// TestZeroValuesAll: the table has all of them.
func TestZeroValuesAll(t *testing.T) {
	t.Parallel()
	var all []string
	eachDecl(t, func(pkg string, decl ast.Decl) {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || !d.Name.IsExported() {
			return
		}
		if d.Recv != nil {
			if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
				if id, ok := star.X.(*ast.Ident); ok && id.IsExported() && !strings.HasSuffix(id.Name, "Error") &&
					!strings.HasPrefix(d.Name.Name, "Unmarshal") {
					all = append(all, pkg+"."+id.Name)
				}
			}
			return
		}
		for _, p := range d.Type.Params.List {
			if _, ok := p.Type.(*ast.StarExpr); ok {
				all = append(all, pkg+"."+d.Name.Name)
			}
		}
	})
	for _, name := range slices.Compact(slices.Sorted(slices.Values(all))) {
		if _, ok := pointed[name]; !ok {
			t.Errorf("%s is not in the table", name)
		}
	}
}
