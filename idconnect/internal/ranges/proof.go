package ranges

import (
	"context"
	"fmt"

	"github.com/idconnect-go/upgrade/internal/text"
)

// Complete compares how many records were read with how many there are by the server's
// own count, from before the reading and, if that is another number, after it. A table
// that is in use may miss them by a hundredth. The error is [ErrOrder] where they do
// not agree: bounds hid records or gave them twice, or the count is wrong. A reading
// with other bounds tells.
func (r *Reader) Complete(ctx context.Context, records int64) error {
	before := r.Begun.Total
	if before < 0 || records == before {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	after := r.count(ctx)
	least, most := min(before, after), max(before, after)
	if before != after || r.Rest != nil {
		least, most = least-2-most/100, most+2+most/100
	}
	if after < 0 || records >= least && records <= most {
		return nil
	}
	return fmt.Errorf("%w: ranges gave %s, and the server counts %d", ErrOrder, text.Plural(records, "record"), after)
}
