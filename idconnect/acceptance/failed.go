package acceptance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/reason"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// failedMaxRuns and failedMaxPages limit what is read of runs and of the
	// audit entries of one of them.
	failedMaxRuns  = 1000
	failedMaxPages = 20_000
	failedPageSize = 200
)

// auditEntry is one of audit/recon, as far as it is looked at.
type auditEntry struct {
	EntryType string          `json:"entryType"`
	Status    string          `json:"status"`
	ReconID   string          `json:"reconId"`
	Source    string          `json:"sourceObjectId"`
	Target    string          `json:"targetObjectId"`
	Message   string          `json:"message"`
	Exception string          `json:"exception"`
	Detail    json.RawMessage `json:"messageDetail"`
}

var auditFields = []string{"_id", "entryType", "status", "reconId", "sourceObjectId", "targetObjectId", "message",
	"exception", "messageDetail"}

// failedRecords asks the target for its reconciliations, of which a migration
// is made, and its audit for the entries of those with failures.
func (t *checker) failedRecords(ctx context.Context) *verify.FailedRecords {
	out := &verify.FailedRecords{}
	defer func() { out.Repair = t.repair(ctx, out) }()
	target := t.servers[1]
	runs, err := target.Recons(ctx)
	switch {
	case err != nil:
		out.Reason = "the target does not show its reconciliations: " + statusOf(err)
		return out
	case len(runs) == 0:
		out.Reason = "the target remembers no reconciliation: it forgets them when it is restarted"
		return out
	case len(runs) > failedMaxRuns:
		runs = runs[len(runs)-failedMaxRuns:]
		out.Reason = fmt.Sprintf("only the last %d reconciliations were looked at", failedMaxRuns)
	}
	out.Checked = true
	var notes []string
	records := map[failedKey]verify.FailedRecord{}
	for _, run := range runs {
		failures, name := run.Failures(), text.Printable(text.Cut(run.ID, 100))
		if failures == 0 {
			continue
		}
		if run.ID == "" {
			out.Checked = false
			notes = append(notes, "a reconciliation has no id")
			continue
		}
		out.Count += max(failures, 0)
		named, err := t.audited(ctx, run, records)
		switch {
		case err != nil:
			out.Checked = false
			notes = append(notes, fmt.Sprintf("the audit entries of %s were not read: %s", name, statusOf(err)))
		case failures < 0:
			out.Count += named
		case named < failures:
			notes = append(notes, fmt.Sprintf("the audit names %d of the %s of %s", named,
				text.Plural(failures, "failed record"), name))
		}
		if run.Ended == "" {
			notes = append(notes, name+" is still running")
		}
	}
	for key, r := range records {
		r.Mapping, r.ID = key.mapping, key.id
		out.Records = append(out.Records, r)
	}
	slices.SortFunc(out.Records, func(a, b verify.FailedRecord) int {
		return cmp.Or(strings.Compare(a.Mapping, b.Mapping), strings.Compare(a.Collection, b.Collection),
			strings.Compare(a.ID, b.ID))
	})
	t.match(ctx, out.Records)
	t.hideValues(ctx, out.Records)
	if out.Reason != "" {
		notes = append([]string{out.Reason}, notes...)
	}
	out.Reason = strings.Join(notes[:min(len(notes), 5)], "; ")
	return out
}

// failedKey is a record that failed, however often it did.
type failedKey struct{ mapping, collection, id string }

