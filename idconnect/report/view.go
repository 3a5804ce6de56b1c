package report

import (
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/redact"
)

// View is a report as a [Format] shows it: a copy in which every text is
// printable, with the verdict in words. A text is one line, apart from those
// named Detail, Error, Reason, Remedy, Repair, Seen and Why, which may have
// several.
type View struct {
	Report
	// Raw is the report itself, for formats that escape every text, such as
	// JSON.
	Raw *Report

	// Title is the verdict in a few words for somebody who does not know the
	// steps, Lead one or two sentences about it, and Tone how good the news is.
	Title, Lead string
	Tone        Tone
	// Cause is what failed, and ToDo what to do about it, as a sentence; "" where
	// the title says it.
	Cause, ToDo string
	// ByHand are the findings that a person has to see to: no run does, and none
	// sees whether it was done.
	ByHand preflight.Findings
	// Took is the time from the beginning of the first run to the end of this one,
	// and Counting why the target's count of what it migrated is not that of the
	// comparison; "" where the two do not stand side by side.
	Took     time.Duration
	Counting string
	// Verdict is what the comparison proves, the zero value where there is none.
	// Open is what was not compared and lowers it, Aside what does not: accepted,
	// turned off, or not to be expected; a line each.
	Verdict     verdict.Verdict
	Open, Aside []string
}

// Tone says whether something is good news. The zero value is plain.
type Tone string

// The tones.
const (
	Good   Tone = "good" // proved
	Care   Tone = "care" // nothing is wrong, but something is open
	Bad    Tone = "bad"  // something is wrong
	Strong Tone = "strong"
	Faint  Tone = "faint"
)

// View returns the report for a format. Later changes of the report do not
// change it, apart from Raw.
func (r *Report) View() *View {
	v := &View{Report: redact.Show(redact.Redactor{}, r.settled()), Raw: r}
	if v.Verify != nil {
		v.Verdict = v.Verify.Verdict()
		v.Open = itemLines(v.Verdict.Open, "")
		v.Aside = append(itemLines(v.Verdict.Accepted, "accepted: "), itemLines(v.Verdict.Aside, "")...)
	}
	v.fillVerdict()
	v.Cause, v.ToDo = v.causeAndToDo()
	v.ByHand = slices.DeleteFunc(slices.Clone(v.Findings), func(f preflight.Finding) bool { return !byHand(f) })
	v.Took, v.Counting = v.took(), v.counting()
	return v
}

// byHand: nobody but a person can tell of Salesforce, of backups and of what is kept.
func byHand(f preflight.Finding) bool {
	inSalesforce := []string{preflight.Codes.CallbackURLMissing.Code, preflight.Codes.CallbackNotChecked.Code,
		preflight.Codes.AppNotInstalled.Code}
	return f.Remedy != "" && (f.Severity == preflight.Informs || slices.Contains(inSalesforce, f.Code))
}
