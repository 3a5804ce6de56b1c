package setup

import (
	"os"
	"testing"

	"github.com/idconnect-go/upgrade/internal/await"
)

// TestMain lets the scripts of the tests wait beside each other.
func TestMain(m *testing.M) {
	await.Beside(8)
	os.Exit(m.Run())
}
