package idconnect_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/executable"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// withSetup gives a world another set-up script.
func (w *world) withSetup(t *testing.T, script string) *world {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs sh and a terminal")
	}
	writePackage(t, w.u.Package, map[string]string{
		"setup.sh": "#!/bin/sh\n" + script, "conf/boot/boot.properties": testBoot, "security/README": "stores",
	})
	return w
}

// askPassword is what a script asks, and slowServer how it then counts the starts, and starts a server: a process that
// writes its PID. That which the world's own server waits for is made by ready.
const askPassword = `stty -echo
printf 'Enter keystore password: '
read -r password
stty echo
[ "$password" = changeit ] || exit 4
`

func slowServer(ready string) string {
	return `echo x >>starts
sleep 1
(trap '' HUP; exec sh -c 'echo $$ >.openidm.pid; ` + ready + `; exec sleep 60') &
`
}

// starts is how often the server was started, and the process that its PID file names.
func (w *world) starts(t *testing.T) (n, pid int) {
	t.Helper()
	b, _ := os.ReadFile(filepath.Join(w.u.TargetDir, "starts"))
	text, _ := os.ReadFile(filepath.Join(w.u.TargetDir, ".openidm.pid"))
	pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	return bytes.Count(b, []byte("x")), pid
}

// end ends the process of the PID file, once it is there.
func (w *world) end(t *testing.T) {
	t.Helper()
	pid := 0
	await.Until(t, "the PID of a server that the script starts", func() bool {
		_, pid = w.starts(t)
		return pid > 1
	})
	p, err := os.FindProcess(pid)
	must(t, err)
	_ = p.Kill()
	await.Until(t, "the end of that server", func() bool { return !host.ProcessRuns(pid) })
}

// killedAfterPassword is a world whose run was killed just after its script was given the password.
func killedAfterPassword(t *testing.T, ready string) (*world, crashOrder) {
	t.Helper()
	w := newWorld(t, 5).withSetup(t, askPassword+slowServer(ready))
	o := w.order()
	o.Steps = append(unpacks, idconnect.StepJava, idconnect.StepSetup)
	o.KillOn, o.KillOnce = "after answer setup.sh", filepath.Join(w.u.TargetDir, "starts")
	if _, killed := o.child(t); !killed {
		t.Fatal("the run was not killed")
	}
	o.KillOn, o.KillOnce = "", ""
	return w, o
}

func setupKilled(t *testing.T) {
	w, o := killedAfterPassword(t, "touch started")
	t.Cleanup(func() { w.end(t) })
	again := o.again(t)
	if again.Outcome != "done" {
		t.Errorf("%s: %s", again.Outcome, again.Error)
	}
	if n, pid := w.starts(t); n != 1 || !host.ProcessRuns(pid) {
		t.Errorf("%d servers were started, the PID file has %d", n, pid)
	}
	if again = o.again(t); again.Outcome != "done" {
		t.Errorf("a third run: %s: %s", again.Outcome, again.Error)
	}
	if n, _ := w.starts(t); n != 1 {
		t.Errorf("a third run: %d servers were started", n)
	}
}

func setupServerDied(t *testing.T) {
	w, o := killedAfterPassword(t, "[ $(wc -l <starts) -lt 2 ] || touch started")
	w.end(t)
	must(t, os.Remove(filepath.Join(w.u.TargetDir, ".openidm.pid")))
	again := o.again(t)
	w.end(t)
	if n, _ := w.starts(t); again.Outcome != "done" || n != 2 {
		t.Errorf("%s: %s; %d servers were started", again.Outcome, again.Error, n)
	}
}

// setupBesideServer: what answers at the target's address is waited for, whatever it says.
func setupBesideServer(t *testing.T) {
	w := newWorld(t, 5).withSetup(t, "echo x >>starts\n")
	w.run(t, unpacks...)
	address, err := url.Parse(w.u.Target.URL)
	must(t, err)
	security := filepath.Join(w.u.TargetDir, "security")
	server, err := openidmtest.Start(openidmtest.Options{
		Role: openidmtest.Target, Addr: "127.0.0.1:" + address.Port(),
		Keystore: filepath.Join(security, "keystore.jceks"), Truststore: filepath.Join(security, "truststore"),
		Startup: openidmtest.Startup{HTML: 300 * time.Millisecond, Starting: 200 * time.Millisecond},
	})
	must(t, err)
	defer server.Close()
	w.run(t, idconnect.StepSetup)
	server.SetState(openidmtest.NotReady)
	w.u.SetupTimeout = 100 * time.Millisecond
	w.u.Steps = []string{idconnect.StepSetup}
	if _, err := w.u.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "ACTIVE_NOT_READY") ||
		!strings.Contains(idconnect.RemedyOf(err), "logs") {
		t.Errorf("%v (%s)", err, idconnect.RemedyOf(err))
	}
	if n, _ := w.starts(t); n != 0 {
		t.Errorf("the set-up was started %d times", n)
	}
}

