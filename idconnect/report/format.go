package report

import (
	"bytes"
	"encoding/json"
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
	// Write writes the report once. The texts of the view are printable, but
	// not escaped for the format.
	Write func(io.Writer, *View) error
}

// The formats that [Report.Save] writes.
var (
	// HTML is a page that stands alone: it has no script, loads nothing, forbids
	// both by its Content-Security-Policy, and can be printed. It follows the
	// reader's light or dark scheme. Of long lists it shows the beginning and
	// the count: it has some 2 MB at most.
	HTML = Format{"report.html", writeHTML}
	// JSON is for programs; [Schema] describes it. Its texts are as the servers
	// chose them, with all that is not printable escaped.
	JSON = Format{"report.json", writeJSON}
	// JUnit is JUnit XML in the form that Jenkins and GitLab read. The outcome,
	// the steps, the findings, the collections, the checks and the failed
	// records are suites of it. What is wrong is a failure, a step that failed
	// an error, and what was not run or not checked is skipped. There is a
	// failure or an error exactly where the outcome is neither "done" nor
	// "planned", a check failed, or the migration left failed records. It holds
	// up to 100 ids a list.
	JUnit = Format{"junit.xml", writeJUnit}
	// Text is plain text with lines of any length.
	Text = Format{"report.txt", writeText}
)

// Write writes the report in one format.
func (r *Report) Write(w io.Writer, f Format) error { return f.Write(w, r.View()) }

// Save writes the report into a folder, in the formats given or, where none
// is, as [HTML], [JSON], [JUnit] and [Text]. It creates the folder where it is
// missing. Each file is replaced as a whole. Its owner and group can read it,
// and nobody else: ids of users are personal data.
func (r *Report) Save(dir string, formats ...Format) error {
	if len(formats) == 0 {
		formats = []Format{JSON, Text, HTML, JUnit}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	v := r.View()
	for _, f := range formats {
		var content bytes.Buffer
		if err := f.Write(&content, v); err != nil {
			return fmt.Errorf("report: %s: %w", f.File, err)
		}
		if err := disk.Write(filepath.Join(dir, f.File), content.Bytes(), 0o640, nil); err != nil {
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
