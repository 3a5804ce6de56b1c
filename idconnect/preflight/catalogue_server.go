package preflight

import (
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

// ServerCodes are the codes that source and target share.
type ServerCodes struct {
	Unreachable, Starting, Busy, NotOpenIDM, AddressPath, InvalidSNI, TLS, CertUnreadable, Password, LoginFailed,
	Role Entry
}

// sideTexts are what is said of one server alone.
type sideTexts struct{ pinged, path, trusted string }

// server returns the codes of a side, "source" or "target".
func server(side string, own sideTexts) ServerCodes {
	entry := func(code, means, checks, why, remedy string) Entry {
		of := strings.NewReplacer("{side}", side, "{Side}", text.Capital(side))
		return Entry{
			Code: strings.ToUpper(side) + "-" + code, Severity: Blocks,
			Means: of.Replace(means), Checks: of.Replace(checks), Why: why, Remedy: of.Replace(remedy),
		}
	}
	return ServerCodes{
		Unreachable: entry("UNREACHABLE",
			"the {side} does not answer at its address.",
			"`GET info/ping` at the {side}'s address."+own.pinged,
			"the steps that follow need this server",
			"start it, and check address, port and firewall"),
		Starting: entry("STARTING",
			"the {side} answers that it is not ready.",
			"The state in the {side}'s answer to `info/ping`, "+
				"and the page that its web server shows during startup.",
			"a server that is starting or stopping gives incomplete answers",
			"wait until it has started, or check its log: a component may be missing"),
		Busy: entry("BUSY",
			"the {side} is up and asks to be left alone for longer than the check may take.",
			"The {side}'s answer to `info/ping`: 429, or 503 with a header `Retry-After`. "+
				"The pause asked for is kept where it ends within the check's deadline.",
			"a server or a proxy before it that is overloaded gives incomplete answers",
			"try again after the pause, allow the check more time (Upgrade.Checks.Timeout), "+
				"or lighten the load on the {side}"),
		NotOpenIDM: entry("NOT-OPENIDM",
			"the server at the {side}'s address is not OpenIDM.",
			"The form of the {side}'s answer to `info/ping`.",
			"another program listens there, or the path is wrong",
			"check the address (Upgrade.{Side}.URL): it ends in /openidm/"+own.path),
		AddressPath: entry("ADDRESS-PATH",
			"the path in the {side}'s address is not /openidm/.",
			"The path of the {side}'s address, and whether OpenIDM answers at /openidm/ on the same host and port.",
			"nothing of OpenIDM lies outside of its path",
			"give the address with /openidm/ at its end (Upgrade.{Side}.URL)"),
		InvalidSNI: entry("INVALID-SNI",
			"the {side} answers only under the host name of its certificate.",
			"The {side}'s answer to `info/ping`: 400, Invalid SNI. Its web server compares the host name in the "+
				"address with its certificate, which after the copy of the stores is the source's on the target, too.",
			"it answers no request under the host name of this address",
			"give the certificate's host name in the address, and where to connect to beside it "+
				"(Upgrade.{Side}.URL https://NAME:PORT/openidm/, Upgrade.{Side}.Address HOST:PORT)"),
		TLS: entry("TLS",
			"the {side}'s certificate is not trusted here, the truststore cannot be read, "+
				"or no TLS version or suite is in common.",
			"The {side}'s certificate against the truststore given, the truststore in its folder, "+
				"and the certificate in its own keystore; and what TLS it offers.",
			"certificate checks are never switched off",
			"give the {side}'s own truststore (Upgrade.{Side}.Truststore), "+
				"or its folder (Upgrade.{Side}Dir)"+own.trusted),
		CertUnreadable: entry("CERT-UNREADABLE",
			"the {side}'s certificate has a part that cannot be read here.",
			"The certificates that the {side} presents, on a connection on which nothing is sent. "+
				"Go's TLS reads less than Java's; a server that speaks TLS 1.3 alone shows nothing more.",
			"no request is sent over a connection whose certificate cannot be read",
			"renew the certificate without that part; or put a TLS proxy with another certificate "+
				"in front of the {side}, and give its address"),
		Password: entry("PASSWORD",
			"the {side} rejects the account or its password.",
			"`GET info/login` at the {side} with the account given.",
			"only an administrator may read all records",
			"give the right account and password (Upgrade.{Side}.Credentials.Password)"),
		LoginFailed: entry("LOGIN-FAILED",
			"the login at the {side} failed, but not because of the password.",
			"The {side}'s answer to `info/login`.",
			"it is not known whether the account has the rights that are needed",
			"check the server's log"),
		Role: entry("ROLE",
			"the account at the {side} is not an administrator.",
			"The roles in the {side}'s answer to `info/login`: `openidm-admin` is required.",
			"only an administrator may read all records and start the migration",
			"give an administrator's account (Upgrade.{Side}.Credentials.Username)"),
	}
}
