package idconnect_test

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
)

var faultsOfHost = []catalogueRow{
	{"no package", "PACKAGE-MISSING", blocks, func(w *catalogueWorld) { w.u.Package += ".part" }},
	{"package cut off", "PACKAGE-CORRUPT", blocks, func(w *catalogueWorld) {
		must(w.t, os.Truncate(w.u.Package, 300))
	}},
	{"package with a wrong bit", "PACKAGE-CORRUPT", blocks, func(w *catalogueWorld) {
		z, err := zip.OpenReader(w.u.Package)
		must(w.t, err)
		at, err := z.File[0].DataOffset()
		must(w.t, err)
		must(w.t, z.Close())
		b, err := os.ReadFile(w.u.Package)
		must(w.t, err)
		b[at+2] ^= 0x10
		w.write(w.u.Package, string(b), 0o644)
	}},
	{"hostile package", "PACKAGE-HOSTILE", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["../../evil"] = "x" })
	}},
	{"package of another version", "PACKAGE-VERSION", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) {
			for i := range 3 {
				files[fmt.Sprintf("bundle/openidm-%c-3.1.0.jar", 'a'+i)] = "jar"
			}
		})
	}},
	{"package that is called otherwise", "PACKAGE-VERSION", warns, func(w *catalogueWorld) {
		w.u.Package = filepath.Join(w.dir, "IdentityConnect-2.1.0.zip")
		writePackage(w.t, w.u.Package, map[string]string{"setup.sh": testSetup, "security/README": "stores"})
	}},
	{"package for another system", "PACKAGE-PLATFORM", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { delete(files, "setup.sh") })
	}},
	{"package of something else", "PACKAGE-UNUSABLE", blocks, func(w *catalogueWorld) {
		writePackage(w.t, w.u.Package, map[string]string{"index.html": "x"})
	}},
	{"target's folder is not empty", "TARGET-FOLDER", blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("thesis.txt"), "x", 0o644)
	}},
	{"package with a store elsewhere", "TARGET-STORES", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) {
			files["conf/boot/boot.properties"] +=
				"openidm.keystore.location=../../idc21/salesforceIdConnect/security/keystore.jceks\n"
		})
	}},
	{"target with a store elsewhere", "TARGET-STORES", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, "openidm.truststore.location="+w.sourceFile("truststore")+"\n")
	}},
	{"another version in the target's folder", "TARGET-FOLDER-VERSION", blocks, func(w *catalogueWorld) {
		w.write(w.targetFile("security/README"), "x", 0o644)
		w.write(w.targetFile("setup.sh"), testSetup, 0o755)
		w.write(w.targetFile("bundle/openidm-system-6.5.0.jar"), "jar", 0o644)
	}},
	{"target's folder below a file", "TARGET-FOLDER-PERMISSION", blocks, func(w *catalogueWorld) {
		w.write(filepath.Join(w.dir, "file"), "x", 0o644)
		w.u.TargetDir = filepath.Join(w.dir, "file", "salesforceIdConnect")
		w.u.StateDir = filepath.Join(w.dir, "state")
	}},
	{"reserve of the disk", "DISK-SPACE", warns, func(w *catalogueWorld) { w.u.Checks.DiskReserve = 1 << 60 }},
	{"full disk", "DISK-SPACE", blocks, func(w *catalogueWorld) { w.u.WithFreeSpace(100) }},
	{"name too long", "PATH-TOO-LONG", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files["lib/"+strings.Repeat("x", 300)] = "x" })
	}},
	{"path too long for Windows", "PATH-TOO-LONG", blocks, func(w *catalogueWorld) {
		w.packageWith(func(files map[string]string) { files[strings.Repeat("lib/", 60)+"x"] = "x" })
		w.u.OnSystem("windows")
	}},
	{"set-up script that may not be run", "SETUP-SCRIPT", blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Chmod(w.targetFile("setup.sh"), 0o644))
	}},
	{"set-up script missing", "SETUP-SCRIPT", blocks, func(w *catalogueWorld) {
		w.unpacked()
		must(w.t, os.Remove(w.targetFile("setup.sh")))
	}},
	{"password that everyone may read", "PASSWORD-FILE", warns, func(w *catalogueWorld) {
		dir, err := os.MkdirTemp("/var/tmp", "open") // a test's own folder is closed
		must(w.t, err)
		w.t.Cleanup(func() { os.RemoveAll(dir) })
		must(w.t, os.Chmod(dir, 0o755))
		file := filepath.Join(dir, "source.pw")
		w.write(file, w.u.Source.Credentials.Password.Reveal(), 0o644)
		w.u.Source.Credentials.Password, err = keystore.ReadPasswordFile(file)
		must(w.t, err)
	}},
	{"root", "USER-IS-ROOT", warns, func(w *catalogueWorld) { w.u.OnMachine(nil, 0) }},
	{"target's port", "TARGET-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.u.Target.URL = localURL(listenPort(w.t))
	}},
	{"target's other port", "TARGET-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("openidm.port.http=%d\n", listenPort(w.t)))
		w.u.Checks.PortHost = "127.0.0.1"
	}},
	{"database port given", "DATABASE-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.u.Checks.DatabasePort = listenPort(w.t)
	}},
	{"database port in the configuration", "DATABASE-PORT-IN-USE", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.boot(w.u.TargetDir, fmt.Sprintf("my.port=%d\n", listenPort(w.t)))
		w.write(w.targetFile("conf/datasource.jdbc-default.json"),
			`{"jdbcUrl":"jdbc:postgresql://localhost:&{my.port}/openidm?ssl=false"}`, 0o644)
		w.u.Checks.DatabasePort = 0
	}},
	{"process of the target", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile(".openidm.pid"), fmt.Sprintln(os.Getpid()), 0o644)
	}},
	{"database of the target", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		w.write(w.targetFile("db/postgres/data/postmaster.pid"), fmt.Sprintf("%d\n/opt\n", os.Getpid()), 0o644)
	}},
	{"store that is open elsewhere", "FILE-LOCKED", blocks, func(w *catalogueWorld) {
		w.unpacked()
		w.copyStores("other", w.targetFile("security"))
		holdLock(w.t, w.targetFile("security/truststore"))
	}},
	{"no Java", "JAVA-MISSING", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = filepath.Join(w.dir, "nowhere")
	}},
	{"no Java on the PATH", "JAVA-MISSING", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = ""
		w.u.OnMachine(map[string]string{"PATH": w.dir}, 1000)
	}},
	{"Java 8", "JAVA-VERSION", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = w.java("jdk8", `java version "1.8.0_51"`+"\n64-Bit")
	}},
	{"Java of 32 bits", "JAVA-32-BIT", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = w.java("jdk32", `java version "11.0.2"`+"\nClient VM")
	}},
	{"something called java", "JAVA-UNUSABLE", blocks, func(w *catalogueWorld) {
		w.u.JavaHome = w.java("coffee", "a cup of it")
	}},
	{"two versions of Java", "JAVA-DISAGREES", warns, func(w *catalogueWorld) {
		other := w.java("jdk17", `openjdk version "17.0.15"`+"\n64-Bit")
		w.u.OnMachine(map[string]string{"JAVA_HOME": w.u.JavaHome, "PATH": filepath.Join(other, "bin")}, 1000)
		w.u.JavaHome = ""
	}},
}

// readOnly cannot be made as root, who may write everywhere.
var readOnly = catalogueRow{
	"target's folder below one that is only for reading", "TARGET-FOLDER-PERMISSION", blocks, func(w *catalogueWorld) {
		dir := filepath.Join(w.dir, "readonly")
		must(w.t, os.Mkdir(dir, 0o555))
		w.u.TargetDir, w.u.StateDir = filepath.Join(dir, "salesforceIdConnect"), filepath.Join(w.dir, "state")
	},
}
