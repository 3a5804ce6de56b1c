package settings

func (s *Settings) outputFlags() []row {
	u := &s.Upgrade
	return []row{
		output.own("watch", "status", &s.Watch,
			"poll the migration until it ends; the exit code tells how it ended"),
		output.own("interval duration", "status", &s.Interval, "polling interval of -watch").check(positive),
		output.flag("report folder", "plan run verify import", &u.ReportDir,
			"folder for the report: report.html, report.txt, report.json, junit.xml and summary.md").path(noFile).
			or("for run, TARGET-DIR.upgrade"),
		what.own("report folder", "checklist support", &u.ReportDir,
			"folder of a report, as verify -report writes it").path(isFolder).or("TARGET-DIR.upgrade"),
		output.own("markdown", "checklist", &s.Markdown, "write the list as Markdown, with boxes to tick"),
		output.flag("json", reaches+" rollback checklist", &s.JSON, "print the result as JSON"),
		output.own("json", "inspect compare trust explain version", &s.JSON, "print the result as JSON"),
		output.flag("quiet", reaches+" rollback", &s.Screen.Quiet,
			"show only the result, in a sentence, and errors"),
		output.flag("v", reaches+" rollback", &s.Screen.Verbose,
			"show everything: the whole result, and findings and requests while it runs"),
		output.flag("log form", reaches+" rollback", &s.Screen.Log,
			"log on stderr instead of showing progress; with -v requests, too, with -quiet errors alone").
			choice("form", []string{"text", "json"}),
	}
}

func (s *Settings) storeFlags() []row {
	k := &s.Stores
	return []row{
		output.own("keys", "inspect compare", &k.Keys,
			"open every key and show its SHA-256 (key bytes are never shown)"),
		secrets.own("password-file file", "inspect", &k.Password, "password of the store").
			or("$IDC_KEYSTORE_PASSWORD, else a prompt"),
		secrets.own("key-password-file file", "inspect", &k.KeyPasswords, "password of keys that have their own"),
		secrets.own("password-file file", "compare", &k.Password,
			"password of A, and of B unless -password-file-b is given").or("$IDC_KEYSTORE_PASSWORD, else a prompt"),
		secrets.own("password-file-b file", "compare", &k.PasswordB, "password of B"),
		secrets.own("key-password-file file", "compare", &k.KeyPasswords,
			"password of keys in A that have their own, and in B unless -key-password-file-b is given"),
		secrets.own("key-password-file-b file", "compare", &k.KeyPasswordsB,
			"password of keys in B that have their own"),
	}
}

func (s *Settings) trustFlags() []row {
	t := &s.Trust
	return []row{
		what.own("truststore file", "trust", &t.File, "truststore of the JVM").path(isFile),
		servers.own("connect host:port", "trust", &t.Connect,
			"address or URL of the server, to get its certificate chain"),
		servers.own("legacy-tls", "trust", &t.LegacyTLS,
			"allow TLS 1.0 and 1.1 with -connect, to get the certificate alone"),
		servers.own("chain file", "trust", &t.ChainFile,
			"the server's certificate chain in PEM, leaf first, or in DER").path(isFile),
		servers.own("host host", "trust", &t.Host, "name or address that the JVM connects to").
			or("the host of -connect"),
		secrets.own("truststore-password-file file", "trust", &t.PasswordFile, "password of -truststore").
			or("$IDC_TRUSTSTORE_PASSWORD"),
		output.own("save-server file", "trust", &t.Save, "write the server's own certificate to a new file in PEM").
			path(noFolder),
		steps.own("add", "trust", &t.Add,
			"put the server's own certificate into -truststore, and keep the old file beside it"),
		steps.own("fingerprint sha256", "trust", &t.Fingerprint,
			"SHA-256 fingerprint that the certificate must have, with -add"),
		steps.own("alias name", "trust", &t.Alias, "alias of the new entry, with -add").or("the host"),
	}
}

func (s *Settings) demoFlags() []row {
	return []row{
		what.own("fault name", "demo", &s.Fault, "show a failure and its remedy").choice("fault", s.Faults),
		what.own("users number", "demo", &s.Users, "number of users in the source").check(between(1, 1_000_000)),
		output.own("keep", "demo", &s.Keep, "keep the temporary installations"),
	}
}
