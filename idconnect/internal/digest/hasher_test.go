package digest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

func digestOf(t *Hasher, text string) (Digest, error) {
	b := append([]byte(text), make([]byte, padding)...)
	d, end, err := t.record(b, 0, len(text))
	if err == nil && strings.TrimLeft(text[end:], " \t\r\n") != "" {
		err = errNotJSON
	}
	return d, err
}

// agrees compares the hash of two records with their canonical form.
func agrees(t *testing.T, a, b string) {
	t.Helper()
	hasher := NewHasher([]byte("key"), nil, []string{"ignored"}, nil)
	reducer := NewReducer([]byte("key"), nil, []string{"ignored"}, nil)
	var sums [2]Digest
	var want [2]string
	var readable [2]bool
	for i, text := range []string{a, b} {
		d, err := digestOf(hasher, text)
		id, members, wantErr := reducer.members(json.RawMessage(text))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, the long way %v", text, err, wantErr)
		}
		if readable[i] = err == nil; !readable[i] {
			continue
		}
		var canonical []string
		for _, m := range members {
			canonical = append(canonical, string(reducer.c.out[m.start:m.end]))
		}
		for _, s := range reducer.c.seals {
			canonical = append(canonical, fmt.Sprint(s.Digest, s.State))
		}
		sums[i], want[i] = d, strings.Join(canonical, ",")
		if name := Unescape(d.IDText); name != id {
			t.Fatalf("%q: the id is %q, the long way %q", text, name, id)
		}
	}
	if readable[0] && readable[1] && (sums[0].Sum == sums[1].Sum) != (want[0] == want[1]) {
		t.Fatalf("%q and %q: the same %v, the long way\n%s\n%s",
			a, b, sums[0].Sum == sums[1].Sum, want[0], want[1])
	}
}

