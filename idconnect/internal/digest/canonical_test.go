package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		// RFC 8785, 3.2.2 to 3.2.4.
		{"rfc sample",
			`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
				`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",` +
				`"literals":[null,true,false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
				`"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"rfc order",
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",` +
				`"1":"One","\ud83d\ude00":"Emoji: Grinning Face",` +
				`"\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\"," +
				"\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\"," +
				"\"\U0001F600\":\"Emoji: Grinning Face\"," +
				"\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		{"space", " \t\r\n{ \"b\" : [ 1 , { } , [ ] ] , \"a\" : null } ", `{"a":null,"b":[1,{},[]]}`},
		{"nested order", `{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}`, `{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}`},
		{"prefix first", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"escaped name", `{"b":1,"\u0061":2}`, `{"a":2,"b":1}`},
		{"same name twice", `{"a":1,"b":2,"\u0061":3}`, `{"a":3,"b":2}`},
		{"lone surrogate", `["\uD800","\udc00x","\ud800\u0041"]`, `["\ud800","\udc00x","\ud800A"]`},
		{"lone surrogate name", `{"\ud800":1,"a":2}`, `{"a":2,"\ud800":1}`},
		{"controls", `"\b\t\n\f\r\u001f\u007f"`, "\"\\b\\t\\n\\f\\r\\u001f\u007f\""},
		{"minus zero", `[-0,-0.0,0e5]`, `[0,0,0]`},
		{"integer that a double holds", `[9007199254740992,1e21,100000000000000000000]`,
			`[9007199254740992,1e+21,100000000000000000000]`},
		{"integer that it does not", `[9007199254740993,-123456789012345678901]`,
			`[9007199254740993,-123456789012345678901]`},
		{"out of range", `[1e400]`, `[1e400]`},
		{"small", `[0.000001,0.0000001,1.5e-9,5e-324]`, `[0.000001,1e-7,1.5e-9,5e-324]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Canonical([]byte(tc.in))
			if err != nil || string(got) != tc.want {
				t.Fatalf("got  %s (%v)\nwant %s", got, err, tc.want)
			}
		})
	}
}

// The table of RFC 8785, appendix B.
func TestCanonicalNumbers(t *testing.T) {
	t.Parallel()
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0",
		0x8000000000000000: "0",
		0x0000000000000001: "5e-324",
		0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308",
		0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992",
		0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23",
		0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000",
		0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332",
		0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333",
		0x41b3de4355555556: "333333333.3333334",
		0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333",
		0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		literal := strconv.FormatFloat(math.Float64frombits(bits), 'e', 17, 64)
		if got, err := Canonical([]byte(literal)); err != nil || string(got) != want {
			t.Errorf("%016x: got %s (%v), want %s", bits, got, err, want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"empty":           {"", errSyntax},
		"two values":      {"1 2", errSyntax},
		"open object":     {`{"a":1`, errSyntax},
		"open array":      {`[1,`, errSyntax},
		"open string":     {`"a`, errSyntax},
		"open escape":     {`"\`, errSyntax},
		"short escape":    {`"\u12"`, errSyntax},
		"bad escape":      {`"\u12g4"`, errSyntax},
		"unknown escape":  {`"\x"`, errSyntax},
		"no colon":        {`{"a" 1}`, errSyntax},
		"number as name":  {`{1:1}`, errSyntax},
		"comma at end":    {`{"a":1,}`, errSyntax},
		"leading zero":    {`01`, errSyntax},
		"only minus":      {`-`, errSyntax},
		"no fraction":     {`1.`, errSyntax},
		"no exponent":     {`1e`, errSyntax},
		"control":         {"\"\n\"", errSyntax},
		"not utf-8":       {"\"\xff\"", errSyntax},
		"cut word":        {`tru`, errSyntax},
		"deep":            {strings.Repeat("[", 1000) + strings.Repeat("]", 1000), errLimit},
		"deep and broken": {strings.Repeat(`{"a":`, 1000), errSyntax},
		"large":           {`"` + strings.Repeat("a", maxBytes) + `"`, errLimit},
	} {
		if got, err := Canonical([]byte(tc.in)); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %.40q, %v, want %v", name, got, err, tc.want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1,2.50,-0,1e30],"a":{"$crypto":{"value":null}}}`, `"\ud83d\ude00\ud800"`,
		`{"a":1,"a":2}`, ` [ ] `, `12345678901234567890`, `{"\ud800":1,"\ue000":2,"😀":3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := Canonical(in)
		if err != nil {
			if !errors.Is(err, errSyntax) && !errors.Is(err, errLimit) {
				t.Fatalf("unknown error %v", err)
			}
			if json.Valid(in) && errors.Is(err, errSyntax) && bytes.Equal(bytes.ToValidUTF8(in, nil), in) {
				t.Fatalf("refused valid JSON: %v", err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("accepted what is not JSON")
		}
		again, err := Canonical(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not stable: %s, then %s (%v)", out, again, err)
		}
		var a, b any
		if json.Unmarshal(in, &a) == nil && json.Unmarshal(out, &b) == nil && !reflect.DeepEqual(a, b) {
			t.Fatalf("means something else: %s", out)
		}
	})
}
