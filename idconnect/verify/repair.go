package verify

import (
	"fmt"
	"net/url"
	"strings"

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

// SaveRepairList writes [Report.RepairList] to a file, one path per line. It
// writes atomically, and only the owner can read the file: ids are personal
// data.
func (r *Report) SaveRepairList(path string) (more int64, err error) {
	list, more := r.RepairList()
	var b strings.Builder
	for _, address := range list {
		fmt.Fprintln(&b, address)
	}
	if err := disk.Write(path, []byte(b.String()), 0o600, nil); err != nil {
		return more, fmt.Errorf("list of ids: %w", err)
	}
	return more, nil
}
