package idconnect

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Checks says what preflight compares with. Its zero value is right for an
// upgrade by the vendor's defaults; what nobody published, and is assumed, can
// be set here.
type Checks struct {
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
	// addresses of both servers (assumed, see [Upgrade.CallbackURLs]).
	CallbackURLs []string
	// HTTPClient asks AuthorizeURL; nil: one that trusts the system's roots.
	// Redirects are never followed.
	HTTPClient *http.Client
}

// What [Checks] assumes unless it is told otherwise. The names of the mapping
// and of its property are not published; the address is Salesforce's own.
const (
	DefaultProfileMapping  = `(?i)salesforce`
	DefaultProfileProperty = `(?i)^profile(_?id|name)?$`
	DefaultAuthorizeURL    = "https://login.salesforce.com/services/oauth2/authorize"

	defaultCheckTimeout    = 30 * time.Second
	longCheck              = 10 // times the timeout
	defaultDatabasePort    = 5432
	defaultDiskReserve     = 1 << 30
	defaultClockDifference = time.Minute
)

func (c Checks) timeout() time.Duration {
	if c.Timeout <= 0 {
		return defaultCheckTimeout
	}
	return c.Timeout
}

// validate reads no file and asks nobody.
func (c Checks) validate() error {
	for _, p := range []struct{ name, text string }{{"profile mapping", c.ProfileMapping}, {"profile property", c.ProfileProperty}} {
		if _, err := regexp.Compile(p.text); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if c.InstanceAddress != "" && net.ParseIP(c.InstanceAddress) == nil {
		return fmt.Errorf("instance address %s: not an IP address", c.InstanceAddress)
	}
	if c.DatabasePort > 65535 {
		return fmt.Errorf("database port %d: not a port", c.DatabasePort)
	}
	for _, text := range append([]string{cmp.Or(c.AuthorizeURL, DefaultAuthorizeURL)}, c.CallbackURLs...) {
		p, err := url.Parse(text)
		if err != nil || p.Scheme != "https" || p.Hostname() == "" || p.User != nil {
			return fmt.Errorf("authorize and callback URLs must begin with https:// and name a host")
		}
	}
	return nil
}
