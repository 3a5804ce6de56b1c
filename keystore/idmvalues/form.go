package idmvalues

import "encoding/json"

// Form is what an encrypted value of OpenIDM, {"$crypto":{…}}, says of itself, without what it holds.
type Form struct {
	// Type and Cipher are such as "x-simple-encryption" and "AES/CBC/PKCS5Padding", at most 255 bytes each.
	Type, Cipher string
	// Alias is that of the key, up to 255 bytes of it; "" where it names none.
	Alias string
	// Stable reports whether the alias stands in stableId, as in values of IDM 7, which [Opens] does not open.
	Stable bool
	// NeedsKey reports whether the value names a key. Any other, such as a salted hash or {"$crypto":null}, is all
	// that it says, and compares as JSON.
	NeedsKey bool
}

// FormOf returns the form of a value, the zero value where it has none.
func FormOf(value []byte) (f Form) {
	inner := members(members(value)["$crypto"])
	f.Type = short(inner["type"])
	content := members(inner["value"])
	f.Cipher = short(content["cipher"])
	f.Alias = short(content["key"])
	if stable, ok := content["stableId"]; ok {
		f.Alias, f.Stable = short(stable), true
	}
	_, wrapped := content["key"]
	f.NeedsKey = f.Type != "" && (wrapped || f.Stable)
	return f
}

// Known reports whether type and cipher are those that [Opens] opens.
func (f Form) Known() bool { return f.Type == simple && f.Cipher == aesCBC }

func short(value json.RawMessage) string {
	s, _ := text(value)
	return s[:min(len(s), 255)]
}
