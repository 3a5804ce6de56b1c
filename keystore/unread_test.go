package keystore

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// TestForeignPKCS12: files of Windows, OpenSSL, Bouncy Castle and Java that go-pkcs12 alone does not read. Those that
// are not read are named, and the command of the remedy makes a store of them that is read, as Java says.
func TestForeignPKCS12(t *testing.T) {
	t.Parallel()
	const key = "97d1d6d9d90f21d91716f3cbac0c6ffdc310f3e0b01a9b8b68c63201b169b6e3" // as Java prints it
	for name, why := range map[string]string{
		"winlmk.p12":             "",
		"keyattr.p12":            "",
		"key-newline-behind.p12": "",
		"key-ber.p12":            "BER with indefinite lengths",
		"trust-ber.p12":          "BER with indefinite lengths",
		"keyca.p12":              "trusted certificates beside keys",
		"idm.p12":                "a secret key",
		"imppass.p12":            "keys without certificates",
		"otherkey.p12":           "a key under a password of its own",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", "pkcs12", name)
			s, err := Open(path, NewPassword("changeit"))
			if why == "" {
				if err != nil {
					t.Fatal(err)
				}
				e, ok := s.Entry("openidm-localhost")
				der, err := e.PKCS8(Password{})
				if !ok || err != nil || s.Len() != 1 || sum(der) != key || len(e.RawCertificates()) != 2 {
					t.Errorf("%d entries, %v, %v, %d certificates", s.Len(), ok, err, len(e.RawCertificates()))
				}
				if behind := strings.Contains(name, "behind"); (len(s.Warnings()) > 0) != behind {
					t.Errorf("%q", s.Warnings())
				}
				return
			}
			var unsupported *UnsupportedError
			if !errors.Is(err, ErrPKCS12Unsupported) || !errors.As(err, &unsupported) ||
				unsupported.What != why && !strings.HasPrefix(unsupported.What, why) {
				t.Fatalf("%v, want %q", err, why)
			}
			if strings.Count(err.Error(), name) != 1 || strings.Contains(err.Error(), "asn1") ||
				!strings.Contains(unsupported.Remedy(), "-srckeystore "+path) {
				t.Errorf("%v; %s", err, unsupported.Remedy())
			}
			if name != "otherkey.p12" { // whose key's password keytool asks for
				convert(t, path, unsupported.Remedy())
			}
		})
	}
}

// convert does what a remedy says.
func convert(t *testing.T, path, remedy string) {
	_, line, _ := strings.Cut(remedy, "keytool ")
	into := filepath.Join(t.TempDir(), "new.jceks")
	args := strings.Fields(strings.NewReplacer(path+".new.jceks", into).Replace(line))
	args = append(args, "-srcstorepass", "changeit", "-deststorepass", "changeit", "-noprompt")
	javatest.Keytool(t, args...)
	s, err := Open(into, NewPassword("changeit"))
	if err != nil || s.Len() == 0 || s.Format() != JCEKS {
		t.Fatal(err)
	}
	for _, k := range s.OpenKeys(t.Context(), Password{}) {
		if k.Err != nil {
			t.Error(k.Err)
		}
	}
}

// TestOtherFiles: what is no store says what it is and what to do, under its own path, and nothing of Go's packages.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	p12 := fixture(t, "pkcs12.jceks")
	for name, row := range map[string]struct {
		content, what, next string
		damaged             bool
	}{
		"Base64":  {"zs7OzgAAAAIAAAABAAAAAwABYQ==", "Base64 of a JCEKS store", "base64 -d '/etc/my key'", false},
		"DER":     {"\x30\x06\x30\x00\x30\x00\x03\x00", "a certificate in DER", "-file '/etc/my key'", false},
		"nothing": {"", "an empty file", "copy the file again", true},
	} {
		_, err := Decode(strings.NewReader(row.content), NewPassword("changeit"))
		var other *OtherFileError
		if !errors.Is(err, ErrFormat) || !errors.As(At("/etc/my key", err), &other) || other.What != row.what ||
			!strings.Contains(other.Remedy(), row.next) || other.Damaged != row.damaged {
			t.Errorf("%s: %v; %+v", name, err, other)
		}
	}
	for name, row := range map[string]struct {
		content []byte
		what    string
	}{
		"JCEKS":                {fixture(t, "idm-jdk17.jceks")[:500], "the file ends in"},
		"PKCS#12":              {p12[:500], "it is cut off"},
		"PKCS#12 sent as text": {bytes.ReplaceAll(p12, []byte("\n"), []byte("\r\n")), "sent as a text"},
	} {
		_, err := Decode(bytes.NewReader(row.content), NewPassword("changeit"))
		var place *FormatError
		if !errors.As(err, &place) || !strings.Contains(err.Error(), row.what) ||
			strings.Contains(err.Error(), "asn1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
