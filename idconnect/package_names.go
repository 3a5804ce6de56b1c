package idconnect

import (
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// entryNames are the names of a package's entries, which must be names on
// Linux, Windows and macOS: what is one file here and two there, or a device
// there, is nothing that a vendor packs for both.
type entryNames struct {
	// byKey are the entries by the form in which file systems compare names.
	byKey map[string]string
	// written says of names beyond ASCII in which of two ways their letters
	// are written, see shapeOf.
	written map[string]int
	files   []string
	folders map[string]bool // by key
}

// quoteName is a name for people, whatever is in it.
func quoteName(name string) string { return strconv.QuoteToASCII(name) }

// add says why an entry may not have a name, "" when it may.
func (e *entryNames) add(name string) string {
	if e.byKey == nil {
		e.byKey, e.written, e.folders = map[string]string{}, map[string]int{}, map[string]bool{}
	}
	clean, folder := strings.CutSuffix(name, "/")
	if fault := nameFault(clean); fault != "" {
		return fault
	}
	key := foldName(clean)
	if other, ok := e.byKey[key]; ok {
		return "two entries of this name, or of names that differ in case only: " + quoteName(other)
	}
	e.byKey[key] = name
	if shape, way := shapeOf(key); way != 0 {
		if e.written[shape] |= way; e.written[shape] == composed|decomposed {
			return "two names that differ only in how their letters are written"
		}
	}
	if folder {
		e.folders[key] = true
	} else {
		e.files = append(e.files, clean)
	}
	for dir := path.Dir(key); dir != "." && !e.folders[dir]; dir = path.Dir(dir) {
		e.folders[dir] = true
	}
	return ""
}

// folder says whether there is one of a name.
func (e *entryNames) folder(name string) bool { return e.folders[foldName(name)] }

// collision finds a file that is a folder too.
func (e *entryNames) collision() (fault, entry string) {
	for _, f := range e.files {
		if e.folders[foldName(f)] {
			return "a file and a folder of this name", f
		}
	}
	return "", ""
}

// nameFault says why a name, without the slash of a folder, is none.
func nameFault(name string) string {
	switch {
	case name == "" || len(name) > maxPackageName:
		return "a name that is empty or too long"
	case !utf8.ValidString(name):
		return "a name that is not UTF-8"
	case strings.HasPrefix(name, "/") || strings.ContainsAny(name, `\:`):
		return "an absolute name, a drive, a stream, or a backslash"
	case strings.ContainsAny(name, `<>"|?*`) || strings.ContainsFunc(name, unicode.IsControl):
		return "a name with characters that no file on Windows has"
	case !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)):
		return "a name that leads out of the folder"
	}
	for element := range strings.SplitSeq(name, "/") {
		switch {
		case strings.HasSuffix(element, ".") || strings.HasSuffix(element, " "):
			return "a name that ends in a dot or a space, which Windows drops"
		case isDevice(element):
			return "the name of a device on Windows"
		}
	}
	return ""
}

// isDevice says whether Windows takes a name for a device, whatever follows a
// dot in it.
func isDevice(element string) bool {
	base, _, _ := strings.Cut(element, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port, number := strings.CutPrefix(base, "COM")
	if !number {
		port, number = strings.CutPrefix(base, "LPT")
	}
	r, n := utf8.DecodeRuneInString(port)
	return number && n > 0 && n == len(port) && strings.ContainsRune("0123456789¹²³", r)
}

// foldName gives names that differ in case only the same form; the Kelvin sign
// is a k by that, as file systems see it.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}

// The two ways of Unicode to write one letter: as one character, or as a letter
// with marks behind it.
const (
	composed   = 1
	decomposed = 2
)

// shapeOf gives a name with its letters beyond ASCII left open, marks included,
// and in which way they are written; 0 where there are none. Two names of one
// shape in two ways may be one name: whoever packs names writes all of them in
// one way.
func shapeOf(key string) (shape string, way int) {
	const open = utf8.RuneError
	var out []rune
	for _, r := range key {
		switch {
		case r < utf8.RuneSelf:
			out = append(out, r)
		case unicode.Is(unicode.M, r) || r >= 0x1160 && r <= 0x11ff: // marks, and the rest of a Hangul syllable
			way |= decomposed
			if n := len(out); n > 0 && out[n-1] != '/' {
				out[n-1] = open
			}
		default:
			way |= composed
			out = append(out, open)
		}
	}
	if way&decomposed != 0 {
		way = decomposed
	}
	return string(out), way
}
