// Package jobs reads what an OpenIDM server does by itself: its schedules, in each
// form in which the generations keep them. It only reads, and judges nothing.
// Begin with [Of].
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Job is something that a server does by itself, as far as it is looked at.
type Job struct {
	// Name is its id, Does what it does, for people.
	Name, Does string
	On         bool
	// Live: it is live synchronisation. Pushes: it writes to connected systems,
	// or may.
	Live, Pushes bool
}

func (j Job) String() string {
	if j.Does == "" {
		return j.Name
	}
	return fmt.Sprintf("%s (%s)", j.Name, j.Does)
}

// List are the jobs of a server, and why they are not all.
type List struct {
	Jobs []Job
	Err  error
}

// Pushing are the jobs that are on and write to connected systems.
func (l List) Pushing() (names []string) {
	for _, j := range l.Jobs {
		if j.On && j.Pushes {
			names = append(names, j.String())
		}
	}
	return names
}

// parse reads a job. An absent enabled means true, and it may be a text (H).
// What is not understood is on: to warn in vain is the lesser evil.
func parse(name string, doc json.RawMessage) Job {
	unknown := Job{Name: name, Does: "of a form that is not known", On: true, Pushes: true}
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
	j := Job{Name: name, Does: strings.TrimSpace(service + " " + action), On: enabled != "false"}
	switch strings.ToLower(action) {
	case "livesync", "activesync": // the second is 2.x's word
		j.Live, j.Pushes, j.Does = true, true, text(invoke["source"])
	case "reconcile", "recon":
		j.Pushes = true
	case "":
		if service == "" {
			j.On = len(members["invokeService"]) > 0 // without one it can do nothing
			j.Does, j.Pushes = unknown.Does, true
		}
	}
	last := strings.ToLower(service[strings.LastIndexByte(service, '.')+1:])
	j.Pushes = j.Pushes || last == "sync" || last == "provisioner"
	return j
}

const most = 500

// Configuration reads the documents of a server's configuration. One that is gone
// since it was listed is nil.
type Configuration interface {
	IDs(context.Context, *openidm.Client) ([]string, error)
	Read(ctx context.Context, c *openidm.Client, id string) (json.RawMessage, error)
}

// Of are the jobs of a server: the documents of its configuration, and those that
// were made over REST.
func Of(ctx context.Context, c *openidm.Client, config Configuration) (l List) {
	ids, err := config.IDs(ctx, c)
	if err != nil {
		return List{Err: err}
	}
	seen := map[string]bool{}
	add := func(name string, doc json.RawMessage) {
		if doc != nil && !seen[name] {
			seen[name] = true
			l.Jobs = append(l.Jobs, parse(name, doc))
		}
	}
	for _, id := range ids {
		name := nameOf(id)
		if name == "" {
			continue
		}
		doc, err := config.Read(ctx, c, id)
		if err != nil {
			l.Err = err
			return l
		}
		add(name, doc)
	}
	l.Err = overREST(ctx, c, add)
	return l
}

// nameOf is the name of the job that a configuration is, "" where it is none.
func nameOf(id string) string {
	for _, kind := range []string{"schedule/", "schedule-", "scheduler/", "scheduler-"} {
		if name, ok := strings.CutPrefix(id, kind); ok {
			return name
		}
	}
	return ""
}

// Count is how many were made over REST; a server that refuses to list them has
// none to show.
func Count(ctx context.Context, c *openidm.Client) (n int, err error) {
	ids := map[string]bool{}
	err = list(ctx, c, openidm.Query{Fields: []string{"_id"}}, func(id string, _ json.RawMessage) error {
		ids[id] = true
		return nil
	})
	if refused(err) {
		return 0, nil
	}
	return len(ids), err
}

// overREST adds those that were made over REST.
func overREST(ctx context.Context, c *openidm.Client, add func(string, json.RawMessage)) error {
	n := 0
	return list(ctx, c, openidm.Query{}, func(id string, doc json.RawMessage) error {
		if n++; n > most {
			return fmt.Errorf("scheduler: more than %d jobs", most)
		}
		if doc == nil {
			err := c.Read(ctx, "scheduler/"+url.PathEscape(id), &doc)
			if errors.Is(err, openidm.ErrNotFound) {
				return nil
			} else if err != nil {
				return err
			}
		}
		add(id, doc)
		return nil
	})
}

// list goes through those of scheduler/job, which 7.x has (H), and those of
// scheduler, of which 3.1 lists the ids alone (H), without a document. A server
// refuses what it does not have in words of its own.
func list(
	ctx context.Context, c *openidm.Client, newer openidm.Query, each func(id string, doc json.RawMessage) error,
) error {
	first := query(ctx, c, "scheduler/job", newer, each)
	if first == nil || !refused(first) {
		return first
	}
	ids := openidm.Query{ID: "query-all-ids"}
	second := query(ctx, c, "scheduler", ids, func(id string, _ json.RawMessage) error { return each(id, nil) })
	if errors.Is(second, openidm.ErrNotFound) && errors.Is(first, openidm.ErrNotFound) {
		return nil
	}
	return second
}

func query(
	ctx context.Context, c *openidm.Client, resource string, q openidm.Query,
	each func(id string, record json.RawMessage) error,
) error {
	var name struct {
		ID string `json:"_id"`
	}
	for record, err := range c.Query(ctx, resource, q) {
		if err != nil {
			return err
		}
		if err := json.Unmarshal(record, &name); err != nil {
			return fmt.Errorf("%s: %w", resource, err)
		}
		if err := each(name.ID, record); err != nil {
			return err
		}
	}
	return nil
}

// refused reports whether a server is up and does not do what it was asked.
func refused(err error) bool {
	var answer *openidm.Error
	return errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) && !errors.Is(err, openidm.ErrBusy)
}
