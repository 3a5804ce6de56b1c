package inspect

import (
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// codes are the findings that the checks make.
var codes = &preflight.Codes

// checks is the table of all checks, in the order of their findings.
func (i *Inspection) checks(w *world) []entry {
	s, j := i.Site, i.Journal
	all := site.StepNames()
	anyStep := s.First(all...)
	source, target := []string{s.SourceDir, s.StoresFile}, []string{s.TargetDir}
	both := append(source, target...)
	prepare, unpack, stores := []string{site.StepPrepare}, []string{site.StepUnpack}, []string{site.StepStores}
	setup, configure := []string{site.StepSetup}, []string{site.StepConfigure}
	migrated := j.Migrate.IsEnded() && !s.Again
	return []entry{
		{"the source", all, both, false, true, serverCheck{w.source}},
		{"the target", all, both, false, true, serverCheck{w.target}},
		{"the lock of the target", all, []string{s.StateDir}, false, false, lockCheck{s.StateDir, i.Locked, anyStep}},
		{"whether source and target are two", all, both, false, false, placesCheck{w, s, anyStep}},
		{"the source's mappings and schedules", []string{site.StepPrepare, site.StepMigrate}, source, false, false,
			configurationCheck{w, s, migrated}},
		{"the callback URLs of the connected app", prepare, nil, false, false, callbackCheck{s.Checks, s.CallbackURLs()}},
		{"the target's folder", []string{site.StepUnpack, site.StepStores, site.StepSetup}, target, false, true,
			folderCheck{w.target, s, j.Setup.IsEnded()}},
		{"the package", unpack, append(target, s.Package), true, true, packageCheck{s}},
		{"the source's stores", stores, source, false, true, storesCheck{s}},
		{"the encrypted values of the source", stores, both, true, false, valuesCheck{w, s}},
		{"whether the target was started before", stores, both, false, false, orderCheck{w.target, s}},
		{"Java", []string{site.StepJava}, nil, false, true, javaCheck{w.target, s.JavaHome, s.Machine}},
		{"the user", setup, nil, false, false, userCheck{w.target, s.Machine}},
		{"the target's ports", setup, target, false, false, portsCheck{w.target, s, j.Setup.IsOpen()}},
		{"the target's processes", []string{site.StepStores, site.StepSetup}, target, false, false,
			processCheck{w.target, s.TargetDir, s.First(site.StepSetup, site.StepStores), j.Setup.IsOpen()}},
		{"the host of the instance URL", configure, source, false, false,
			instanceCheck{w.source, s, j.ConfigureNote().IsEnded() && !s.Again}},
		{"the source's certificate as the target sees it", configure, both, false, false,
			certificateCheck{w.target, s, i.Configured}},
	}
}
