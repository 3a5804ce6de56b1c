package idconnect_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Source and target on two machines: the stores travel in a file that the
// passphrase opens, and the source is asked over the network.
func ExampleUpgrade_Export() {
	ctx := context.Background()
	dir, server := exampleInstallations()
	defer os.RemoveAll(dir)
	defer server.Close()
	password := keystore.NewPassword("openidm-admin")
	source := idconnect.Server{URL: server.URL,
		Credentials: openidm.Credentials{Username: "openidm-admin", Password: password}}

	// On the machine of 2.1.
	file := filepath.Join(dir, "stores.age")
	key := idconnect.HandoverKey{Passphrase: keystore.NewPassword("correct horse battery staple")}
	there := &idconnect.Upgrade{SourceDir: filepath.Join(dir, "idc21"), Source: source}
	if err := there.Export(ctx, file, key); err != nil {
		log.Fatal(err)
	}

	// On the machine of 7.1.6, with the file.
	here := &idconnect.Upgrade{
		StoresFile: file, StoresKey: key, TargetDir: filepath.Join(dir, "idc716"),
		Source: source, Steps: []string{idconnect.StepStores},
	}
	report, err := here.Run(ctx)
	if err != nil {
		log.Fatal(err)
	}
	store, err := keystore.Open(filepath.Join(dir, "idc716/security/keystore.jceks"), keystore.NewPassword("changeit"))
	if err != nil {
		log.Fatal(err)
	}
	_, found := store.Entry("openidm-localhost")
	fmt.Println(report.Outcome, found)
	// Output: done true
}

// exampleInstallations are the folders of a 2.1 that runs, and of a 7.1.6 that was unpacked.
func exampleInstallations() (dir string, source *openidmtest.Server) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	if source, err = openidmtest.Start(openidmtest.Options{Users: 10}); err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"idc21", "idc716"} {
		boot := filepath.Join(dir, name, "conf", "boot")
		security := filepath.Join(dir, name, "security")
		err := errors.Join(os.MkdirAll(boot, 0o755), os.MkdirAll(security, 0o755),
			os.WriteFile(filepath.Join(boot, "boot.properties"), []byte("openidm.keystore.password=changeit\n"), 0o600),
			os.WriteFile(filepath.Join(dir, name, "setup.sh"), nil, 0o755),
			os.WriteFile(filepath.Join(dir, name, "setup.bat"), nil, 0o755))
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := source.WriteStores(filepath.Join(dir, "idc21", "security")); err != nil {
		log.Fatal(err)
	}
	return dir, source
}
