package spelling_test

import (
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/internal/spelling"
)

func TestNear(t *testing.T) {
	t.Parallel()
	words := []string{"-source-dir", "-source-url", "-target-dir", "-steps", "-source-password-file", "run", "status"}
	for typed, want := range map[string]string{
		"-sorce-dir": "-source-dir", "-sourcedir": "-source-dir", "-SOURCE-DIR": "-source-dir", "-step": "-steps",
		"-password": "-source-password-file", "rnu": "run", "stauts": "status", "fly": "", "": "", "r": "",
		strings.Repeat("x", 1000): "", "-source": "-source-dir -source-url -source-password-file",
	} {
		if got := strings.Join(spelling.Near(typed, words), " "); got != want {
			t.Errorf("%.20s: %q, want %q", typed, got, want)
		}
	}
}
