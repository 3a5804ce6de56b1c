package settings

import (
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/explain"
)

// Program describes the command, which people started as name. Its flags set s.
func (s *Settings) Program(name string) *command.Program {
	return &command.Program{
		Name:     name,
		About:    "Upgrade Salesforce Identity Connect 2.1 to 7.1.6, and prove that it worked",
		Notes:    notes,
		Example:  "plan " + siteExample,
		Commands: commands(),
		Flags:    s.flags(),
		Groups:   groups,
		Exits: []command.Exit{
			{Code: 0, Means: "done"},
			{Code: 1, Means: "failed, or differences were found"},
			{Code: 2, Means: "wrong usage; nothing was asked or changed"},
			{Code: 3, Means: "blocked by preflight; nothing was changed"},
			{Code: 4, Means: "the servers are the same as far as compared, but not everything was"},
			{Code: 5, Means: "nothing to compare: no record was seen on either server"},
			{Code: 130, Means: "interrupted; run it again to resume"},
		},
	}
}

const siteExample = "-source-dir /opt/idc21/salesforceIdConnect " +
	"-target-dir /opt/idc716/salesforceIdConnect -package IdConnect-7.1.6.zip " +
	"-source-url https://idc21.example.com:8443/openidm/ " +
	"-source-password-file source.pw -target-password-file target.pw"

var notes = []string{
	"Passwords are read from files (-source-password-file and so on), from IDC_SOURCE_PASSWORD, " +
		"IDC_TARGET_PASSWORD, IDC_KEYSTORE_PASSWORD, IDC_TRUSTSTORE_PASSWORD and IDC_HANDOVER_PASSWORD, " +
		"or from a prompt on the terminal, never from arguments.",
	"With -json, an error is one line of JSON on stderr, the last one: its members are error, remedy and exitCode.",
}

// Headings of commands.
const (
	groupUpgrade  = "upgrade"
	groupMachines = "machines"
	groupStores   = "key stores"
	groupAbout    = "about"
)

var groups = []command.Group{
	{Name: groupUpgrade, Title: "The upgrade"},
	{Name: groupMachines, Title: "Source and target on two machines"},
	{Name: groupStores, Title: "Key stores and certificates"},
	{Name: groupAbout, Title: "Help"},

	{Name: string(what), Title: "What"},
	{Name: string(servers), Title: "Servers"},
	{Name: string(secrets), Title: "Passwords"},
	{Name: string(steps), Title: "Steps"},
	{Name: string(checks), Title: "Preflight checks"},
	{Name: string(comparison), Title: "Comparison"},
	{Name: string(output), Title: "Output"},
}

// SiteFamily is that of the commands whose flags describe one site.
const SiteFamily = site

const site = "site"

func commands() []command.Command {
	all := append(upgradeCommands(), cutOverCommands()...)
	all = append(all, machineCommands()...)
	all = append(all, storeCommands()...)
	return append(all, helpCommands()...)
}

func upgradeCommands() []command.Command {
	return []command.Command{
		{Name: "init", Group: groupUpgrade,
			Short: "describe a site in a file, which the other commands use",
			About: "describe a site in a file: look around, ask what remains, and write it. It holds no passwords. " +
				"The other commands use the file with -config, or as upgrade.yaml in the current folder",
			Examples: []string{"init", "init -source-dir /opt/idc21/salesforceIdConnect " +
				"-target-dir /opt/idc716/salesforceIdConnect -package IdConnect-7.1.6.zip -yes"},
			Exits: []int{0, 1, 2, 130}},
		{Name: "plan", Group: groupUpgrade, Family: site,
			Short:    "run the preflight checks and list the steps",
			About:    "run the preflight checks and list the steps; nothing is changed",
			Examples: []string{"plan " + siteExample}, Exits: []int{0, 1, 2, 3, 130}},
		{Name: "run", Group: groupUpgrade, Family: site,
			Short: "perform the upgrade, or resume it",
			About: "perform the upgrade; after an interruption, the same command resumes. On a terminal it shows the " +
				"plan and asks before it changes anything",
			Examples: []string{"run " + siteExample}, Exits: []int{0, 1, 2, 3, 4, 5, 130}},
		{Name: "status", Group: groupUpgrade, Family: site,
			Short: "show how far the upgrade is; -watch polls the migration",
			About: "show how far the upgrade is, from the servers and the disk; nothing is changed",
			Examples: []string{"status -watch -target-dir /opt/idc716/salesforceIdConnect " +
				"-target-password-file target.pw"}, Exits: []int{0, 1, 2, 130}},
		{Name: "verify", Group: groupUpgrade, Family: site,
			Short:    "compare both servers record by record",
			About:    "compare both servers record by record; nothing is changed",
			Examples: []string{"verify -ids missing.txt " + siteExample}, Exits: []int{0, 1, 2, 4, 5, 130}},
		{Name: "repair", Group: groupUpgrade, Family: site,
			Short: "restore records that verify -ids listed",
			About: "restore in the target the records that verify -ids listed; without -apply, show what would be " +
				"written",
			Synopsis: "repair -ids file [-apply] [flags]",
			Examples: []string{"repair -ids missing.txt " + siteExample}, Exits: []int{0, 1, 2, 4, 5, 130}},
		{Name: "rollback", Group: groupUpgrade, Family: site,
			Short:    "undo what run changed",
			About:    "undo what run changed on this machine; what is in the target's database stays",
			Synopsis: "rollback -target-dir folder [flags]",
			Examples: []string{"rollback -to stores -target-dir /opt/idc716/salesforceIdConnect"},
			Exits:    []int{0, 1, 2, 130}},
	}
}

