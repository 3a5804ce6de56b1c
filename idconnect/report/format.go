package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Format is a form in which a report is written. A program adds its own with a
// value of this type.
type Format struct {
	// File is the name of the file that [Report.Save] writes, such as
	// "report.csv".
	File string
	// Mark is a text that stands in the first 2 KiB of every report in this format.
	// A file without it is not replaced. "" is the first line of the report.
	Mark string
	// Write writes the report once. The texts of the view are printable, but
	// not escaped for the format, and some have several lines.
	Write func(io.Writer, *View) error
}

// The formats that [Report.Save] writes.
var (
	// HTML is a page that stands alone: it has no script, loads nothing, forbids
	// both by its Content-Security-Policy, and can be printed. It follows the
	// reader's light or dark scheme. Of long lists it shows the beginning and
	// the count: it has some 2 MB at most.
	HTML = Format{File: "report.html", Mark: "– Identity Connect, ", Write: writeHTML}
	// JSON is for programs; [Schema] describes it. Its texts are as the servers
	// chose them, with all that is not printable escaped.
	JSON = Format{
		File: "report.json", Mark: fmt.Sprintf("{\n  \"version\": %d,\n  \"started\": \"", Version), Write: writeJSON,
	}
	// JUnit is JUnit XML in the form that Jenkins and GitLab read. The outcome,
	// the steps, the findings, the collections, the checks and the failed
	// records are suites of it, and what was not compared or turned off. What is
	// wrong is a failure, a step that failed an error, each once: the outcome is one
	// only where no other case is. What was not run or not compared is skipped, and
	// so is the outcome [verdict.Partly]. There is a failure or an error exactly
	// where the outcome is none of that, "done" and "planned". The times add up to
	// that of the run. It holds up to 100 ids a list.
	JUnit = Format{File: "junit.xml", Mark: `<testsuites name="Identity Connect"`, Write: writeJUnit}
	// Text is plain text with lines of any length.
	Text = Format{File: "report.txt", Mark: " of Identity Connect: ", Write: writeText}
)

// Write writes the report in one format.
func (r *Report) Write(w io.Writer, f Format) error {
	switch {
	case r == nil:
		return errNoReport
	case f.Write == nil:
		return errNoWrite
	case w == nil:
		return errors.New("report: the writer is nil")
	}
	return f.Write(w, r.View())
}

var (
	errNoReport = errors.New("the report is nil")
	errNoWrite  = errors.New("report: the format's field Write is nil")
)

// Save writes the report into a folder, in the formats given or, where none
// is, as [HTML], [JSON], [JUnit] and [Text]. It creates the folder where it is
// missing. Each file is written as a whole. Its owner and group can read it,
// and nobody else: ids of users are personal data. A report of before is kept
// with ".previous" added to its name; any other file is an error, and then none
// is written.
func (r *Report) Save(dir string, formats ...Format) error {
	if r == nil {
		return errNoReport
	}
	if dir == "" {
		return errors.New("report: the path of the folder is empty")
	}
	if len(formats) == 0 {
		formats = defaultFormats()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	v := r.View()
	var contents [][]byte
	for _, f := range formats {
		if err := f.check(); err != nil {
			return err
		}
		var content bytes.Buffer
		if err := f.Write(&content, v); err != nil {
			return fmt.Errorf("report: %s: %w", f.File, err)
		}
		contents = append(contents, content.Bytes())
		if err := f.output(dir, content.Bytes()).Check(); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	for i, f := range formats {
		if err := f.output(dir, contents[i]).Write(contents[i]); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// check says why a format cannot be a file.
func (f Format) check() error {
	switch {
	case f.Write == nil:
		return errNoWrite
	case f.File == "":
		return errors.New("report: the format's field File is empty")
	}
	return nil
}

func defaultFormats() []Format { return []Format{JSON, Text, HTML, JUnit} }

// output is the file of a format.
func (f Format) output(dir string, content []byte) disk.Output {
	mark := f.Mark
	if mark == "" {
		first, _, _ := bytes.Cut(content, []byte("\n"))
		mark = string(first)
	}
	return disk.Output{Path: filepath.Join(dir, f.File), Mode: 0o640, Marks: []string{mark}}
}

// CheckFiles says why [Report.Save] would not write to a folder, in the formats
// given or by default. Call it before the work, whose end would be too late.
func CheckFiles(dir string, formats ...Format) error {
	if len(formats) == 0 {
		formats = defaultFormats()
	}
	for _, f := range formats {
		if err := f.check(); err != nil {
			return err
		}
		if f.Mark == "" {
			continue // it shows only in a report
		}
		if err := f.output(dir, nil).Check(); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

func writeJSON(w io.Writer, v *View) error {
	e := json.NewEncoder(text.JSONWriter(w))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v.Raw)
}
