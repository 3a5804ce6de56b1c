package idconnect

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

type hostileArchive struct {
	name string
	code string // of the finding; "" is PACKAGE-HOSTILE
	// entries beside those that a package must have.
	entries []rawEntry
	end     rawEnd
	// whole is the archive where no entries make it.
	whole func(*testing.T) []byte
	// reading: only reading the data shows it, which preflight does.
	reading bool
	// large: left out with -short.
	large bool
}

func named(names ...string) (out []rawEntry) {
	for _, n := range names {
		out = append(out, rawEntry{name: n, content: "evil"})
	}
	return out
}

const rawTop = "salesforceIdConnect/"

var zeros = sync.OnceValue(func() string { return strings.Repeat("\x00", 32<<20) })

// hostileArchives is made when the test runs: some rows are large.
func hostileArchives() []hostileArchive {
	rows := []hostileArchive{
		{name: "link", entries: []rawEntry{{name: rawTop + "link", content: "/etc/passwd", mode: rawLink}}},
		{name: "link, and a file through it", entries: []rawEntry{{name: rawTop + "lib", content: "../../..", mode: rawLink}, {name: rawTop + "lib/evil", content: "x"}}},
		{name: "link that is called a folder", entries: []rawEntry{{name: rawTop + "lib/", content: "..", mode: rawLink}}},
		{name: "link in the place of security", entries: []rawEntry{{name: rawTop + "security/", content: "/etc", mode: rawLink}}},
		{name: "character device", entries: []rawEntry{{name: rawTop + "null", mode: rawChar}}},
		{name: "block device", entries: []rawEntry{{name: rawTop + "sda", mode: rawBlock}}},
		{name: "named pipe", entries: []rawEntry{{name: rawTop + "pipe", mode: rawPipe}}},
		{name: "socket", entries: []rawEntry{{name: rawTop + "socket", mode: rawSocket}}},
		{name: "folder by its mode alone", entries: []rawEntry{{name: rawTop + "d", mode: rawFolder}}},
		{name: "folder with bytes", entries: []rawEntry{{name: rawTop + "d/", content: "x"}}},

		{name: "twice", entries: named(rawTop+"a", rawTop+"a")},
		{name: "case only", entries: named(rawTop+"a", rawTop+"A")},
		{name: "case of a folder only", entries: named(rawTop+"lib/a", rawTop+"LIB/a")},
		{name: "case beyond ASCII", entries: named(rawTop+"é", rawTop+"É")},
		{name: "Kelvin sign and k", entries: named(rawTop+"k", rawTop+"\u212a")},
		{name: "long s and s", entries: named(rawTop+"s", rawTop+"\u017f")},
		{name: "composed and decomposed", entries: named(rawTop+"caf\u00e9", rawTop+"cafe\u0301")},
		{name: "composed and decomposed, Hangul", entries: named(rawTop+"\ud55c", rawTop+"\u1112\u1161\u11ab")},
		{name: "file and folder", entries: named(rawTop+"a", rawTop+"a/b")},
		{name: "folder and file", entries: named(rawTop+"a/b", rawTop+"a")},
		{name: "file and folder, by case", entries: named(rawTop+"a", rawTop+"A/b")},
		{name: "the set-up script twice", entries: named(rawTop + "SETUP.sh")},
		{name: "a store that is there twice", entries: named(rawTop+"security/truststore", rawTop+"Security/Truststore")},

		{name: "bomb by ratio", entries: []rawEntry{{name: rawTop + "zeros", content: zeros(), method: 8}}},
		{name: "bomb by many", large: true, entries: func() (out []rawEntry) {
			for i := range 20 {
				out = append(out, rawEntry{name: fmt.Sprint(rawTop, "zeros", i), content: zeros()[:15<<20], method: 8})
			}
			return out
		}()},
		{name: "bomb by size", entries: []rawEntry{{name: rawTop + "huge", method: 8, zip64: true, size: is(uint64(9 << 30)), compressed: is(uint64(8 << 30))}}},
		{name: "bomb by size, 2^64-1", entries: []rawEntry{{name: rawTop + "huge", method: 8, zip64: true, size: is(^uint64(0)), compressed: is(uint64(1))}}},
		{name: "bomb by size, of sizes that add up to less", entries: []rawEntry{
			{name: rawTop + "a", method: 8, zip64: true, size: is(uint64(1) << 63), compressed: is(uint64(1) << 62)},
			{name: rawTop + "b", method: 8, zip64: true, size: is(uint64(1) << 63), compressed: is(uint64(1) << 62)},
		}},
		{name: "bomb by all together", entries: []rawEntry{
			{name: rawTop + "a", method: 8, zip64: true, size: is(uint64(5 << 30)), compressed: is(uint64(1 << 30))},
			{name: rawTop + "b", method: 8, zip64: true, size: is(uint64(5 << 30)), compressed: is(uint64(1 << 30))},
		}},
		{name: "bomb of nothing", entries: []rawEntry{{name: rawTop + "huge", method: 8, data: []byte{}, size: is(uint64(1 << 30))}}},
		{name: "bomb by count", large: true, entries: func() (out []rawEntry) {
			for i := range maxPackageFiles {
				out = append(out, rawEntry{name: fmt.Sprint(rawTop, i)})
			}
			return out
		}()},
		{name: "bomb by the length of the directory", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range 600 {
				entries = append(entries, rawEntry{name: fmt.Sprint(rawTop, i), extra: make([]byte, 0xffff)})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
		{name: "entries that share bytes", entries: []rawEntry{
			{name: rawTop + "a", content: "shared"}, {name: rawTop + "a2", content: "shared", bare: true, ownName: is(rawTop + "a"), at: is(uint32(0))},
		}},
		{name: "an entry in another's bytes", whole: nested},
		{name: "more than it says", code: "PACKAGE-CORRUPT", reading: true, entries: []rawEntry{{name: rawTop + "zeros", content: zeros(), method: 8, size: is(uint64(10))}}},
		{name: "less than it says", code: "PACKAGE-CORRUPT", reading: true, entries: []rawEntry{{name: rawTop + "a", content: "x", method: 8, size: is(uint64(1000))}}},
		{name: "a wrong checksum", code: "PACKAGE-CORRUPT", reading: true, entries: []rawEntry{{name: rawTop + "a", content: "xyz", crc: is(uint32(7))}}},
		{name: "not what deflate makes", code: "PACKAGE-CORRUPT", reading: true, entries: []rawEntry{{name: rawTop + "a", content: "xyz", method: 8, data: []byte{0xff, 0xff, 0xff}}}},

		{name: "encrypted", entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagEncrypted}}},
		{name: "encrypted in its own header", entries: []rawEntry{{name: rawTop + "a", content: "x", ownFlags: is(uint16(flagEncrypted))}}},
		{name: "strongly encrypted", entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagStronglyEncrypted}}},
		{name: "names in its own header hidden", entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagMasked}}},
		{name: "compressed by deflate64", entries: []rawEntry{{name: rawTop + "a", content: "x", method: 9}}},
		{name: "compressed by AES", entries: []rawEntry{{name: rawTop + "a", content: "x", method: 99}}},
		{name: "stored in two sizes", entries: []rawEntry{{name: rawTop + "a", content: "x", size: is(uint64(1000))}}},

		{name: "another name in its own header", entries: []rawEntry{{name: rawTop + "a", content: "x", ownName: is("../../evil")}}},
		{name: "another name beside it", entries: []rawEntry{{name: rawTop + "a", content: "x", extra: append([]byte{0x75, 0x70, 12, 0, 1, 0, 0, 0, 0}, "../evil"...)}}},
		{name: "another method in its own header", entries: []rawEntry{{name: rawTop + "a", content: "x", ownMethod: is(uint16(8))}}},
		{name: "another size in its own header", entries: []rawEntry{{name: rawTop + "a", content: "x", ownSize: is(uint32(1000))}}},
		{name: "a header that is none", code: "PACKAGE-CORRUPT", entries: []rawEntry{{name: rawTop + "a", content: "x", at: is(uint32(3))}}},
		{name: "beyond the end", code: "PACKAGE-CORRUPT", entries: []rawEntry{{name: rawTop + "a", content: "x", at: is(uint32(1 << 30))}}},
		{name: "longer than the archive", code: "PACKAGE-CORRUPT", entries: []rawEntry{{name: rawTop + "a", content: "x", size: is(uint64(1 << 20)), compressed: is(uint64(1 << 20))}}},

		{name: "something before it", end: rawEnd{before: "#!/bin/sh\nevil\n"}},
		{name: "another archive before it", whole: func(t *testing.T) []byte {
			return append(rawZip(t, rawEnd{}, named("../evil")...), rawZip(t, rawEnd{}, rawPackage()...)...)
		}},
		{name: "something behind it", end: rawEnd{behind: "evil"}},
		{name: "a second end in its comment", whole: func(t *testing.T) []byte {
			return rawZip(t, rawEnd{comment: "PK\x05\x06" + strings.Repeat("\x00", 18) + "."}, rawPackage()...)
		}},
		{name: "fewer entries than it says", code: "PACKAGE-CORRUPT", end: rawEnd{count: is(uint16(9))}},
		{name: "more entries than it says, by 2^16", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range 1 << 16 {
				entries = append(entries, rawEntry{name: fmt.Sprint(rawTop, i)})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
		{name: "2^32 entries", end: rawEnd{count64: is(uint64(1<<32 + 3))}},
		{name: "2^64-1 entries", code: "PACKAGE-CORRUPT", end: rawEnd{count64: is(^uint64(0))}},
		{name: "a part of several", end: rawEnd{disk: 1}},
		{name: "a directory elsewhere", code: "PACKAGE-CORRUPT", end: rawEnd{directory: 7}},
		{name: "cut off", code: "PACKAGE-CORRUPT", whole: func(t *testing.T) []byte { b := rawZip(t, rawEnd{}, rawPackage()...); return b[:len(b)-30] }},
		{name: "empty file", code: "PACKAGE-CORRUPT", whole: func(*testing.T) []byte { return nil }},
		{name: "not an archive", code: "PACKAGE-CORRUPT", whole: func(*testing.T) []byte { return []byte(zeros()[:1<<20]) }},

		{name: "nothing in it", code: "PACKAGE-UNUSABLE", whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}) }},
		{name: "no set-up script", code: "PACKAGE-UNUSABLE", whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, named(rawTop+"README")...) }},
		{name: "set-up script too deep", code: "PACKAGE-UNUSABLE", whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, named("a/b/c/setup.sh")...) }},
		{name: "no folder for stores", code: "PACKAGE-UNUSABLE", whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, rawPackage()[:2]...) }},
		{name: "two installations", code: "PACKAGE-UNUSABLE", whole: func(t *testing.T) []byte {
			return rawZip(t, rawEnd{}, named("a/setup.sh", "a/setup.bat", "a/security/README", "b/setup.sh", "b/setup.bat", "b/security/README")...)
		}},
	}
	for what, names := range hostileNames {
		for i, name := range names {
			rows = append(rows, hostileArchive{name: fmt.Sprintf("%s %d", what, i+1), entries: named(name)})
		}
	}
	return rows
}