// recordTexts are records that are almost the same, or the same in another
// spelling.
var recordTexts = []string{
	`{"_id":"a"}`, `{"_id":"b"}`, ` { "_id" : "\u0061" } `, `{"_id":"a","_rev":"1"}`,
	`{"_id":"a","ignored":[1,{"x":2}]}`, `{"_id":"a","\u005frev":"2"}`, `{"_id":"a","x":1}`,
	`{"x":1.0,"_id":"a"}`, `{"x":1e0,"_id":"a"}`, `{"x":"1","_id":"a"}`, `{"x":[1],"_id":"a"}`,
	`{"x":{"1":1},"_id":"a"}`, `{"_id":"a","x":null}`, `{"_id":"a","x":true}`, `{"_id":"a","x":"true"}`,
	`{"_id":"a","x":-0}`, `{"_id":"a","x":0}`, `{"_id":"a","x":9007199254740993}`,
	`{"_id":"a","x":9007199254740992}`, `{"_id":"a","x":1,"x":2}`, `{"_id":"a","x":2}`,
	`{"_id":"a","x":2,"\u0078":1}`, `{"_id":"a","x":{"y":1,"y":2}}`, `{"_id":"a","x":{"y":2}}`,
	`{"_id":"b","_id":"a"}`, `{"_id":"a","x":{"_rev":"1","y":2}}`, `{"_id":"a","x":{"ignored":1,"y":2}}`,
	`{"_id":"a","x":[1,2]}`, `{"_id":"a","x":[2,1]}`, `{"_id":"a","x":[[1],2]}`, `{"_id":"a","x":[[1,2]]}`,
	`{"_id":"a","x":[]}`, `{"_id":"a","x":{}}`, `{"_id":"a","x":[{}]}`, `{"_id":"a","x":"Stra\u00dfe"}`,
	`{"_id":"a","x":"Straße"}`, `{"_id":"a","x":"12345678"}`, `{"_id":"a","x":"123456789"}`,
	`{"_id":"a","x":"1234567\""}`, `{"_id":"a","x":"\/"}`, `{"_id":"a","x":"/"}`, `{"_id":"a","x":"\ud800"}`,
	`{"_id":"a","x":"\ud83d\ude00"}`, `{"_id":"a","x":"😀"}`, `{"_id":"a","x":"a\u0000"}`, `{"_id":"a","x":"a"}`,
	`{"_id":"a","x":""}`, `{"_id":"a","":""}`, `{"_id":"a","x":{"y":1},"z":{"y":2}}`,
	`{"_id":"a","x":{"y":2},"z":{"y":1}}`, `{"_id":"a","x":"y","y":"x"}`, `{"_id":"a","x":"x","y":"y"}`,
	`{"_id":"a","p":{"$crypto":{"value":1}}}`, `{"_id":"a","p":{"$crypto":{"value":2}}}`,
	`{"_id":"a","p":{"_rev":"x","$crypt\u006f":{ "value":1.0}}}`,
	`{"_id":"a","p":{"$crypto":{"value":1},"x":1}}`, `{"_id":"a","p":{"x":1}}`,
	`{"_id":"a","p":{"$crypto":true}}`, `{"_id":"a","x":{"y":{"z":[{"y":"12345678901234567890"}]}}}`,
	`{"_id":"ü\n\"","x":1}`, `{"_id":"\u00fc\u000a\u0022","x":1}`, `{"_id":"ü\n","x":"later \n"}`, ``, `{`,
	`[]`, `"a"`, `null`, `{}`, `{"_id":""}`, `{"_id":1}`, `{"_id":null}`, `{"_id":["a"]}`, `{"_id":"a"`,
	`{"_id":"a",}`, `{"_id":"a"}}`, `{"_id":"a"} x`, `{"_id" "a"}`, `{"_id":"a" "b":1}`, `{"_id":"a","x":01}`,
	`{"_id":"a","x":-}`, `{"_id":"a","x":1.}`, `{"_id":"a","x":tru}`, `{"_id":"a","x":"` + "\x01" + `"}`,
	`{"_id":"a","x":"` + "\xff" + `"}`, `{"_id":"a","x":"\q"}`, `{"_id":"a","x":[1,]}`, `{"_id":"a","x":[1 2]}`,
	`{"_id":"a`, `{"_id":"a\`, `{"_id":"aaaaaaa`, `{"_id":"aaaaaaaa`,
	`{"_id":"a","x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
	`{"_id":"a","x":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`,
	`{"_id":"` + strings.Repeat("i", 1022) + `"}`, `{"_id":"` + strings.Repeat("i", 1023) + `"}`,
}

func TestHasher(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 7
	}
	for i, a := range recordTexts {
		for j := i % step; j < len(recordTexts); j += step {
			agrees(t, a, recordTexts[j])
		}
	}
}

// What follows a record in a page must not matter, nor what precedes it.
func TestHasherPosition(t *testing.T) {
	t.Parallel()
	hasher := NewHasher([]byte("key"), nil, nil, nil)
	for _, text := range recordTexts {
		want, wantErr := digestOf(hasher, text)
		if errors.Is(wantErr, errNotJSON) || strings.TrimRight(text, " ") != text {
			continue
		}
		for _, around := range []string{",", `,{"_id":"z"}]`, "]}", " \n,"} {
			in := []byte("[1," + text + around)
			n := len(in)
			got, end, err := hasher.record(append(in, make([]byte, padding)...), 3, n)
			if got.Sum != want.Sum || string(got.IDText) != string(want.IDText) || end != 3+len(text) ||
				(err == nil) != (wantErr == nil) {
				t.Errorf("%q before %q: %+v, %d, %v", text, around, got, end, err)
			}
		}
	}
}

// A page gives each record what it has by itself, and so does the long way.
func TestHasherPage(t *testing.T) {
	t.Parallel()
	var result []json.RawMessage
	var want []Sum
	unreadable := 0
	alone := NewHasher([]byte("key"), nil, nil, nil)
	for _, text := range recordTexts {
		if !json.Valid([]byte(text)) || strings.Contains(text, "\xff") || strings.Count(text, "[") > 60 {
			continue
		}
		result = append(result, json.RawMessage(text))
		if d, err := digestOf(alone, text); err == nil {
			want = append(want, d.Sum)
		} else {
			unreadable++
		}
	}
	deep := `{"_id":"deep","x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`
	for _, extra := range []string{"", deep} {
		records := result
		if extra != "" {
			records = append(slices.Clone(result), json.RawMessage(extra))
		}
		var b Body
		b.Set(pageText(records, "next ],"))
		_, next, err := Foot(anyClient, "x", b.Text())
		b.Next = next
		var p Page
		if readErr := NewHasher([]byte("key"), nil, nil, nil).Read(anyClient, "x", &b, &p); err != nil ||
			readErr != nil || next != "next ]," {
			t.Fatalf("%v, %v, %q", err, readErr, next)
		}
		var got []Sum
		for _, d := range p.Digests {
			got = append(got, d.Sum)
		}
		if !slices.Equal(got, want) || p.Unreadable != unreadable+len(records)-len(result) {
			t.Errorf("%d of %d records, %d unreadable of %d", len(got), len(want), p.Unreadable,
				unreadable)
		}
	}
}

// Records with the members in every order, and with one letter changed.
func TestHasherShuffled(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 9))
	for range 300 {
		members := strings.Split(`"_id":"u1"|"a":{"b":[1,2,{"c":"dddddddddddd"}],"e":null}|`+
			`"f":"ggggggggg"|"h":1.25|"i":{"$crypto":{"j":"k"}}|"l":"ü"|"m":"\u00fc"|"n":123456`, "|")
		a := "{" + strings.Join(members, ",") + "}"
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		agrees(t, a, "{"+strings.Join(members, " ,\n")+"}")
		b := []byte(a)
		b[random.IntN(len(b))] = "abcdefghijklmn0123456789\"\\{}[],:. "[random.IntN(34)]
		agrees(t, a, string(b))
	}
}

