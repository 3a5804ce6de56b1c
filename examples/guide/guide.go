// Package guide has the code that README.md and docs/guide.md show, so that it
// compiles, and its tests run it against fake servers.
package guide

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Migrate copies the records, and nothing else.
func Migrate(ctx context.Context, target *openidm.Client, source migration.Source) (migration.Status, error) {
	client := &migration.Client{API: target}
	status, err := client.Configure(ctx, source) // sent once; a lost answer is an *UnknownOutcomeError
	if err == nil {
		status, err = client.Wait(ctx, migration.PhaseConfigured, nil)
	}
	if err == nil {
		status, err = client.Migrate(ctx)
	}
	if err == nil {
		status, err = client.Wait(ctx, migration.PhaseComplete, func(s migration.Status) { fmt.Println(s) })
	}
	return status, err
}

// CopyKeys shows a key store and copies it, as step 3 of the procedure does.
func CopyKeys(from, to string, password keystore.Password) error {
	store, err := keystore.Open(from, password) // JCEKS, JKS or PKCS#12, by its content
	if err != nil {
		return err
	}
	for entry := range store.Entries() { // no key is opened for that
		fmt.Println(entry.Kind, entry.Alias)
	}
	changes, err := keystore.Copy(from, to, keystore.CopyOptions{Password: password})
	if err == nil {
		fmt.Println("the old one is kept as", changes.Backup) // and changes.Undo puts it back
	}
	return err
}

// Describe says what is where, and how to reach it.
func Describe(source, target openidm.Credentials) *idconnect.Upgrade {
	return &idconnect.Upgrade{
		SourceDir: "/opt/idc21/salesforceIdConnect", // 2.1, only read
		TargetDir: "/opt/idc716/salesforceIdConnect",
		Package:   "IdentityConnect-7.1.6.zip",
		Source:    idconnect.Server{URL: "https://idc21.example.com:8443/openidm/", Credentials: source},
		Target:    idconnect.Server{URL: "https://localhost:9443/openidm/", Credentials: target},
	}
}

// Upgrade performs the whole upgrade.
func Upgrade(ctx context.Context, u *idconnect.Upgrade) error {
	plan, err := u.Plan(ctx) // runs the preflight checks, changes nothing
	if err != nil {
		return err
	}
	fmt.Println(plan.Findings) // which a program may refuse
	report, err := u.Run(ctx)  // interrupted, the same call goes on
	if report != nil {
		err = errors.Join(err, report.Save("report")) // HTML, text, JSON and JUnit
	}
	return err
}

// Follow shows a run while it runs.
func Follow(ctx context.Context, u *idconnect.Upgrade) error {
	run := u.Stream(ctx)
	for event := range run.Events() {
		fmt.Println(event)
	}
	_, err := run.Result()
	return err
}

// Decide refuses a plan with warnings that nobody has looked at.
func Decide(findings preflight.Findings, known ...string) error {
	for _, f := range findings {
		if f.Severity == preflight.Warns && !slices.Contains(known, f.Code) {
			return fmt.Errorf("%s: %s; %s", f.Code, f.Seen, f.Remedy)
		}
	}
	return nil
}

// Export writes the stores of 2.1 into a file, on its machine.
func Export(ctx context.Context, there *idconnect.Upgrade, passphrase keystore.Password) error {
	key := idconnect.HandoverKey{Passphrase: passphrase}
	return there.Export(ctx, "stores.age", key) // of there.SourceDir alone
}

// Import performs the upgrade on the machine of 7.1.6, with that file.
func Import(ctx context.Context, here *idconnect.Upgrade, passphrase, ofKeystore keystore.Password) error {
	here.SourceDir, here.StoresFile = "", "stores.age"
	here.StoresKey = idconnect.HandoverKey{Passphrase: passphrase}
	here.KeystorePassword = ofKeystore // which is not in the file
	_, err := here.Run(ctx)
	return err
}

// UpgradeAll goes on with the next site when one fails, and says what to do about each.
func UpgradeAll(ctx context.Context, sites map[string]*idconnect.Upgrade) (failed []string) {
	for _, name := range slices.Sorted(maps.Keys(sites)) {
		if _, err := sites[name].Run(ctx); err != nil {
			fmt.Println(name, err, "- what to do:", idconnect.RemedyOf(err))
			failed = append(failed, name)
		}
	}
	return failed
}

// Compare is the comparison alone, at any time, and leaves out what a job on the target has rewritten.
func Compare(ctx context.Context, source, target *openidm.Client) (missing []string, err error) {
	users, err := verify.ParseCollections("users,links")
	if err != nil {
		return nil, err
	}
	options := idconnect.VerifyOptions{Options: verify.Options{Collections: users}}
	report, err := idconnect.Verify(ctx, source, target, options)
	if report != nil {
		for _, c := range report.Collections {
			missing = append(missing, c.Missing...)
		}
	}
	return missing, err
}

// Find asks a server for what the SDK has no call for.
func Find(ctx context.Context, server *openidm.Client) (names []string, err error) {
	query := openidm.Query{Filter: `mail co "@example.com"`, Fields: []string{"userName"}}
	for record, err := range server.Query(ctx, "managed/user", query) {
		var user struct{ UserName string }
		if err = errors.Join(err, json.Unmarshal(record, &user)); err != nil {
			return names, err
		}
		names = append(names, user.UserName)
	}
	return names, nil
}
