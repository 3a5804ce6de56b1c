// Package repair shows on a terminal what a repair will do, or has done, and asks
// whether it may. Begin with [Write] and [Approval].
package repair

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/internal/text"
)

// ErrDeclined means that a person said no, and nothing was changed.
var ErrDeclined = errors.New("not repaired: nothing was changed")

// Write lists the records of a report, and counts them.
func Write(out io.Writer, r *repair.Report) error {
	var b strings.Builder
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", text.Line(note))
	}
	for i := range r.Records {
		record := &r.Records[i]
		fmt.Fprintf(&b, "%-9s %s", word(r, record), text.Line(record.Path))
		if len(record.Members) > 0 {
			fmt.Fprintf(&b, "  (%s)", text.Line(strings.Join(record.Members, ", ")))
		}
		if record.Reason != "" {
			fmt.Fprintf(&b, "\n          %s", text.Line(record.Reason))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, Sum(r))
	if !r.Applied && r.Count(repair.Create)+r.Count(repair.Update) > 0 {
		b.WriteString("Dry run, nothing was changed. To write them, add -apply.\n" +
			"That the repository of 7.1.6 takes them is assumed: it was tried on the community's 7.0.2.\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// word says what becomes of a record, or became.
func word(r *repair.Report, record *repair.Record) string {
	switch {
	case record.Done:
		return strings.TrimSuffix(string(record.Action), "e") + "ed"
	case record.Action == repair.Refuse:
		return "refused"
	case record.Action == repair.Keep:
		return "as is"
	case r.Applied:
		return "not yet"
	}
	return string(record.Action)
}

// Sum counts the records in one line.
func Sum(r *repair.Report) string {
	done := 0
	for i := range r.Records {
		if r.Records[i].Done {
			done++
		}
	}
	open := fmt.Sprintf("%s to create, %s to update", text.Grouped(r.Count(repair.Create)),
		text.Grouped(r.Count(repair.Update)))
	if r.Applied {
		open = text.Grouped(done) + " restored"
	}
	return fmt.Sprintf("%s: %s, %s as they should be, %s refused.", text.Plural(len(r.Records), "record"), open,
		text.Grouped(r.Count(repair.Keep)), text.Grouped(r.Count(repair.Refuse)))
}

// Approval returns a function that shows what is to be done, and asks: whether there
// is a backup, and whether to write. ask returns the line that a person typed.
func Approval(out io.Writer, ask func(ctx context.Context, question string) (string, error)) func(context.Context,
	*repair.Report) error {
	return func(ctx context.Context, r *repair.Report) error {
		shown := *r
		shown.Applied = false
		if err := Write(out, &shown); err != nil {
			return err
		}
		for _, question := range []string{
			"A rollback does not undo this. Is there a backup of the target's database of " + text.Line(r.Target) +
				", newer than the migration? (yes/no)",
			fmt.Sprintf("Create %s and update %s there? (yes/no)", text.Plural(r.Count(repair.Create), "record"),
				text.Grouped(r.Count(repair.Update))),
		} {
			answer, err := ask(ctx, question)
			if err != nil {
				return err
			}
			if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
				return ErrDeclined
			}
		}
		return nil
	}
}
