// Package histories reads what an engine has kept, and looks for what must not
// be in it.
package histories

import (
	"bytes"
	"context"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// Read calls f with every history of an engine, one at a time.
func Read(ctx context.Context, address string, f func(id, run string, h *historypb.History) error) error {
	c, err := client.Dial(client.Options{HostPort: address, Logger: engine.Silent()})
	if err != nil {
		return err
	}
	defer c.Close()
	request := &workflowservice.ListWorkflowExecutionsRequest{PageSize: 200}
	for {
		page, err := c.ListWorkflow(ctx, request)
		if err != nil {
			return err
		}
		for _, e := range page.GetExecutions() {
			id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
			h := &historypb.History{}
			events := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			for events.HasNext() {
				event, err := events.Next()
				if err != nil {
					return err
				}
				h.Events = append(h.Events, event)
			}
			if err := f(id, run, h); err != nil {
				return err
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}

// Found are the words that stand in a history, payloads unpacked.
func Found(h *historypb.History, words []string) (out []string, err error) {
	var all bytes.Buffer
	err = Texts(h, func(b []byte) { all.Write(b); all.WriteByte('\n') })
	for _, s := range words {
		if bytes.Contains(all.Bytes(), []byte(s)) {
			out = append(out, s)
		}
	}
	return out, err
}

// Texts calls f with every text and every byte string of a history, payloads
// unpacked.
func Texts(h *historypb.History, f func([]byte)) error { return texts(h.ProtoReflect(), f) }

// texts calls f with those of a message.
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
