package idconnect_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// exampleSite is a 2.1 that runs, and what a 7.1.6 is made of.
func exampleSite(users int) (site *idconnecttest.Site, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	source := openidmtest.Options{Users: users, ECDSA: true}
	site, err = idconnecttest.StartSite(dir, idconnecttest.Options{Source: source})
	if err != nil {
		log.Fatal(err)
	}
	return site, func() {
		site.Close()
		os.RemoveAll(dir)
	}
}

// Source and target on two machines: the stores travel in a file that the
// passphrase opens, and the source is asked over the network.
func ExampleUpgrade_Export() {
	ctx := context.Background()
	site, remove := exampleSite(10)
	defer remove()
	key := idconnect.HandoverKey{Passphrase: keystore.NewPassword("correct horse battery staple")}
	file := filepath.Join(site.Dir, "stores.age")

	// On the machine of 2.1.
	there := &idconnect.Upgrade{SourceDir: site.Upgrade.SourceDir, Source: site.Upgrade.Source}
	if err := there.Export(ctx, file, key); err != nil {
		log.Fatal(err)
	}

	// On the machine of 7.1.6.
	here := site.Upgrade
	here.SourceDir, here.StoresFile, here.StoresKey = "", file, key
	here.KeystorePassword = keystore.NewPassword("changeit")
	report, err := here.Run(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Outcome, site.Target().Count("managed/user"), "users")
	// Output: done 10 users
}
