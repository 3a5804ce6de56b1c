package fleetfile

import (
	"bytes"
	_ "embed"
	"sync"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
)

// schemaText has its own parts and, written into it by go test -run TestShared
// -update, those of siteconfig.
//
//go:embed fleet.schema.json
var schemaText []byte

// Schema returns the JSON Schema (2020-12) of a fleet file.
func Schema() []byte { return bytes.Clone(schemaText) }

var fleetSchema = sync.OnceValue(func() *yamlfile.Schema {
	return yamlfile.NewSchema(schemaText, siteconfig.Hints())
})
