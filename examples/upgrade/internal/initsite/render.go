package initsite

import (
	"bytes"
	"strings"
	"text/template"

	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
)

// page is the file. Every value goes through a function that quotes it.
var page = template.Must(template.New("").Funcs(template.FuncMap{
	"value": func(text string) string { return yamlfile.Quote(text) },
	"secret": func(place string) string {
		if name, ok := strings.CutPrefix(place, "env:"); ok {
			return "{env: " + name + "}"
		}
		return "{file: " + yamlfile.Quote(place) + "}"
	},
}).Parse(Mark + `
# It holds no passwords, only where each one is found. A relative path starts at the
# folder of this file. All keys: docs/config.md

source:                 # the server of 2.1, which is only read
  dir: {{value .SourceDir}}
  url: {{value .SourceURL}}
{{- if .SourceUser}}
  user: {{value .SourceUser}}
{{- else}}
  # user: openidm-admin
{{- end}}
{{- if .SourcePassword}}
  password: {{secret .SourcePassword}}
{{- else}}
  # Without one of these lines, IDC_SOURCE_PASSWORD is used, or the password is asked
  # for.
  # password: {file: source.pw}
  # password: {command: [vault, kv, get, -field=password, idc21]}
{{- end}}

target:                 # the server of 7.1.6
  dir: {{value .TargetDir}}
  url: {{value .TargetURL}}
{{- if .TargetUser}}
  user: {{value .TargetUser}}
{{- else}}
  # user: openidm-admin
{{- end}}
{{- if .TargetPassword}}
  password: {{secret .TargetPassword}}
{{- else}}
  # password: {file: target.pw}       # else IDC_TARGET_PASSWORD, or a question
{{- end}}

# The zip file of 7.1.6, which is unpacked into target.dir.
{{if not .Package}}# package: IdentityConnect-7.1.6.zip
{{- else}}package: {{value .Package}}
{{- end}}

# The address of 2.1 as 7.1.6 is told it. Its host must be a name of 2.1's
# certificate, and resolve on the machine of 7.1.6.
{{if .InstanceURL}}instanceURL: {{value .InstanceURL}}
{{- else}}# instanceURL: {{value .SourceURL}}
{{- end}}

# The keystore's password is that of boot.properties, unless a place is named.
{{if .KeystorePassword}}keystorePassword: {{secret .KeystorePassword}}
{{- else}}# keystorePassword: {file: keystore.pw}
{{- end}}

# Java 11 for the set-up; else JAVA_HOME, then PATH.
{{if .JavaHome}}javaHome: {{value .JavaHome}}
{{- else}}# javaHome: /usr/lib/jvm/java-11
{{- end}}

# Two machines: "export" writes source there, and target is the copy here.
{{if .Handover}}handover:
  source: {{value .Handover}}
  target: {{value .Handover}}
{{- if .HandoverPassphrase}}
  passphrase: {{secret .HandoverPassphrase}}
{{- else}}
  # passphrase: {file: handover.pw}    # else IDC_HANDOVER_PASSWORD, or a question
{{- end}}
{{- else}}# handover: {source: stores.age, target: stores.age}
{{- end}}

# What need not be equal, as a report names it.
# accept: [CODE]
# verify:
#   ignore: [users.lastSync]
`))

// render writes the file, with paths that start where it is.
func (s *session) render() ([]byte, error) {
	a := s.a
	for _, path := range []*string{
		&a.SourceDir, &a.TargetDir, &a.Package, &a.JavaHome, &a.Handover,
		&a.SourcePassword, &a.TargetPassword, &a.KeystorePassword, &a.HandoverPassphrase,
	} {
		if *path == "" || strings.HasPrefix(*path, "env:") {
			continue
		}
		var err error
		if *path, err = s.here(*path); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err := page.Execute(&b, a)
	return append(bytes.TrimSpace(b.Bytes()), '\n'), err
}
