package idconnect

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// step is one step of the upgrade. Its check asks the world, its action may be
// repeated after an interruption, and its undo, where there is one, puts back
// what the action changed. All three give a detail for people.
type step struct {
	name  string
	where report.Where
	check func(context.Context, *run) (report.State, string, error)
	do    func(context.Context, *run) (string, error)
	undo  func(context.Context, *run) (string, error)
	// note is the journal's of the action, nil where there is none: when check
	// says that it is done, an intent without an outcome has its outcome.
	note func(*journal) *note
}

// steps in their order.
var steps = []step{
	{StepPrepare, report.WhereAny, checkPrepare, doPrepare, nil, nil},
	{StepUnpack, report.WhereTarget, checkUnpack, doUnpack, undoUnpack, nil},
	{StepStores, report.WhereTarget, checkStores, doStores, undoStores, nil},
	{StepJava, report.WhereTarget, checkJava, doJava, nil, nil},
	{StepSetup, report.WhereTarget, checkSetup, doSetup, undoSetup, func(j *journal) *note { return j.Setup }},
	{StepConfigure, report.WhereAny, checkConfigure, doConfigure, nil, (*journal).configureNote},
	{StepMigrate, report.WhereAny, checkMigrate, doMigrate, nil, func(j *journal) *note { return j.Migrate }},
	{StepVerify, report.WhereAny, checkVerify, doVerify, nil, nil},
}

// prepare only looks: the vendor's first task is done in a browser.

func checkPrepare(ctx context.Context, r *run) (report.State, string, error) {
	c, err := r.sourceClient()
	if err != nil {
		return report.ToDo, "", err
	}
	login, err := c.Login(ctx)
	if err != nil {
		return report.ToDo, "", err
	}
	if !login.IsAdmin() {
		return report.ToDo, "", fmt.Errorf("%s is not an administrator of the source", login.AuthenticationID)
	}
	return report.Done, "the source answers, and " + login.AuthenticationID + " is an administrator", nil
}

func doPrepare(ctx context.Context, r *run) (string, error) {
	_, detail, err := checkPrepare(ctx, r)
	return detail, err
}

func checkUnpack(ctx context.Context, r *run) (report.State, string, error) {
	if isInstallation(r.u.TargetDir) {
		return report.Done, r.u.TargetDir + " is there", nil
	}
	p, err := openPackage(ctx, r.u.Package)
	if err != nil {
		return report.ToDo, "", err
	}
	defer p.Close()
	return report.ToDo, fmt.Sprintf("%s, %s, %d files, checked", filepath.Base(r.u.Package), text.Bytes(p.Bytes), p.Files), nil
}

func checkJava(ctx context.Context, r *run) (report.State, string, error) {
	if r.targetUp.Load() {
		return report.Done, "the target runs already", nil
	}
	java, err := r.u.findJava(ctx)
	if err != nil {
		return report.ToDo, "", err
	}
	return report.Done, fmt.Sprintf("Java %s, %d-bit, %s", java.Version, java.Bits, java.Path), nil
}

func doJava(ctx context.Context, r *run) (string, error) {
	_, detail, err := checkJava(ctx, r)
	return detail, err
}

// storePair is one of the two stores in both installations.
type storePair struct {
	what, source, target string
	// content of the source's.
	content func() ([]byte, error)
}

func (r *run) storePairs() ([]storePair, error) {
	dst, err := OpenInstallation(r.u.TargetDir)
	if err != nil {
		return nil, err
	}
	if file := r.u.StoresFile; file != "" {
		h, err := r.carried()
		if err != nil {
			return nil, err
		}
		return []storePair{
			{"keystore", file, dst.KeystorePath(), func() ([]byte, error) { return h.Keystore.Content, nil }},
			{"truststore", file, dst.TruststorePath(), func() ([]byte, error) { return h.Truststore.Content, nil }},
		}, nil
	}
	src, err := OpenInstallation(r.u.SourceDir)
	if err != nil {
		return nil, err
	}
	keys, trusted := src.KeystorePath(), src.TruststorePath()
	return []storePair{
		{"keystore", keys, dst.KeystorePath(), func() ([]byte, error) { return readFile(keys) }},
		{"truststore", trusted, dst.TruststorePath(), func() ([]byte, error) { return readFile(trusted) }},
	}, nil
}
