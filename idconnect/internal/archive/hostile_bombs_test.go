package archive

import (
	"fmt"
	"strings"
	"testing"
)

// sized is an entry that says what sizes it has.
func sized(name string, size, compressed uint64) rawEntry {
	return rawEntry{name: rawTop + name, method: 8, zip64: true, size: is(size), compressed: is(compressed)}
}

// hostileBombs would exhaust the disk.
func hostileBombs() []hostileArchive {
	return []hostileArchive{
		{name: "bomb by ratio", entries: []rawEntry{{name: rawTop + "zeros", content: zeros(), method: 8}}},
		{name: "bomb by many", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range 20 {
				name := fmt.Sprint(rawTop, "zeros", i)
				entries = append(entries, rawEntry{name: name, content: zeros()[:15<<20], method: 8})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
		{name: "bomb by size", entries: []rawEntry{sized("huge", 9<<30, 8<<30)}},
		{name: "bomb by size, 2^64-1", entries: []rawEntry{sized("huge", 1<<64-1, 1)}},
		{name: "bomb by size, of sizes that add up to less", entries: []rawEntry{
			sized("a", 1<<63, 1<<62), sized("b", 1<<63, 1<<62),
		}},
		{name: "bomb by all together", entries: []rawEntry{sized("a", 5<<30, 1<<30), sized("b", 5<<30, 1<<30)}},
		{name: "bomb of nothing", entries: []rawEntry{
			{name: rawTop + "huge", method: 8, data: []byte{}, size: is(uint64(1 << 30))},
		}},
		{name: "entries that share bytes", entries: []rawEntry{
			{name: rawTop + "a", content: "shared"},
			{
				name: rawTop + "a2", content: "shared", bare: true,
				ownName: is(rawTop + "a"), at: is(uint32(0)),
			},
		}},
		{name: "an entry in another's bytes", whole: nested},
	}
}

// hostileCounts have too many entries, or too large a directory.
func hostileCounts() []hostileArchive {
	return []hostileArchive{
		{name: "bomb by count", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range maxFiles {
				entries = append(entries, rawEntry{name: fmt.Sprint(rawTop, i)})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
		{name: "bomb by folders that names imply", whole: func(t *testing.T) []byte {
			return rawZip(t, rawEnd{}, rawPackage(impliedFolders(maxFiles/90+1, 90)...)...)
		}},
		{name: "a name of folders in folders", entries: impliedFolders(1, maxDepth)},
		{name: "bomb by the length of the directory", large: true, whole: func(t *testing.T) []byte {
			var entries []rawEntry
			for i := range 600 {
				name := fmt.Sprint(rawTop, i)
				entries = append(entries, rawEntry{name: name, extra: make([]byte, 0xffff)})
			}
			return rawZip(t, rawEnd{}, rawPackage(entries...)...)
		}},
	}
}

// impliedFolders are files, each in folders of its own.
func impliedFolders(files, deep int) (entries []rawEntry) {
	for i := range files {
		entries = append(entries, rawEntry{name: fmt.Sprint(rawTop, i, strings.Repeat("/d", deep-1), "/f")})
	}
	return entries
}

// hostileData have data that is not what the directory says.
func hostileData() []hostileArchive {
	row := func(name string, e rawEntry) hostileArchive {
		e.name = rawTop + "a"
		return hostileArchive{name: name, kind: Corrupt, reading: true, entries: []rawEntry{e}}
	}
	return []hostileArchive{
		row("more than it says", rawEntry{content: zeros(), method: 8, size: is(uint64(10))}),
		row("less than it says", rawEntry{content: "x", method: 8, size: is(uint64(1000))}),
		row("a wrong checksum", rawEntry{content: "xyz", crc: is(uint32(7))}),
		row("not what deflate makes", rawEntry{content: "xyz", method: 8, data: []byte{0xff, 0xff, 0xff}}),
	}
}
