package preflight

import (
	"reflect"
	"slices"
	"strings"
)

// Entry is one code of the catalogue and what is known of it before anything
// was seen. A finding may have a more exact remedy, and a milder or graver
// severity where Checks says so.
type Entry struct {
	Code     string
	Severity Severity
	// Checks says what is checked, Means what a finding of this code says.
	Checks, Means string
	// Why it matters, and the Remedy; both are "" where all is well.
	Why, Remedy string
}

// Doc returns the address of the entry's section in docs/findings.md.
func (e Entry) Doc() string { return docsOfFindings + "#" + strings.ToLower(e.Code) }

const docsOfFindings = "https://github.com/idconnect-go/upgrade/blob/main/docs/findings.md"

// Codes is the catalogue by name, so that a misspelt code does not compile. A
// name is its code in Go's spelling: Codes.SourceCertName.Code is
// "SOURCE-CERT-NAME", Codes.Source.TLS.Code is "SOURCE-TLS". Do not assign to
// it.
var Codes = codes{
	Source: server("source", sideTexts{
		trusted: ", and use the host name of its certificate in the address",
	}),
	Target: server("target", sideTexts{
		pinged:  " The target has to answer only when the step `setup` is not chosen.",
		path:    "; if another program has the port, stop it or give the target another one",
		trusted: ": after the stores were copied it presents the source's certificate",
	}),
	ofServers:    entriesOfServers,
	ofJobs:       entriesOfJobs,
	ofSalesforce: entriesOfSalesforce,
	ofReminders:  entriesOfReminders,
	ofHost:       entriesOfHost,
	ofStores:     entriesOfStores,
	ofJava:       entriesOfJava,
}

// codes has the entries in the order of the page.
type codes struct {
	Source, Target ServerCodes
	ofServers
	ofJobs
	ofSalesforce
	ofReminders
	ofHost
	ofStores
	ofJava
}

var catalogue = entriesIn(reflect.ValueOf(Codes))

func entriesIn(v reflect.Value) (out []Entry) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Type() == reflect.TypeFor[Entry]() {
			out = append(out, f.Interface().(Entry))
		} else {
			out = append(out, entriesIn(f)...)
		}
	}
	return out
}

// Catalogue returns all entries, in the order of docs/findings.md.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// Lookup returns the entry of a code, and false where there is none.
func Lookup(code string) (Entry, bool) {
	i := slices.IndexFunc(catalogue, func(e Entry) bool { return e.Code == code })
	if i < 0 {
		return Entry{}, false
	}
	return catalogue[i], true
}
