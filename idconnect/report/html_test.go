package report

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
)

// cssColours reads the colours of both schemes out of the style.
func cssColours(t *testing.T) map[string]map[string]color.RGBA {
	t.Helper()
	light, rest, ok := strings.Cut(htmlStyle, "@media (prefers-color-scheme: dark)")
	dark, paper, ok2 := strings.Cut(rest, ".mood-good")
	_, paper, ok3 := strings.Cut(paper, "@media print")
	if !ok || !ok2 || !ok3 {
		t.Fatal("the style has another form")
	}
	schemes := map[string]map[string]color.RGBA{}
	for scheme, text := range map[string]string{"light": light, "dark": dark, "print": paper} {
		schemes[scheme] = map[string]color.RGBA{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(text, -1) {
			var c color.RGBA
			if _, err := fmt.Sscanf(m[2], "%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
				t.Fatal(err)
			}
			c.A = 255
			schemes[scheme][m[1]] = c
		}
	}
	for name := range schemes["light"] {
		for scheme, colours := range schemes {
			if _, ok := colours[name]; !ok {
				t.Errorf("%s has no colour --%s", scheme, name)
			}
		}
	}
	return schemes
}

// contrast is that of WCAG 2.2.
func contrast(a, b color.RGBA) float64 {
	light := func(c color.RGBA) float64 {
		f := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Text has a contrast of 4.5 to all that it may stand on, and parts of
// pictures have 3 to what is around them, in light, in dark and on paper.
func TestReportContrast(t *testing.T) {
	t.Parallel()
	black, white := color.RGBA{A: 255}, color.RGBA{255, 255, 255, 255}
	if c := contrast(black, white); math.Abs(c-21) > 0.01 {
		t.Fatalf("black on white: %.2f", c)
	}
	grounds := []string{"paper", "card"}
	for scheme, colours := range cssColours(t) {
		check := func(front, back string, least float64) {
			t.Helper()
			if c := contrast(colours[front], colours[back]); c < least {
				t.Errorf("%s: --%s on --%s has %.2f, want %.1f", scheme, front, back, c, least)
			}
		}
		for _, ground := range grounds {
			for _, text := range []string{"ink", "soft", "link", "care"} {
				check(text, ground, 4.5)
			}
			for _, part := range []string{"same", "missing", "changed", "extra", "other", "good", "bad",
				"none"} {
				check(part, ground, 3)
			}
		}
		for _, mood := range []string{"good", "care", "bad"} {
			check(mood, mood+"-tint", 4.5)
			check("ink", mood+"-tint", 4.5)
		}
		check("none", "none-tint", 4.5)
	}
}

// What the page may never be made to hold, and what every page has.
func TestReportHTML(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, rep *Report) {
		var b bytes.Buffer
		if err := rep.Write(&b, HTML); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, not := range []string{"<script", `href="javascript:`, " style=", "<img", "<link", "<iframe",
			" src=", "url(", "@import", "ZgotmplZ", "\x1b", "\x00", "\u202E", "\u2066", "\u200B"} {
			if i := strings.Index(page, not); i >= 0 {
				t.Errorf("the page holds %q: %.80q", not, page[max(i-30, 0):])
			}
		}
		if m := regexp.MustCompile(`<[a-z][^>]*\son[a-z]+\s*=`).FindString(page); m != "" {
			t.Errorf("a handler in %q", m)
		}
		for _, want := range []string{"default-src 'none'", `<html lang="en">`, "<main", "<header>",
			"<footer", "<title>", "@media print", "prefers-color-scheme: dark"} {
			if !strings.Contains(html.UnescapeString(page), want) {
				t.Errorf("the page has no %s", want)
			}
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(link[1], "https://") {
				t.Errorf("a link to %s", link[1])
			}
		}
		tables := strings.Count(page, "<table ")
		if tables != strings.Count(page, "<caption ") || strings.Count(page, "<th>") > 0 {
			t.Errorf("%d tables, %d captions", tables, strings.Count(page, "<caption "))
		}
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[id[1]] {
				t.Errorf("the id %s is there twice", id[1])
			}
			ids[id[1]] = true
		}
		for _, ref := range regexp.MustCompile(` aria-labelledby="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !ids[ref[1]] {
				t.Errorf("nothing has the id %s", ref[1])
			}
		}
	})
}

// Every text on the page is clipped: none shows its end.
func TestReportHTMLClipped(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, rep *Report) {
		rep = redact.Show(redact.Redactor{}, rep) // a copy
		lengthen(reflect.ValueOf(rep).Elem())
		var b bytes.Buffer
		if err := rep.Write(&b, HTML); err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(b.String(), "END"); i >= 0 {
			t.Errorf("a text is shown to its end, after %q", strings.ReplaceAll(b.String()[i-htmlLong-300:i], "xx", ""))
		}
	})
}

// lengthen makes every text longer than the page shows one, but not longer than a
// view does.
func lengthen(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(strings.Repeat("x", htmlLong+10) + "END")
		}
	case reflect.Pointer:
		if !v.IsNil() {
			lengthen(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			lengthen(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Name != "Outcome" && f.Name != "Doc" { // which decide what is shown, and link
				lengthen(v.Field(i))
			}
		}
	}
}

// However much there is, the page stays small and says what it leaves out.
func TestReportHTMLBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("the largest page: not with -short")
	}
	t.Parallel()
	rep := sampleDone()
	wide := strings.Repeat("\U0001F680<&\"'", 500) // more characters than any text may have
	members := slices.Repeat([]string{wide}, 14)
	rep.Verify.Collections = nil
	for i := range 300 {
		c := verify.CollectionReport{Name: wide, Resource: wide, Reason: wide, Checked: true,
			MissingCount: 1 << 40, ChangedCount: 1 << 40, SourceCount: 1 << 41}
		for range 400 * max(12-i, 0) / 12 { // these alone have more ids than the page
			c.Missing = append(c.Missing, wide)
			c.Changed = append(c.Changed, verify.Change{ID: wide, Members: members})
		}
		rep.Verify.Collections = append(rep.Verify.Collections, c)
	}
	for range 400 {
		rep.Findings = append(rep.Findings, preflight.Finding{
			Code: wide, Severity: preflight.Warns, Step: wide, Seen: wide, Why: wide, Remedy: wide,
			Doc: "https://example.com/" + wide,
		})
		rep.Verify.Checks = append(rep.Verify.Checks, verify.Check{
			Code: wide, Name: wide, Tab: wide, Result: verify.CheckNotChecked, Detail: wide, Remedy: wide,
			Source: -1, Target: 1 << 60,
		})
		rep.Verify.Failed.Records = append(rep.Verify.Failed.Records, verify.FailedRecord{
			Mapping: wide, Run: wide, ID: wide, Reason: wide, Collection: wide, Missing: true,
		})
	}
	rep.Verify.Failed.Count = 1 << 50
	rep.Error, rep.Remedy = strings.Repeat(wide+"\n", 500), wide
	var b bytes.Buffer
	if err := rep.Write(&b, HTML); err != nil {
		t.Fatal(err)
	}
	// The worst that can be: all of it in the widest characters, escaped.
	if b.Len() > 64<<20 {
		t.Errorf("%d MB", b.Len()>>20)
	}
	for _, want := range []string{"and 1,099,511,627,576 more", "more findings", "more checks",
		"more collections"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	b.Reset()
	if err := sampleDifferences(10000, 1<<33).Write(&b, HTML); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 300<<10 {
		t.Errorf("an ordinary page with thousands of ids: %d KB", b.Len()>>10)
	}
}
