package idmvalues

import "testing"

func TestFormOf(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Form{
		`{"$crypto":{"type":"x-simple-encryption","value":{"cipher":"AES/CBC/PKCS5Padding","key":"a"}}}`: {
			Type: simple, Cipher: aesCBC, Alias: "a", NeedsKey: true},
		`{"$crypto":{"type":"x-simple-encryption","value":{"stableId":"b","data":"secret"}}}`: {
			Type: simple, Alias: "b", Stable: true, NeedsKey: true},
		`{"$crypto":{"type":"x-simple-encryption","value":{"key":{"$crypto":{}}}}}`: {
			Type: simple, NeedsKey: true},
		`{"$crypto":{"type":"salted-hash","value":{"algorithm":"SHA-256"}}}`: {Type: "salted-hash"},
		`{"$crypto":{"value":{"key":"a"}}}`:                                  {Alias: "a"},
		`{"$crypto":null}`:                                                   {},
		`{"$crypto":{}}`:                                                     {},
		`{}`:                                                                 {},
		`"x"`:                                                                {},
		`{`:                                                                  {},
	} {
		if got := FormOf([]byte(value)); got != want || got.Known() != (got.Cipher != "") {
			t.Errorf("%s: %+v", value, got)
		}
	}
}
