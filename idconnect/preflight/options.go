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
// upgrade with the vendor's defaults. Of those, what was not found by us is assumed,
// and can be set here.
type Options struct {
	// Timeout limits each check; 0: 30 s. A check that reads a whole package or
	// many records gets ten times that.
	Timeout time.Duration

	// InstanceAddress is the IP address to which the target's machine resolves
	// the host of InstanceURL; "" resolves it on this machine.
	InstanceAddress string
	// PortHost is the host whose ports are checked; "" is that of the target's
	// address, and localhost for the database.
	PortHost string
	// DatabasePort is the port of the embedded Postgres; 0: that of the target's
	// configuration, otherwise [DefaultDatabasePort] (assumed); negative: it is
	// not checked.
	DatabasePort int
	// DiskReserve is the space in bytes that should stay free for the database
	// and logs, besides the unpacked package; 0: 10 GB, which the vendor asks for
	// (for an evaluation of IDM 7); negative: none.
	DiskReserve int64
	// MaxClockDifference is the limit between a server's clock and this
	// machine's; 0: 1 minute.
	MaxClockDifference time.Duration

	// ProfileMapping is a regular expression for the name or the target of the
	// source's mappings that give Salesforce profiles; "" is
	// [DefaultProfileMapping]. ProfileProperty is one for the target of the
	// property that is the profile; "" is [DefaultProfileProperty].
	ProfileMapping, ProfileProperty string

	// ConsumerKey is that of Identity Connect's connected app, with which the
	// authorize endpoint is asked for the callback URLs. "" asks nothing, and a
	// finding says what to check by hand.
	ConsumerKey string
	// AuthorizeURL is the authorize endpoint; "" is [DefaultAuthorizeURL]. A
	// sandbox has another.
	AuthorizeURL string
	// CallbackURLs are those that the connected app must have; nil: the ones
	// made of the addresses of both servers (assumed; Upgrade.CallbackURLs
	// returns them).
	CallbackURLs []string
	// HTTPClient sends the requests to AuthorizeURL; nil: one that trusts the
	// system's roots. Redirects are never followed.
	HTTPClient *http.Client
}

// The defaults of [Options]. The names of the mapping and of its property were
// not found by us (assumed); the address is Salesforce's own.
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
	o.DiskReserve = cmp.Or(o.DiskReserve, 10e9)
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
