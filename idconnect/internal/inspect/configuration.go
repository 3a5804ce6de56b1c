package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/jobs"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// configuration is the source's, each document of it read once in an
// inspection, by whichever check needs it first.
type configuration struct {
	mu   sync.Mutex
	list []string
	docs map[string]json.RawMessage
}

// IDs lists the documents.
func (s *configuration) IDs(ctx context.Context, c *openidm.Client) ([]string, error) {
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

// Read gives a document; one that is gone since it was listed is nil.
func (s *configuration) Read(ctx context.Context, c *openidm.Client, id string) (json.RawMessage, error) {
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
	Target     json.RawMessage   `json:"target"`
	Properties []mappingProperty `json:"properties"`
}

type mappingProperty struct {
	Target  string          `json:"target"`
	Default json.RawMessage `json:"default"`
}

// configurationCheck looks for what the procedure demands of the source's
// configuration, and for what would change records while they are copied.
type configurationCheck struct {
	*world
	site     *site.Site
	migrated bool
}

func (c configurationCheck) check(ctx context.Context, step string) preflight.Findings {
	if c.migrated {
		return nil
	}
	source, ok := c.source.get(ctx)
	client, err := c.site.SourceClient()
	if err != nil || !ok || !source.readable() || client.Credentials.Password.IsZero() {
		return preflight.Findings{c.mappingReminder("the source's configuration was not read")}
	}
	unread := func(err error) preflight.Findings {
		if ctx.Err() != nil {
			return nil
		}
		return preflight.Findings{codes.ConfigurationNotRead.Finding(step,
			"the source's configuration was not read: %v", err)}
	}
	if _, err := c.config.IDs(ctx, client); err != nil {
		return unread(err)
	}
	var found preflight.Findings
	if doc, err := c.config.Read(ctx, client, "sync"); err != nil {
		found = append(found, unread(err)...)
	} else {
		found = append(found, c.mappings(doc)...)
	}
	all, ok := c.jobs.get(ctx)
	if !ok || all.Err != nil {
		found = append(found, unread(all.Err)...)
	}
	return append(found, c.schedules(all.Jobs)...)
}

// schedules says what runs on the source by itself.
func (c configurationCheck) schedules(all []jobs.Job) (found preflight.Findings) {
	var live, others []string
	for _, j := range all {
		switch {
		case !j.On:
		case j.Live:
			live = append(live, j.String())
		default:
			others = append(others, j.String())
		}
	}
	step := c.site.First(site.StepMigrate, site.StepPrepare)
	if len(live) > 0 {
		found = append(found, codes.LiveSyncOn.Finding(step,
			"live synchronisation is on: %s", strings.Join(live, ", ")))
	}
	if len(others) > 0 {
		found = append(found, codes.SchedulesOn.Finding(step,
			"%s on: %s", text.Plural(len(others), "schedule"), strings.Join(others, ", ")))
	}
	return found
}

// mappings looks for the default mapping value of profiles.
func (c configurationCheck) mappings(doc json.RawMessage) preflight.Findings {
	if !c.site.Chooses(site.StepPrepare) {
		return nil
	}
	var sync struct {
		Mappings []mapping `json:"mappings"`
	}
	if doc != nil {
		if err := json.Unmarshal(doc, &sync); err != nil {
			return preflight.Findings{c.mappingReminder("the form of the source's mappings is not known")}
		}
	}
	// The site has compiled both.
	isProfiles := regexp.MustCompile(c.site.Checks.ProfileMapping)
	isProfile := regexp.MustCompile(c.site.Checks.ProfileProperty)
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
		return preflight.Findings{codes.MappingDefaultMissing.Finding(site.StepPrepare,
			"no default mapping value for profiles: %s", strings.Join(without, ", "))}
	case matched == 0:
		return preflight.Findings{c.mappingReminder(fmt.Sprintf(
			"of %s in the source, none is recognised as that of profiles",
			text.Plural(len(sync.Mappings), "mapping")))}
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

func (c configurationCheck) mappingReminder(why string) preflight.Finding {
	return codes.CheckByHand.Finding(c.site.First(site.StepPrepare),
		"not checked: the default mapping value on the tab Profile to AD Group (%s)", why).
		WithWhy("without it the migration fails").WithRemedy("look at that tab in the 2.1 UI")
}

// sourceJobs are those of the source, none where it cannot be asked.
func (w *world) sourceJobs(ctx context.Context, s *site.Site) jobs.List {
	ctx, cancel := context.WithTimeout(ctx, s.Checks.Timeout)
	defer cancel()
	source, ok := w.source.get(ctx)
	c, err := s.SourceClient()
	if err != nil || !ok || !source.readable() || c.Credentials.Password.IsZero() {
		return jobs.List{Err: errors.New("the source cannot be read")}
	}
	return jobs.Of(ctx, c, w.config)
}

// targetJobsCheck: two servers must not push into one org. Whether the migration
// carries jobs over is not known, and a person may have made some.
type targetJobsCheck struct {
	*world
	site *site.Site
}

func (c targetJobsCheck) check(ctx context.Context, step string) preflight.Findings {
	target, ok := c.target.get(ctx)
	client, err := c.site.TargetClient()
	if err != nil || !ok || !target.readable() || client.Credentials.Password.IsZero() {
		return nil // there is none yet, or its own finding is the one to read
	}
	theirs := jobs.Of(ctx, client, new(configuration))
	names := theirs.Pushing()
	if len(names) == 0 {
		return nil // what it does not show is for the acceptance checks
	}
	source, _ := c.jobs.get(ctx)
	also := "so are those of the source: " + strings.Join(source.Pushing(), ", ")
	switch {
	case len(source.Pushing()) > 0:
	case source.Err != nil:
		also = "whether those of the source are is not known"
	default:
		return nil
	}
	slices.Sort(names)
	return preflight.Findings{codes.TargetJobsOn.Finding(step, "jobs of the target are on: %s; %s",
		strings.Join(names, ", "), also)}
}
