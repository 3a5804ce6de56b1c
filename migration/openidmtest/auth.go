package openidmtest

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// sessionCookie is the name of the cookie that holds a session.
const sessionCookie = "session-jwt"

// maxSessions bounds how many sessions are remembered.
const maxSessions = 10_000

// identity is who sent a request.
type identity struct {
	name      string // as it was sent
	id        string
	component string
	module    string
	roles     []string
	session   string // the token of its session, "" means none
}

func (i identity) has(role string) bool { return slices.Contains(i.roles, role) }

// credentials returns the name and password of a request's headers.
func credentials(r *http.Request) (name, password string, given bool) {
	// Where both are sent, Basic is the one that counts.
	if kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(kind, "Basic") {
		if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil {
			if name, password, given = strings.Cut(string(b), ":"); given {
				return name, password, true
			}
		}
	}
	if _, ok := r.Header["X-Openidm-Username"]; ok {
		return decodeHeader(r.Header.Get("X-OpenIDM-Username")), decodeHeader(r.Header.Get("X-OpenIDM-Password")), true
	}
	return "", "", false
}

// decodeHeader decodes the form of RFC 5987: UTF-8”Passw%C2%A3rd.
func decodeHeader(value string) string {
	charset, rest, ok := strings.Cut(value, "'")
	if !ok || !strings.EqualFold(charset, "UTF-8") {
		return value
	}
	_, encoded, ok := strings.Cut(rest, "'")
	if !ok {
		return value
	}
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return value
	}
	return text
}

var accessDenied = &restError{Code: http.StatusUnauthorized, Message: "Access Denied"}

// authenticate finds out who sent a request: a session wins over the headers.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (identity, *restError) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		who, ok := s.sessions[c.Value]
		s.mu.Unlock()
		if ok {
			if !fromScript(r) {
				return identity{}, fail(http.StatusForbidden, "Access denied")
			}
			who.session = c.Value
			return who, nil
		}
	}
	name, password, given := credentials(r)
	if !given {
		return identity{}, accessDenied
	}
	who, ok := s.account(name, password)
	if !ok {
		return identity{}, accessDenied
	}
	if !strings.EqualFold(r.Header.Get("X-OpenIDM-NoSession"), "true") {
		token := newID() + newID()
		s.mu.Lock()
		if len(s.sessions) >= maxSessions {
			clear(s.sessions)
		}
		s.sessions[token] = who
		s.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true})
	}
	return who, nil
}

// fromScript says whether a request that changes something carries one of the
// headers that a foreign web page cannot send.
func fromScript(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodDelete:
		return r.Header.Get("X-OpenIDM-Username") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("X-Requested-With") != ""
	}
	return true
}

func (s *Server) account(name, password string) (identity, bool) {
	same := func(want string) bool { return subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1 }
	switch name {
	case "openidm-admin":
		return identity{name: name, id: name, component: "repo/internal/user", module: "INTERNAL_USER", roles: []string{"openidm-admin", "openidm-authorized"}}, same(s.options.AdminPassword)
	case "anonymous":
		return identity{name: name, id: name, component: "repo/internal/user", module: "STATIC_USER", roles: []string{"openidm-reg"}}, same("anonymous")
	}
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.findUser(name)
	if id == "" {
		return identity{}, false
	}
	r, _ := w.table(managedUser).get(id)
	want, err := w.vault.decrypt(r["password"])
	text, ok := want.(string)
	if err != nil || !ok || !same(text) || r["accountStatus"] != "active" {
		return identity{}, false
	}
	who := identity{name: name, id: id, component: managedUser, module: "MANAGED_USER"}
	given, _ := r["authzRoles"].([]any)
	for _, one := range given {
		ref, _ := lookup(one, []string{"_ref"})
		path, _ := ref.(string)
		if role, ok := strings.CutPrefix(path, "repo/internal/role/"); ok {
			who.roles = append(who.roles, role)
		}
	}
	if len(given) == 0 {
		who.roles = []string{"openidm-authorized"}
	}
	return who, true
}

// allowed is the access configuration of a default server, and of the
// migration endpoint: configure and status are open, migrate is not.
func (s *Server) allowed(c *call) bool {
	who := c.who
	if who.has("openidm-admin") {
		if rest, ok := c.under("repo"); ok {
			// Commands are for nobody, and statements only for here.
			return !(c.operation == "action" && c.action == "command") || rest == "links"
		}
		if c.query.expression {
			return false
		}
		return true
	}
	if c.path == "endpoint/migration" && s.options.Role == Target && c.operation == "action" {
		return c.action == "configure" || c.action == "status"
	}
	read := c.operation == "read"
	if rest, ok := c.under("info"); ok && rest != "" {
		return read
	}
	if c.path == "authentication" {
		return read || c.operation == "action" && (c.action == "logout" || c.action == "getAuthToken" || c.action == "reauthenticate" && who.has("openidm-authorized"))
	}
	if c.path == "config/ui/themeconfig" || c.path == "config/ui/configuration" {
		return read
	}
	if !who.has("openidm-authorized") {
		return false
	}
	if rest, ok := c.under("config/ui"); ok && rest != "" {
		return read
	}
	return c.path == who.component+"/"+who.id && (read || c.operation == "patch")
}
