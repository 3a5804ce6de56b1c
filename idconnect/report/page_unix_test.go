//go:build unix

package report

import (
	"bytes"
	_ "embed" // the script
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

// pictures are for who changes the page and wants to see it.
var pictures = flag.String("pictures", "", "`folder` for pictures and prints of the report's page")

// lookAtPage finds out in the page what a reader would see. Contrast is that
// of WCAG 2.2 between the colour of each text and what is drawn behind it.
//
//go:embed testdata/look.js
var lookAtPage string

type pageLook struct {
	Width, Scrolls, Height, Texts, Hidden, Scripts int
	Faint, Outside, Headings, Unfocusable, Cut     []string
	Least                                          float64
	Verdict, Title                                 string
}

// looks are a desktop, a telephone and the narrowest screen that WCAG asks for, in
// both schemes. One look at the dark scheme is enough: the layout is the same.
var looks = []struct {
	width  int
	scheme string
	always bool
}{
	{1280, "light", true}, {1280, "dark", true}, {390, "light", true}, {390, "dark", false}, {320, "light", true},
	{320, "dark", false},
}

// a4 is the width of the paper between the page's margins, in pixels of CSS.
const a4 = 688

// TestReportInBrowser looks at the page, on screens and on paper: in every state with
// EXHAUSTIVE=1 or -pictures, else in some.
func TestReportInBrowser(t *testing.T) {
	if testing.Short() && *pictures == "" {
		t.Skip("needs a browser for some seconds")
	}
	t.Parallel()
	b := newBrowser(t)
	schemes := cssColours(t)
	all := samples()
	names := slices.Sorted(maps.Keys(all))
	if *pictures == "" {
		names = exhaustive.Sample(names, (len(names)+1)/2)
	}
	for _, name := range names {
		rep := all[name]
		t.Run(name, func(t *testing.T) {
			var page bytes.Buffer
			if err := rep.Write(&page, HTML); err != nil {
				t.Fatal(err)
			}
			b.open(page.Bytes())
			for _, look := range looks {
				if look.always || *pictures != "" {
					b.size(look.width, 900, look.scheme)
					lookAtScreen(t, b, name, rep.View(), look.width, schemes[look.scheme], look.scheme)
				}
			}
			if len(b.requests) != 1 || len(b.complaints) > 0 {
				t.Errorf("the page asked for %q and brought %q", b.requests, b.complaints)
			}
			lookAtPaper(t, b, name)
		})
	}
	fmt.Printf("TestReportInBrowser: %d of %d of %d pages\n", len(names), len(names), len(all))
}

func lookAtScreen(
	t *testing.T, b *browser, name string, v *View, width int, colours map[string]color.RGBA, scheme string,
) {
	t.Helper()
	at := fmt.Sprintf("%s, %d, %s", name, width, scheme)
	var l pageLook
	b.eval(lookAtPage, &l)
	if l.Width != width || l.Scrolls > width || len(l.Outside)+len(l.Cut) > 0 {
		t.Errorf("%s: %d wide, scrolls to %d; outside: %q; cut: %q", at, l.Width, l.Scrolls, l.Outside, l.Cut)
	}
	if len(l.Faint) > 0 || l.Texts < 8 {
		t.Errorf("%s: %d texts, too little contrast: %q", at, l.Texts, l.Faint)
	}
	if len(l.Unfocusable) > 0 {
		t.Errorf("%s: scrolls, but not by keyboard: %q", at, l.Unfocusable)
	}
	if d := headingsInOrder(l.Headings); d != "" {
		t.Errorf("%s: %s", at, d)
	}
	if l.Title != v.Title || l.Scripts != 0 {
		t.Errorf("%s: the page says %q; %d scripts", at, l.Title, l.Scripts)
	}
	want := colours[string(v.Tone)]
	if l.Verdict != fmt.Sprintf("rgb(%d, %d, %d)", want.R, want.G, want.B) {
		t.Errorf("%s: the verdict is %s, want %v", at, l.Verdict, want)
	}
	checkPicture(t, at, b.picture(width, 0), width, 900, want)
	if *pictures != "" {
		keep(t, fmt.Sprintf("%s-%d-%s.png", name, width, scheme), b.picture(width, min(l.Height, 9000)))
	}
}

func lookAtPaper(t *testing.T, b *browser, name string) {
	t.Helper()
	b.size(a4, 900, "dark")
	b.media("print", "dark")
	var l pageLook
	b.eval(lookAtPage, &l)
	if l.Hidden > 0 || len(l.Faint) > 0 {
		t.Errorf("%s, printed: %d texts are hidden, too little contrast: %q", name, l.Hidden, l.Faint)
	}
	if l.Scrolls > a4 || len(l.Outside)+len(l.Cut) > 0 {
		t.Errorf("%s, printed: %d wide; outside: %q; cut: %q", name, l.Scrolls, l.Outside, l.Cut)
	}
	b.media("", "light")
	pdf := b.print()
	pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 1 || pages > 60 || name == "done" && pages > 4 {
		t.Errorf("%s: %d pages of paper", name, pages)
	}
	if *pictures != "" {
		keep(t, name+".pdf", pdf)
	}
}

// A page that is wrong is seen to be: what the test above asks can fail.
func TestBrowserSeesFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser for some seconds")
	}
	t.Parallel()
	b := newBrowser(t)
	b.size(390, 900, "light")
	b.open([]byte(`<!DOCTYPE html><meta name=viewport content="width=device-width">
<style>body{margin:0;color:#777;background:#fff}</style>
<h1>a</h1><h3>b</h3><p style="color:#767676">c
<div style="width:300px;overflow-x:auto"><div style="width:600px;color:#000">d</div></div>
<p style="margin-left:300px;width:200px;white-space:nowrap;color:#000">it reaches far outside of the window
<img src="http://127.0.0.1:9/x.png">`))
	var l pageLook
	b.eval(lookAtPage, &l)
	// A telephone shows the page smaller, where it is too wide.
	if l.Width <= 390 || len(l.Faint) != 2 || len(l.Unfocusable) != 1 ||
		headingsInOrder(l.Headings) == "" || len(b.requests) < 2 || len(l.Cut) == 0 {
		t.Errorf("%+v, asked for %q", l, b.requests)
	}
}

// checkPicture looks for a picture of the right size, that is not blank and
// has the colour of the verdict along its top.
func checkPicture(t *testing.T, at string, data []byte, width, height int, verdict color.RGBA) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	if size := img.Bounds().Size(); size.X != width || size.Y != height {
		t.Errorf("%s: the picture has %v", at, size)
		return
	}
	colours := map[color.Color]int{}
	for y := 0; y < height; y += 3 {
		for x := 0; x < width; x += 3 {
			colours[color.RGBAModel.Convert(img.At(x, y))]++
		}
	}
	top := color.RGBAModel.Convert(img.At(width/2, 3))
	if top != verdict || len(colours) < 20 || colours[verdict] < width/3 {
		t.Errorf("%s: %d colours, the top is %v, want %v", at, len(colours), top, verdict)
	}
}

func headingsInOrder(headings []string) string {
	last := 0
	for i, h := range headings {
		level := int(h[1] - '0')
		if (level == 1) != (i == 0) || level > last+1 {
			return "headings out of order: " + strings.Join(headings, " ")
		}
		last = level
	}
	if last == 0 {
		return "no heading"
	}
	return ""
}

func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(*pictures, 0o755),
		os.WriteFile(filepath.Join(*pictures, name), content, 0o600)); err != nil {
		t.Fatal(err)
	}
}
