package carry

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/text"
)

// resourcePath is a resource with a collection, as lists of ids have it.
var resourcePath = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)+$`)

// Split takes a path of a list of records apart, such as
// "repo/managed/user/a%2Fb": the resource, "repo/managed/user", and the id,
// unescaped.
func Split(path string) (resource, id string, err error) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 || !resourcePath.MatchString(path[:i]) {
		return "", "", fmt.Errorf("%q is not the path of a record", text.Line(path))
	}
	id, err = url.PathUnescape(path[i+1:])
	// What a path can say otherwise is no id: a server would read it as another path.
	if err != nil || id == "" || id == "." || id == ".." || url.PathEscape(id) != path[i+1:] || !utf8.ValidString(id) {
		return "", "", fmt.Errorf("%q does not end in an id as verify writes it", text.Line(path))
	}
	return path[:i], id, nil
}
