package openidmtest

import (
	"fmt"
	"path/filepath"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/generation"
)

// WriteFolder writes the folder of an installation as far as it says what a server
// has: both stores in security, boot.properties where this generation keeps it,
// and what else names the stores.
func (s *Server) WriteFolder(dir string) error {
	password := s.options.Password.Reveal()
	for name, content := range s.world.traits.Folder(s.port, password) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		err := disk.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = disk.Write(path, []byte(content), 0o644, nil)
		}
		if err != nil {
			return fmt.Errorf("writing the folder of a fake server: %w", err)
		}
	}
	security := filepath.Join(dir, generation.Security)
	if err := disk.MkdirAll(security, 0o755); err != nil {
		return fmt.Errorf("writing the folder of a fake server: %w", err)
	}
	return s.WriteStores(security)
}
