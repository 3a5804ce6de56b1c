package siteconfig

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// maxFile bounds a file of sites, in bytes.
const maxFile = 4 << 20

//go:embed site.schema.json
var schemaText []byte

// Schema returns the JSON Schema (2020-12) of a site.
func Schema() []byte { return bytes.Clone(schemaText) }

var (
	siteSchema = sync.OnceValue(func() *yamlfile.Schema { return yamlfile.NewSchema(schemaText, Hints()) })
	listSchema = sync.OnceValue(func() *yamlfile.Schema {
		var root map[string]any
		if err := json.Unmarshal(schemaText, &root); err != nil {
			panic(err)
		}
		defs := root["$defs"].(map[string]any)
		delete(root, "$defs")
		delete(root, "$schema")
		delete(root, "$id")
		defs["site"] = root
		text, err := json.Marshal(map[string]any{
			"$defs": defs, "type": "array", "minItems": 1, "maxItems": 10_000, "description": "a list of sites",
			"items": map[string]any{"$ref": "#/$defs/site"},
		})
		if err != nil {
			panic(err)
		}
		return yamlfile.NewSchema(text, Hints())
	})
)

// Hints say what to write instead of a value that is nearly right, by the
// definition of the schema that refused it.
func Hints() map[string]func(value string) string {
	return map[string]func(string) string{
		"url": func(value string) string {
			value = strings.TrimSpace(value)
			if !strings.Contains(value, "://") {
				value = "https://" + value
			}
			u, err := url.Parse(value)
			switch {
			case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
				return ""
			case u.User != nil:
				return "the address without user name and password"
			}
			return "https://" + u.Host + "/openidm/"
		},
		"path": func(value string) string {
			if strings.HasPrefix(value, "~") {
				return "the path in full: ~ is not expanded"
			}
			return ""
		},
	}
}

// File is a file with one site.
type File struct {
	*Config
	Path string
	d    *yamlfile.Document
}

// Where is the position of a key, such as "source.url", with the file's name.
func (f *File) Where(place string) string {
	line, column := f.d.Position("/" + strings.ReplaceAll(place, ".", "/"))
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, line, column, place)
}

