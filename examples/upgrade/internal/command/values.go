package command

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// The values that a flag can have, for package flag.
type (
	text struct {
		of   *Flag
		into *string
	}
	yesNo   struct{ into *bool }
	number  struct{ into *int }
	span    struct{ into *time.Duration }
	several struct{ into *[]string }
)

func (v text) String() string {
	if v.into == nil {
		return ""
	}
	return *v.into
}

func (v text) Set(s string) error {
	*v.into = s
	return nil
}

func (v yesNo) IsBoolFlag() bool { return true }

func (v yesNo) String() string {
	if v.into == nil || !*v.into {
		return ""
	}
	return "true"
}

func (v yesNo) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return &Mistake{"neither true nor false", ""}
	}
	*v.into = b
	return nil
}

func (v number) String() string {
	if v.into == nil || *v.into == 0 {
		return ""
	}
	return strconv.Itoa(*v.into)
}

func (v number) Set(s string) error {
	n, err := strconv.Atoi(s)
	if errors.Is(err, strconv.ErrRange) {
		return &Mistake{"too large a number", ""}
	}
	if err != nil {
		return &Mistake{"not a whole number", ""}
	}
	*v.into = n
	return nil
}

func (v span) String() string {
	if v.into == nil || *v.into == 0 {
		return ""
	}
	s := v.into.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (v span) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err == nil {
		*v.into = d
		return nil
	}
	if _, notNumber := strconv.Atoi(s); notNumber == nil {
		return &Mistake{"a duration needs a unit", "did you mean " + s + "s or " + s + "m?"}
	}
	return &Mistake{"not a duration", "write a duration as 30s, 5m or 1h30m"}
}

func (v several) String() string { return "" }

func (v several) Set(s string) error {
	*v.into = append(*v.into, s)
	return nil
}
