package journal

import "encoding/json"

// Reseal makes the checksum of a journal fit, as whoever plants one can; what is no journal stays as it is.
func Reseal(content []byte) []byte {
	var d data
	if json.Unmarshal(content, &d) != nil {
		return content
	}
	d.Version = version
	sealed, err := seal(d)
	if err != nil {
		return content
	}
	return sealed
}