func cutOverCommands() []command.Command {
	return []command.Command{
		{Name: "checklist", Group: groupUpgrade, Family: site,
			Short: "list what belongs to the cut-over, for this site",
			About: "list what belongs to the cut-over, for this site: what only a person can do, and what " +
				"a journal and reports prove; no server is asked",
			Examples: []string{"checklist -markdown -source-dir /opt/idc21/salesforceIdConnect " +
				"-target-dir /opt/idc716/salesforceIdConnect -source-url https://idc21.example.com:8443/openidm/"},
			Exits: []int{0, 1, 2}},
		{Name: "support", Group: groupAbout, Family: site, Arguments: []string{"FILE.zip"}, AnyPath: true,
			Short: "write a file for a question to others, without secrets",
			About: "write a zip file for a question to others: plan, journal, reports, versions and the last lines " +
				"of logs, without secrets and ids of records; look at it before you send it",
			Examples: []string{"support support.zip " + siteExample}, Exits: []int{0, 1, 2, 130}},
	}
}

func machineCommands() []command.Command {
	return []command.Command{
		{Name: "export", Group: groupMachines, Family: site, Arguments: []string{"[FILE]"},
			Short:    "write both stores of the source to one encrypted file",
			About:    "write both stores of the source to one encrypted file (age), for a target on another machine",
			Examples: []string{"export -source-dir /opt/idc21/salesforceIdConnect stores.age"},
			Exits:    []int{0, 1, 2, 130}},
		{Name: "import", Group: groupMachines, Family: site, Arguments: []string{"[FILE]"}, Check: isFile,
			Short: "perform the step stores from such a file",
			About: "perform the step stores from a file of export; run -stores-file performs all steps",
			Examples: []string{"import stores.age -target-dir /opt/idc716/salesforceIdConnect " +
				"-source-url https://idc21.example.com:8443/openidm/"},
			Exits: []int{0, 1, 2, 3, 130}},
	}
}

func storeCommands() []command.Command {
	return []command.Command{
		{Name: "inspect", Group: groupStores, Arguments: []string{"STORE"}, Check: isFile,
			Short: "list the entries of a key store",
			About: "list the entries of a key store (JCEKS, JKS, PKCS#12) with their certificates: names, dates, " +
				"keys, fingerprints",
			Examples: []string{"inspect -keys -password-file store.pw security/keystore.jceks"},
			Exits:    []int{0, 1, 2, 130}},
		{Name: "compare", Group: groupStores, Arguments: []string{"A", "B"}, Check: isFile,
			Short:    "compare two key stores by alias and key",
			Examples: []string{"compare -password-file store.pw old/keystore.jceks new/keystore.jceks"},
			Exits:    []int{0, 1, 2, 130}},
		{Name: "trust", Group: groupStores,
			Short: "check whether a JVM with a truststore accepts a server",
			About: "check whether a JVM with a truststore accepts a server; -add puts the server's certificate into " +
				"it, once its fingerprint was compared",
			Synopsis: "trust -truststore file (-chain file | -connect host:port) [flags]",
			Examples: []string{"trust -truststore security/truststore -connect idc21.example.com:8443"},
			Exits:    []int{0, 1, 2, 130}},
	}
}

func helpCommands() []command.Command {
	return []command.Command{
		{Name: "demo", Group: groupAbout,
			Short:    "show the whole flow on embedded servers",
			About:    "show the whole flow on a temporary installation and embedded servers",
			Examples: []string{"demo -fault lost-records"}, Exits: []int{0, 1, 2, 3, 130}},
		{Name: "explain", Group: groupAbout, Arguments: []string{"[CODE]"}, Choices: explain.Codes(), Any: true,
			Short:    "say what a finding means and what to do",
			About:    "say what a finding of preflight means, why it matters and what to do; without a code, list all",
			Examples: []string{"explain SOURCE-CERT-NAME"}, Exits: []int{0, 2}},
		{Name: "version", Group: groupAbout, Short: "show the version of this program",
			Examples: []string{"version -json"}, Exits: []int{0, 2}},
		{Name: "completion", Group: groupAbout, Arguments: []string{"SHELL"}, Choices: command.Shells(),
			Short:    "write a script that completes commands and flags",
			About:    "write a script that completes commands and flags in a shell; its first lines say how it is used",
			Examples: []string{"completion bash"}, Exits: []int{0, 2}},
		{Name: "help", Group: groupAbout, Arguments: []string{"[COMMAND]"},
			Short: "list the commands, or the flags of one", Examples: []string{"help run"}, Exits: []int{0, 2}},
	}
}
