package flow

import (
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// packedFrom is the size in bytes from which a payload is packed: what people
// look at in the engine's pages stays legible, the list of a large fleet fits.
const packedFrom = 32 << 10

// codec packs large payloads.
type codec struct{ zlib converter.PayloadCodec }

// DataConverter is what every client and worker of a fleet must use.
func DataConverter() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), Codec())
}

// Codec is that of [DataConverter].
func Codec() converter.PayloadCodec {
	return codec{converter.NewZlibCodec(converter.ZlibCodecOptions{})}
}

func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := slices.Clone(payloads)
	for i, p := range out {
		if len(p.GetData()) < packedFrom {
			continue
		}
		packed, err := c.zlib.Encode([]*commonpb.Payload{p})
		if err != nil {
			return nil, err
		}
		out[i] = packed[0]
	}
	return out, nil
}

func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return c.zlib.Decode(payloads)
}