// audited reads the entries of the failures of a run and keeps as many as the
// report has room for. It returns how many there are.
func (t *checker) audited(ctx context.Context, run openidm.Recon,
	records map[failedKey]verify.FailedRecord) (named int64, err error) {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
	query := openidm.Query{
		Filter: `reconId eq "` + quote(run.ID) +
			`" and status eq "FAILURE"`, Fields: auditFields, PageSize: failedPageSize,
	}
	var pages openidm.Pages
	for cookie, read := "", 0; ; read++ {
		page, err := t.servers[1].QueryPage(ctx, "audit/recon", query, cookie)
		if err != nil {
			return named, err
		}
		for _, raw := range page.Result {
			var e auditEntry
			if err := json.Unmarshal(raw, &e); err != nil {
				return named, fmt.Errorf("%w: an audit entry of another form", openidm.ErrNotOpenIDM)
			}
			// The summary of a run that failed is no record; a server that
			// does not look at the filter shows others, too.
			if e.Status != "FAILURE" || e.ReconID != run.ID || e.EntryType != "" &&
				e.EntryType != "entry" {
				continue
			}
			named++
			collection, id := t.recordOf(e)
			key := failedKey{text.Cut(run.Mapping, 200), collection, text.Cut(id, digest.MaxID)}
			if _, known := records[key]; known || len(records) < t.compared.MaxDifferences {
				records[key] = verify.FailedRecord{Run: text.Cut(run.ID, 200), Reason: t.reasonOf(e),
					Collection: collection}
			}
		}
		if cookie = page.Cookie; cookie == "" {
			return named, nil
		}
		if err := pages.Next(cookie, len(page.Result)); err != nil {
			return named, err
		}
		if read >= failedMaxPages {
			return named, openidm.ErrPaging
		}
	}
}

// recordOf finds out which record an entry is about: that of a collection that
// was compared, where it names one, else the source's.
func (t *checker) recordOf(e auditEntry) (collection, id string) {
	for _, object := range []string{e.Source, e.Target} {
		for i := range t.report.Collections {
			c := &t.report.Collections[i]
			rest, ok := strings.CutPrefix(strings.TrimPrefix(object, "repo/"),
				strings.TrimPrefix(c.Resource, "repo/")+"/")
			if ok && rest != "" {
				return c.Name, rest
			}
		}
	}
	object := cmp.Or(e.Source, e.Target)
	return "", object[strings.LastIndexByte(object, '/')+1:]
}

// detail is an error's detail, as servers answer (measured): the policies that were
// not kept are in it, or in its member detail.
type detail struct {
	Message string       `json:"message"`
	Reason  string       `json:"reason"`
	Detail  requirements `json:"detail"`
	requirements
}

type requirements struct {
	Failed []struct {
		Property     string `json:"property"`
		Requirements []struct {
			Name string `json:"policyRequirement"`
		} `json:"policyRequirements"`
	} `json:"failedPolicyRequirements"`
}

// reasonOf is what an entry says about why: the class of the exception, the
// policies that were not kept, and the message without what may be values.
func (t *checker) reasonOf(e auditEntry) string {
	var d detail
	_ = json.Unmarshal(e.Detail, &d) // what is of another form says nothing
	var parts []string
	if policies := d.policies(); len(policies) > 0 {
		parts = append(parts, "policies not kept: "+strings.Join(policies, ", "))
	}
	message := cmp.Or(t.reason(e.Message), t.reason(cmp.Or(d.Message, d.Reason)))
	if message != "" {
		parts = append(parts, message)
	}
	// The exception may be its class, or that and a stack of calls.
	class, _, _ := strings.Cut(strings.TrimSpace(e.Exception), "\n")
	class, _, _ = strings.Cut(class, ":")
	if class = class[strings.LastIndexByte(class, '.')+1:]; reason.Name.MatchString(class) {
		parts = append(parts, class)
	}
	return text.Cut(strings.Join(parts, "; "), reason.Max)
}

// policies are the names of properties and of the policies that they did not keep.
func (d detail) policies() (out []string) {
	for _, p := range append(d.Detail.Failed, d.Failed...) {
		for _, r := range p.Requirements {
			if reason.Name.MatchString(p.Property) && reason.Name.MatchString(r.Name) && len(out) < 8 {
				out = append(out, p.Property+" "+r.Name)
			}
		}
	}
	return out
}

