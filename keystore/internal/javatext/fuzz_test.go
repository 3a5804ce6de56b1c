package javatext

import "testing"

func FuzzModifiedUTF8(f *testing.F) {
	for _, s := range []string{"", "a", "ü", "鍵", "key😀", "\x00"} {
		f.Add(ModifiedUTF8(s))
	}
	f.Add([]byte{0xc0, 0x80, 0xff})
	f.Add([]byte("a\xed\xa0\x80b"))           // half a pair
	f.Add([]byte("\xed\xb0\x80\xed\xa0\x80")) // both, the wrong way round
	f.Add([]byte("\xed\xa0\xbd\xed\xb8\x80")) // a pair
	f.Add([]byte("\xf0\x9f\x98\x80"))         // not modified
	f.Add([]byte("\xe2\x82"))                 // cut off
	f.Add([]byte("\xc1\x81"))                 // longer than needed
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := FromModifiedUTF8(b)
		if err != nil {
			return
		}
		again, err := FromModifiedUTF8(ModifiedUTF8(s))
		if err != nil || again != s {
			t.Fatalf("%q: %q, %v", s, again, err)
		}
	})
}