// hostileNames are the names that a package has none of.
var hostileNames = map[string][]string{
	"leads out": {"../evil", rawTop + "../../evil", rawTop + "lib/../../../evil", "..", rawTop + "..", "./../evil", rawTop + "lib/.."},
	"absolute":  {"/evil", "/tmp/evil", "//evil", "///evil"},
	"drive":     {"C:/evil", "c:evil", "C:", rawTop + "C:/evil"},
	"backslash": {`..\evil`, rawTop + `..\..\evil`, `\evil`, `\\server\share\evil`, `C:\evil`, rawTop + `lib\..\..\..\evil`, `\\?\C:\evil`},
	"stream":    {rawTop + "setup.bat:evil", rawTop + "security::$INDEX_ALLOCATION/evil"},
	"device":    {rawTop + "CON", rawTop + "nul", rawTop + "lib/AUX.jar", rawTop + "com1.txt", rawTop + "LPT9", rawTop + "PRN/evil", rawTop + "COM\u00b9", rawTop + "conin$", rawTop + "nul .txt"},
	"dropped":   {rawTop + "setup.sh.", rawTop + "setup.sh ", rawTop + "lib./evil", rawTop + "lib /evil", rawTop + ".. /evil", rawTop + "..."},
	"character": {rawTop + "a\x00b", rawTop + "a\nb", rawTop + "a\x1b[2Jb", rawTop + "a\x7f", rawTop + "a*", rawTop + "a?", rawTop + "a|b", rawTop + `a"b`, rawTop + "a<b", rawTop + "a\u0085b"},
	"encoding":  {rawTop + "caf\xe9", rawTop + "\xff\xfe", rawTop + "\xc0\xae\xc0\xae/evil", rawTop + "a\xed\xa0\x80"},
	"form":      {"", "/", rawTop + "/a", rawTop + "./a", rawTop + "a/./b", rawTop + "a//", rawTop + strings.Repeat("x", 2000), rawTop + strings.Repeat("a/", 600) + "b"},
}

