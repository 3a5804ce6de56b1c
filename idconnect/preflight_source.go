package idconnect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// sourceConfig is the source's configuration, each document of it read once in
// a preflight, by whichever check needs it first.
type sourceConfig struct {
	mu   sync.Mutex
	list []string
	docs map[string]json.RawMessage
}

// ids lists the documents.
func (s *sourceConfig) ids(ctx context.Context, c *openidm.Client) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list != nil {
		return s.list, nil
	}
	list, err := c.Configs(ctx)
	if err == nil {
		s.list = list
	}
	return list, err
}

// read gives a document; one that is gone since it was listed is nil.
func (s *sourceConfig) read(ctx context.Context, c *openidm.Client, id string) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc, ok := s.docs[id]; ok {
		return doc, nil
	}
	var doc json.RawMessage
	if err := c.Config(ctx, id, &doc); errors.Is(err, openidm.ErrNotFound) {
		doc = nil
	} else if err != nil {
		return nil, err
	}
	if s.docs == nil {
		s.docs = map[string]json.RawMessage{}
	}
	s.docs[id] = doc
	return doc, nil
}

// mapping is one of the configuration sync, as far as it is looked at.
type mapping struct {
	Name       string            `json:"name"`
	Source     json.RawMessage   `json:"source"`
	Target     json.RawMessage   `json:"target"`
	Properties []mappingProperty `json:"properties"`
}

type mappingProperty struct {
	Target  string          `json:"target"`
	Default json.RawMessage `json:"default"`
}

// schedule is a configuration schedule/… or scheduler/…, as far as it is
// looked at. Enabled is what an absent member means (assumed; to warn in vain
// is the lesser evil).
type schedule struct {
	Enabled       *bool  `json:"enabled"`
	InvokeService string `json:"invokeService"`
	InvokeContext struct {
		Action  string `json:"action"`
		Source  string `json:"source"`
		Mapping any    `json:"mapping"`
	} `json:"invokeContext"`
}

// lookAtConfiguration looks for what the procedure demands of the source's
// configuration, and for what would change records while they are copied.
func (r *run) lookAtConfiguration(ctx context.Context) Findings {
	if r.journal.Migrate.IsEnded() && !r.u.Again {
		return nil
	}
	seen := r.sourceSeen.Load()
	c, err := r.sourceClient()
	if err != nil || seen == nil || !seen.ready || seen.refused || c.Credentials.Password.IsZero() {
		return Findings{r.mappingReminder("the source's configuration was not read")}
	}
	step := r.u.firstChosen(StepPrepare, StepMigrate)
	unread := func(err error) Findings {
		if ctx.Err() != nil {
			return nil
		}
		return Findings{finding(CodeConfiguration, step, "the source's configuration was not read: %v", err)}
	}
	ids, err := r.config.ids(ctx, c)
	if err != nil {
		return unread(err)
	}
	var found Findings
	doc, err := r.config.read(ctx, c, "sync")
	if err != nil {
		found = append(found, unread(err)...)
	} else {
		found = append(found, r.lookAtMappings(doc)...)
	}
	var live, others []string
	for _, id := range ids {
		if !strings.HasPrefix(id, "schedule/") && !strings.HasPrefix(id, "scheduler/") {
			continue
		}
		doc, err := r.config.read(ctx, c, id)
		if err != nil {
			return append(found, unread(err)...)
		}
		var s schedule
		if doc == nil || json.Unmarshal(doc, &s) != nil || s.Enabled != nil && !*s.Enabled {
			continue
		}
		name := id[strings.IndexByte(id, '/')+1:]
		switch action := s.InvokeContext.Action; {
		case strings.EqualFold(action, "liveSync"), strings.EqualFold(action, "activeSync"): // the second is 2.x's word
			live = append(live, fmt.Sprintf("%s (%s)", name, s.InvokeContext.Source))
		case action != "" || s.InvokeService != "":
			others = append(others, fmt.Sprintf("%s (%s)", name, strings.TrimSpace(s.InvokeService+" "+action)))
		}
	}
	step = r.u.firstChosen(StepMigrate, StepPrepare)
	if len(live) > 0 {
		found = append(found, finding(CodeLiveSync, step, "live synchronisation is on: %s", strings.Join(live, ", ")))
	}
	if len(others) > 0 {
		found = append(found, finding(CodeSchedules, step, "%s: %s", text.Plural(len(others), "schedule")+" on", strings.Join(others, ", ")))
	}
	return found
}

// lookAtMappings looks for the default mapping value of profiles.
func (r *run) lookAtMappings(doc json.RawMessage) Findings {
	if !r.u.chosen(StepPrepare) {
		return nil
	}
	var sync struct {
		Mappings []mapping `json:"mappings"`
	}
	if doc != nil {
		if err := json.Unmarshal(doc, &sync); err != nil {
			return Findings{r.mappingReminder("the form of the source's mappings is not known")}
		}
	}
	// Validate compiled both.
	isProfiles := regexp.MustCompile(cmp.Or(r.u.Checks.ProfileMapping, DefaultProfileMapping))
	isProfile := regexp.MustCompile(cmp.Or(r.u.Checks.ProfileProperty, DefaultProfileProperty))
	matched := 0
	var without []string
	for _, m := range sync.Mappings {
		var target string
		if json.Unmarshal(m.Target, &target) != nil {
			target = "" // an object, in linked mappings
		}
		if !isProfiles.MatchString(m.Name) && !isProfiles.MatchString(target) {
			continue
		}
		for _, p := range m.Properties {
			if !isProfile.MatchString(p.Target) {
				continue
			}
			matched++
			if emptyDefault(p.Default) {
				without = append(without, fmt.Sprintf("%s (property %s)", m.Name, p.Target))
			}
		}
	}
	switch {
	case len(without) > 0:
		return Findings{finding(CodeMappingDefault, StepPrepare, "no default mapping value for profiles: %s", strings.Join(without, ", "))}
	case matched == 0:
		return Findings{r.mappingReminder(fmt.Sprintf("of %s in the source, none is recognised as that of profiles", text.Plural(len(sync.Mappings), "mapping")))}
	}
	return nil
}

// emptyDefault: a default that is absent, null or blank gives no profile.
func emptyDefault(value json.RawMessage) bool {
	switch text := strings.TrimSpace(string(value)); text {
	case "", "null", "[]", "{}":
		return true
	default:
		var s string
		return json.Unmarshal(value, &s) == nil && strings.TrimSpace(s) == ""
	}
}

func (r *run) mappingReminder(why string) Finding {
	step := ""
	if r.u.chosen(StepPrepare) {
		step = StepPrepare
	}
	return finding(CodeReminder, step, "not checked: the default mapping value on the tab Profile to AD Group (%s)", why).
		why("without it the migration fails").remedy("look at that tab in the 2.1 UI")
}
