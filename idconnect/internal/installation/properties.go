package installation

import (
	"bufio"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Limits of boot.properties, which has some kilobytes.
const (
	maxProperties     = 1 << 20
	maxSubstitutions  = 100 // in one value
	maxSubstituted    = 64 << 10
	substitutionDepth = 8
)

// parseProperties reads the format of java.util.Properties: Latin-1, with escapes, comments and continued lines.
func parseProperties(b []byte) (map[string]string, error) {
	text := make([]rune, len(b))
	for i, c := range b {
		text[i] = rune(c)
	}
	out := map[string]string{}
	lineEnds := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	lines := bufio.NewScanner(strings.NewReader(lineEnds.Replace(string(text))))
	lines.Buffer(nil, 4*maxProperties)
	for lines.Scan() {
		line := strings.TrimLeft(lines.Text(), " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		if continued(line) {
			var whole strings.Builder
			for continued(line) {
				whole.WriteString(line[:len(line)-1])
				if line = ""; lines.Scan() {
					line = strings.TrimLeft(lines.Text(), " \t\f")
				}
			}
			whole.WriteString(line)
			line = whole.String()
		}
		key, value := splitProperty(line)
		k, err := unescapeProperty(key)
		if err != nil {
			return nil, err
		}
		if out[k], err = unescapeProperty(value); err != nil {
			return nil, err
		}
	}
	return out, lines.Err()
}

func continued(line string) bool {
	n := len(line) - len(strings.TrimRight(line, `\`))
	return n%2 == 1
}

func splitProperty(line string) (key, value string) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '=', ':', ' ', '\t', '\f':
			rest := strings.TrimLeft(line[i:], " \t\f")
			if rest != "" && (rest[0] == '=' || rest[0] == ':') {
				rest = strings.TrimLeft(rest[1:], " \t\f")
			}
			return line[:i], rest
		}
	}
	return line, ""
}

func unescapeProperty(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var units []uint16
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if r != '\\' || i+1 == len(runes) {
			units = append(units, uint16(r))
			continue
		}
		i++
		switch r = runes[i]; r {
		case 't':
			r = '\t'
		case 'n':
			r = '\n'
		case 'r':
			r = '\r'
		case 'f':
			r = '\f'
		case 'u':
			if i+4 >= len(runes) {
				return "", errors.New(`malformed \u escape`)
			}
			n, err := strconv.ParseUint(string(runes[i+1:i+5]), 16, 16)
			if err != nil {
				return "", errors.New(`malformed \u escape`)
			}
			r = rune(n)
			i += 4
		}
		units = append(units, uint16(r))
	}
	return string(utf16.Decode(units)), nil
}