// Open reads the file of one site. Relative paths in it start at its folder. What
// is wrong with what stands in it comes as [yamlfile.Problems].
func Open(path string) (*File, error) {
	text, err := disk.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse is [Open] of a text; path is the file's.
func Parse(path string, text []byte) (*File, error) {
	d, all, err := parseAll(path, text, false)
	if err != nil {
		return nil, err
	}
	return &File{all[0], path, d}, nil
}

// parseAll reads the text of one site or, if it may be one, of a list of them.
func parseAll(path string, text []byte, lists bool) (d *yamlfile.Document, all []*Config, err error) {
	d = yamlfile.Parse(path, text)
	schema := siteSchema()
	_, many := d.Value.([]any)
	if many = many && lists; many {
		schema = listSchema()
	}
	d.Check(schema)
	if d.Problems() == nil {
		into := any(&all)
		if !many {
			all = []*Config{{}}
			into = all[0]
		}
		if err := d.Decode(into); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		for i, c := range all {
			place := ""
			if many {
				place = "/" + strconv.Itoa(i)
			}
			Check(d, place, c)
		}
	}
	if p := d.Problems(); p != nil {
		return nil, nil, p
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	for _, c := range all {
		c.resolve(dir)
	}
	return d, all, err
}

// ReadAll reads many sites: a file with one or with a list of them, or a folder
// of such files, NAME.yaml or NAME/upgrade.yaml, in the order of their names. A
// site of a folder that has no ID gets NAME. Two sites must not have one ID or one
// target.
func ReadAll(path string) ([]*Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readList(path)
	}
	files, err := filepath.Glob(filepath.Join(globQuoted(path), "*.yaml"))
	if err != nil {
		return nil, err
	}
	below, err := filepath.Glob(filepath.Join(globQuoted(path), "*", FileName))
	if err != nil {
		return nil, err
	}
	if files = append(files, below...); len(files) == 0 {
		return nil, fmt.Errorf("%s: neither NAME.yaml nor NAME/%s is in this folder", path, FileName)
	}
	slices.Sort(files)
	var all []*Config
	var problems yamlfile.Problems
	for _, file := range files {
		c, err := Open(file)
		var wrong yamlfile.Problems
		if errors.As(err, &wrong) {
			problems = append(problems, wrong...)
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.ID == "" {
			if c.ID = strings.TrimSuffix(filepath.Base(file), ".yaml"); filepath.Base(file) == FileName {
				c.ID = filepath.Base(filepath.Dir(file))
			}
		}
		all = append(all, c.Config)
	}
	if problems != nil {
		return nil, problems
	}
	return all, unique(path, all)
}

func globQuoted(path string) string {
	if filepath.Separator == '\\' {
		return path // which has no quotes, and no such names
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func readList(path string) ([]*Config, error) {
	text, err := disk.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	_, all, err := parseAll(path, text, true)
	if err != nil {
		return nil, err
	}
	return all, unique(path, all)
}

// unique says which two sites are one.
func unique(path string, all []*Config) error {
	seen := map[string]bool{}
	for _, c := range all {
		for what, value := range map[string]string{
			"id": c.ID, "target.dir": c.Target.Dir, "target.url": c.Target.URL,
		} {
			if value == "" {
				continue
			}
			if seen[what+" "+value] {
				return fmt.Errorf("%s: two sites have the %s %s", path, what, value)
			}
			seen[what+" "+value] = true
		}
	}
	return nil
}

// UntrustedError says why a file that was only found is not used.
type UntrustedError struct {
	Path string
	Err  error
}

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("%s in the current folder is not used: %v; to use it all the same, add -config %s",
		e.Path, e.Err, e.Path)
}

// Find reads the [FileName] of a folder; nil is none. A file that others can write,
// or that belongs to another user, is an [*UntrustedError]: whoever writes it decides
// where passwords are sent.
func Find(dir string) (*File, error) {
	path := filepath.Join(dir, FileName)
	f, err := disk.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := trusted(info); err != nil {
		return nil, &UntrustedError{path, err}
	}
	text, err := disk.ReadFrom(f, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Check records what a schema cannot say about a site at a place of a document.
func Check(d *yamlfile.Document, place string, c *Config) {
	for _, a := range []struct{ at, url string }{
		{"/source/url", c.Source.URL}, {"/target/url", c.Target.URL}, {"/instanceURL", c.InstanceURL},
	} {
		if a.url == "" {
			continue
		}
		u, err := url.Parse(a.url)
		if err == nil && u.Port() != "" {
			_, err = net.LookupPort("tcp", u.Port())
		}
		if err = errors.Join(err, (&idconnect.Upgrade{Source: idconnect.Server{URL: a.url}}).Validate()); err != nil {
			d.Add(place+a.at, "not an address that can be used", siteSchema().Describe("url"))
		}
	}
	if c.Target.LegacyTLS {
		d.Add(place+"/target/legacyTLS", "only the source may be reached by TLS 1.0 and 1.1",
			"it under source, or leave it out")
	}
	expression := func(at, text string) {
		if _, err := regexp.Compile(text); err != nil {
			d.Add(place+at, "not a regular expression", siteSchema().Describe("regexp"))
		}
	}
	if k := c.Checks; k != nil {
		expression("/checks/profileMapping", k.ProfileMapping)
		expression("/checks/profileProperty", k.ProfileProperty)
	}
	v := c.Verify
	if v == nil {
		return
	}
	expression("/verify/salesforce", v.Salesforce)
	expression("/verify/activeDirectory", v.ActiveDirectory)
	for i, name := range v.Types {
		_, unknown := Collections([]string{name}, nil)
		_, twice := Collections(v.Types[:i+1], nil)
		if err := cmp.Or(unknown, twice); err != nil {
			d.Add(place+"/verify/types/"+strconv.Itoa(i), "unknown collection, or one that is listed twice",
				"some of users, roles, assignments, links")
			return
		}
	}
	for i, word := range v.Ignore {
		if _, err := Collections(v.Types, []string{word}); err != nil {
			d.Add(place+"/verify/ignore/"+strconv.Itoa(i), "not a member of a compared collection",
				"for example users.lastSync")
		}
	}
	for i, code := range v.ChecksOff {
		if err := (acceptance.Options{Off: []string{code}}).Validate(); err != nil {
			d.Add(place+"/verify/checksOff/"+strconv.Itoa(i), "unknown check "+code,
				"one of "+strings.Join(acceptance.Codes(), ", ")+", or * for all")
		}
	}
}
