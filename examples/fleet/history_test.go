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
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// texts calls f with every text and every byte string of a message, payloads
// unpacked.
func texts(m protoreflect.Message, f func([]byte)) error {
	if p, ok := m.Interface().(*commonpb.Payload); ok {
		unpacked, err := flow.Codec().Decode([]*commonpb.Payload{p})
		if err != nil {
			return err
		}
		m = unpacked[0].ProtoReflect()
	}
	var failed error
	value := func(d protoreflect.FieldDescriptor, v protoreflect.Value) {
		switch d.Kind() {
		case protoreflect.StringKind:
			f([]byte(v.String()))
		case protoreflect.BytesKind:
			f(v.Bytes())
		case protoreflect.MessageKind:
			if err := texts(v.Message(), f); err != nil {
				failed = err
			}
		}
	}
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				value(d.MapKey(), k.Value())
				value(d.MapValue(), v)
				return true
			})
		case d.IsList():
			for i := range v.List().Len() {
				value(d, v.List().Get(i))
			}
		default:
			value(d, v)
		}
		return failed == nil
	})
	return failed
}

// found are the secrets that stand in a history.
func found(h *historypb.History, secrets []string) (out []string, err error) {
	var all bytes.Buffer
	err = texts(h.ProtoReflect(), func(b []byte) { all.Write(b); all.WriteByte('\n') })
	for _, s := range secrets {
		if bytes.Contains(all.Bytes(), []byte(s)) {
			out = append(out, s)
		}
	}
	return out, err
}

// histories gives every history of an engine, by workflow and run.
func (s *stage) histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.engine.Address, Logger: engine.Silent{}})
	must(t, err)
	defer c.Close()
	out := map[string]*historypb.History{}
	request := &workflowservice.ListWorkflowExecutionsRequest{PageSize: 200}
	for {
		page, err := c.ListWorkflow(t.Context(), request)
		must(t, err)
		for _, e := range page.GetExecutions() {
			id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
			h := &historypb.History{}
			events := c.GetWorkflowHistory(context.Background(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			for events.HasNext() {
				event, err := events.Next()
				must(t, err)
				h.Events = append(h.Events, event)
			}
			out[id+" "+run] = h
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return out
		}
	}
}

// checkHistories reads every history for secrets and ids of users.
func (s *stage) checkHistories(t *testing.T) {
	t.Helper()
	secrets := s.world.Secrets()
	all := s.histories(t)
	clean := 0
	for name, h := range all {
		leaked, err := found(h, secrets)
		must(t, err)
		if len(leaked) == 0 {
			clean++
		} else {
			t.Errorf("%s holds %q", name, leaked)
		}
		// What proves that the search sees payloads: the id stands in each.
		if id, _, _ := strings.Cut(name, " "); strings.HasPrefix(id, "idc-") {
			if seen, err := found(h, []string{`"id":"` + id + `"`}); err != nil || len(seen) == 0 {
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
		if leaked, err := found(proto.Clone(h).(*historypb.History), []string{secret}); err != nil || len(leaked) != 1 {
			t.Errorf("%s: %v, %v", name, leaked, err)
		}
	}
	if leaked, err := found(input(payload("nothing")), []string{secret}); err != nil || len(leaked) > 0 {
		t.Errorf("%v, %v", leaked, err)
	}
}
