package archive

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hostileArchives is made when the test runs: some rows are large.
func hostileArchives() []hostileArchive {
	rows := slices.Concat(
		hostileKinds(),
		hostileTwins(),
		hostileBombs(),
		hostileCounts(),
		hostileData(),
		hostileCoding(),
		hostileHeaders(),
		hostileEnds(),
		notPackages(),
	)
	for _, what := range slices.Sorted(maps.Keys(hostileNames)) {
		for i, name := range hostileNames[what] {
			rows = append(rows, hostileArchive{name: fmt.Sprintf("%s %d", what, i+1), entries: named(name)})
		}
	}
	return rows
}

// hostileKinds are entries that are neither file nor folder.
func hostileKinds() []hostileArchive {
	return []hostileArchive{
		{name: "link", entries: []rawEntry{{name: rawTop + "link", content: "/etc/passwd", mode: rawLink}}},
		{
			name: "link, and a file through it",
			entries: []rawEntry{
				{name: rawTop + "lib", content: "../../..", mode: rawLink},
				{name: rawTop + "lib/evil", content: "x"},
			},
		},
		{
			name:    "link that is called a folder",
			entries: []rawEntry{{name: rawTop + "lib/", content: "..", mode: rawLink}},
		},
		{
			name:    "link in the place of security",
			entries: []rawEntry{{name: rawTop + "security/", content: "/etc", mode: rawLink}},
		},
		{name: "character device", entries: []rawEntry{{name: rawTop + "null", mode: rawChar}}},
		{name: "block device", entries: []rawEntry{{name: rawTop + "sda", mode: rawBlock}}},
		{name: "named pipe", entries: []rawEntry{{name: rawTop + "pipe", mode: rawPipe}}},
		{name: "socket", entries: []rawEntry{{name: rawTop + "socket", mode: rawSocket}}},
		{name: "folder by its mode alone", entries: []rawEntry{{name: rawTop + "d", mode: rawFolder}}},
		{name: "folder with bytes", entries: []rawEntry{{name: rawTop + "d/", content: "x"}}},
	}
}

// hostileTwins are names that are one on some systems.
func hostileTwins() []hostileArchive {
	return []hostileArchive{
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
		{
			name:    "a store that is there twice",
			entries: named(rawTop+"security/truststore", rawTop+"Security/Truststore"),
		},
	}
}

// hostileCoding are encrypted, or compressed in ways that a package is not.
func hostileCoding() []hostileArchive {
	return []hostileArchive{
		{name: "encrypted", entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagEncrypted}}},
		{
			name:    "encrypted in its own header",
			entries: []rawEntry{{name: rawTop + "a", content: "x", ownFlags: is(uint16(flagEncrypted))}},
		},
		{
			name:    "strongly encrypted",
			entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagStronglyEncrypted}},
		},
		{
			name:    "names in its own header hidden",
			entries: []rawEntry{{name: rawTop + "a", content: "x", flags: flagMasked}},
		},
		{name: "compressed by deflate64", entries: []rawEntry{{name: rawTop + "a", content: "x", method: 9}}},
		{name: "compressed by AES", entries: []rawEntry{{name: rawTop + "a", content: "x", method: 99}}},
		{
			name:    "stored in two sizes",
			entries: []rawEntry{{name: rawTop + "a", content: "x", size: is(uint64(1000))}},
		},
	}
}

// hostileHeaders say one thing before an entry and another in the directory.
func hostileHeaders() []hostileArchive {
	return []hostileArchive{
		{
			name:    "another name in its own header",
			entries: []rawEntry{{name: rawTop + "a", content: "x", ownName: is("../../evil")}},
		},
		{
			name: "another name beside it",
			entries: []rawEntry{
				{
					name:    rawTop + "a",
					content: "x",
					extra:   append([]byte{0x75, 0x70, 12, 0, 1, 0, 0, 0, 0}, "../evil"...),
				},
			},
		},
		{
			name:    "another method in its own header",
			entries: []rawEntry{{name: rawTop + "a", content: "x", ownMethod: is(uint16(8))}},
		},
		{
			name:    "another size in its own header",
			entries: []rawEntry{{name: rawTop + "a", content: "x", ownSize: is(uint32(1000))}},
		},
		{
			name:    "a header that is none",
			kind:    Corrupt,
			entries: []rawEntry{{name: rawTop + "a", content: "x", at: is(uint32(3))}},
		},
		{
			name:    "beyond the end",
			kind:    Corrupt,
			entries: []rawEntry{{name: rawTop + "a", content: "x", at: is(uint32(1 << 30))}},
		},
		{
			name: "longer than the archive",
			kind: Corrupt,
			entries: []rawEntry{
				{
					name:       rawTop + "a",
					content:    "x",
					size:       is(uint64(1 << 20)),
					compressed: is(uint64(1 << 20)),
				},
			},
		},
	}
}

