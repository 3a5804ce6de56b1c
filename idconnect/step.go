package idconnect

import (
	"context"

	"github.com/idconnect-go/upgrade/idconnect/report"
)

// step is one step of the upgrade. Its details are for people.
type step interface {
	Name() string
	Where() report.Where
	// Done says whether there is nothing left to do. It asks the world, not a
	// memory of it.
	Done(context.Context) (done bool, detail string, err error)
	// Apply does what is left. It may be repeated after an interruption.
	Apply(context.Context) (detail string, err error)
}

// undoer is a step that can put back what Apply changed.
type undoer interface {
	Undo(context.Context) (detail string, err error)
}

// steps are all steps in their order.
func (r *runner) steps() []step {
	return []step{
		prepareStep{r}, unpackStep{r}, storesStep{r}, javaStep{r},
		setupStep{r}, configureStep{r}, migrateStep{r}, verifyStep{r},
	}
}

// chosenSteps are those that the caller chose, in their order.
func (r *runner) chosenSteps() (chosen []step) {
	for _, s := range r.steps() {
		if r.Chooses(s.Name()) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}
