package idconnect

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
)

// writeChecks writes the checks of the tabs, a line each, and what to do about
// those that failed.
func (r *VerifyReport) writeChecks(b *strings.Builder) {
	if len(r.Checks) == 0 {
		return
	}
	count := func(n int64) string {
		if n < 0 {
			return "-"
		}
		return strconv.FormatInt(n, 10)
	}
	b.WriteByte('\n')
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "check\tsource\ttarget\tresult")
	open := 0
	for _, c := range r.Checks {
		result := string(c.Result)
		if c.Detail != "" {
			result += ": " + verifyPrintable(c.Detail)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", verifyPrintable(c.Name), count(c.Source), count(c.Target), result)
		if c.Result == CheckNotChecked {
			open++
		}
	}
	table.Flush() // into b, which takes everything
	for _, c := range r.Checks {
		if c.Remedy != "" {
			fmt.Fprintf(b, "  %s: %s\n", verifyPrintable(c.Name), verifyPrintable(c.Remedy))
		}
	}
	if open > 0 {
		fmt.Fprintf(b, "%s not made: that is no proof, look in the UI of 7.1.6\n", plural(open, "check"))
	}
}

// writeFailed writes the records that the migration could not copy.
func (r *VerifyReport) writeFailed(b *strings.Builder) {
	f := r.Failed
	if f == nil {
		return
	}
	b.WriteString("\nrecords that failed in the migration: ")
	switch {
	case !f.Checked && f.Count == 0:
		b.WriteString("not checked")
	case !f.Checked:
		fmt.Fprintf(b, "%d, not all checked", f.Count)
	default:
		fmt.Fprint(b, f.Count)
	}
	if f.Reason != "" {
		fmt.Fprintf(b, ": %s", verifyPrintable(f.Reason))
	}
	b.WriteByte('\n')
	for _, x := range f.Records {
		name := x.ID
		if x.Collection != "" {
			name = x.Collection + " " + x.ID
		}
		fmt.Fprintf(b, "  %s", verifyPrintable(name))
		if x.Missing {
			b.WriteString(" (missing)")
		}
		fmt.Fprintf(b, ": %s [%s]\n", verifyPrintable(x.Reason), verifyPrintable(x.Mapping))
	}
	if more := f.Count - int64(len(f.Records)); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
	if f.Repair != "" {
		fmt.Fprintf(b, "to repair: %s\n", verifyPrintable(f.Repair))
	}
}

// writeValues writes the values that were asked for.
func (c *CollectionReport) writeValues(b *strings.Builder) {
	if len(c.Values) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s, values of the source and of the target:\n", verifyPrintable(c.Name))
	value := func(v []byte) string {
		if v == nil {
			return "(not there)"
		}
		return verifyPrintable(string(v))
	}
	for _, x := range c.Values {
		fmt.Fprintf(b, "  %s %s: ", verifyPrintable(x.ID), verifyPrintable(x.Member))
		if x.Withheld != "" {
			fmt.Fprintf(b, "not shown, %s\n", x.Withheld)
			continue
		}
		fmt.Fprintf(b, "%s, %s\n", value(x.Source), value(x.Target))
	}
}