// hostileEnds have more than one archive in them, or less.
func hostileEnds() []hostileArchive {
	return []hostileArchive{
		{name: "something before it", end: rawEnd{before: "#!/bin/sh\nevil\n"}},
		{name: "another archive before it", whole: func(t *testing.T) []byte {
			return append(rawZip(t, rawEnd{}, named("../evil")...), rawZip(t, rawEnd{}, rawPackage()...)...)
		}},
		{name: "much behind it", end: rawEnd{behind: strings.Repeat("evil", 300)}},
		{name: "the beginning of an archive behind it", end: rawEnd{behind: "PK\x03\x04evil"}},
		{name: "a second end in its comment", kind: Unusable, whole: func(t *testing.T) []byte {
			return rawZip(
				t,
				rawEnd{comment: "PK\x05\x06" + strings.Repeat("\x00", 18) + "."},
				rawPackage()...)
		}},
		{name: "fewer entries than it says", kind: Corrupt, end: rawEnd{count: is(uint16(9))}},
		{name: "more entries than it says, by 2^16", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range 1 << 16 {
				entries = append(entries, rawEntry{name: fmt.Sprint(rawTop, i)})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
		{name: "2^32 entries", end: rawEnd{count64: is(uint64(1<<32 + 3))}},
		{name: "2^64-1 entries", kind: Corrupt, end: rawEnd{count64: is(^uint64(0))}},
		{name: "a part of several", end: rawEnd{disk: 1}},
		{name: "a directory elsewhere", kind: Corrupt, end: rawEnd{directory: 7}},
		{
			name: "cut off",
			kind: Corrupt,
			whole: func(t *testing.T) []byte {
				b := rawZip(t, rawEnd{}, rawPackage()...)
				return b[:len(b)-30]
			},
		},
		{name: "empty file", kind: Corrupt, whole: func(*testing.T) []byte { return nil }},
		{
			name:  "not an archive",
			kind:  Corrupt,
			whole: func(*testing.T) []byte { return []byte(zeros()[:1<<20]) },
		},
	}
}

// notPackages are archives of something else.
func notPackages() []hostileArchive {
	return []hostileArchive{
		{
			name:  "nothing in it",
			kind:  Unusable,
			whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}) },
		},
		{
			name:  "no set-up script",
			kind:  Unusable,
			whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, named(rawTop+"README")...) },
		},
		{
			name:  "set-up script too deep",
			kind:  Unusable,
			whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, named("a/b/c/setup.sh")...) },
		},
		{
			name:  "no folder for stores",
			kind:  Unusable,
			whole: func(t *testing.T) []byte { return rawZip(t, rawEnd{}, rawPackage()[:2]...) },
		},
		{name: "two installations", kind: Unusable, whole: func(t *testing.T) []byte {
			names := []string{"a/setup.sh", "a/setup.bat", "a/security/README"}
			more := []string{"b/setup.sh", "b/setup.bat", "b/security/README"}
			return rawZip(t, rawEnd{}, named(append(names, more...)...)...)
		}},
	}
}

// hostileNames are the names that a package has none of.
var hostileNames = map[string][]string{
	"leads out": {
		"../evil",
		rawTop + "../../evil",
		rawTop + "lib/../../../evil",
		"..",
		rawTop + "..",
		"./../evil",
		rawTop + "lib/..",
	},
	"absolute": {"/evil", "/tmp/evil", "//evil", "///evil"},
	"drive":    {"C:/evil", "c:evil", "C:", rawTop + "C:/evil"},
	"backslash": {
		`..\evil`,
		rawTop + `..\..\evil`,
		`\evil`,
		`\\server\share\evil`,
		`C:\evil`,
		rawTop + `lib\..\..\..\evil`,
		`\\?\C:\evil`,
	},
	"stream": {rawTop + "setup.bat:evil", rawTop + "security::$INDEX_ALLOCATION/evil"},
	"device": {
		rawTop + "CON",
		rawTop + "nul",
		rawTop + "lib/AUX.jar",
		rawTop + "com1.txt",
		rawTop + "LPT9",
		rawTop + "PRN/evil",
		rawTop + "COM\u00b9",
		rawTop + "conin$",
		rawTop + "nul .txt",
	},
	"dropped": {
		rawTop + "setup.sh.",
		rawTop + "setup.sh ",
		rawTop + "lib./evil",
		rawTop + "lib /evil",
		rawTop + ".. /evil",
		rawTop + "...",
	},
	"character": {
		rawTop + "a\x00b",
		rawTop + "a\nb",
		rawTop + "a\x1b[2Jb",
		rawTop + "a\x7f",
		rawTop + "a*",
		rawTop + "a?",
		rawTop + "a|b",
		rawTop + `a"b`,
		rawTop + "a<b",
		rawTop + "a\u0085b",
	},
	"encoding": {
		rawTop + "caf\xe9",
		rawTop + "\xff\xfe",
		rawTop + "\xc0\xae\xc0\xae/evil",
		rawTop + "a\xed\xa0\x80",
	},
	"form": {
		"",
		"/",
		rawTop + "/a",
		rawTop + "./a",
		rawTop + "a/./b",
		rawTop + "a//",
		rawTop + strings.Repeat("x", 2000),
		rawTop + strings.Repeat("a/", 600) + "b",
	},
}

// nested is an archive in which the bytes of one entry hold another's header.
func nested(t *testing.T) []byte {
	inner := rawZip(t, rawEnd{}, rawEntry{name: rawTop + "inner", content: strings.Repeat("x", 100)})
	entries := rawPackage(rawEntry{name: rawTop + "outer", content: string(inner)})
	outer := rawZip(t, rawEnd{}, entries...)
	at := strings.Index(string(outer), string(inner))
	hidden := rawEntry{name: rawTop + "inner", content: strings.Repeat("x", 100), bare: true, at: is(uint32(at))}
	return rawZip(t, rawEnd{}, append(entries, hidden)...)
}
