//go:build unix

package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pictures are for who changes the page and wants to see it.
var pictures = flag.String("pictures", "", "`folder` for pictures and prints of the report's page")

// lookAtPage finds out in the page what a reader would see. Contrast is that
// of WCAG 2.2 between the colour of each text and what is drawn behind it.
const lookAtPage = `(() => {
  const rgb = s => (s.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; if (c[3] > 0) return [NaN, NaN, NaN]; } return [255, 255, 255]; };
  const out = { width: innerWidth, scrolls: document.scrollingElement.scrollWidth, height: document.scrollingElement.scrollHeight, faint: [], outside: [], headings: [], unfocusable: [], texts: 0, hidden: 0, least: 99 };
  for (const e of document.body.querySelectorAll('*')) {
    if (/^H[1-6]$/.test(e.tagName)) out.headings.push(e.tagName);
    if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto' && e.getAttribute('tabindex') !== '0') out.unfocusable.push(e.className);
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
    if (!own.length) continue;
    if (!e.checkVisibility({contentVisibilityAuto: true})) { out.hidden++; continue; }
    out.texts++;
    const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    out.least = Math.min(out.least, ratio);
    if (!(ratio >= 4.5)) out.faint.push(e.tagName + '.' + e.className + ' ' + own[0].data.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
    const r = document.createRange(); r.selectNodeContents(own[0]);
    for (const box of r.getClientRects()) if ((box.right > innerWidth + .5 || box.left < -.5) && !e.closest('.scroll')) { out.outside.push(own[0].data.trim().slice(0, 30)); break; }
  }
  out.verdict = getComputedStyle(document.querySelector('h1')).color;
  out.title = document.querySelector('h1').textContent;
  out.scripts = document.scripts.length;
  return out;
})()`

type pageLook struct {
	Width, Scrolls, Height, Texts, Hidden, Scripts int
	Faint, Outside, Headings, Unfocusable          []string
	Least                                          float64
	Verdict, Title                                 string
}

// TestReportInBrowser looks at every sample on a desktop, a telephone and the
// narrowest screen that WCAG asks for, light and dark, and on paper.
func TestReportInBrowser(t *testing.T) {
	if testing.Short() && *pictures == "" {
		t.Skip("needs a browser for some seconds")
	}
	t.Parallel()
	b := newBrowser(t)
	schemes := cssColours(t)
	for name, rep := range samples() {
		var page bytes.Buffer
		if err := rep.Write(&page, HTML); err != nil {
			t.Fatal(err)
		}
		b.open(page.Bytes())
		for _, width := range []int{1280, 390, 320} {
			for _, scheme := range []string{"light", "dark"} {
				at := fmt.Sprintf("%s, %d, %s", name, width, scheme)
				b.size(width, 900, scheme)
				var l pageLook
				b.eval(lookAtPage, &l)
				if l.Width != width || l.Scrolls > width || len(l.Outside) > 0 {
					t.Errorf("%s: %d wide, scrolls to %d; outside: %q", at, l.Width, l.Scrolls, l.Outside)
				}
				if len(l.Faint) > 0 || l.Texts < 15 {
					t.Errorf("%s: %d texts, too little contrast: %q", at, l.Texts, l.Faint)
				}
				if len(l.Unfocusable) > 0 {
					t.Errorf("%s: scrolls, but not by keyboard: %q", at, l.Unfocusable)
				}
				if d := headingsInOrder(l.Headings); d != "" {
					t.Errorf("%s: %s", at, d)
				}
				if l.Title != rep.View().Title || l.Scripts != 0 {
					t.Errorf("%s: the page says %q; %d scripts", at, l.Title, l.Scripts)
				}
				want := schemes[scheme][string(rep.View().Tone)]
				if l.Verdict != fmt.Sprintf("rgb(%d, %d, %d)", want.R, want.G, want.B) {
					t.Errorf("%s: the verdict is %s, want %v", at, l.Verdict, want)
				}
				checkPicture(t, at, b.picture(width, 0), width, 900, want)
				if *pictures != "" {
					keep(t, fmt.Sprintf("%s-%d-%s.png", name, width, scheme), b.picture(width, min(l.Height, 9000)))
				}
			}
		}
		if len(b.requests) != 1 || len(b.complaints) > 0 {
			t.Errorf("%s: the page asked for %q and brought %q", name, b.requests, b.complaints)
		}

		b.size(760, 900, "dark")
		b.media("print", "dark")
		var l pageLook
		b.eval(lookAtPage, &l)
		if l.Hidden > 0 || len(l.Faint) > 0 {
			t.Errorf("%s, printed: %d texts are hidden, too little contrast: %q", name, l.Hidden, l.Faint)
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
}

// A page that is wrong is seen to be: what the test above asks can fail.
func TestBrowserSeesFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser for some seconds")
	}
	t.Parallel()
	b := newBrowser(t)
	b.size(390, 900, "light")
	b.open([]byte(`<!DOCTYPE html><meta name=viewport content="width=device-width"><style>body{margin:0;color:#777;background:#fff}</style><h1>a</h1><h3>b</h3><p style="color:#767676">c
<div style="width:300px;overflow-x:auto"><div style="width:600px;color:#000">d</div></div><p style="margin-left:300px;width:200px;white-space:nowrap;color:#000">it reaches far outside of the window<img src="http://127.0.0.1:9/x.png">`))
	var l pageLook
	b.eval(lookAtPage, &l)
	// A telephone shows the page smaller, where it is too wide.
	if l.Width <= 390 || len(l.Faint) != 2 || len(l.Unfocusable) != 1 || headingsInOrder(l.Headings) == "" || len(b.requests) < 2 {
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
	if top := color.RGBAModel.Convert(img.At(width/2, 3)); top != verdict || len(colours) < 20 || colours[verdict] < width/3 {
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
	if err := errors.Join(os.MkdirAll(*pictures, 0o755), os.WriteFile(filepath.Join(*pictures, name), content, 0o600)); err != nil {
		t.Fatal(err)
	}
}
