package command

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// set gives the flag a value. A switch that is given as -flag has the text "true".
func (f *Flag) set(s string) (err error) {
	switch into := f.Into.(type) {
	case *string:
		*into = s
	case *[]string:
		*into = append(*into, s)
	case *bool:
		if *into, err = strconv.ParseBool(s); err != nil {
			return &Mistake{What: "neither true nor false"}
		}
	case *int:
		if *into, err = strconv.Atoi(s); errors.Is(err, strconv.ErrRange) {
			return &Mistake{What: "too large a number"}
		} else if err != nil {
			return &Mistake{What: "not a whole number"}
		}
	case *time.Duration:
		if *into, err = time.ParseDuration(s); err == nil {
			return nil
		}
		if _, notNumber := strconv.Atoi(s); notNumber == nil {
			return &Mistake{"a duration needs a unit", "did you mean " + s + "s or " + s + "m?"}
		}
		return &Mistake{"not a duration", "write a duration as 30s, 5m or 1h30m"}
	default:
		panic("command: -" + f.Name + " has nothing to set")
	}
	return nil
}

// held is what the flag holds, "" for nothing.
func (f *Flag) held() string {
	switch into := f.Into.(type) {
	case *string:
		return *into
	case *int:
		if *into != 0 {
			return strconv.Itoa(*into)
		}
	case *time.Duration:
		if *into != 0 {
			s := into.String()
			if strings.HasSuffix(s, "m0s") {
				s = strings.TrimSuffix(s, "0s")
			}
			if strings.HasSuffix(s, "h0m") {
				s = strings.TrimSuffix(s, "0m")
			}
			return s
		}
	}
	return ""
}
