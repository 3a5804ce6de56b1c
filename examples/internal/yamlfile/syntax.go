package yamlfile

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	yamlLine = regexp.MustCompile(`line (\d+):? `)
	quoted   = regexp.MustCompile("'[^']*'|`[^`]*`")
	noSpace  = regexp.MustCompile(`^\s*(- )?[$A-Za-z]+:[^\s/]`)
)

// advice is what to write where YAML's own words do not help.
var advice = []struct{ said, text, write string }{
	{"unknown anchor", "a value that begins with * needs quotes", "'…' around the value"},
	{"found character that cannot start any token", "a value that begins with a special character needs quotes",
		"'…' around the value"},
	{"found unknown escape character", `in double quotes, \ has a meaning of its own`,
		`single quotes, as in 'C:\idc\salesforceIdConnect'`},
	{"mapping values are not allowed", "a second colon in the line, or a wrong indentation",
		"'…' around the value, or the key in the column of its neighbors"},
	{"did not find expected key", "a wrong indentation, or text that is not a key",
		"the key in the column of its neighbors"},
	{"could not find expected ':'", "a line without a colon", "a name, a colon, a space and a value"},
	{"did not find expected ',' or ']'", "a list that is not closed", "] at its end"},
	{"did not find expected ',' or '}'", "a block that is not closed", "} at its end"},
	{"did not find expected node content", "a value that is not closed", "] or } at its end"},
	{"unexpected end of stream", "quotes that are not closed", "the other quote at the end of the value"},
}

// syntaxProblem is the problem of a text that is not YAML. The parser's message
// may hold text of the file, and so does not come through whole.
func syntaxProblem(file string, err error) Problem {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.TrimSpace(file) == "" || said == "EOF" {
		return Problem{Line: 1, Column: 1, Text: "the file is empty"}
	}
	lines := strings.Split(file, "\n")
	for i, line := range lines {
		if p, ok := odd(line); ok {
			p.Line = i + 1
			return p
		}
	}
	p := Problem{Line: 1}
	if m := yamlLine.FindStringSubmatch(said); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		said = strings.Replace(said, m[0], "", 1)
	}
	if len(file) <= maxSearched {
		p.Line = 1 + valid(lines)
	}
	p.Line = min(max(p.Line, 1), len(lines))
	p.Text, p.Write = quoted.ReplaceAllString(said, "…"), "YAML or JSON"
	for _, a := range advice {
		if strings.Contains(said, a.said) {
			p.Text, p.Write = a.text, a.write
		}
	}
	if p.Line > 1 && noSpace.MatchString(lines[p.Line-2]) {
		p.Line, p.Text, p.Write = p.Line-1, "no space after the colon", "a name, a colon, a space and a value"
	}
	line := lines[p.Line-1]
	p.Column = 1 + len(line) - len(strings.TrimLeft(line, " "))
	return p
}

// odd finds what no line of YAML has.
func odd(line string) (Problem, bool) {
	column := 0
	indented := true
	for i, r := range strings.TrimSuffix(line, "\r") {
		column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], string(utf8.RuneError)):
			return Problem{Column: column, Text: "not UTF-8", Write: "the file as UTF-8"}, true
		case r == '\t' && indented && strings.TrimSpace(line) != "" && strings.TrimSpace(line)[0] != '#':
			return Problem{Column: column, Text: "a tab in the indentation", Write: "spaces"}, true
		case r != '\t' && r != '\uFEFF' && unicode.IsControl(r):
			return Problem{Column: column, Text: "a control character", Write: "the line without it"}, true
		}
		indented = indented && (r == ' ' || r == '\t')
	}
	return Problem{}, false
}

// maxSearched bounds the texts in which the line of a mistake is searched for, in
// bytes: the parser names the beginning of the block around it.
const maxSearched = 1 << 20

// maxOpen is how many lines a list in brackets may have for an exact answer.
const maxOpen = 40

// valid is how many of the first lines are YAML before the mistake: what follows it
// is none, but for lists that are still open.
func valid(lines []string) int {
	return lastValid(lines, sort.Search(len(lines), func(n int) bool { return lastValid(lines, n) == 0 && n > 0 }))
}

// lastValid is the largest number of first lines, up to a number and not far below,
// that are YAML, 0 for none.
func lastValid(lines []string, upTo int) int {
	for n := upTo; n > max(0, upTo-maxOpen); n-- {
		var node yaml.Node
		if yaml.Unmarshal([]byte(strings.Join(lines[:n], "\n")+"\n"), &node) == nil {
			return n
		}
	}
	return 0
}
