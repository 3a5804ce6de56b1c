package openidmtest

import (
	"log/slog"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// Role says which of the two servers of an upgrade a [Server] plays.
type Role int

const (
	// Source is the server that is migrated from: it has no
	// endpoint/migration.
	Source Role = iota
	// Target is the server that is migrated to: it has endpoint/migration and
	// connects to its source by itself.
	Target
)

// String returns "source" or "target".
func (r Role) String() string {
	if r == Target {
		return "target"
	}
	return "source"
}

// Options say what [Start] starts. The zero value is a source without users on
// a free port of the loopback interface, with stores made in memory.
type Options struct {
	Role Role

	// Generation is the kind of server; zero means OpenIDM31 of a source and
	// IDM71 of a target.
	Generation Generation
	// Version is what info/version answers, "" means that of the generation.
	// OpenIDM30 and OpenIDM31 have no info/version.
	Version string

	// Users, Roles and Assignments are numbers of synthetic records, up to
	// 1,000,000 each. They are a function of their index and are not held in
	// memory. The ids, and the names of the users, are u00000, u00001 and so
	// on; r00000 for roles, a00000 for assignments, of which OpenIDM30 and
	// OpenIDM31 have none. The records of an OpenIDM31 and those of an IDM71 are
	// the same, carried over.
	Users, Roles, Assignments int
	// Links is the number of synthetic records of repo/link.
	Links int

	// Connector adds the XML connector "xmlfile" with two rows (bjensen,
	// scarter), and the mappings between it and the managed users.
	Connector bool

	// Connectors are further connectors, and Mappings further mappings of the
	// configuration sync.
	Connectors []Connector
	Mappings   []map[string]any
	// Managed names further kinds of managed objects, such as "permissionset".
	// A target that has them copies them, too.
	Managed []string
	// Schedules are the jobs.
	Schedules []Schedule

	// Keystore and Truststore are the paths of the server's key stores. Where
	// both are "", stores are made in memory: a private key openidm-localhost
	// (self-signed, RSA 2048, no subject alternative name) in both of them,
	// and the secret keys of a fresh server in the keystore. The servers of one
	// process that have the same Role and CommonName share their private keys,
	// in different certificates: give stores where that matters.
	Keystore, Truststore string
	// ECDSA lets the private key of stores that are made be on the curve P-256, with
	// which a handshake costs a tenth of what it does with RSA.
	ECDSA bool
	// StoresOf is a server whose stores this one has, too, as a target has those of
	// its source after they were copied. Keystore, Truststore and Password are not
	// looked at then.
	StoresOf *Server
	// Password opens both stores, zero means "changeit".
	Password keystore.Password
	// CommonName is the name in a certificate that is made, "" means
	// "localhost".
	CommonName string
	// NotBefore and NotAfter bound the validity of a certificate that is
	// made; zero means yesterday and ten years from now.
	NotBefore, NotAfter time.Time

	// Addr is where the server listens, "" means "127.0.0.1:0".
	Addr string

	// SNICheck lets the server refuse every request whose header Host is not a
	// name of its certificate, as Jetty does that checks it: 400, Invalid SNI.
	SNICheck bool

	// AdminPassword is the password of openidm-admin, "" means
	// "openidm-admin".
	AdminPassword string

	// Hosts is the hosts file of the server's machine, name to IP address. It
	// is all that a target asks for the host of its source, besides localhost:
	// any other name is unknown to it, whatever the real machine knows.
	Hosts map[string]string
	// Peers are servers that a target reaches in memory where its source's
	// URL has their port, see InMemory.
	Peers []*Server
	// InMemory servers do not listen: they are reached by [Server.Transport]
	// and by Peers. Their ports are 8443 (source) and 9443 (target). A test
	// with testing/synctest can use them.
	InMemory bool

	// ServiceOf gives a target the product's own service "migration" in the
	// place of endpoint/migration, with this server in its configuration as the
	// source. The form of its answers is assumed.
	ServiceOf *Server

	// Clock is how far the server's clock is ahead, negative: behind. Its
	// header Date, the times in its records and its verdict on the validity of
	// certificates go by that clock. See also [Server.SetClock].
	Clock time.Duration

	// NoAudit turns the audit of access off.
	NoAudit bool
	// TrustTransactions lets the audit of access take the id of a request that
	// its header X-ForgeRock-TransactionId gives.
	TrustTransactions bool

	// Pace is how long a target pauses after each page that it copies.
	Pace time.Duration
	// ReconPace is how long each phase of a reconciliation lasts. With 0 a run
	// is over before the answer to its start is sent.
	ReconPace time.Duration
	// PageSize is how many records a target copies at once, 0 means 200.
	PageSize int

	// Startup lets the server start as slowly as a real one; the zero value
	// is ready at once.
	Startup Startup

	// Faults are rules of what goes wrong, see also [Server.Fail].
	Faults []Fault

	// Logger gets one line for each request at debug level, nil means none.
	Logger *slog.Logger
}

// Startup says how long each stage of a start lasts. A real server takes
// about 16 s, 0.5 s and some seconds.
type Startup struct {
	Refused  time.Duration // connections are refused
	HTML     time.Duration // 404 with an HTML page of the web server
	Starting time.Duration // info/ping answers STARTING, the rest 503 (assumed)
}
