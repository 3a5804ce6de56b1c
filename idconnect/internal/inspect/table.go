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
	source, target := []string{s.SourceDir, s.StoresFile}, []string{s.TargetDir}
	both := append(source, target...)
	prepare, unpack, stores := []string{site.StepPrepare}, []string{site.StepUnpack}, []string{site.StepStores}
	setup, configure := []string{site.StepSetup}, []string{site.StepConfigure}
	settingUp := j.Note(site.StepSetup).IsOpen()
	migrated := j.Note(site.StepMigrate).IsEnded() && !s.Again
	return []entry{
		{name: "the source", steps: all, paths: both, must: true, checker: serverCheck{w.source}},
		{name: "the target", steps: all, paths: both, must: true, checker: serverCheck{w.target}},
		{name: "the lock of the target", steps: all, paths: []string{s.StateDir},
			checker: lockCheck{i.Place, i.Locked}},
		{name: "whether source and target are two", steps: all, paths: both, must: true,
			checker: placesCheck{w, s}},
		{name: "the source's mappings and schedules", steps: []string{site.StepPrepare, site.StepMigrate},
			paths: source, checker: configurationCheck{w, s, migrated}},
		{name: "the target's jobs", steps: []string{site.StepMigrate, site.StepVerify}, paths: both,
			checker: targetJobsCheck{w, s}},
		{name: "the callback URLs of the connected app", steps: prepare,
			checker: callbackCheck{s.Checks, s.CallbackURLs()}},
		{name: "the reminders", steps: prepare, checker: remindersCheck{s, migrated}},
		{name: "the target's folder", steps: []string{site.StepUnpack, site.StepStores, site.StepSetup}, paths: both,
			must: true, checker: folderCheck{w.target, s, j.Note(site.StepSetup).IsEnded(), j.Unpack}},
		{name: "the package", steps: unpack, paths: append(target, s.Package), slow: true, must: true,
			checker: packageCheck{s}},
		{name: "the source's stores", steps: stores, paths: source, must: true, checker: storesCheck{s}},
		{name: "the encrypted values of the source", steps: stores, paths: both, slow: true,
			checker: valuesCheck{w, s}},
		{name: "whether the target was started before", steps: stores, paths: both,
			checker: orderCheck{w.target, s, j.Left}},
		{name: "Java", steps: []string{site.StepJava}, must: true, checker: javaCheck{w.target, s.JavaHome, s.Machine}},
		{name: "the files of passwords", steps: all, checker: secretsCheck{s.Passwords()}},
		{name: "the user", steps: setup, checker: userCheck{w.target, s.Machine}},
		{name: "the target's ports", steps: setup, paths: target, checker: portsCheck{w.target, s, settingUp}},
		{name: "the target's processes", steps: []string{site.StepSetup, site.StepStores}, paths: target,
			checker: processCheck{w.target, s.TargetDir, settingUp, s.Machine}},
		{name: "the host of the instance URL", steps: configure, paths: source,
			checker: instanceCheck{w.source, s, j.Note(site.StepConfigure).IsEnded() && !s.Again}},
		{name: "the source's certificate as the target sees it", steps: configure, paths: both,
			checker: certificateCheck{w.target, s, i.Configured}},
		{name: "the source's audit", steps: []string{site.StepConfigure, site.StepMigrate, site.StepVerify},
			paths: source, slow: true, checker: auditCheck{s, j}},
	}
}
