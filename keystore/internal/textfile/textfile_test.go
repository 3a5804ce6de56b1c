package textfile

import (
	"strings"
	"testing"
)

// TestLine: files as editors and shells write them, by the bytes of PowerShell's Out-File among them.
func TestLine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ content, want, fault string }{
		"plain":             {"changeit", "changeit", ""},
		"LF":                {"changeit\n", "changeit", ""},
		"CR LF":             {"changeit\r\n", "changeit", ""},
		"two line breaks":   {"changeit\n\n", "changeit", ""},
		"two CR LF":         {"changeit\r\n\r\n", "changeit", ""},
		"blanks":            {" change it \n", " change it ", ""},
		"CR is a character": {"changeit\r", "changeit\r", ""},
		"UTF-8 with a mark": {"\xef\xbb\xbfpäss\r\n", "päss", ""},
		"UTF-16LE":          {"\xff\xfep\x00\xe4\x00s\x00\r\x00\n\x00", "päs", ""},
		"UTF-16BE":          {"\xfe\xff\x00p\x00\xe4\x00s\x00\r\x00\n", "päs", ""},
		"UTF-16, no break":  {"\xff\xfep\x00", "p", ""},
		"a surrogate pair":  {"\xff\xfe\x3d\xd8\x00\xde", "😀", ""},
		"Latin-1":           {"p\xe4ss\n", "p\xe4ss", ""},
		"empty":             {"", "", ""},
		"an empty line":     {"\n", "", ""},
		"a mark alone":      {"\xef\xbb\xbf", "", ""},
		"two lines":         {"a\nhush\n", "", "more than one line"},
		"two in UTF-16":     {"\xff\xfea\x00\n\x00b\x00", "", "more than one line"},
		"UTF-32":            {"\xff\xfe\x00\x00h\x00\x00\x00", "", "UTF-32"},
		"UTF-32BE":          {"\x00\x00\xfe\xff\x00\x00\x00h", "", "UTF-32"},
		"UTF-16 cut":        {"\xff\xfea\x00b", "", "cut off"},
		"UTF-16, no mark":   {"h\x00u\x00", "", "UTF-16 without a byte order mark"},
	} {
		got, err := Line([]byte(row.content))
		if got != row.want || (err == nil) != (row.fault == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil && (!strings.Contains(err.Error(), row.fault) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%s: %v, want %q", name, err, row.fault)
		}
	}
}