// nested is an archive in which the bytes of one entry hold another's header.
func nested(t *testing.T) []byte {
	inner := rawZip(t, rawEnd{}, rawEntry{name: rawTop + "inner", content: strings.Repeat("x", 100)})
	entries := rawPackage(rawEntry{name: rawTop + "outer", content: string(inner)})
	outer := rawZip(t, rawEnd{}, entries...)
	at := strings.Index(string(outer), string(inner))
	return rawZip(t, rawEnd{}, append(entries, rawEntry{name: rawTop + "inner", content: strings.Repeat("x", 100), bare: true, at: is(uint32(at))})...)
}

// picture is everything below a folder, with modes and sizes.
func picture(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHostileArchives: each is refused by preflight, with its code, before the
// first byte is written, and again by the step itself; nothing is written
// anywhere.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	rows := hostileArchives()
	if testing.Short() {
		rows = slices.DeleteFunc(rows, func(row hostileArchive) bool { return row.large })
	}
	var refused atomic.Int32
	t.Run("rows", func(t *testing.T) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				if row.hostile(t) {
					refused.Add(1)
				}
			})
		}
	})
	fmt.Printf("TestHostileArchives: %d of %d hostile archives refused, nothing written\n", refused.Load(), len(rows))
}

func (row hostileArchive) hostile(t *testing.T) (refused bool) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b", "c", "d")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	var archive []byte
	if row.whole != nil {
		archive = row.whole(t)
	} else {
		archive = rawZip(t, row.end, rawPackage(row.entries...)...)
	}
	path := filepath.Join(dir, "package.zip")
	if err := os.WriteFile(path, archive, 0o644); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(deep, "idc716", "salesforceIdConnect")
	before := picture(t, dir)
	u := &Upgrade{
		TargetDir: target, Package: path, Steps: []string{StepUnpack},
		Source: Server{URL: "https://127.0.0.1:1/openidm/"}, Target: Server{URL: "https://127.0.0.1:2/openidm/"},
	}
	report, err := u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) {
		t.Errorf("the run: %v", err)
		return false
	}
	code := stdcmp.Or(row.code, "PACKAGE-HOSTILE")
	if b := report.Findings.Blocking(); len(b) != 1 || b[0].Code != code || b[0].Remedy == "" || len(b[0].Seen) > 3000 {
		t.Errorf("%s was not found in %v", code, b)
		return false
	}
	if d := cmp.Diff(before, picture(t, dir)); d != "" {
		t.Errorf("something was written:\n%s", d)
		return false
	}
	// The step looks by itself, too.
	var no *PackageError
	if err := unpackPackage(t.Context(), path, target, func(int64, int64) {}); !errors.As(err, &no) || no.Code != code {
		t.Errorf("unpacking: %v", err)
		return false
	}
	if row.reading { // made the folder above, and took back the rest
		if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
			return false
		}
		return true
	}
	if d := cmp.Diff(before, picture(t, dir)); d != "" {
		t.Errorf("something was written by the step:\n%s", d)
		return false
	}
	return true
}
