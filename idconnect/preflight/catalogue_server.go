package preflight

import "strings"

// ServerCodes are the codes that the source and the target have alike.
type ServerCodes struct{ Unreachable, Starting, NotOpenIDM, TLS, Password, LoginFailed, Role Entry }

// server writes the codes of a side, "source" or "target", with what is said
// of it alone.
func server(side, pinged, path, trusted string) ServerCodes {
	entry := func(code, means, checks, why, remedy string) Entry {
		of := strings.NewReplacer("{side}", side)
		return Entry{
			Code: strings.ToUpper(side) + "-" + code, Severity: Blocks,
			Means: of.Replace(means), Checks: of.Replace(checks), Why: why, Remedy: of.Replace(remedy),
		}
	}
	and := func(text, separator, more string) string {
		if more == "" {
			return text
		}
		return text + separator + more
	}
	return ServerCodes{
		Unreachable: entry("UNREACHABLE",
			"the {side} does not answer at its address.",
			and("`GET info/ping` at the {side}'s address.", " ", pinged),
			"the steps that follow ask this server",
			"start it, and check address, port and firewall"),
		Starting: entry("STARTING",
			"the {side} answers, and says that it is not ready.",
			"The state in the {side}'s answer to `info/ping`, and the page that its web server shows while it starts.",
			"a server that starts or stops gives half answers",
			"wait until it has started, or look at its log: a part of it may be missing"),
		NotOpenIDM: entry("NOT-OPENIDM",
			"what answers at the {side}'s address is not OpenIDM.",
			"The form of the {side}'s answer to `info/ping`.",
			"another program listens there, or the path is wrong",
			and("check the address: it ends in /openidm/", "; ", path)),
		TLS: entry("TLS",
			"the {side}'s certificate is not accepted here, or what says whom to trust cannot be read.",
			"The {side}'s certificate against the truststore given, that of its folder, "+
				"and the certificate in its own keystore.",
			"certificate checks are never switched off",
			"give the {side}'s own truststore, or its folder"+trusted),
		Password: entry("PASSWORD",
			"the {side} refuses the account or its password.",
			"`GET info/login` at the {side} with the account given.",
			"only an administrator may read all records",
			"give the right account and password"),
		LoginFailed: entry("LOGIN-FAILED",
			"the login at the {side} failed for another reason than the password.",
			"The {side}'s answer to `info/login`.",
			"whether the account may do what is to be done is not known",
			"look at the server's log"),
		Role: entry("ROLE",
			"the account at the {side} is not an administrator's.",
			"The roles in the {side}'s answer to `info/login`: `openidm-admin` is needed.",
			"only an administrator may read all records and start the migration",
			"give an administrator's account"),
	}
}