// match says of each record whether the comparison, too, finds it missing.
// Where its list has no room for all that are missing, the target is asked.
func (t *checker) match(ctx context.Context, records []verify.FailedRecord) {
	for i := range records {
		r := &records[i]
		c := t.collection(r.Collection)
		if c == nil {
			continue
		}
		_, r.Missing = slices.BinarySearch(c.Missing, r.ID)
		if r.Missing || c.MissingCount <= int64(len(c.Missing)) || ctx.Err() != nil {
			continue
		}
		var record struct {
			ID string `json:"_id"`
		}
		err := t.servers[1].Read(ctx, c.Resource+"/"+url.PathEscape(r.ID), &record, "_id")
		r.Missing = errors.Is(err, openidm.ErrNotFound)
	}
}

// collection is a collection that was compared, nil if there is none of that name.
func (t *checker) collection(name string) *verify.CollectionReport {
	for i := range t.report.Collections {
		if c := &t.report.Collections[i]; c.Name == name && name != "" {
			return c
		}
	}
	return nil
}

// hideValues takes out of the reasons what the records hold themselves, as far
// as the source shows them; their ids may stay.
func (t *checker) hideValues(ctx context.Context, records []verify.FailedRecord) {
	work := make(chan *verify.FailedRecord)
	var all sync.WaitGroup
	for range parallelReads {
		all.Go(func() {
			for r := range work {
				var record any
				path := t.collection(r.Collection).Resource + "/" + url.PathEscape(r.ID)
				if ctx.Err() != nil || t.servers[0].Read(ctx, path, &record) != nil {
					continue
				}
				for _, value := range valuesIn(record, nil) {
					if value != r.ID {
						r.Reason = reason.WithoutWord(r.Reason, value)
					}
				}
			}
		})
	}
	for i := range records {
		if r := &records[i]; r.Collection != "" && r.Reason != "" {
			work <- r
		}
	}
	close(work)
	all.Wait()
}

// valuesIn are the texts in a record that are long enough to be told from the
// words around them, and no longer than a reason.
func valuesIn(v any, out []string) []string {
	switch v := v.(type) {
	case string:
		if len(v) >= 3 && len(v) <= reason.Max {
			out = append(out, v)
		}
	case []any:
		for _, x := range v {
			out = valuesIn(x, out)
		}
	case map[string]any:
		for _, x := range v {
			out = valuesIn(x, out)
		}
	}
	return out
}

// reason hides the passwords of both accounts, too.
func (t *checker) reason(text string) string { return reason.Harmless(text, t.hide) }

// repair suggests how to bring over what is not there.
func (t *checker) repair(ctx context.Context, failed *verify.FailedRecords) string {
	missing, checked := int64(0), len(t.report.Collections) > 0
	for i := range t.report.Collections {
		c := &t.report.Collections[i]
		missing, checked = missing+c.MissingCount+c.ChangedCount, checked && c.Checked
	}
	if failed.Count == 0 && missing == 0 {
		return ""
	}
	if missing == 0 && checked {
		return "nothing: all that failed is there by now, as the comparison shows"
	}
	first := ""
	if failed.Count > 0 {
		first = "remove the reasons first; then "
	}
	var names json.RawMessage
	err := t.servers[1].Action(ctx, migration.ServiceEndpoint, "mappingNames",
		openidm.ActionRequest{Repeatable: true}, &names)
	if err != nil {
		return first +
			"restore the records by their ids: verify.Report.SaveRepairList writes them down, " +
			"Upgrade.Repair restores them; this target is not known to migrate twice"
	}
	var mappings []string // the records are in their order
	for _, r := range failed.Records {
		mappings = append(mappings, r.Mapping)
	}
	only := ""
	if mappings = slices.Compact(mappings); len(mappings) > 0 {
		only = " (its action migrate with mapping=" + list(mappings) + " is enough)"
	}
	return first + "migrate again: the target's migration service copies what is missing" + only +
		", as Upgrade.Run does with Upgrade.Again and Upgrade.Steps migrate,verify"
}
