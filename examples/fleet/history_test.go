package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/examples/fleet/histories"
)

// histories gives every history of an engine, by workflow and run.
func (s *stage) histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	out := map[string]*historypb.History{}
	must(t, histories.Read(context.Background(), s.engine.Address, func(id, run string, h *historypb.History) error {
		out[id+" "+run] = h
		return nil
	}))
	return out
}

// checkHistories reads every history for secrets and ids of users.
func (s *stage) checkHistories(t *testing.T) {
	t.Helper()
	secrets := s.world.Secrets()
	all := s.histories(t)
	clean := 0
	for name, h := range all {
		leaked, err := histories.Found(h, secrets)
		must(t, err)
		if len(leaked) == 0 {
			clean++
		} else {
			t.Errorf("%s holds %q", name, leaked)
		}
		// What proves that the search sees payloads: the id stands in each.
		if id, _, _ := strings.Cut(name, " "); strings.HasPrefix(id, "idc-") {
			if seen, err := histories.Found(h, []string{`"id":"` + id + `"`}); err != nil || len(seen) == 0 {
				t.Errorf("%s: the search does not see its payloads (%v)", name, err)
			}
		}
	}
	fmt.Printf("%d of %d histories clean\n", clean, len(all))
	if len(all) < 2*len(s.world.All) {
		t.Errorf("only %d histories of %d installations", len(all), len(s.world.All))
	}
	if dir := os.Getenv("FLEET_KEEP_HISTORIES"); dir != "" {
		s.keep(t, all, dir)
	}
}

// keep writes one history of each kind, for the replay test.
func (s *stage) keep(t *testing.T, all map[string]*historypb.History, dir string) {
	kept := map[string]bool{}
	for name, h := range all {
		began := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
		kind := strings.ToLower(began.GetWorkflowType().GetName())
		if began.GetContinuedExecutionRunId() != "" {
			kind += "-continued"
		}
		for _, e := range h.Events {
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
				kind += "-continues"
			}
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
				kind += "-signaled"
				break
			}
		}
		if last := h.Events[len(h.Events)-1].GetEventType(); last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED || last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED {
			kind += "-" + strings.ToLower(last.String()[len("WorkflowExecution"):])
		}
		if kept[kind] {
			continue
		}
		kept[kind] = true
		host, err := os.Hostname()
		must(t, err)
		rewrite(h.ProtoReflect(), strings.NewReplacer(s.dir, "/fleet", host, "host"))
		text, err := protojson.MarshalOptions{Indent: " "}.Marshal(h)
		must(t, err)
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, kind+".json"), text, 0o644))
		t.Logf("kept %s as %s", name, kind)
	}
}

// rewrite takes the names of this machine out of a message.
func rewrite(m protoreflect.Message, names *strings.Replacer) {
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.IsMap():
			if d.MapValue().Kind() == protoreflect.MessageKind {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					rewrite(v.Message(), names)
					return true
				})
			}
		case d.IsList():
			if d.Kind() == protoreflect.MessageKind {
				for i := range v.List().Len() {
					rewrite(v.List().Get(i).Message(), names)
				}
			}
		case d.Kind() == protoreflect.StringKind:
			m.Set(d, protoreflect.ValueOfString(names.Replace(v.String())))
		case d.Kind() == protoreflect.BytesKind:
			m.Set(d, protoreflect.ValueOfBytes([]byte(names.Replace(string(v.Bytes())))))
		case d.Kind() == protoreflect.MessageKind:
			rewrite(v.Message(), names)
		}
		return true
	})
}

// The search finds what is there: in a text, in a payload, in a packed one, in
// a failure.
func TestSearchOfHistories(t *testing.T) {
	payload := func(v any) *commonpb.Payloads {
		p, err := flow.DataConverter().ToPayloads(v)
		must(t, err)
		return p
	}
	const secret = "hush-hush-hush"
	input := func(p *commonpb.Payloads) *historypb.History {
		return &historypb.History{Events: []*historypb.HistoryEvent{{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: p},
		}}}}
	}
	large := payload(strings.Repeat("x", 100_000) + secret)
	if bytes.Contains(large.Payloads[0].Data, []byte(secret)) {
		t.Error("the large payload is not packed: this proves nothing")
	}
	for name, h := range map[string]*historypb.History{
		"payload": input(payload(map[string]string{"a": secret})), "packed": input(large),
	} {
		if leaked, err := histories.Found(proto.Clone(h).(*historypb.History), []string{secret}); err != nil || len(leaked) != 1 {
			t.Errorf("%s: %v, %v", name, leaked, err)
		}
	}
	if leaked, err := histories.Found(input(payload("nothing")), []string{secret}); err != nil || len(leaked) > 0 {
		t.Errorf("%v, %v", leaked, err)
	}
}
