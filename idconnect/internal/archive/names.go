package archive

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// entryNames are the names of a package's entries. They must be valid on Linux, Windows and macOS: a vendor packs
// nothing that is one file here and two there, or a device there.
type entryNames struct {
	// byKey are the entries by the form in which file systems compare names.
	byKey map[string]string
	// written says how the letters of names beyond ASCII are encoded, see shapeOf.
	written map[string]int
	files   []string
	folders map[string]bool // by key
}

// add says why an entry may not have a name, "" where it may.
func (e *entryNames) add(name string) string {
	if e.byKey == nil {
		e.byKey, e.written, e.folders = map[string]string{}, map[string]int{}, map[string]bool{}
	}
	clean, folder := strings.CutSuffix(name, "/")
	if fault := nameFault(clean); fault != "" {
		return fault
	}
	key := foldName(clean)
	switch other, ok := e.byKey[key]; {
	case ok && other == name && folder:
		return "" // programs that append write a folder each time
	case ok && strings.TrimSuffix(other, "/") == clean:
		return "another entry has this name"
	case ok:
		return "another entry has a name that differs in case only: " + strconv.QuoteToASCII(other)
	}
	e.byKey[key] = name
	if shape, way := shapeOf(key); way != 0 {
		if e.written[shape] |= way; e.written[shape] == composed|decomposed {
			return "another name differs only in the Unicode normalization form"
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
	// A name makes each folder in it, also where no entry does.
	if len(e.files)+len(e.folders) > maxFiles {
		return fmt.Sprintf("more than %d files and folders up to here", maxFiles)
	}
	return ""
}

// folder reports whether there is a folder of that name.
func (e *entryNames) folder(name string) bool { return e.folders[foldName(name)] }

// collision finds a name that is a file and a folder.
func (e *entryNames) collision() (fault, entry string) {
	for _, f := range e.files {
		if e.folders[foldName(f)] {
			return "both a file and a folder have this name", f
		}
	}
	return "", ""
}

// withoutDot takes the "./" away that tar -a and others write before each name.
func withoutDot(name string) string {
	for strings.HasPrefix(name, "./") {
		name = name[2:]
	}
	return name
}

// nameFault says why a name, without the slash of a folder, is refused.
func nameFault(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case len(name) > maxName:
		return fmt.Sprintf("the name has more than %d bytes", maxName)
	case !utf8.ValidString(name):
		return "the name is not UTF-8"
	case strings.Contains(name, `\`):
		return "the name has a backslash, which is a slash on Windows alone"
	case strings.Contains(name, ":"):
		return "the name has a colon: a drive or a stream on Windows"
	case strings.HasPrefix(name, "/"):
		return "the name is absolute"
	case strings.ContainsAny(name, `<>"|?*`) || strings.ContainsFunc(name, unicode.IsControl):
		return "the name has characters that Windows does not allow"
	case strings.Count(name, "/") >= maxDepth:
		return fmt.Sprintf("the name is more than %d folders deep", maxDepth)
	}
	for element := range strings.SplitSeq(name, "/") {
		switch {
		case element == "..":
			return "the name leads out of its folder"
		case element == "" || element == ".":
			return "the name has an empty part, or a dot as one"
		case strings.HasSuffix(element, ".") || strings.HasSuffix(element, " "):
			return "the name ends in a dot or a space, which Windows drops"
		case device.MatchString(element):
			return "the name is that of a device on Windows"
		}
	}
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "the name leads out of its folder"
	}
	return ""
}

// device is a name that Windows takes for a device, whatever follows a dot in it.
var device = regexp.MustCompile(`(?i)^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)`)

// foldName maps names that differ in case only to the same form, as file systems do: the Kelvin sign is a k.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}

// The two ways in which Unicode encodes one letter: as one character, or as a letter followed by marks.
const (
	composed   = 1
	decomposed = 2
)

// shapeOf replaces the letters of a name beyond ASCII, with their marks, by a placeholder, and says how they are
// encoded; 0 where there are none. Two names of one shape in two encodings may be one name: whoever packs names
// encodes all of them in one way.
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
