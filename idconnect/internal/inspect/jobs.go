package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// job is something that a server does by itself, as far as it is looked at.
type job struct {
	name, does string
	on         bool
	// live: it is live synchronisation. pushes: it writes to connected systems,
	// or may.
	live, pushes bool
}

func (j job) String() string {
	if j.does == "" {
		return j.name
	}
	return fmt.Sprintf("%s (%s)", j.name, j.does)
}

// jobList are the jobs of a server, and why they are not all.
type jobList struct {
	jobs []job
	err  error
}

// on are the jobs that are on and write to connected systems.
func (l jobList) on() (names []string) {
	for _, j := range l.jobs {
		if j.on && j.pushes {
			names = append(names, j.String())
		}
	}
	return names
}

// parseJob reads a job. An absent enabled means true, and it may be a text (H).
// What is not understood is on: to warn in vain is the lesser evil.
func parseJob(name string, doc json.RawMessage) job {
	unknown := job{name: name, does: "of a form that is not known", on: true, pushes: true}
	var members, invoke map[string]json.RawMessage
	if json.Unmarshal(doc, &members) != nil {
		return unknown
	}
	if v := members["invokeContext"]; len(v) > 0 && json.Unmarshal(v, &invoke) != nil {
		return unknown
	}
	text := func(value json.RawMessage) (s string) {
		_ = json.Unmarshal(value, &s) // what is no text names nothing
		return strings.TrimSpace(s)
	}
	enabled := strings.ToLower(strings.Trim(string(members["enabled"]), `" `))
	service, action := text(members["invokeService"]), text(invoke["action"])
	j := job{name: name, does: strings.TrimSpace(service + " " + action), on: enabled != "false"}
	switch strings.ToLower(action) {
	case "livesync", "activesync": // the second is 2.x's word
		j.live, j.pushes, j.does = true, true, text(invoke["source"])
	case "reconcile", "recon":
		j.pushes = true
	case "":
		if service == "" {
			j.on = len(members["invokeService"]) > 0 // without one it can do nothing
			j.does, j.pushes = unknown.does, true
		}
	}
	last := strings.ToLower(service[strings.LastIndexByte(service, '.')+1:])
	j.pushes = j.pushes || last == "sync" || last == "provisioner"
	return j
}

const maxJobs = 500

// jobsOf are the jobs of a server: the documents of its configuration, and those
// that were made over REST.
func jobsOf(ctx context.Context, c *openidm.Client, config *configuration) (l jobList) {
	ids, err := config.ids(ctx, c)
	if err != nil {
		return jobList{err: err}
	}
	seen := map[string]bool{}
	add := func(name string, doc json.RawMessage) {
		if doc != nil && !seen[name] {
			seen[name] = true
			l.jobs = append(l.jobs, parseJob(name, doc))
		}
	}
	for _, id := range ids {
		name := jobName(id)
		if name == "" {
			continue
		}
		doc, err := config.read(ctx, c, id)
		if err != nil {
			l.err = err
			return l
		}
		add(name, doc)
	}
	l.err = jobsOverREST(ctx, c, add)
	return l
}

// jobName is the name of the job that a configuration is, "" where it is none.
func jobName(id string) string {
	for _, kind := range []string{"schedule/", "schedule-", "scheduler/", "scheduler-"} {
		if name, ok := strings.CutPrefix(id, kind); ok {
			return name
		}
	}
	return ""
}

// jobsOverREST adds those of scheduler/job, which 7.x has (H), and those of
// scheduler, of which 3.1 lists the ids alone (H). A server refuses what it does
// not have in words of its own.
func jobsOverREST(ctx context.Context, c *openidm.Client, add func(string, json.RawMessage)) error {
	var name struct {
		ID string `json:"_id"`
	}
	list := func(resource string, q openidm.Query, each func(json.RawMessage) error) error {
		n := 0
		for record, err := range c.Query(ctx, resource, q) {
			if err != nil {
				return err
			}
			if n++; n > maxJobs {
				return fmt.Errorf("%s: more than %d jobs", resource, maxJobs)
			}
			if err := json.Unmarshal(record, &name); err != nil {
				return fmt.Errorf("%s: %w", resource, err)
			}
			if err := each(record); err != nil {
				return err
			}
		}
		return nil
	}
	newer := list("scheduler/job", openidm.Query{}, func(record json.RawMessage) error {
		add(name.ID, record)
		return nil
	})
	if newer == nil || !refused(newer) {
		return newer
	}
	older := list("scheduler", openidm.Query{ID: "query-all-ids"}, func(json.RawMessage) error {
		var doc json.RawMessage
		err := c.Read(ctx, "scheduler/"+url.PathEscape(name.ID), &doc)
		if err == nil {
			add(name.ID, doc)
		} else if !errors.Is(err, openidm.ErrNotFound) {
			return err
		}
		return nil
	})
	if errors.Is(older, openidm.ErrNotFound) && errors.Is(newer, openidm.ErrNotFound) {
		return nil
	}
	return older
}

// refused reports whether a server is up and does not do what it was asked.
func refused(err error) bool {
	var answer *openidm.Error
	return errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) && !errors.Is(err, openidm.ErrBusy)
}

// sourceJobs are those of the source, none where it cannot be asked.
func (w *world) sourceJobs(ctx context.Context, s *site.Site) jobList {
	source, ok := w.source.get(ctx)
	c, err := s.SourceClient()
	if err != nil || !ok || !source.readable() || c.Credentials.Password.IsZero() {
		return jobList{err: errors.New("the source cannot be read")}
	}
	return jobsOf(ctx, c, w.config)
}

// targetJobsCheck: two servers must not push into one org. Whether the migration
// carries jobs over is not known, and a person may have made some.
type targetJobsCheck struct {
	*world
	site *site.Site
	step string
}

func (c targetJobsCheck) check(ctx context.Context) preflight.Findings {
	target, ok := c.target.get(ctx)
	client, err := c.site.TargetClient()
	if err != nil || !ok || !target.readable() || client.Credentials.Password.IsZero() {
		return nil // there is none yet, or its own finding is the one to read
	}
	theirs := jobsOf(ctx, client, &configuration{site: c.site})
	names := theirs.on()
	if len(names) == 0 {
		return nil // what it does not show is for the acceptance checks
	}
	source, _ := c.jobs.get(ctx)
	also := "so are those of the source: " + strings.Join(source.on(), ", ")
	switch {
	case len(source.on()) > 0:
	case source.err != nil:
		also = "whether those of the source are is not known"
	default:
		return nil
	}
	slices.Sort(names)
	return preflight.Findings{codes.TargetJobsOn.Finding(c.step, "jobs of the target are on: %s; %s",
		strings.Join(names, ", "), also)}
}
