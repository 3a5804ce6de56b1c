package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// fault is one as JSON has it: the members of [openidmtest.Fault], with the delay as
// a text, "1.5s".
type fault struct {
	openidmtest.Fault
	Delay string
}

var effects = []openidmtest.Effect{
	openidmtest.Respond, openidmtest.Reset, openidmtest.Hang, openidmtest.LoseAnswer, openidmtest.Truncate,
	openidmtest.Restart,
}

// readFaults reads a file with a list of faults.
func readFaults(path string) ([]openidmtest.Fault, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	faults, err := parseFaults(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return faults, nil
}

// parseFaults reads a list of faults.
func parseFaults(content []byte) ([]openidmtest.Fault, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	var list []fault
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("must be a list of faults, [{\"Path\": \"info/ping\", \"Status\": 503}]: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list of faults")
	}
	faults := make([]openidmtest.Fault, 0, len(list))
	for i, f := range list {
		if !slices.Contains(effects, f.Effect) {
			var known []string
			for _, e := range effects[1:] {
				known = append(known, fmt.Sprintf("%q", e))
			}
			return nil, fmt.Errorf("fault %d: Effect %q: must be %s, or left out", i+1, f.Effect,
				strings.Join(known, ", "))
		}
		if f.Delay != "" {
			delay, err := time.ParseDuration(f.Delay)
			if err != nil || delay < 0 {
				return nil, fmt.Errorf("fault %d: Delay %q: must be a duration like 1.5s", i+1, f.Delay)
			}
			f.Fault.Delay = delay
		}
		faults = append(faults, f.Fault)
	}
	return faults, nil
}
