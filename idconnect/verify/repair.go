package verify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// RepairList returns the records that are missing or different in the target,
// and those whose migration failed and that are still missing: as paths below a
// server's base URL, such as "repo/managed/user/u00003", with the id escaped.
// More is the number of others, beyond Options.MaxDifferences.
func (r *Report) RepairList() (list []string, more int64) {
	seen := map[string]bool{}
	add := func(resource, id string) {
		if address := resource + "/" + url.PathEscape(id); !seen[address] {
			seen[address] = true
			list = append(list, address)
		}
	}
	for i := range r.Collections {
		c := &r.Collections[i]
		for _, id := range c.Missing {
			add(c.Resource, id)
		}
		for _, change := range c.Changed {
			add(c.Resource, change.ID)
		}
		more += c.MissingCount - int64(len(c.Missing)) + c.ChangedCount - int64(len(c.Changed))
		if r.Failed == nil {
			continue
		}
		for _, f := range r.Failed.Records {
			if f.Collection == c.Name && f.Missing {
				add(c.Resource, f.ID)
			}
		}
	}
	return list, more
}

// repairHead is the first line of the file of SaveRepairList.
const repairHead = "# Identity Connect: records to migrate again\n"

func repairFile(path string) disk.Output {
	return disk.Output{Path: path, Mode: 0o600, Marks: []string{repairHead}}
}

// CheckFiles says why [Options].StateFile or the file of [Report.SaveRepairList]
// would not be written: only files of this package are replaced. Call it before
// the comparison, whose end would be too late; "" is no file.
func CheckFiles(stateFile, repairList string) error {
	if stateFile != "" {
		if err := stateError(stateFormat.Check(stateFile)); err != nil {
			return err
		}
	}
	if repairList == "" {
		return nil
	}
	if err := repairFile(repairList).Check(); err != nil {
		return fmt.Errorf("list of ids: %w", err)
	}
	return nil
}

// maxRepairList bounds the file of a list, in bytes.
const maxRepairList = 64 << 20

// ReadRepairList reads a file of [Report.SaveRepairList]: the paths, each once and
// in their order, without blank lines and those that begin with "#". It says in
// which line something stands that is no path of a record. Files above 64 MiB
// are refused.
func ReadRepairList(path string) (list []string, err error) {
	content, err := disk.Read(path, maxRepairList)
	if err != nil {
		return nil, fmt.Errorf("list of ids: %w", err)
	}
	seen := map[string]bool{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(content), "\ufeff")) {
		number++
		address := strings.TrimSpace(line)
		if address == "" || strings.HasPrefix(address, "#") || seen[address] {
			continue
		}
		if _, _, err := carry.Split(address); err != nil {
			return nil, fmt.Errorf("list of ids: %s, line %d: %w", path, number, err)
		}
		seen[address] = true
		list = append(list, address)
	}
	return list, nil
}

// SaveRepairList writes [Report.RepairList] to a file: a first line that begins
// with "#", then one path per line. It writes atomically, and only the owner can
// read the file: ids are personal data. A list of before is kept with ".previous"
// added to its name; any other file is an error, and is not replaced.
func (r *Report) SaveRepairList(path string) (more int64, err error) {
	switch {
	case r == nil:
		return 0, errors.New("list of ids: the report is nil")
	case path == "":
		return 0, errors.New("list of ids: the path of the file is empty")
	}
	list, more := r.RepairList()
	var b strings.Builder
	b.WriteString(repairHead)
	for _, address := range list {
		fmt.Fprintln(&b, address)
	}
	if err := repairFile(path).Write([]byte(b.String())); err != nil {
		return more, fmt.Errorf("list of ids: %w", err)
	}
	return more, nil
}
