package support

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// Limits of what is read.
const (
	maxLines = 200      // of a log
	maxTail  = 64 << 10 // bytes of a log
	maxLogs  = 3        // of a server
	maxBoot  = 1 << 20  // bytes of a boot.properties
)

// bootFiles are where boot.properties may be in a folder.
var bootFiles = []string{"resolver/boot.properties", "conf/boot/boot.properties", "conf/boot.properties"}

// bootPasswords are the values in boot.properties of keys that are named as passwords
// are, as they stand there and decoded.
func bootPasswords(dirs ...string) (all []keystore.Password) {
	for _, dir := range dirs {
		for _, name := range bootFiles {
			if dir == "" {
				continue
			}
			content, err := disk.Read(filepath.Join(dir, filepath.FromSlash(name)), maxBoot)
			if err != nil {
				continue
			}
			for line := range strings.Lines(strings.ReplaceAll(string(content), "\\\n", "")) {
				key, value, ok := strings.Cut(line, "=")
				if !ok {
					key, value, ok = strings.Cut(line, ":")
				}
				key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
				if !ok || value == "" || strings.HasPrefix(key, "#") ||
					!strings.Contains(key, "passw") && !strings.Contains(key, "secret") {
					continue
				}
				for _, text := range []string{value, unescaped(value)} {
					all = append(all, keystore.NewPassword(text))
					if p, err := idmvalues.DecodePassword(text); err == nil {
						all = append(all, p)
					}
				}
			}
		}
	}
	return all
}

// unescaped is a value without the backslashes of a properties file.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// logFile is the end of a log.
type logFile struct {
	name, text string
	err        error
}

// logs are the ends of the newest logs of both servers. That they lie in the folder
// logs is true of OpenIDM, and assumed of 7.1.6.
func logs(sourceDir, targetDir string) (all []logFile) {
	for _, server := range []struct{ name, dir string }{{"source", sourceDir}, {"target", targetDir}} {
		if server.dir == "" {
			continue
		}
		for _, info := range newest(filepath.Join(server.dir, "logs")) {
			text, err := tail(filepath.Join(server.dir, "logs", info.Name()))
			all = append(all, logFile{server.name + "-" + info.Name() + ".txt", text, err})
		}
	}
	return all
}

// newest are the logs of a folder that were written last.
func newest(dir string) (logs []fs.FileInfo) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && info.Size() > 0 && (strings.Contains(e.Name(), ".log") ||
			strings.HasSuffix(e.Name(), ".out") || strings.HasPrefix(e.Name(), "launcher.")) {
			logs = append(logs, info)
		}
	}
	slices.SortFunc(logs, func(a, b fs.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	return logs[:min(len(logs), maxLogs)]
}

// tail is the last whole lines of a text.
func tail(path string) (string, error) {
	f, err := disk.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	from := max(0, size-maxTail)
	content := make([]byte, size-from)
	if _, err := f.ReadAt(content, from); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	text := string(content)
	if from > 0 {
		_, text, _ = strings.Cut(text, "\n")
	}
	if strings.Contains(text, "\x00") || !utf8.ValidString(text) && strings.Count(text, "\n") == 0 {
		return "", errNoText
	}
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}
