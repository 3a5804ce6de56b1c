package fleetfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// maxFile bounds a fleet file, in bytes: some 20,000 installations that are
// written out in full.
const maxFile = 32 << 20

// Read reads a fleet file, YAML or JSON, with its defaults filled in. What is
// wrong with what stands in it comes as [yamlfile.Problems].
func Read(path string) (*Fleet, error) {
	text, err := disk.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse is Read of a text; name is the file's in problems.
func Parse(name string, text []byte) (*Fleet, error) {
	d := yamlfile.Parse(name, text)
	d.Check(fleetSchema())
	var fleet *Fleet
	if d.Problems() == nil {
		fillIn(d.Value.(map[string]any))
		fleet = &Fleet{Approval: ApproveOnce, AtOnce: 20, StopAbove: "5%", Patience: "15m",
			Waves: []WaveSize{"1", "5%", "rest"}}
		if err := d.Decode(fleet); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		check(d, fleet)
	}
	if p := d.Problems(); p != nil {
		return nil, p
	}
	return fleet, nil
}

// fillIn merges the defaults into every installation.
func fillIn(root map[string]any) {
	defaults, _ := root["defaults"].(map[string]any)
	for _, i := range root["installations"].([]any) {
		one := i.(map[string]any)
		merge(one, defaults)
		id, _ := one["id"].(string)
		site, _ := one["site"].(string)
		for k, v := range one {
			one[k] = filled(v, id, site)
		}
	}
}

// merge adds what into lacks; a reference to a secret is one value.
func merge(into, from map[string]any) {
	for k, v := range from {
		own, there := into[k]
		a, both := own.(map[string]any)
		b, also := v.(map[string]any)
		switch {
		case !there && also:
			copied := map[string]any{}
			merge(copied, b)
			into[k] = copied
		case !there:
			into[k] = v
		case both && also && !isSecret(a):
			merge(a, b)
		}
	}
}

func isSecret(m map[string]any) bool {
	for _, k := range []string{"file", "env", "command"} {
		if _, ok := m[k]; ok {
			return true
		}
	}
	return false
}

// filled is a value with {id} and {site} replaced.
func filled(v any, id, site string) any {
	switch v := v.(type) {
	case string:
		return strings.NewReplacer("{id}", id, "{site}", site).Replace(v)
	case map[string]any:
		for k, e := range v {
			v[k] = filled(e, id, site)
		}
	case []any:
		out := make([]any, len(v)) // that of the defaults is everybody's
		for i, e := range v {
			out[i] = filled(e, id, site)
		}
		return out
	}
	return v
}

// check looks at what a schema cannot say.
func check(d *yamlfile.Document, f *Fleet) {
	for i, w := range f.Waves {
		if last := i == len(f.Waves)-1; (w == "rest") != last {
			d.Add("/waves/"+strconv.Itoa(i), "rest stands at the end, and nowhere else", `[1, "5%", rest]`)
			break
		}
	}
	checkWindow(d, "/window", f.Window)
	for name, s := range f.Sites {
		checkWindow(d, "/sites/"+yamlfile.Escape(name)+"/window", s.Window)
	}
	seen := map[string]string{}
	once := func(place, what, value string) {
		if value == "" {
			return
		}
		if first, ok := seen[what+" "+value]; ok {
			line, _ := d.Position(first)
			d.Add(place, fmt.Sprintf("%s %s is that of line %d too", what, value, line),
				"one of its own for each installation")
		} else {
			seen[what+" "+value] = place
		}
	}
	for n := range f.Installations {
		i := &f.Installations[n]
		place := "/installations/" + strconv.Itoa(n)
		once(place+"/id", "the id", i.ID)
		if i.Target.Dir != "" {
			once(place+"/target/dir", "the target's folder", i.Target.Worker+":"+i.Target.Dir)
		}
		once(place+"/target/url", "the target", i.Target.URL)
		if _, known := f.Sites[i.Site]; i.Site != "" && !known {
			d.Add(place+"/site", fmt.Sprintf("the site %s is not one of sites", i.Site),
				strings.Join(append(slices.Sorted(maps.Keys(f.Sites)), "it under sites"), ", or "))
		}
		checkInstallation(d, place, i)
	}
}

func checkWindow(d *yamlfile.Document, place string, w *Window) {
	if w == nil {
		return
	}
	if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" {
		d.Add(place+"/zone", "unknown time zone "+w.Zone, "a name of the IANA database, for example Europe/Berlin")
	}
	if w.From == w.To {
		d.Add(place+"/to", "the window is never open", "another time than from")
	}
}

// checkInstallation says what is missing for the steps that are chosen.
func checkInstallation(d *yamlfile.Document, place string, i *Installation) {
	need := func(missing bool, at, write string, steps ...string) {
		if !missing {
			return
		}
		for _, s := range steps {
			if len(i.Steps) == 0 || slices.Contains(i.Steps, s) {
				d.Add(place+at, "missing; the step "+s+" needs it", write)
				return
			}
		}
	}
	all := idconnect.StepNames()
	example := fleetSchema().Describe
	need(i.ID == "", "/id", example("name"), all...)
	need(i.Target.Worker == "", "/target/worker", "the name of the worker on the target's machine", all...)
	need(i.Source.URL == "", "/source/url", example("url"), all...)
	need(i.Target.URL == "", "/target/url", example("url"), all...)
	need(i.Target.Dir == "", "/target/dir", example("path"), all...)
	need(i.Source.Dir == "", "/source/dir", example("path"), idconnect.StepStores)
	need(i.Package == "", "/package", example("path"), idconnect.StepUnpack)
	need(i.Source.Password == nil, "/source/password", example("secret"), idconnect.StepPrepare,
		idconnect.StepConfigure, idconnect.StepMigrate, idconnect.StepVerify)
	need(i.Target.Password == nil, "/target/password", example("secret"), idconnect.StepMigrate, idconnect.StepVerify)
	if i.SourceWorker() != i.Target.Worker {
		need(i.Handover == nil, "/handover",
			"handover with source, target and passphrase, or the source's folder as the target's worker sees "+
				"it and no source.worker", idconnect.StepStores, idconnect.StepSetup)
		need(i.KeystorePassword == nil, "/keystorePassword",
			"where the target's worker finds it: boot.properties of the source is not at hand there",
			idconnect.StepStores, idconnect.StepSetup)
	}
	if len(i.Anywhere) > 0 && (i.Source.Truststore == "" || i.Target.Truststore == "") {
		d.Add(place+"/anywhere", "a worker without the folders does not know whom to trust",
			"source.truststore and target.truststore, which every worker has, or leave anywhere out")
	}
	siteconfig.Check(d, place, &i.Config)
}
