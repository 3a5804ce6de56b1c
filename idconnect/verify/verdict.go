package verify

import (
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/internal/text"
)

// closed counts values that could not be opened.
func (c *CollectionReport) closed(values []digest.Closed) {
	for _, v := range values {
		form := strings.TrimSpace(v.Form.Type + " " + v.Form.Cipher)
		if v.Form.Stable {
			form += " with stableId"
		}
		c.NotCheckedValues++
		c.ClosedValues.Add(verdict.Closed{Member: v.Member, Form: form, Alias: v.Form.Alias, Count: 1})
	}
}

// Verdict says what the comparison and its checks prove. That of nil is
// [verdict.Nothing].
func (r *Report) Verdict() verdict.Verdict {
	var v verdict.Verdict
	if r == nil {
		return verdict.Decide(v, nil)
	}
	if r.Incomplete {
		v.Open = append(v.Open, verdict.Item{Kind: "interruption", Count: 1, Says: "the comparison was not completed"})
	}
	for _, note := range r.Notes {
		v.Open = append(v.Open, verdict.Item{Code: "SERVERS", Kind: "mark of the servers", Count: 1, Says: note})
	}
	for i := range r.Collections {
		r.Collections[i].add(&v)
	}
	for _, c := range r.Checks {
		item := verdict.Item{Code: c.Code, Kind: "check", Count: 1, Says: text.Because(c.Name, c.Detail)}
		switch c.Result {
		case CheckPassed:
		case CheckFailed:
			v.Failures = append(v.Failures, item)
		default:
			v.Open = append(v.Open, item)
		}
	}
	if f := r.Failed; f != nil {
		if n := r.lost(); n > 0 {
			v.Failures = append(v.Failures, verdict.Item{Code: failedRecords, Kind: "failed record", Count: n,
				Says: "the migration could not copy " + text.Plural(n, "record")})
		}
		if !f.Checked {
			v.Open = append(v.Open, verdict.Item{Code: failedRecords, Kind: "check", Count: 1,
				Says: text.Because("failed records of the migration", f.Reason)})
		}
	}
	for _, code := range r.Off {
		v.Aside = append(v.Aside, verdict.Item{Code: code, Kind: "item", Count: 1, Says: "turned off"})
	}
	return verdict.Decide(v, r.Accept)
}

// failedRecords is the code of the search for failed records.
const failedRecords = "FAILED-RECORDS"

// lost counts failed records, but for those that a comparison found in the target
// all the same.
func (r *Report) lost() int64 {
	n := r.Failed.Count
	for _, f := range r.Failed.Records {
		compared := slices.ContainsFunc(r.Collections, func(c CollectionReport) bool {
			return c.Name == f.Collection && c.Checked
		})
		if compared && !f.Missing {
			n--
		}
	}
	return n
}

// add puts what is known of a collection into a verdict.
func (c *CollectionReport) add(v *verdict.Verdict) {
	item := verdict.Item{Code: "COLLECTION-" + strings.ToUpper(c.Name), Kind: "collection", Count: 1,
		Says: c.Name + " " + c.Verdict()}
	switch {
	case c.Absent:
		v.Aside = append(v.Aside, item)
		return
	case !c.Checked:
		v.Open = append(v.Open, item)
		return
	}
	v.Source, v.Target, v.Differences = v.Source+c.SourceCount, v.Target+c.TargetCount, v.Differences+c.Differences()
	v.Open = append(v.Open, c.ClosedValues.Items(c.Name, c.NotCheckedValues)...)
}

// Same reports whether everything was compared and nothing differs: the outcome
// [verdict.Same]. It is false for nil.
func (r *Report) Same() bool { return r.Verdict().Outcome == verdict.Same }

// off are the codes of what the options leave out.
func (o Options) off() (codes []string) {
	for _, c := range DefaultCollections() {
		if !slices.ContainsFunc(o.Collections, func(own Collection) bool { return own.Name == c.Name }) {
			codes = append(codes, "COLLECTION-"+strings.ToUpper(c.Name))
		}
	}
	for _, c := range o.Collections {
		for _, member := range c.Ignore {
			codes = append(codes, "MEMBER-"+strings.ToUpper(c.Name)+"."+member)
		}
	}
	return codes
}
