package checklist

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
)

// of is an item with the words of the catalogue.
func of(e preflight.Entry) Item {
	return Item{Do: text.Capital(fieldflags.Text(e.Remedy)), Why: text.Capital(e.Why)}
}

// hostOf is the host of an address.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return ""
}

// portOf is the host of an address, with its port.
func portOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return address
}

func before(s Site, e *evidence.Evidence) []Item {
	urls := append([]string{"The connected app in Salesforce allows these callback URLs:"}, s.Callbacks...)
	return []Item{
		of(preflight.Codes.ManagedPackage),
		Item{Do: "The callback URLs are in the connected app of every org", How: urls,
			Why: "Without them users cannot sign in. That of 2.1 stays until 2.1 is switched off"}.
			found(e, preflight.Codes.CallbackURLMissing.Code),
		Item{Do: "A default mapping value is present on the tab Profile to AD Group of 2.1",
			Why: "Without it the migration fails"}.found(e, preflight.Codes.MappingDefaultMissing.Code),
		{Do: fmt.Sprintf("On the machine of 7.1.6, %s leads to 2.1 (DNS, or its hosts file), and the "+
			"certificate of 2.1 has that name", cmp.Or(hostOf(s.InstanceURL), "the host of -instance-url")),
			Why: "Java 11 refuses the connection in configure otherwise"},
		{Do: "No step is blocked", How: []string{s.Program + " plan …"}},
	}
}

func freeze(s Site, e *evidence.Evidence) []Item {
	return []Item{
		Item{Do: "Live synchronisation of 2.1 is off, and stays off",
			How: []string{"In the UI of 2.1, https://" + portOf(s.SourceURL) + "/connect/"},
			Why: text.Capital(preflight.Codes.LiveSyncOn.Why)}.found(e, preflight.Codes.LiveSyncOn.Code),
		Item{Do: "The schedules of 2.1 are off, and stay off", Why: text.Capital(preflight.Codes.SchedulesOn.Why)}.
			found(e, preflight.Codes.SchedulesOn.Code),
		{Do: fmt.Sprintf("First backup: 2.1 is stopped, %s and its database are copied, and 2.1 is started again",
			cmp.Or(s.SourceDir, "its folder salesforceIdConnect")),
			Why: "It protects the keys and records of 2.1. During the upgrade 2.1 must run"},
	}
}

func upgrade(s Site, e *evidence.Evidence) []Item {
	j := e.Journal
	if j == nil {
		j = &evidence.Journal{}
	}
	var copied *evidence.Action
	for i := range j.Stores {
		if a := &j.Stores[i].Action; copied == nil || a.Ended == nil {
			copied = a
		}
	}
	return []Item{
		Item{Do: "The package of 7.1.6 is unpacked"}.step(e, "unpack").action("unpack", j.Unpack),
		Item{Do: "The stores of 2.1 are copied before 7.1.6 starts",
			Why: "A server that starts first makes keys of its own, and opens no value of 2.1"}.
			step(e, "stores").action("the copy", copied),
		Item{Do: "7.1.6 is set up and runs",
			How: []string{s.Program + " run -steps prepare,unpack,stores,java,setup …"}}.
			step(e, "setup").action("the set-up", j.Setup),
		{Do: "Second backup: the database of 7.1.6 is dumped, after the set-up and before the migration",
			Why: "What the migration and a repair write there, rollback does not undo"},
		Item{Do: "7.1.6 is told where 2.1 is"}.step(e, "configure").action("configure", j.Configure),
		Item{Do: "The records are migrated", How: []string{s.Program + " run …"}}.
			step(e, "migrate").action("migrate", j.Migrate),
	}
}

func decision(s Site, e *evidence.Evidence) []Item {
	compared := Item{Do: "Both servers are compared, and the same",
		How: []string{s.Program + " verify -report FOLDER …"}}
	outcome, because := decide(s, e)
	compared.Done, compared.Seen = outcome == "go", because
	return []Item{
		compared,
		{Do: "What differs is understood: repaired, or decided to stay", How: []string{
			s.Program + " verify -ids FILE …", s.Program + " repair -ids FILE …"},
			Done: outcome == "go", Seen: map[bool]string{true: "nothing differs"}[outcome == "go"]},
		Item{Do: "Right before the switch the servers are compared again: what changed in 2.1 since the migration " +
			"shows as a difference", How: []string{s.Program + " verify -report FOLDER …"},
			Why: "A freeze that was not complete is seen here, or never"}.since(e),
		{Do: "In the UI of 7.1.6 on " + portOf(s.TargetURL) + ", Run Preview Analysis on the tab Sync shows the users"},
	}
}

func change(e *evidence.Evidence) []Item {
	return []Item{
		Item{Do: "Only one of the two servers synchronises: the jobs of 2.1 are off before those of 7.1.6 " +
			"are switched on",
			Why: text.Capital(preflight.Codes.TargetJobsOn.Why)}.found(e, preflight.Codes.TargetJobsOn.Code),
		{Do: "Users are sent to 7.1.6 (DNS, or the address that they know)"},
		{Do: "A user signs in to Salesforce through 7.1.6 in each org"},
		{Do: "Live synchronisation and schedules of 7.1.6 are on, and the first one ends without errors"},
	}
}

func afterwards(s Site) []Item {
	folder := cmp.Or(s.SourceDir, "The folder of 2.1")
	return []Item{
		{Do: "2.1 is switched off once the last comparison was the same, users sign in through 7.1.6, " +
			"its schedules have run without errors, and nobody asks for the way back",
			Why: "While it stands still and unchanged, 2.1 is the way back; rollback undoes the files of 7.1.6 alone"},
		{Do: "The callback URL of 2.1 is taken out of the connected app once 2.1 is off"},
		{Do: strings.TrimSpace(folder + " is never deleted, nor its backup"),
			Why: "2.1 cannot be downloaded again"},
	}
}