// asked is what a script got for each of its questions, one of which, if refused, nobody answers.
func asked(t *testing.T, questions string, refused bool) (answers string, err error) {
	t.Helper()
	w := newWorld(t, 5).withSetup(t, questions+"touch started\n")
	if refused {
		w.u.HurryPrompts(400 * time.Millisecond)
	}
	w.u.Steps = append(unpacks, idconnect.StepJava, idconnect.StepSetup)
	_, err = w.u.Run(t.Context())
	b, _ := os.ReadFile(filepath.Join(w.u.TargetDir, "answers"))
	return string(b), err
}

func question(text string) string {
	return "printf '" + text + "'\nread -r a\necho \"$a\" >>answers\n"
}

func setupQuestions(t *testing.T) {
	answers, err := asked(t, question("Existing entry alias a exists, overwrite? [no]: "), false)
	if err != nil || answers != "yes\n" {
		t.Errorf("%q, %v", answers, err)
	}
	for _, text := range []string{
		"Drop it and replace all data? [no]: ", "Database exists. Press Enter to erase it: ",
	} {
		answers, err := asked(t, question(text), true)
		var failed *idconnect.SetupError
		if !errors.As(err, &failed) || answers != "" {
			t.Errorf("%s: %q, %v", text, answers, err)
		}
	}
}

func setupLanguages(t *testing.T) {
	answers, err := asked(t, question("Eintragsalias a ist bereits vorhanden. Überschreiben? [Nein]: ")+
		question("存在现有条目别名 a, 是否覆盖? [否]: ")+
		"stty -echo\n"+question("Entrez le mot de passe du fichier de clés : ")+
		question("キーストアのパスワードを入力してください: ")+"stty echo\n", false)
	if err != nil || answers != "ja\n是\nchangeit\nchangeit\n" {
		t.Errorf("%q, %v", answers, err)
	}
}

func childEnvironment(t *testing.T) {
	w := newWorld(t, 5).withSetup(t, "env >seen\ntouch started\n")
	java := filepath.Join(w.u.JavaHome, "bin", "java")
	seen := filepath.Join(w.dir, "java-saw")
	script := "#!/bin/sh\nenv >>" + seen + "\necho 'openjdk version \"11.0.2\" 64-Bit' >&2\n"
	must(t, executable.Write(java+".new", []byte(script), 0o755))
	must(t, os.Rename(java+".new", java))
	o := w.order()
	o.Steps = append(unpacks, idconnect.StepJava, idconnect.StepSetup)
	o.env = []string{"MY_PASSWORD=openidm-admin", "LOGIN=somebody:openidm-admin", "IDC_KEYSTORE_PASSWORD=another",
		"STORE=changeit", "HARMLESS=openidm"}
	if result, _ := o.child(t); result.Outcome != "done" {
		t.Fatalf("%s: %s", result.Outcome, result.Error)
	}
	for _, path := range []string{seen, filepath.Join(w.u.TargetDir, "seen")} {
		b, err := os.ReadFile(path)
		must(t, err)
		text := string(b)
		if !strings.Contains(text, "HARMLESS=openidm\n") {
			t.Errorf("%s has too little: %s", path, text)
		}
		for _, name := range []string{"MY_PASSWORD", "LOGIN", "IDC_KEYSTORE_PASSWORD"} {
			if strings.Contains(text, name+"=") {
				t.Errorf("%s has %s", path, name)
			}
		}
		if strings.Contains(text, "STORE=") && path != seen { // Java is asked before the password is known
			t.Errorf("%s has the keystore's password", path)
		}
	}
}

// exportProves: while a store is replaced again and again by something else, what is exported opens.
func exportProves(t *testing.T) {
	w := newWorld(t, 5)
	path := filepath.Join(w.u.SourceDir, "security", "keystore.jceks")
	whole, err := os.ReadFile(path)
	must(t, err)
	broken := bytes.Clone(whole)
	broken[len(broken)/2] ^= 1
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			content := whole
			if i%2 == 0 {
				content = broken
			}
			if os.WriteFile(path+".new", content, 0o600) == nil {
				_ = os.Rename(path+".new", path)
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond) // now and then long enough to be read
		}
	}()
	defer func() { cancel(); <-done }()
	identity, err := age.GenerateX25519Identity()
	must(t, err)
	began, written := time.Now(), 0
	for i := 0; i < 100 || written == 0 && time.Since(began) < await.Patience; i++ {
		file := filepath.Join(w.dir, "stores"+strconv.Itoa(i))
		key := idconnect.HandoverKey{Recipients: []string{identity.Recipient().String()}}
		if w.u.Export(t.Context(), file, key) != nil {
			continue
		}
		written++
		h, err := handover.Read(file, handover.Key{Identities: keystore.NewPassword(identity.String())})
		must(t, err)
		content := bytes.NewReader(h.Keystore.Content)
		if _, err := keystore.Decode(content, keystore.NewPassword("changeit")); err != nil {
			t.Errorf("what was exported does not open: %v", err)
		}
	}
	if written == 0 {
		t.Error("nothing was exported")
	}
}
