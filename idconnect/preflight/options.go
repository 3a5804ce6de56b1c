package preflight

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Options are the settings of the checks. The zero value is right for an
// upgrade with the vendor's defaults. What the vendor has not published is
// assumed, and can be set here.
type Options struct {
	// Timeout bounds each check; 0: 30 s. What reads a whole package or many
	// records gets ten times that.
	Timeout time.Duration

	// InstanceAddress is the IP address that the target's machine has for the
	// host of InstanceURL, where that is not this machine; "" asks this one.
	InstanceAddress string
	// PortHost is the host on which the ports that the target needs are tried;
	// "" is that of the target's address, and for the database localhost.
	PortHost string
	// DatabasePort of the embedded Postgres; 0: what the target's
	// configuration says, else 5432 (assumed), negative: not looked at.
	DatabasePort int
	// DiskReserve is what should be free besides the unpacked package, in
	// bytes, for the database and logs; 0: 1 GiB, negative: nothing.
	DiskReserve int64
	// MaxClockDifference between a server and this machine; 0: 1 minute.
	MaxClockDifference time.Duration

	// ProfileMapping is a regular expression that tells, by its name or its
	// target, which of the source's mappings give Salesforce profiles; "" is
	// [DefaultProfileMapping]. ProfileProperty tells which of its properties
	// is the profile, by its target; "" is [DefaultProfileProperty].
	ProfileMapping, ProfileProperty string

	// ConsumerKey of Identity Connect's connected app, with which the
	// authorize endpoint is asked for the callback URLs; "" asks nothing, and
	// a finding says what to look at.
	ConsumerKey string
	// AuthorizeURL is "" for [DefaultAuthorizeURL]; a sandbox has another.
	AuthorizeURL string
	// CallbackURLs that the connected app must have: nil are those made of the
	// addresses of both servers (assumed; Upgrade.CallbackURLs returns them).
	CallbackURLs []string
	// HTTPClient asks AuthorizeURL; nil: one that trusts the system's roots.
	// Redirects are never followed.
	HTTPClient *http.Client
}

// The defaults of [Options]. The names of the mapping and of its property are
// not published (assumed); the address is Salesforce's own.
const (
	DefaultProfileMapping  = `(?i)salesforce`
	DefaultProfileProperty = `(?i)^profile(_?id|name)?$`
	DefaultAuthorizeURL    = "https://login.salesforce.com/services/oauth2/authorize"
	DefaultDatabasePort    = 5432
)

// WithDefaults returns the options with every zero value replaced that has a
// fixed default: of Timeout, DiskReserve, MaxClockDifference, both patterns and
// AuthorizeURL.
func (o Options) WithDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxClockDifference <= 0 {
		o.MaxClockDifference = time.Minute
	}
	o.DiskReserve = cmp.Or(o.DiskReserve, 1<<30)
	o.ProfileMapping = cmp.Or(o.ProfileMapping, DefaultProfileMapping)
	o.ProfileProperty = cmp.Or(o.ProfileProperty, DefaultProfileProperty)
	o.AuthorizeURL = cmp.Or(o.AuthorizeURL, DefaultAuthorizeURL)
	return o
}

// Validate returns an error where a setting cannot be used. It reads no file
// and asks no server.
func (o Options) Validate() error {
	for _, p := range []struct{ name, pattern string }{
		{"profile mapping", o.ProfileMapping},
		{"profile property", o.ProfileProperty},
	} {
		if _, err := regexp.Compile(p.pattern); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if o.InstanceAddress != "" && net.ParseIP(o.InstanceAddress) == nil {
		return fmt.Errorf("instance address %s: not an IP address", o.InstanceAddress)
	}
	if o.DatabasePort > 65535 {
		return fmt.Errorf("database port %d: not a port", o.DatabasePort)
	}
	for _, text := range append([]string{o.WithDefaults().AuthorizeURL}, o.CallbackURLs...) {
		p, err := url.Parse(text)
		if err != nil || p.Scheme != "https" || p.Hostname() == "" || p.User != nil {
			return fmt.Errorf("authorize and callback URLs must begin with https:// and name a host")
		}
	}
	return nil
}
