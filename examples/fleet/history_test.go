package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/idconnect-go/upgrade/examples/fleet/fakes"
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
		if last := h.Events[len(h.Events)-1].GetEventType(); last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED ||
			last == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED {
			kind += "-" + strings.ToLower(last.String()[len("WorkflowExecution"):])
		}
		if kept[kind] {
			continue
		}
		kept[kind] = true
		neutral(h.ProtoReflect(), s.dir)
		text, err := protojson.Marshal(h)
		must(t, err)
		var even bytes.Buffer // protojson's own spaces differ by program
		must(t, json.Indent(&even, text, "", " "))
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, kind+".json"), append(even.Bytes(), '\n'), 0o644))
		t.Logf("kept %s as %s", name, kind)
	}
}

// machineWords are what a history says of the machine on which it was made, and
// what stands there instead.
var machineWords = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\b([a-z]+)@[^\s"]*:[0-9]+\b`), "$1@machine"},               // of a worker
	{regexp.MustCompile(`\b[0-9]+@[^\s"]+@`), "client@machine"},                     // of a command
	{regexp.MustCompile(`\b127\.[0-9]+\.([0-9]+\.[0-9]+):[0-9]+`), "192.0.$1:8443"}, // of a fake's target
	{regexp.MustCompile(`(//[a-z0-9.]+):[0-9]{4,5}/`), "$1:8443/"},
	{regexp.MustCompile(`^[0-9a-f]{32}$`), "build"}, // of the program
}

// neutral takes what is of this machine out of a message.
func neutral(m protoreflect.Message, dir string) {
	text := func(s string) string {
		if dir != "" {
			s = strings.ReplaceAll(s, dir, "/fleet")
		}
		for _, w := range machineWords {
			s = w.from.ReplaceAllString(s, w.to)
		}
		return s
	}
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.IsMap():
			if d.MapValue().Kind() == protoreflect.MessageKind {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					neutral(v.Message(), dir)
					return true
				})
			}
		case d.IsList():
			if d.Kind() == protoreflect.MessageKind {
				for i := range v.List().Len() {
					neutral(v.List().Get(i).Message(), dir)
				}
			}
		case d.Kind() == protoreflect.StringKind:
			m.Set(d, protoreflect.ValueOfString(text(v.String())))
		case d.Kind() == protoreflect.BytesKind:
			m.Set(d, protoreflect.ValueOfBytes([]byte(text(string(v.Bytes())))))
		case d.Kind() == protoreflect.MessageKind:
			neutral(v.Message(), dir)
		}
		return true
	})
}

// ofMachines are what no kept history may hold: each text has to be free of
// paths other than the neutral ones, of addresses, names and numbers of
// processes.
var (
	somePath    = regexp.MustCompile(`(?:^|[\s"=:(])(/[A-Za-z0-9._-]+/[^\s"]*)`)
	someOwner   = regexp.MustCompile(`[A-Za-z0-9._-]+@[A-Za-z0-9._:@-]*`)
	someAddress = regexp.MustCompile(`\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b`)
	someHost    = regexp.MustCompile(`//([A-Za-z0-9.-]+)`)
)

// ofMachine are the words of a text that say something of a machine.
func ofMachine(text string) (out []string) {
	for _, m := range somePath.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "/fleet/") {
			out = append(out, m[1])
		}
	}
	for _, owner := range someOwner.FindAllString(text, -1) {
		if name, machine, _ := strings.Cut(owner, "@"); machine != "machine" ||
			!slices.Contains([]string{"one", "two", "three", "client"}, name) {
			out = append(out, owner)
		}
	}
	for _, address := range someAddress.FindAllString(text, -1) {
		if !strings.HasPrefix(address, "192.0.") && address != "127.0.0.1" {
			out = append(out, address)
		}
	}
	for _, m := range someHost.FindAllStringSubmatch(text, -1) {
		if !strings.HasSuffix(m[1], "example.com") && m[1] != "localhost" && !someAddress.MatchString(m[1]) {
			out = append(out, m[1])
		}
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 && strings.Contains(text, host) {
		out = append(out, host)
	}
	return out
}

// TestKeptHistories: what lies in testdata for the replay says nothing of the
// machine on which it was made, and holds no secret.
func TestKeptHistories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("flow", "testdata", "histories", "*.json"))
	must(t, err)
	if len(files) < 10 {
		t.Fatalf("only %d histories", len(files))
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		var h historypb.History
		must(t, protojson.Unmarshal(content, &h))
		texts := 0
		must(t, histories.Texts(&h, func(b []byte) {
			texts++
			if found := ofMachine(string(b)); len(found) > 0 {
				t.Errorf("%s: %q", filepath.Base(file), found)
			}
		}))
		if texts < 40 {
			t.Errorf("%s: only %d texts: this proves nothing", filepath.Base(file), texts)
		}
		if found, err := histories.Found(&h,
			[]string{fakes.StorePassword, fakes.HandoverPassphrase, "Admin-password",
				"AGE-SECRET-KEY"}); err != nil || len(found) > 0 {
			t.Errorf("%s: %q, %v", filepath.Base(file), found, err)
		}
	}
	for _, text := range []string{"/tmp/x/y", `{"dir":"/home/somebody/z"}`, "one@laptop:4711", "4711@laptop@",
		"https://10.1.2.3:8443/openidm/", "https://laptop:8443/openidm/"} {
		if len(ofMachine(text)) == 0 {
			t.Errorf("%q is not seen", text)
		}
	}
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
		started := &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: p},
		}
		return &historypb.History{Events: []*historypb.HistoryEvent{{Attributes: started}}}
	}
	large := payload(strings.Repeat("x", 100_000) + secret)
	if bytes.Contains(large.Payloads[0].Data, []byte(secret)) {
		t.Error("the large payload is not packed: this proves nothing")
	}
	for name, h := range map[string]*historypb.History{
		"payload": input(payload(map[string]string{"a": secret})), "packed": input(large),
	} {
		if leaked, err := histories.Found(proto.Clone(h).(*historypb.History), []string{secret}); err != nil ||
			len(leaked) != 1 {
			t.Errorf("%s: %v, %v", name, leaked, err)
		}
	}
	if leaked, err := histories.Found(input(payload("nothing")), []string{secret}); err != nil || len(leaked) > 0 {
		t.Errorf("%v, %v", leaked, err)
	}
}
