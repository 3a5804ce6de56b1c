package crest

import (
	"testing"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	r := Record{}
	if err := Decode([]byte(`{"userName":"u1","age":41,"ratio":0.5,"active":true,"name":{"first":"Zoë"},
		"a/b":"slash","list":["x","y"],"rows":[{"id":1}],"nothing":null}`), &r); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		match string
		want  bool
	}{
		{`true`, true},
		{`false`, false},
		{`TRUE`, true},
		{`userName eq "u1"`, true},
		{`userName EQ 'u1'`, true},
		{`/userName eq "u1"`, true},
		{`userName eq "U1"`, false},
		{`userName sw "u"`, true},
		{`userName co "1"`, true},
		{`userName gt "u0"`, true},
		{`userName lt "u0"`, false},
		{`age eq 41`, true},
		{`age eq 41.0`, true},
		{`age ge 41 and age le 41`, true},
		{`age gt 41 or age lt 41`, false},
		{`age eq "41"`, true}, {`age eq "41.0"`, false},
		{`ratio lt 0.6`, true},
		{`active eq true`, true},
		{`active eq false`, false},
		{`name/first eq "Zo\u00eb"`, true},
		{`a~1b eq "slash"`, true},
		{`list eq "y"`, true},
		{`list/0 eq "x"`, true},
		{`rows/0/id eq 1`, true},
		{`missing pr`, false},
		{`nothing pr`, false},
		{`name pr`, true},
		{`!(userName eq "u1")`, false},
		{`! missing pr`, true},
		{`(userName eq "x" or age eq 41) and active eq true`, true},
		{`userName eq "x" or age eq 41 and active eq false`, false},
		{`false and false or true`, true},
	} {
		t.Run(c.match, func(t *testing.T) {
			t.Parallel()
			f, err := parseFilter(c.match)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.keep(r); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

var badFilters = []string{
	``, `userName`, `userName zz`, `userName eq`, `userName eq "a`, `userName eq a`, `userName eq null`,
	`(true`, `true)`,
	`and`, `true and`, `"a" eq "b"`, `userName eq "a" "b"`, `userName eq [1]`, `!`, `() `,
}

func TestBadFilter(t *testing.T) {
	t.Parallel()
	for _, text := range badFilters {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if _, err := parseFilter(text); err == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	for _, text := range badFilters {
		f.Add(text)
	}
	f.Add(`!(a/b co "\"" or c pr) and d ge -1.5`)
	f.Fuzz(func(t *testing.T, text string) {
		if f, err := parseFilter(text); err == nil {
			f.keep(Record{"a": Record{"b": `"`}, "d": 1})
		}
	})
}
