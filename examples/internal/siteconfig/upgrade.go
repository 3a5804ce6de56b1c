package siteconfig

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Upgrade returns the upgrade of the site on a machine with both folders, without
// its secrets: see [Config.Unlock]. [Config.Here] adapts it to this machine.
func (c *Config) Upgrade() (*idconnect.Upgrade, error) {
	u := &idconnect.Upgrade{
		SourceDir: c.Source.Dir, TargetDir: c.Target.Dir, Package: c.Package,
		Source: c.Source.server(), Target: c.Target.server(), InstanceURL: c.InstanceURL,
		TruststoreConflict: keystore.Policy(c.TruststoreConflict), JavaHome: c.JavaHome,
		Steps: slices.Clone(c.Steps), ReportDir: c.Report,
		SettleTime: duration(c.Settle), MaxDown: duration(c.MaxDown),
		Verify: verify.Options{Accept: slices.Clone(c.Accept)},
	}
	if k := c.Checks; k != nil {
		u.Checks = preflight.Options{
			Timeout: duration(k.Timeout), DatabasePort: k.DatabasePort,
			ProfileMapping: k.ProfileMapping, ProfileProperty: k.ProfileProperty,
			ConsumerKey: k.ConsumerKey, AuthorizeURL: k.AuthorizeURL, CallbackURLs: slices.Clone(k.CallbackURLs),
		}
	}
	u.Checks.InstanceAddress = c.InstanceAddress
	if v := c.Verify; v != nil {
		var err error
		if u.Verify.Collections, err = Collections(v.Types, v.Ignore); err != nil {
			return nil, err
		}
		u.Verify.Values, u.Verify.MaxDifferences, u.Verify.Rate = v.Values, v.MaxDifferences, v.Rate
		u.RepairList = v.IDs
		u.Acceptance = acceptance.Options{
			Off: slices.Clone(v.ChecksOff), PermissionSets: resources(v.PermissionSets), Groups: resources(v.Groups),
			Organizations: resources(v.Organizations), Salesforce: v.Salesforce, ActiveDirectory: v.ActiveDirectory,
		}
	}
	return u, u.Validate()
}

func (s Server) server() idconnect.Server {
	return idconnect.Server{
		URL: s.URL, Credentials: openidm.Credentials{Username: s.User}, Truststore: s.Truststore,
		TLSName: s.TLSName, Address: s.Address, LegacyTLS: s.LegacyTLS,
	}
}

func resources(names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = strings.Trim(out[i], "/")
	}
	return out
}

// duration is that of a text which the schema has judged; 0 for none.
func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Collections returns the collections to compare by their names, with the members
// to ignore, each given as COLLECTION.MEMBER. No names are all collections, and
// neither is nil.
func Collections(types, ignore []string) ([]verify.Collection, error) {
	if len(types) == 0 && len(ignore) == 0 {
		return nil, nil
	}
	all, err := verify.ParseCollections(strings.Join(types, ","))
	if err != nil {
		return nil, err
	}
	for _, word := range ignore {
		name, member, ok := strings.Cut(strings.TrimSpace(word), ".")
		i := slices.IndexFunc(all, func(c verify.Collection) bool { return c.Name == name })
		if !ok || member == "" || i < 0 {
			return nil, fmt.Errorf("%s: must be COLLECTION.MEMBER of a compared collection", word)
		}
		all[i].Ignore = append(all[i].Ignore, member)
	}
	return all, nil
}

// Secrets returns where the secrets of an upgrade belong, by their places.
func Secrets(u *idconnect.Upgrade) map[string]*keystore.Password {
	return map[string]*keystore.Password{
		SourcePassword: &u.Source.Credentials.Password, TargetPassword: &u.Target.Credentials.Password,
		SourceTruststorePassword: &u.Source.TruststorePassword, TargetTruststorePassword: &u.Target.TruststorePassword,
		KeystorePassword: &u.KeystorePassword, HandoverPassphrase: &u.StoresKey.Passphrase,
	}
}

// Unlock reads the secrets that the site names into u, unless u has them.
func (c *Config) Unlock(ctx context.Context, r Reader, u *idconnect.Upgrade) error {
	into := Secrets(u)
	for _, s := range c.Secrets() {
		if s.From == nil || !into[s.Place].IsZero() || s.Place == HandoverPassphrase && u.StoresFile == "" {
			continue
		}
		p, err := r.Read(ctx, s.From)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Place, err)
		}
		*into[s.Place] = p
	}
	return nil
}
