package settings

// configFlags name the file of a site.
func (s *Settings) configFlags() []row {
	return []row{
		what.flag("config file", reaches+" export rollback checklist", &s.Config, "description of the site").
			path(isFile).or("upgrade.yaml in the current folder"),
		output.own("config file", "init", &s.Config, "file to write").path(newFile).or("upgrade.yaml"),
	}
}

// initFlags answer the questions of init, which checks them.
func (s *Settings) initFlags() []row {
	a := &s.Init
	return []row{
		what.own("source-dir folder", "init", &a.SourceDir, "salesforceIdConnect folder of 2.1"),
		what.own("target-dir folder", "init", &a.TargetDir,
			"salesforceIdConnect folder of 7.1.6, which need not exist yet"),
		what.own("package file", "init", &a.Package, "zip file of 7.1.6"),
		what.own("handover file", "init", &a.Handover,
			"there are two machines, and this encrypted file carries the stores from one to the other"),
		servers.own("source-url url", "init", &a.SourceURL, "address of 2.1").
			or("from boot.properties and the certificate"),
		servers.own("target-url url", "init", &a.TargetURL, "address of 7.1.6"),
		servers.own("instance-url url", "init", &a.InstanceURL, "address at which the target reaches 2.1").
			or("-source-url, if its certificate is for that"),
		servers.own("source-user name", "init", &a.SourceUser, "administrator of 2.1").or("openidm-admin"),
		servers.own("target-user name", "init", &a.TargetUser, "administrator of 7.1.6").or("openidm-admin"),
		secrets.own("source-password-file file", "init", &a.SourcePassword,
			"password of -source-user, or env:IDC_…_PASSWORD").or("asked for by each command"),
		secrets.own("target-password-file file", "init", &a.TargetPassword,
			"password of -target-user, or env:IDC_…_PASSWORD").or("asked for by each command"),
		secrets.own("keystore-password-file file", "init", &a.KeystorePassword,
			"password of the source's keystore, or env:IDC_…_PASSWORD").or("from boot.properties"),
		steps.own("java-home folder", "init", &a.JavaHome, "folder of Java 11 for setup").or("JAVA_HOME, then PATH"),
		output.own("yes", "init", &s.Yes, "ask nothing: what no flag says is as it was found"),
		output.own("replace", "init", &s.Replace, "replace a file that an earlier init wrote"),
	}
}