// A hasher keeps nothing of the records before: records in any order, through one
// hasher and each through a new one.
func TestHasherReused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 11))
	reused := NewHasher([]byte("key"), nil, []string{"ignored"}, nil)
	texts := slices.Clone(recordTexts)
	for i := range 300 { // other members in each, and more than are kept
		const format = `{"_id":"a","m%d":{"n%d":%d,"o":[{"p%d":"x"},{"p":%d}]},"c":"DE","n":%d,"_rev":"%d"}`
		texts = append(texts, fmt.Sprintf(format, i, i, i, i, i%3, i%12, i))
	}
	rounds := 20_000
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		text := texts[random.IntN(len(texts))]
		got, err := digestOf(reused, text)
		want, wantErr := digestOf(NewHasher([]byte("key"), nil, []string{"ignored"}, nil), text)
		if got.Sum != want.Sum || got.ID != want.ID || (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: %+v, %v, by itself %+v, %v", text, got, err, want, wantErr)
		}
	}
}

func FuzzHasher(f *testing.F) {
	for i, text := range recordTexts {
		f.Add(text, recordTexts[(i+1)%len(recordTexts)])
	}
	f.Fuzz(func(t *testing.T, a, b string) { agrees(t, a, b) })
}

func BenchmarkHasher(b *testing.B) {
	text := userText
	in := slices.Concat([]byte(text), make([]byte, padding))
	t := NewHasher(make([]byte, 32), nil, nil, nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := t.record(in, 0, len(text)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReducer(b *testing.B) {
	raw := json.RawMessage(userText)
	r := NewReducer(make([]byte, 32), nil, nil, nil)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Record(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// anyClient parses pages; nothing is sent.
var anyClient = &openidm.Client{BaseURL: "https://localhost/openidm/"}

// pageText is a page as a server writes it.
func pageText(result []json.RawMessage, next string) []byte {
	records := make([]string, len(result))
	for i, raw := range result {
		records[i] = string(raw)
	}
	return fmt.Appendf(nil,
		`{"result":[%s],"resultCount":%d,"pagedResultsCookie":%q,"totalPagedResultsPolicy":"NONE",`+
			`"totalPagedResults":-1,"remainingPagedResults":-1}`,
		strings.Join(records, ","), len(result), next)
}

// userText is a user as the repository of a server shows it.
const userText = `{"_id":"u00001","_rev":"1","userName":"u00001","mail":"u@example.com","sn":"Stra\u00dfe",` +
	`"roles":[{"_ref":"managed/role/a","_refProperties":{"_id":"r","_rev":"1"}}],` +
	`"password":{"$crypto":{"type":"x-simple-encryption",` +
	`"value":{"cipher":"AES/CBC/PKCS5Padding","data":"1","iv":"AA==","key":"openidm-sym-default"}}}}`
