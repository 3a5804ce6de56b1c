package openidmtest

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
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
		return crest.DecodeHeader(r.Header.Get("X-OpenIDM-Username")),
			crest.DecodeHeader(r.Header.Get("X-OpenIDM-Password")), true
	}
	return "", "", false
}

// authenticate finds out who sent a request: a session wins over the headers.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (identity, *crest.Error) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		who, ok := s.sessions[c.Value]
		s.mu.Unlock()
		if ok {
			if !fromScript(r) {
				return identity{}, crest.Errorf(http.StatusForbidden, "Access denied")
			}
			who.session = c.Value
			return who, nil
		}
	}
	var who identity
	name, password, ok := credentials(r)
	if ok {
		who, ok = s.account(name, password)
	}
	if !ok {
		return identity{}, &crest.Error{Code: http.StatusUnauthorized, Message: "Access Denied"}
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

// fromScript reports whether a request that changes something carries one of the
// headers that a foreign web page cannot send.
func fromScript(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodDelete:
		return r.Header.Get("X-OpenIDM-Username") != "" || r.Header.Get("Authorization") != "" ||
			r.Header.Get("X-Requested-With") != ""
	}
	return true
}

func (s *Server) account(name, password string) (identity, bool) {
	same := func(want string) bool { return subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1 }
	w := s.world
	if component, module, roles := w.traits.InternalUser(name); roles != nil {
		want := map[string]string{"openidm-admin": s.options.AdminPassword, "anonymous": "anonymous"}[name]
		return identity{name: name, id: name, component: component, module: module, roles: roles}, same(want)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.findUser(name)
	if id == "" {
		return identity{}, false
	}
	r, _ := w.table(managedUser).Get(id)
	want, err := w.vault.Decrypt(r["password"])
	text, ok := want.(string)
	if err != nil || !ok || !same(text) || r["accountStatus"] != "active" {
		return identity{}, false
	}
	who := identity{name: name, id: id, component: managedUser, module: "MANAGED_USER"}
	if who.roles, ok = w.traits.AuthorizationRoles(r); !ok {
		who.roles = []string{"openidm-authorized"}
	}
	return who, true
}

// allowed is the access configuration of a default server, and of the
// migration endpoint: configure and status are open, migrate is not.
func (s *Server) allowed(c *call) bool {
	who := c.who
	if who.has("openidm-admin") {
		if rest, ok := c.Under("repo"); ok {
			// Commands are for nobody, and statements only for here.
			return !(c.Operation == "action" && c.Action == "command") || rest == "links"
		}
		return !c.Query.Expression
	}
	if c.Path == "endpoint/migration" && s.options.Role == Target && c.Operation == "action" {
		return c.Action == "configure" || c.Action == "status"
	}
	read := c.Operation == "read"
	if rest, ok := c.Under("info"); ok && rest != "" {
		return read
	}
	if c.Path == "authentication" {
		return read || c.Operation == "action" && (c.Action == "logout" || c.Action == "getAuthToken" ||
			c.Action == "reauthenticate" && who.has("openidm-authorized"))
	}
	if c.Path == "config/ui/themeconfig" || c.Path == "config/ui/configuration" {
		return read
	}
	if !who.has("openidm-authorized") {
		return false
	}
	if rest, ok := c.Under("config/ui"); ok && rest != "" {
		return read
	}
	return c.Path == who.component+"/"+who.id && (read || c.Operation == "patch")
}
