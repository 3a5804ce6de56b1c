package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMain lets the test's program be the servers and the measurements, too.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && (os.Args[1] == "serve" || os.Args[1] == "measure") {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestBench: a small run has its table, its picture and its verdict, whatever
// that is on this machine.
func TestBench(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("eight processes: not with -short")
	}
	file := filepath.Join(t.TempDir(), "plot.svg")
	var out bytes.Buffer
	args := []string{"-sizes", "1200,70", "-page", "100", "-rounds", "1", "-server", "1ms", "-plot", file}
	err := bench(t.Context(), args, &out)
	if err != nil && !strings.HasPrefix(err.Error(), "missed: ") {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, row := range []string{`1200 +1ms +2\.\d`, `70 +1ms +0\.\d`, `1200 +0s +2\.\d`} {
		if !regexp.MustCompile(`(?m)^ +` + row).Match(out.Bytes()) {
			t.Errorf("no row %s in\n%s", row, &out)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, bars := xml.NewDecoder(f), 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 1+2*3 {
		t.Errorf("%d bars", bars)
	}
}

// TestVerdict: what is missed is said.
func TestVerdict(t *testing.T) {
	t.Parallel()
	good, slow, fat := line{records: 1000, ratio: 1.2}, line{records: 9000, ratio: 1.31}, line{records: 10, ratio: 9}
	fat.verify.MiB = 65
	for _, c := range []struct {
		lines []line
		want  string
	}{
		{[]line{good}, ""},
		{[]line{good, slow}, "1.31 times the bare download at 9000 records"},
		{[]line{good, fat}, "65.0 MiB at 10 records"},
		{[]line{good, {records: 9000, pause: -1, ratio: 5}}, ""}, // for information
	} {
		err := verdict(c.lines, io.Discard)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v", err)
		}
	}
}
